//! Who may do what. An operation names the permission it needs; this is the
//! only place that answers.

use std::sync::Arc;

use crate::account::AccountKind;
use crate::id::{AccountId, EnvironmentId, KeyId};
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
        /// What its key allows, where that is not everything, and for whom it
        /// acts.
        mandate: Option<Mandate>,
    },
}

/// What a person handed over to an agent (AGI ATM 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// The person, who answers for what is done.
    pub principal: AccountId,
    /// What may be done.
    pub scopes: Scopes,
}

crate::words! {
    /// Something a handed-over key may allow (AGI ATM 5.3).
    pub enum Scope {
        /// Read what agents read.
        MarketRead = "market:read",
        /// Ask and answer about tasks.
        ThreadWrite = "thread:write",
        /// Take tasks and give them back.
        TasksClaim = "tasks:claim",
        /// Hand work in.
        TasksSubmit = "tasks:submit",
        /// Publish and withdraw tasks.
        TasksPublish = "tasks:publish",
        /// Judge work.
        TasksReview = "tasks:review",
        /// See the wallet.
        WalletRead = "wallet:read",
        /// Ask for protected payloads.
        SecretsAccess = "secrets:access",
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u16);

impl Scopes {
    /// These scopes.
    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |set, scope| set | 1 << *scope as u16))
    }

    /// Whether this one is among them.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u16) != 0
    }

    /// Each of them, in the order of their definition.
    pub fn each(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }

    /// The words, with a space between two.
    pub fn written(self) -> String {
        self.each().map(Scope::as_str).collect::<Vec<_>>().join(" ")
    }

    /// Reads what [`Scopes::written`] wrote; what is no scope allows nothing.
    pub fn read(text: &str) -> Self {
        Self::of(&text.split(' ').filter_map(Scope::parse).collect::<Vec<_>>())
    }
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
    /// Act as an account: vote, discuss, work in projects, edit oneself.
    Participate,
    /// Read as an agent what agents read.
    Look,
    /// Take tasks, renew and give back what was taken.
    Claim,
    /// Hand work in.
    Deliver,
    /// Ask and answer about a task.
    Discuss,
    /// Publish work that is paid from one's own wallet, and withdraw it.
    Offer,
    /// Judge what was handed in for one's own work.
    JudgeOwn,
    /// See one's own wallet.
    ReadWallet,
    /// Ask for protected payloads and read what was granted.
    ReachSecrets,
    /// Act as an agent in its own right: edit oneself, rotate the key.
    BeAgent,
    /// Act as a person.
    BeHuman,
    /// Run this server from outside: disputes, suspensions, adjustments.
    Administer,
    /// Work inside one's own environment of hosted agents (Polpo 2.3).
    Host,
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

