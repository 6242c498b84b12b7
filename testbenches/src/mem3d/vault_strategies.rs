//! How the stimuli of `mem3d_vault` are drawn.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;

use super::vault_stimulus::{Operation, Place, Settings, VaultStimulus};
use crate::kit::Parameters;

/// What a vault's die is made of.
#[derive(Clone, Copy, Debug)]
pub struct Organisation {
    /// Banks.
    pub banks: u8,
    /// Banks of a group.
    pub banks_per_group: u8,
    /// Rows of a bank.
    pub rows: u16,
    /// Lines of a row.
    pub lines: u8,
    /// Clocks of an average refresh interval of a bank at temperature code 0.
    pub refresh_interval: u32,
    /// Clocks of a row cycle.
    pub row_cycle: u32,
    /// Activations of a bank that the die allows before it needs management.
    pub raa_limit: u32,
}

impl Organisation {
    /// That of a configuration.
    pub fn of(parameters: &Parameters) -> Self {
        let of = |name| parameters.get(name);
        let period = 2 * of("TCk");
        Self {
            banks: (of("BankGroups") * of("BanksPerGroup")) as u8,
            banks_per_group: of("BanksPerGroup") as u8,
            rows: (of("Rows") - 1).min(usize::from(u16::MAX)) as u16,
            lines: (of("RowBytes") / 64) as u8,
            refresh_interval: (of("TRefi") / period) as u32,
            row_cycle: of("TRc").div_ceil(period) as u32,
            raa_limit: of("RaaMmt") as u32,
        }
    }

    fn anywhere(self) -> BoxedStrategy<Place> {
        (0..self.banks, 0..=self.rows, 0..self.lines)
            .prop_map(|(bank, row, line)| Place { bank, row, line })
            .boxed()
    }

    /// Places that come again: half of them from three rows of one or two banks, the rest from few rows of all
    /// banks or from anywhere. The last row and line are corners.
    fn places(self) -> BoxedStrategy<BoxedStrategy<Place>> {
        (0..self.banks, 0..self.banks, vec(0..=self.rows, 3))
            .prop_map(move |(first, second, rows)| {
                let rows_of_few = rows.clone();
                let few = (any::<bool>(), 0..3usize, 0..self.lines).prop_map(
                    move |(other, row, line)| Place {
                        bank: if other { second } else { first },
                        row: rows_of_few[row],
                        line,
                    },
                );
                let all =
                    (0..self.banks, 0..3usize, 0..self.lines).prop_map(move |(bank, row, line)| {
                        Place {
                            bank,
                            row: rows[row],
                            line,
                        }
                    });
                let last = Just(Place {
                    bank: self.banks - 1,
                    row: self.rows,
                    line: self.lines - 1,
                });
                prop_oneof![8 => few, 5 => all, 3 => self.anywhere(), 1 => last].boxed()
            })
            .boxed()
    }
}

/// Strobes: whole lines and whole bursts are most of real traffic; words, single bytes and none at all are the corners
/// of read-modify-write.
fn strobes() -> BoxedStrategy<u64> {
    let burst = prop_oneof![
        2 => Just(0u32),
        2 => Just(u32::MAX),
        1 => (0..16u8).prop_map(|words| {
            (0..4).fold(0, |all, word| all | (u32::from(words >> word & 1) * 0xff) << (8 * word))
        }),
        2 => any::<u32>(),
        1 => (0..32u32).prop_map(|byte| 1 << byte),
    ];
    prop_oneof![
        3 => Just(u64::MAX),
        3 => (burst.clone(), burst).prop_map(|(low, high)| u64::from(high) << 32 | u64::from(low)),
    ]
    .boxed()
}

fn request(places: BoxedStrategy<Place>, writes: u32) -> BoxedStrategy<Operation> {
    let urgent = prop_oneof![7 => Just(false), 1 => Just(true)];
    prop_oneof![
        100 - writes => (places.clone(), urgent)
            .prop_map(|(at, urgent)| Operation::Read { at, urgent }),
        writes => (places, strobes(), any::<u32>())
            .prop_map(|(at, strobes, seed)| Operation::Write { at, strobes, seed }),
    ]
    .boxed()
}

fn requests(
    organisation: Organisation,
    writes: Range<u32>,
    count: Range<usize>,
) -> BoxedStrategy<Vec<Operation>> {
    (organisation.places(), writes)
        .prop_flat_map(move |(places, writes)| vec(request(places, writes), count.clone()))
        .boxed()
}

