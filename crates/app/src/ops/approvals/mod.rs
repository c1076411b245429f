//! Consent: points at which a job waits for somebody (Polpo 3.5).

mod guard;

pub(crate) use guard::{Hook, Passage, guard};
