//! The agents of all channels of a MAC array, and its scoreboard.

use std::collections::VecDeque;
use std::sync::Arc;

use gpnpu_bridge::model::Cycle;
use gpnpu_coverage::npu::mac_array::{ArrayCoverage, ArrayPhase, ArraySample};
use gpnpu_golden::npu::dot::{DotInput, explain, ulp_distance};
use serde::{Deserialize, Serialize};

use super::tile::{Beat, Shape, TileJob};
use crate::kit::{Failure, Pace, PaceSet, Run, Scoreboard, Sink, Source};
use crate::ports::npu_mac_array::{In, NpuMacArray};
use crate::ports::npu_pkg;

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

impl PaceSet for Paces {
    fn paces(&mut self) -> Vec<&mut Pace> {
        vec![
            &mut self.cmd,
            &mut self.a,
            &mut self.b,
            &mut self.c,
            &mut self.d,
        ]
    }
}

/// Drops every valid, for [`Run::reset`].
pub fn into_reset(i: &mut In) -> &mut bool {
    (i.cmd_valid_i, i.a_valid_i, i.b_valid_i, i.c_valid_i) = (false, 0, 0, 0);
    &mut i.rst_ni
}

/// Where in a larger computation a tile comes from, for messages.
#[derive(Clone, Debug)]
pub struct Origin {
    /// What is computed, for example a layer's name.
    pub what: Arc<str>,
    /// Row of its result that the tile begins with.
    pub row: usize,
    /// Column of its result that the tile begins with.
    pub col: usize,
}

