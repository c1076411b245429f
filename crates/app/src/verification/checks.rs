//! Terms, compiled once and kept, and where and how long checks may run.
//!
//! **Invariant:** what is kept is found by the SHA-256 of what it was compiled
//! from and is bounded in bytes. A check that may take long runs on a thread
//! of its own, and no more of them than there are processors.

use std::sync::Arc;
use std::time::Duration;

use domain::brief::{Brief, Hash};
use domain::error::Detail;
use domain::policy::Actor;
use domain::{Error, Kind, Result};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::meter::{Spent, metered};
use super::receipt::{self, Judgement};
use super::rules::Rules;
use super::sandbox::{Module, Sandbox};
use super::schema::Schema;
use super::{CAUSES, Report, refused, unfit};
use crate::App;
use crate::ops::contracts::Verifier;

/// Steps that checking one output may take: about half a second at worst.
const STEPS: u64 = 5_000_000;
/// Steps that a check may take where it stands in the way of others.
const STEPS_AT_ONCE: u64 = 20_000;
/// Bytes of an output that is checked where it stands in the way of others.
const BYTES_AT_ONCE: usize = 16 << 10;
/// How long anybody waits for a check, waiting for its turn not counted.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a check waits for its turn.
const TURN: Duration = Duration::from_secs(5);
/// Bytes of compiled schemas, of rules and of modules that are kept, each.
const KEPT_BYTES: u64 = 64 << 20;
/// Entries that a cache is laid out for.
const KEPT: usize = 1_000;

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
            modules: Arc::new(Cache::with_weighter(KEPT, KEPT_BYTES, ByBytes)),
            sandbox: Arc::new(Sandbox::new()),
            turns: Arc::new(Semaphore::new(processors)),
        }
    }
}

/// The compiled terms of a task.
pub(super) struct Terms {
    schema: Option<Arc<Schema>>,
    rules: Option<Arc<Rules>>,
    verifier: Option<(Hash, Arc<Module>)>,
    sandbox: Arc<Sandbox>,
    acceptance: Hash,
}

impl Checks {
    /// Compiles what is not kept. May take long.
    ///
    /// # Errors
    /// `Unsatisfied` where the terms make no sense.
    pub(super) fn compile(&self, brief: &Brief, module: Option<&[u8]>) -> Result<Terms> {
        let schema = brief.schema.as_deref().map(|text| {
            kept(&self.schemas, text, Schema::compile)
                .map_err(|causes| refused("invalid_schema", "expectedSchema", causes))
        });
        let rules = brief.rules.as_deref().map(|text| {
            kept(&self.rules, text, Rules::compile)
                .map_err(|causes| refused("invalid_rules", "outputRules", causes))
        });
        let verifier = brief.verifier.map(|hash| self.module(hash, module));
        Ok(Terms {
            schema: schema.transpose()?,
            rules: rules.transpose()?,
            verifier: verifier.transpose()?,
            sandbox: Arc::clone(&self.sandbox),
            acceptance: brief.acceptance,
        })
    }

