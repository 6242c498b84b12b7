//! From a failed case to what a person opens: shrunk, run again with waves, written down.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use gpnpu_bridge::builder::{BuiltModel, Flavour};
use gpnpu_bridge::model::{CYCLE_PS, Cycle};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vcd::{Parser, ScopeItem};

use super::Case;
use crate::kit::shrink::{Budget, Shrunk};
use crate::kit::{AnyTest, Execution, Failure, FailureKind, Limits, wave};

/// What a bundle's `bundle.json` holds; enough to run the case again.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// `npu_dot::random`.
    pub test: String,
    /// Configuration.
    pub config: String,
    /// Flavour in which it failed first.
    pub flavour: String,
    /// Seed.
    pub seed: u64,
    /// The failure of the minimised stimulus.
    pub failure: Failure,
    /// Digest of the ports up to the failure, in hexadecimal.
    pub digest: String,
    /// Hash of the model in which it failed.
    pub model: String,
    /// Versions of the tools.
    pub tools: Vec<String>,
    /// Command that runs the original case.
    pub repeat: String,
    /// Transactions before shrinking.
    pub transactions_before: usize,
    /// Transactions of the stimulus.
    pub transactions: usize,
    /// Runs that shrinking took.
    pub shrink_runs: u64,
    /// The minimised stimulus.
    pub stimulus: Value,
}

impl Bundle {
    /// Reads the `bundle.json` in a bundle's folder, or the file itself.
    ///
    /// # Errors
    ///
    /// [`BundleError::Io`] or [`BundleError::Malformed`].
    pub fn read(path: &Path) -> Result<Self, BundleError> {
        let file = if path.is_dir() {
            path.join("bundle.json")
        } else {
            path.to_owned()
        };
        let text = fs::read_to_string(&file).map_err(|source| BundleError::Io {
            path: file.clone(),
            source,
        })?;
        serde_json::from_str(&text).map_err(|source| BundleError::Malformed { path: file, source })
    }
}

/// A bundle that cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The operating system's reason.
    #[error("cannot access `{}`: {source}", path.display())]
    Io {
        /// File.
        path: PathBuf,
        /// Reason.
        source: std::io::Error,
    },
    /// Not a bundle.
    #[error("`{}` is not a bundle: {source}", path.display())]
    Malformed {
        /// File.
        path: PathBuf,
        /// Line, column and expectation.
        source: serde_json::Error,
    },
}

/// Transactions that no seed gives.
#[derive(Clone, Debug)]
pub struct Given {
    /// The stimulus.
    pub stimulus: Value,
    /// Command that runs it again.
    pub repeat: String,
}

/// A failure after triage.
pub struct Triaged {
    /// What was written.
    pub bundle: Bundle,
    /// Where.
    pub folder: PathBuf,
}

/// Cycles kept before the failure.
const WINDOW: u64 = 4096;

/// Runs a failed case again, with its seed's stimulus or a given one, shrinks it, runs the rest once more with waves and
/// writes the bundle into `folder`.
///
/// Two more failures can come out: the same seed that passes the second time, and a trace build that behaves
/// differently, each [`FailureKind::BuildDependent`].
///
/// # Errors
///
/// [`BundleError::Io`] if the bundle cannot be written.
#[expect(
    clippy::too_many_arguments,
    reason = "each is one thing from a different place"
)]
pub fn triage(
    test: &dyn AnyTest,
    case: &Case,
    failure: &Failure,
    given: Option<Given>,
    models: (&BuiltModel, &BuiltModel),
    tools: &[String],
    budget: Budget,
    folder: &Path,
) -> Result<Triaged, BundleError> {
    let (model, trace) = models;
    let limits = Limits::reaching(failure.cycle);
    let limits = Limits {
        wall: budget.wall.max(limits.wall),
        ..limits
    };
    let (stimulus, repeat) = match given {
        Some(Given { stimulus, repeat }) => (Some(stimulus), repeat),
        None => (None, case.repeat()),
    };
    let execution = Execution {
        seed: case.seed,
        limits,
        waves: None,
        stimulus: stimulus.clone(),
    };
    let again = test.execute(model, &execution);
    let shrunk = match &again.result {
        Err(second) if second.kind == failure.kind => {
            test.shrink(model, &execution, second, budget)
        }
        other => {
            let second = other
                .as_ref()
                .err()
                .map_or("it passed".to_owned(), ToString::to_string);
            let message =
                format!("the same seed gave two outcomes: first {failure}, then {second}");
            let original = stimulus.unwrap_or_else(|| {
                test.stimulus(&crate::kit::Parameters::of(&model.layout), case.seed)
            });
            let failure = Failure::new(FailureKind::BuildDependent, failure.cycle, message);
            Shrunk {
                stimulus: original,
                failure,
                before: again.transactions,
                after: again.transactions,
                runs: 0,
                minimal: false,
            }
        }
    };
    let minimal = Execution {
        stimulus: Some(shrunk.stimulus.clone()),
        ..execution
    };
    let reference = test.execute(model, &minimal);
    let traced = test.execute(
        trace,
        &Execution {
            waves: Some(WINDOW),
            ..minimal
        },
    );
    let mut failure = shrunk.failure.clone();
    if traced.digest != reference.digest {
        let message = format!(
            "build-dependent behaviour: digest {} in the {} build, {} in the {} build ({failure})",
            reference.digest,
            model.key.flavour,
            traced.digest,
            Flavour::Trace
        );
        failure = Failure {
            kind: FailureKind::BuildDependent,
            message,
            ..failure
        };
    }
    let bundle = Bundle {
        test: case.id.clone(),
        config: case.model.config.clone(),
        flavour: case.model.flavour.to_string(),
        seed: case.seed,
        failure,
        digest: reference.digest.to_string(),
        model: model.hash.clone(),
        tools: tools.to_vec(),
        repeat,
        transactions_before: shrunk.before,
        transactions: shrunk.after,
        shrink_runs: shrunk.runs,
        stimulus: shrunk.stimulus,
    };
    write(
        &bundle,
        traced.waves.as_deref().unwrap_or_default(),
        &reference.log,
        folder,
    )?;
    Ok(Triaged {
        bundle,
        folder: folder.to_owned(),
    })
}

