//! `gpnpu history`.

use std::time::{SystemTime, UNIX_EPOCH};

use gpnpu_history::{FirstBad, Flaky, History, Run, RunId, Scope, Slow, TrendPoint};
use serde::Serialize;
use serde_json::json;

use crate::cli::{Format, FormatArg, HistoryArgs, HistoryQuery};
use crate::exit::{CommandError, Exit};
use crate::project::Project;
use crate::regress::bucket_lines;
use crate::style::Style;

/// Answers a question.
pub fn history(args: &HistoryArgs) -> Result<Exit, CommandError> {
    let project = Project::find()?;
    let path = project.history();
    let Some(history) = History::open_existing(&path)? else {
        eprintln!(
            "no history yet: `{}` is written by gpnpu regress",
            project.show(&path)
        );
        return Ok(Exit::NothingSelected);
    };
    match &args.query {
        HistoryQuery::Runs { limit, output } => {
            let runs = history.runs(*limit)?;
            tell(output, "runs", &runs, || runs_table(&runs))
        }
        HistoryQuery::Failures { run, output } => failures(&history, *run, output),
        HistoryQuery::Trends { of, limit, output } => {
            let scope = scope(&project, of.as_deref())?;
            let points = history.trend(scope, *limit)?;
            tell(output, "trend", &points, || trend_table(&points))
        }
        HistoryQuery::Flaky(output) => {
            let flaky = history.flaky()?;
            let exit = tell(output, "flaky", &flaky, || flaky_lines(&flaky))?;
            Ok(if flaky.is_empty() {
                exit
            } else {
                Exit::CaseFailed
            })
        }
        HistoryQuery::Slowest { limit, output } => {
            let slowest = history.slowest(*limit)?;
            tell(output, "slowest", &slowest, || slow_table(&slowest))
        }
        HistoryQuery::FirstBad { test, output } => {
            if !gpnpu_testbenches::tests()
                .iter()
                .any(|known| known.id() == *test)
            {
                scope(&project, Some(test))?;
                return Err(CommandError::usage(format!(
                    "`{test}` is a block; the id of a test is needed, as gpnpu list shows them"
                )));
            }
            let found = history.first_bad(test)?;
            tell(output, "first_bad", &found, || {
                first_bad_lines(test, found.as_ref())
            })
        }
        HistoryQuery::Check(output) => {
            history.check()?;
            tell(output, "check", &"ok", || {
                format!("{}: nothing is damaged\n", project.show(&path))
            })
        }
    }
}

/// For machines under a name, for people as text.
fn tell(
    output: &FormatArg,
    name: &str,
    value: &impl Serialize,
    text: impl FnOnce() -> String,
) -> Result<Exit, CommandError> {
    if output.format == Format::Json {
        println!("{}", json!({ name: value }));
    } else {
        eprint!("{}", text());
    }
    Ok(Exit::Ok)
}

fn scope<'a>(project: &Project, of: Option<&'a str>) -> Result<Scope<'a>, CommandError> {
    let Some(name) = of else {
        return Ok(Scope::All);
    };
    let manifest = project.manifest()?;
    if manifest.blocks().iter().any(|block| block.stem == name) {
        return Ok(Scope::Block(name));
    }
    let tests = gpnpu_testbenches::tests();
    if tests.iter().any(|test| test.id() == name) {
        return Ok(Scope::Test(name));
    }
    let blocks = manifest.blocks().iter().map(|block| block.stem.clone());
    let known: Vec<String> = blocks.chain(tests.iter().map(|test| test.id())).collect();
    Err(CommandError::usage(format!(
        "`{name}` is neither a block nor a test (known: {})",
        known.join(", ")
    )))
}

fn failures(history: &History, run: Option<i64>, output: &FormatArg) -> Result<Exit, CommandError> {
    let run = match run {
        Some(number) => history.run(RunId(number))?,
        None => history.runs(1)?.into_iter().next(),
    };
    let Some(run) = run else {
        return Err(CommandError::usage(
            "no such run; `gpnpu history runs` lists them",
        ));
    };
    let buckets = history.buckets(run.id)?;
    tell(output, "buckets", &buckets, || {
        if buckets.is_empty() {
            format!("run {}: nothing failed\n", run.id)
        } else {
            bucket_lines(Style::stderr(), &buckets)
        }
    })
}

