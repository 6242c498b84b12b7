//! Functional and code coverage, testplans, reports.
//!
//! * [`functional`]: covergroups, sampled by the testbenches from checked transactions.

#![forbid(unsafe_code)]

pub mod functional;
