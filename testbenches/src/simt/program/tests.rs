use super::*;

const SHAPE: Shape = Shape {
    cores: 1,
    warps: 4,
    lanes: 8,
    shared_bytes: 0x4000,
    mem_base: 1 << 31,
    mem_bytes: 1 << 31,
};
const BASE: u64 = 1 << 31;

/// An ELF with a segment of 16 bytes of code, written field by field (ELF-64 object file format 1.5).
#[derive(Clone)]
struct Elf {
    class: u8,
    order: u8,
    ty: u16,
    machine: u16,
    entry: u64,
    /// Type, address, bytes in the file, bytes in memory.
    segments: Vec<(u32, u64, u64, u64)>,
    symbols: Vec<(&'static str, u64)>,
}

impl Default for Elf {
    fn default() -> Self {
        Self {
            class: 2,
            order: 1,
            ty: 2,
            machine: 243,
            entry: BASE,
            segments: vec![(1, BASE, 16, 24)],
            symbols: vec![],
        }
    }
}

impl Elf {
    fn bytes(&self) -> Vec<u8> {
        // Header, program headers, symbols, their names, three section headers, content.
        let headers = 64;
        let symbols = headers + 56 * self.segments.len();
        let names = symbols + 24 * (self.symbols.len() + 1);
        let mut text = vec![0];
        let mut table = vec![0; 24];
        for (name, value) in &self.symbols {
            table.extend((text.len() as u32).to_le_bytes());
            text.extend(name.bytes().chain([0]));
            // Global, no type, absolute.
            table.extend([0x10, 0, 0xf1, 0xff]);
            table.extend(value.to_le_bytes());
            table.extend([0; 8]);
        }
        let sections = names + text.len();
        let content = sections + 3 * 64;

        let mut file = vec![0x7f, b'E', b'L', b'F', self.class, self.order, 1];
        file.resize(16, 0);
        for half in [self.ty, self.machine] {
            file.extend(half.to_le_bytes());
        }
        file.extend(1u32.to_le_bytes());
        for word in [self.entry, headers as u64, sections as u64] {
            file.extend(word.to_le_bytes());
        }
        file.extend(0u32.to_le_bytes());
        for half in [64, 56, self.segments.len() as u16, 64, 3, 2] {
            file.extend(half.to_le_bytes());
        }
        for (ty, address, in_file, in_memory) in &self.segments {
            file.extend([*ty, 7].map(u32::to_le_bytes).concat());
            let words = [content as u64, *address, *address, *in_file, *in_memory, 4];
            file.extend(words.map(u64::to_le_bytes).concat());
        }
        file.extend(&table);
        file.extend(&text);
        file.extend([0; 64]);
        for (ty, offset, size, link, element) in [
            (2u32, symbols, table.len(), 2u32, 24),
            (3, names, text.len(), 0, 0),
        ] {
            file.extend([0, ty].map(u32::to_le_bytes).concat());
            file.extend(
                [0, 0, offset as u64, size as u64]
                    .map(u64::to_le_bytes)
                    .concat(),
            );
            file.extend([link, 1].map(u32::to_le_bytes).concat());
            file.extend([1u64, element].map(u64::to_le_bytes).concat());
        }
        file.extend(1..=16);
        file
    }

