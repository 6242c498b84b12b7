//! Ctrl-C.

use gpnpu_testbenches::kit::{request_stop, stop_requested};

use crate::exit::{CommandError, Exit};

/// Asks what runs to stop at Ctrl-C; a second one ends the process at once.
pub fn stop_on_ctrl_c() -> Result<(), CommandError> {
    ctrlc::set_handler(|| {
        if stop_requested() {
            std::process::exit(i32::from(Exit::Interrupted as u8));
        }
        request_stop();
    })
    .map_err(CommandError::unforeseen)
}
