//! How the stimuli of `mem3d` are drawn.

use std::ops::Range;

use gpnpu_golden::mem3d::map::{AddressMap, Location};
use gpnpu_golden::mem3d::timing::TimingSet;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::register::Access;
use super::registers::{ALL, common, vault};
use super::top_stimulus::{BUS_BYTES, Flips, Mem3dStimulus, Operation};
use super::top_urgent::room;
use super::vault_stimulus::Settings;
use super::vault_strategies::{Organisation, settings};
use crate::kit::Parameters;
use crate::kit::axi::{AddressBeat, AxiPaces, Burst, Profile, Strobes, Transaction, Window};

/// IDs of a port.
const IDS: u32 = 64;

/// What a memory is made of.
#[derive(Clone, Debug)]
pub struct Shape {
    ports: u8,
    vaults: u8,
    map: AddressMap,
    organisation: Organisation,
    read_queue: usize,
}

impl Shape {
    /// That of a configuration.
    ///
    /// # Panics
    ///
    /// If golden refuses the configuration, which the RTL has then elaborated all the same.
    pub fn of(parameters: &Parameters) -> Self {
        let set = TimingSet::from_parameters(|name| Some(parameters.get(name) as u64))
            .expect("a timing set that was elaborated");
        let vaults = parameters.get("Vaults");
        let (order, hash) = (parameters.get("MapOrder"), parameters.get("MapHash"));
        Self {
            ports: parameters.get("Ports") as u8,
            vaults: vaults as u8,
            map: AddressMap::new(&set, vaults as u32, order as u64, hash != 0)
                .expect("a map that was elaborated"),
            organisation: Organisation::of(parameters),
            read_queue: parameters.get("ReadQueue"),
        }
    }

    /// The kit's profile of a memory of this capacity.
    pub fn profile(&self) -> Profile {
        Profile::memory(BUS_BYTES, IDS, self.map.capacity())
    }

    /// The same, within a few lines.
    fn few_lines(&self, lines: u64) -> Profile {
        Profile {
            windows: vec![Window {
                weight: 1,
                addresses: 0..64 * lines,
            }],
            max_beats: 4,
            ids: 4,
            ..self.profile()
        }
    }

    fn bursts(&self, profile: &Profile) -> BoxedStrategy<Operation> {
        (0..self.ports, profile.transaction())
            .prop_map(|(port, transaction)| Operation::Burst { port, transaction })
            .boxed()
    }

    fn temperature(&self) -> BoxedStrategy<Operation> {
        (0..self.vaults, 0..3u8)
            .prop_map(|(vault, code)| Operation::Temperature { vault, code })
            .boxed()
    }

    fn anywhere(&self) -> BoxedStrategy<Location> {
        let organisation = self.organisation;
        (
            0..self.vaults,
            0..organisation.banks,
            0..=organisation.rows,
            0..organisation.lines,
        )
            .prop_map(|(vault, bank, row, line)| Location {
                vault: vault.into(),
                bank,
                row,
                line,
            })
            .boxed()
    }

    /// Paces of each port and of the register port.
    fn paces(&self) -> BoxedStrategy<(Vec<AxiPaces>, AxiPaces)> {
        (
            vec(AxiPaces::any(), usize::from(self.ports)),
            AxiPaces::any(),
        )
            .boxed()
    }
}

/// Settings under which the die needs no more than they give: refresh management is never off.
fn managed() -> BoxedStrategy<Operation> {
    (settings(), 8..320u16)
        .prop_map(|(settings, threshold)| {
            let rfm_threshold = match settings.rfm_threshold {
                0 => threshold,
                set => set,
            };
            Operation::Configure(Settings {
                rfm_threshold,
                ..settings
            })
        })
        .boxed()
}

