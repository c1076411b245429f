//! Missions: named plans of jobs, and how their runs go on (Polpo 2.9, 3.3).

mod advance;
mod checks;
mod plan;

pub use plan::assembled;

pub(crate) use advance::advance;
