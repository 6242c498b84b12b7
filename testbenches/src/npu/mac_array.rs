//! Testbench of `npu_mac_array`.

use std::collections::VecDeque;
use std::ops::Range;

use gpnpu_bridge::model::Cycle;
use gpnpu_coverage::npu::mac_array::{ArrayCoverage, ArrayPhase, ArraySample};
use gpnpu_golden::npu::dot::{DotInput, Operand, explain, ulp_distance};
use gpnpu_golden::npu::format::Format;
use gpnpu_golden::npu::mac_array::Tile;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use super::operands::{self, Operands, Profile};
use crate::kit::{
    AnyTest, Failure, Pace, Parameters, Run, Scoreboard, Sink, Source, Stimulus, Test, Testbench,
    hex,
};
use crate::ports::npu_mac_array::NpuMacArray;
use crate::ports::npu_pkg;

/// One operand of a stored stimulus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// Elements.
    #[serde(with = "hex::vector")]
    pub data: [u32; 8],
    /// Block scales.
    #[serde(with = "hex::word")]
    pub scale: u32,
}

impl From<Beat> for Operand {
    fn from(beat: Beat) -> Self {
        Self {
            data: beat.data,
            scale: beat.scale,
        }
    }
}

/// One command with its operands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileJob {
    /// Format.
    pub format: Format,
    /// Clamp integer sums.
    #[serde(default)]
    pub satfinite: bool,
    /// K steps.
    pub steps: usize,
    /// `[m][steps]`: one operand for each row of outputs and step.
    pub a: Vec<Beat>,
    /// `[n][steps]`: one operand for each column of outputs and step.
    pub b: Vec<Beat>,
    /// `[m][n]`, preloaded; without it C is zero and nothing is preloaded.
    #[serde(default)]
    pub c: Option<Vec<u32>>,
}

/// Sizes of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows of units.
    pub rows: usize,
    /// Columns of units.
    pub cols: usize,
    /// Rows of outputs in a unit.
    pub tile_rows: usize,
    /// Columns of outputs in a unit.
    pub tile_cols: usize,
}

impl Shape {
    /// Those of a configuration.
    pub fn of(parameters: &Parameters) -> Self {
        Self {
            rows: parameters.get("Rows"),
            cols: parameters.get("Cols"),
            tile_rows: parameters.get("TileRows"),
            tile_cols: parameters.get("TileCols"),
        }
    }

    /// Rows of outputs.
    pub fn m(&self) -> usize {
        self.rows * self.tile_rows
    }

    /// Columns of outputs.
    pub fn n(&self) -> usize {
        self.cols * self.tile_cols
    }
}

