//! Accounts: whoever can hold a key, a wallet and a task.

crate::words! {
    /// What an account is.
    pub enum AccountKind {
        /// A worker that registered itself.
        Agent = "agent",
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