    fn read(&self) -> Result<Program, ProgramError> {
        Program::read(&self.bytes(), &SHAPE)
    }
}

#[test]
fn a_program_is_read() {
    let program = Elf {
        symbols: vec![
            ("entry.saxpy", BASE + 8),
            ("entry.reduce<float>", BASE + 12),
            ("tohost", BASE + 0x1000),
            ("__shared_bytes", 1024),
            ("other", 5),
        ],
        ..Elf::default()
    }
    .read()
    .unwrap();
    assert_eq!(program.entry, BASE);
    let segment = Segment {
        address: BASE,
        bytes: (1..=16).collect(),
        size: 24,
    };
    assert_eq!(program.segments, [segment]);
    assert_eq!(program.kernel("saxpy"), Ok(BASE + 8));
    assert_eq!(program.kernel("reduce<float>"), Ok(BASE + 12));
    assert_eq!(
        (program.tohost, program.shared_bytes),
        (Some(BASE + 0x1000), 1024)
    );
    assert_eq!(program.end(), BASE + 24);
}

#[test]
fn loading_writes_the_zeros_too() {
    let mut memory = Store::default();
    memory.write(BASE, &[0xff; 32]);
    Elf::default().read().unwrap().load(&mut memory);
    let mut expected: Vec<u8> = (1..=16).collect();
    expected.extend([0; 8]);
    expected.extend([0xff; 8]);
    assert_eq!(memory.read(BASE, 32), expected);
}

#[test]
fn a_large_segment_of_zeros_takes_no_memory() {
    let elf = Elf {
        segments: vec![(1, BASE, 16, 1 << 28)],
        ..Elf::default()
    };
    let mut memory = Store::default();
    elf.read().unwrap().load(&mut memory);
    assert_eq!(memory.lines().count(), 1);
}

#[test]
fn a_place_is_named_by_the_last_symbol_before_it_in_its_segment() {
    let program = Elf {
        segments: vec![(1, BASE, 16, 24), (1, BASE + 0x100, 16, 16)],
        symbols: vec![
            ("first", BASE),
            (".L1", BASE + 4),
            ("$x", BASE + 4),
            ("second", BASE + 8),
            ("beyond", BASE + 24),
        ],
        ..Elf::default()
    }
    .read()
    .unwrap();
    assert_eq!(program.nearest(BASE + 4), Some(("first", 4)));
    assert_eq!(program.nearest(BASE + 8), Some(("second", 0)));
    assert_eq!(program.nearest(BASE + 20), Some(("second", 12)));
    assert_eq!(program.nearest(BASE + 24), None);
    assert_eq!(program.nearest(BASE + 0x104), None);
}

#[test]
fn other_files_are_refused() {
    for bytes in [
        &b""[..],
        b"\x7fEL",
        b"#!/bin/sh\nexit 0\n",
        b"MZ\x90\0 and so on and on and on",
    ] {
        assert_eq!(Program::read(bytes, &SHAPE), Err(ProgramError::NotElf));
    }
}

#[test]
fn another_class_byte_order_or_machine_is_refused() {
    let elf = Elf::default();
    let read = |elf: Elf| elf.read().unwrap_err();
    assert_eq!(
        read(Elf {
            class: 1,
            ..elf.clone()
        }),
        ProgramError::Class
    );
    assert_eq!(
        read(Elf {
            order: 2,
            ..elf.clone()
        }),
        ProgramError::ByteOrder
    );
    assert_eq!(read(Elf { machine: 62, ..elf }), ProgramError::Machine(62));
}

#[test]
fn what_is_not_linked_statically_is_refused() {
    for ty in [1, 3] {
        let elf = Elf {
            ty,
            ..Elf::default()
        };
        assert_eq!(
            elf.read(),
            Err(ProgramError::NotStatic("not an executable"))
        );
    }
    for ty in [2, 3] {
        let mut elf = Elf::default();
        elf.segments.push((ty, BASE + 64, 0, 0));
        assert_eq!(
            elf.read(),
            Err(ProgramError::NotStatic("dynamically linked"))
        );
    }
}

#[test]
fn a_program_without_content_is_refused() {
    for segments in [vec![], vec![(1, BASE, 0, 0)]] {
        let elf = Elf {
            segments,
            ..Elf::default()
        };
        assert_eq!(elf.read(), Err(ProgramError::Empty));
    }
}

#[test]
fn a_segment_outside_memory_is_refused() {
    for address in [0, BASE - 8, BASE + BASE - 8, u64::MAX - 4] {
        let elf = Elf {
            segments: vec![(1, address, 16, 24)],
            ..Elf::default()
        };
        assert!(
            matches!(elf.read(), Err(ProgramError::Outside { address: named, .. }) if named == address),
            "{address:#x}"
        );
    }
    let fits = Elf {
        segments: vec![(1, BASE, 16, 24), (1, BASE + BASE - 24, 16, 24)],
        ..Elf::default()
    };
    assert!(fits.read().is_ok());
}

#[test]
fn overlapping_segments_are_refused_in_any_order() {
    for other in [BASE, BASE + 23] {
        let elf = Elf {
            segments: vec![(1, other, 16, 24), (1, BASE, 16, 24)],
            ..Elf::default()
        };
        let error = ProgramError::Overlap {
            first: BASE,
            second: other,
        };
        assert_eq!(elf.read(), Err(error));
    }
    let beside = Elf {
        segments: vec![(1, BASE + 24, 16, 24), (1, BASE, 16, 24)],
        ..Elf::default()
    };
    assert!(beside.read().is_ok());
}

#[test]
fn an_entry_outside_the_segments_or_not_aligned_is_refused() {
    for address in [0, BASE - 4, BASE + 2, BASE + 24] {
        let elf = Elf {
            entry: address,
            ..Elf::default()
        };
        let error = ProgramError::Entry {
            what: "entry".to_owned(),
            address,
        };
        assert_eq!(elf.read(), Err(error));
    }
}

#[test]
fn a_kernel_or_tohost_that_cannot_be_is_refused() {
    let with = |name, value| Elf {
        symbols: vec![(name, value)],
        ..Elf::default()
    };
    let error = ProgramError::Entry {
        what: "k".to_owned(),
        address: 64,
    };
    assert_eq!(with("entry.k", 64).read(), Err(error));
    for address in [BASE + 4, 0x1000] {
        assert_eq!(
            with("tohost", address).read(),
            Err(ProgramError::Tohost(address))
        );
    }
}

#[test]
fn a_damaged_file_is_refused_wherever_it_ends() {
    let bytes = Elf {
        symbols: vec![("entry.k", BASE)],
        ..Elf::default()
    }
    .bytes();
    for length in 0..bytes.len() {
        let error = Program::read(&bytes[..length], &SHAPE).unwrap_err();
        assert!(
            matches!(error, ProgramError::NotElf | ProgramError::Damaged(_)),
            "{length}: {error}"
        );
    }
    let more_in_the_file = Elf {
        segments: vec![(1, BASE, 16, 8)],
        ..Elf::default()
    };
    assert!(matches!(
        more_in_the_file.read(),
        Err(ProgramError::Damaged(_))
    ));
}

#[test]
fn a_kernel_that_is_not_there_is_named_with_those_that_are() {
    let program = Elf {
        symbols: vec![("entry.add", BASE), ("entry.saxpy", BASE + 4)],
        ..Elf::default()
    }
    .read()
    .unwrap();
    assert_eq!(
        program.kernel("sub").unwrap_err().to_string(),
        "kernel `sub` not found (known: add, saxpy)"
    );
    let none = Elf::default().read().unwrap();
    assert!(
        none.kernel("sub")
            .unwrap_err()
            .to_string()
            .ends_with("(known: none)")
    );
}