/// At any paces, with few or many bursts under way.
pub fn at_any_pace(
    shape: &Shape,
    operations: BoxedStrategy<Vec<Operation>>,
) -> BoxedStrategy<Mem3dStimulus> {
    let outstanding = prop_oneof![2 => Just(16usize), 1 => 1..4usize, 1 => Just(64usize)];
    (operations, shape.paces(), outstanding)
        .prop_map(|(operations, (paces, lite), outstanding)| Mem3dStimulus {
            paces,
            lite,
            outstanding,
            ..Mem3dStimulus::new(operations)
        })
        .boxed()
}

/// A line in each bank of each vault, then each kind of burst, written and read back; the counters of lines in the end.
pub fn smoke(shape: &Shape) -> Mem3dStimulus {
    let organisation = shape.organisation;
    let mut operations = vec![Operation::CheckResets];
    let mut pairs = Vec::new();
    for vault in 0..u32::from(shape.vaults) {
        for bank in 0..organisation.banks {
            let place = Location {
                vault,
                bank,
                row: organisation.rows,
                line: bank % organisation.lines,
            };
            pairs.push(AddressBeat {
                id: bank.into(),
                addr: shape.map.to_address(&place),
                size: 6,
                ..AddressBeat::default()
            });
        }
    }
    for burst in [Burst::Incr, Burst::Wrap] {
        for size in [6, 2] {
            pairs.push(AddressBeat {
                addr: 0x180,
                len: 7,
                size,
                burst,
                ..AddressBeat::default()
            });
        }
    }
    for write in [true, false] {
        for (index, address) in pairs.iter().enumerate() {
            let transaction = Transaction {
                write,
                address: *address,
                seed: index as u32,
                ..Transaction::default()
            };
            operations.push(Operation::Burst {
                port: index as u8 % shape.ports,
                transaction,
            });
        }
        operations.push(Operation::Settle);
    }
    Mem3dStimulus::new(operations)
}

/// Bursts of all kinds with pauses, register accesses, settings and temperatures among them.
pub fn traffic(shape: &Shape, count: Range<usize>) -> BoxedStrategy<Vec<Operation>> {
    let other = prop_oneof![
        4 => (1..200u32).prop_map(Operation::Wait),
        1 => Just(Operation::Settle),
        2 => managed(),
        2 => shape.temperature(),
        2 => register_read(shape),
    ];
    let profile = Profile {
        max_beats: 24,
        ..shape.profile()
    };
    vec(prop_oneof![30 => shape.bursts(&profile), 1 => other], count).boxed()
}

/// Kind, size, alignment in bytes, beats.
type BurstShape = (Burst, u8, u64, usize);

/// Each kind, size, alignment and length, written with strobes of a kind and read back, in random order; a part of all.
pub fn burst_shapes(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    let mut shapes = Vec::new();
    for burst in [Burst::Incr, Burst::Wrap, Burst::Fixed] {
        for size in 0..7u8 {
            for alignment in [64u64, 1 << size, 1] {
                for beats in [1usize, 2, 5, 8, 16, 100, 256] {
                    shapes.push((burst, size, alignment, beats));
                }
            }
        }
    }
    let strobes = select(vec![
        Strobes::All,
        Strobes::All,
        Strobes::Random,
        Strobes::Words,
        Strobes::One,
        Strobes::None,
    ]);
    let draws = vec((any::<u32>(), strobes, 0..shape.ports), 120);
    let ports = shape.ports;
    let operations = (Just(shapes).prop_shuffle(), draws)
        .prop_map(move |(shapes, draws)| {
            let pair = |((burst, size, alignment, beats), (seed, strobes, port)): (
                BurstShape,
                (u32, _, _),
            )| {
                let transaction = Transaction {
                    write: true,
                    address: AddressBeat {
                        id: seed % IDS,
                        addr: (u64::from(seed) % 0x4000) & !(alignment - 1),
                        len: (beats - 1) as u8,
                        size,
                        burst,
                        ..AddressBeat::default()
                    },
                    strobes,
                    seed,
                    ..Transaction::default()
                }
                .legal(BUS_BYTES);
                let back = Transaction {
                    write: false,
                    strobes: Strobes::All,
                    seed: 0,
                    ..transaction
                };
                let burst = |port, transaction| Operation::Burst { port, transaction };
                [burst(port, transaction), burst((port + 1) % ports, back)]
            };
            shapes.into_iter().zip(draws).flat_map(pair).collect()
        })
        .boxed();
    at_any_pace(shape, operations)
}

