//! Building models, with progress.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gpnpu_bridge::BridgeError;
use gpnpu_bridge::builder::{Builder, BuiltModel, ModelKey, Progress, Stage};
use indicatif::{ProgressBar, ProgressStyle};

use crate::style::Style;

/// What was built and what was not.
pub struct Built {
    /// Models that are there.
    pub models: HashMap<ModelKey, BuiltModel>,
    /// Models that are not, with the reason.
    pub failed: Vec<(ModelKey, BridgeError)>,
}

/// Builds all models that the cache lacks; a bar on a terminal, else a line for each model that is built.
pub fn build(builder: &Builder, keys: &[ModelKey]) -> Built {
    let shown = Shown::new(keys.len());
    let started = Instant::now();
    let results = builder.build_all(keys, &shown);
    shown.bar.finish_and_clear();
    let mut built = Built {
        models: HashMap::new(),
        failed: Vec::new(),
    };
    let mut fresh = 0;
    for (key, result) in keys.iter().zip(results) {
        match result {
            Ok(model) => {
                fresh += usize::from(!model.cached);
                built.models.insert(key.clone(), model);
            }
            Err(error) => built.failed.push((key.clone(), error)),
        }
    }
    if fresh > 0 {
        let style = Style::stderr();
        let time = started.elapsed().as_secs_f64();
        let cached = built.models.len() - fresh;
        eprintln!(
            "{:>12} [{time:>8.3}s] {fresh} models, {cached} from the cache",
            style.green("BUILT")
        );
    }
    built
}

struct Shown {
    bar: ProgressBar,
    done: AtomicUsize,
    total: usize,
    active: Mutex<Vec<(ModelKey, Stage)>>,
    terminal: bool,
}

impl Shown {
    fn new(total: usize) -> Self {
        let terminal = Style::stderr().terminal;
        let bar = if terminal {
            ProgressBar::new(total as u64)
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template(
            "{prefix:>12} [{elapsed_precise}] {bar:24} {pos}/{len} {wide_msg}",
        );
        bar.set_style(style.expect("a fixed template"));
        bar.set_prefix("building");
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            bar,
            done: AtomicUsize::new(0),
            total,
            active: Mutex::new(Vec::new()),
            terminal,
        }
    }
}

impl Progress for Shown {
    fn stage(&self, key: &ModelKey, stage: Stage) {
        let mut active = self
            .active
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let was_active = active.iter().any(|(other, _)| other == key);
        active.retain(|(other, _)| other != key);
        match stage {
            Stage::Done => {
                let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
                self.bar.set_position(done as u64);
                if was_active && !self.terminal {
                    eprintln!("{:>12} ({done}/{}) {key}", "built", self.total);
                }
            }
            stage => active.push((key.clone(), stage)),
        }
        let word = |stage| {
            if stage == Stage::Verilate {
                "verilating"
            } else {
                "compiling"
            }
        };
        let list: Vec<String> = active
            .iter()
            .map(|(key, stage)| format!("{} {key}", word(*stage)))
            .collect();
        self.bar.set_message(list.join(", "));
    }
}
