//! Tests: a block, a strategy for stimuli, and a way to run one.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use gpnpu_bridge::builder::{BuiltModel, Flavour};
use gpnpu_bridge::dut::Ports;
use gpnpu_bridge::model::{Cycle, Digest, Model};
use gpnpu_bridge::ports::Layout;
use gpnpu_coverage::code::CodeCoverage;
use gpnpu_coverage::functional::Record;
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::run::words;
use super::shrink::{self, Budget, Shrunk};
use super::{Failure, FailureKind, Limits, Run, Streams, Table};

/// Integer parameters of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, u64>);

impl Parameters {
    /// Those of an elaborated block.
    pub fn of(layout: &Layout) -> Self {
        Self(layout.parameters.clone())
    }

    /// The value of `name`.
    ///
    /// # Panics
    ///
    /// If the block has no such parameter.
    pub fn get(&self, name: &str) -> usize {
        let value = self.0.get(name).unwrap_or_else(|| {
            panic!(
                "parameter `{name}` not found (known: {:?})",
                self.0.keys().collect::<Vec<_>>()
            )
        });
        usize::try_from(*value).expect("a parameter fits in usize")
    }
}

/// What a test does to a block: readable, can be stored and run again, can be made smaller.
pub trait Stimulus: Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Number of transactions.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same without some of the transactions.
    #[must_use]
    fn without(&self, transactions: Range<usize>) -> Self;

    /// Simpler variants with as many transactions, boldest first: no gaps, zero operands, default modes.
    fn simpler(&self) -> Vec<Self>;
}

/// Drives a block with a stimulus and holds it against golden.
pub trait Testbench: Send + Sync + 'static {
    /// Typed ports of the block.
    type Ports: Ports;
    /// What drives it.
    type Stimulus: Stimulus;

    /// Runs the stimulus from reset to the last result.
    ///
    /// # Errors
    ///
    /// The first failure.
    fn run(run: &mut Run<Self::Ports>, stimulus: &Self::Stimulus) -> Result<(), Failure>;
}

/// How a case is executed.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Seed of the case.
    pub seed: u64,
    /// Limits.
    pub limits: Limits,
    /// Dump waves: the last so many cycles at least, 0 for all. Needs the trace flavour.
    pub waves: Option<u64>,
    /// Run these transactions instead of the strategy's.
    pub stimulus: Option<Value>,
}

impl Execution {
    /// The case of that seed, with default limits and no waves.
    pub fn seed(seed: u64) -> Self {
        Self {
            seed,
            limits: Limits::default(),
            waves: None,
            stimulus: None,
        }
    }
}

/// What came of a case.
#[derive(Debug)]
pub struct Outcome {
    /// Passed, or why not.
    pub result: Result<(), Failure>,
    /// Hash over all ports and cycles.
    pub digest: Digest,
    /// Cycles run.
    pub cycles: Cycle,
    /// Transactions of the stimulus.
    pub transactions: usize,
    /// Wall-clock time.
    pub wall: Duration,
    /// Functional coverage; none if the case failed.
    pub functional: Option<Record>,
    /// Code coverage of the cover flavour.
    pub code: Option<CodeCoverage>,
    /// The VCD, if waves were dumped, with golden's tracks merged in.
    pub waves: Option<Vec<u8>>,
    /// What the test measured.
    pub tables: Vec<Table>,
    /// What the RTL printed.
    pub log: String,
    /// Numbers that the RTL marked; see [`Model::marks`].
    pub marks: Vec<u32>,
}

impl Outcome {
    /// An outcome of which nothing else is known.
    fn new(result: Result<(), Failure>) -> Self {
        Self {
            result,
            digest: Digest(0),
            cycles: Cycle(0),
            transactions: 0,
            wall: Duration::ZERO,
            functional: None,
            code: None,
            waves: None,
            tables: Vec::new(),
            log: String::new(),
            marks: Vec::new(),
        }
    }