impl TileJob {
    /// Draws a tile; its numbers come from `seed` alone.
    pub fn draw(
        shape: Shape,
        format: Format,
        profile: Profile,
        steps: usize,
        preload: bool,
        seed: u64,
    ) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut operands = Operands::new(format, profile, &mut rng);
        let mut beats = |count: usize| -> Vec<Beat> {
            (0..count)
                .map(|_| Beat {
                    data: operands.vector(),
                    scale: operands.scales(),
                })
                .collect()
        };
        let (a, b) = (beats(shape.m() * steps), beats(shape.n() * steps));
        let c = preload.then(|| {
            (0..shape.m() * shape.n())
                .map(|_| operands.addend())
                .collect()
        });
        Self {
            format,
            satfinite: seed & 1 == 1,
            steps,
            a,
            b,
            c,
        }
    }

    /// Golden's outputs, `[m][n]`.
    ///
    /// # Errors
    ///
    /// If the operands do not fit the array.
    pub fn golden(&self, shape: Shape) -> Result<Vec<u32>, Failure> {
        let operands = |beats: &[Beat]| {
            beats
                .iter()
                .map(|beat| Operand::from(*beat))
                .collect::<Vec<_>>()
        };
        let tile = Tile {
            format: self.format,
            satfinite: self.satfinite,
            m: shape.m(),
            n: shape.n(),
            steps: self.steps,
            a: &operands(&self.a),
            b: &operands(&self.b),
            c: self.c.as_deref(),
        };
        tile.compute().map_err(|e| {
            let message = format!("the stimulus does not fit the configuration: {e}");
            Failure::new(crate::kit::FailureKind::Setup, Cycle(0), message)
        })
    }

    fn without_steps(&self, steps: &Range<usize>) -> Self {
        let keep = |beats: &[Beat]| -> Vec<Beat> {
            let kept = |(index, _): &(usize, &Beat)| !steps.contains(&(index % self.steps));
            beats
                .iter()
                .enumerate()
                .filter(kept)
                .map(|(_, beat)| *beat)
                .collect()
        };
        Self {
            steps: self.steps - steps.len(),
            a: keep(&self.a),
            b: keep(&self.b),
            ..self.clone()
        }
    }

    fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        if self.steps > 1 {
            for range in operands::lane_ranges(self.steps.next_power_of_two()) {
                let range = range.start..range.end.min(self.steps);
                if !range.is_empty() && range.len() < self.steps {
                    all.push(self.without_steps(&range));
                }
            }
        }
        if self.satfinite {
            all.push(Self {
                satfinite: false,
                ..self.clone()
            });
        }
        if let Some(c) = &self.c {
            all.push(Self {
                c: None,
                ..self.clone()
            });
            if c.iter().any(|word| *word != 0) {
                all.push(Self {
                    c: Some(vec![0; c.len()]),
                    ..self.clone()
                });
            }
        }
        let one = if self.format == Format::NvFp4 {
            0x3838_3838
        } else {
            0x7f7f_7f7f
        };
        for (side, beats) in [(true, &self.a), (false, &self.b)] {
            let with = |beats: Vec<Beat>| match side {
                true => Self {
                    a: beats,
                    ..self.clone()
                },
                false => Self {
                    b: beats,
                    ..self.clone()
                },
            };
            if beats.iter().any(|beat| beat.scale != one) {
                all.push(with(
                    beats
                        .iter()
                        .map(|beat| Beat {
                            scale: one,
                            ..*beat
                        })
                        .collect(),
                ));
            }
            for range in operands::lane_ranges(beats.len().next_power_of_two()) {
                let range = range.start.min(beats.len())..range.end.min(beats.len());
                if beats[range.clone()].iter().any(|beat| beat.data != [0; 8]) {
                    let mut beats = beats.clone();
                    beats[range].iter_mut().for_each(|beat| beat.data = [0; 8]);
                    all.push(with(beats));
                }
            }
            for lanes in operands::lane_ranges(self.format.lanes()) {
                let cleared: Vec<Beat> = beats
                    .iter()
                    .map(|beat| Beat {
                        data: operands::cleared(self.format, &beat.data, &lanes),
                        ..*beat
                    })
                    .collect();
                if cleared != *beats {
                    all.push(with(cleared));
                }
            }
        }
        all
    }
}

/// When the channels of the array move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paces {
    /// Commands.
    pub cmd: Pace,
    /// Every row of A, each with random numbers of its own.
    pub a: Pace,
    /// Every column of B.
    pub b: Pace,
    /// Every row of C.
    pub c: Pace,
    /// Taking every row of D.
    pub d: Pace,
}

/// Tiles through `npu_mac_array`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ArrayStimulus {
    /// Tiles in order.
    pub tiles: Vec<TileJob>,
    /// When the channels move.
    #[serde(default)]
    pub paces: Paces,
    /// Cycles of resets, counted from the one before; the tiles in flight are lost, the next one starts afresh.
    #[serde(default)]
    pub resets: Vec<u64>,
}

impl Stimulus for ArrayStimulus {
    fn len(&self) -> usize {
        self.tiles.len()
    }

    fn without(&self, transactions: Range<usize>) -> Self {
        let mut rest = self.clone();
        rest.tiles.drain(transactions);
        rest
    }

