//! Reproducible randomness.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Source of named random streams, each keyed by (seed, test, stream name).
///
/// A component has a stream of its own, so that adding one does not shift another's numbers; nothing depends on
/// threads or on the order of cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streams {
    /// Seed of the case.
    pub seed: u64,
    /// Id of the test, `npu_dot::random`.
    pub test: String,
}

impl Streams {
    /// Streams of one case.
    pub fn new(seed: u64, test: &str) -> Self {
        Self {
            seed,
            test: test.to_owned(),
        }
    }

    /// The 256-bit key of a stream.
    pub fn key(&self, stream: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        for part in [self.test.as_str(), stream] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    /// The stream of that name.
    pub fn rng(&self, stream: &str) -> ChaCha8Rng {
        ChaCha8Rng::from_seed(self.key(stream))
    }

    /// One number of the stream of that name.
    pub fn number(&self, stream: &str) -> u64 {
        let key = self.key(stream);
        u64::from_le_bytes(key[..8].try_into().expect("eight bytes of 32"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_key_matters_and_nothing_else() {
        let base = Streams::new(7, "a::b");
        assert_eq!(base.key("x"), Streams::new(7, "a::b").key("x"));
        assert_ne!(base.key("x"), base.key("y"));
        assert_ne!(base.key("x"), Streams::new(8, "a::b").key("x"));
        assert_ne!(base.key("x"), Streams::new(7, "a::c").key("x"));
        assert_ne!(
            Streams::new(7, "ab").key("c"),
            Streams::new(7, "a").key("bc")
        );
    }
}