/// Reads of many IDs, long and short, to banks that are busy and banks that are not, with writes between them.
pub fn id_reordering(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    let profile = Profile {
        writes: 25,
        fixed: false,
        max_beats: 16,
        ..shape.profile()
    };
    let ids = select(vec![2u32, 5, IDS]);
    let shape = shape.clone();
    (ids, vec(shape.bursts(&profile), 200..300))
        .prop_map(|(ids, mut operations)| {
            for operation in &mut operations {
                if let Operation::Burst { transaction, .. } = operation {
                    transaction.address.id %= ids;
                    transaction.fence = false;
                }
            }
            Mem3dStimulus {
                outstanding: 64,
                ..Mem3dStimulus::new(operations)
            }
        })
        .boxed()
}

/// Which lines meet in a corner of the address map.
#[derive(Clone, Copy, Debug)]
enum Corner {
    /// Any row of one bank.
    SameBank,
    /// Two rows of one bank in turn.
    PingPong,
    /// Any bank of one vault.
    OneVault,
    /// All vaults in turn.
    AllVaults,
}

/// Single lines and short bursts in one corner of the map.
pub fn map_corners(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    let corner = select(vec![
        Corner::SameBank,
        Corner::PingPong,
        Corner::OneVault,
        Corner::AllVaults,
    ]);
    let draws = vec((shape.anywhere(), any::<u32>(), 0..100u32), 200..300);
    let (map, ports, vaults) = (shape.map.clone(), shape.ports, shape.vaults);
    let rows = shape.organisation.rows;
    (corner, shape.anywhere(), draws, 20..80u32, shape.paces())
        .prop_map(move |(corner, hot, draws, writes, (paces, _))| {
            let each = |(index, (any, seed, kind)): (usize, (Location, u32, u32))| {
                let place = match corner {
                    Corner::SameBank => Location {
                        vault: hot.vault,
                        bank: hot.bank,
                        ..any
                    },
                    Corner::PingPong => Location {
                        row: (hot.row ^ (index & 1) as u16) & rows,
                        line: any.line,
                        ..hot
                    },
                    Corner::OneVault => Location {
                        vault: hot.vault,
                        row: any.row & 3,
                        ..any
                    },
                    Corner::AllVaults => Location {
                        vault: (index % usize::from(vaults)) as u32,
                        row: any.row & 3,
                        ..any
                    },
                };
                Operation::Burst {
                    port: (seed >> 8) as u8 % ports,
                    transaction: Transaction {
                        write: kind < writes,
                        address: AddressBeat {
                            id: seed % IDS,
                            addr: map.to_address(&place),
                            size: 6,
                            ..AddressBeat::default()
                        },
                        seed,
                        ..Transaction::default()
                    },
                }
            };
            let operations = draws.into_iter().enumerate().map(each).collect();
            Mem3dStimulus {
                paces,
                outstanding: 64,
                ..Mem3dStimulus::new(operations)
            }
        })
        .boxed()
}