    fn simpler(&self) -> Vec<Self> {
        let mut all = Vec::new();
        if !self.resets.is_empty() {
            all.push(Self {
                resets: Vec::new(),
                ..self.clone()
            });
        }
        let gapless = Paces::default();
        let p = self.paces;
        for paces in [
            gapless,
            Paces {
                cmd: Pace::Always,
                ..p
            },
            Paces {
                a: Pace::Always,
                ..p
            },
            Paces {
                b: Pace::Always,
                ..p
            },
            Paces {
                c: Pace::Always,
                ..p
            },
            Paces {
                d: Pace::Always,
                ..p
            },
        ] {
            if paces != p {
                all.push(Self {
                    paces,
                    ..self.clone()
                });
            }
        }
        for (index, tile) in self.tiles.iter().enumerate() {
            all.extend(tile.simpler().into_iter().map(|tile| {
                let mut candidate = self.clone();
                candidate.tiles[index] = tile;
                candidate
            }));
        }
        all
    }
}

/// Drives `npu_mac_array` and holds every output against golden, bit for bit.
pub struct ArrayTb;

impl Testbench for ArrayTb {
    type Ports = NpuMacArray;
    type Stimulus = ArrayStimulus;

    fn run(run: &mut Run<NpuMacArray>, stimulus: &ArrayStimulus) -> Result<(), Failure> {
        let shape = Shape::of(&run.parameters);
        let mut bench = Bench::new(run, shape, stimulus.paces);
        let mut tiles: VecDeque<&TileJob> = stimulus.tiles.iter().collect();
        reset(run)?;
        for cycles in &stimulus.resets {
            bench.queue_all(&tiles)?;
            let end = run.dut.now().0 + cycles;
            while run.dut.now().0 < end && !bench.idle() {
                bench.cycle(run)?;
            }
            let phase = bench.phase();
            // The tile whose results were leaving or being computed is lost; those after it start afresh.
            let lost = bench.commands_taken();
            tiles.drain(..lost.min(tiles.len()));
            reset(run)?;
            bench.forget();
            bench.coverage.sample_reset(phase)?;
        }
        bench.queue_all(&tiles)?;
        // Some cycles more than needed, so that a result too many would be seen.
        let mut quiet = 0;
        while quiet < 40 {
            bench.cycle(run)?;
            quiet = if bench.idle() { quiet + 1 } else { 0 };
        }
        run.covered(bench.coverage.counters().record());
        Ok(())
    }
}

/// Holds the reset and drops every valid.
pub fn reset(run: &mut Run<NpuMacArray>) -> Result<(), Failure> {
    let i = &mut run.dut.i;
    (i.cmd_valid_i, i.a_valid_i, i.b_valid_i, i.c_valid_i) = (false, 0, 0, 0);
    i.rst_ni = false;
    run.cycles(2)?;
    run.dut.i.rst_ni = true;
    Ok(())
}

/// What is known of a tile in flight.
struct InFlight {
    job: TileJob,
    golden: Vec<u32>,
    command_gap: u64,
    row_gap: u64,
    column_gap: u64,
    drain_stall: u64,
    overlapped: bool,
    rows_done: usize,
}

/// The agents of all channels of an array, and the scoreboard.
pub struct Bench {
    shape: Shape,
    cmd: Source<usize>,
    a: Vec<Source<(usize, Beat)>>,
    b: Vec<Source<(usize, Beat)>>,
    c: Vec<Source<(usize, Vec<u32>)>>,
    d: Vec<Sink<Vec<u32>>>,
    /// Tile, tile row and column of the unit of the next beats of each row.
    scoreboards: Vec<Scoreboard<(usize, usize, usize)>>,
    tiles: Vec<InFlight>,
    first_operand_sent: usize,
    previous_format: Option<u8>,
    coverage: ArrayCoverage,
}