/// Writes everything beside `folder` and renames it, replacing an older bundle of the same case.
fn write(bundle: &Bundle, vcd: &[u8], log: &str, folder: &Path) -> Result<(), BundleError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| BundleError::Io { path, source }
    };
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(io(parent))?;
    let scratch = tempfile::Builder::new()
        .prefix(".bundle-")
        .permissions(fs::Permissions::from_mode(0o777))
        .tempdir_in(parent)
        .map_err(io(parent))?;
    let json =
        serde_json::to_string_pretty(bundle).map_err(|e| io(folder)(std::io::Error::other(e)))?;
    let files: [(&str, Vec<u8>); 5] = [
        ("bundle.json", json.into_bytes()),
        ("report.txt", report(bundle, log, folder).into_bytes()),
        ("waves.vcd", vcd.to_vec()),
        ("waves.gtkw", gtkw(vcd, bundle.failure.cycle).into_bytes()),
        (
            "waves.surfer",
            surfer(vcd, bundle.failure.cycle).into_bytes(),
        ),
    ];
    for (name, bytes) in files {
        let path = scratch.path().join(name);
        fs::write(&path, bytes).map_err(io(&path))?;
    }
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(io(folder))?;
    }
    fs::rename(scratch.keep(), folder).map_err(io(folder))
}

fn report(bundle: &Bundle, log: &str, folder: &Path) -> String {
    let mut text = String::new();
    let Bundle {
        test,
        config,
        seed,
        failure,
        repeat,
        ..
    } = bundle;
    let _ = writeln!(text, "{test} {config} seed={seed:#x}\n{failure}\n");
    if !failure.details.is_empty() {
        let _ = writeln!(text, "{}\n", failure.details.trim_end());
    }
    let _ = writeln!(
        text,
        "shrunk from {} to {} transactions in {} runs\nrepeat:      {repeat}\nminimised:   ./gpnpu replay {}",
        bundle.transactions_before,
        bundle.transactions,
        bundle.shrink_runs,
        folder.display()
    );
    let _ = writeln!(
        text,
        "waves:       gtkwave waves.gtkw   or   surfer -c waves.surfer waves.vcd"
    );
    let _ = writeln!(
        text,
        "digest:      {}\nmodel:       {}",
        bundle.digest, bundle.model
    );
    for tool in &bundle.tools {
        let _ = writeln!(text, "tool:        {tool}");
    }
    if !log.is_empty() {
        let _ = writeln!(text, "\nprinted by the RTL:\n{}", log.trim_end());
    }
    text
}

/// Full names of the block's ports and of golden's signals, with their widths.
fn signals(vcd: &[u8]) -> Vec<(String, u32)> {
    let Ok(header) = Parser::new(vcd).parse_header() else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let mut add = |path: &str, items: &[ScopeItem]| {
        for item in items {
            if let ScopeItem::Var(var) = item {
                let index = var.index.map_or(String::new(), |index| index.to_string());
                all.push((format!("{path}.{}{index}", var.reference), var.size));
            }
        }
    };
    for item in &header.items {
        let ScopeItem::Scope(scope) = item else {
            continue;
        };
        if scope.identifier == wave::SCOPE {
            add(&scope.identifier, &scope.items);
            continue;
        }
        // Verilator's own top scope holds the ports, packed structures as scopes below.
        add(&scope.identifier, &scope.items);
        for inner in &scope.items {
            if let ScopeItem::Scope(inner) = inner {
                let is_port = inner.identifier.ends_with("_i") || inner.identifier.ends_with("_o");
                if is_port {
                    add(
                        &format!("{}.{}", scope.identifier, inner.identifier),
                        &inner.items,
                    );
                }
            }
        }
    }
    all
}

fn gtkw(vcd: &[u8], cycle: Cycle) -> String {
    let at = cycle.0 * CYCLE_PS + CYCLE_PS / 2;
    let mut text = format!(
        "[dumpfile] \"waves.vcd\"\n[timestart] {}\n*-11.000000 {at} -1\n",
        at.saturating_sub(8 * CYCLE_PS)
    );
    for (name, width) in signals(vcd) {
        // 22: hexadecimal, 28: binary, both right-justified.
        let _ = writeln!(text, "@{}\n{name}", if width > 1 { 22 } else { 28 });
    }
    text
}

fn surfer(vcd: &[u8], cycle: Cycle) -> String {
    let mut text = String::new();
    for (name, _) in signals(vcd) {
        let name = name.split_once('[').map_or(name.as_str(), |(name, _)| name);
        let _ = writeln!(text, "variable_add {name}");
    }
    let at = cycle.0 * CYCLE_PS + CYCLE_PS / 2;
    let _ = writeln!(text, "cursor_set {at}\ngoto_cursor");
    text
}
