//! Assembly programs that end by `tohost`.

use crate::device::{Device, shapes};

fn ends_with(name: &str, word: u64) {
    for shape in shapes() {
        for threads in [1, shape.lanes as u32, shape.core_threads() as u32] {
            let ended = Device::new(shape, name).test_program(threads);
            assert_eq!(ended, word, "{name}, {threads} threads, {shape:?}");
        }
    }
}

#[test]
fn integer_passes() {
    ends_with("integer", 1);
}

#[test]
fn multiply_passes() {
    ends_with("multiply", 1);
}

#[test]
fn atomic_passes() {
    for shape in shapes() {
        // Its last test counts the lanes of one warp.
        for threads in [1, shape.lanes as u32] {
            assert_eq!(
                Device::new(shape, "atomic").test_program(threads),
                1,
                "{shape:?}"
            );
        }
    }
}

#[test]
fn float_passes() {
    ends_with("float", 1);
}

#[test]
fn a_test_that_fails_is_numbered() {
    ends_with("fails", 2 * 3 + 1);
}