impl Bench {
    /// Agents at the given paces.
    pub fn new(run: &Run<NpuMacArray>, shape: Shape, paces: Paces) -> Self {
        let pacer = |pace: Pace, channel: &str, index: usize| {
            pace.start(run.streams.rng(&format!("{channel}{index}")))
        };
        Self {
            shape,
            cmd: Source::new(pacer(paces.cmd, "cmd", 0)),
            a: (0..shape.rows)
                .map(|row| Source::new(pacer(paces.a, "a", row)))
                .collect(),
            b: (0..shape.cols)
                .map(|col| Source::new(pacer(paces.b, "b", col)))
                .collect(),
            c: (0..shape.rows)
                .map(|row| Source::new(pacer(paces.c, "c", row)))
                .collect(),
            d: (0..shape.rows)
                .map(|row| Sink::new(format!("d[{row}]"), pacer(paces.d, "d", row)))
                .collect(),
            scoreboards: (0..shape.rows)
                .map(|row| Scoreboard::new(format!("d[{row}]")))
                .collect(),
            tiles: Vec::new(),
            first_operand_sent: 0,
            previous_format: None,
            coverage: ArrayCoverage::new(),
        }
    }

    fn queue_all(&mut self, tiles: &VecDeque<&TileJob>) -> Result<(), Failure> {
        tiles
            .iter()
            .try_for_each(|tile| self.queue((*tile).clone()))
    }

    /// Queues a command with all of its beats.
    ///
    /// # Errors
    ///
    /// If the tile does not fit the array.
    pub fn queue(&mut self, job: TileJob) -> Result<(), Failure> {
        let index = self.tiles.len();
        let golden = job.golden(self.shape)?;
        let Shape {
            tile_rows,
            tile_cols,
            cols,
            ..
        } = self.shape;
        let n = self.shape.n();
        self.cmd.push(index);
        for step in 0..job.steps {
            for (row, source) in self.a.iter_mut().enumerate() {
                for t in 0..tile_rows {
                    source.push((index, job.a[(row * tile_rows + t) * job.steps + step]));
                }
            }
            for (col, source) in self.b.iter_mut().enumerate() {
                for t in 0..tile_cols {
                    source.push((index, job.b[(col * tile_cols + t) * job.steps + step]));
                }
            }
        }
        for (row, (source, scoreboard)) in self.c.iter_mut().zip(&mut self.scoreboards).enumerate()
        {
            for col in (0..cols).rev() {
                for t in 0..tile_rows {
                    scoreboard.expect((index, row * tile_rows + t, col));
                    if let Some(c) = &job.c {
                        let first = (row * tile_rows + t) * n + col * tile_cols;
                        source.push((index, c[first..first + tile_cols].to_vec()));
                    }
                }
            }
        }
        self.tiles.push(InFlight {
            job,
            golden,
            command_gap: 0,
            row_gap: 0,
            column_gap: 0,
            drain_stall: 0,
            overlapped: false,
            rows_done: 0,
        });
        Ok(())
    }

    /// Whether everything queued has come out.
    pub fn idle(&self) -> bool {
        self.cmd.pending() == 0
            && self
                .scoreboards
                .iter()
                .all(|scoreboard| scoreboard.owed() == 0)
    }

    fn commands_taken(&self) -> usize {
        self.tiles.len() - self.cmd.pending()
    }

    fn phase(&self) -> ArrayPhase {
        let taken = self.commands_taken();
        let sent =
            |sources: &[Source<(usize, Beat)>]| sources.iter().map(Source::sent).sum::<u64>();
        let owed: usize = self.scoreboards.iter().map(Scoreboard::owed).sum();
        let per_tile = self.shape.m() * self.shape.cols;
        let done = self.tiles.len() - owed.div_ceil(per_tile.max(1));
        if taken == 0 || done >= taken {
            return ArrayPhase::Idle;
        }
        let beats: usize = self.tiles[..taken]
            .iter()
            .map(|tile| tile.job.a.len())
            .sum();
        if sent(&self.a) == 0 {
            ArrayPhase::Loading
        } else if sent(&self.a) >= beats as u64 {
            ArrayPhase::Draining
        } else {
            ArrayPhase::Computing
        }
    }

    fn forget(&mut self) {
        self.cmd.clear();
        self.a.iter_mut().chain(&mut self.b).for_each(Source::clear);
        self.c.iter_mut().for_each(Source::clear);
        self.d.iter_mut().for_each(Sink::clear);
        self.scoreboards.iter_mut().for_each(Scoreboard::clear);
        self.tiles.clear();
        self.first_operand_sent = 0;
        self.previous_format = None;
    }

