//! How far a run of a mission is: its gates, checkpoints and delays.
//!
//! **Invariant:** a gate that passed, a checkpoint that was resumed and a delay
//! that is over stay so.

use std::collections::BTreeMap;

use domain::Time;
use domain::mission::Status;
use domain::plan::{Barrier, Kind};
use serde_json::{Map, Value, json};

/// What became of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Passed,
    Failed,
}

/// A checkpoint that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) reached: Time,
    pub(crate) resumed: Option<Time>,
}

/// A delay that began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) started: Time,
    pub(crate) expires: Time,
    pub(crate) is_over: bool,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// Where the mission stood before.
    pub(crate) before: Status,
    /// Whether somebody must agree before it begins.
    pub(crate) awaits_consent: bool,
    /// Whether what is left of it is being given up.
    pub(crate) is_given_up: bool,
    pub(crate) gates: BTreeMap<String, Gate>,
    pub(crate) checkpoints: BTreeMap<String, Stop>,
    pub(crate) delays: BTreeMap<String, Wait>,
}

impl State {
    pub(crate) fn new(before: Status) -> Self {
        Self {
            before,
            awaits_consent: false,
            is_given_up: false,
            gates: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
            delays: BTreeMap::new(),
        }
    }

    /// Whether a barrier lets on.
    pub(crate) fn is_open(&self, barrier: &Barrier) -> bool {
        let name = &barrier.name;
        match barrier.kind {
            Kind::Gate => self.gates.get(name) == Some(&Gate::Passed),
            Kind::Checkpoint => {
                let stop = self.checkpoints.get(name);
                stop.is_some_and(|stop| stop.resumed.is_some())
            }
            Kind::Delay => self.delays.get(name).is_some_and(|wait| wait.is_over),
        }
    }

    /// Whether somebody must say so before anything new begins.
    pub(crate) fn is_paused(&self) -> bool {
        let waits = |stop: &Stop| stop.resumed.is_none();
        self.awaits_consent || self.checkpoints.values().any(waits)
    }

    /// Whether it goes on by itself at a time.
    pub(crate) fn is_waiting(&self) -> bool {
        self.due().is_some()
    }

    /// When the next delay ends.
    pub(crate) fn due(&self) -> Option<Time> {
        let waits = self.delays.values().filter(|wait| !wait.is_over);
        waits.map(|wait| wait.expires).min()
    }

    /// Reads what [`State::written`] wrote.
    pub(crate) fn read(text: &str) -> Self {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let word = value["before"].as_str().and_then(Status::parse);
        let mut state = Self::new(word.unwrap_or(Status::Draft));
        state.awaits_consent = value["awaitsConsent"] == true;
        state.is_given_up = value["givenUp"] == true;
        let time = |value: &Value| value.as_i64().map(Time);
        state.gates = entries(&value["gates"], |gate| match gate.as_str() {
            Some("passed") => Some(Gate::Passed),
            _ => Some(Gate::Failed),
        });
        state.checkpoints = entries(&value["checkpoints"], |stop| {
            Some(Stop {
                reached: time(&stop["reached"])?,
                resumed: time(&stop["resumed"]),
            })
        });
        state.delays = entries(&value["delays"], |wait| {
            Some(Wait {
                started: time(&wait["started"])?,
                expires: time(&wait["expires"])?,
                is_over: wait["over"] == true,
            })
        });
        state
    }

    /// As it is stored.
    pub(crate) fn written(&self) -> String {
        let Self {
            before,
            awaits_consent,
            is_given_up,
            gates,
            checkpoints,
            delays,
        } = self;
        let gates = gates.iter().map(|(name, gate)| {
            let word = match gate {
                Gate::Passed => "passed",
                Gate::Failed => "failed",
            };
            (name.clone(), json!(word))
        });
        let stops = checkpoints.iter().map(|(name, stop)| {
            let resumed = stop.resumed.map(|at| at.0);
            let stop = json!({ "reached": stop.reached.0, "resumed": resumed });
            (name.clone(), stop)
        });
        let waits = delays.iter().map(|(name, wait)| {
            let Wait {
                started,
                expires,
                is_over,
            } = wait;
            let wait = json!({ "started": started.0, "expires": expires.0, "over": is_over });
            (name.clone(), wait)
        });
        json!({
            "before": before.as_str(),
            "awaitsConsent": awaits_consent,
            "givenUp": is_given_up,
            "gates": gates.collect::<Map<_, _>>(),
            "checkpoints": stops.collect::<Map<_, _>>(),
            "delays": waits.collect::<Map<_, _>>(),
        })
        .to_string()
    }
}

fn entries<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> BTreeMap<String, T> {
    let object = value.as_object().into_iter().flatten();
    object
        .filter_map(|(name, value)| Some((name.clone(), read(value)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Gate, State, Stop, Wait};
    use domain::Time;
    use domain::mission::Status;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let mut state = State::new(Status::Recurring);
        state.awaits_consent = true;
        state.gates.insert("g".into(), Gate::Failed);
        let stop = Stop {
            reached: Time(1),
            resumed: None,
        };
        state.checkpoints.insert("c".into(), stop);
        let wait = Wait {
            started: Time(1),
            expires: Time(5),
            is_over: false,
        };
        state.delays.insert("d".into(), wait);
        assert_eq!(State::read(&state.written()), state);
        assert_eq!(state.due(), Some(Time(5)));
        assert!(state.is_paused());
    }
}
