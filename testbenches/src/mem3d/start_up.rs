//! What a controller does after a reset before anything else: "After reset" of `docs/mem3d.md`.

use gpnpu_golden::mem3d::timing::TimingSet;

use crate::ports::mem3d_pkg::{DramCmd, row_op_e};

/// Refreshes of all banks at the start.
const REFRESHES: u8 = 8;

/// The next command that has to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Pdx,
    Srx,
    Prea,
    /// So many were there.
    RefAb(u8),
}

/// Follows the commands from a reset to the last refresh of the start.
#[derive(Clone, Debug)]
pub struct StartUp {
    clocks: u64,
    wait: u64,
    next: Next,
}

impl StartUp {
    /// At a reset, with a die of that set.
    pub fn new(set: &TimingSet) -> Self {
        Self {
            clocks: 0,
            wait: set.cycles(set.t_rfc_ab.max(set.t_sr)),
            next: Next::Pdx,
        }
    }

    /// The commands of a clock; whether the start is over with them.
    ///
    /// # Errors
    ///
    /// What came too early, and what should have come first.
    pub fn observe(&mut self, command: &DramCmd) -> Result<bool, String> {
        self.clocks += 1;
        let row = command.row_op;
        if row == row_op_e::ROW_NONE && !command.act_valid && !command.col_valid {
            return Ok(false);
        }
        let (op, after) = match self.next {
            Next::Pdx if self.clocks <= self.wait => {
                return Err(format!(
                    "a command {} clocks after the reset, the first comes after {}",
                    self.clocks, self.wait
                ));
            }
            Next::Pdx => (row_op_e::ROW_PDX, Next::Srx),
            Next::Srx => (row_op_e::ROW_SRX, Next::Prea),
            Next::Prea => (row_op_e::ROW_PRE_ALL, Next::RefAb(0)),
            Next::RefAb(done) => (row_op_e::ROW_REF_AB, Next::RefAb(done + 1)),
        };
        if row != op || command.act_valid || command.col_valid {
            return Err(format!("{command:?}, {:?} comes first", self.next));
        }
        self.next = after;
        Ok(after == Next::RefAb(REFRESHES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(row_op: u8) -> DramCmd {
        DramCmd {
            row_op,
            ..DramCmd::default()
        }
    }

    /// The commands of a start, after `wait` idle clocks.
    fn start(wait: u64, commands: &[DramCmd]) -> Result<bool, String> {
        let set = TimingSet::named("hbm3").expect("a set of the project works");
        let mut start = StartUp::new(&set);
        for _ in 0..wait {
            assert_eq!(start.observe(&DramCmd::default()), Ok(false));
        }
        let mut over = Ok(false);
        for command in commands {
            over = Ok(start.observe(command)?);
        }
        over
    }

    #[test]
    fn the_start_is_over_after_its_last_refresh() {
        let mut commands = vec![
            row(row_op_e::ROW_PDX),
            row(row_op_e::ROW_SRX),
            row(row_op_e::ROW_PRE_ALL),
        ];
        commands.extend([row(row_op_e::ROW_REF_AB); 7]);
        assert_eq!(start(280, &commands), Ok(false));
        let early = start(279, &commands).expect_err("one clock too early");
        assert!(early.contains("280 clocks after the reset"), "{early}");
        let mut opens = commands.clone();
        opens.push(DramCmd {
            act_valid: true,
            ..DramCmd::default()
        });
        let failure = start(280, &opens).expect_err("a refresh is missing");
        assert!(failure.contains("RefAb(7) comes first"), "{failure}");
        commands.push(row(row_op_e::ROW_REF_AB));
        assert_eq!(start(280, &commands), Ok(true));
        commands.remove(1);
        let failure = start(280, &commands).expect_err("no exit from self-refresh");
        assert!(failure.contains("Srx comes first"), "{failure}");
    }
}
