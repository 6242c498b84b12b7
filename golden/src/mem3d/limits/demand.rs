//! What a pattern demands of each resource, and the limit that follows.

use std::fmt;

use super::super::timing::{Picoseconds, TimingSet};

/// Which way the data of a visit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Traffic {
    /// From the die.
    Read,
    /// To the die.
    Write,
}

/// How the die is refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refresh {
    /// Not at all.
    None,
    /// REFab, this many (1 to 8) each time the banks are closed for it.
    AllBank {
        /// Refreshes in a row.
        batch: u32,
    },
    /// REFpb, bank by bank.
    PerBank,
}

/// A resource that limits bandwidth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// A burst per `TBurst`.
    DataBus,
    /// Bursts of one bank group, one per `TCcdL`.
    BankGroup,
    /// Four ACTs per `TFaw`.
    FourActs,
    /// An ACT per `TRrdS`.
    Acts,
    /// An ACT per `TRrdL` in one bank group.
    GroupActs,
    /// ACT and PRE on the row bus.
    RowBus,
    /// A bank's time from ACT to ACT.
    Bank,
}

impl Bound {
    /// The rule, or the bus.
    pub fn name(self) -> &'static str {
        match self {
            Self::DataBus => "data bus",
            Self::BankGroup => "TCcdL",
            Self::FourActs => "TFaw",
            Self::Acts => "TRrdS",
            Self::GroupActs => "TRrdL",
            Self::RowBus => "row bus",
            Self::Bank => "bank",
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A derived limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Share of the data bus's peak, 0 to 1.
    pub share: f64,
    /// What allows no more.
    pub bound: Bound,
}

impl Limit {
    /// The share in bytes per second of one vault.
    pub fn bytes_per_second(&self, set: &TimingSet) -> f64 {
        self.share * 32.0 / (set.t_burst.0 as f64 * 1e-12)
    }
}

/// The time that a pattern needs of each resource, in picoseconds; of groups and banks the busiest.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Demand {
    /// What counts as used: data on the bus.
    pub(super) data: f64,
    /// Data and what idles between directions.
    pub(super) bus: f64,
    pub(super) group: f64,
    pub(super) four_acts: f64,
    pub(super) acts: f64,
    pub(super) group_acts: f64,
    pub(super) row_bus: f64,
    pub(super) bank: f64,
}

impl Demand {
    /// `min over resources of (data / demand) * (1 - lost / TRefi)`.
    pub(super) fn limit(&self, set: &TimingSet, traffic: Traffic, refresh: Refresh) -> Limit {
        let left = Left::new(set, traffic, refresh);
        let candidates = [
            (Bound::DataBus, self.bus, left.bus),
            (Bound::BankGroup, self.group, left.others),
            (Bound::FourActs, self.four_acts, left.four_acts),
            (Bound::Acts, self.acts, left.acts),
            (Bound::GroupActs, self.group_acts, left.others),
            (Bound::RowBus, self.row_bus, left.others),
            (Bound::Bank, self.bank, left.bank),
        ];
        candidates
            .into_iter()
            .filter(|(_, needed, _)| *needed > 0.0)
            .map(|(bound, needed, left)| Limit {
                share: self.data / needed * left,
                bound,
            })
            .min_by(|a, b| a.share.total_cmp(&b.share))
            .unwrap_or(Limit {
                share: 0.0,
                bound: Bound::DataBus,
            })
    }
}

/// The share of its time that refreshes leave each resource.
struct Left {
    bus: f64,
    four_acts: f64,
    acts: f64,
    bank: f64,
    others: f64,
}

impl Left {
    const ALL: Self = Self {
        bus: 1.0,
        four_acts: 1.0,
        acts: 1.0,
        bank: 1.0,
        others: 1.0,
    };

    fn new(set: &TimingSet, traffic: Traffic, refresh: Refresh) -> Self {
        let without = |lost: f64| 1.0 - lost / set.t_refi.0 as f64;
        let ps = |span: Picoseconds| span.0 as f64;
        match refresh {
            Refresh::None => Self::ALL,
            // The data bus idles from the last burst before to the first one after; the others lose the refresh alone.
            Refresh::AllBank { batch } => {
                let pause = ps(pause(set, traffic)) / f64::from(batch.max(1));
                let others = without(ps(set.t_rfc_ab));
                Self {
                    bus: without(ps(set.t_rfc_ab) + pause),
                    four_acts: others,
                    acts: others,
                    bank: others,
                    others,
                }
            }
            // Each REFpb widens a gap between ACTs by TRrefd, and with it the four gaps that TFaw spans.
            Refresh::PerBank => {
                let banks = f64::from(set.banks());
                let four_gaps = 4.0 * ps(set.t_rrd_s) + ps(set.t_rrefd);
                Self {
                    four_acts: without(banks * (four_gaps - ps(set.t_faw)).max(0.0)),
                    acts: without(banks * ps(set.t_rrefd)),
                    bank: without(ps(set.t_rfc_pb)),
                    ..Self::ALL
                }
            }
        }
    }
}

/// From the last column command before a refresh of all banks to the first after it, less the refresh.
fn pause(set: &TimingSet, traffic: Traffic) -> Picoseconds {
    recovery(set, traffic) + set.t_rp + set.t_rcd
}

/// From a column command to PRE.
fn recovery(set: &TimingSet, traffic: Traffic) -> Picoseconds {
    match traffic {
        Traffic::Read => set.t_rtp,
        Traffic::Write => set.t_cwl + set.t_burst + set.t_wr,
    }
}

/// How long a visit of so many bursts keeps its bank: `max(TRc, TRcd + (bursts - 1) * TCcdL + recovery + TRp)`, and at
/// least `TRas + TRp`.
pub(super) fn bank_time(set: &TimingSet, bursts: u64, traffic: Traffic) -> f64 {
    let columns = Picoseconds(bursts.saturating_sub(1) * set.t_ccd_l.0);
    let open = (set.t_rcd + columns + recovery(set, traffic)).max(set.t_ras);
    (open + set.t_rp).max(set.t_rc).0 as f64
}

/// ACT takes 1.5 clocks of the row bus, PRE half a one.
pub(super) fn row_bus_time(set: &TimingSet) -> f64 {
    2.0 * set.t_ck.0 as f64
}
