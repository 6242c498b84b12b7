//! Comparing a plan with what exists.

use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;

use super::plan::{Plan, Stage};

/// What is wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanFault {
    /// No test shows the point.
    #[error("names no test")]
    NoTests,
    /// Nothing shows that the point's case happened: neither a cover nor a check.
    #[error("names neither covers nor checks, nothing shows that its case happened")]
    NoEvidence,
    /// A test that does not exist.
    #[error("test `{test}` not found {known}")]
    UnknownTest {
        /// As written.
        test: String,
        /// The existing ones.
        known: Known,
    },
    /// A cover that no coverage model has.
    #[error("cover `{cover}` not found {known}")]
    UnknownCover {
        /// As written.
        cover: String,
        /// The existing ones.
        known: Known,
    },
    /// An assertion label that the RTL does not have.
    #[error("check `{label}` not found {known}")]
    UnknownCheck {
        /// As written.
        label: String,
        /// The existing ones.
        known: Known,
    },
    /// A stage that does not exist.
    #[error("stage `{stage}` not found {known}")]
    UnknownStage {
        /// As written.
        stage: String,
        /// The existing ones.
        known: Known,
    },
    /// A name that is already taken, in the same list.
    #[error("`{name}` is listed twice in `{list}`")]
    Duplicate {
        /// The name.
        name: String,
        /// The list.
        list: &'static str,
    },
    /// A test of the block that shows nothing.
    #[error("test `{test}` is named by no testpoint {known}")]
    OrphanTest {
        /// The test.
        test: String,
        /// The testpoints.
        known: Known,
    },
    /// An assertion, assumption or cover of the block that no testpoint counts on.
    #[error("check `{label}` is named by no testpoint")]
    OrphanCheck {
        /// The label.
        label: String,
    },
    /// A group of the coverage model that neither the testpoints nor the covergroups name.
    #[error("covergroup `{group}` is named nowhere")]
    OrphanGroup {
        /// The group's id.
        group: String,
    },
    /// The plan has no testpoint at all.
    #[error("has no testpoints")]
    Empty,
}

/// What would have been right, the closest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known(pub Vec<String>);

/// How many known names a message shows.
const SHOWN: usize = 6;

impl Known {
    /// Sorted by likeness to `wrong`, equals by name.
    fn closest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let distance = |name: &str| strsim::damerau_levenshtein(wrong, name);
        let mut names: Vec<_> = known
            .into_iter()
            .map(|name| (distance(name), name))
            .collect();
        names.sort_unstable();
        names.dedup();
        Self(names.into_iter().map(|(_, name)| name.to_owned()).collect())
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("(none is known)");
        }
        let shown = &self.0[..self.0.len().min(SHOWN)];
        write!(f, "(known: {}", shown.join(", "))?;
        match self.0.len() - shown.len() {
            0 => f.write_str(")"),
            rest => write!(f, " and {rest} more)"),
        }
    }
}

/// A fault of a plan, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct PlanError {
    /// The plan's file.
    pub file: String,
    /// The testpoint's name, or the covergroup's; none for faults of the whole plan.
    pub testpoint: Option<String>,
    /// What is wrong.
    pub fault: PlanFault,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.testpoint {
            Some(name) => write!(f, "{}: testpoint `{name}`: {}", self.file, self.fault),
            None => write!(f, "{}: {}", self.file, self.fault),
        }
    }
}