/// Any settings: each its usual value half of the time, so that combinations of few unusual ones come up too.
pub fn settings() -> BoxedStrategy<Settings> {
    let usual = Settings::default();
    let policy = prop_oneof![1 => Just(0u8), 1 => Just(1), 1 => Just(2)];
    let postpone = prop_oneof![Just(usual.postpone), Just(0), Just(8), 0..9u8];
    let marks = prop_oneof![Just((usual.wq_high, usual.wq_low)), (1..65u16, 0..64u16)];
    let idle = prop_oneof![Just(usual.drain_idle), 1..255u8];
    let cap = prop_oneof![Just(usual.hit_cap), Just(0u8), Just(1), 1..64u8];
    let age = prop_oneof![Just(usual.age_limit), Just(0u8), Just(1), 1..40u8];
    let power = prop_oneof![3 => Just((0u16, 0u16)), 1 => (1..300u16, 0..600u16)];
    let rfm = prop_oneof![3 => Just(0u16), 1 => 1..100u16];
    let scrub = prop_oneof![3 => Just(0u16), 1 => 1..200u16];
    (
        policy,
        any::<bool>(),
        postpone,
        marks,
        idle,
        (cap, age),
        power,
        rfm,
        scrub,
    )
        .prop_map(
            |(
                page_policy,
                refresh_per_bank,
                postpone,
                (wq_high, wq_low),
                drain_idle,
                (hit_cap, age_limit),
                (pd_idle, sr_idle),
                rfm_threshold,
                scrub_interval,
            )| {
                Settings {
                    page_policy,
                    refresh_per_bank,
                    postpone,
                    wq_high,
                    wq_low,
                    drain_idle,
                    hit_cap,
                    age_limit,
                    pd_idle,
                    sr_idle,
                    rfm_threshold,
                    scrub_interval,
                    failed_lanes: [None; 2],
                    ecc_enable: true,
                }
            },
        )
        .boxed()
}

/// Requests of all kinds with pauses, changes of settings and waits for the end among them.
pub fn traffic(organisation: Organisation, count: Range<usize>) -> BoxedStrategy<Vec<Operation>> {
    (organisation.places(), 0..90u32)
        .prop_flat_map(move |(places, writes)| {
            let other = prop_oneof![
                6 => (1..120u32).prop_map(Operation::Wait),
                1 => Just(Operation::Settle),
                1 => settings().prop_map(Operation::Configure),
                1 => (0..3u8).prop_map(Operation::Temperature),
            ];
            vec(
                prop_oneof![60 => request(places, writes), 1 => other],
                count.clone(),
            )
        })
        .boxed()
}

/// Rows of one bank in turn.
pub fn hot_rows(organisation: Organisation) -> BoxedStrategy<Vec<Operation>> {
    (
        0..organisation.banks,
        vec(0..=organisation.rows, 2..5),
        1..4u8,
        0..60u32,
        100..300usize,
    )
        .prop_flat_map(move |(bank, rows, visits, writes, count)| {
            vec((0..100u32, any::<u32>()), count).prop_map(move |draws| {
                let each = |(index, (draw, seed)): (usize, (u32, u32))| {
                    let at = Place {
                        bank,
                        row: rows[index / usize::from(visits) % rows.len()],
                        line: (seed % u32::from(organisation.lines)) as u8,
                    };
                    if draw < writes {
                        let strobes = u64::MAX;
                        Operation::Write { at, strobes, seed }
                    } else {
                        Operation::Read { at, urgent: false }
                    }
                };
                draws.into_iter().enumerate().map(each).collect()
            })
        })
        .boxed()
}

/// Lines in the order of the default address map without hashing: bank groups fastest, then lines, banks, rows.
fn nth(organisation: Organisation, number: u64) -> Place {
    let groups = u64::from(organisation.banks / organisation.banks_per_group);
    let (lines, per_group) = (
        u64::from(organisation.lines),
        u64::from(organisation.banks_per_group),
    );
    let group = number % groups;
    let line = number / groups % lines;
    let bank = number / groups / lines % per_group;
    let row = number / groups / lines / per_group % (u64::from(organisation.rows) + 1);
    Place {
        bank: (group * per_group + bank) as u8,
        row: row as u16,
        line: line as u8,
    }
}

