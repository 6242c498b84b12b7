//! Waves of a window, and coverage.

use std::collections::HashMap;

use gpnpu_bridge::BridgeError;
use gpnpu_bridge::builder::Flavour;
use gpnpu_bridge::model::CYCLE_PS;
use vcd::{Command, IdCode, Parser, Value};

use crate::support::{Bench, built};

/// A VCD read back: the time stamps, and each port's value at each of them.
struct Waves {
    times: Vec<u64>,
    values: Vec<HashMap<String, u64>>,
    /// Ports with a value at the first time stamp.
    first: usize,
}

const PORTS: [&str; 7] = [
    "clk_i",
    "rst_ni",
    "write_i",
    "address_i",
    "data_i",
    "data_o",
    "count_o",
];

fn number(bits: impl Iterator<Item = Value>) -> u64 {
    bits.fold(0, |number, bit| number << 1 | u64::from(bit == Value::V1))
}

fn read(vcd: &[u8]) -> Waves {
    let mut parser = Parser::new(vcd);
    let header = parser.parse_header().unwrap();
    let (scale, unit) = header.timescale.unwrap();
    assert_eq!((scale, unit), (1, vcd::TimescaleUnit::PS));
    let codes: HashMap<IdCode, String> = PORTS
        .iter()
        .map(|port| {
            let var = header
                .find_var(&["TOP", port])
                .or_else(|| header.find_var(&["TOP", "state", port]))
                .unwrap_or_else(|| panic!("`{port}` is not in the VCD"));
            (var.code, (*port).to_owned())
        })
        .collect();
    let mut waves = Waves {
        times: Vec::new(),
        values: Vec::new(),
        first: 0,
    };
    let mut now = HashMap::new();
    for command in parser {
        match command.unwrap() {
            Command::Timestamp(time) => {
                if !waves.times.is_empty() {
                    if waves.values.is_empty() {
                        waves.first = now.len();
                    }
                    waves.values.push(now.clone());
                }
                waves.times.push(time);
            }
            Command::ChangeScalar(code, value) => {
                if let Some(port) = codes.get(&code) {
                    now.insert(port.clone(), number([value].into_iter()));
                }
            }
            Command::ChangeVector(code, value) => {
                if let Some(port) = codes.get(&code) {
                    now.insert(port.clone(), number(value.iter()));
                }
            }
            _ => {}
        }
    }
    waves.values.push(now);
    waves
}

/// What was driven and sampled in one cycle.
fn sampled(bench: &Bench) -> HashMap<String, u64> {
    PORTS[1..]
        .iter()
        .map(|port| {
            let layout = bench.model.layout();
            let word = layout.port(port).unwrap().word;
            let input = layout.inputs.iter().any(|input| input.name == *port);
            let frame = if input { &bench.frame } else { &bench.out };
            ((*port).to_owned(), u64::from(frame[word]))
        })
        .collect()
}

fn drive(bench: &mut Bench, cycles: u32) -> Vec<HashMap<String, u64>> {
    (0..cycles)
        .map(|cycle| {
            let random = cycle.wrapping_mul(0x9e37_79b9) >> 7;
            bench.set("rst_ni", u32::from(cycle > 1));
            bench
                .set("write_i", random & 1)
                .set("address_i", random >> 1 & 15);
            bench.set("data_i", random >> 5 & 0xffff);
            assert!(!bench.cycle());
            sampled(bench)
        })
        .collect()
}

/// Every sampled cycle from `first` on is in the waves with the same values, between two edges of the clock.
fn check(waves: &Waves, cycles: &[HashMap<String, u64>], first: u64) {
    let stamps: Vec<u64> = (first * 2..2 * cycles.len() as u64)
        .map(|half| half * CYCLE_PS / 2)
        .collect();
    assert_eq!(waves.times, stamps);
    for (time, values) in waves.times.iter().zip(&waves.values) {
        let (cycle, late) = (time / CYCLE_PS, time % CYCLE_PS != 0);
        assert_eq!(values["clk_i"], u64::from(late), "at {time}");
        if !late {
            for (port, value) in &cycles[cycle as usize] {
                assert_eq!(values[port], *value, "`{port}` in cycle {cycle}");
            }
        }
    }
    assert_eq!(
        waves.first,
        PORTS.len(),
        "all values at the first time stamp"
    );
}

#[test]
fn waves_hold_what_was_sampled() {
    let mut bench = Bench::new(&built("state", Flavour::Trace), 1);
    bench.model.start_waves(0).unwrap();
    let cycles = drive(&mut bench, 50);
    let vcd = bench.model.take_waves();
    check(&read(&vcd), &cycles, 0);
    assert!(bench.model.take_waves().is_empty(), "the dump has ended");
}