    /// One clock cycle on all channels.
    ///
    /// # Errors
    ///
    /// The first difference to golden, a broken protocol, or what the RTL reported.
    pub fn cycle(&mut self, run: &mut Run<NpuMacArray>) -> Result<(), Failure> {
        self.drive(run);
        let now = run.cycle()?;
        if let Some((index, gap)) = self.cmd.accepted(run.dut.o.cmd_ready_o) {
            let tile = &mut self.tiles[index];
            tile.command_gap = gap;
            run.note(now, "commands", || {
                format!(
                    "tile {index} {} steps={}",
                    tile.job.format.name(),
                    tile.job.steps
                )
            });
        }
        let o = &run.dut.o;
        for (row, source) in self.a.iter_mut().enumerate() {
            if let Some(((index, _), gap)) = source.accepted(o.a_ready_o >> row & 1 == 1) {
                self.tiles[index].row_gap = self.tiles[index].row_gap.max(gap);
                self.first_operand_sent = self.first_operand_sent.max(index);
            }
        }
        for (col, source) in self.b.iter_mut().enumerate() {
            if let Some(((index, _), gap)) = source.accepted(o.b_ready_o >> col & 1 == 1) {
                self.tiles[index].column_gap = self.tiles[index].column_gap.max(gap);
            }
        }
        for (row, source) in self.c.iter_mut().enumerate() {
            source.accepted(o.c_ready_o >> row & 1 == 1);
        }
        for row in 0..self.shape.rows {
            self.take_result(run, now, row)?;
        }
        Ok(())
    }

    fn drive(&mut self, run: &mut Run<NpuMacArray>) {
        let i = &mut run.dut.i;
        (i.a_valid_i, i.b_valid_i, i.c_valid_i, i.d_ready_i) = (0, 0, 0, 0);
        let offered = self.cmd.offer();
        i.cmd_valid_i = offered.is_some();
        if let Some(index) = offered {
            let job = &self.tiles[*index].job;
            i.cmd_i = npu_pkg::ArrayCmd {
                preload: job.c.is_some(),
                satfinite: job.satfinite,
                format: job.format.code(),
                steps: job.steps as u16,
            };
        }
        for (row, source) in self.a.iter_mut().enumerate() {
            if let Some((_, beat)) = source.offer() {
                i.a_valid_i |= 1 << row;
                i.a_i[row] = npu_pkg::Operand {
                    scale: beat.scale,
                    data: beat.data,
                };
            }
        }
        for (col, source) in self.b.iter_mut().enumerate() {
            if let Some((_, beat)) = source.offer() {
                i.b_valid_i |= 1 << col;
                i.b_i[col] = npu_pkg::Operand {
                    scale: beat.scale,
                    data: beat.data,
                };
            }
        }
        let words = self.shape.tile_cols;
        for (row, source) in self.c.iter_mut().enumerate() {
            if let Some((_, beat)) = source.offer() {
                i.c_valid_i |= 1 << row;
                i.c_i[row * words..][..words].copy_from_slice(beat);
            }
        }
        for (row, sink) in self.d.iter_mut().enumerate() {
            i.d_ready_i |= u8::from(sink.ready()) << row;
        }
    }

    fn take_result(
        &mut self,
        run: &mut Run<NpuMacArray>,
        now: Cycle,
        row: usize,
    ) -> Result<(), Failure> {
        let words = self.shape.tile_cols;
        let valid = run.dut.o.d_valid_o >> row & 1 == 1;
        let beat = valid.then(|| run.dut.o.d_o[row * words..][..words].to_vec());
        let Some((beat, stall)) = self.d[row].observe(now, beat)? else {
            return Ok(());
        };
        let (index, i, col) = self.scoreboards[row].take(now)?;
        let overlapped = self.first_operand_sent > index;
        let first = i * self.shape.n() + col * words;
        let tile = &mut self.tiles[index];
        let golden = &tile.golden[first..first + words];
        run.golden(now, &format!("d_o[{row}]"), 32 * words, golden);
        if beat != golden {
            let word = beat
                .iter()
                .zip(golden)
                .position(|(rtl, golden)| rtl != golden)
                .unwrap_or(0);
            return Err(mismatch(
                now,
                row,
                &tile.job,
                self.shape,
                i,
                col * words + word,
                beat[word],
            ));
        }
        tile.drain_stall = tile.drain_stall.max(stall);
        tile.overlapped |= overlapped;
        tile.rows_done += 1;
        if tile.rows_done == self.shape.m() * self.shape.cols {
            self.sample(index)?;
        }
        Ok(())
    }

