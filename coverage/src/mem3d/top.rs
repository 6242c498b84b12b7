//! What `mem3d` has to be seen doing.

use std::sync::{Arc, LazyLock};

use crate::functional::{Counters, CrossId, Model, ModelBuilder, ModelError, PointId, SampleError};

/// A burst of an AXI manager, as it was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurstSample {
    /// A write.
    pub write: bool,
    /// 0 FIXED, 1 INCR, 2 WRAP, 3 reserved.
    pub kind: u8,
    /// Beats, 1 to 256.
    pub beats: u32,
    /// Bytes of a beat as a power of two, 0 to 7.
    pub size: u8,
    /// Start address.
    pub address: u64,
    /// Bursts of the same direction and id that are open already.
    pub same_id: usize,
    /// Bursts of the same direction and other ids that are open already.
    pub other_ids: usize,
}

impl BurstSample {
    /// What AXI forbids of it: bin of `outside_axi`.
    fn outside_axi(&self) -> Option<usize> {
        const PAGE: u64 = 4096;
        let bytes = u64::from(self.beats) << self.size;
        let aligned = self.address & !((1 << self.size) - 1);
        match self.kind {
            RESERVED => Some(0),
            _ if self.size > WIDEST => Some(1),
            INCR if aligned % PAGE + bytes > PAGE => Some(2),
            _ => None,
        }
    }
}

/// What the strobes of a write burst are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum StrobeClass {
    /// All that the burst may have.
    All,
    /// None at all.
    None,
    /// Some.
    Some,
}

/// A response's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Response {
    /// OKAY.
    Okay,
    /// SLVERR.
    SlaveError,
    /// DECERR.
    DecodeError,
}

/// Channel of an AXI port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Channel {
    /// Write addresses.
    Aw,
    /// Write data.
    W,
    /// Write responses.
    B,
    /// Read addresses.
    Ar,
    /// Read data.
    R,
}

/// A register access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum RegisterAccess {
    /// A read that was answered.
    Read,
    /// A write that was answered.
    Write,
    /// A read of an address without register.
    BadRead,
    /// A write to an address without register.
    BadWrite,
}

/// Something that happens now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Event {
    /// A read response overtook one of another id.
    ReadOvertook,
    /// A poisoned word reached a reader.
    Poison,
    /// The interrupt rose.
    Interrupt,
    /// Two ports wanted one vault in one clock.
    Contention,
    /// A reset with bursts open.
    ResetUnderLoad,
    /// A read saw one of several writes that raced with it.
    Race,
    /// Counters that had counted something were cleared.
    CountersCleared,
}

struct Ids {
    ports: PointId,
    vaults: PointId,
    direction: PointId,
    kind: PointId,
    beats: PointId,
    size: PointId,
    alignment: PointId,
    kind_beats: CrossId,
    kind_size: CrossId,
    kind_alignment: CrossId,
    size_alignment: CrossId,
    strobes: PointId,
    kind_strobes: CrossId,
    outside: PointId,
    direction_outside: CrossId,
    same_id: PointId,
    other_ids: PointId,
    ids: CrossId,
    response: PointId,
    responses: CrossId,
    channel: PointId,
    stalled: PointId,
    channel_stalled: CrossId,
    spread: PointId,
    register: PointId,
    load: PointId,
    register_load: CrossId,
    event: PointId,
}

static DESCRIPTION: LazyLock<(Arc<Model>, Ids)> =
    LazyLock::new(|| describe().expect("a fixed description, built by this file's tests"));

/// The block's coverage model.
pub fn model() -> &'static Arc<Model> {
    &DESCRIPTION.0
}

const FIXED: usize = 0;
const INCR: u8 = 1;
const WRAP: usize = 2;
const RESERVED: u8 = 3;
/// Logarithm of the bytes of the bus.
const WIDEST: u8 = 6;
/// Of `beats`: bins of lengths that a WRAP burst cannot have.
const NO_WRAP: [usize; 3] = [0, 4, 5];

