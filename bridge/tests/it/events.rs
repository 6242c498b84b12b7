//! What the RTL reports is a result of that run: never an end of the process, never a line on standard output.

use gpnpu_bridge::builder::Flavour;
use gpnpu_bridge::model::{Cycle, Event, EventKind};

use crate::support::{Bench, built};

const FINISH: u32 = 1;
const STOP: u32 = 2;
const ERROR: u32 = 3;
const FATAL: u32 = 4;
const DISPLAY: u32 = 5;
const WARNING: u32 = 6;

fn reporter() -> Bench {
    let mut bench = Bench::new(&built("reporter", Flavour::Fast), 1);
    bench.reset();
    bench
}

/// Line of the fixture that holds `text`.
fn place(text: &str) -> String {
    let source = std::fs::read_to_string(crate::support::rtl().join("reporter.sv")).unwrap();
    let line = source.lines().position(|line| line.contains(text)).unwrap();
    format!("reporter.sv:{}", line + 1)
}

/// Makes the block do something in the cycle after reset and two quiet ones.
fn after_two(what: u32, value: u32) -> (Bench, Vec<Event>) {
    let mut bench = reporter();
    assert!(!bench.cycles(2));
    bench.set("what_i", what).set("value_i", value);
    let reported = bench.cycle();
    bench.set("what_i", 0).set("value_i", 0);
    let events = bench.model.events();
    assert_eq!(reported, !events.is_empty());
    (bench, events)
}

fn event(kind: EventKind, text: &str, assertion: Option<&str>, message: &str) -> Event {
    Event {
        kind,
        cycle: Cycle(4),
        place: place(text),
        assertion: assertion.map(str::to_owned),
        message: message.to_owned(),
    }
}

#[test]
fn finish_is_reported_and_the_model_goes_on() {
    let (mut bench, events) = after_two(FINISH, 0);
    assert_eq!(
        events,
        [event(EventKind::Finish, "$finish", None, "$finish")]
    );
    assert!(!bench.cycles(3), "nothing new was reported");
    assert_eq!(bench.get("count_o"), 5);
}

/// The runtime's own answer to a second `$finish` is to end the process.
#[test]
fn a_second_finish_is_one_more_report() {
    let (mut bench, _) = after_two(FINISH, 0);
    for count in 2..5 {
        assert!(bench.set("what_i", FINISH).cycle());
        assert_eq!(bench.model.events().len(), count);
    }
}

#[test]
fn stop_is_reported_without_the_words_of_an_earlier_print() {
    let (mut bench, _) = after_two(DISPLAY, 3);
    assert!(bench.set("what_i", STOP).cycle());
    let events = bench.model.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, EventKind::Stop);
    assert_eq!(events[0].place, place("$stop"));
    assert_eq!(events[0].message, "$stop");
}

/// A `$stop` right after a failed assertion once carried the assertion's label and message.
#[test]
fn stop_after_a_failed_assertion_is_not_taken_for_it() {
    let (mut bench, events) = after_two(0, 7);
    assert!(events[0].assertion.is_some());
    assert!(bench.set("what_i", STOP).cycle());
    let last = bench.model.events().pop().unwrap();
    assert_eq!((last.assertion, last.message.as_str()), (None, "$stop"));
}

#[test]
fn an_error_carries_its_message_and_place() {
    let (mut bench, events) = after_two(ERROR, 44);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, EventKind::Stop);
    assert_eq!(events[0].place, place("$error(\"wrong"));
    assert_eq!(events[0].message, "wrong value 44");
    assert_eq!(events[0].assertion.as_deref(), Some("TOP.reporter"));
    assert!(!bench.cycle(), "the model goes on");
}

#[test]
fn a_failed_assertion_carries_label_message_and_place() {
    let (mut bench, events) = after_two(0, 7);
    let expected = event(
        EventKind::Stop,
        "$error(\"violated",
        Some("TOP.reporter.NotSeven_A"),
        "violated: value 7",
    );
    let line = events[0].place.clone();
    assert!(
        line == expected.place || line == place("NotSeven_A"),
        "{line}"
    );
    assert_eq!(
        events,
        [Event {
            place: line,
            ..expected
        }]
    );
    assert!(!bench.cycle(), "the model goes on");
    assert!(
        events[0]
            .to_string()
            .contains("assertion `TOP.reporter.NotSeven_A` failed at reporter.sv:"),
        "{}",
        events[0]
    );
}

