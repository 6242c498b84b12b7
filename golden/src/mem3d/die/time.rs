//! Times of the die, finer than picoseconds.

use std::ops::{Add, Mul, Sub};

use super::super::timing::{Picoseconds, TimingSet};
use super::violation::Rule;

/// A moment or a span in half picoseconds: an ACT happens at `TCk / 2`, half of an odd number in `hbm3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Time(pub i64);

impl Time {
    /// Long before any span could matter.
    pub(super) const NEVER: Self = Self(i64::MIN / 4);
    /// After everything.
    pub(super) const END: Self = Self(i64::MAX);

    pub(super) fn of(span: Picoseconds) -> Self {
        Self(2 * span.0 as i64)
    }

    /// Rounded down to whole picoseconds; the die's time begins at 0.
    pub(super) fn picoseconds(self) -> Picoseconds {
        Picoseconds(self.0.max(0) as u64 / 2)
    }

    pub(super) fn nanoseconds(self) -> f64 {
        self.0 as f64 / 2000.0
    }
}

impl Add for Time {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Time {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Mul<i64> for Time {
    type Output = Self;

    fn mul(self, factor: i64) -> Self {
        Self(self.0 * factor)
    }
}

/// A rule of the kind "at least so long after that event".
#[derive(Debug, Clone, Copy)]
pub(super) struct Spacing {
    pub(super) rule: Rule,
    /// What it counts from, for messages.
    pub(super) event: &'static str,
    pub(super) span: Time,
}

/// The timing set in the die's units.
#[derive(Debug, Clone)]
pub(super) struct Spans {
    pub(super) period: Time,
    /// From the beginning of a cycle to its ACT.
    pub(super) half_clock: Time,
    pub(super) read_latency: Time,
    pub(super) write_latency: Time,
    pub(super) burst: Time,
    pub(super) turn: Time,
    pub(super) rcd: Spacing,
    pub(super) rp: Spacing,
    pub(super) ras: Spacing,
    pub(super) rc: Spacing,
    pub(super) rrd_s: Spacing,
    pub(super) rrd_l: Spacing,
    pub(super) faw: Spacing,
    pub(super) ccd_s: Spacing,
    pub(super) ccd_l: Spacing,
    pub(super) wr: Spacing,
    pub(super) wtr_s: Spacing,
    pub(super) wtr_l: Spacing,
    pub(super) rtp: Spacing,
    pub(super) rfc_ab: Spacing,
    pub(super) rfc_pb: Spacing,
    pub(super) rrefd: Spacing,
    pub(super) rfm: Spacing,
    pub(super) xp: Spacing,
    pub(super) pd: Spacing,
    pub(super) xs: Spacing,
    pub(super) sr: Spacing,
}

impl Spans {
    pub(super) fn new(set: &TimingSet) -> Self {
        let spacing = |rule, event, span| Spacing {
            rule,
            event,
            span: Time::of(span),
        };
        Self {
            period: Time::of(set.period()),
            half_clock: Time(set.t_ck.0 as i64),
            read_latency: Time::of(set.t_cl),
            write_latency: Time::of(set.t_cwl),
            burst: Time::of(set.t_burst),
            turn: Time::of(set.t_turn),
            rcd: spacing(Rule::TRcd, "ACT", set.t_rcd),
            rp: spacing(Rule::TRp, "precharge", set.t_rp),
            ras: spacing(Rule::TRas, "ACT", set.t_ras),
            rc: spacing(Rule::TRc, "ACT", set.t_rc),
            rrd_s: spacing(Rule::TRrdS, "ACT in another group", set.t_rrd_s),
            rrd_l: spacing(Rule::TRrdL, "ACT in the same group", set.t_rrd_l),
            faw: spacing(Rule::TFaw, "the fourth last ACT", set.t_faw),
            ccd_s: spacing(
                Rule::TCcdS,
                "the last of its kind in another group",
                set.t_ccd_s,
            ),
            ccd_l: spacing(
                Rule::TCcdL,
                "the last of its kind in the same group",
                set.t_ccd_l,
            ),
            wr: spacing(Rule::TWr, "the end of write data", set.t_wr),
            wtr_s: spacing(
                Rule::TWtrS,
                "the end of write data to another group",
                set.t_wtr_s,
            ),
            wtr_l: spacing(
                Rule::TWtrL,
                "the end of write data to the same group",
                set.t_wtr_l,
            ),
            rtp: spacing(Rule::TRtp, "RD", set.t_rtp),
            rfc_ab: spacing(Rule::TRfcAb, "REFab", set.t_rfc_ab),
            rfc_pb: spacing(Rule::TRfcPb, "REFpb", set.t_rfc_pb),
            rrefd: spacing(Rule::TRrefd, "REFpb or RFMpb of another bank", set.t_rrefd),
            rfm: spacing(Rule::TRfm, "RFMpb", set.t_rfm),
            xp: spacing(Rule::TXp, "PDX", set.t_xp),
            pd: spacing(Rule::TPd, "PDE", set.t_pd),
            xs: spacing(Rule::TXs, "SRX", set.t_xs),
            sr: spacing(Rule::TSr, "SRE", set.t_sr),
        }
    }
}