#[test]
fn a_window_keeps_the_last_cycles() {
    const WINDOW: u64 = 16;
    for length in [5, 16, 17, 200] {
        let mut bench = Bench::new(&built("state", Flavour::Trace), 1);
        bench.model.start_waves(WINDOW).unwrap();
        let cycles = drive(&mut bench, length);
        let waves = read(&bench.model.take_waves());
        let first = waves.times[0] / CYCLE_PS;
        let kept = u64::from(length) - first;
        assert!(
            kept >= WINDOW.min(u64::from(length)),
            "{kept} of {length} cycles kept"
        );
        assert!(kept <= 2 * WINDOW, "{kept} of {length} cycles kept");
        check(&waves, &cycles, first);
    }
}

/// A second dump once repeated the first one in front of its own header.
#[test]
fn a_second_dump_stands_for_itself() {
    let mut bench = Bench::new(&built("state", Flavour::Trace), 1);
    bench.model.start_waves(0).unwrap();
    let mut cycles = drive(&mut bench, 10);
    let _ = bench.model.take_waves();
    bench.model.start_waves(0).unwrap();
    cycles.extend(drive(&mut bench, 7));
    check(&read(&bench.model.take_waves()), &cycles, 10);
}

#[test]
fn waves_do_not_change_the_run() {
    let digest = |waves: Option<u64>| {
        let mut bench = Bench::new(&built("state", Flavour::Trace), 9);
        if let Some(window) = waves {
            bench.model.start_waves(window).unwrap();
        }
        drive(&mut bench, 100);
        bench.model.digest()
    };
    assert_eq!(digest(None), digest(Some(0)));
    assert_eq!(digest(None), digest(Some(8)));
}

#[test]
fn a_model_with_a_running_dump_can_be_dropped() {
    let mut bench = Bench::new(&built("state", Flavour::Trace), 1);
    bench.model.start_waves(4).unwrap();
    drive(&mut bench, 9);
}

#[test]
fn flavours_without_a_feature_refuse_it() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for flavour in Flavour::ALL {
        let mut bench = Bench::new(&built("state", flavour), 1);
        if flavour != Flavour::Trace {
            let error = bench.model.start_waves(0).unwrap_err();
            assert!(matches!(error, BridgeError::Flavour { .. }));
            assert_eq!(
                error.to_string(),
                format!(
                    "state default ({flavour}) was built without tracing (use flavour `trace`)"
                )
            );
            assert!(bench.model.take_waves().is_empty());
        }
        if flavour != Flavour::Cover {
            let error = bench.model.write_coverage(file.path()).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "state default ({flavour}) was built without coverage (use flavour `cover`)"
                )
            );
        }
    }
}

/// The count of the cover property `label` in a `coverage.dat`.
fn hits(dat: &str, label: &str) -> u64 {
    let line = dat
        .lines()
        .find(|line| line.starts_with("C '") && line.contains(label))
        .unwrap_or_else(|| panic!("`{label}` is not in {dat}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn coverage_is_that_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("coverage.dat");
    let built = built("state", Flavour::Cover);
    for (cycles, times) in [(2, 0), (10, 1), (300, 2)] {
        let mut bench = Bench::new(&built, 1);
        let mut other = Bench::new(&built, 1);
        bench.reset();
        assert!(!bench.cycles(cycles));
        other.reset();
        assert!(!other.cycles(600));
        bench.model.write_coverage(&path).unwrap();
        let dat = std::fs::read_to_string(&path).unwrap();
        assert!(dat.starts_with("# SystemC::Coverage-3"));
        assert_eq!(hits(&dat, "Three_C"), times, "after {cycles} cycles");
        assert!(dat.contains("v_line") && dat.contains("state.sv"));
    }
}

/// The runtime's own answer is a fatal error, which once ended the process.
#[test]
fn coverage_that_cannot_be_written_is_an_error() {
    let mut bench = Bench::new(&built("state", Flavour::Cover), 1);
    bench.reset();
    let path = std::path::Path::new("/nowhere/coverage.dat");
    let error = bench.model.write_coverage(path).unwrap_err();
    assert!(matches!(error, BridgeError::Io { .. }));
    assert!(
        error
            .to_string()
            .starts_with("cannot write `/nowhere/coverage.dat`: "),
        "{error}"
    );
    assert!(!bench.cycles(3), "the model goes on");
}