/// Single lines, of which most want other and other rows of one bank and none are urgent, as many under way as find room
/// in a vault; and now and then an urgent read of an ID of its own. Rows that urgent reads want are never written, and all
/// lines are written as a whole.
pub fn urgent(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    let draws = vec((shape.anywhere(), any::<u32>(), 0..100u32), 600..900);
    let refresh = (any::<bool>(), prop_oneof![Just(0u8), Just(7)], 0..3u8);
    let hot = prop_oneof![Just(0u32), Just(50), Just(95)];
    let (map, ports, vaults) = (shape.map.clone(), shape.ports, shape.vaults);
    let (interval, read_queue) = (shape.organisation.refresh_interval, shape.read_queue);
    (shape.anywhere(), hot, refresh, 0..60u32, draws)
        .prop_map(move |(place, hot, refresh, writes, draws)| {
            let each = |(index, (any, seed, kind)): (usize, (Location, u32, u32))| {
                let urgent = index % 16 == 0;
                let write = !urgent && kind < writes;
                let bank = if seed % 100 < hot {
                    (place.vault, place.bank)
                } else {
                    (any.vault, any.bank)
                };
                let at = Location {
                    vault: bank.0,
                    bank: bank.1,
                    row: if write { any.row & !1 } else { any.row | 1 },
                    line: any.line,
                };
                // The upper half of the IDs is the urgent reads'.
                let id = if urgent {
                    32 + index as u32 / 16 % 32
                } else {
                    seed >> 8 & 31
                };
                Operation::Burst {
                    port: (seed >> 16) as u8 % ports,
                    transaction: Transaction {
                        write,
                        address: AddressBeat {
                            id,
                            addr: map.to_address(&at),
                            size: 6,
                            qos: if urgent { 15 } else { 0 },
                            ..AddressBeat::default()
                        },
                        seed,
                        ..Transaction::default()
                    },
                }
            };
            let (refresh_per_bank, postpone, code) = refresh;
            let settings = Settings {
                refresh_per_bank,
                postpone,
                rfm_threshold: 320,
                ..Settings::default()
            };
            let mut operations = vec![Operation::Configure(settings)];
            operations.extend((0..vaults).map(|vault| Operation::Temperature { vault, code }));
            operations.extend([Operation::Settle, Operation::Wait(2 * interval)]);
            operations.extend(draws.into_iter().enumerate().map(each));
            Mem3dStimulus {
                outstanding: room(read_queue) / usize::from(ports),
                ..Mem3dStimulus::new(operations)
            }
        })
        .boxed()
}

/// Reads and writes of one to four lines from all ports.
pub fn races(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    let shape = shape.clone();
    let drawn = shape.clone();
    let operations = (1..5u64)
        .prop_flat_map(move |lines| {
            let bursts = drawn.bursts(&Profile {
                fixed: false,
                ..drawn.few_lines(lines)
            });
            vec(bursts, 200..300)
        })
        .boxed();
    at_any_pace(&shape, operations)
}

/// Responses and data are taken slowly or late, or requests and data come so; everything else at full rate.
pub fn back_pressure(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    use crate::kit::Pace;
    let slow = prop_oneof![
        (2..30u8).prop_map(Pace::Percent),
        (1..4u16, 8..100u16).prop_map(|(on, off)| Pace::Bursts { on, off }),
        (200..1500u16).prop_map(Pace::After),
    ];
    let paces = (slow, 0..6usize).prop_map(|(pace, channel)| {
        let mut paces = AxiPaces::default();
        match channel {
            0 => paces.b = pace,
            1 => paces.r = pace,
            2 => (paces.b, paces.r) = (pace, pace),
            3 => paces.w = pace,
            4 => paces.aw = pace,
            _ => paces.ar = pace,
        }
        paces
    });
    let profile = Profile {
        max_beats: 16,
        ..shape.profile()
    };
    let ports = usize::from(shape.ports);
    let bursts = vec(shape.bursts(&profile), 150..250);
    (bursts, vec(paces, ports))
        .prop_map(|(mut operations, paces)| {
            for operation in &mut operations {
                if let Operation::Burst { transaction, .. } = operation {
                    transaction.fence = false;
                }
            }
            Mem3dStimulus {
                paces,
                outstanding: 64,
                ..Mem3dStimulus::new(operations)
            }
        })
        .boxed()
}

