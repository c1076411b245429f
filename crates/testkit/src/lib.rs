//! What the tests of every crate share: databases, an HTTP client, child processes.
//!
//! Everything here blocks: a test is a plain function that reads from top to bottom, and whatever needs an async
//! runtime brings its own.
//!
//! | module | gives |
//! |---|---|
//! | [`postgres`] | a scratch PostgreSQL cluster, and fresh databases in it |
//! | [`engine`] | the two storage engines, and [`on_both_engines!`] to run one test body on each |
//! | [`http`] | a client that treats refusals as answers and shows the exchange when an assertion fails |
//! | [`process`] | the `guildhall` binary as a child process that can be killed |
//! | [`receiver`] | an HTTP endpoint that remembers what it was sent |
//! | `server` | a server inside the test's own process (feature `server`) |
//! | `github` | a double of GitHub's API (feature `server`) |
//! | `upstream` | a double of a model provider (feature `server`) |
//! | [`parallel()`] | several threads released at the same moment, for races |
//!
//! **Invariant:** nothing reaches outside this machine, nothing uses a service that happens to run on it, and whatever
//! a test started is gone soon after the test, also when the test was killed.
//!
//! To extend: a helper belongs here once two crates need it. It panics with everything a reader needs to understand
//! the failure, since its callers are tests; where a test may want to look at the failure there is a `try_` form.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test code: it panics with an explanation, and it waits for real processes in real time"
)]

mod endpoint;
pub mod engine;
#[cfg(feature = "server")]
pub mod github;
pub mod http;
mod parallel;
pub mod postgres;
pub mod process;
pub mod receiver;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
pub mod upstream;

pub use parallel::parallel;
