//! The `gpnpu` command from outside: exit status, what people and machines are told, what is written.
//!
//! Every test has a project of its own with one block, `common_fifo`, but for those of `exec`; the models are shared and
//! stay in cargo's folder for test files, so that only a first run builds them.

mod compiling;
mod exec;
mod exec_refusals;
mod failures;
mod mutate;
mod output;
mod registers;
mod regress;
mod selection;
mod setup;
mod slurm;
mod stopping;
mod support;
