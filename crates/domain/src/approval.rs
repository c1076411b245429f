//! Consent: points at which somebody is asked before it goes on (Polpo 3.5).

crate::words! {
    /// Where one can be asked.
    pub enum Hook {
        /// Before a run of a job begins.
        Spawn = "task:spawn",
        /// Before a job counts as done.
        Complete = "task:complete",
        /// Before it counts as failed.
        Fail = "task:fail",
        /// Before it is tried again.
        Retry = "task:retry",
        /// Before the jobs of a mission begin.
        Execute = "mission:execute",
    }
}

crate::words! {
    /// Who decides at a gate.
    pub enum Handler {
        /// Its condition; where that does not hold, somebody is asked.
        Auto = "auto",
        /// Somebody, where its condition holds.
        Human = "human",
    }
}

crate::words! {
    /// Where a wish for consent stands.
    pub enum Status {
        /// Nobody has answered.
        Pending = "pending",
        /// Somebody agreed.
        Approved = "approved",
        /// Somebody did not agree.
        Rejected = "rejected",
        /// Nobody answered in time.
        Timeout = "timeout",
    }
}

crate::words! {
    /// What silence means.
    pub enum Silence {
        /// Consent.
        Approve = "approve",
        /// None.
        Reject = "reject",
    }
}