    fn sample(&mut self, index: usize) -> Result<(), Failure> {
        let tile = &self.tiles[index];
        let short = |gap: u64| u32::try_from(gap).unwrap_or(u32::MAX);
        let format = tile.job.format.code();
        self.coverage.sample(&ArraySample {
            format,
            previous_format: self.previous_format.replace(format),
            preload: tile.job.c.is_some(),
            satfinite: tile.job.satfinite,
            steps: tile.job.steps as u16,
            command_gap: short(tile.command_gap),
            row_gap: short(tile.row_gap),
            column_gap: short(tile.column_gap),
            drain_stall: short(tile.drain_stall),
            overlapped: tile.overlapped,
        })?;
        Ok(())
    }
}

/// Says which output differs and, step by step, where golden's sums stand; the table is that of the first step.
#[cold]
fn mismatch(
    now: Cycle,
    row: usize,
    job: &TileJob,
    shape: Shape,
    i: usize,
    j: usize,
    rtl: u32,
) -> Failure {
    let mut sum = job.c.as_ref().map_or(0, |c| c[i * shape.n() + j]);
    let mut details = format!(
        "output ({i}, {j}) of unit ({}, {}), {}, {} steps, C = {sum:#010x}\n",
        i / shape.tile_rows,
        j / shape.tile_cols,
        job.format.name(),
        job.steps
    );
    let mut last = None;
    for step in 0..job.steps {
        let (a, b) = (job.a[i * job.steps + step], job.b[j * job.steps + step]);
        let input = DotInput {
            format: job.format,
            satfinite: job.satfinite,
            a: a.data,
            b: b.data,
            c: sum,
            scale_a: a.scale,
            scale_b: b.scale,
        };
        sum = gpnpu_golden::npu::dot::dot(&input);
        let first_match = if sum == rtl {
            "   <- the RTL's value: it stopped here or skipped what follows"
        } else {
            ""
        };
        details += &format!("  after step {step}: {sum:#010x}{first_match}\n");
        last = Some(input);
    }
    if !job.format.is_integer() {
        if let Some(ulps) = ulp_distance(rtl, sum) {
            details += &format!("RTL is {ulps} ULP from golden\n");
        }
    }
    if let Some(input) = last {
        details += &format!("last step:\n{}", explain(&input));
    }
    let signal = format!("d_o[{row}]");
    Failure::mismatch(
        now,
        &signal,
        &format!("{rtl:#010x}"),
        &format!("{sum:#010x}"),
    )
    .with_details(details)
}

/// Steps weighted toward one and two, where a tile ends as soon as it begins, and around the chain pass.
fn steps() -> BoxedStrategy<usize> {
    prop_oneof![3 => Just(1usize), 2 => Just(2), 3 => 3..6usize, 3 => 6..12usize, 1 => 12..24usize]
        .boxed()
}

fn format() -> BoxedStrategy<Format> {
    select(Format::ALL.to_vec()).boxed()
}

fn tile(
    shape: Shape,
    format: BoxedStrategy<Format>,
    steps: BoxedStrategy<usize>,
) -> BoxedStrategy<TileJob> {
    (format, Profile::any(), steps, any::<bool>(), any::<u64>())
        .prop_map(move |(format, profile, steps, preload, seed)| {
            TileJob::draw(shape, format, profile, steps, preload, seed)
        })
        .boxed()
}