/// Traffic for several refresh intervals at rising and falling temperatures, with any settings.
pub fn refresh_and_temperature(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    let interval = shape.organisation.refresh_interval;
    let profile = Profile {
        max_beats: 8,
        ..shape.profile()
    };
    let step = (
        shape.temperature(),
        prop_oneof![2 => Just(None), 1 => managed().prop_map(Some)],
        vec(shape.bursts(&profile), 20..60),
        prop_oneof![1..interval / 4, interval / 4..2 * interval],
    );
    vec(step, 4..7)
        .prop_map(|steps| {
            let each = |(temperature, settings, bursts, wait)| {
                let mut operations = vec![temperature];
                operations.extend(settings);
                operations.extend(bursts);
                operations.push(Operation::Wait(wait));
                operations
            };
            Mem3dStimulus::new(steps.into_iter().flat_map(each).collect())
        })
        .boxed()
}

fn flips() -> BoxedStrategy<Flips> {
    prop_oneof![
        3 => (0..72u8).prop_map(|bit| (bit, None)),
        2 => (0..72u8, 1..72u8).prop_map(|(bit, other)| (bit, Some((bit + other) % 72))),
    ]
    .boxed()
}

/// Errors at rest and injected, each with a look at the log, among whole and partial accesses to the same few lines.
pub fn errors(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    const LINES: u64 = 8;
    let second = prop_oneof![Just(None), (0..8u8, flips()).prop_map(Some)];
    let (port, enable) = (0..shape.ports, 0..8u8);
    let error = prop_oneof![
        3 => (port.clone(), any::<bool>(), shape.anywhere(), (0..8u8, flips()), second, enable).prop_map({
            let map = shape.map.clone();
            move |(port, write, place, first, second, enable)| Operation::CheckLog {
                port,
                write,
                address: map.to_address(&place),
                first,
                second,
                enable,
            }
        }),
        2 => (0..64 * LINES, flips())
            .prop_map(|(address, bits)| Operation::Decay { address, bits }),
        2 => (port, 0..64 * LINES, any::<u32>(), flips())
            .prop_map(|(port, address, seed, bits)| Operation::Inject { port, address, seed, bits }),
    ];
    let step = (error, vec(shape.bursts(&shape.few_lines(LINES)), 0..12));
    let operations = vec(step, 8..16)
        .prop_map(|steps| {
            let each = |(error, bursts): (Operation, Vec<Operation>)| {
                std::iter::once(error).chain(bursts).collect::<Vec<_>>()
            };
            steps.into_iter().flat_map(each).collect()
        })
        .boxed();
    at_any_pace(shape, operations)
}

/// Bits flip in the first lines of each vault; the scrubber comes by under traffic to the same lines, then alone.
pub fn scrubber(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    const FIRST: u32 = 24;
    let (vaults, lines) = (shape.vaults, u32::from(shape.organisation.lines));
    let map = shape.map.clone();
    let address = (0..vaults, 0..FIRST)
        .prop_map(move |(vault, nth)| {
            map.to_address(&Location {
                vault: vault.into(),
                bank: (nth / lines) as u8,
                row: 0,
                line: (nth % lines) as u8,
            })
        })
        .boxed();
    let profile = Profile {
        max_beats: 2,
        ..shape.profile()
    };
    let bursts = (shape.bursts(&profile), address.clone()).prop_map(|(mut burst, line)| {
        if let Operation::Burst { transaction, .. } = &mut burst {
            transaction.address.addr = line + transaction.address.addr % 64;
            *transaction = transaction.legal(BUS_BYTES);
        }
        burst
    });
    let decays = (address, 0..8u64, flips()).prop_map(|(line, word, bits)| Operation::Decay {
        address: line + 8 * word,
        bits,
    });
    (
        vec(decays, 4..16),
        vec(bursts, 0..80),
        1..4u16,
        1..FIRST as u16,
        shape.paces(),
    )
        .prop_map(|(decays, bursts, interval, alone, (paces, lite))| {
            let mut operations = decays;
            operations.push(Operation::WriteRegister {
                address: common::SCRUB.offset,
                data: interval.into(),
                strb: 0xf,
            });
            operations.extend(bursts);
            operations.push(Operation::Scrub {
                interval,
                lines: alone,
            });
            Mem3dStimulus {
                paces,
                lite,
                ..Mem3dStimulus::new(operations)
            }
        })
        .boxed()
}