/// A stream of reads, of writes, or of both.
pub fn stream(organisation: Organisation) -> BoxedStrategy<Vec<Operation>> {
    (
        any::<u32>(),
        prop_oneof![Just(0u32), Just(100), 30..70u32],
        1200..2000u64,
    )
        .prop_flat_map(move |(start, writes, count)| {
            vec(0..100u32, count as usize).prop_map(move |draws| {
                let each = |(index, draw): (usize, u32)| {
                    let at = nth(organisation, u64::from(start) + index as u64);
                    if draw < writes {
                        let (strobes, seed) = (u64::MAX, index as u32);
                        Operation::Write { at, strobes, seed }
                    } else {
                        Operation::Read { at, urgent: false }
                    }
                };
                draws.into_iter().enumerate().map(each).collect()
            })
        })
        .boxed()
}

/// Requests to one to three lines.
pub fn races(organisation: Organisation) -> BoxedStrategy<Vec<Operation>> {
    vec(organisation.anywhere(), 1..4)
        .prop_flat_map(|lines| {
            let place = prop::sample::select(lines).boxed();
            let pause = (1..80u32).prop_map(Operation::Wait);
            vec(prop_oneof![12 => request(place, 55), 1 => pause], 200..400)
        })
        .boxed()
}

/// A line is written in part, and as a whole after every small time: some of the second writes come in the very clock
/// in which the last burst of the first leaves.
pub fn merges_at_the_end(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    (organisation.anywhere(), 1..4u8, any::<u32>())
        .prop_map(move |(at, drain_idle, seed)| {
            let step = |wait: u32| {
                let write = |strobes, seed| Operation::Write { at, strobes, seed };
                [
                    write(0xffff_ffff, seed ^ wait),
                    Operation::Wait(wait),
                    write(u64::MAX, seed ^ !wait),
                    Operation::Read { at, urgent: false },
                    Operation::Settle,
                ]
            };
            VaultStimulus {
                settings: Settings {
                    drain_idle,
                    ..Settings::default()
                },
                ..VaultStimulus::new((0..2 * organisation.row_cycle).flat_map(step).collect())
            }
        })
        .boxed()
}

/// Thousands of hits of one row, and early among them a read of another row of that bank, which only its age brings to
/// its turn: without a limit it waits until all hits are served.
pub fn one_among_hits(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    (organisation.anywhere(), 1..8u8)
        .prop_map(move |(at, age_limit)| {
            let hit = |index: u16| Operation::Read {
                at: Place {
                    line: (index % u16::from(organisation.lines)) as u8,
                    ..at
                },
                urgent: false,
            };
            let other = Operation::Read {
                at: Place {
                    row: (at.row + 1) % organisation.rows,
                    ..at
                },
                urgent: false,
            };
            let mut operations = vec![Operation::Settle];
            operations.extend((0..4000).map(hit));
            operations.insert(20, other);
            VaultStimulus {
                settings: Settings {
                    page_policy: 0,
                    hit_cap: 0,
                    age_limit,
                    ..Settings::default()
                },
                patience: 2500,
                ..VaultStimulus::new(operations)
            }
        })
        .boxed()
}

/// Ordinary traffic that fills both queues, of which a part wants ever other rows of one bank, and now and then an
/// urgent read, of that bank more often than not. Refreshes come up to four times as often as usual, and ages are over
/// early or never.
pub fn urgent_among_many(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    let share = prop_oneof![Just(0u32), Just(20), Just(60), Just(95)];
    let refresh = (
        any::<bool>(),
        prop_oneof![Just(0u8), Just(7), 0..9u8],
        prop_oneof![2 => 2..4u8, 1 => 0..2u8],
    );
    urgent_traffic(organisation, share.boxed(), refresh.boxed())
}

/// The same with rows opening all over the vault, as fast as they may, and each bank's refreshes as late as they may.
pub fn urgent_among_rows(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    let refresh = (2..4u8)
        .prop_map(|temperature| (true, 7, temperature))
        .boxed();
    urgent_traffic(organisation, Just(0).boxed(), refresh)
}