fn any_paces() -> BoxedStrategy<Paces> {
    let mixed = (
        Pace::any(),
        Pace::any(),
        Pace::any(),
        Pace::any(),
        Pace::any(),
    )
        .prop_map(|(cmd, a, b, c, d)| Paces { cmd, a, b, c, d });
    // Full rate everywhere is where the array overlaps most.
    prop_oneof![1 => Just(Paces::default()), 4 => mixed].boxed()
}

fn tiles(shape: Shape, count: Range<usize>) -> BoxedStrategy<ArrayStimulus> {
    (vec(tile(shape, format(), steps()), count), any_paces())
        .prop_map(|(tiles, paces)| ArrayStimulus {
            tiles,
            paces,
            resets: Vec::new(),
        })
        .boxed()
}

/// Configurations small enough for many seeds.
const SMALL: &[&str] = &["2x2", "1x3_t8x2"];

/// The tests of `npu_mac_array`.
pub fn tests() -> Vec<Box<dyn AnyTest>> {
    let test = |name, doc, configs, iterations, strategy| -> Box<dyn AnyTest> {
        Box::new(Test::<ArrayTb> {
            name,
            doc,
            configs,
            iterations,
            strategy,
        })
    };
    vec![
        test(
            "smoke",
            "One small tile of each format, in all configurations.",
            &[],
            1,
            |parameters| {
                let shape = Shape::of(parameters);
                let each = |(seed, format)| {
                    TileJob::draw(shape, format, Profile::Near, 2, seed % 2 == 0, seed as u64)
                };
                let tiles = Format::ALL.into_iter().enumerate().map(each).collect();
                Just(ArrayStimulus {
                    tiles,
                    paces: Paces::default(),
                    resets: Vec::new(),
                })
                .boxed()
            },
        ),
        test(
            "directed",
            "Where each element, scale and word of C goes: one operand at a time is not zero and names its place.",
            SMALL,
            1,
            |parameters| Just(directed(Shape::of(parameters))).boxed(),
        ),
        test(
            "random",
            "Random tiles of all formats at random paces on every stream.\n\nSteps are few, since what can go wrong does \
             so at the ends of a tile; `accumulate_chain` has the long ones.",
            &["2x2", "4x4", "1x3_t8x2"],
            6,
            |parameters| tiles(Shape::of(parameters), 20..30),
        ),
        test(
            "back_pressure",
            "D is taken slowly or late while everything else is ready: the accumulators stay full and the units wait.",
            SMALL,
            3,
            |parameters| {
                let slow = prop_oneof![
                    (2..25u8).prop_map(Pace::Percent),
                    (1..6u16, 10..60u16).prop_map(|(on, off)| Pace::Bursts { on, off }),
                    (100..400u16).prop_map(Pace::After),
                ];
                (tiles(Shape::of(parameters), 12..20), slow, any::<bool>())
                    .prop_map(|(stimulus, d, rest)| {
                        let paces = if rest {
                            Paces::default()
                        } else {
                            stimulus.paces
                        };
                        ArrayStimulus {
                            paces: Paces { d, ..paces },
                            ..stimulus
                        }
                    })
                    .boxed()
            },
        ),
        test(
            "reset_in_the_middle",
            "Resets while idle, loading, computing and draining; the next tile must not see what was before.",
            SMALL,
            6,
            |parameters| {
                let shape = Shape::of(parameters);
                (
                    tiles(shape, 12..20),
                    vec(prop_oneof![0..6u64, 6..60u64, 60..400u64], 2..6),
                )
                    .prop_map(|(stimulus, resets)| ArrayStimulus { resets, ..stimulus })
                    .boxed()
            },
        ),
        test(
            "format_switch",
            "One-step tiles of another format each, back to back: the formats of neighbouring tiles are in the array at \
             the same time.",
            SMALL,
            2,
            |parameters| {
                let shape = Shape::of(parameters);
                (
                    any::<u64>(),
                    vec((format(), Profile::any(), any::<bool>()), 40..50),
                )
                    .prop_map(move |(seed, tiles)| {
                        let each = |(index, (format, profile, preload)): (
                            usize,
                            (Format, Profile, bool),
                        )| {
                            TileJob::draw(
                                shape,
                                format,
                                profile,
                                1,
                                preload,
                                seed.wrapping_add(index as u64),
                            )
                        };
                        let tiles = tiles.into_iter().enumerate().map(each).collect();
                        ArrayStimulus {
                            tiles,
                            paces: Paces::default(),
                            resets: Vec::new(),
                        }
                    })
                    .boxed()
            },
        ),
        test(
            "accumulate_chain",
            "Long chains through the accumulators, up to 100 steps, and tiles that continue one another through C.",
            SMALL,
            3,
            |parameters| {
                let shape = Shape::of(parameters);
                let long = prop_oneof![Just(16usize), 17..40usize, 65..100usize].boxed();
                (vec(tile(shape, format(), long), 3..6), any::<bool>())
                    .prop_map(move |(mut tiles, continued)| {
                        if continued {
                            for index in 1..tiles.len() {
                                let before = tiles[index - 1].clone();
                                tiles[index].c = before.golden(shape).ok();
                            }
                        }
                        ArrayStimulus {
                            tiles,
                            paces: Paces::default(),
                            resets: Vec::new(),
                        }
                    })
                    .boxed()
            },
        ),
    ]
}