/// How long ago, for people.
fn age(milliseconds: i64) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
    let seconds = (now - milliseconds).max(0) / 1000;
    match seconds {
        0..120 => format!("{seconds} s ago"),
        120..7200 => format!("{} min ago", seconds / 60),
        7200..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

fn commit(git: Option<&str>, dirty: bool) -> String {
    let short = git.map_or("-", |git| &git[..git.len().min(10)]);
    format!("{short}{}", if dirty { "+" } else { "" })
}

fn runs_table(runs: &[Run]) -> String {
    let mut text = format!(
        "{:>5}  {:<12} {:<10} {:>7} {:>7} {:>8} {:>9}  {:<12} {}\n",
        "run", "status", "profile", "passed", "failed", "skipped", "seconds", "commit", "begun"
    );
    for run in runs {
        let seconds = run.finished_ms.map_or("-".to_owned(), |end| {
            format!("{:.1}", (end - run.started_ms) as f64 / 1e3)
        });
        let skipped = run.info.selected.saturating_sub(run.passed + run.failed);
        text += &format!(
            "{:>5}  {:<12} {:<10} {:>7} {:>7} {skipped:>8} {seconds:>9}  {:<12} {}\n",
            run.id,
            run.status.name(),
            run.info.profile,
            run.passed,
            run.failed,
            commit(run.info.git.as_deref(), run.info.dirty),
            age(run.started_ms)
        );
    }
    text
}

fn trend_table(points: &[TrendPoint]) -> String {
    let mut text = format!(
        "{:>5}  {:<10} {:>9} {:>9} {:>10} {:>13} {:>9}  {}\n",
        "run", "profile", "cases", "passed %", "seconds", "cycles", "bins %", "commit"
    );
    for point in points {
        let share = |part: u64, whole: u64| match whole {
            0 => "-".to_owned(),
            whole => gpnpu_coverage::report::percent(part as f64 / whole as f64),
        };
        let cases = point.passed + point.failed;
        text += &format!(
            "{:>5}  {:<10} {cases:>9} {:>9} {:>10.1} {:>13} {:>9}  {}\n",
            point.run,
            point.profile,
            share(point.passed, cases),
            point.seconds,
            point.cycles,
            share(point.bins_hit, point.bins),
            commit(point.git.as_deref(), false)
        );
    }
    text
}

fn flaky_lines(flaky: &[Flaky]) -> String {
    if flaky.is_empty() {
        return "no case came out in two ways from the same seed and inputs\n".to_owned();
    }
    let mut text = String::new();
    for case in flaky {
        let id = &case.identity;
        text += &format!(
            "{:>12} {} {} seed={:#x} ({})\n",
            Style::stderr().red("FLAKY"),
            id.test,
            id.config,
            id.seed,
            id.flavour
        );
        for seen in &case.seen {
            let sentence = seen.sentence.as_deref().unwrap_or_default();
            text += &format!(
                "             run {}: {}, digest {} {sentence}\n",
                seen.run, seen.outcome, seen.digest
            );
        }
    }
    text
}

fn slow_table(slowest: &[Slow]) -> String {
    let mut text = format!(
        "{:>10} {:>7} {:>10} {:>10}  {}\n",
        "seconds", "cases", "mean", "longest", "test"
    );
    for slow in slowest {
        text += &format!(
            "{:>10.1} {:>7} {:>10.3} {:>10.3}  {} {} ({})\n",
            slow.total, slow.cases, slow.mean, slow.longest, slow.test, slow.config, slow.flavour
        );
    }
    text
}

fn first_bad_lines(test: &str, found: Option<&FirstBad>) -> String {
    let Some(FirstBad {
        bad,
        good,
        case,
        same_case_passed,
    }) = found
    else {
        return format!("{test} did not fail in its last run\n");
    };
    let of = |run: &Run| {
        let commit = commit(run.info.git.as_deref(), run.info.dirty);
        format!("run {}, commit {commit}, {}", run.id, age(run.started_ms))
    };
    let mut text = format!(
        "{test}\n   first bad: {}\n              {} seed={:#x}\n",
        of(bad),
        case.identity.config,
        case.identity.seed
    );
    match good {
        None => text += "   last good: none\n",
        Some(good) => {
            text += &format!("   last good: {}\n", of(good));
            let commits = (good.info.git.as_deref(), bad.info.git.as_deref());
            if let (Some(from), Some(to)) = commits
                && from != to
            {
                text += &format!("      bisect: git bisect start {to} {from}\n");
            }
            if !same_case_passed {
                text +=
                    "        note: this seed did not run there, so that the fault may be older\n";
            }
        }
    }
    text
}
