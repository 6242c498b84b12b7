//! `mem3d_*`: what the memory carries, as a share of what its timing set allows, and how long a read waits.

mod curve;
mod measure;
mod models;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use gpnpu_golden::mem3d::limits::device_latency;
use gpnpu_testbenches::mem3d::patterns::Pattern;
use serde_json::json;

use super::{BenchError, Context, Figure};
use crate::files;
use curve::{Curve, Point};
use measure::{Load, Measured, Mode, Page, Setup, Window, measure};
use models::{EIGHT_VAULTS, HB3D, HBM3, HBM3_DEEP, HBM4, Models};

/// A bank may have 16 refreshes fewer than units passed at the end than at the begin of a run: those have to be over.
const STEADY: Window = Window {
    warm_up: 18,
    length: 24,
};
/// Long enough that what the arrivals decide of a saturated point averages out.
const LONG: Window = Window {
    length: 240,
    ..STEADY
};
/// Requests under way, in most figures.
const OUTSTANDING: usize = 64;
/// Cycles between requests that find the vault idle.
const IDLE: u64 = 200;
/// Loads of a curve, in tenths of the peak.
const LOADS: std::ops::RangeInclusive<u32> = 1..=12;

/// What is held against a goal.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Goal {
    /// At least this share of the derived limit.
    Limit(f64),
    /// At least this share of the peak.
    Peak(f64),
}

/// A figure of one pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row {
    model: &'static str,
    setup: Setup,
    goal: Goal,
}

const fn setup(pattern: Pattern, outstanding: usize, mode: Mode) -> Setup {
    Setup {
        pattern,
        load: Load::Outstanding(outstanding),
        mode,
        page: Page::Adaptive,
        window: STEADY,
    }
}

/// The patterns with a goal.
fn rows() -> Vec<Row> {
    use Goal::{Limit, Peak};
    use Mode::{AllBank, PerBank};
    let row = |model, pattern, outstanding, mode, goal| Row {
        model,
        setup: setup(pattern, outstanding, mode),
        goal,
    };
    let deep = 4 * OUTSTANDING;
    let mut rows = Vec::new();
    for model in [HBM3, HBM4] {
        rows.extend([
            row(
                model,
                Pattern::SEQUENTIAL_READ,
                OUTSTANDING,
                AllBank,
                Limit(0.99),
            ),
            row(
                model,
                Pattern::SEQUENTIAL_WRITE,
                OUTSTANDING,
                AllBank,
                Limit(0.99),
            ),
            row(model, Pattern::RANDOM_READ, deep, AllBank, Limit(0.97)),
            row(
                model,
                Pattern::RANDOM_READ,
                OUTSTANDING,
                AllBank,
                Limit(0.95),
            ),
            row(
                model,
                Pattern::RANDOM_READ,
                OUTSTANDING,
                PerBank,
                Limit(0.95),
            ),
            row(model, Pattern::MIXED_50, OUTSTANDING, PerBank, Peak(0.8)),
            row(model, Pattern::MIXED_67, OUTSTANDING, PerBank, Peak(0.8)),
            row(
                model,
                Pattern::SEQUENTIAL_READ,
                OUTSTANDING,
                PerBank,
                Peak(0.97),
            ),
            row(
                model,
                Pattern::SEQUENTIAL_WRITE,
                OUTSTANDING,
                PerBank,
                Peak(0.97),
            ),
        ]);
        rows.extend(
            Pattern::STRIDES.map(|stride| row(model, stride, OUTSTANDING, PerBank, Limit(0.95))),
        );
    }
    rows.push(row(
        HBM3_DEEP,
        Pattern::RANDOM_READ,
        deep,
        AllBank,
        Limit(0.97),
    ));
    rows.push(row(
        HB3D,
        Pattern::RANDOM_READ,
        OUTSTANDING,
        PerBank,
        Peak(0.8),
    ));
    rows
}