/// Urgent reads in ordinary traffic: the percentage for one bank; whether refreshes are per bank, how many are postponed,
/// and the temperature. Rows that urgent reads want are never written, so that none of them waits for a write. Where a
/// part of the traffic is for one bank it is managed: so many ACTs could break the die's rule otherwise.
fn urgent_traffic(
    organisation: Organisation,
    share: BoxedStrategy<u32>,
    refresh: BoxedStrategy<(bool, u8, u8)>,
) -> BoxedStrategy<VaultStimulus> {
    let hot = (0..organisation.banks, share);
    let age_limit = prop_oneof![Just(0u8), Just(1), Just(64), 1..40u8];
    let hit_cap = prop_oneof![Just(0u8), Just(1), Just(32)];
    let rfm_threshold = prop_oneof![2 => Just(320u16), 1 => 1..100u16];
    let writes = prop_oneof![Just(0u32), Just(50), 0..70u32];
    (
        hot,
        refresh,
        (age_limit, hit_cap, rfm_threshold, 0..3u8),
        writes,
        5..40usize,
    )
        .prop_flat_map(move |(hot, refresh, limits, writes, every)| {
            let draw = (0..100u32, 0..100u32, organisation.anywhere(), any::<u32>());
            vec(draw, 1500..2500).prop_map(move |draws| {
                let each = |(index, (share, kind, at, seed)): (usize, (u32, u32, Place, u32))| {
                    let bank = if share < hot.1 { hot.0 } else { at.bank };
                    let at = Place { bank, ..at };
                    let (read, written) = (
                        Place {
                            row: at.row | 1,
                            ..at
                        },
                        Place {
                            row: at.row & !1,
                            ..at
                        },
                    );
                    match kind < writes {
                        _ if index % every == 0 => Operation::Read {
                            at: read,
                            urgent: true,
                        },
                        true => Operation::Write {
                            at: written,
                            strobes: if seed & 7 == 0 {
                                u64::from(seed)
                            } else {
                                u64::MAX
                            },
                            seed,
                        },
                        false => Operation::Read {
                            at: if seed & 1 == 0 { read } else { written },
                            urgent: false,
                        },
                    }
                };
                let (refresh_per_bank, postpone, temperature) = refresh;
                let (age_limit, hit_cap, rfm_threshold, page_policy) = limits;
                // From the start, so that no idle time pulls refreshes in.
                let mut operations = vec![Operation::Temperature(temperature)];
                operations.extend(draws.into_iter().enumerate().map(each));
                VaultStimulus {
                    settings: Settings {
                        page_policy,
                        refresh_per_bank,
                        postpone,
                        age_limit,
                        hit_cap,
                        rfm_threshold: if hot.1 > 0 { rfm_threshold } else { 0 },
                        ..Settings::default()
                    },
                    // Two full queues for one bank that is managed after every row take their time.
                    patience: 100_000,
                    ..VaultStimulus::new(operations)
                }
            })
        })
        .boxed()
}

/// Writes as fast as they are taken, a row after the other, and a read now and then: the write queue stays full, so that
/// only its age brings a read its turn.
pub fn reads_among_writes(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    let read = (organisation.anywhere(), 0..60usize);
    (any::<u32>(), vec(read, 20..40), 1..8u8)
        .prop_map(move |(start, reads, age_limit)| {
            let write = |index: u32| Operation::Write {
                at: nth(organisation, u64::from(start) + u64::from(index)),
                strobes: u64::MAX,
                seed: index,
            };
            let mut operations: Vec<_> = (0..4000).map(write).collect();
            for (index, (at, shift)) in reads.into_iter().enumerate() {
                operations.insert(100 * index + shift, Operation::Read { at, urgent: false });
            }
            operations.insert(0, Operation::Settle);
            VaultStimulus {
                settings: Settings {
                    age_limit,
                    ..Settings::default()
                },
                patience: 2500,
                ..VaultStimulus::new(operations)
            }
        })
        .boxed()
}

