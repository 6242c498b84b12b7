//! GEMM tiles through `npu_mac_array` at full rate: every stream is ready in every cycle.

use gpnpu_bridge::dut::Dut;
use gpnpu_golden::npu::dot::Operand;
use gpnpu_golden::npu::format::Format;
use gpnpu_golden::npu::mac_array::Tile;
use gpnpu_testbenches::kit::{Parameters, Streams};
use gpnpu_testbenches::npu::operands::{Operands, Profile};
use gpnpu_testbenches::ports::npu_mac_array::NpuMacArray;
use gpnpu_testbenches::ports::npu_pkg;

use super::BenchError;

/// Sizes of an array.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    rows: usize,
    cols: usize,
    tile_rows: usize,
    tile_cols: usize,
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

    /// Dot products of one unit for one step of a tile.
    pub fn outputs_per_unit(self) -> usize {
        self.tile_rows * self.tile_cols
    }

    fn m(self) -> usize {
        self.rows * self.tile_rows
    }

    fn n(self) -> usize {
        self.cols * self.tile_cols
    }
}

/// One command with its operands and golden's outputs.
pub struct Job {
    format: Format,
    steps: usize,
    /// `[m][step]`.
    a: Vec<Operand>,
    /// `[n][step]`.
    b: Vec<Operand>,
    /// `[m][n]`.
    golden: Vec<u32>,
}

impl Job {
    /// Draws a tile of finite numbers of like size, so that most bits of the datapath move.
    pub fn draw(shape: Shape, format: Format, steps: usize, seed: u64) -> Result<Self, BenchError> {
        let mut rng = Streams::new(seed, "bench").rng("tile");
        let mut operands = Operands::new(format, Profile::Near, &mut rng);
        let mut draw = |count: usize| -> Vec<Operand> {
            (0..count)
                .map(|_| Operand {
                    data: operands.vector(),
                    scale: operands.scales(),
                })
                .collect()
        };
        let (a, b) = (draw(shape.m() * steps), draw(shape.n() * steps));
        let tile = Tile {
            format,
            satfinite: false,
            m: shape.m(),
            n: shape.n(),
            steps,
            a: &a,
            b: &b,
            c: None,
        };
        let golden = tile.compute().map_err(BenchError::new)?;
        Ok(Self {
            format,
            steps,
            a,
            b,
            golden,
        })
    }
}

/// Runs all jobs from reset to the last output and compares every output with golden. `each` sees the device before
/// every cycle. Returns the number of cycles from the first command to the last output.
pub fn run(
    device: &mut Dut<NpuMacArray>,
    shape: Shape,
    jobs: &[Job],
    mut each: impl FnMut(&Dut<NpuMacArray>),
) -> Result<u64, BenchError> {
    let a = beats(jobs, shape.rows, shape.tile_rows, |job| &job.a);
    let b = beats(jobs, shape.cols, shape.tile_cols, |job| &job.b);
    let mut sent_a = vec![0; shape.rows];
    let mut sent_b = vec![0; shape.cols];
    let mut taken = vec![0; shape.rows];
    let rows_per_job = shape.cols * shape.tile_rows;
    let mut commands = 0;
    device.i.rst_ni = false;
    for _ in 0..2 {
        each(device);
        device.cycle()?;
    }
    device.i.rst_ni = true;
    device.i.d_ready_i = u8::MAX >> (8 - shape.rows);
    let begin = device.now().0;
    let cycles_needed: usize =
        jobs.iter().map(|job| job.steps).sum::<usize>() * shape.outputs_per_unit();
    let limit = begin + 10 * cycles_needed as u64 + 1000;
    while taken.iter().any(|count| *count < jobs.len() * rows_per_job) {
        let i = &mut device.i;
        i.cmd_valid_i = commands < jobs.len();
        if let Some(job) = jobs.get(commands) {
            i.cmd_i = npu_pkg::ArrayCmd {
                preload: false,
                satfinite: false,
                format: job.format.code(),
                steps: job.steps as u16,
            };
        }
        i.a_valid_i = offer(&a, &sent_a, &mut i.a_i);
        i.b_valid_i = offer(&b, &sent_b, &mut i.b_i);
        each(device);
        device.cycle()?;
        let o = &device.o;
        commands += usize::from(device.i.cmd_valid_i && o.cmd_ready_o);
        advance(&mut sent_a, device.i.a_valid_i & o.a_ready_o);
        advance(&mut sent_b, device.i.b_valid_i & o.b_ready_o);
        for (row, count) in taken.iter_mut().enumerate() {
            if o.d_valid_o >> row & 1 == 1 {
                check(shape, jobs, row, *count, &o.d_o)?;
                *count += 1;
            }
        }
        if device.now().0 > limit {
            return Err(BenchError::new(format!(
                "npu_mac_array is not done after {limit} cycles"
            )));
        }
    }
    Ok(device.now().0 - begin)
}

/// Beats of each stream in the order of the block's contract: for each job and step, one for each row of the unit's tile.
fn beats(
    jobs: &[Job],
    streams: usize,
    per_step: usize,
    operands: impl Fn(&Job) -> &[Operand],
) -> Vec<Vec<npu_pkg::Operand>> {
    let of_stream = |stream: usize| {
        jobs.iter()
            .flat_map(|job| {
                let operands = operands(job);
                (0..job.steps).flat_map(move |step| {
                    (0..per_step).map(move |t| {
                        let operand = operands[(stream * per_step + t) * job.steps + step];
                        npu_pkg::Operand {
                            scale: operand.scale,
                            data: operand.data,
                        }
                    })
                })
            })
            .collect()
    };
    (0..streams).map(of_stream).collect()
}

/// Puts the next beat of each stream on its port; the valid bits.
fn offer(beats: &[Vec<npu_pkg::Operand>], sent: &[usize], port: &mut [npu_pkg::Operand]) -> u8 {
    let mut valid = 0;
    for (stream, (beats, sent)) in beats.iter().zip(sent).enumerate() {
        if let Some(beat) = beats.get(*sent) {
            port[stream] = *beat;
            valid |= 1 << stream;
        }
    }
    valid
}

fn advance(sent: &mut [usize], moved: u8) {
    for (stream, sent) in sent.iter_mut().enumerate() {
        *sent += usize::from(moved >> stream & 1);
    }
}

/// Compares one beat of D: columns from the last to the first, inside each the rows of the unit's tile.
fn check(
    shape: Shape,
    jobs: &[Job],
    row: usize,
    count: usize,
    d: &[u32],
) -> Result<(), BenchError> {
    let rows_per_job = shape.cols * shape.tile_rows;
    let rest = count % rows_per_job;
    let col = shape.cols - 1 - rest / shape.tile_rows;
    let i = row * shape.tile_rows + rest % shape.tile_rows;
    let first = i * shape.n() + col * shape.tile_cols;
    let expected = jobs
        .get(count / rows_per_job)
        .map(|job| &job.golden[first..first + shape.tile_cols]);
    let got = &d[row * shape.tile_cols..][..shape.tile_cols];
    if expected == Some(got) {
        Ok(())
    } else {
        Err(BenchError::new(format!(
            "npu_mac_array: row {row}, beat {count}: d_o is {got:08x?}, golden says {expected:08x?}"
        )))
    }
}
