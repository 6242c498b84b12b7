//! A timing set: reading one, and what follows from it.

use serde::de::IntoDeserializer;
use serde::de::value::{Error as ValueError, MapDeserializer};
use serde::{Deserialize, Serialize};

use super::{Picoseconds, TimingError};

/// The sets that come with the project: name and text of `rtl/mem3d/timing/<name>.toml`.
const NAMED: [(&str, &str); 3] = [
    (
        "hbm3",
        include_str!("../../../../rtl/mem3d/timing/hbm3.toml"),
    ),
    (
        "hbm4",
        include_str!("../../../../rtl/mem3d/timing/hbm4.toml"),
    ),
    (
        "hb3d",
        include_str!("../../../../rtl/mem3d/timing/hb3d.toml"),
    ),
];

/// The timing and the organisation of a die. The fields are the RTL's parameters (`t_rcd` is
/// `TRcd`); what each means is the table "Timing sets" of `docs/mem3d.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TimingSet {
    /// Clock period of the die; the controller's is twice that.
    pub t_ck: Picoseconds,
    /// ACT to RD or WR, same bank.
    pub t_rcd: Picoseconds,
    /// PRE or internal precharge to ACT, REF or RFM, same bank.
    pub t_rp: Picoseconds,
    /// ACT to PRE, same bank.
    pub t_ras: Picoseconds,
    /// ACT to ACT, REF or RFM, same bank.
    pub t_rc: Picoseconds,
    /// ACT to ACT, other bank group.
    pub t_rrd_s: Picoseconds,
    /// ACT to ACT, other bank of the same group.
    pub t_rrd_l: Picoseconds,
    /// First to fifth of any five ACTs.
    pub t_faw: Picoseconds,
    /// RD to RD and WR to WR, other bank group.
    pub t_ccd_s: Picoseconds,
    /// RD to RD and WR to WR, same bank group.
    pub t_ccd_l: Picoseconds,
    /// RD to its first data.
    pub t_cl: Picoseconds,
    /// WR to its first data.
    pub t_cwl: Picoseconds,
    /// A burst on the data bus.
    pub t_burst: Picoseconds,
    /// Idle data bus between bursts of opposite directions.
    pub t_turn: Picoseconds,
    /// End of write data to PRE, same bank.
    pub t_wr: Picoseconds,
    /// End of write data to RD, other bank group.
    pub t_wtr_s: Picoseconds,
    /// End of write data to RD, same bank group.
    pub t_wtr_l: Picoseconds,
    /// RD to PRE, same bank.
    pub t_rtp: Picoseconds,
    /// REFab to any command.
    pub t_rfc_ab: Picoseconds,
    /// REFpb to ACT, REF or RFM of that bank.
    pub t_rfc_pb: Picoseconds,
    /// REFpb or RFMpb to REFpb, RFMpb or ACT of another bank.
    pub t_rrefd: Picoseconds,
    /// RFMpb to ACT, REF or RFM of that bank.
    pub t_rfm: Picoseconds,
    /// Average interval in which each bank needs a refresh, at temperature code 0.
    pub t_refi: Picoseconds,
    /// PDX to any command.
    pub t_xp: Picoseconds,
    /// PDE to PDX.
    pub t_pd: Picoseconds,
    /// SRX to any command.
    pub t_xs: Picoseconds,
    /// SRE to SRX.
    pub t_sr: Picoseconds,
    /// Activations that a REF or RFM takes off a bank's count; 0 where the die counts none.
    pub raa_imt: u32,
    /// Most activations that a bank may count.
    pub raa_mmt: u32,
    /// Bank groups of a vault.
    pub bank_groups: u32,
    /// Banks of a group.
    pub banks_per_group: u32,
    /// Bytes of a row.
    pub row_bytes: u32,
    /// Rows of a bank.
    pub rows: u32,
}

/// A file: one table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    parameters: TimingSet,
}