/// Hits of open rows without an end, which no refresh interrupts before it has to, and urgent reads of other rows: one
/// after the other, so that each refresh meets one, or one when as many refreshes are owed as can be.
pub fn urgent_among_hits(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    let interval = organisation.refresh_interval;
    let hot = prop_oneof![Just(1u8), Just(organisation.banks), 1..organisation.banks];
    let refresh = (
        any::<bool>(),
        prop_oneof![Just(0u8), Just(1), Just(7), 2..9u8],
        1..3u8,
    );
    // Clocks of hits before each urgent read, as shares of the interval.
    let pause = prop_oneof![Just(interval / 32), Just(9 * interval), 0..9 * interval];
    (hot, refresh, pause, organisation.anywhere(), any::<u32>())
        .prop_map(move |(hot, refresh, pause, first, seed)| {
            let (refresh_per_bank, postpone, temperature) = refresh;
            let groups = organisation.banks / organisation.banks_per_group;
            let hit = |index: u32| {
                let number = (index % u32::from(hot)) as u8;
                // Groups in turn, at the full rate of the bus.
                let bank = number % groups * organisation.banks_per_group + number / groups;
                let line = (index / u32::from(hot)) as u8 % organisation.lines;
                Operation::Read {
                    at: Place {
                        bank,
                        line,
                        ..first
                    },
                    urgent: false,
                }
            };
            let urgent = |index: u32| {
                let draw = seed.wrapping_mul(2 * index + 1).rotate_left(11);
                let at = Place {
                    bank: (draw % u32::from(organisation.banks)) as u8,
                    row: first.row ^ 1,
                    line: first.line,
                };
                Operation::Read { at, urgent: true }
            };
            let mut operations = vec![Operation::Temperature(temperature), Operation::Settle];
            let (mut index, mut since) = (0, 0);
            while index < 14 * interval / 2 {
                // A line takes two clocks of the bus.
                operations.push(hit(index));
                since += 2;
                if since >= pause >> temperature {
                    since = 0;
                    operations.push(urgent(index));
                }
                index += 1;
            }
            VaultStimulus {
                settings: Settings {
                    page_policy: 0,
                    hit_cap: 0,
                    refresh_per_bank,
                    postpone,
                    ..Settings::default()
                },
                ..VaultStimulus::new(operations)
            }
        })
        .boxed()
}

/// The map of the lanes changes under traffic; no lane is broken, so that all data stay as they are.
pub fn lanes_under_traffic(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    let map = (0..38u8, 0..38u8, any::<(bool, bool)>()).prop_map(|(one, other, marked)| {
        let (low, high) = (one.min(other), one.max(other));
        [
            marked.0.then_some(low),
            (marked.1 && low != high).then_some(high),
        ]
    });
    vec((requests(organisation, 30..60, 5..40), map), 10..20)
        .prop_map(|steps| {
            let each = |(mut requests, failed_lanes): (Vec<Operation>, _)| {
                requests.push(Operation::Configure(Settings {
                    failed_lanes,
                    ..Settings::default()
                }));
                requests
            };
            VaultStimulus::new(steps.into_iter().flat_map(each).collect())
        })
        .boxed()
}

/// Traffic for several refresh intervals at rising and falling temperatures.
pub fn refresh_storm(organisation: Organisation) -> BoxedStrategy<Vec<Operation>> {
    let interval = organisation.refresh_interval;
    let step = (
        0..4u8,
        requests(organisation, 0..60, 40..120),
        prop_oneof![Just(0u32), 1..interval, interval..3 * interval],
    );
    vec(step, 4..7)
        .prop_map(|steps| {
            let each = |(code, mut requests, wait): (u8, Vec<Operation>, u32)| {
                requests.insert(0, Operation::Temperature(code));
                requests.push(Operation::Wait(wait));
                requests
            };
            steps.into_iter().flat_map(each).collect()
        })
        .boxed()
}

/// A few requests, a long pause, and the same again.
pub fn idle_gaps(organisation: Organisation, gap: Range<u32>) -> BoxedStrategy<Vec<Operation>> {
    let step = (requests(organisation, 20..60, 5..40), gap);
    vec(step, 3..6)
        .prop_map(|steps| {
            let each = |(mut requests, wait): (Vec<Operation>, u32)| {
                let again = requests.clone();
                requests.push(Operation::Wait(wait));
                requests.extend(again);
                requests
            };
            steps.into_iter().flat_map(each).collect()
        })
        .boxed()
}

/// Idle times around those at which the die is put to sleep; the scrubber runs in half of the runs.
pub fn power(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    let idle = (1..200u16, prop_oneof![Just(0u16), 1..400u16]);
    let scrub = prop_oneof![Just(0u16), 20..300u16];
    (idle, scrub, any::<bool>())
        .prop_flat_map(move |((pd_idle, sr_idle), scrub_interval, refresh_per_bank)| {
            let around = u32::from(pd_idle) + u32::from(sr_idle) + 40;
            let gap = prop_oneof![2 => 1..2 * around, 1 => organisation.refresh_interval..2 * organisation.refresh_interval];
            let step = (requests(organisation, 0..50, 1..12), gap);
            let settings = Settings {
                pd_idle,
                sr_idle,
                scrub_interval,
                refresh_per_bank,
                ..Settings::default()
            };
            vec(step, 8..20).prop_map(move |steps| {
                let each = |(mut requests, wait): (Vec<Operation>, u32)| {
                    requests.push(Operation::Wait(wait));
                    requests
                };
                VaultStimulus {
                    settings,
                    ..VaultStimulus::new(steps.into_iter().flat_map(each).collect())
                }
            })
        })
        .boxed()
}

