//! What `simt_core` has to be seen doing.

use std::sync::{Arc, LazyLock};

use crate::functional::{Counters, CrossId, Model, ModelBuilder, ModelError, PointId, SampleError};

/// Instructions as the pipeline tells them apart.
const OPS: [&str; 28] = [
    "lui", "auipc", "jal", "jalr", "branch", "load", "store", "flw", "fsw", "alu_imm", "alu",
    "mul", "div", "amo", "lr", "sc", "float", "fmv", "csr", "fence", "fence_i", "ecall", "mret",
    "wfi", "bar", "exit", "warpsync", "lanes",
];

/// Operations of the floating-point units, by their codes.
const FLOATS: [&str; 26] = [
    "add", "sub", "mul", "madd", "msub", "nmsub", "nmadd", "sgnj", "sgnjn", "sgnjx", "min", "max",
    "eq", "lt", "le", "class", "cvt_w_s", "cvt_wu_s", "cvt_l_s", "cvt_lu_s", "cvt_s_w", "cvt_s_wu",
    "cvt_s_l", "cvt_s_lu", "div", "sqrt",
];

/// Codes of the operations that do not round.
const UNROUNDED: std::ops::RangeInclusive<usize> = 7..=15;

/// What an instruction of the core is.
#[expect(missing_docs, reason = "each is named after its instructions")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpClass {
    Lui,
    Auipc,
    Jal,
    Jalr,
    Branch,
    Load,
    Store,
    Flw,
    Fsw,
    AluImm,
    Alu,
    Mul,
    Div,
    Amo,
    Lr,
    Sc,
    Float,
    Fmv,
    Csr,
    Fence,
    FenceI,
    Ecall,
    Mret,
    Wfi,
    Bar,
    Exit,
    Warpsync,
    /// Votes and shuffles.
    Lanes,
}

/// The unit that gives a result.
#[expect(missing_docs, reason = "each is named after its unit")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitClass {
    Alu,
    Mul,
    Div,
    Fma,
    Misc,
    Fdiv,
    Memory,
}

/// How two instructions meet in a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HazardClass {
    /// The later one reads what the earlier one writes.
    Raw,
    /// Both write.
    Waw,
    /// The later one writes what the earlier one reads.
    War,
}

/// An instruction that was executed.
#[derive(Debug, Clone, Copy)]
pub struct CoreSample {
    /// What it is.
    pub op: OpClass,
    /// Code of the operation and rounding mode (0 to 4, 5 dynamic), of an F instruction.
    pub float: Option<(u8, u8)>,
    /// Lanes that execute it.
    pub lanes: u32,
    /// Whether it has two operands in integer registers, each compared with 0 in the lowest lane.
    pub operands: Option<[std::cmp::Ordering; 2]>,
}

/// The paths of a warp after an instruction.
#[derive(Debug, Clone, Copy)]
pub struct PathSample {
    /// How many there are.
    pub paths: usize,
    /// The call depth of the one that executed.
    pub depth: u16,
    /// Paths became one.
    pub merged: bool,
    /// A turn is under way.
    pub in_turn: bool,
}

/// Who met at a barrier, or waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeetClass {
    /// A path waits for others.
    Waits,
    /// All lanes of a warp at once.
    AllAtOnce,
    /// Lanes of a warp that came by several paths, or not all lanes.
    Parts,
}

struct Ids {
    op: PointId,
    mask: PointId,
    op_mask: CrossId,
    float: PointId,
    rounding: PointId,
    float_rounding: CrossId,
    first: PointId,
    second: PointId,
    operands: CrossId,
    kind: PointId,
    producer: PointId,
    distance: PointId,
    kind_producer_distance: CrossId,
    paths: PointId,
    depth: PointId,
    merged: PointId,
    turn: PointId,
    bar: PointId,
    warpsync: PointId,
    cause: PointId,
    fault_lanes: PointId,
    request: PointId,
    answer: PointId,
    part: PointId,
    fetch: PointId,
    line: PointId,
    place: PointId,
    end: PointId,
}