/// What is known of a tile, from its queueing on; a finished one keeps neither operands nor results.
struct InFlight {
    job: TileJob,
    golden: Vec<u32>,
    /// What the RTL gave.
    outputs: Vec<u32>,
    origin: Option<Origin>,
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
    /// Results of the tiles that are complete, in the order of the commands.
    finished: VecDeque<Vec<u32>>,
    finished_count: usize,
    first_operand_sent: usize,
    /// Beats of A taken.
    a_sent: usize,
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
            finished: VecDeque::new(),
            finished_count: 0,
            first_operand_sent: 0,
            a_sent: 0,
            previous_format: None,
            coverage: ArrayCoverage::new(),
        }
    }

    /// Queues a command with all of its beats.
    ///
    /// # Errors
    ///
    /// If the tile does not fit the array.
    pub fn queue(&mut self, job: TileJob) -> Result<(), Failure> {
        let golden = job.golden(self.shape)?;
        self.queue_expecting(job, golden, None);
        Ok(())
    }

    /// Queues a command whose outputs, `[m][n]`, golden has computed already.
    pub fn queue_expecting(&mut self, job: TileJob, golden: Vec<u32>, origin: Option<Origin>) {
        let index = self.tiles.len();
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
            outputs: vec![0; self.shape.m() * self.shape.n()],
            origin,
            command_gap: 0,
            row_gap: 0,
            column_gap: 0,
            drain_stall: 0,
            overlapped: false,
            rows_done: 0,
        });
    }

    /// What the RTL gave for the next finished tile, `[m][n]`; tiles finish in the order in which they were queued.
    pub fn finished(&mut self) -> Option<Vec<u32>> {
        self.finished.pop_front()
    }

    /// Tiles queued and not finished.
    pub fn unfinished(&self) -> usize {
        self.tiles.len() - self.finished_count
    }

    /// Runs until everything queued has come out, then some cycles more than needed, so that a result too many would
    /// be seen, and hands over the functional coverage.
    ///
    /// # Errors
    ///
    /// As [`Bench::cycle`].
    pub fn finish(&mut self, run: &mut Run<NpuMacArray>) -> Result<(), Failure> {
        let mut quiet = 0;
        while quiet < 40 {
            self.cycle(run)?;
            quiet = if self.idle() { quiet + 1 } else { 0 };
        }
        run.covered(self.coverage.counters().record());
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

    /// What the array is doing, for a reset that comes now.
    fn phase(&self) -> ArrayPhase {
        let taken = self.commands_taken();
        if self.finished_count >= taken {
            return ArrayPhase::Idle;
        }
        let steps: usize = self.tiles[..taken].iter().map(|tile| tile.job.steps).sum();
        match self.a_sent {
            0 => ArrayPhase::Loading,
            sent if sent >= steps * self.shape.m() => ArrayPhase::Draining,
            _ => ArrayPhase::Computing,
        }
    }

    /// Resets the array; the tiles in flight are lost. Returns how many commands had been taken.
    ///
    /// # Errors
    ///
    /// What the RTL reported.
    pub fn reset(&mut self, run: &mut Run<NpuMacArray>) -> Result<usize, Failure> {
        let (phase, taken) = (self.phase(), self.commands_taken());
        run.reset(into_reset)?;
        self.cmd.clear();
        self.a.iter_mut().chain(&mut self.b).for_each(Source::clear);
        self.c.iter_mut().for_each(Source::clear);
        self.d.iter_mut().for_each(Sink::clear);
        self.scoreboards.iter_mut().for_each(Scoreboard::clear);
        self.tiles.clear();
        self.finished.clear();
        self.finished_count = 0;
        self.first_operand_sent = 0;
        self.a_sent = 0;
        self.previous_format = None;
        self.coverage.sample_reset(phase)?;
        Ok(taken)
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
                self.a_sent += 1;
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
        let payload = &run.dut.o.d_o[row * words..][..words];
        if !valid && payload.iter().any(|word| *word != 0) {
            let rtl = format!("{payload:08x?} while d_valid_o is low");
            return Err(Failure::mismatch(
                now,
                &format!("d_o[{row}]"),
                &rtl,
                "zeros",
            ));
        }
        let beat = valid.then(|| payload.to_vec());
        let Some((beat, stall)) = self.d[row].observe(now, beat)? else {
            return Ok(());
        };
        let (index, i, col) = self.scoreboards[row].take(now)?;
        let overlapped = self.first_operand_sent > index;
        let first = i * self.shape.n() + col * words;
        let tile = &mut self.tiles[index];
        let golden = &tile.golden[first..first + words];
        run.golden(now, format_args!("d_o[{row}]"), 32 * words, golden);
        if beat != golden {
            let word = beat
                .iter()
                .zip(golden)
                .position(|(rtl, golden)| rtl != golden)
                .unwrap_or(0);
            return Err(mismatch(
                now,
                row,
                tile,
                self.shape,
                i,
                col * words + word,
                beat[word],
            ));
        }
        tile.outputs[first..first + words].copy_from_slice(&beat);
        tile.drain_stall = tile.drain_stall.max(stall);
        tile.overlapped |= overlapped;
        tile.rows_done += 1;
        if tile.rows_done == self.shape.m() * self.shape.cols {
            self.finished_count += 1;
            self.finished.push_back(std::mem::take(&mut tile.outputs));
            (tile.job.a, tile.job.b, tile.golden) = (Vec::new(), Vec::new(), Vec::new());
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
    tile: &InFlight,
    shape: Shape,
    i: usize,
    j: usize,
    rtl: u32,
) -> Failure {
    let job = &tile.job;
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
    let ulps = ulp_distance(rtl, sum).filter(|_| !job.format.is_integer());
    if let Some(ulps) = ulps {
        details += &format!("RTL is {ulps} ULP from golden\n");
    }
    if let Some(input) = last {
        details += &format!("last step:\n{}", explain(&input));
    }
    let (signal, rtl, golden) = (
        format!("d_o[{row}]"),
        format!("{rtl:#010x}"),
        format!("{sum:#010x}"),
    );
    let mut failure = Failure::mismatch(now, &signal, &rtl, &golden).with_details(details);
    if let Some(Origin { what, row, col }) = &tile.origin {
        failure.message += &format!(" ({what}, row {}, column {})", row + i, col + j);
    }
    failure
}
