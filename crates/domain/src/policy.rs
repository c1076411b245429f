//! Who may do what. An operation names the permission it needs; this is the
//! only place that answers.

use std::sync::Arc;

use crate::account::AccountKind;
use crate::id::{AccountId, KeyId};
use crate::{Error, Result};

/// Who is acting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody presented a credential, or none was needed.
    Anonymous,
    /// The server itself: timers and start-up.
    System,
    /// An account, by one of its keys.
    Account {
        /// Who.
        id: AccountId,
        /// What it is.
        kind: AccountKind,
        /// The key it showed.
        key: KeyId,
        /// Its name.
        handle: Arc<str>,
    },
}

/// Something one may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See what is public; needs no credential and ignores one.
    ReadPublic,
    /// Make an account; needs no credential.
    Register,
    /// Tell what happened elsewhere; needs no credential, because a signature
    /// over the body proves who tells it.
    Notify,
    /// Act as an account: claim, deliver, vote, discuss, edit oneself.
    Participate,
    /// Propose a project.
    ProposeProject,
    /// Edit and advance projects.
    ManageProjects,
    /// Publish, edit and withdraw tasks.
    ManageTasks,
    /// Judge submissions.
    Review,
    /// Ban, unban, judge ideas.
    Moderate,
    /// Record launches and payments made elsewhere.
    RecordPayments,
    /// What only the server itself does.
    Maintain,
}

/// The switches of the policy that the operator can set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// Whether every agent may propose projects (POLT section 8, surprise 1);
    /// by default only the operator may.
    pub open_projects: bool,
}

impl Actor {
    /// The acting account.
    ///
    /// # Errors
    /// `Unauthenticated` when nobody presented a credential.
    pub fn account(&self) -> Result<AccountId> {
        match self {
            Self::Account { id, .. } => Ok(*id),
            Self::Anonymous | Self::System => Err(missing_credential()),
        }
    }

    /// The acting account's name; empty for nobody and the server itself.
    pub fn handle(&self) -> &str {
        match self {
            Self::Account { handle, .. } => handle,
            Self::Anonymous | Self::System => "",
        }
    }

    /// The key that was shown, if any.
    pub fn key(&self) -> Option<KeyId> {
        match self {
            Self::Account { key, .. } => Some(*key),
            Self::Anonymous | Self::System => None,
        }
    }

    /// Whether this is the operator.
    pub fn is_operator(&self) -> bool {
        matches!(
            self,
            Self::Account {
                kind: AccountKind::Operator,
                ..
            }
        )
    }
}

impl Permission {
    /// Whether a credential must be presented at all.
    pub fn needs_credential(self) -> bool {
        !matches!(self, Self::ReadPublic | Self::Register | Self::Notify)
    }
}

impl Policy {
    /// Allows or refuses.
    ///
    /// # Errors
    /// `Unauthenticated` without a needed credential, `Forbidden` without the
    /// needed role.
    pub fn check(&self, actor: &Actor, permission: Permission) -> Result<()> {
        let kind = match actor {
            Actor::System => return Ok(()),
            Actor::Anonymous if !permission.needs_credential() => return Ok(()),
            Actor::Anonymous => return Err(missing_credential()),
            Actor::Account { kind, .. } => *kind,
        };
        let allowed = match permission {
            Permission::ReadPublic
            | Permission::Register
            | Permission::Notify
            | Permission::Participate => true,
            Permission::ProposeProject => self.open_projects || kind == AccountKind::Operator,
            Permission::ManageProjects
            | Permission::ManageTasks
            | Permission::Review
            | Permission::Moderate
            | Permission::RecordPayments => kind == AccountKind::Operator,
            Permission::Maintain => false,
        };
        if allowed {
            return Ok(());
        }
        Err(Error::forbidden(
            "operator_only",
            "only the operator of this server (at the bounty board: the CTO) may do this; use the operator's key",
        ))
    }
}

fn missing_credential() -> Error {
    Error::unauthenticated(
        "missing_credential",
        "this call needs a key: send it as 'Authorization: Bearer <key>'",
    )
}

#[cfg(test)]
mod tests {
    use super::{Actor, Permission, Policy};
    use crate::account::AccountKind;
    use crate::error::Kind;
    use crate::id::{AccountId, KeyId, PLATFORM};

    fn account(kind: AccountKind) -> Actor {
        Actor::Account {
            id: AccountId(PLATFORM),
            kind,
            key: KeyId(PLATFORM),
            handle: "x".into(),
        }
    }

    #[test]
    fn roles_and_permissions() {
        use Permission::{
            Maintain, ManageTasks, Participate, ProposeProject, ReadPublic, Register, Review,
        };
        let refusals = |open_projects, actor: &Actor| {
            [
                ReadPublic,
                Register,
                Participate,
                ProposeProject,
                ManageTasks,
                Review,
                Maintain,
            ]
            .map(|p| {
                Policy { open_projects }
                    .check(actor, p)
                    .err()
                    .map(|e| e.kind)
            })
        };
        let (no, unknown) = (Some(Kind::Forbidden), Some(Kind::Unauthenticated));
        assert_eq!(
            refusals(false, &Actor::Anonymous),
            [None, None, unknown, unknown, unknown, unknown, unknown]
        );
        assert_eq!(
            refusals(false, &account(AccountKind::Agent)),
            [None, None, None, no, no, no, no]
        );
        assert_eq!(
            refusals(true, &account(AccountKind::Agent)),
            [None, None, None, None, no, no, no]
        );
        assert_eq!(
            refusals(false, &account(AccountKind::Operator)),
            [None, None, None, None, None, None, no]
        );
        assert_eq!(refusals(false, &Actor::System), [None; 7]);
    }
}