static DESCRIPTION: LazyLock<(Arc<Model>, Ids)> =
    LazyLock::new(|| describe().expect("a fixed description, built by this file's tests"));

/// The block's coverage model.
pub fn model() -> &'static Arc<Model> {
    &DESCRIPTION.0
}

const FLOW: [&str; 3] = ["none", "moves", "stalled"];
const SIGNS: [&str; 3] = ["negative", "zero", "positive"];

fn describe() -> Result<(Arc<Model>, Ids), ModelError> {
    let mut block = ModelBuilder::new("simt_core");
    block.group("issue");
    let op = block.point("op", &OPS).id();
    let mask = block.point("mask", &["one", "some", "all"]).id();
    let op_mask = block.cross("op_mask", &[op, mask]).id();
    let float = block.point("float", &FLOATS).id();
    let modes = ["rne", "rtz", "rdn", "rup", "rmm", "dynamic"];
    let rounding = block.point("rounding", &modes).id();
    let float_rounding = block
        .cross("float_rounding", &[float, rounding])
        .illegal("it does not round", |at| {
            UNROUNDED.contains(&at[0]) && at[1] != 0
        })
        .id();
    let first = block.point("first", &SIGNS).id();
    let second = block.point("second", &SIGNS).id();
    let operands = block.cross("operands", &[first, second]).id();
    block.group("hazard");
    let kind = block.point("kind", &["raw", "waw", "war"]).id();
    let units = ["alu", "mul", "div", "fma", "misc", "fdiv", "memory"];
    let producer = block.point("producer", &units).id();
    let distance = block.point("distance", &["1", "2", "3"]).id();
    let kind_producer_distance = block
        .cross("kind_producer_distance", &[kind, producer, distance])
        .id();
    block.group("paths");
    let paths = block.point("paths", &["none", "1", "2", "3", "more"]).id();
    let depth = block.point("depth", &["0", "1", "2", "more"]).id();
    let merged = block.point("merged", &["no", "yes"]).id();
    let turn = block.point("turn", &["no", "yes"]).id();
    block.group("together");
    let meets = ["waits", "all_at_once", "parts"];
    let bar = block.point("bar", &meets).id();
    let warpsync = block.point("warpsync", &meets).id();
    block.group("fault");
    let causes = [
        "illegal",
        "misaligned",
        "access",
        "stack",
        "barrier",
        "memory",
    ];
    let cause = block.point("cause", &causes).id();
    let fault_lanes = block.point("lanes", &["one", "some", "all"]).id();
    block.group("ports");
    let request = block.point("request", &FLOW).id();
    let answer = block.point("answer", &FLOW).id();
    let part = block.point("part", &["some", "last"]).id();
    let fetch = block.point("fetch", &FLOW).id();
    let line = block.point("line", &["okay", "error"]).id();
    let place = block.point("place", &["first", "other"]).id();
    let end = block.point("end", &["done", "fault", "halted"]).id();
    let ids = Ids {
        op,
        mask,
        op_mask,
        float,
        rounding,
        float_rounding,
        first,
        second,
        operands,
        kind,
        producer,
        distance,
        kind_producer_distance,
        paths,
        depth,
        merged,
        turn,
        bar,
        warpsync,
        cause,
        fault_lanes,
        request,
        answer,
        part,
        fetch,
        line,
        place,
        end,
    };
    Ok((Arc::new(block.build()?), ids))
}

/// How a launch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndClass {
    /// All threads ended.
    Done,
    /// With a fault.
    Fault,
    /// It was told to stop.
    Halted,
}

/// Samples `simt_core` in one run.
#[derive(Debug, Clone)]
pub struct CoreCoverage {
    counters: Counters,
    lanes: u32,
}

fn flow(valid: bool, ready: bool) -> usize {
    match (valid, ready) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => 2,
    }
}

impl CoreCoverage {
    /// For a core with so many lanes.
    #[must_use]
    pub fn new(lanes: u32) -> Self {
        Self {
            counters: Counters::new(model()),
            lanes,
        }
    }