fn directed(shape: Shape) -> ArrayStimulus {
    let zero = |count: usize, scale| {
        vec![
            Beat {
                data: [0; 8],
                scale
            };
            count
        ]
    };
    let mut tiles = Vec::new();
    // INT8: row i of A is i + 1 in lane i, column j of B is j + 1 in all lanes; D[i][j] = (i + 1)(j + 1).
    for steps in [1, 3] {
        let mut a = zero(shape.m() * steps, 0);
        let mut b = zero(shape.n() * steps, 0);
        for i in 0..shape.m() {
            a[i * steps].data[i % 8] = (i as u32 + 1) << (8 * (i / 8 % 4));
        }
        for (j, beats) in b.chunks_mut(steps).enumerate() {
            beats[0].data = [(j as u32 + 1) * 0x0101_0101; 8];
        }
        tiles.push(TileJob {
            format: Format::Int8,
            satfinite: false,
            steps,
            a,
            b,
            c: None,
        });
    }
    // C alone: every word comes back at its place.
    for format in [Format::Int8, Format::Fp16] {
        let c = (0..shape.m() * shape.n())
            .map(|word| 0x3f80_0000 + word as u32)
            .collect();
        let (a, b) = (zero(shape.m(), 0), zero(shape.n(), 0));
        tiles.push(TileJob {
            format,
            satfinite: false,
            steps: 1,
            a,
            b,
            c: Some(c),
        });
    }
    // MXFP8: one scale at a time doubles its row or column.
    for operand in 0..shape.m() + shape.n() {
        let ones = |count: usize| {
            vec![
                Beat {
                    data: [0x3838_3838; 8],
                    scale: 0x7f
                };
                count
            ]
        };
        let (mut a, mut b) = (ones(shape.m()), ones(shape.n()));
        match operand.checked_sub(shape.m()) {
            None => a[operand].scale = 0x80,
            Some(column) => b[column].scale = 0x80,
        }
        tiles.push(TileJob {
            format: Format::MxFp8E4M3,
            satfinite: false,
            steps: 1,
            a,
            b,
            c: None,
        });
    }
    // Saturation sticks within a tile, and does not outlive it.
    for satfinite in [true, false] {
        let max = |count: usize| {
            vec![
                Beat {
                    data: [0x7f7f_7f7f; 8],
                    scale: 0
                };
                count
            ]
        };
        let c = Some(vec![0x7fff_ff00; shape.m() * shape.n()]);
        tiles.push(TileJob {
            format: Format::Int8,
            satfinite,
            steps: 2,
            a: max(2 * shape.m()),
            b: max(2 * shape.n()),
            c,
        });
    }
    ArrayStimulus {
        tiles,
        paces: Paces::default(),
        resets: Vec::new(),
    }
}
