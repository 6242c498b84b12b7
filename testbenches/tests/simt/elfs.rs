//! What is in the checked-in ELFs.

use gpnpu_golden::simt::instruction::Instruction;
use object::{Object, ObjectSection, SectionKind};

use crate::device::elf;

/// The stems of the sources in a folder of `simt/`.
fn stems(folder: &str, extension: &str) -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../simt")
        .join(folder);
    let mut stems: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|other| other == extension))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    stems.sort();
    stems
}

/// No compressed instructions, none of D, and nothing else that the processor does not have.
#[test]
fn all_code_is_of_the_instruction_set() {
    let names = [stems("kernels", "cu"), stems("programs", "S")].concat();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let bytes = elf(&name);
        let file = object::File::parse(&*bytes).unwrap();
        let mut codes = 0;
        for section in file
            .sections()
            .filter(|section| section.kind() == SectionKind::Text)
        {
            let text = section.data().unwrap();
            for (index, code) in text.chunks(4).enumerate() {
                let code = u32::from_le_bytes(code.try_into().unwrap());
                let address = section.address() + 4 * index as u64;
                assert!(
                    Instruction::decode(code).is_some(),
                    "{name}: {code:#010x} at {address:#x} is no instruction"
                );
                codes += 1;
            }
        }
        assert!(codes > 4, "{name} has no code");
    }
}