    fn shape(&self, lanes: u32) -> usize {
        match lanes {
            0 | 1 => 0,
            lanes if lanes < self.lanes => 1,
            _ => 2,
        }
    }

    /// Counts an instruction that was executed.
    ///
    /// # Errors
    ///
    /// [`SampleError::Illegal`] for a rounding mode of what does not round.
    pub fn sample_issue(&mut self, sample: &CoreSample) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let at = [sample.op as usize, self.shape(sample.lanes)];
        self.counters.hit(ids.op, at[0])?;
        self.counters.hit(ids.mask, at[1])?;
        self.counters.hit_cross(ids.op_mask, &at)?;
        if let Some((op, mode)) = sample.float {
            let at = [usize::from(op), usize::from(mode)];
            self.counters.hit(ids.float, at[0])?;
            self.counters.hit(ids.rounding, at[1])?;
            self.counters.hit_cross(ids.float_rounding, &at)?;
        }
        if let Some(operands) = sample.operands {
            let at = operands.map(|sign| (sign as i8 + 1) as usize);
            self.counters.hit(ids.first, at[0])?;
            self.counters.hit(ids.second, at[1])?;
            self.counters.hit_cross(ids.operands, &at)?;
        }
        Ok(())
    }

    /// Counts an instruction that meets an earlier one of its warp in a register; the distance is 1 of the one right
    /// behind it, up to 3.
    ///
    /// # Errors
    ///
    /// None for the model as it is, here and below; a distance beyond it is [`SampleError::OutOfRange`].
    pub fn sample_hazard(
        &mut self,
        kind: HazardClass,
        producer: UnitClass,
        distance: usize,
    ) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let at = [kind as usize, producer as usize, distance.wrapping_sub(1)];
        self.counters.hit(ids.kind, at[0])?;
        self.counters.hit(ids.producer, at[1])?;
        self.counters.hit(ids.distance, at[2])?;
        self.counters.hit_cross(ids.kind_producer_distance, &at)
    }

    /// Counts the paths of a warp after an instruction.
    ///
    /// # Errors
    ///
    /// None.
    pub fn sample_paths(&mut self, sample: &PathSample) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        self.counters.hit(ids.paths, sample.paths.min(4))?;
        let depth = usize::from(sample.depth).min(3);
        self.counters.hit(ids.depth, depth)?;
        self.counters.hit(ids.merged, usize::from(sample.merged))?;
        self.counters.hit(ids.turn, usize::from(sample.in_turn))
    }

    /// Counts a `bar`, or a `warpsync`.
    ///
    /// # Errors
    ///
    /// None.
    pub fn sample_meet(&mut self, warpsync: bool, class: MeetClass) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let point = if warpsync { ids.warpsync } else { ids.bar };
        self.counters.hit(point, class as usize)
    }

    /// Counts a fault by the code of its cause.
    ///
    /// # Errors
    ///
    /// [`SampleError::OutOfRange`] of a code that is none.
    pub fn sample_fault(&mut self, cause: u8, lanes: u32) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        // A core knows no `launch`, which is 5.
        let at = usize::from(if cause == 6 { 5 } else { cause });
        self.counters.hit(ids.cause, at)?;
        let shape = self.shape(lanes);
        self.counters.hit(DESCRIPTION.1.fault_lanes, shape)
    }

    /// Counts the ports of a cycle: valid and ready of requests, answers, fetches.
    ///
    /// # Errors
    ///
    /// None.
    pub fn sample_ports(&mut self, ports: [(bool, bool); 3]) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        for (point, (valid, ready)) in [ids.request, ids.answer, ids.fetch].into_iter().zip(ports) {
            self.counters.hit(point, flow(valid, ready))?;
        }
        Ok(())
    }

    /// Counts an answer that was taken.
    ///
    /// # Errors
    ///
    /// None.
    pub fn sample_answer(&mut self, last: bool) -> Result<(), SampleError> {
        self.counters.hit(DESCRIPTION.1.part, usize::from(last))
    }

    /// Counts a line of instructions that came.
    ///
    /// # Errors
    ///
    /// None.
    pub fn sample_line(&mut self, error: bool) -> Result<(), SampleError> {
        self.counters.hit(DESCRIPTION.1.line, usize::from(error))
    }

    /// Counts a CTA that began in the core's first warps or in others.
    ///
    /// # Errors
    ///
    /// None.
    pub fn sample_cta(&mut self, other: bool) -> Result<(), SampleError> {
        self.counters.hit(DESCRIPTION.1.place, usize::from(other))
    }

    /// Counts the end of a launch.
    ///
    /// # Errors
    ///
    /// None.
    pub fn sample_end(&mut self, end: EndClass) -> Result<(), SampleError> {
        self.counters.hit(DESCRIPTION.1.end, end as usize)
    }

    /// The counts so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    const LAST: OpClass = OpClass::Lanes;
    const UNITS: [UnitClass; 7] = [
        UnitClass::Alu,
        UnitClass::Mul,
        UnitClass::Div,
        UnitClass::Fma,
        UnitClass::Misc,
        UnitClass::Fdiv,
        UnitClass::Memory,
    ];

    fn sample(float: Option<(u8, u8)>, lanes: u32) -> CoreSample {
        CoreSample {
            op: OpClass::Float,
            float,
            lanes,
            operands: None,
        }
    }

    #[test]
    fn each_class_has_a_bin() {
        assert_eq!(LAST as usize + 1, OPS.len());
        assert_eq!(UnitClass::Memory as usize + 1, UNITS.len());
    }

    #[test]
    fn what_does_not_round_has_no_mode() {
        let mut coverage = CoreCoverage::new(8);
        for op in 0..26 {
            for mode in 0..6 {
                let result = coverage.sample_issue(&sample(Some((op, mode)), 1));
                let legal = mode == 0 || !UNROUNDED.contains(&usize::from(op));
                assert_eq!(result.is_ok(), legal, "{op} {mode}");
            }
        }
        let grade = coverage.counters().grade();
        assert!(grade.full_points() > 0);
    }

    #[test]
    fn hazards_paths_faults_and_ports_can_be_covered() {
        let mut all = CoreCoverage::new(8);
        let signs = [Ordering::Less, Ordering::Equal, Ordering::Greater];
        for (first, second) in signs
            .iter()
            .flat_map(|a| signs.iter().map(move |b| (*a, *b)))
        {
            let operands = Some([first, second]);
            let float = None;
            all.sample_issue(&CoreSample {
                operands,
                ..sample(float, 2)
            })
            .expect("legal");
        }
        for kind in [HazardClass::Raw, HazardClass::Waw, HazardClass::War] {
            for unit in UNITS {
                for distance in 1..4 {
                    all.sample_hazard(kind, unit, distance).expect("legal");
                }
            }
        }
        all.sample_hazard(HazardClass::Raw, UnitClass::Alu, 4)
            .expect_err("too far");
        for count in 0..5 {
            let flag = count % 2 == 1;
            all.sample_paths(&PathSample {
                paths: count,
                depth: count as u16,
                merged: flag,
                in_turn: flag,
            })
            .expect("legal");
            all.sample_ports([(count > 0, flag); 3]).expect("legal");
            all.sample_answer(flag).expect("legal");
            all.sample_line(flag).expect("legal");
            all.sample_cta(flag).expect("legal");
            for class in [MeetClass::Waits, MeetClass::AllAtOnce, MeetClass::Parts] {
                all.sample_meet(flag, class).expect("legal");
            }
        }
        for cause in [0, 1, 2, 3, 4, 6] {
            for lanes in [1, 2, 8] {
                all.sample_fault(cause, lanes).expect("legal");
            }
        }
        for end in [EndClass::Done, EndClass::Fault, EndClass::Halted] {
            all.sample_end(end).expect("legal");
        }
        let grade = all.counters().grade();
        // Open are those of `issue` that no sample here named: operations, masks, rounding.
        let open = grade.points().count() - grade.full_points();
        assert_eq!(open, 6, "{grade:#?}");
    }
}
