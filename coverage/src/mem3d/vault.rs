//! What `mem3d_vault` has to be seen doing.

use std::sync::{Arc, LazyLock};

use super::spacing::{Distance, Spacing};
use crate::functional::{Counters, CrossId, Model, ModelBuilder, ModelError, PointId, SampleError};

/// How a column command found its bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum RowOutcome {
    /// The row was open for an earlier request.
    Hit,
    /// The bank was closed.
    Closed,
    /// Another row had to be closed first.
    Conflict,
}

/// Where two column commands that follow one another go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Relation {
    /// The same bank.
    SameBank,
    /// Another bank of the group.
    SameGroup,
    /// Another group.
    OtherGroup,
}

/// What kind of refresh command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum RefreshKind {
    /// REFab.
    All,
    /// REFpb.
    Bank,
    /// RFMpb.
    Management,
}

/// What the requests of a vault wait for when something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Load {
    /// Nothing queued.
    Idle,
    /// Reads.
    Reads,
    /// Writes.
    Writes,
    /// Both.
    Both,
}

impl Load {
    /// Of so many queued reads and writes.
    #[must_use]
    pub fn of(reads: u32, writes: u32) -> Self {
        match (reads > 0, writes > 0) {
            (false, false) => Self::Idle,
            (true, false) => Self::Reads,
            (false, true) => Self::Writes,
            (true, true) => Self::Both,
        }
    }
}

/// Two requests to one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Hazard {
    /// A read after a write.
    ReadAfterWrite,
    /// A write after a read.
    WriteAfterRead,
    /// A write after a write.
    WriteAfterWrite,
    /// Both accepted in one clock.
    SameClock,
}

/// Which bytes of a burst a write has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Strobes {
    /// None: the burst is not written.
    None,
    /// All.
    All,
    /// Whole words, not all.
    Words,
    /// Parts of words.
    Bytes,
}

impl Strobes {
    /// Of 32 strobe bits.
    #[must_use]
    pub fn of(strobes: u32) -> Self {
        let whole = (0..4).all(|word| matches!(strobes >> (8 * word) & 0xff, 0 | 0xff));
        match strobes {
            0 => Self::None,
            u32::MAX => Self::All,
            _ if whole => Self::Words,
            _ => Self::Bytes,
        }
    }
}

/// What became of a word in error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum EccOutcome {
    /// A data bit was corrected.
    Data,
    /// A check bit was.
    Check,
    /// Two bits: reported, poisoned.
    Uncorrectable,
}

/// Which commands or requests a feature's event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Event {
    /// A read answered from the write queue.
    Forwarded,
    /// A write merged into a pending one.
    Merged,
    /// A read-modify-write began.
    Rmw,
    /// The scrubber finished a line.
    Scrubbed,
    /// A request over the age limit was preferred.
    AgeForced,
    /// An urgent read overtook an older one that is not.
    UrgentOvertook,
    /// A read overtook an older one of another row.
    HitOvertook,
    /// The read queue refused a read.
    ReadRefused,
    /// The write queue refused a write.
    WriteRefused,
    /// A response waited for its taker.
    ResponseStalled,
    /// The controller was reset with requests queued.
    ResetUnderLoad,
}

struct Ids {
    rule: PointId,
    distance: PointId,
    rule_distance: CrossId,
    columns: PointId,
    relation: PointId,
    columns_relation: CrossId,
    outcome: PointId,
    policy: PointId,
    outcome_policy: CrossId,
    auto_precharge: PointId,
    auto_policy: CrossId,
    reads: PointId,
    writes: PointId,
    occupancy: CrossId,
    refresh: PointId,
    load: PointId,
    refresh_load: CrossId,
    temperature: PointId,
    refresh_temperature: CrossId,
    lag: PointId,
    hazard: PointId,
    age: PointId,
    hazard_age: CrossId,
    low: PointId,
    high: PointId,
    strobes: CrossId,
    ecc: PointId,
    word: PointId,
    source: PointId,
    ecc_word: CrossId,
    ecc_source: CrossId,
    power: PointId,
    failed_lanes: PointId,
    event: PointId,
    set: PointId,
}

static DESCRIPTION: LazyLock<(Arc<Model>, Ids)> =
    LazyLock::new(|| describe().expect("a fixed description, built by this file's tests"));

/// The block's coverage model.
pub fn model() -> &'static Arc<Model> {
    &DESCRIPTION.0
}

