//! `utilisation`: how busy the units of the array are.

use gpnpu_bridge::dut::{Dut, Ports};
use gpnpu_golden::npu::format::Format;
use gpnpu_testbenches::kit::Parameters;
use gpnpu_testbenches::ports::npu_mac_array::NpuMacArray;

use super::gemm::{self, Job, Shape};
use super::{BenchError, Context, Figure};

/// Configurations measured.
const CONFIGS: [&str; 3] = ["2x2", "4x4", "8x8"];
/// K steps of a tile.
const STEPS: usize = 8;
/// Tiles of the shorter run; the longer has twice as many.
const TILES: usize = 8;

/// Dot products per unit and cycle of a long GEMM whose operands are always there. The cycles are those by which a run
/// of twice as many tiles takes longer, so that the fill before the first tile and the drain after the last, which do
/// not grow with the GEMM, are not in them.
pub fn utilisation(context: &Context<'_>) -> Result<Vec<Figure>, BenchError> {
    CONFIGS
        .iter()
        .map(|config| of_config(context, config))
        .collect()
}

/// The figure of a configuration is that of its worst format.
fn of_config(context: &Context<'_>, config: &str) -> Result<Figure, BenchError> {
    let model = context.model(NpuMacArray::BLOCK, config)?;
    let shape = Shape::of(&Parameters::of(&model.layout));
    let issued = TILES * STEPS * shape.outputs_per_unit();
    let mut parts = Vec::new();
    let mut worst = (f64::INFINITY, String::new());
    for format in Format::ALL {
        let jobs = (0..2 * TILES)
            .map(|seed| Job::draw(shape, format, STEPS, seed as u64))
            .collect::<Result<Vec<_>, _>>()?;
        let cycles = |jobs: &[Job]| {
            let mut device = Dut::<NpuMacArray>::load(&model, 1)?;
            gemm::run(&mut device, shape, jobs, |_| {})
        };
        let (short, long) = (cycles(&jobs[..TILES])?, cycles(&jobs)?);
        let value = issued as f64 / (long - short) as f64;
        if value < worst.0 {
            let compared = format!(
                "lowest of {} formats ({}): {issued} dot products per unit, {} cycles; {TILES} tiles of {STEPS} steps \
                 take {short} cycles, {} take {long}",
                Format::ALL.len(),
                format.name(),
                long - short,
                2 * TILES
            );
            worst = (value, compared);
        }
        parts.push((format.name(), value));
    }
    let (value, compared) = worst;
    let name = format!("utilisation {config}");
    let figure = Figure::at_least(&name, "of peak", value, 0.99, compared);
    Ok(Figure { parts, ..figure })
}