/// Compares a plan with the tests, covers and assertion labels that exist; no error means that all is in place.
///
/// `known_tests` may hold other blocks' tests too: a point may name them, but only those of the plan's own block
/// (`<name>::...`) have to be named. `known_covers` are ids as of [`Model::ids`](crate::functional::Model::ids).
#[must_use]
pub fn check(
    plan: &Plan,
    known_tests: &[&str],
    known_covers: &[&str],
    known_labels: &[&str],
) -> Vec<PlanError> {
    let mut found = Findings {
        file: &plan.file,
        testpoint: None,
        errors: Vec::new(),
    };
    if plan.testpoints.is_empty() {
        found.add(PlanFault::Empty);
    }
    let names = plan.testpoints.iter().map(|point| point.name.as_str());
    found.duplicates("testpoints", names.clone());
    for point in &plan.testpoints {
        found.testpoint = Some(&point.name);
        if Stage::parse(&point.stage).is_none() {
            let stages = Stage::ALL.map(|stage| stage.to_string());
            let known = Known::closest(&point.stage, stages.iter().map(String::as_str));
            found.add(PlanFault::UnknownStage {
                stage: point.stage.clone(),
                known,
            });
        }
        if point.tests.is_empty() {
            found.add(PlanFault::NoTests);
        }
        if point.covers.is_empty() && point.checks.is_empty() {
            found.add(PlanFault::NoEvidence);
        }
        found.duplicates("tests", point.tests.iter().map(String::as_str));
        found.duplicates("covers", point.covers.iter().map(String::as_str));
        found.duplicates("checks", point.checks.iter().map(String::as_str));
        found.unknown(&point.tests, known_tests, |test, known| {
            PlanFault::UnknownTest { test, known }
        });
        found.unknown(&point.covers, known_covers, unknown_cover);
        found.unknown(&point.checks, known_labels, |label, known| {
            PlanFault::UnknownCheck { label, known }
        });
    }
    found.testpoint = None;
    let groups: Vec<String> = plan
        .covergroups
        .iter()
        .map(|group| group.name.clone())
        .collect();
    found.duplicates("covergroups", groups.iter().map(String::as_str));
    found.unknown(&groups, known_covers, unknown_cover);

    let named: BTreeSet<&str> = plan
        .testpoints
        .iter()
        .flat_map(|point| &point.tests)
        .map(String::as_str)
        .collect();
    let own = format!("{}::", plan.name);
    for test in known_tests
        .iter()
        .filter(|test| test.starts_with(&own) && !named.contains(*test))
    {
        let point = test.strip_prefix(&own).unwrap_or(test);
        let known = Known::closest(point, names.clone());
        found.add(PlanFault::OrphanTest {
            test: (*test).to_owned(),
            known,
        });
    }
    found.errors
}

/// What the block has and its plan is silent about: `labels` of its own RTL that no testpoint names among its checks,
/// and groups of its coverage model of which neither the covergroups nor any testpoint's covers name anything.
///
/// `covers` are the block's own ids as of [`Model::ids`](crate::functional::Model::ids).
#[must_use]
pub fn unnamed(plan: &Plan, labels: &[&str], covers: &[&str]) -> Vec<PlanError> {
    let mut found = Findings {
        file: &plan.file,
        testpoint: None,
        errors: Vec::new(),
    };
    let points = || plan.testpoints.iter();
    let checks: BTreeSet<&str> = points()
        .flat_map(|point| &point.checks)
        .map(String::as_str)
        .collect();
    for label in BTreeSet::from_iter(labels).into_iter().copied() {
        if !checks.contains(label) {
            let label = label.to_owned();
            found.add(PlanFault::OrphanCheck { label });
        }
    }
    let named: Vec<&str> = points()
        .flat_map(|point| &point.covers)
        .chain(plan.covergroups.iter().map(|group| &group.name))
        .map(String::as_str)
        .collect();
    let is_group = |id: &&&str| id.split('.').count() == 2;
    for group in covers.iter().filter(is_group) {
        let within = |id: &&str| {
            id.strip_prefix(group)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if !named.iter().any(within) {
            let group = (*group).to_owned();
            found.add(PlanFault::OrphanGroup { group });
        }
    }
    found.errors
}

fn unknown_cover(cover: String, known: Known) -> PlanFault {
    PlanFault::UnknownCover { cover, known }
}

/// The errors so far, and where the next one belongs.
struct Findings<'a> {
    file: &'a str,
    testpoint: Option<&'a str>,
    errors: Vec<PlanError>,
}

impl Findings<'_> {
    fn add(&mut self, fault: PlanFault) {
        self.errors.push(PlanError {
            file: self.file.to_owned(),
            testpoint: self.testpoint.map(str::to_owned),
            fault,
        });
    }

    fn duplicates<'n>(&mut self, list: &'static str, names: impl Iterator<Item = &'n str>) {
        let mut seen = BTreeSet::new();
        for name in names.filter(|name| !seen.insert(*name)).collect::<Vec<_>>() {
            self.add(PlanFault::Duplicate {
                name: name.to_owned(),
                list,
            });
        }
    }

    fn unknown(
        &mut self,
        names: &[String],
        known: &[&str],
        fault: impl Fn(String, Known) -> PlanFault,
    ) {
        for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
            self.add(fault(
                name.clone(),
                Known::closest(name, known.iter().copied()),
            ));
        }
    }
}