impl TimingSet {
    /// Every parameter, as the files and the RTL name it.
    pub const PARAMETERS: [&'static str; 33] = [
        "TCk",
        "TRcd",
        "TRp",
        "TRas",
        "TRc",
        "TRrdS",
        "TRrdL",
        "TFaw",
        "TCcdS",
        "TCcdL",
        "TCl",
        "TCwl",
        "TBurst",
        "TTurn",
        "TWr",
        "TWtrS",
        "TWtrL",
        "TRtp",
        "TRfcAb",
        "TRfcPb",
        "TRrefd",
        "TRfm",
        "TRefi",
        "TXp",
        "TPd",
        "TXs",
        "TSr",
        "RaaImt",
        "RaaMmt",
        "BankGroups",
        "BanksPerGroup",
        "RowBytes",
        "Rows",
    ];

    /// The names of the sets that come with the project.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, _)| *name)
    }

    /// The set `hbm3`, `hbm4` or `hb3d`.
    ///
    /// # Errors
    ///
    /// [`TimingError::UnknownSet`] lists the names that exist.
    pub fn named(name: &str) -> Result<Self, TimingError> {
        match NAMED.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Self::parse(&format!("rtl/mem3d/timing/{name}.toml"), text),
            None => Err(TimingError::UnknownSet {
                name: name.to_owned(),
                known: Self::names().collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// Reads the text of a timing file: TOML, a table `[parameters]` with each parameter once, times
    /// in picoseconds. `path` is for messages.
    ///
    /// # Errors
    ///
    /// [`TimingError::File`] with the place of what is no TOML, unknown, missing, out of range or
    /// cannot work.
    pub fn parse(path: &str, text: &str) -> Result<Self, TimingError> {
        let at = |offset: usize, message: String| {
            let (line, column) = line_and_column(text, offset);
            TimingError::File {
                path: path.to_owned(),
                line,
                column,
                message,
            }
        };
        let set = toml::from_str::<File>(text)
            .map_err(|error| {
                let offset = error.span().map_or(0, |span| span.start);
                at(offset, error.message().to_owned())
            })?
            .parameters;
        set.validate().map_err(|error| {
            let offset = match &error {
                TimingError::Unworkable { parameter, .. } => key_offset(text, parameter),
                _ => 0,
            };
            at(offset, error.to_string())
        })?;
        Ok(set)
    }

    /// The set of a design, from its elaborated parameters: `value` is asked for each name of
    /// [`Self::PARAMETERS`].
    ///
    /// # Errors
    ///
    /// [`TimingError::Parameters`] names one that is missing or does not fit its type,
    /// [`TimingError::Unworkable`] one that cannot work.
    pub fn from_parameters(
        mut value: impl FnMut(&str) -> Option<u64>,
    ) -> Result<Self, TimingError> {
        let found = Self::PARAMETERS
            .iter()
            .filter_map(|name| Some((*name, value(name)?)));
        let map = MapDeserializer::<_, ValueError>::new(found);
        let set = Self::deserialize(map.into_deserializer()).map_err(|error| {
            TimingError::Parameters {
                message: error.to_string(),
            }
        })?;
        set.validate()?;
        Ok(set)
    }

    /// The controller's clock period, `2 * TCk`.
    pub fn period(&self) -> Picoseconds {
        Picoseconds(2 * self.t_ck.0)
    }

    /// Controller clocks that `span` takes, rounded up.
    pub fn cycles(&self, span: Picoseconds) -> u64 {
        span.0.div_ceil(self.period().0)
    }

    /// `RL`: controller clocks from RD to its data on the pins.
    pub fn read_latency_cycles(&self) -> u64 {
        self.cycles(self.t_cl)
    }

    /// `WL`: controller clocks from WR to its data on the pins.
    pub fn write_latency_cycles(&self) -> u64 {
        self.cycles(self.t_cwl)
    }

    /// Banks of a vault.
    pub fn banks(&self) -> u32 {
        self.bank_groups * self.banks_per_group
    }

    /// 64-byte lines of a row.
    pub fn lines_per_row(&self) -> u32 {
        self.row_bytes / 64
    }

    /// 32-byte bursts of a row.
    pub fn bursts_per_row(&self) -> u32 {
        self.row_bytes / 32
    }
}

/// Line and column of a byte of `text`, both from 1.
fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = 1 + before.matches('\n').count();
    (line, 1 + before[line_start..].chars().count())
}

/// Where `text` sets `key`; its beginning if it does so in a way that cannot be found.
fn key_offset(text: &str, key: &str) -> usize {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let sets_key = line[indent..]
            .strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with('='));
        if sets_key {
            return offset + indent;
        }
        offset += line.len();
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hbm3_text() -> &'static str {
        NAMED[0].1
    }

    fn refused(text: &str) -> String {
        TimingSet::parse("my.toml", text)
            .expect_err("the text should be refused")
            .to_string()
    }

    #[test]
    fn the_named_sets_are_read_and_work() {
        let latencies: Vec<_> = TimingSet::names()
            .map(|name| {
                let set = TimingSet::named(name).expect("a set of the project works");
                (
                    name,
                    set.period().0,
                    set.read_latency_cycles(),
                    set.write_latency_cycles(),
                )
            })
            .collect();
        assert_eq!(
            latencies,
            [
                ("hbm3", 1250, 10, 7),
                ("hbm4", 1000, 10, 7),
                ("hb3d", 1000, 4, 3)
            ]
        );
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = TimingSet::named("ddr5").expect_err("no such set");
        assert_eq!(
            error.to_string(),
            "timing set `ddr5` not found (known: hbm3, hbm4, hb3d)"
        );
    }

    #[test]
    fn the_list_of_parameters_is_that_of_the_struct() {
        let set = TimingSet::named("hbm4").expect("a set of the project works");
        let table = toml::Table::try_from(&set).expect("a set serialises");
        assert_eq!(table.keys().collect::<Vec<_>>(), TimingSet::PARAMETERS);
        let value = |name: &str| table[name].as_integer().map(|value| value as u64);
        assert_eq!(TimingSet::from_parameters(value), Ok(set));
    }

    #[test]
    fn a_missing_parameter_of_a_design_is_named() {
        let error = TimingSet::from_parameters(|name| (name != "TFaw").then_some(1))
            .expect_err("TFaw is missing");
        assert_eq!(error.to_string(), "parameters: missing field `TFaw`");
    }

    #[test]
    fn a_syntax_error_has_file_line_and_column() {
        let text = hbm3_text().replace("TRp = 16_250", "TRp = sixteen");
        let line = 1 + text
            .lines()
            .position(|line| line.contains("sixteen"))
            .expect("it is there");
        let message = refused(&text);
        assert!(
            message.starts_with(&format!("my.toml:{line}:7: ")),
            "{message}"
        );
    }

    #[test]
    fn an_unknown_key_is_placed_and_lists_the_known() {
        let text = hbm3_text().replace("TRp = 16_250", "TRpp = 16_250");
        let line = 1 + text
            .lines()
            .position(|line| line.contains("TRpp"))
            .expect("it is there");
        let message = refused(&text);
        assert!(
            message.starts_with(&format!(
                "my.toml:{line}:1: unknown field `TRpp`, expected one of `TCk`"
            )),
            "{message}"
        );
    }

    #[test]
    fn a_missing_key_is_named() {
        let message = refused(&hbm3_text().replace("TRp = 16_250\n", ""));
        assert!(message.contains("missing field `TRp`"), "{message}");
        assert!(message.starts_with("my.toml:"), "{message}");
    }

    #[test]
    fn a_negative_time_says_what_was_expected() {
        let message = refused(&hbm3_text().replace("TRp = 16_250", "TRp = -1"));
        assert!(message.contains("integer `-1`, expected u64"), "{message}");
    }

    #[test]
    fn a_value_that_cannot_work_is_placed() {
        let text = hbm3_text().replace("TBurst = 1_250", "TBurst = 1_000");
        let line = 1 + text
            .lines()
            .position(|line| line.starts_with("TBurst"))
            .expect("it is there");
        assert_eq!(
            refused(&text),
            format!("my.toml:{line}:1: `TBurst` is 1000, needs 2 * TCk = 1250")
        );
    }
}
