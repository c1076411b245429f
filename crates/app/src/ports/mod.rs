//! Ports: what the application needs from outside of this server, named by
//! what it is for. `runtime` implements them and `server` hands them over;
//! only errands (`errand.rs`) may ask them.
//!
//! **Invariant:** a port answers with the house error, whose message says what
//! to do, and waits for a bounded time.
//!
//! To add one: a trait in a file here, a field in [`Ports`], a method of `App`
//! that refuses where it is missing.

pub mod agents;
pub mod files;
pub mod github;
pub mod vault;

use std::pin::Pin;
use std::sync::Arc;

use domain::Result;

/// What a port answers, later.
pub type Reply<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// What is reachable from this server; nothing by default.
#[derive(Clone, Default)]
pub struct Ports {
    /// GitHub, where the operator has an App there.
    pub github: Option<Arc<dyn github::GitHub>>,
    /// What runs hosted agents.
    pub agents: Option<Arc<dyn agents::Agents>>,
    /// The work folders of hosted agents.
    pub files: Option<Arc<dyn files::Files>>,
    /// What keeps the key of the vault.
    pub vault: Option<Arc<dyn vault::Keeper>>,
}