fn describe() -> Result<(Arc<Model>, Ids), ModelError> {
    let mut block = ModelBuilder::new("mem3d_vault");
    block.group("configuration");
    let set = block
        .point(
            "organisation",
            &["groups_of_4", "groups_of_8", "no_group_penalty"],
        )
        .id();
    let policy = block
        .point("page_policy", &["open", "closed", "adaptive"])
        .id();
    let failed_lanes = block.point("failed_lanes", &["0", "1", "2"]).id();
    block.group("commands");
    let rule = block.point("rule", &Spacing::NAMES).id();
    let distance = block.point("distance", &["at_limit", "near", "far"]).id();
    // At its limit each rule has to be seen: only there does a timer one clock too long show.
    let rule_distance = block.cross("rule_distance", &[rule, distance]).id();
    let columns = block
        .point("columns", &["rd_rd", "rd_wr", "wr_rd", "wr_wr"])
        .id();
    let relation = block
        .point("relation", &["same_bank", "same_group", "other_group"])
        .id();
    let columns_relation = block.cross("columns_relation", &[columns, relation]).id();
    block.group("rows");
    let outcome = block.point("outcome", &["hit", "closed", "conflict"]).id();
    let outcome_policy = block.cross("outcome_policy", &[outcome, policy]).id();
    let auto_precharge = block.point("auto_precharge", &["no", "yes"]).id();
    let auto_policy = block
        .cross("auto_precharge_policy", &[auto_precharge, policy])
        .id();
    block.group("queues");
    let occupied = ["empty", "one", "lower_half", "upper_half", "full"];
    let reads = block.point("reads", &occupied).id();
    let writes = block.point("writes", &occupied).id();
    let occupancy = block
        .cross("reads_writes", &[reads, writes])
        .ignore(
            "the last place for a read is kept for one that completes a pending write",
            |at| at == [4, 0],
        )
        .id();
    block.group("refresh");
    let refresh = block.point("kind", &["all_bank", "per_bank", "rfm"]).id();
    let load = block
        .point("load", &["idle", "reads", "writes", "both"])
        .id();
    let refresh_load = block.cross("kind_load", &[refresh, load]).id();
    let temperature = block.point("temperature", &["1x", "2x", "4x"]).id();
    let refresh_temperature = block
        .cross("kind_temperature", &[refresh, temperature])
        .id();
    let lag = block
        .point(
            "lag",
            &["pulled_in", "on_time", "postponed", "at_the_limit"],
        )
        .id();
    block.group("hazards");
    let hazard = block
        .point(
            "kind",
            &[
                "read_after_write",
                "write_after_read",
                "write_after_write",
                "same_clock",
            ],
        )
        .id();
    let age = block
        .point("age", &["0_to_3", "4_to_15", "16_to_63", "64_up"])
        .id();
    let hazard_age = block
        .cross("kind_age", &[hazard, age])
        .ignore("in one clock there is no age", |at| at[0] == 3 && at[1] > 0)
        .id();
    let classes = ["none", "all", "words", "bytes"];
    let low = block.point("strobes_low", &classes).id();
    let high = block.point("strobes_high", &classes).id();
    let strobes = block.cross("strobes", &[low, high]).id();
    block.group("ecc");
    let ecc = block
        .point("outcome", &["data_bit", "check_bit", "uncorrectable"])
        .id();
    let word = block
        .point("word", &["0", "1", "2", "3", "4", "5", "6", "7"])
        .id();
    let source = block.point("source", &["demand", "rmw", "scrub"]).id();
    let ecc_word = block.cross("outcome_word", &[ecc, word]).id();
    let ecc_source = block.cross("outcome_source", &[ecc, source]).id();
    block.group("operation");
    let power = block
        .point("power", &["init", "awake", "power_down", "self_refresh"])
        .id();
    let event = block
        .point(
            "event",
            &[
                "forwarded",
                "merged",
                "rmw",
                "scrubbed",
                "age_forced",
                "urgent_overtook",
                "hit_overtook",
                "read_refused",
                "write_refused",
                "response_stalled",
                "reset_under_load",
            ],
        )
        .id();
    let ids = Ids {
        rule,
        distance,
        rule_distance,
        columns,
        relation,
        columns_relation,
        outcome,
        policy,
        outcome_policy,
        auto_precharge,
        auto_policy,
        reads,
        writes,
        occupancy,
        refresh,
        load,
        refresh_load,
        temperature,
        refresh_temperature,
        lag,
        hazard,
        age,
        hazard_age,
        low,
        high,
        strobes,
        ecc,
        word,
        source,
        ecc_word,
        ecc_source,
        power,
        failed_lanes,
        event,
        set,
    };
    Ok((Arc::new(block.build()?), ids))
}

