//! How close to their limits the commands on a vault's pins come.
//!
//! A rule that is never met at its limit has not been tested: a timer one clock too long would pass. The tracker
//! knows the rules' limits in controller clocks and tells, for each command, which rules it came under and how close.

/// A rule between two commands, as docs/mem3d.md names its parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub enum Spacing {
    /// ACT to RD or WR, same bank.
    Rcd,
    /// PRE to ACT, same bank.
    Rp,
    /// ACT to PRE, same bank.
    Ras,
    /// ACT to ACT, same bank.
    Rc,
    /// ACT to ACT, another bank group.
    RrdS,
    /// ACT to ACT, another bank of the group.
    RrdL,
    /// ACT to the fourth ACT after it.
    Faw,
    /// Column command to one of the same direction, another bank group.
    CcdS,
    /// The same within the bank group.
    CcdL,
    /// RD to PRE, same bank.
    Rtp,
    /// WR to PRE, same bank.
    Wr,
    /// WR to RD, another bank group.
    WtrS,
    /// WR to RD, same bank group.
    WtrL,
    /// RD to WR.
    Rtw,
    /// REFab to ACT.
    RfcAb,
    /// REFpb to ACT of its bank.
    RfcPb,
    /// REFpb or RFMpb to ACT of another bank.
    Rrefd,
}

impl Spacing {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Rcd,
        Self::Rp,
        Self::Ras,
        Self::Rc,
        Self::RrdS,
        Self::RrdL,
        Self::Faw,
        Self::CcdS,
        Self::CcdL,
        Self::Rtp,
        Self::Wr,
        Self::WtrS,
        Self::WtrL,
        Self::Rtw,
        Self::RfcAb,
        Self::RfcPb,
        Self::Rrefd,
    ];

    /// Bin name.
    pub const NAMES: [&'static str; 17] = [
        "trcd", "trp", "tras", "trc", "trrd_s", "trrd_l", "tfaw", "tccd_s", "tccd_l", "trtp",
        "twr", "twtr_s", "twtr_l", "trtw", "trfc_ab", "trfc_pb", "trrefd",
    ];
}

/// How far a command is beyond a rule's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Distance {
    /// In the first clock that the rule allows.
    AtLimit,
    /// One to four clocks later.
    Near,
    /// Later.
    Far,
}

/// A command on the pins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Opens a row.
    Act,
    /// Closes a bank's row.
    Pre,
    /// Reads a burst.
    Read,
    /// Writes a burst.
    Write,
    /// Refreshes all banks.
    RefreshAll,
    /// Refreshes a bank, or manages its row hammer.
    RefreshBank,
}

/// Remembers when each bank had what, and classifies the next command.
#[derive(Clone, Debug)]
pub struct SpacingTracker {
    limits: [u64; Spacing::ALL.len()],
    banks_per_group: usize,
    banks: Vec<BankTimes>,
    /// The last four ACTs, oldest first: cycle and bank.
    acts: Vec<(u64, usize)>,
    reads: Vec<Option<u64>>,
    writes: Vec<Option<u64>>,
    refresh_all: Option<u64>,
    refresh_bank: Option<(u64, usize)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct BankTimes {
    act: Option<u64>,
    pre: Option<u64>,
    read: Option<u64>,
    write: Option<u64>,
    refresh: Option<u64>,
}

impl SpacingTracker {
    /// For a vault whose rules allow the second command `limits` clocks after the first, in the order of
    /// [`Spacing::ALL`].
    #[must_use]
    pub fn new(limits: [u64; Spacing::ALL.len()], groups: usize, banks_per_group: usize) -> Self {
        Self {
            limits,
            banks_per_group,
            banks: vec![BankTimes::default(); groups * banks_per_group],
            acts: Vec::new(),
            reads: vec![None; groups],
            writes: vec![None; groups],
            refresh_all: None,
            refresh_bank: None,
        }
    }