fn describe() -> Result<(Arc<Model>, Ids), ModelError> {
    let mut block = ModelBuilder::new("mem3d");
    block.group("configuration");
    let ports = block.point("ports", &["1", "more"]).id();
    let vaults = block.point("vaults", &["1", "more"]).id();
    block.group("burst");
    let direction = block.point("direction", &["read", "write"]).id();
    let kind = block.point("kind", &["fixed", "incr", "wrap"]).id();
    let beats = block
        .point(
            "beats",
            &["1", "2", "3_to_8", "9_to_16", "17_to_255", "256"],
        )
        .id();
    let size = block
        .point("size", &["1", "2", "4", "8", "16", "32", "64"])
        .id();
    let alignment = block
        .point("alignment", &["line", "size", "unaligned"])
        .id();
    let kind_beats = block
        .cross("direction_kind_beats", &[direction, kind, beats])
        .ignore("a WRAP burst has 2, 4, 8 or 16 beats", |at| {
            at[1] == WRAP && NO_WRAP.contains(&at[2])
        })
        .ignore("a FIXED burst has at most 16 beats", |at| {
            at[1] == FIXED && at[2] > 3
        })
        .id();
    let kind_size = block
        .cross("direction_kind_size", &[direction, kind, size])
        .id();
    let kind_alignment = block
        .cross("direction_kind_alignment", &[direction, kind, alignment])
        .ignore("a WRAP burst is aligned", |at| at[1] == WRAP && at[2] == 2)
        .id();
    let size_alignment = block
        .cross("size_alignment", &[size, alignment])
        .ignore("a byte is always aligned", |at| at == [0, 2])
        .ignore("a line that is aligned to its size is a line", |at| {
            at == [6, 1]
        })
        .id();
    let strobes = block.point("strobes", &["all", "none", "some"]).id();
    let kind_strobes = block.cross("kind_strobes", &[kind, strobes]).id();
    let outside = block
        .point("outside_axi", &["reserved_type", "wide_beat", "crosses_4k"])
        .id();
    let direction_outside = block
        .cross("direction_outside_axi", &[direction, outside])
        .id();
    block.group("order");
    let same_id = block.point("open_same_id", &["0", "1", "more"]).id();
    let other_ids = block.point("open_other_ids", &["0", "1", "more"]).id();
    let ids = block
        .cross("direction_ids", &[direction, same_id, other_ids])
        .id();
    let response = block.point("response", &["okay", "slverr", "decerr"]).id();
    let responses = block
        .cross("direction_response", &[direction, response])
        .id();
    block.group("flow");
    let channel = block.point("channel", &["aw", "w", "b", "ar", "r"]).id();
    let stalled = block.point("stalled", &["no", "yes"]).id();
    let channel_stalled = block.cross("channel_stalled", &[channel, stalled]).id();
    let spread = block.point("vault_of_next_line", &["same", "other"]).id();
    block.group("registers");
    let register = block
        .point("access", &["read", "write", "bad_read", "bad_write"])
        .id();
    let load = block.point("load", &["idle", "traffic"]).id();
    let register_load = block.cross("access_load", &[register, load]).id();
    block.group("operation");
    let event = block
        .point(
            "event",
            &[
                "read_overtook",
                "poison",
                "interrupt",
                "contention",
                "reset_under_load",
                "race",
                "counters_cleared",
            ],
        )
        .id();
    let ids = Ids {
        ports,
        vaults,
        direction,
        kind,
        beats,
        size,
        alignment,
        kind_beats,
        kind_size,
        kind_alignment,
        size_alignment,
        strobes,
        kind_strobes,
        outside,
        direction_outside,
        same_id,
        other_ids,
        ids,
        response,
        responses,
        channel,
        stalled,
        channel_stalled,
        spread,
        register,
        load,
        register_load,
        event,
    };
    Ok((Arc::new(block.build()?), ids))
}

/// Samples `mem3d` in one run.
///
/// All functions give [`SampleError::OutOfRange`] for a bin that does not exist, and nothing else for the model as it is.
#[derive(Debug, Clone)]
pub struct Mem3dCoverage {
    counters: Counters,
}