    /// The outcome of a case that failed before or outside of its model.
    pub fn failed(failure: Failure) -> Self {
        Self::new(Err(failure))
    }
}

/// A test of any block, as the runner sees it.
pub trait AnyTest: Send + Sync {
    /// `npu_dot::random`.
    fn id(&self) -> String;
    /// Stem of the block.
    fn block(&self) -> &'static str;
    /// What it shows, and why its distribution is what it is.
    fn doc(&self) -> &'static str;
    /// Configurations it runs in; empty for all of the block.
    fn configs(&self) -> &'static [&'static str];
    /// Seeds it runs with by default.
    fn iterations(&self) -> u64;
    /// The stimulus of a case, as it would be stored.
    fn stimulus(&self, parameters: &Parameters, seed: u64) -> Value;
    /// Runs one case; never panics.
    fn execute(&self, model: &BuiltModel, execution: &Execution) -> Outcome;
    /// Makes the stimulus of a failing case smaller, running it on the RTL.
    fn shrink(
        &self,
        model: &BuiltModel,
        execution: &Execution,
        failure: &Failure,
        budget: Budget,
    ) -> Shrunk;
}

/// Cycles dumped after a failure.
const AFTERMATH: usize = 4;

/// A named test of a testbench.
pub struct Test<T: Testbench> {
    /// Name within the block.
    pub name: &'static str,
    /// What it shows, and why its distribution is what it is.
    pub doc: &'static str,
    /// Configurations it runs in; empty for all of the block.
    pub configs: &'static [&'static str],
    /// Seeds it runs with by default.
    pub iterations: u64,
    /// Draws a stimulus.
    pub strategy: fn(&Parameters) -> BoxedStrategy<T::Stimulus>,
}

impl<T: Testbench> Test<T> {
    /// A test among those of other testbenches; the arguments are the fields.
    pub fn boxed(
        name: &'static str,
        doc: &'static str,
        configs: &'static [&'static str],
        iterations: u64,
        strategy: fn(&Parameters) -> BoxedStrategy<T::Stimulus>,
    ) -> Box<dyn AnyTest> {
        Box::new(Self {
            name,
            doc,
            configs,
            iterations,
            strategy,
        })
    }

    fn draw(&self, parameters: &Parameters, seed: u64) -> T::Stimulus {
        let key = Streams::new(seed, &self.id()).key("stimulus");
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &key);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        match (self.strategy)(parameters).new_tree(&mut runner) {
            Ok(tree) => tree.current(),
            Err(reason) => panic!("the strategy of `{}` gave no stimulus: {reason}", self.id()),
        }
    }

    fn execute_stimulus(
        &self,
        model: &BuiltModel,
        execution: &Execution,
        stimulus: Result<T::Stimulus, Failure>,
        started: Instant,
    ) -> Outcome {
        let mut outcome = Outcome::new(Ok(()));
        outcome.result = stimulus.and_then(|stimulus| {
            outcome.transactions = stimulus.len();
            self.run_on_model(model, execution, &stimulus, &mut outcome)
        });
        if outcome.result.is_err() {
            outcome.functional = None;
        }
        outcome.wall = started.elapsed();
        outcome
    }

    fn run_on_model(
        &self,
        model: &BuiltModel,
        execution: &Execution,
        stimulus: &T::Stimulus,
        outcome: &mut Outcome,
    ) -> Result<(), Failure> {
        let setup = |error: &dyn std::error::Error| {
            Failure::new(FailureKind::Setup, Cycle(0), error.to_string())
        };
        let mut run = Run::<T::Ports>::load(model, &self.id(), execution)?;
        let result = run.guarded(|run| T::run(run, stimulus));
        let result = result.map_err(|mut failure| {
            if failure.kind == FailureKind::IllegalBin {
                failure.cycle = run.dut.now();
            }
            failure
        });
        outcome.digest = run.dut.digest();
        outcome.cycles = run.dut.now();
        outcome.log = run.dut.model().log();
        outcome.marks = run.dut.model().marks();
        outcome.functional = run.functional.take();
        outcome.tables = std::mem::take(&mut run.tables);
        if execution.waves.is_some() {
            // What follows the failure, so that it does not stand at the edge of the waves; not part of the run.
            if result.is_err() {
                let _ = run.dut.cycles(AFTERMATH);
            }
            let vcd = run.dut.model().take_waves();
            let tracks = run.tracks.take().unwrap_or_default();
            let failed_at = result.as_ref().err().map(|failure| failure.cycle);
            outcome.waves = Some(tracks.merge_into(&vcd, failed_at).map_err(|e| setup(&e))?);
        }
        if model.key.flavour == Flavour::Cover {
            outcome.code = Some(
                read_coverage(run.dut.model())
                    .map_err(|e| Failure::new(FailureKind::Setup, Cycle(0), e))?,
            );
        }
        result
    }
}

