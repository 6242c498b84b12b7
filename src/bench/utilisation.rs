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
    let mut figures = Vec::new();
    for config in CONFIGS {
        let model = context.model(NpuMacArray::BLOCK, config)?;
        let shape = Shape::of(&Parameters::of(&model.layout));
        for format in Format::ALL {
            let jobs = (0..2 * TILES)
                .map(|seed| Job::draw(shape, format, STEPS, seed as u64))
                .collect::<Result<Vec<_>, _>>()?;
            let cycles = |jobs: &[Job]| {
                let mut device = Dut::<NpuMacArray>::load(&model, 1)?;
                gemm::run(&mut device, shape, jobs, |_| {})
            };
            let (short, long) = (cycles(&jobs[..TILES])?, cycles(&jobs)?);
            let issued = TILES * STEPS * shape.outputs_per_unit();
            let name = format!("utilisation {config} {}", format.name());
            let compared = format!(
                "{issued} dot products per unit in {} cycles more: {TILES} tiles of {STEPS} steps take {short} cycles, \
                 {} take {long}",
                long - short,
                2 * TILES
            );
            let value = issued as f64 / (long - short) as f64;
            figures.push(Figure::at_least(&name, "of peak", value, 0.99, compared));
        }
    }
    Ok(figures)
}