/// Samples `mem3d_vault` in one run.
///
/// All functions give [`SampleError::OutOfRange`] for a bin that does not exist, and nothing else for the model as it is.
#[derive(Debug, Clone)]
pub struct VaultCoverage {
    counters: Counters,
    read_entries: u32,
    write_entries: u32,
}

impl VaultCoverage {
    /// For a vault of that many banks in a group, whether column commands to one group are slower, and queues of that
    /// many entries.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn new(
        banks_per_group: u32,
        group_penalty: bool,
        read_entries: u32,
        write_entries: u32,
    ) -> Result<Self, SampleError> {
        let mut counters = Counters::new(model());
        let set = match (group_penalty, banks_per_group) {
            (false, _) => 2,
            (true, 0..=4) => 0,
            (true, _) => 1,
        };
        counters.hit(DESCRIPTION.1.set, set)?;
        Ok(Self {
            counters,
            read_entries,
            write_entries,
        })
    }

    /// A command that came under a rule.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn spacing(&mut self, rule: Spacing, distance: Distance) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        self.counters.hit(ids.rule, rule as usize)?;
        self.counters.hit(ids.distance, distance as usize)?;
        self.counters
            .hit_cross(ids.rule_distance, &[rule as usize, distance as usize])
    }

    /// A column command after another.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn columns(
        &mut self,
        first_writes: bool,
        second_writes: bool,
        relation: Relation,
    ) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let pair = 2 * usize::from(first_writes) + usize::from(second_writes);
        self.counters.hit(ids.columns, pair)?;
        self.counters.hit(ids.relation, relation as usize)?;
        self.counters
            .hit_cross(ids.columns_relation, &[pair, relation as usize])
    }

    /// A column command's outcome under a page policy (0 open, 1 closed, 2 adaptive).
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn row(
        &mut self,
        outcome: RowOutcome,
        policy: usize,
        auto_precharge: bool,
    ) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        self.counters.hit(ids.outcome, outcome as usize)?;
        self.counters.hit(ids.policy, policy)?;
        self.counters
            .hit_cross(ids.outcome_policy, &[outcome as usize, policy])?;
        let closes = usize::from(auto_precharge);
        self.counters.hit(ids.auto_precharge, closes)?;
        self.counters.hit_cross(ids.auto_policy, &[closes, policy])
    }

    /// A clock with so many reads and writes queued, in a power state (0 init, 1 awake, 2 down, 3 self-refresh).
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn clock(&mut self, reads: u32, writes: u32, power: usize) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let class = |held: u32, entries: u32| match held {
            0 => 0,
            1 => 1,
            _ if held >= entries => 4,
            _ if 2 * held < entries => 2,
            _ => 3,
        };
        let (reads, writes) = (
            class(reads, self.read_entries),
            class(writes, self.write_entries),
        );
        self.counters.hit(ids.reads, reads)?;
        self.counters.hit(ids.writes, writes)?;
        self.counters.hit_cross(ids.occupancy, &[reads, writes])?;
        self.counters.hit(ids.power, power)
    }

    /// A refresh command: what waits, the temperature code, and by how many refreshes the bank lags behind before it.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn refresh(
        &mut self,
        kind: RefreshKind,
        load: Load,
        temperature: usize,
        lag: i64,
    ) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        self.counters.hit(ids.refresh, kind as usize)?;
        self.counters.hit(ids.load, load as usize)?;
        self.counters
            .hit_cross(ids.refresh_load, &[kind as usize, load as usize])?;
        self.counters.hit(ids.temperature, temperature)?;
        self.counters
            .hit_cross(ids.refresh_temperature, &[kind as usize, temperature])?;
        if kind == RefreshKind::Management {
            return Ok(());
        }
        let class = match lag {
            ..=0 => 0,
            1 => 1,
            2..=6 => 2,
            _ => 3,
        };
        self.counters.hit(ids.lag, class)
    }

    /// A request to a line that another one was accepted for `clocks` ago.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn hazard(&mut self, hazard: Hazard, clocks: u64) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let age = match clocks {
            0..=3 => 0,
            4..=15 => 1,
            16..=63 => 2,
            _ => 3,
        };
        self.counters.hit(ids.hazard, hazard as usize)?;
        self.counters.hit(ids.age, age)?;
        self.counters
            .hit_cross(ids.hazard_age, &[hazard as usize, age])
    }

    /// A write with these strobes, a bit per byte of the line.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn strobes(&mut self, strobes: u64) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let low = Strobes::of(strobes as u32) as usize;
        let high = Strobes::of((strobes >> 32) as u32) as usize;
        self.counters.hit(ids.low, low)?;
        self.counters.hit(ids.high, high)?;
        self.counters.hit_cross(ids.strobes, &[low, high])
    }

    /// A word in error: its place in the line, and who read it (0 demand, 1 read-modify-write, 2 scrubber).
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn ecc(
        &mut self,
        outcome: EccOutcome,
        word: usize,
        source: usize,
    ) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        self.counters.hit(ids.ecc, outcome as usize)?;
        self.counters.hit(ids.word, word)?;
        self.counters.hit(ids.source, source)?;
        self.counters
            .hit_cross(ids.ecc_word, &[outcome as usize, word])?;
        self.counters
            .hit_cross(ids.ecc_source, &[outcome as usize, source])
    }

    /// A number of lanes marked as failed, 0 to 2.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn failed_lanes(&mut self, count: usize) -> Result<(), SampleError> {
        self.counters.hit(DESCRIPTION.1.failed_lanes, count)
    }

    /// Something that happens now and then.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn event(&mut self, event: Event) -> Result<(), SampleError> {
        self.counters.hit(DESCRIPTION.1.event, event as usize)
    }

    /// The counts so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bin_can_be_hit() {
        let mut all = VaultCoverage::new(4, true, 8, 8).expect("set");
        for (banks, penalty) in [(8, true), (4, false)] {
            let other = VaultCoverage::new(banks, penalty, 8, 8).expect("set");
            all.counters.merge(other.counters()).expect("same model");
        }
        let mut sample = || -> Result<(), SampleError> {
            for rule in Spacing::ALL {
                for distance in [Distance::AtLimit, Distance::Near, Distance::Far] {
                    all.spacing(rule, distance)?;
                }
            }
            for relation in [
                Relation::SameBank,
                Relation::SameGroup,
                Relation::OtherGroup,
            ] {
                for pair in 0..4 {
                    all.columns(pair & 1 != 0, pair & 2 != 0, relation)?;
                }
            }
            for policy in 0..3 {
                for outcome in [RowOutcome::Hit, RowOutcome::Closed, RowOutcome::Conflict] {
                    all.row(outcome, policy, false)?;
                    all.row(outcome, policy, true)?;
                }
            }
            for reads in [0, 1, 2, 4, 8] {
                for writes in [0, 1, 2, 4, 8] {
                    all.clock(reads, writes, writes as usize % 4)?;
                }
            }
            all.clock(0, 0, 3)?;
            for kind in [RefreshKind::All, RefreshKind::Bank, RefreshKind::Management] {
                for load in [
                    Load::of(0, 0),
                    Load::of(1, 0),
                    Load::of(0, 1),
                    Load::of(1, 1),
                ] {
                    for temperature in 0..3 {
                        all.refresh(kind, load, temperature, [-1, 1, 5, 8][load as usize])?;
                    }
                }
            }
            for hazard in [
                Hazard::ReadAfterWrite,
                Hazard::WriteAfterRead,
                Hazard::WriteAfterWrite,
            ] {
                for clocks in [0, 4, 16, 64] {
                    all.hazard(hazard, clocks)?;
                }
            }
            all.hazard(Hazard::SameClock, 0)?;
            let burst = [0, u32::MAX, 0xff00, 0x10];
            for low in burst {
                for high in burst {
                    all.strobes(u64::from(high) << 32 | u64::from(low))?;
                }
            }
            for outcome in [
                EccOutcome::Data,
                EccOutcome::Check,
                EccOutcome::Uncorrectable,
            ] {
                for word in 0..8 {
                    all.ecc(outcome, word, word % 3)?;
                }
            }
            for power in 0..4 {
                all.clock(0, 0, power)?;
            }
            for count in 0..3 {
                all.failed_lanes(count)?;
            }
            for event in [
                Event::Forwarded,
                Event::Merged,
                Event::Rmw,
                Event::Scrubbed,
                Event::AgeForced,
                Event::UrgentOvertook,
                Event::HitOvertook,
                Event::ReadRefused,
                Event::WriteRefused,
                Event::ResponseStalled,
                Event::ResetUnderLoad,
            ] {
                all.event(event)?;
            }
            Ok(())
        };
        sample().expect("within the model");
        let grade = all.counters.grade();
        assert_eq!(grade.full_points(), grade.points().count(), "{grade:#?}");
    }

    #[test]
    fn strobes_are_classed_by_burst() {
        assert_eq!(Strobes::of(0), Strobes::None);
        assert_eq!(Strobes::of(0x00ff_ff00), Strobes::Words);
        assert_eq!(Strobes::of(0x0fff_ff00), Strobes::Bytes);
    }
}
