//! Lists of waivers.

use std::fs;

use gpnpu_mutation::waivers::{self, WaiverError, WaiverList};

use crate::mutants;

const WAIVER: &str = "[[mutant]]\nmodule = 'm'\nkind = 'logic'\nfrom = 'assign y  =  a & b;'\n\
                      to = 'assign y = (a) | (b);'\nreason = 'test'\n";

fn read(text: &str) -> Result<WaiverList, WaiverError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mutants.toml");
    fs::write(&path, text).unwrap();
    waivers::read(&path, &mutants("\n\nassign y = a & b; // and"))
}

#[test]
fn a_waiver_covers_its_mutant_wherever_it_stands() {
    let list = read(&format!("config = 'x'\n{WAIVER}")).unwrap();
    assert_eq!(list.config.as_deref(), Some("x"));
    assert!(list.mutants[0].covers(&mutants("assign y = a & b;")[0]));
    assert!(!list.mutants[0].covers(&mutants("assign y = a | b;")[0]));
}

#[test]
fn a_waiver_of_nothing_and_one_without_a_reason_are_errors() {
    for (text, said) in [
        (
            WAIVER.replace("a & b", "a & c"),
            "no logic mutant of `m` makes",
        ),
        (
            WAIVER.replace("'logic'", "'shift'"),
            "no shift mutant of `m` makes",
        ),
        (WAIVER.replace("'test'", "' '"), "has no reason"),
        (WAIVER.replace("'logic'", "'logical'"), "line 3"),
        (WAIVER.replace("reason", "why"), "line 6"),
    ] {
        let message = read(&text).unwrap_err().to_string();
        assert!(message.contains(said), "{message}");
        assert!(message.contains("mutants.toml"), "{message}");
    }
}

#[test]
fn no_file_is_no_waiver() {
    let path = std::env::temp_dir().join("no such folder/mutants.toml");
    assert!(waivers::read(&path, &[]).unwrap().mutants.is_empty());
}