/// A request after every number of idle clocks from before power-down to after self-refresh, so that one comes in each
/// clock of each transition.
pub fn power_edges(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    // Beyond what it takes to notice that the vault has settled.
    let (pd_idle, sr_idle) = (100, 40);
    organisation
        .anywhere()
        .prop_map(move |at| {
            let read = Operation::Read { at, urgent: false };
            let each = |clocks: u32| [read, Operation::Settle, Operation::Wait(clocks)];
            let settings = Settings {
                pd_idle,
                sr_idle,
                ..Settings::default()
            };
            let mut operations: Vec<_> = (10..180).flat_map(each).collect();
            operations.push(read);
            VaultStimulus {
                settings,
                ..VaultStimulus::new(operations)
            }
        })
        .boxed()
}

/// An idle time longer than can be counted, after which the longest one that can be set is over.
pub fn long_idle(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    organisation
        .anywhere()
        .prop_map(|at| {
            let read = Operation::Read { at, urgent: false };
            let sleeps = Operation::Configure(Settings {
                pd_idle: u16::MAX,
                sr_idle: 100,
                ..Settings::default()
            });
            // With the start before it.
            let longest = Operation::Wait(u32::from(u16::MAX) + 5000);
            let soon = Operation::Wait(500);
            let operations = [
                read,
                longest,
                sleeps,
                soon,
                Operation::Asleep,
                read,
                longest,
                read,
            ];
            VaultStimulus::new(operations.to_vec())
        })
        .boxed()
}

/// Row conflicts in one bank, one request at a time, for more activations than the die allows without management.
pub fn row_hammer(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    // At 1 a bank is managed after each row, which takes its time.
    let threshold = prop_oneof![3 => 8..60u16, 1 => 1..8u16, 1 => Just(1u16)];
    (organisation.anywhere(), 1..8u16, threshold, 0..3u8)
        .prop_map(move |(at, distance, rfm_threshold, temperature)| {
            let other = Place {
                row: (at.row + distance) % organisation.rows,
                ..at
            };
            let settings = Settings {
                rfm_threshold,
                page_policy: 0,
                hit_cap: 1,
                ..Settings::default()
            };
            let count = match rfm_threshold {
                8.. => 2 * organisation.raa_limit + 100,
                _ => 100,
            };
            let read = |index: u32| Operation::Read {
                at: if index.is_multiple_of(2) { at } else { other },
                urgent: false,
            };
            // A pause now and then, in which the count that was reached is managed with nothing queued.
            let each = |index: u32| {
                let pause = Operation::Wait(6 * organisation.row_cycle);
                let pauses =
                    rfm_threshold >= 8 && (index + 1).is_multiple_of(u32::from(rfm_threshold));
                std::iter::once(read(index)).chain(pauses.then_some(pause))
            };
            let mut operations = vec![Operation::Temperature(temperature)];
            operations.extend((0..count).flat_map(each));
            VaultStimulus {
                settings,
                outstanding: 2,
                ..VaultStimulus::new(operations)
            }
        })
        .boxed()
}

/// Every kind of traffic that leaves no errors behind, one after the other, several times.
pub fn soak(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    let plain = |operations: BoxedStrategy<Vec<Operation>>| {
        (settings(), operations).prop_map(|(settings, operations)| (settings, operations))
    };
    let whole = |stimulus: BoxedStrategy<VaultStimulus>| {
        stimulus.prop_map(|stimulus| (stimulus.settings, stimulus.operations))
    };
    let parts = (
        plain(traffic(organisation, 200..400)),
        plain(hot_rows(organisation)),
        plain(stream(organisation)),
        plain(races(organisation)),
        plain(refresh_storm(organisation)),
        whole(power(organisation)),
        whole(row_hammer(organisation)),
    );
    parts
        .prop_map(|(a, b, c, d, e, f, g)| {
            let part = |(settings, mut operations): (Settings, Vec<Operation>)| {
                operations.insert(0, Operation::Configure(settings));
                operations
            };
            let operations = [a, b, c, d, e, f, g].into_iter().flat_map(part);
            VaultStimulus {
                rounds: 2,
                ..VaultStimulus::new(operations.collect())
            }
        })
        .boxed()
}

fn flips() -> BoxedStrategy<(u8, Option<u8>)> {
    // Check bits as often as data bits, though there are few of them.
    prop_oneof![
        2 => (0..64u8).prop_map(|bit| (bit, None)),
        2 => (64..72u8).prop_map(|bit| (bit, None)),
        2 => (0..72u8, 1..72u8).prop_map(|(bit, other)| (bit, Some((bit + other) % 72))),
    ]
    .boxed()
}

