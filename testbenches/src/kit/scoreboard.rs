//! Results against golden's, in order.

use std::collections::VecDeque;

use gpnpu_bridge::model::Cycle;

use super::{Failure, FailureKind};

/// Queue of expected beats of one channel. `T` is what golden needs to compute the expected value, so that golden
/// runs once the result is there.
#[derive(Clone, Debug)]
pub struct Scoreboard<T> {
    channel: String,
    expected: VecDeque<T>,
}

impl<T> Scoreboard<T> {
    /// An empty scoreboard; `channel` is its name in messages.
    pub fn new(channel: impl Into<String>) -> Self {
        Self {
            channel: channel.into(),
            expected: VecDeque::new(),
        }
    }

    /// Expects one more beat.
    #[inline]
    pub fn expect(&mut self, item: T) {
        self.expected.push_back(item);
    }

    /// What the beat that just came has to be held against.
    ///
    /// # Errors
    ///
    /// [`FailureKind::Unexpected`] if nothing was expected.
    #[inline]
    pub fn take(&mut self, cycle: Cycle) -> Result<T, Failure> {
        self.expected.pop_front().ok_or_else(|| {
            let kind = FailureKind::Unexpected {
                channel: self.channel.clone(),
            };
            Failure::new(
                kind,
                cycle,
                format!("{} gave a beat where golden expects none", self.channel),
            )
        })
    }

    /// Beats still owed.
    pub fn owed(&self) -> usize {
        self.expected.len()
    }

    /// Expects nothing any more, as after a reset.
    pub fn clear(&mut self) {
        self.expected.clear();
    }
}