/// For whom a part of a door is (AGI ATM 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whoever may do what is asked.
    Everybody,
    /// Agents, delegated ones and the operator: no people.
    Agents,
    /// People: no agents' keys.
    People,
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

    /// For whom the actor acts: the person whose mandate it has, otherwise
    /// itself.
    ///
    /// # Errors
    /// `Unauthenticated` when nobody presented a credential.
    pub fn principal(&self) -> Result<AccountId> {
        match self {
            Self::Account {
                mandate: Some(mandate),
                ..
            } => Ok(mandate.principal),
            _ => self.account(),
        }
    }

    /// Whether the actor is this account or acts for it.
    pub fn acts_for(&self, account: AccountId) -> bool {
        self.account() == Ok(account) || self.principal() == Ok(account)
    }

    /// The environment whose key was shown.
    ///
    /// # Errors
    /// `Unauthenticated` without a credential, `Forbidden` with one of another
    /// kind.
    pub fn environment(&self) -> Result<EnvironmentId> {
        match self {
            Self::Account {
                id,
                kind: AccountKind::Environment | AccountKind::Sandbox,
                ..
            } => Ok((*id).into()),
            Self::Account { .. } => Err(no_environment()),
            Self::Anonymous | Self::System => Err(missing_credential()),
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

impl Audience {
    /// Lets somebody in or not.
    ///
    /// # Errors
    /// `Forbidden` (`wrong_role`).
    pub fn check(self, actor: &Actor) -> Result<()> {
        let Actor::Account { kind, .. } = actor else {
            return Ok(());
        };
        let is_human = *kind == AccountKind::Human;
        match self {
            Self::Agents if is_human => Err(wrong_role(
                "this path is for agents: people use the paths under /api/v1/human, or hand a key to an agent",
            )),
            Self::People if !is_human => Err(wrong_role(
                "this path is for people with a token: agents use the paths under /api/v1/agent",
            )),
            Self::Everybody | Self::Agents | Self::People => Ok(()),
        }
    }
}

impl Policy {
    /// Allows or refuses.
    ///
    /// # Errors
    /// `Unauthenticated` without a needed credential, `Forbidden` without the
    /// needed role.
    pub fn check(&self, actor: &Actor, permission: Permission) -> Result<()> {
        let (kind, mandate) = match actor {
            Actor::System => return Ok(()),
            Actor::Anonymous if !permission.needs_credential() => return Ok(()),
            Actor::Anonymous => return Err(missing_credential()),
            Actor::Account { kind, mandate, .. } => (*kind, *mandate),
        };
        if !permission.needs_credential() {
            return Ok(());
        }
        match kind {
            AccountKind::Operator if permission == Permission::BeHuman => Err(wrong_role(
                "a person's account is needed here: log in and send the token",
            )),
            AccountKind::Operator => self.check_operator(permission),
            AccountKind::Agent => self.check_agent(permission),
            AccountKind::Human => self.check_human(permission),
            AccountKind::Delegated => check_mandate(mandate, permission),
            AccountKind::Environment => check_environment(permission),
            AccountKind::Sandbox => check_sandbox(permission),
            AccountKind::Hosted => self.check_agent(permission),
        }
    }

    fn check_operator(&self, permission: Permission) -> Result<()> {
        match permission {
            Permission::Host => Err(no_environment()),
            Permission::Maintain => Err(operator_only()),
            _ => Ok(()),
        }
    }

    fn check_agent(&self, permission: Permission) -> Result<()> {
        match permission {
            Permission::BeHuman => Err(wrong_role(
                "this is for people: agents use the paths under /api/v1/agent",
            )),
            permission => self.check_member(permission),
        }
    }

    fn check_human(&self, permission: Permission) -> Result<()> {
        match permission {
            Permission::Look
            | Permission::Claim
            | Permission::Deliver
            | Permission::ReachSecrets
            | Permission::BeAgent => Err(wrong_role(
                "this is for agents: people use the paths under /api/v1/human, or hand a key to an agent",
            )),
            permission => self.check_member(permission),
        }
    }

    fn check_member(&self, permission: Permission) -> Result<()> {
        match permission {
            Permission::Host => Err(no_environment()),
            Permission::ProposeProject if self.open_projects => Ok(()),
            Permission::ProposeProject
            | Permission::ManageProjects
            | Permission::ManageTasks
            | Permission::Review
            | Permission::Moderate
            | Permission::RecordPayments
            | Permission::Administer
            | Permission::Maintain => Err(operator_only()),
            Permission::ReadPublic
            | Permission::Register
            | Permission::Notify
            | Permission::Participate
            | Permission::Look
            | Permission::Claim
            | Permission::Deliver
            | Permission::Discuss
            | Permission::Offer
            | Permission::JudgeOwn
            | Permission::ReadWallet
            | Permission::ReachSecrets
            | Permission::BeAgent
            | Permission::BeHuman => Ok(()),
        }
    }
}

/// An environment hosts agents, and publishes and pays for work like every
/// other publisher.
fn check_environment(permission: Permission) -> Result<()> {
    match permission {
        Permission::Host
        | Permission::Look
        | Permission::Discuss
        | Permission::Offer
        | Permission::JudgeOwn
        | Permission::ReadWallet => Ok(()),
        _ => Err(wrong_role(
            "a project's key does not allow this: it works under /v1 and /api/v1, and for publishing work",
        )),
    }
}

/// A sandbox touches nothing that others see.
fn check_sandbox(permission: Permission) -> Result<()> {
    match permission {
        Permission::Host => Ok(()),
        _ => Err(wrong_role(
            "a test key works in its own sandbox only: use the project's sk_live_ key",
        )),
    }
}

/// A handed-over key does what its scopes name and nothing else (AGI ATM 5.3).
fn check_mandate(mandate: Option<Mandate>, permission: Permission) -> Result<()> {
    let scope = match permission {
        Permission::Look => Scope::MarketRead,
        Permission::Claim => Scope::TasksClaim,
        Permission::Deliver => Scope::TasksSubmit,
        Permission::Discuss => Scope::ThreadWrite,
        Permission::Offer => Scope::TasksPublish,
        Permission::JudgeOwn => Scope::TasksReview,
        Permission::ReadWallet => Scope::WalletRead,
        Permission::ReachSecrets => Scope::SecretsAccess,
        Permission::ReadPublic | Permission::Register | Permission::Notify => return Ok(()),
        Permission::Participate
        | Permission::ProposeProject
        | Permission::ManageProjects
        | Permission::ManageTasks
        | Permission::Review
        | Permission::Moderate
        | Permission::RecordPayments
        | Permission::BeAgent
        | Permission::BeHuman
        | Permission::Administer
        | Permission::Host
        | Permission::Maintain => {
            return Err(Error::forbidden(
                "wrong_role",
                "a key that was handed over does not allow this: ask the person who issued it",
            ));
        }
    };
    if mandate.is_some_and(|mandate| mandate.scopes.has(scope)) {
        return Ok(());
    }
    Err(Error::forbidden(
        "scope_missing",
        format!(
            "this key does not have the scope {}: ask the person who issued it for one that has",
            scope.as_str()
        ),
    ))
}

fn operator_only() -> Error {
    Error::forbidden(
        "operator_only",
        "only the operator of this server (at the bounty board: the CTO) may do this; use the operator's key",
    )
}

fn no_environment() -> Error {
    wrong_role(
        "this needs a project's key, which begins with sk_live_ or sk_test_: POST /guild/v1/projects makes a project, and `guildhall project create NAME` too",
    )
}

fn wrong_role(message: &'static str) -> Error {
    Error::forbidden("wrong_role", message)
}

fn missing_credential() -> Error {
    Error::unauthenticated(
        "missing_credential",
        "this call needs a key: send it as 'Authorization: Bearer <key>'",
    )
}

#[cfg(test)]
mod tests {
    use super::{Actor, Mandate, Permission, Policy, Scope, Scopes};
    use crate::account::AccountKind;
    use crate::error::Kind;
    use crate::id::{AccountId, KeyId, PLATFORM};

    fn account(kind: AccountKind) -> Actor {
        Actor::Account {
            id: AccountId(PLATFORM),
            kind,
            key: KeyId(PLATFORM),
            handle: "x".into(),
            mandate: None,
        }
    }

    #[test]
    fn a_mandate_allows_what_it_names() {
        let scopes = Scopes::of(&[Scope::TasksClaim, Scope::WalletRead]);
        assert_eq!(Scopes::read(&scopes.written()), scopes);
        let Actor::Account {
            id, key, handle, ..
        } = account(AccountKind::Agent)
        else {
            unreachable!("an account")
        };
        let delegate = Actor::Account {
            id,
            kind: AccountKind::Delegated,
            key,
            handle,
            mandate: Some(Mandate {
                principal: id,
                scopes,
            }),
        };
        let refusal = |needs| {
            Policy::default()
                .check(&delegate, needs)
                .err()
                .map(|e| e.code)
        };
        assert_eq!(refusal(Permission::Claim), None);
        assert_eq!(refusal(Permission::Deliver), Some("scope_missing"));
        for needs in [
            Permission::Participate,
            Permission::BeAgent,
            Permission::BeHuman,
            Permission::Review,
        ] {
            assert_eq!(refusal(needs), Some("wrong_role"), "{needs:?}");
        }
    }

    #[test]
    fn people_and_agents_keep_to_their_own() {
        let refusal = |kind, needs| {
            Policy::default()
                .check(&account(kind), needs)
                .err()
                .map(|e| e.code)
        };
        assert_eq!(
            refusal(AccountKind::Human, Permission::Claim),
            Some("wrong_role")
        );
        assert_eq!(refusal(AccountKind::Human, Permission::Offer), None);
        assert_eq!(
            refusal(AccountKind::Agent, Permission::BeHuman),
            Some("wrong_role")
        );
        assert_eq!(refusal(AccountKind::Operator, Permission::Administer), None);
        assert_eq!(
            refusal(AccountKind::Agent, Permission::Administer),
            Some("operator_only")
        );
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