    fn module(&self, hash: Hash, bytes: Option<&[u8]>) -> Result<(Hash, Arc<Module>)> {
        if let Some(module) = self.modules.get(&hash) {
            return Ok((hash, module));
        }
        let Some(bytes) = bytes else {
            return Err(refused(
                "invalid_verifier",
                "verifier.sha256",
                vec![unfit(
                    "",
                    "verifier",
                    "was never stored here: send it as verifier.wasmBase64",
                )],
            ));
        };
        let module = self.sandbox.compile(bytes);
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

    /// The terms, where all of them are kept.
    fn at_hand(&self, brief: &Brief) -> Option<Terms> {
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
    async fn in_turn<T: Send + 'static>(
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

impl Terms {
    /// Checks an output against everything.
    ///
    /// # Errors
    /// `Unsatisfied` where a check broke its bounds.
    pub(super) fn examine(&self, output: &str) -> Result<Report> {
        let judgement = self.check(output, STEPS).map_err(|Spent| too_costly())?;
        let Some((hash, module)) = &self.verifier else {
            return Ok(self.report(judgement));
        };
        if !judgement.causes.is_empty() {
            return Ok(self.report(judgement));
        }
        let verdict = self.sandbox.run(module, output.as_bytes());
        let verdict = verdict.map_err(|broken| {
            tracing::info!(verifier = %super::hex(*hash), %broken, "a verifier broke its bounds");
            Error::new(
                Kind::Unsatisfied,
                "verifier_failed",
                format!("the task's verifier came to no verdict: {broken}; its publisher must publish the task again with a better one"),
            )
        })?;
        Ok(self.report(Judgement {
            causes: verdict.causes.clone(),
            verdict: Some(verdict),
            ..judgement
        }))
    }

    /// The schema and, where that passes, the rules.
    fn check(&self, output: &str, steps: u64) -> Result<Judgement, Spent> {
        let Ok(value) = serde_json::from_str::<Value>(output) else {
            let problem = "the output must be JSON, nested at most 127 levels deep";
            return Ok(Judgement::refused(vec![unfit("", "json", problem)]));
        };
        let failed = metered(steps, || {
            let schema = self.schema.as_ref();
            if schema.is_some_and(|schema| !schema.accepts(&value)) {
                return None;
            }
            Some(self.rules.as_ref().map(|rules| rules.causes(&value)))
        })?;
        let Some(causes) = failed else {
            let causes = self.schema.as_ref().map(|schema| schema.causes(&value));
            return Ok(Judgement::refused(causes.unwrap_or_default()));
        };
        let mut causes = causes.unwrap_or_default();
        causes.truncate(CAUSES);
        Ok(Judgement {
            schema_valid: true,
            causes,
            verdict: None,
        })
    }

    fn report(&self, judgement: Judgement) -> Report {
        let verifier = self.verifier.as_ref().map(|(hash, _)| *hash);
        let receipt = receipt::written(&judgement, verifier, self.acceptance);
        Report {
            causes: judgement.causes,
            receipt,
        }
    }
}

fn too_costly() -> Error {
    Error::new(
        Kind::Unsatisfied,
        "schema_too_costly",
        "checking this output against the task's schema and rules takes too long: hand in a smaller output; its publisher can publish the task again with a simpler schema",
    )
}

impl App {
    /// Refuses acceptance terms that make no sense or could not be checked
    /// within bounds. `module` is the verifier's code, where it is new.
    ///
    /// # Errors
    /// `Unsatisfied` with code `invalid_schema`, `invalid_rules` or
    /// `invalid_verifier`.
    pub(crate) async fn admit_terms(&self, brief: &Brief, module: Option<&[u8]>) -> Result<()> {
        if !brief.is_checked() || self.checks().at_hand(brief).is_some() {
            return Ok(());
        }
        let module = match module {
            Some(module) => Some(module.to_vec()),
            None => self.stored_module(brief).await?,
        };
        let brief = brief.clone();
        let compiling =
            move |checks: &Checks| checks.compile(&brief, module.as_deref()).map(|_| ());
        self.checks().in_turn(compiling).await
    }

    /// Checks an output.
    ///
    /// # Errors
    /// `Unsatisfied` with code `verifier_failed` where the verifier itself broke
    /// its bounds, `schema_too_costly` where the schema did; `Unavailable` when
    /// too much is being checked.
    pub(crate) async fn examine(&self, brief: &Brief, output: &str) -> Result<Report> {
        let checks = self.checks();
        if output.len() <= BYTES_AT_ONCE
            && let Some(terms) = checks.at_hand(brief)
            && let Ok(judgement) = terms.check(output, STEPS_AT_ONCE)
        {
            return Ok(terms.report(judgement));
        }
        let module = self.stored_module(brief).await?;
        let (brief, output) = (brief.clone(), output.to_owned());
        let checking =
            move |checks: &Checks| checks.compile(&brief, module.as_deref())?.examine(&output);
        checks.in_turn(checking).await
    }

    /// The code of a brief's verifier, unless it is kept compiled.
    async fn stored_module(&self, brief: &Brief) -> Result<Option<Vec<u8>>> {
        match brief.verifier {
            Some(hash) if self.checks().modules.get(&hash).is_none() => {
                let stored = self.call(&Actor::System, Verifier { hash }).await;
                match stored {
                    Ok(module) => Ok(Some(module)),
                    Err(error) if error.kind == Kind::NotFound => Ok(None),
                    Err(error) => Err(error),
                }
            }
            _ => Ok(None),
        }
    }
}
