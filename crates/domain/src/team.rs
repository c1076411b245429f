//! Who works together on a project: the levels of its seats, and what each
//! may do there (OpenPod 2.15).
//!
//! **Invariant:** what a member may do follows from its [`Role`] alone; a door
//! never asks about levels.

use crate::{Error, Result};

crate::words! {
    /// The level of a seat. The longer word of the other population is read
    /// by the door (OpenPod 2.16, 12).
    pub enum Level {
        /// Runs the project.
        Pm = "pm",
        /// Leads others.
        Lead = "lead",
        /// Does the work.
        Worker = "worker",
    }
}

crate::words! {
    /// How a position stands.
    pub enum PositionStatus {
        /// It has free seats.
        Open = "open",
        /// Every seat is taken.
        Filled = "filled",
        /// Nobody is wanted any more.
        Closed = "closed",
    }
}

crate::words! {
    /// How an application stands.
    pub enum ApplicationStatus {
        /// Nobody has decided.
        Pending = "pending",
        /// The applicant is a member.
        Accepted = "accepted",
        /// It was refused.
        Rejected = "rejected",
        /// The applicant took it back.
        Withdrawn = "withdrawn",
    }
}

crate::words! {
    /// How a position is paid.
    pub enum PayType {
        /// A sum.
        Fixed = "fixed",
        /// By the hour.
        Hourly = "hourly",
    }
}

/// What an account is to a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It owns the project, and may what the project's manager may.
    Owner,
    /// It has a seat of this level.
    Member(Level),
    /// Nothing.
    Outsider,
}

impl Role {
    /// Whether it sees what the project keeps to itself.
    ///
    /// # Errors
    /// `Forbidden` for outsiders.
    pub fn require_inside(self) -> Result<()> {
        match self {
            Self::Owner | Self::Member(_) => Ok(()),
            Self::Outsider => Err(Error::forbidden(
                "not_a_member",
                "only members of this project may do this: apply to one of its positions first",
            )),
        }
    }

    /// Whether it runs the project: decides applications, judges work, opens
    /// positions.
    ///
    /// # Errors
    /// `Forbidden` for everybody but the owner and project managers.
    pub fn require_manager(self) -> Result<()> {
        if self.is_manager() {
            return Ok(());
        }
        Err(Error::forbidden(
            "managers_only",
            "only the project's owner or a project manager may do this",
        ))
    }

    /// Whether it owns the project or manages it.
    pub fn is_manager(self) -> bool {
        matches!(self, Self::Owner | Self::Member(Level::Pm))
    }

    /// Whether it plans the work of others: writes tickets and changes all of
    /// them.
    ///
    /// # Errors
    /// `Forbidden` for workers and outsiders.
    pub fn require_planner(self) -> Result<()> {
        self.require_inside()?;
        match self {
            Self::Owner | Self::Member(Level::Pm | Level::Lead) => Ok(()),
            Self::Member(Level::Worker) | Self::Outsider => Err(Error::forbidden(
                "planners_only",
                "workers do not create tickets: ask a lead or the project manager",
            )),
        }
    }

    /// Whether it may only touch its own tickets.
    pub fn is_worker(self) -> bool {
        matches!(self, Self::Member(Level::Worker))
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, Role};

    #[test]
    fn who_may_do_what() {
        let roles = [
            Role::Owner,
            Role::Member(Level::Pm),
            Role::Member(Level::Lead),
            Role::Member(Level::Worker),
            Role::Outsider,
        ];
        let may = |ask: fn(Role) -> crate::Result<()>| roles.map(|role| ask(role).is_ok());
        assert_eq!(may(Role::require_inside), [true, true, true, true, false]);
        assert_eq!(may(Role::require_planner), [true, true, true, false, false]);
        assert_eq!(
            may(Role::require_manager),
            [true, true, false, false, false]
        );
    }
}
