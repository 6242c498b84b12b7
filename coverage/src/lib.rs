//! Functional and code coverage, testplans, reports.
