//! Statically linked RV64 programs.

use std::collections::BTreeMap;

use gpnpu_golden::axi::{LINE, Store};
use gpnpu_golden::simt::instruction::Instruction;
use gpnpu_golden::simt::shape::Shape;
use object::elf::{EM_RISCV, ET_EXEC, PT_DYNAMIC, PT_INTERP, PT_LOAD};
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{FileKind, LittleEndian, Object, ObjectSymbol, SymbolKind};

/// What the entries that `gpnpu-cc` makes for kernels are called.
const ENTRY: &str = "entry.";
/// The symbol whose value is the size of a block's static shared memory.
const SHARED_BYTES: &str = "__shared_bytes";

/// A part of memory that a program sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its first address.
    pub address: u64,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its size in bytes: what is beyond the content is zero.
    pub size: u64,
}

impl Segment {
    /// The address after it.
    pub fn end(&self) -> u64 {
        self.address + self.size
    }
}

/// A program that a processor of some shape can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Where the ELF says that it begins.
    pub entry: u64,
    /// Its segments by address; they do not overlap, and lie in memory.
    pub segments: Vec<Segment>,
    /// The entries of its kernels.
    pub kernels: BTreeMap<String, u64>,
    /// Places in its segments that have a name; of several names of one, a function's.
    pub symbols: BTreeMap<u64, String>,
    /// Where it writes how it ended: 1 that it passed, 2n + 1 that test n failed.
    pub tohost: Option<u64>,
    /// Static shared memory of a block, in bytes; what is `extern __shared__` comes behind it.
    pub shared_bytes: u64,
}

/// Why a file is not a program that can run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// Another kind of file.
    #[error("not an ELF")]
    NotElf,
    /// For 32 bits.
    #[error("an ELF of class `ELF32`; `ELF64` expected")]
    Class,
    /// For another byte order.
    #[error("a big-endian ELF; little-endian expected")]
    ByteOrder,
    /// For another processor.
    #[error("an ELF for machine {0}; {EM_RISCV} (RISC-V) expected")]
    Machine(u16),
    /// Not linked, or with more to be linked.
    #[error(
        "an ELF that is {0}; a statically linked executable expected (`-static`, no `-c`, no `-shared`, no `-pie`)"
    )]
    NotStatic(&'static str),
    /// Damaged.
    #[error("a damaged ELF: {0}")]
    Damaged(String),
    /// Nothing to load.
    #[error("an ELF without anything to load")]
    Empty,
    /// Beyond the memory.
    #[error("segment {address:#x}..{end:#x} is not in memory, {base:#x}..{limit:#x}")]
    Outside {
        /// First address of the segment.
        address: u64,
        /// The address after it, as far as there is one.
        end: u64,
        /// First address of memory.
        base: u64,
        /// The address after memory.
        limit: u64,
    },
    /// Two segments for the same bytes.
    #[error("segments {first:#x} and {second:#x} overlap")]
    Overlap {
        /// Address of one.
        first: u64,
        /// Address of the other, not below it.
        second: u64,
    },
    /// Nothing is there, or it is not a multiple of 4.
    #[error(
        "{what} {address:#x} is not a place for an instruction: a multiple of 4 in a segment expected"
    )]
    Entry {
        /// Whose: `entry`, or a kernel's name.
        what: String,
        /// The address.
        address: u64,
    },
    /// A symbol where it cannot be.
    #[error("`tohost` at {0:#x} is not 8 aligned bytes in memory")]
    Tohost(u64),
    /// A kernel that is not there.
    #[error("kernel `{name}` not found (known: {known})")]
    Kernel {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
}

impl From<object::Error> for ProgramError {
    fn from(error: object::Error) -> Self {
        Self::Damaged(error.to_string().to_lowercase())
    }
}

impl Program {
    /// Reads an ELF for a processor of this shape.
    ///
    /// # Errors
    ///
    /// A [`ProgramError`] that says what is wrong with it.
    pub fn read(bytes: &[u8], shape: &Shape) -> Result<Self, ProgramError> {
        match FileKind::parse(bytes) {
            Ok(FileKind::Elf64) => {}
            Ok(FileKind::Elf32) => return Err(ProgramError::Class),
            _ => return Err(ProgramError::NotElf),
        }
        // Byte 5 of an ELF is its byte order (ELF-64 object file format 1.5, section 3): 2 is most significant first.
        if bytes.get(5) == Some(&2) {
            return Err(ProgramError::ByteOrder);
        }
        let file = ElfFile64::<LittleEndian>::parse(bytes)?;
        let (header, order) = (file.elf_header(), file.endian());
        let machine = header.e_machine(order);
        if machine != EM_RISCV {
            return Err(ProgramError::Machine(machine));
        }
        if header.e_type(order) != ET_EXEC {
            return Err(ProgramError::NotStatic("not an executable"));
        }
        let mut segments = Vec::new();
        for part in file.elf_program_headers() {
            match part.p_type(order) {
                PT_DYNAMIC | PT_INTERP => {
                    return Err(ProgramError::NotStatic("dynamically linked"));
                }
                PT_LOAD if part.p_memsz(order) > 0 => {
                    segments.push(segment(part, order, bytes, shape)?);
                }
                _ => {}
            }
        }
        let mut program = Self {
            entry: header.e_entry(order),
            segments,
            kernels: BTreeMap::new(),
            symbols: BTreeMap::new(),
            tohost: None,
            shared_bytes: 0,
        };
        program.check_segments()?;
        program.check_entry("entry", program.entry)?;
        for symbol in file.symbols().filter(|symbol| !symbol.is_undefined()) {
            let (Ok(name), address) = (symbol.name(), symbol.address()) else {
                continue;
            };
            program.add_symbol(name, address, symbol.kind());
            if let Some(kernel) = name.strip_prefix(ENTRY) {
                program.check_entry(kernel, address)?;
                program.kernels.insert(kernel.to_owned(), address);
            } else if name == "tohost" {
                if !address.is_multiple_of(8) || !shape.in_memory(address, 8) {
                    return Err(ProgramError::Tohost(address));
                }
                program.tohost = Some(address);
            } else if name == SHARED_BYTES {
                program.shared_bytes = address;
            }
        }
        Ok(program)
    }