/// `mem3d_patterns`: what each pattern reaches.
pub fn patterns(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    let models = Models::build(context, &[HBM3, HBM3_DEEP, HBM4, HB3D])?;
    in_parallel(&rows(), |row| {
        let measured = measure(models.get(row.model), &row.setup)?;
        Ok(figure(row, &measured))
    })
}

fn figure(row: &Row, measured: &Measured) -> Figure {
    let Load::Outstanding(outstanding) = row.setup.load else {
        unreachable!("rows are closed loops")
    };
    let mode = match row.setup.mode {
        Mode::AllBank => "REFab",
        Mode::PerBank => "REFpb",
    };
    let limit = measured.limit.share_of_peak;
    let (unit, value, goal) = match row.goal {
        Goal::Limit(goal) => ("of limit", measured.share / limit, goal),
        Goal::Peak(goal) => ("of peak", measured.share, goal),
    };
    let name = format!(
        "mem3d {} {}, {outstanding}, {mode}",
        row.model, row.setup.pattern.name
    );
    let mut compared = format!(
        "{:.1} % of peak, limit {:.1} % ({}); {} cycles, {} refreshes",
        100.0 * measured.share,
        100.0 * limit,
        measured.limit.rule,
        measured.cycles,
        measured.refreshes
    );
    let one_at_a_time = measured.one_at_a_time.share_of_peak;
    if measured.batch > 1 {
        compared += &format!(
            ", {} at a time; {:.3} of the {:.1} % that one at a time would allow",
            measured.batch,
            measured.share / one_at_a_time,
            100.0 * one_at_a_time
        );
    }
    let mut parts = vec![
        ("of_peak", measured.share),
        ("limit_of_peak", limit),
        ("of_limit", measured.share / limit),
        ("refreshes_at_a_time", f64::from(measured.batch)),
        ("limit_of_peak_one_refresh_at_a_time", one_at_a_time),
    ];
    let latencies = [("read_p50_ns", 50), ("read_p99_ns", 99)];
    parts.extend(
        latencies
            .into_iter()
            .filter_map(|(name, percent)| Some((name, measured.read_ns(percent)?))),
    );
    Figure {
        parts,
        ..Figure::at_least(&name, unit, value, goal, compared)
    }
}

/// `mem3d_vaults`: eight vaults against one, and one hot vault of the eight.
pub fn vaults(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    let models = Models::build(context, &[HBM3, EIGHT_VAULTS])?;
    let one = measure(
        models.get(HBM3),
        &setup(Pattern::RANDOM_READ, OUTSTANDING, Mode::PerBank),
    )?;
    let jobs = [Pattern::RANDOM_READ, Pattern::ONE_VAULT];
    let measured = in_parallel(&jobs, |pattern| {
        let setup = setup(*pattern, 8 * OUTSTANDING, Mode::PerBank);
        measure(models.get(EIGHT_VAULTS), &setup)
    })?;
    let [eight, hot] = &measured[..] else {
        unreachable!("two were measured")
    };
    let compared = format!(
        "random reads, {OUTSTANDING} under way for each vault: {:.1} % of the peak of eight, {:.1} % of that of one",
        100.0 * eight.share,
        100.0 * one.share
    );
    let scaled = eight.share / one.share;
    let hot_share = 8.0 * hot.share;
    let hot_compared = format!(
        "random reads of one of eight vaults: {:.1} % of its peak, {:.1} % where it is alone",
        100.0 * hot_share,
        100.0 * one.share
    );
    Ok(vec![
        Figure::at_least("mem3d eight vaults", "of 8 x 1", scaled, 0.97, compared),
        Figure::at_least(
            "mem3d one vault hot",
            "of alone",
            hot_share / one.share,
            0.97,
            hot_compared,
        ),
    ])
}