/// Lanes stick and are replaced, one vault after the other; all that was written is read before and after.
pub fn lanes(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    let lane = (0..shape.vaults, 0..38u8, any::<bool>());
    let places = vec(shape.anywhere(), 8..20);
    let (map, ports) = (shape.map.clone(), shape.ports);
    (vec(lane, 1..4), places, any::<u32>())
        .prop_map(move |(lanes, places, seed)| {
            let bursts = |write: bool, seed: u32| {
                let burst = |(index, place): (usize, &Location)| Operation::Burst {
                    port: index as u8 % ports,
                    transaction: Transaction {
                        write,
                        address: AddressBeat {
                            id: index as u32 % IDS,
                            addr: map.to_address(place),
                            size: 6,
                            ..AddressBeat::default()
                        },
                        seed: if write { seed ^ index as u32 } else { 0 },
                        ..Transaction::default()
                    },
                };
                places.iter().enumerate().map(burst).collect::<Vec<_>>()
            };
            let mut operations = bursts(true, seed);
            for (vault, lane, high) in lanes {
                operations.push(Operation::StickLane { vault, lane, high });
                operations.extend(bursts(false, 0));
                operations.push(Operation::RepairLanes { vault });
                operations.extend(bursts(false, 0));
                operations.extend(bursts(true, seed ^ u32::from(lane) << 8));
                operations.extend(bursts(false, 0));
            }
            Mem3dStimulus::new(operations)
        })
        .boxed()
}

/// Addresses of registers, of vaults that are not there, and of nothing.
fn register_address(shape: &Shape) -> BoxedStrategy<u16> {
    let vaults = u16::from(shape.vaults);
    let register = (any::<Index>(), 0..=vaults).prop_map(|(index, vault)| {
        let register = index.get(ALL);
        register.address(vault)
    });
    let odd = (register.clone(), 0..4u16).prop_map(|(address, odd)| address + odd);
    prop_oneof![6 => register, 1 => odd, 1 => any::<u16>()].boxed()
}

fn register_read(shape: &Shape) -> BoxedStrategy<Operation> {
    register_address(shape)
        .prop_map(|address| Operation::ReadRegister { address })
        .boxed()
}

/// A write of any register with any value that is allowed.
fn register_write(shape: &Shape) -> BoxedStrategy<Operation> {
    let vaults = shape.vaults;
    let strb = prop_oneof![Just(0xfu8), 0..16u8];
    (register_address(shape), any::<u32>(), strb)
        .prop_map(move |(address, data, strb)| {
            let of_vault = |offset: u16| {
                (0..u16::from(vaults)).any(|v| address & !3 == offset + v * vault::LANES.stride)
            };
            let (data, strb) = if of_vault(vault::LANES.offset) {
                // Two failed lanes have to be in order.
                let (low, high) = (data % 18, 18 + data / 18 % 20);
                let fail = vault::LANES_FAIL1.set(vault::LANES_FAIL0.set(0, low), high);
                let valid = vault::LANES_VALID1.mask() | vault::LANES_VALID0.mask();
                (fail | data & valid, 0xf)
            } else if of_vault(vault::INJECT_ARM.offset) {
                // What an injection does is another test's.
                (data & !1, strb)
            } else if address & !3 == common::REFRESH.offset {
                // Without refresh management a die may have a right to complain.
                let threshold = 8 + data % 300;
                (common::REFRESH_RFM_THRESHOLD.set(data, threshold), 0xf)
            } else {
                (data, strb)
            };
            Operation::WriteRegister {
                address,
                data,
                strb,
            }
        })
        .boxed()
}

