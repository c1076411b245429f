//! Randomness for ids and secrets: the system's, or a fixed sequence in tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::{Error, Result, Time};
use uuid::Uuid;

/// A source of randomness, shared by all clones.
#[derive(Clone)]
pub struct Entropy(Source);

#[derive(Clone)]
enum Source {
    System,
    Sequence(Arc<AtomicU64>),
}

impl Entropy {
    /// The system's.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A sequence that is the same in every run, for tests.
    pub fn sequence() -> Self {
        Self(Source::Sequence(Arc::new(AtomicU64::new(1))))
    }

    /// Random bytes.
    ///
    /// # Errors
    /// `Unavailable` when the system gives none.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => getrandom::fill(&mut bytes).map_err(|cause| {
                tracing::error!(%cause, "the system gives no randomness");
                Error::unavailable(
                    "no_randomness",
                    "the server cannot make secrets now; try again",
                    5,
                )
            })?,
            Source::Sequence(next) => {
                let n = next.fetch_add(1, Ordering::Relaxed).to_be_bytes();
                for (byte, value) in bytes.iter_mut().rev().zip(n.iter().rev()) {
                    *byte = *value;
                }
            }
        }
        Ok(bytes)
    }

    /// An id of version 7 with the time in microseconds, so that ids of one
    /// node sort by the time of their making. Without randomness the time
    /// alone would still tell the ids of one node apart.
    pub fn id(&self, now: Time) -> Uuid {
        let random: [u8; 8] = self.bytes().unwrap_or_default();
        let (ms, us) = (now.0.div_euclid(1_000), now.0.rem_euclid(1_000));
        let fraction = us.saturating_mul(4_096).div_euclid(1_000);
        let high = (ms.cast_unsigned() << 16) | 0x7000 | fraction.cast_unsigned();
        let low = (u64::from_be_bytes(random) >> 2) | (0b10 << 62);
        Uuid::from_u64_pair(high, low)
    }
}

#[cfg(test)]
mod tests {
    use super::Entropy;
    use domain::Time;

    #[test]
    fn ids_are_version_7_and_sort_by_time() {
        let entropy = Entropy::system();
        let ids = [
            1_700_000_000_000_000,
            1_700_000_000_000_001,
            1_700_000_000_001_000,
        ]
        .map(|t| entropy.id(Time(t)));
        assert!(ids.is_sorted());
        for id in ids {
            assert_eq!(
                (id.get_version_num(), id.get_variant()),
                (7, uuid::Variant::RFC4122)
            );
        }
    }
}