#[test]
fn a_failed_assertion_without_a_message_carries_its_label() {
    let (_, events) = after_two(0, 9);
    assert_eq!(events.len(), 1);
    assert_eq!(
        events[0].assertion.as_deref(),
        Some("TOP.reporter.NotNine_A")
    );
    assert_eq!(events[0].place, place("NotNine_A"));
}

#[test]
fn an_assertion_is_off_in_reset() {
    let mut bench = reporter();
    assert!(!bench.set("rst_ni", 0).set("value_i", 7).cycles(3));
}

#[test]
fn fatal_ends_the_model_and_nothing_else() {
    let mut other = reporter();
    let (mut bench, events) = after_two(FATAL, 5);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].kind, EventKind::Fatal);
    assert_eq!(events[0].place, place("$fatal"));
    assert_eq!(events[0].message, "cannot go on with 5");
    assert_eq!(
        events[0].to_string(),
        format!("cycle 4: fatal at {}: cannot go on with 5", place("$fatal"))
    );
    let digest = bench.model.digest();
    let (done, reported) = bench.model.run(&bench.frame, &mut bench.out, 3);
    assert_eq!((done, reported), (0, true), "a dead model runs no cycle");
    assert_eq!(bench.model.digest(), digest);
    // Another instance on the same thread, made before, and one made after.
    for bench in [&mut other, &mut reporter()] {
        assert!(!bench.cycles(3));
        assert_eq!(bench.get("count_o"), 2);
        assert_eq!(bench.model.events(), []);
    }
}

#[test]
fn reports_belong_to_the_instance_that_made_them() {
    let built = built("reporter", Flavour::Fast);
    let mut benches = [Bench::new(&built, 1), Bench::new(&built, 2)];
    benches.iter_mut().for_each(Bench::reset);
    for round in 0..4 {
        let which = round % 2;
        benches[which]
            .set("what_i", DISPLAY)
            .set("value_i", 10 + round as u32);
        assert!(!benches[which].cycle());
        benches[which].set("what_i", 0).set("value_i", 0);
        assert!(!benches[1 - which].cycle());
    }
    assert!(benches[0].set("what_i", ERROR).cycle());
    assert!(!benches[1].cycle());
    assert_eq!(benches[0].model.events().len(), 1);
    assert_eq!(benches[1].model.events(), []);
    assert!(
        benches[0]
            .model
            .log()
            .starts_with("the value is 10\nthe value is 12\n"),
        "{}",
        benches[0].model.log()
    );
    assert_eq!(benches[1].model.log(), "the value is 11\nthe value is 13\n");
}

#[test]
fn a_warning_is_printed_and_is_no_report() {
    let (bench, events) = after_two(WARNING, 6);
    assert_eq!(events, []);
    assert!(
        bench.model.log().contains("odd value 6"),
        "{}",
        bench.model.log()
    );
}

#[test]
fn the_log_is_bounded() {
    let mut bench = reporter();
    bench.set("what_i", DISPLAY).set("value_i", 123);
    assert!(!bench.cycles(10_000));
    let log = bench.model.log();
    assert!(
        (32 * 1024..=64 * 1024).contains(&log.len()),
        "{}",
        log.len()
    );
    assert!(log.ends_with("the value is 123\n"), "no line is cut");
}

/// Run by the next test in a process of its own, whose output it looks at.
#[test]
#[ignore = "run by `nothing_is_printed_to_the_process_output`"]
fn child_that_prints() {
    for what in [DISPLAY, WARNING, ERROR, STOP, FINISH, FINISH, FATAL] {
        let (bench, _) = after_two(what, 42);
        drop(bench);
    }
    let mut bench = Bench::new(&built("unstable", Flavour::Fast), 1);
    assert!(bench.set("enable_i", 1).cycle());
}

#[test]
fn nothing_is_printed_to_the_process_output() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "events::child_that_prints",
            "--ignored",
            "--nocapture",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
    for word in [
        "value", "42", "%Error", "%Warning", "%Fatal", "$finish", "converge",
    ] {
        assert!(!text.contains(word), "`{word}` in: {text}");
    }
}

#[test]
fn a_loop_that_does_not_settle_is_fatal() {
    let mut bench = Bench::new(&built("unstable", Flavour::Fast), 1);
    assert!(!bench.cycle());
    assert!(bench.set("enable_i", 1).cycle());
    let event = bench.model.events().pop().unwrap();
    assert_eq!((event.kind, event.cycle), (EventKind::Fatal, Cycle(1)));
    assert!(event.message.contains("converge"), "{}", event.message);
    assert!(bench.cycle(), "the model is dead");
}