    fn check_segments(&mut self) -> Result<(), ProgramError> {
        if self.segments.is_empty() {
            return Err(ProgramError::Empty);
        }
        self.segments.sort_by_key(|segment| segment.address);
        for pair in self.segments.windows(2) {
            let [first, second] = pair else { continue };
            if second.address < first.end() {
                return Err(ProgramError::Overlap {
                    first: first.address,
                    second: second.address,
                });
            }
        }
        Ok(())
    }

    /// The segment that an address is in.
    fn segment(&self, address: u64) -> Option<&Segment> {
        let holds = |segment: &&Segment| (segment.address..segment.end()).contains(&address);
        self.segments.iter().find(holds)
    }

    fn add_symbol(&mut self, name: &str, address: u64, kind: SymbolKind) {
        // Files and sections have symbols too, and assemblers and compilers make `$x` and `.L0` of their own.
        let named = !name.is_empty() && !name.starts_with(['$', '.']);
        let place = !matches!(kind, SymbolKind::File | SymbolKind::Section);
        if !named || !place || self.segment(address).is_none() {
            return;
        }
        if kind == SymbolKind::Text || !self.symbols.contains_key(&address) {
            self.symbols.insert(address, name.to_owned());
        }
    }

    /// The last name at or before an address, in the same segment, and how many bytes before it is.
    pub fn nearest(&self, address: u64) -> Option<(&str, u64)> {
        let first = self.segment(address)?.address;
        let (start, name) = self.symbols.range(first..=address).next_back()?;
        Some((name, address - start))
    }

    fn check_entry(&self, what: &str, address: u64) -> Result<(), ProgramError> {
        if address.is_multiple_of(4) && self.segment(address).is_some() {
            return Ok(());
        }
        Err(ProgramError::Entry {
            what: what.to_owned(),
            address,
        })
    }

    /// The entry of a kernel.
    ///
    /// # Errors
    ///
    /// [`ProgramError::Kernel`] if there is none of that name.
    pub fn kernel(&self, name: &str) -> Result<u64, ProgramError> {
        self.kernels.get(name).copied().ok_or_else(|| {
            let known: Vec<&str> = self.kernels.keys().map(String::as_str).collect();
            ProgramError::Kernel {
                name: name.to_owned(),
                known: if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                },
            }
        })
    }

    /// Writes all segments to a memory, zeros too where it has something else.
    pub fn load(&self, memory: &mut Store) {
        let line_bytes = LINE as u64;
        for segment in &self.segments {
            memory.write(segment.address, &segment.bytes);
            let mut rest = segment.address + segment.bytes.len() as u64;
            while rest < segment.end() {
                let line = rest / line_bytes;
                let next = ((line + 1) * line_bytes).min(segment.end());
                if memory.line(line) != [0; LINE] {
                    memory.write(rest, &[0; LINE][..(next - rest) as usize]);
                }
                rest = next;
            }
        }
    }

    /// Every word that is an instruction, by its address; some of them may be data.
    pub fn code(&self) -> BTreeMap<u64, Instruction> {
        let words = self.segments.iter().flat_map(|segment| {
            let words = segment.bytes.chunks_exact(4);
            (segment.address..).step_by(4).zip(words)
        });
        words
            .filter_map(|(address, bytes)| {
                let code = u32::from_le_bytes(bytes.try_into().ok()?);
                Some((address, Instruction::decode(code)?))
            })
            .collect()
    }

    /// The address after all segments.
    pub fn end(&self) -> u64 {
        self.segments.last().map_or(0, Segment::end)
    }
}

fn segment(
    part: &object::elf::ProgramHeader64<LittleEndian>,
    order: LittleEndian,
    file: &[u8],
    shape: &Shape,
) -> Result<Segment, ProgramError> {
    let (address, size) = (part.p_vaddr(order), part.p_memsz(order));
    if !shape.in_memory(address, size) {
        return Err(ProgramError::Outside {
            address,
            end: address.saturating_add(size),
            base: shape.mem_base,
            limit: shape.mem_base + shape.mem_bytes,
        });
    }
    let content = part.data(order, file).map_err(|()| {
        ProgramError::Damaged(format!(
            "segment {address:#x} goes beyond the end of the file"
        ))
    })?;
    if content.len() as u64 > size {
        return Err(ProgramError::Damaged(format!(
            "segment {address:#x} has more bytes in the file than in memory"
        )));
    }
    Ok(Segment {
        address,
        bytes: content.to_vec(),
        size,
    })
}

#[cfg(test)]
mod tests;