/// Every register read after reset and, while bursts go on, read and written over and over.
pub fn registers_under_load(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    let writable = ALL
        .iter()
        .filter(|register| register.access == Access::ReadWrite)
        .count();
    let profile = Profile {
        max_beats: 8,
        ..shape.profile()
    };
    let access = prop_oneof![1 => register_read(shape), 1 => register_write(shape)];
    let step = (
        vec(access, 1..6),
        vec(shape.bursts(&profile), 0..4),
        prop_oneof![3 => Just(0u32), 1 => 1..60u32],
    );
    let operations = vec(step, 4 * writable..6 * writable)
        .prop_map(|steps| {
            let mut operations = vec![Operation::CheckResets];
            for (accesses, bursts, wait) in steps {
                operations.extend(bursts);
                operations.extend(accesses);
                if wait > 0 {
                    operations.push(Operation::Wait(wait));
                }
            }
            operations
        })
        .boxed();
    at_any_pace(shape, operations)
}

/// Bursts of few lines and of many, under any settings, and the counters checked and cleared between them.
pub fn counters(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    let profile = Profile {
        max_beats: 16,
        ..shape.profile()
    };
    let bursts = prop_oneof![shape.bursts(&profile), shape.bursts(&shape.few_lines(4)),];
    let step = (managed(), vec(bursts, 10..60), 0..2_000u32);
    let operations = vec(step, 3..6)
        .prop_map(|steps| {
            let each = |(settings, bursts, wait): (Operation, Vec<Operation>, u32)| {
                let mut operations = vec![settings];
                operations.extend(bursts);
                operations.extend([Operation::Wait(wait), Operation::ClearCounters]);
                operations
            };
            steps.into_iter().flat_map(each).collect()
        })
        .boxed();
    at_any_pace(shape, operations)
}

/// Bursts at and above the capacity, and FIXED ones anywhere, among good ones.
pub fn illegal_addresses(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    let capacity = shape.map.capacity();
    let window = |weight, addresses| Window { weight, addresses };
    let profile = Profile {
        max_beats: 32,
        windows: vec![
            window(2, 0..256),
            window(2, capacity - 256..capacity),
            window(3, capacity..capacity + 4096),
            window(1, 2 * capacity..2 * capacity + 256),
            window(1, u64::MAX - 0xffff..u64::MAX - 0x1fff),
        ],
        ..shape.profile()
    };
    // The last address below each power of two above the capacity.
    let power = (capacity.ilog2()..63, shape.bursts(&profile)).prop_map(|(bit, mut burst)| {
        if let Operation::Burst { transaction, .. } = &mut burst {
            transaction.address.addr = (transaction.address.addr % 256) | (1 << bit);
            *transaction = transaction.legal(BUS_BYTES);
        }
        burst
    });
    let bursts = (prop_oneof![3 => shape.bursts(&profile), 1 => power], 0..6u8).prop_map(
        |(mut burst, fixed)| {
            if let Operation::Burst { transaction, .. } = &mut burst
                && fixed == 0
            {
                transaction.address.burst = Burst::Fixed;
                *transaction = transaction.legal(BUS_BYTES);
            }
            burst
        },
    );
    at_any_pace(shape, vec(bursts, 150..250).boxed())
}

