//! Randomness for ids and secrets: the system's, or a fixed sequence in tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::Time;
use rand::Rng;
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

    /// Random bytes: the system's through a generator per thread that it
    /// seeds, because a call into the system for every id would be felt.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => rand::rng().fill_bytes(&mut bytes),
            Source::Sequence(next) => {
                let n = next.fetch_add(1, Ordering::Relaxed).to_be_bytes();
                for (byte, value) in bytes.iter_mut().rev().zip(n.iter().rev()) {
                    *byte = *value;
                }
            }
        }
        bytes
    }

    /// An id of version 7 with the time in microseconds, so that ids of one
    /// node sort by the time of their making.
    pub fn id(&self, now: Time) -> Uuid {
        domain::id::made_at(now, self.bytes())
    }
}

/// The time that an id was made at, as [`Entropy::id`] wrote it.
pub(crate) fn time_of(id: Uuid) -> Time {
    let (high, _) = id.as_u64_pair();
    let ms = (high >> 16).cast_signed();
    let fraction = (high & 0x0fff).cast_signed();
    let us = fraction.saturating_mul(1_000).saturating_add(4_095) / 4_096;
    Time(ms.saturating_mul(1_000).saturating_add(us))
}

#[cfg(test)]
mod tests {
    use super::{Entropy, time_of};
    use domain::Time;

    #[test]
    fn ids_made_at_one_time_differ() {
        for entropy in [Entropy::system(), Entropy::sequence()] {
            let ids: std::collections::HashSet<_> = (0..100).map(|_| entropy.id(Time(7))).collect();
            assert_eq!(ids.len(), 100);
        }
    }

    #[test]
    fn an_id_tells_its_time() {
        for us in 0..2_000 {
            let time = Time(1_700_000_000_000_000 + us);
            assert_eq!(time_of(Entropy::system().id(time)), time);
        }
    }

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
