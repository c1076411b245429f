//! Terms, compiled once and kept, and where and how long checks may run.
//!
//! **Invariant:** what is kept is found by the SHA-256 of what it was compiled
//! from and is bounded in bytes. A check that may take long runs on a thread
//! of its own, and no more of them than there are processors.

use std::sync::Arc;
use std::time::Duration;

use domain::brief::{Brief, Hash};
use domain::error::Detail;
use domain::{Error, Result};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::rules::Rules;
use super::sandbox::{Module, Sandbox};
use super::schema::Schema;
use super::terms::{Terms, too_costly};
use super::{refused, unfit};

/// How long anybody waits for a check, waiting for its turn not counted.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a check waits for its turn.
const TURN: Duration = Duration::from_secs(5);
/// Bytes of compiled schemas and of rules that are kept, each.
const KEPT_BYTES: u64 = 64 << 20;
/// Bytes of compiled modules that are kept.
const KEPT_MODULE_BYTES: u64 = 128 << 20;
/// Entries that a cache is laid out for: so few that it is not divided, so
/// that the largest entry fits in.
const KEPT: usize = 32;

/// What is kept, with how many bytes it takes.
trait Weighed {
    fn bytes(&self) -> u64;
}

impl Weighed for Arc<Schema> {
    fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Weighed for Arc<Rules> {
    fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Weighed for Arc<Module> {
    fn bytes(&self) -> u64 {
        self.bytes
    }
}

#[derive(Clone)]
struct ByBytes;

impl<T: Weighed> Weighter<Hash, T> for ByBytes {
    fn weight(&self, _: &Hash, kept: &T) -> u64 {
        kept.bytes().max(1)
    }
}

type Kept<T> = Cache<Hash, Arc<T>, ByBytes>;

/// A verifier's code, as far as it is known.
pub(super) enum Code {
    /// There is none with this hash, or no verifier.
    Unknown,
    /// As it was published.
    Bytes(Vec<u8>),
    /// As it is kept.
    Compiled(Arc<Module>),
}

/// The checks of a server.
#[derive(Clone)]
pub(crate) struct Checks {
    schemas: Arc<Kept<Schema>>,
    rules: Arc<Kept<Rules>>,
    modules: Arc<Kept<Module>>,
    sandbox: Arc<Sandbox>,
    turns: Arc<Semaphore>,
}

impl Default for Checks {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            schemas: Arc::new(Cache::with_weighter(KEPT, KEPT_BYTES, ByBytes)),
            rules: Arc::new(Cache::with_weighter(KEPT, KEPT_BYTES, ByBytes)),
            modules: Arc::new(Cache::with_weighter(KEPT, KEPT_MODULE_BYTES, ByBytes)),
            sandbox: Arc::new(Sandbox::new()),
            turns: Arc::new(Semaphore::new(processors)),
        }
    }
}

impl Checks {
    /// Compiles what is not kept. May take long.
    ///
    /// # Errors
    /// `Unsatisfied` where the terms make no sense.
    pub(super) fn compile(&self, brief: &Brief, code: Code) -> Result<Terms> {
        let schema = brief.schema.as_deref().map(|text| {
            kept(&self.schemas, text, Schema::compile)
                .map_err(|causes| refused("invalid_schema", "expectedSchema", causes))
        });
        let rules = brief.rules.as_deref().map(|text| {
            kept(&self.rules, text, Rules::compile)
                .map_err(|causes| refused("invalid_rules", "outputRules", causes))
        });
        let verifier = brief.verifier.map(|hash| self.module(hash, code));
        Ok(Terms {
            schema: schema.transpose()?,
            rules: rules.transpose()?,
            verifier: verifier.transpose()?,
            sandbox: Arc::clone(&self.sandbox),
            acceptance: brief.acceptance,
        })
    }

    fn module(&self, hash: Hash, code: Code) -> Result<(Hash, Arc<Module>)> {
        let bytes = match code {
            Code::Compiled(module) => return Ok((hash, module)),
            Code::Bytes(bytes) => bytes,
            Code::Unknown => {
                return Err(refused(
                    "invalid_verifier",
                    "verifier.sha256",
                    vec![unfit(
                        "",
                        "verifier",
                        "was never stored here: send it as verifier.wasmBase64",
                    )],
                ));
            }
        };
        let module = self.sandbox.compile(&bytes);
        let module = module.map_err(|cause| {
            refused(
                "invalid_verifier",
                "verifier",
                vec![unfit("", "verifier", &cause)],
            )
        })?;
        let module = Arc::new(module);
        self.modules.insert(hash, Arc::clone(&module));
        Ok((hash, module))
    }

    /// The module with this hash, where it is kept.
    pub(super) fn module_at_hand(&self, hash: &Hash) -> Option<Arc<Module>> {
        self.modules.get(hash)
    }

    /// The terms, where all of them are kept.
    pub(super) fn at_hand(&self, brief: &Brief) -> Option<Terms> {
        fn find<T>(cache: &Kept<T>, text: Option<&str>) -> Option<Option<Arc<T>>>
        where
            Arc<T>: Weighed,
        {
            let Some(text) = text else {
                return Some(None);
            };
            let hash: Hash = Sha256::digest(text).into();
            cache.get(&hash).map(Some)
        }
        if brief.verifier.is_some() {
            return None;
        }
        Some(Terms {
            schema: find(&self.schemas, brief.schema.as_deref())?,
            rules: find(&self.rules, brief.rules.as_deref())?,
            verifier: None,
            sandbox: Arc::clone(&self.sandbox),
            acceptance: brief.acceptance,
        })
    }

    /// Runs something that may take long, when its turn has come. Its turn
    /// lasts until it has really ended, whether somebody still waits or not.
    pub(super) async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let busy = || {
            Error::unavailable(
                "verification_busy",
                "too many outputs are being checked at once: try again in a few seconds",
                2,
            )
        };
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        let checks = self.clone();
        let running = tokio::task::spawn_blocking(move || {
            let came_to = work(&checks);
            drop(turn);
            came_to
        });
        match tokio::time::timeout(PATIENCE, running).await {
            Ok(Ok(came_to)) => came_to,
            Ok(Err(_)) => Err(Error::internal()),
            Err(_) => Err(too_costly()),
        }
    }
}

/// What was compiled from a text: kept, or compiled and kept.
fn kept<T>(
    cache: &Kept<T>,
    text: &str,
    compile: fn(&str) -> Result<T, Vec<Detail>>,
) -> Result<Arc<T>, Vec<Detail>>
where
    Arc<T>: Weighed,
{
    let hash: Hash = Sha256::digest(text).into();
    if let Some(found) = cache.get(&hash) {
        return Ok(found);
    }
    let compiled = Arc::new(compile(text)?);
    cache.insert(hash, Arc::clone(&compiled));
    Ok(compiled)
}