    /// Takes a command of clock `now`; calls `each` with every rule that it came under and how close it came.
    /// Commands of one clock come in the order of their buses: row, ACT, column.
    pub fn command(
        &mut self,
        now: u64,
        command: Command,
        bank: usize,
        mut each: impl FnMut(Spacing, Distance),
    ) {
        let limits = self.limits;
        let mut since = |rule: Spacing, then: Option<u64>| {
            let Some(then) = then else { return };
            let beyond = (now - then).saturating_sub(limits[rule as usize]);
            each(
                rule,
                match beyond {
                    0 => Distance::AtLimit,
                    1..=4 => Distance::Near,
                    _ => Distance::Far,
                },
            );
        };
        let group = bank / self.banks_per_group;
        let at = self.banks[bank];
        // The last of a group's and of the other groups' column commands.
        let split = |times: &[Option<u64>]| {
            let others = times
                .iter()
                .enumerate()
                .filter(|(index, _)| *index != group);
            (times[group], others.filter_map(|(_, time)| *time).max())
        };
        match command {
            Command::Act => {
                since(Spacing::Rp, at.pre.filter(|pre| Some(*pre) > at.refresh));
                since(Spacing::Rc, at.act);
                if let Some((then, last)) = self.acts.last()
                    && *last != bank
                {
                    let same = last / self.banks_per_group == group;
                    since(
                        [Spacing::RrdS, Spacing::RrdL][usize::from(same)],
                        Some(*then),
                    );
                }
                if self.acts.len() == 4 {
                    since(Spacing::Faw, Some(self.acts[0].0));
                    self.acts.remove(0);
                }
                let all_later = self.refresh_all >= at.refresh && self.refresh_all > at.act;
                since(Spacing::RfcAb, self.refresh_all.filter(|_| all_later));
                let own_later = at.refresh > self.refresh_all && at.refresh > at.act;
                since(Spacing::RfcPb, at.refresh.filter(|_| own_later));
                let other = self.refresh_bank.filter(|(_, other)| *other != bank);
                since(Spacing::Rrefd, other.map(|(then, _)| then));
                self.acts.push((now, bank));
                self.banks[bank].act = Some(now);
            }
            Command::Pre => {
                since(Spacing::Ras, at.act);
                since(Spacing::Rtp, at.read.filter(|read| Some(*read) > at.act));
                since(Spacing::Wr, at.write.filter(|write| Some(*write) > at.act));
                self.banks[bank].pre = Some(now);
            }
            Command::Read => {
                let first = at.read.max(at.write) < at.act;
                since(Spacing::Rcd, at.act.filter(|_| first));
                let (same, others) = split(&self.reads);
                since(Spacing::CcdL, same);
                since(Spacing::CcdS, others);
                let (same, others) = split(&self.writes);
                since(Spacing::WtrL, same);
                since(Spacing::WtrS, others);
                self.reads[group] = Some(now);
                self.banks[bank].read = Some(now);
            }
            Command::Write => {
                let first = at.read.max(at.write) < at.act;
                since(Spacing::Rcd, at.act.filter(|_| first));
                let (same, others) = split(&self.writes);
                since(Spacing::CcdL, same);
                since(Spacing::CcdS, others);
                since(Spacing::Rtw, self.reads.iter().copied().flatten().max());
                self.writes[group] = Some(now);
                self.banks[bank].write = Some(now);
            }
            Command::RefreshAll => self.refresh_all = Some(now),
            Command::RefreshBank => {
                self.refresh_bank = Some((now, bank));
                self.banks[bank].refresh = Some(now);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracker() -> SpacingTracker {
        let mut limits = [10; Spacing::ALL.len()];
        limits[Spacing::Faw as usize] = 40;
        SpacingTracker::new(limits, 2, 2)
    }

    fn seen(
        tracker: &mut SpacingTracker,
        now: u64,
        command: Command,
        bank: usize,
    ) -> Vec<(Spacing, Distance)> {
        let mut seen = Vec::new();
        tracker.command(now, command, bank, |rule, distance| {
            seen.push((rule, distance))
        });
        seen
    }

    #[test]
    fn a_row_comes_under_its_banks_rules() {
        let mut tracker = tracker();
        assert_eq!(seen(&mut tracker, 0, Command::Act, 0), []);
        assert_eq!(
            seen(&mut tracker, 10, Command::Read, 0),
            [(Spacing::Rcd, Distance::AtLimit)]
        );
        assert_eq!(
            seen(&mut tracker, 21, Command::Pre, 0),
            [
                (Spacing::Ras, Distance::Far),
                (Spacing::Rtp, Distance::Near)
            ]
        );
        assert_eq!(
            seen(&mut tracker, 31, Command::Act, 0),
            [
                (Spacing::Rp, Distance::AtLimit),
                (Spacing::Rc, Distance::Far)
            ]
        );
    }

    #[test]
    fn groups_tell_short_from_long_rules() {
        let mut tracker = tracker();
        seen(&mut tracker, 0, Command::Act, 0);
        assert_eq!(
            seen(&mut tracker, 10, Command::Act, 1),
            [(Spacing::RrdL, Distance::AtLimit)]
        );
        assert_eq!(
            seen(&mut tracker, 14, Command::Act, 2)[0],
            (Spacing::RrdS, Distance::AtLimit)
        );
        seen(&mut tracker, 20, Command::Write, 0);
        let after = seen(&mut tracker, 31, Command::Read, 2);
        assert!(
            after.contains(&(Spacing::WtrS, Distance::Near)),
            "{after:?}"
        );
        let after = seen(&mut tracker, 41, Command::Write, 1);
        assert!(
            after.contains(&(Spacing::Rtw, Distance::AtLimit)),
            "{after:?}"
        );
        assert!(after.contains(&(Spacing::CcdL, Distance::Far)), "{after:?}");
    }

    #[test]
    fn the_fifth_activation_looks_at_the_first() {
        let mut tracker = tracker();
        for (now, bank) in [(0, 0), (10, 1), (20, 2), (30, 3)] {
            seen(&mut tracker, now, Command::Act, bank);
        }
        assert!(
            seen(&mut tracker, 40, Command::Act, 0).contains(&(Spacing::Faw, Distance::AtLimit))
        );
    }

    #[test]
    fn refreshes_hold_rows_back() {
        let mut tracker = tracker();
        seen(&mut tracker, 0, Command::RefreshAll, 0);
        assert_eq!(
            seen(&mut tracker, 10, Command::Act, 3),
            [(Spacing::RfcAb, Distance::AtLimit)]
        );
        seen(&mut tracker, 50, Command::RefreshBank, 1);
        assert!(
            seen(&mut tracker, 60, Command::Act, 1).contains(&(Spacing::RfcPb, Distance::AtLimit))
        );
        assert!(
            seen(&mut tracker, 62, Command::Act, 2).contains(&(Spacing::Rrefd, Distance::Near))
        );
    }
}