/// Bursts of the reserved type, of beats wider than the bus, and across 4 KiB or the end of the address space, among good
/// ones.
pub fn outside_axi(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    const PAGE: u64 = 4096;
    let capacity = shape.map.capacity();
    let window = |weight, addresses| Window { weight, addresses };
    let profile = Profile {
        max_beats: 32,
        windows: vec![
            window(4, 0..256),
            window(1, 0..8 * PAGE),
            window(1, capacity - 256..capacity),
        ],
        ..shape.profile()
    };
    let crossing = (
        prop_oneof![4 => (0..4u64).prop_map(|page| page * PAGE), 1 => Just(capacity - PAGE), 1 => Just(u64::MAX - PAGE + 1)],
        1..256u64,
        0..24u8,
    );
    let bursts = (shape.bursts(&profile), 0..6u8, crossing).prop_map(
        |(mut burst, kind, (page, before_end, more))| {
            if let Operation::Burst { transaction, .. } = &mut burst {
                let address = &mut transaction.address;
                if matches!(kind, 0 | 2) {
                    address.burst = Burst::Reserved;
                }
                if matches!(kind, 1 | 2) {
                    address.size = 7;
                    address.addr &= !127;
                }
                if kind == 3 {
                    address.burst = Burst::Incr;
                    address.addr = page + PAGE - before_end;
                    let to_end = before_end.div_ceil(address.beat_bytes());
                    address.len = (to_end + u64::from(more)).min(255) as u8;
                }
            }
            burst
        },
    );
    (vec(bursts, 150..250), shape.paces())
        .prop_map(|(operations, (paces, lite))| Mem3dStimulus {
            paces,
            lite,
            outside_axi: true,
            ..Mem3dStimulus::new(operations)
        })
        .boxed()
}

/// Gaps around the times after which the dies go to power-down and on to self-refresh, with the scrubber in half.
pub fn power(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    let shape = shape.clone();
    let idle = (1..200u16, prop_oneof![Just(0u16), 1..400u16]);
    let scrub = prop_oneof![Just(0u16), 20..300u16];
    (idle, scrub, any::<bool>())
        .prop_flat_map(
            move |((pd_idle, sr_idle), scrub_interval, refresh_per_bank)| {
                let around = u32::from(pd_idle) + u32::from(sr_idle) + 40;
                let profile = Profile {
                    max_beats: 4,
                    ..shape.profile()
                };
                let step = (vec(shape.bursts(&profile), 1..8), 1..2 * around);
                let settings = Settings {
                    pd_idle,
                    sr_idle,
                    scrub_interval,
                    refresh_per_bank,
                    rfm_threshold: 320,
                    ..Settings::default()
                };
                vec(step, 8..20).prop_map(move |steps| {
                    let each = |(mut bursts, wait): (Vec<Operation>, u32)| {
                        bursts.push(Operation::Wait(wait));
                        bursts
                    };
                    let mut operations = vec![Operation::Configure(settings)];
                    operations.extend(steps.into_iter().flat_map(each));
                    Mem3dStimulus::new(operations)
                })
            },
        )
        .boxed()
}

/// Resets after traffic, in the middle of it and after pauses.
pub fn resets(shape: &Shape) -> BoxedStrategy<Mem3dStimulus> {
    let profile = Profile {
        max_beats: 16,
        ..shape.profile()
    };
    let step = (
        vec(shape.bursts(&profile), 10..50),
        prop_oneof![2 => Just(None), 1 => managed().prop_map(Some)],
        prop_oneof![Just(0u32), 1..60u32, 100..2000u32],
        0..3u8,
    );
    let operations = vec(step, 3..6)
        .prop_map(|steps| {
            let each = |(mut bursts, settings, wait, settle): (Vec<_>, Option<_>, u32, u8)| {
                bursts.splice(0..0, settings);
                if settle == 0 {
                    bursts.push(Operation::Settle);
                }
                bursts.push(Operation::Wait(wait));
                bursts.push(Operation::Reset);
                bursts.push(Operation::CheckResets);
                bursts
            };
            steps.into_iter().flat_map(each).collect()
        })
        .boxed();
    at_any_pace(shape, operations)
}