/// `mem3d_idle`: what the controller adds to the least latency of the device, in controller clocks.
pub fn idle(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    let models = Models::build(context, &[HBM3])?;
    let cases = [
        ("row hit", Pattern::ROW_HIT, Page::Open),
        ("row closed", Pattern::RANDOM_READ, Page::Closed),
        ("row conflict", Pattern::ROW_CONFLICT, Page::Open),
    ];
    let measured = in_parallel(&cases, |(_, pattern, page)| {
        let setup = Setup {
            pattern: *pattern,
            load: Load::Spaced(IDLE),
            mode: Mode::PerBank,
            page: *page,
            window: STEADY,
        };
        measure(models.get(HBM3), &setup)
    })?;
    let mut figures = Vec::new();
    for ((name, ..), measured) in cases.iter().zip(measured) {
        let device = device_latency(&measured.memory.set);
        let least = match *name {
            "row hit" => device.hit,
            "row closed" => device.closed,
            _ => device.conflict,
        };
        let least = least.nanoseconds();
        let Some(p50) = measured.read_ns(50) else {
            return Err(BenchError::new(format!("no read of `{name}` was measured")));
        };
        let added = (p50 - least) / measured.memory.set.period().nanoseconds();
        let compared = format!(
            "p50 {p50:.2} ns from AR to the first R, the device needs {least:.2} ns; {} reads, one every {IDLE} cycles",
            measured.analysis.reads().count()
        );
        let name = format!("mem3d idle latency, {name}");
        figures.push(Figure::at_most(&name, "clocks", added, 12.0, compared));
    }
    Ok(figures)
}

/// `mem3d_load`: the loaded-latency curves, which go to files; and whether more load ever carries less.
pub fn load(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    let models = Models::build(context, &[HBM3])?;
    let patterns = [
        Pattern::SEQUENTIAL_READ,
        Pattern::RANDOM_READ,
        Pattern::MIXED_50,
    ];
    let jobs: Vec<(Pattern, f64)> = patterns
        .iter()
        .flat_map(|pattern| LOADS.map(|tenth| (*pattern, f64::from(tenth) / 10.0)))
        .collect();
    let points = in_parallel(&jobs, |(pattern, share)| {
        let setup = Setup {
            pattern: *pattern,
            load: Load::Share(*share),
            mode: Mode::PerBank,
            page: Page::Adaptive,
            window: LONG,
        };
        let measured = measure(models.get(HBM3), &setup)?;
        match (measured.read_ns(50), measured.read_ns(99)) {
            (Some(p50_ns), Some(p99_ns)) => Ok(Point {
                offered: *share,
                achieved: measured.share,
                p50_ns,
                p99_ns,
            }),
            _ => Err(BenchError::new("a point of a curve has no reads")),
        }
    })?;
    let curves: Vec<Curve> = patterns
        .iter()
        .zip(points.chunks(jobs.len() / patterns.len()))
        .map(|(pattern, points)| Curve {
            pattern: pattern.name,
            points: points.to_vec(),
        })
        .collect();
    let title = "hbm3, one vault, 64-entry queues, refresh per bank";
    let plot = curve::svg(title, &curves).map_err(BenchError::new)?;
    let folder = context.output.join("mem3d");
    let json = json!({ "title": title, "curves": curves });
    let write = |name: &str, text: &str| {
        files::write(&folder.join(name), text.as_bytes()).map_err(BenchError)
    };
    write("loaded_latency.json", &format!("{json:#}\n"))?;
    write("loaded_latency.svg", &plot)?;
    eprintln!(
        "{:>12} {}",
        "wrote",
        folder.join("loaded_latency.svg").display()
    );
    Ok(curves.iter().map(never_lower).collect())
}

