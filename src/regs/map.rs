//! The register map, read and checked.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

/// Why a register map cannot be used, and where.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}:{line}:{column}: {fault}")]
pub struct MapError {
    /// The file.
    path: String,
    /// Line, from 1.
    line: usize,
    /// Column, from 1.
    column: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not TOML, or not of this form.
    #[error("{0}")]
    Syntax(String),
    /// A name that another one already has.
    #[error("{kind} `{name}` is there twice; names must differ")]
    SameName {
        /// Group, register or field.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A name that is no name in the generated languages.
    #[error(
        "`{0}` is no name; lower-case letters, digits and underscores are needed, a letter first"
    )]
    Name(String),
    /// A byte offset that is used or not allowed.
    #[error("register `{name}` is at {offset:#x}, {wrong}")]
    Offset {
        /// The register.
        name: String,
        /// Its offset in the group.
        offset: u32,
        /// What would have been right.
        wrong: String,
    },
    /// Groups that share addresses.
    #[error("group `{name}` begins at {offset:#x}, {wrong}")]
    Group {
        /// The group.
        name: String,
        /// Its offset.
        offset: u32,
        /// What would have been right.
        wrong: String,
    },
    /// Bits that are no range of a register.
    #[error("`{0}` are no bits of a register; one (\"7\") or \"high:low\" of 31 to 0 is needed")]
    Bits(String),
    /// Fields that share bits.
    #[error(
        "field `{name}` overlaps field `{other}`; bits {low} to {high} are free of others only without it"
    )]
    Overlap {
        /// The field.
        name: String,
        /// The one before.
        other: String,
        /// Its lowest bit.
        low: u32,
        /// Its highest bit.
        high: u32,
    },
    /// A reset value that does not fit.
    #[error("the reset {reset:#x} of field `{name}` does not fit into {width} bits")]
    Reset {
        /// The field.
        name: String,
        /// Its reset.
        reset: u32,
        /// Its width.
        width: u32,
    },
    /// A register that software writes and whose reset is not known.
    #[error("field `{0}` has no reset; only one that hardware decides (ro) may go without")]
    NoReset(String),
}

/// What software may do with a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Read only.
    Ro,
    /// Read and write.
    Rw,
    /// A written 1 clears.
    W1c,
    /// Any write clears.
    Clear,
    /// A written 1 acts.
    Wo,
}

impl Access {
    /// As in the source.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ro => "ro",
            Self::Rw => "rw",
            Self::W1c => "w1c",
            Self::Clear => "clear",
            Self::Wo => "wo",
        }
    }
}

/// A register map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// Its groups, by address.
    pub groups: Vec<Group>,
}

/// Registers that stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Name.
    pub name: String,
    /// What it stands for.
    pub meaning: String,
    /// Address of the first instance, in bytes.
    pub offset: u32,
    /// From one instance to the next, in bytes; 0 for a single one.
    pub stride: u32,
    /// How many instances there are at most.
    pub count: u32,
    /// Registers, by offset.
    pub registers: Vec<Register>,
}

/// A register of 32 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// Name, unique in the group.
    pub name: String,
    /// What it is for.
    pub meaning: String,
    /// Offset in the group, in bytes.
    pub offset: u32,
    /// What software may do with it.
    pub access: Access,
    /// Fields, from bit 0 up.
    pub fields: Vec<Field>,
}

/// Bits of a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name, unique in the register.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// Lowest bit.
    pub low: u32,
    /// Number of bits.
    pub width: u32,
    /// Value after reset; hardware decides without one.
    pub reset: Option<u32>,
}

impl Field {
    /// Its bits in the register.
    pub fn mask(&self) -> u32 {
        (u32::MAX >> (32 - self.width)) << self.low
    }
}

impl Register {
    /// The bits of all fields.
    pub fn mask(&self) -> u32 {
        self.fields
            .iter()
            .fold(0, |mask, field| mask | field.mask())
    }

