//! What the die counts.

/// Commands that the die accepted, and clocks asleep, since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// ACT.
    pub act: u64,
    /// PRE, of precharged banks too.
    pub pre: u64,
    /// PREA.
    pub pre_all: u64,
    /// RD, with and without auto-precharge.
    pub rd: u64,
    /// WR, with and without auto-precharge.
    pub wr: u64,
    /// RD and WR with auto-precharge.
    pub auto_precharge: u64,
    /// RD and WR of a row that had one since its ACT.
    pub row_hits: u64,
    /// REFab.
    pub ref_ab: u64,
    /// REFpb.
    pub ref_pb: u64,
    /// Refreshes of a bank that restored nothing, because 8 were pulled in already.
    pub ref_in_vain: u64,
    /// RFMpb.
    pub rfm_pb: u64,
    /// PDE.
    pub pde: u64,
    /// SRE.
    pub sre: u64,
    /// Controller clocks in power-down.
    pub power_down_cycles: u64,
    /// Controller clocks in self-refresh.
    pub self_refresh_cycles: u64,
}