/// Errors of every kind among reads and partial writes of the lines in error. No two errors meet in one word. Half of
/// them are in the first rows, which the scrubber reaches in the time of a case.
pub fn decays(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    let error = (0..8u8, flips(), 0..4u8, any::<u32>());
    let first =
        (0..2u8, 0..organisation.lines).prop_map(|(bank, line)| Place { bank, row: 0, line });
    let step = (
        prop_oneof![organisation.anywhere(), first],
        vec(error, 1..4),
        vec((0..3u8, strobes(), any::<u32>()), 0..4),
        0..3000u32,
    );
    // The scrubber pauses long enough between two lines that the vault comes to rest.
    let scrub = prop_oneof![1 => Just(0u16), 1 => 10..20u16];
    (vec(step, 6..14), scrub)
        .prop_map(|(steps, scrub_interval)| {
            let mut operations = Vec::new();
            for (at, errors, accesses, wait) in steps {
                for (word, bits, kind, seed) in errors {
                    operations.push(match kind {
                        // Whether the scrubber or the read finds it on the way cannot be foreseen.
                        0 if scrub_interval == 0 => Operation::ReadDisturbed { at, word, bits },
                        1 => Operation::WriteInjected {
                            at,
                            seed,
                            word,
                            bits,
                        },
                        _ => Operation::Decay { at, word, bits },
                    });
                }
                for (kind, strobes, seed) in accesses {
                    operations.push(match kind {
                        0 => Operation::Write { at, strobes, seed },
                        _ => Operation::Read { at, urgent: false },
                    });
                }
                operations.push(Operation::Wait(wait));
            }
            VaultStimulus {
                settings: Settings {
                    scrub_interval,
                    ..Settings::default()
                },
                ..VaultStimulus::new(operations)
            }
        })
        .boxed()
}

/// One or two bits of words flip, and the lines are read as they are, without ECC, and then with it.
pub fn ecc_off(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    let error = (organisation.anywhere(), 0..8u8, flips(), any::<u32>());
    vec(error, 10..30)
        .prop_map(|errors| {
            let reads = || {
                errors.iter().map(|(at, ..)| Operation::Read {
                    at: *at,
                    urgent: false,
                })
            };
            let ecc = |ecc_enable| {
                let settings = Settings {
                    ecc_enable,
                    ..Settings::default()
                };
                [Operation::Settle, Operation::Configure(settings)]
            };
            let mut operations = Vec::new();
            operations.extend(errors.iter().map(|(at, _, _, seed)| Operation::Write {
                at: *at,
                strobes: u64::MAX,
                seed: *seed,
            }));
            operations.extend(errors.iter().map(|(at, word, bits, _)| Operation::Decay {
                at: *at,
                word: *word,
                bits: *bits,
            }));
            operations.extend(ecc(false));
            operations.extend(reads());
            operations.extend(ecc(true));
            operations.extend(reads());
            VaultStimulus::new(operations)
        })
        .boxed()
}

/// A bit flips in lines where the scrubber goes on to the next bank, to the next row, and from the last row to the first.
/// It comes by at all of them, and then again at the first ones.
pub fn scrub_order(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    let (bank, row, line) = (
        organisation.banks - 1,
        organisation.rows,
        organisation.lines - 1,
    );
    let lines = u32::from(organisation.banks)
        * u32::from(organisation.lines)
        * (u32::from(organisation.rows) + 1);
    (0..8u8, 0..72u8)
        .prop_map(move |(word, bit)| {
            let place = |bank, row, line| Place { bank, row, line };
            let round = [
                place(0, 0, line),
                place(1, 0, 0),
                place(bank, 0, line),
                place(0, 1, 0),
                place(bank, row, line),
            ];
            let bits = (bit, None);
            let pass = |places: &[Place], clocks: u32| {
                let flip = places.iter().map(|at| Operation::Decay {
                    at: *at,
                    word,
                    bits,
                });
                let mut operations: Vec<_> = flip.collect();
                operations.push(Operation::Configure(Settings {
                    scrub_interval: 1,
                    ..Settings::default()
                }));
                operations.push(Operation::Wait(clocks));
                operations.push(Operation::Configure(Settings::default()));
                operations.push(Operation::Settle);
                operations.extend(places.iter().map(|at| Operation::Found { at: *at, word }));
                operations
            };
            // A line every 17 clocks, and some more for the last one to be read.
            let mut operations = vec![Operation::Settle];
            operations.extend(pass(&round, 17 * lines + 100));
            operations.extend(pass(
                &[place(0, 0, line)],
                17 * u32::from(organisation.lines) + 100,
            ));
            VaultStimulus::new(operations)
        })
        .boxed()
}

