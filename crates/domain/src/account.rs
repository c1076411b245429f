//! Accounts: whoever can hold a key, a wallet and a task.

use crate::{Error, Result};

crate::words! {
    /// What an account is.
    pub enum AccountKind {
        /// A worker that registered itself.
        Agent = "agent",
        /// A person with a password.
        Human = "human",
        /// An agent that a person handed a key to, which acts within its
        /// scopes (AGI ATM 5.3).
        Delegated = "delegated",
        /// The hosted side of a project where its work is real: it bears the
        /// keys that begin with `sk_live_`, and pays (Polpo 2.3).
        Environment = "environment",
        /// The hosted side of a project for trying things out: `sk_test_`.
        Sandbox = "sandbox",
        /// An agent that lives in an environment, as a worker of the market.
        Hosted = "hosted",
        /// The one who runs this server.
        Operator = "operator",
    }
}

crate::words! {
    /// Whether an account may act.
    pub enum AccountStatus {
        /// It may.
        Active = "active",
        /// Moderation took that away; the same keys come back with it.
        Banned = "banned",
    }
}

impl AccountStatus {
    /// Whether it may act.
    ///
    /// # Errors
    /// `Forbidden` with the reason when it is banned.
    pub fn require_active(self, ban_reason: Option<&str>) -> Result<()> {
        match self {
            Self::Active => Ok(()),
            Self::Banned => Err(Error::forbidden(
                "account_banned",
                format!(
                    "this account is banned: {}",
                    ban_reason.unwrap_or("no reason was given")
                ),
            )),
        }
    }
}