/// The least that a load carries of what a lower one did.
fn never_lower(curve: &Curve) -> Figure {
    let mut most: f64 = 0.0;
    let mut worst = (f64::INFINITY, 0.0);
    for point in &curve.points {
        most = most.max(point.achieved);
        if point.achieved / most < worst.0 {
            worst = (point.achieved / most, point.offered);
        }
    }
    let compared = format!(
        "offered load raised to {:.0} % of peak: carries {:.1} % there, at worst {:.2} % of what a lower load does, at {:.0} %",
        100.0 * curve.points.last().map_or(0.0, |point| point.offered),
        100.0 * curve.points.last().map_or(0.0, |point| point.achieved),
        100.0 * worst.0,
        100.0 * worst.1
    );
    let name = format!("mem3d {} under load", curve.pattern);
    // Arrivals decide a little: with ten times fewer cycles, points moved by ten thousandths that here move by three.
    Figure::at_least(&name, "of lower", worst.0, 0.998, compared)
}

/// `mem3d_speed`: simulated cycles a second, with nothing beside it.
pub fn speed(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    let models = Models::build(context, &[HBM3, EIGHT_VAULTS])?;
    let cases = [(HBM3, "one vault", 1), (EIGHT_VAULTS, "eight vaults", 8)];
    let mut figures = Vec::new();
    for (model, name, vaults) in cases {
        let setup = setup(Pattern::RANDOM_READ, vaults * OUTSTANDING, Mode::PerBank);
        let mut best: f64 = 0.0;
        for _ in 0..3 {
            best = best.max(measure(models.get(model), &setup)?.speed / 1000.0);
        }
        let compared = format!(
            "{best:.1} kcycles/s of {name}: random reads, with golden's dies and all checks, per second of processor time; best of 3"
        );
        let value = best * vaults as f64;
        let name = format!("mem3d speed, {name}");
        figures.push(Figure::at_least(
            &name,
            "kcyc/s a vault",
            value,
            150.0,
            compared,
        ));
    }
    Ok(figures)
}

/// Runs jobs on all cores; their results in the order of the jobs.
fn in_parallel<J: Sync, R: Send>(
    jobs: &[J],
    run: impl Fn(&J) -> Result<R, BenchError> + Sync,
) -> Result<Vec<R>, BenchError> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<R, BenchError>>>> =
        jobs.iter().map(|_| Mutex::new(None)).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores.min(jobs.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { break };
                    let result = run(job);
                    *results[index].lock().unwrap_or_else(|e| e.into_inner()) = Some(result);
                }
            });
        }
    });
    results
        .into_iter()
        .filter_map(|result| result.into_inner().unwrap_or_else(|e| e.into_inner()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(achieved: &[f64]) -> Curve {
        let points = achieved.iter().enumerate().map(|(index, achieved)| Point {
            offered: 0.1 * (index + 1) as f64,
            achieved: *achieved,
            p50_ns: 50.0,
            p99_ns: 80.0,
        });
        Curve {
            pattern: "50/50 stream",
            points: points.collect(),
        }
    }

    #[test]
    fn a_load_that_carries_less_than_a_lower_one_is_found() {
        assert!(never_lower(&curve(&[0.1, 0.2, 0.3, 0.3])).met());
        let falls = never_lower(&curve(&[0.5, 0.727, 0.6, 0.585]));
        assert!(!falls.met());
        assert!((falls.value - 0.585 / 0.727).abs() < 1e-12);
        assert!(falls.compared.contains("at 40 %"), "{}", falls.compared);
    }

    #[test]
    fn jobs_keep_their_order_and_the_first_error_is_told() {
        let jobs: Vec<u32> = (0..100).collect();
        let doubled = in_parallel(&jobs, |job| Ok(2 * job)).unwrap_or_default();
        assert!(doubled.into_iter().eq((0..100).map(|job| 2 * job)));
        let failed = in_parallel(&jobs, |job| match job {
            7.. => Err(BenchError::new(job)),
            _ => Ok(()),
        });
        assert_eq!(
            failed.err().map(|error| error.0.message).as_deref(),
            Some("7")
        );
    }

    #[test]
    fn every_row_has_a_name_of_its_own() {
        let rows = rows();
        for (index, row) in rows.iter().enumerate() {
            assert!(!rows[..index].contains(row), "{row:?}");
        }
    }
}
