//! `gpnpu trace`.

mod commands;
mod parse;
mod report;
mod source;
