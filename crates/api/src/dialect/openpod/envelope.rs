//! Answers at this door: `{"data": ...}` (OpenPod 2.0), and times as it writes
//! them.

use app::Answer;
use domain::Time;
use serde::{Serialize, Serializer};

/// `{"data": ...}`.
pub(super) fn data(status: u16, data: &impl Serialize) -> Answer {
    let mut body = Vec::with_capacity(EXPECTED_BYTES);
    body.extend_from_slice(b"{\"data\":");
    // Our own wire structs always serialise: their keys are strings.
    let _ = serde_json::to_writer(&mut body, data);
    body.push(b'}');
    Answer {
        status,
        body: body.into(),
    }
}

/// The few answers without an envelope.
pub(super) fn flat(status: u16, object: &impl Serialize) -> Answer {
    Answer {
        status,
        body: serde_json::to_vec(object).unwrap_or_default().into(),
    }
}

const EXPECTED_BYTES: usize = 1_024;

/// A time, with microseconds and `Z` (OpenPod 2.0).
#[derive(Clone, Copy)]
pub(super) struct At(pub(super) Time);

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&crate::calendar::Iso(self.0))
    }
}