/// One lane after the other sticks and is replaced; between the two nothing is written.
pub fn lanes(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    let places = vec(organisation.anywhere(), 10..30);
    (
        0..38u8,
        1..38u8,
        any::<(bool, bool)>(),
        0..3usize,
        places,
        any::<u32>(),
    )
        .prop_map(|(first, offset, levels, repairs, places, seed)| {
            let second = (first + offset) % 38;
            let write = |at: &Place, seed| Operation::Write {
                at: *at,
                strobes: u64::MAX,
                seed,
            };
            let read = |at: &Place| Operation::Read {
                at: *at,
                urgent: false,
            };
            let mut operations: Vec<_> = places.iter().map(|at| write(at, seed)).collect();
            operations.push(Operation::Settle);
            let mut failed = Vec::new();
            for (lane, high) in [(first, levels.0), (second, levels.1)]
                .into_iter()
                .take(repairs)
            {
                operations.push(Operation::StickLane { lane, high });
                operations.extend(places.iter().map(read));
                operations.push(Operation::Settle);
                failed.push(lane);
                failed.sort_unstable();
                let marked = [failed.first().copied(), failed.get(1).copied()];
                operations.push(Operation::Configure(Settings {
                    failed_lanes: marked,
                    ..Settings::default()
                }));
                operations.extend(places.iter().map(read));
                operations.extend(places.iter().map(|at| write(at, seed ^ u32::from(lane))));
                operations.extend(places.iter().map(read));
                operations.push(Operation::Settle);
            }
            VaultStimulus::new(operations)
        })
        .boxed()
}

/// Two requests from idle, again and again, the second after every small distance and in every relation to the first.
pub fn all_rules(organisation: Organisation) -> BoxedStrategy<VaultStimulus> {
    let relation = 0..4u8;
    let pair = (
        organisation.anywhere(),
        relation,
        any::<(bool, bool)>(),
        prop_oneof![0..4u32, 0..2 * organisation.row_cycle],
        prop_oneof![Just(u64::MAX), Just(0xffff_ffff)],
    );
    (vec(pair, 60..120), settings())
        .prop_map(move |(pairs, settings)| {
            let mut operations = Vec::new();
            for (at, relation, (first_writes, second_writes), wait, strobes) in pairs {
                let per_group = organisation.banks_per_group;
                let second = match relation {
                    0 => at,
                    1 => Place {
                        row: (at.row + 1) % organisation.rows,
                        ..at
                    },
                    2 => Place {
                        bank: at.bank / per_group * per_group + (at.bank + 1) % per_group,
                        ..at
                    },
                    _ => Place {
                        bank: (at.bank + per_group) % organisation.banks,
                        ..at
                    },
                };
                let request = |at, writes| match writes {
                    true => Operation::Write {
                        at,
                        strobes,
                        seed: wait,
                    },
                    false => Operation::Read { at, urgent: false },
                };
                operations.push(request(at, first_writes));
                operations.push(Operation::Wait(wait));
                operations.push(request(second, second_writes));
                operations.push(Operation::Wait(3 * organisation.row_cycle));
            }
            let settings = Settings {
                drain_idle: 1,
                pd_idle: 0,
                scrub_interval: 0,
                ..settings
            };
            VaultStimulus {
                settings,
                ..VaultStimulus::new(operations)
            }
        })
        .boxed()
}

/// Resets after traffic, in the middle of it and after pauses.
pub fn resets(organisation: Organisation) -> BoxedStrategy<Vec<Operation>> {
    let step = (
        requests(organisation, 10..60, 20..80),
        prop_oneof![Just(0u32), 1..60u32, 100..4000u32],
        any::<bool>(),
    );
    vec(step, 3..6)
        .prop_map(|steps| {
            let each = |(mut requests, wait, settle): (Vec<Operation>, u32, bool)| {
                if settle {
                    requests.push(Operation::Settle);
                }
                requests.push(Operation::Wait(wait));
                requests.push(Operation::Reset);
                requests
            };
            steps.into_iter().flat_map(each).collect()
        })
        .boxed()
}