fn read_coverage(model: &mut Model) -> Result<CodeCoverage, String> {
    let file = tempfile::NamedTempFile::new()
        .map_err(|e| format!("cannot create a temporary file: {e}"))?;
    model
        .write_coverage(file.path())
        .map_err(|e| e.to_string())?;
    let name = file.path().to_string_lossy().into_owned();
    let reader = std::io::BufReader::new(file.as_file());
    let root = model.built().rtl.clone();
    CodeCoverage::read(reader, &name, Some(&root)).map_err(|e| e.to_string())
}

impl<T: Testbench> AnyTest for Test<T> {
    fn id(&self) -> String {
        format!("{}::{}", T::Ports::BLOCK, self.name)
    }

    fn block(&self) -> &'static str {
        T::Ports::BLOCK
    }

    fn doc(&self) -> &'static str {
        self.doc
    }

    fn configs(&self) -> &'static [&'static str] {
        self.configs
    }

    fn iterations(&self) -> u64 {
        self.iterations
    }

    fn stimulus(&self, parameters: &Parameters, seed: u64) -> Value {
        serde_json::to_value(self.draw(parameters, seed)).unwrap_or_default()
    }

    fn execute(&self, model: &BuiltModel, execution: &Execution) -> Outcome {
        let started = Instant::now();
        let stimulus = match &execution.stimulus {
            Some(value) => parse(value),
            None => {
                let parameters = Parameters::of(&model.layout);
                catch_unwind(AssertUnwindSafe(|| self.draw(&parameters, execution.seed))).map_err(
                    |panic| {
                        Failure::new(
                            FailureKind::Panic,
                            Cycle(0),
                            format!("no stimulus: {}", words(&*panic)),
                        )
                    },
                )
            }
        };
        self.execute_stimulus(model, execution, stimulus, started)
    }

    fn shrink(
        &self,
        model: &BuiltModel,
        execution: &Execution,
        failure: &Failure,
        budget: Budget,
    ) -> Shrunk {
        let first = match &execution.stimulus {
            Some(value) => match parse(value) {
                Ok(stimulus) => stimulus,
                Err(failure) => return Shrunk::nothing(Value::Null, failure),
            },
            None => self.draw(&Parameters::of(&model.layout), execution.seed),
        };
        let execution = Execution {
            waves: None,
            ..execution.clone()
        };
        shrink::shrink(first, failure.clone(), budget, |candidate: &T::Stimulus| {
            self.execute_stimulus(model, &execution, Ok(candidate.clone()), Instant::now())
                .result
                .err()
        })
    }
}

fn parse<S: DeserializeOwned>(value: &Value) -> Result<S, Failure> {
    serde_json::from_value(value.clone()).map_err(|e| {
        Failure::new(
            FailureKind::Setup,
            Cycle(0),
            format!("the stimulus does not fit the test: {e}"),
        )
    })
}