impl Mem3dCoverage {
    /// For a memory of so many ports and vaults.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn new(ports: usize, vaults: usize) -> Result<Self, SampleError> {
        let mut counters = Counters::new(model());
        counters.hit(DESCRIPTION.1.ports, usize::from(ports > 1))?;
        counters.hit(DESCRIPTION.1.vaults, usize::from(vaults > 1))?;
        Ok(Self { counters })
    }

    /// A burst whose address was accepted. The shape of one that has no type, or beats wider than the bus, is not
    /// sampled.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn burst(&mut self, burst: &BurstSample) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let direction = usize::from(burst.write);
        if let Some(outside) = burst.outside_axi() {
            self.counters.hit(ids.outside, outside)?;
            self.counters
                .hit_cross(ids.direction_outside, &[direction, outside])?;
        }
        if burst.kind == RESERVED || burst.size > WIDEST {
            return Ok(());
        }
        let kind = usize::from(burst.kind);
        let size = usize::from(burst.size);
        let beats = match burst.beats {
            1 => 0,
            2 => 1,
            3..=8 => 2,
            9..=16 => 3,
            17..=255 => 4,
            _ => 5,
        };
        let alignment = match burst.address {
            address if address.is_multiple_of(64) => 0,
            address if address.is_multiple_of(1 << burst.size) => 1,
            _ => 2,
        };
        self.counters.hit(ids.direction, direction)?;
        self.counters.hit(ids.kind, kind)?;
        self.counters.hit(ids.beats, beats)?;
        self.counters.hit(ids.size, size)?;
        self.counters.hit(ids.alignment, alignment)?;
        self.counters
            .hit_cross(ids.kind_beats, &[direction, kind, beats])?;
        self.counters
            .hit_cross(ids.kind_size, &[direction, kind, size])?;
        self.counters
            .hit_cross(ids.kind_alignment, &[direction, kind, alignment])?;
        self.counters
            .hit_cross(ids.size_alignment, &[size, alignment])?;
        let (same, others) = (burst.same_id.min(2), burst.other_ids.min(2));
        self.counters.hit(ids.same_id, same)?;
        self.counters.hit(ids.other_ids, others)?;
        self.counters.hit_cross(ids.ids, &[direction, same, others])
    }

    /// The strobes of a write burst of that kind; those of the reserved one are not sampled.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn strobes(&mut self, kind: u8, class: StrobeClass) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        if kind == RESERVED {
            return Ok(());
        }
        self.counters.hit(ids.strobes, class as usize)?;
        self.counters
            .hit_cross(ids.kind_strobes, &[usize::from(kind), class as usize])
    }

    /// A response that was checked.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn response(&mut self, write: bool, response: Response) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        self.counters.hit(ids.response, response as usize)?;
        self.counters
            .hit_cross(ids.responses, &[usize::from(write), response as usize])
    }

    /// A beat that was offered on a channel, and whether it had to wait.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn beat(&mut self, channel: Channel, stalled: bool) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        let stalled = usize::from(stalled);
        self.counters.hit(ids.channel, channel as usize)?;
        self.counters.hit(ids.stalled, stalled)?;
        self.counters
            .hit_cross(ids.channel_stalled, &[channel as usize, stalled])
    }

    /// Whether a line lies in the same vault as the line before it.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn spread(&mut self, same_vault: bool) -> Result<(), SampleError> {
        self.counters
            .hit(DESCRIPTION.1.spread, usize::from(!same_vault))
    }

    /// A register access, with or without traffic on the AXI4 ports.
    ///
    /// # Errors
    ///
    /// As all samples.
    pub fn register(&mut self, access: RegisterAccess, traffic: bool) -> Result<(), SampleError> {
        let ids = &DESCRIPTION.1;
        self.counters.hit(ids.register, access as usize)?;
        self.counters.hit(ids.load, usize::from(traffic))?;
        self.counters
            .hit_cross(ids.register_load, &[access as usize, usize::from(traffic)])
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
        let mut all = Mem3dCoverage::new(1, 1).expect("one");
        let more = Mem3dCoverage::new(2, 8).expect("more");
        all.counters.merge(more.counters()).expect("same model");
        let mut sample = || -> Result<(), SampleError> {
            for write in [false, true] {
                for kind in 0..3 {
                    for size in 0..7 {
                        for (beats, open) in [(1, 0), (2, 1), (4, 2), (16, 2), (17, 2), (256, 2)] {
                            let legal = match kind {
                                0 => beats <= 16,
                                1 => true,
                                _ => [2, 4, 16].contains(&beats),
                            };
                            if !legal {
                                continue;
                            }
                            let mut burst = BurstSample {
                                write,
                                kind,
                                beats,
                                size,
                                address: 64,
                                same_id: open,
                                other_ids: 0,
                            };
                            all.burst(&burst)?;
                            burst.other_ids = 1;
                            if size < 6 {
                                burst.address = 64 + (1 << size);
                            }
                            all.burst(&burst)?;
                            burst.other_ids = 2;
                            if size > 0 && kind < 2 {
                                burst.address = 65;
                            }
                            all.burst(&burst)?;
                        }
                    }
                }
                for (kind, size, address) in [(3, 6, 0), (1, 7, 0), (1, 6, 4032)] {
                    all.burst(&BurstSample {
                        write,
                        kind,
                        beats: 2,
                        size,
                        address,
                        same_id: 0,
                        other_ids: 0,
                    })?;
                }
                for response in [Response::Okay, Response::SlaveError, Response::DecodeError] {
                    all.response(write, response)?;
                }
                all.spread(write)?;
                for access in [
                    RegisterAccess::Read,
                    RegisterAccess::Write,
                    RegisterAccess::BadRead,
                    RegisterAccess::BadWrite,
                ] {
                    all.register(access, write)?;
                }
                for channel in [Channel::Aw, Channel::W, Channel::B, Channel::Ar, Channel::R] {
                    all.beat(channel, write)?;
                }
            }
            for kind in 0..3 {
                for class in [StrobeClass::All, StrobeClass::None, StrobeClass::Some] {
                    all.strobes(kind, class)?;
                }
            }
            for event in [
                Event::ReadOvertook,
                Event::Poison,
                Event::Interrupt,
                Event::Contention,
                Event::ResetUnderLoad,
                Event::Race,
                Event::CountersCleared,
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
    fn a_burst_that_ends_with_its_page_does_not_cross_it() {
        let burst = |address, beats, size| BurstSample {
            write: false,
            kind: INCR,
            beats,
            size,
            address,
            same_id: 0,
            other_ids: 0,
        };
        assert_eq!(burst(4032, 1, 6).outside_axi(), None);
        assert_eq!(burst(4095, 1, 6).outside_axi(), None);
        assert_eq!(burst(4033, 2, 6).outside_axi(), Some(2));
        assert_eq!(burst(8191, 2, 0).outside_axi(), Some(2));
        assert_eq!(burst(4095, 1, 7).outside_axi(), Some(1));
    }
}