    /// The bits of fields whose value after reset is known.
    pub fn known(&self) -> u32 {
        let known = self.fields.iter().filter(|field| field.reset.is_some());
        known.fold(0, |mask, field| mask | field.mask())
    }

    /// The value after reset, 0 where it is not known.
    pub fn reset(&self) -> u32 {
        let value = |field: &Field| field.reset.unwrap_or(0) << field.low;
        self.fields.iter().fold(0, |all, field| all | value(field))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMap {
    group: Vec<RawGroup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    name: Spanned<String>,
    meaning: String,
    offset: Spanned<u32>,
    stride: Option<u32>,
    count: Option<u32>,
    register: Vec<RawRegister>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRegister {
    name: Spanned<String>,
    meaning: String,
    offset: Spanned<u32>,
    access: Access,
    field: Vec<RawField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawField {
    name: Spanned<String>,
    meaning: String,
    bits: Spanned<String>,
    reset: Option<Spanned<u32>>,
}

/// Bytes that addresses of the bus can name.
const SPACE: u32 = 0x1_0000;

impl Map {
    /// Reads and checks the map in `text`; `path` is for messages.
    ///
    /// # Errors
    ///
    /// [`MapError`] with the place and the [`Fault`] there.
    pub fn parse(path: &str, text: &str) -> Result<Self, MapError> {
        let at = |span: Range<usize>, fault: Fault| {
            let before = text.get(..span.start).unwrap_or(text);
            MapError {
                path: path.to_owned(),
                line: before.matches('\n').count() + 1,
                column: before.chars().rev().take_while(|&c| c != '\n').count() + 1,
                fault,
            }
        };
        let raw: RawMap = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            at(span, Fault::Syntax(error.message().to_owned()))
        })?;
        let names = unique("group", raw.group.iter().map(|group| &group.name));
        names.map_err(|(span, fault)| at(span, fault))?;
        let mut groups: Vec<Group> = Vec::new();
        for group in raw.group {
            let span = group.offset.span();
            let group = checked_group(group).map_err(|(span, fault)| at(span, fault))?;
            let end = groups.iter().map(Group::end).max().unwrap_or(0);
            if group.offset < end {
                let wrong = format!("inside the group before it; at least {end:#x} is needed");
                return Err(at(span, group.fault(wrong)));
            }
            groups.push(group);
        }
        Ok(Self { groups })
    }
}

impl Group {
    /// Bytes that one instance takes.
    pub fn bytes(&self) -> u32 {
        let last = self.registers.last().map_or(0, |last| last.offset + 4);
        last.max(self.stride)
    }

    /// The first address behind it.
    fn end(&self) -> u32 {
        self.offset
            .saturating_add(self.bytes().saturating_mul(self.count))
    }

    fn fault(&self, wrong: String) -> Fault {
        Fault::Group {
            name: self.name.clone(),
            offset: self.offset,
            wrong,
        }
    }
}

type Found<T> = Result<T, (Range<usize>, Fault)>;

/// That each of `names` is a name, and no two are the same.
fn unique<'a>(kind: &'static str, names: impl Iterator<Item = &'a Spanned<String>>) -> Found<()> {
    let mut seen = BTreeMap::new();
    for name in names {
        let text = name.get_ref();
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.chars().all(letters) {
            return Err((name.span(), Fault::Name(text.clone())));
        }
        if seen.insert(text, ()).is_some() {
            let name_twice = text.clone();
            let fault = Fault::SameName {
                kind,
                name: name_twice,
            };
            return Err((name.span(), fault));
        }
    }
    Ok(())
}

fn checked_group(raw: RawGroup) -> Found<Group> {
    unique(
        "register",
        raw.register.iter().map(|register| &register.name),
    )?;
    let span = raw.offset.span();
    let mut registers: Vec<Register> = Vec::new();
    for register in raw.register {
        let span = register.offset.span();
        let register = checked_register(register)?;
        let next = registers.last().map_or(0, |before| before.offset + 4);
        let wrong = if register.offset % 4 != 0 {
            "a multiple of 4 is needed".to_owned()
        } else if register.offset < next {
            format!("where or behind which another register is; at least {next:#x} is needed")
        } else if raw.stride.is_some_and(|stride| register.offset >= stride) {
            "outside its group's stride".to_owned()
        } else {
            registers.push(register);
            continue;
        };
        let fault = Fault::Offset {
            name: register.name,
            offset: register.offset,
            wrong,
        };
        return Err((span, fault));
    }
    let group = Group {
        name: raw.name.into_inner(),
        meaning: raw.meaning,
        offset: raw.offset.into_inner(),
        stride: raw.stride.unwrap_or(0),
        count: raw.count.unwrap_or(1),
        registers,
    };
    if group.end() > SPACE || !group.offset.is_multiple_of(4) {
        let wrong = format!("a multiple of 4 with all of it below {SPACE:#x} is needed");
        return Err((span, group.fault(wrong)));
    }
    if (group.stride == 0) != (group.count == 1) {
        let wrong = "and has only one of `stride` and `count`; both are needed".to_owned();
        return Err((span, group.fault(wrong)));
    }
    Ok(group)
}

fn checked_register(raw: RawRegister) -> Found<Register> {
    unique("field", raw.field.iter().map(|field| &field.name))?;
    let mut fields: Vec<Field> = Vec::new();
    for field in raw.field {
        let (name_span, bits_span) = (field.name.span(), field.bits.span());
        let (low, width) = bits(field.bits.get_ref())
            .ok_or_else(|| (bits_span.clone(), Fault::Bits(field.bits.get_ref().clone())))?;
        let reset_span = field.reset.as_ref().map(Spanned::span);
        let field = Field {
            name: field.name.into_inner(),
            meaning: field.meaning,
            low,
            width,
            reset: field.reset.map(Spanned::into_inner),
        };
        let high = low + width - 1;
        if let Some(other) = fields.iter().find(|other| other.mask() & field.mask() != 0) {
            let fault = Fault::Overlap {
                name: field.name,
                other: other.name.clone(),
                low,
                high,
            };
            return Err((bits_span, fault));
        }
        match (field.reset, reset_span) {
            (Some(reset), Some(span)) if reset > u32::MAX >> (32 - width) => {
                let name = field.name;
                return Err((span, Fault::Reset { name, reset, width }));
            }
            (None, _) if raw.access != Access::Ro => {
                return Err((name_span, Fault::NoReset(field.name)));
            }
            _ => fields.push(field),
        }
    }
    fields.sort_by_key(|field| field.low);
    Ok(Register {
        name: raw.name.into_inner(),
        meaning: raw.meaning,
        offset: raw.offset.into_inner(),
        access: raw.access,
        fields,
    })
}

/// Lowest bit and width of "high:low" or of one bit.
fn bits(text: &str) -> Option<(u32, u32)> {
    let (high, low) = text.split_once(':').unwrap_or((text, text));
    let (high, low): (u32, u32) = (high.parse().ok()?, low.parse().ok()?);
    (low <= high && high < 32).then_some((low, high - low + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"[[group]]
name = "common"
offset = 0x0
meaning = "all"
[[group.register]]
name = "page"
offset = 0x4
access = "rw"
meaning = "pages"
[[group.register.field]]
name = "policy"
bits = "5:4"
reset = 2
meaning = "which"
[[group.register.field]]
name = "on"
bits = "0"
reset = 1
meaning = "whether"
[[group.register]]
name = "state"
offset = 0x8
access = "ro"
meaning = "state"
[[group.register.field]]
name = "now"
bits = "31:0"
meaning = "now"
[[group]]
name = "vault"
offset = 0x100
stride = 0x10
count = 2
meaning = "one"
[[group.register]]
name = "page"
offset = 0x0
access = "rw"
meaning = "pages"
[[group.register.field]]
name = "policy"
bits = "0"
reset = 0
meaning = "which"
"#;

    /// Line, column and message of the map with `old` replaced by `new`.
    fn error(old: &str, new: &str) -> String {
        assert!(TEXT.contains(old), "{old}");
        let text = TEXT.replacen(old, new, 1);
        Map::parse("regs.toml", &text).unwrap_err().to_string()
    }

    #[test]
    fn a_map_is_read_and_its_fields_sorted() {
        let map = Map::parse("regs.toml", TEXT).unwrap();
        let page = &map.groups[0].registers[0];
        assert_eq!(page.fields[0].name, "on");
        assert_eq!((page.mask(), page.reset()), (0x31, 0x21));
        let state = &map.groups[0].registers[1];
        assert_eq!((state.mask(), state.known()), (u32::MAX, 0));
        assert_eq!((map.groups[1].stride, map.groups[1].count), (0x10, 2));
    }

    #[test]
    fn overlapping_fields_are_refused() {
        assert_eq!(
            error("bits = \"0\"", "bits = \"4:0\""),
            "regs.toml:17:8: field `on` overlaps field `policy`; bits 0 to 4 are free of others only without it"
        );
    }

    #[test]
    fn names_that_are_there_twice_are_refused() {
        assert_eq!(
            error("name = \"on\"", "name = \"policy\""),
            "regs.toml:16:8: field `policy` is there twice; names must differ"
        );
        assert_eq!(
            error("name = \"state\"", "name = \"page\""),
            "regs.toml:21:8: register `page` is there twice; names must differ"
        );
        assert_eq!(
            error("name = \"vault\"", "name = \"common\""),
            "regs.toml:30:8: group `common` is there twice; names must differ"
        );
    }

    #[test]
    fn offsets_that_are_used_or_crooked_are_refused() {
        let message = error("offset = 0x8", "offset = 0x4");
        assert!(
            message.starts_with("regs.toml:22:10: register `state` is at 0x4")
                && message.ends_with("at least 0x8 is needed"),
            "{message}"
        );
        let message = error("offset = 0x8", "offset = 0xa");
        assert!(message.ends_with("a multiple of 4 is needed"), "{message}");
        let message = error("offset = 0x100", "offset = 0x8");
        assert!(
            message.starts_with("regs.toml:31:10: group `vault` begins at 0x8"),
            "{message}"
        );
        let message = error("stride = 0x10", "stride = 0x8000");
        assert!(message.contains("all of it below 0x10000"), "{message}");
    }

    #[test]
    fn bits_and_resets_must_fit() {
        for bits in ["32", "4:5", "x", "", "-1:0"] {
            let message = error("bits = \"5:4\"", &format!("bits = \"{bits}\""));
            assert!(
                message.starts_with(&format!("regs.toml:12:8: `{bits}` are no bits")),
                "{message}"
            );
        }
        assert_eq!(
            error("reset = 2", "reset = 4"),
            "regs.toml:13:9: the reset 0x4 of field `policy` does not fit into 2 bits"
        );
        assert_eq!(
            error("reset = 2\n", ""),
            "regs.toml:11:8: field `policy` has no reset; only one that hardware decides (ro) may go without"
        );
    }

    #[test]
    fn what_is_no_map_is_refused_where_it_is() {
        let message = error("access = \"rw\"", "access = \"rx\"");
        assert!(
            message.starts_with("regs.toml:8:10: unknown variant `rx`"),
            "{message}"
        );
        let message = error("meaning = \"which\"", "meanings = \"which\"");
        assert!(
            message.starts_with("regs.toml:14:1: unknown field"),
            "{message}"
        );
        let message = error("name = \"on\"", "name = \"On\"");
        assert!(
            message.starts_with("regs.toml:16:8: `On` is no name"),
            "{message}"
        );
    }
}
