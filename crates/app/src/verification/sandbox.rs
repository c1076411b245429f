//! WebAssembly verifiers (AGI ATM 4): a module gets the output JSON on its
//! standard input and answers with its verdict on standard output.
//!
//! A module is a WASI preview 1 command: it exports its memory and `verify`,
//! or `_start`, and imports at most what `wasi.rs` has: no files, no network,
//! no clock, no randomness.
//!
//! **Invariant:** a run ends: its fuel, its memory, its stack, what it prints
//! and its time are bounded. Fuel is counted the same everywhere, so that a
//! receipt can be repeated.

use std::fmt;
use std::time::{Duration, Instant};

use domain::brief::Hash;
use domain::error::Detail;
use domain::limits;
use serde_json::Value;
use sha2::{Digest, Sha256};
use wasmi::{
    CompilationMode, Config, EnforcedLimits, Engine, ExternType, Linker, Store, StoreLimits,
    StoreLimitsBuilder, TrapCode, TypedFunc, TypedResumableCall,
};

use super::wasi::{self, Host};
use super::{CAUSES, cut, unfit};

/// What runs modules, as receipts name it.
pub(super) const ENGINE: &str = "wasmi 2.0.0";
/// Fuel of one run; about one for each instruction, and about half a second.
const FUEL: u64 = 500_000_000;
/// Fuel that is given at once; between two, the time is looked at.
const FUEL_AT_ONCE: u64 = 5_000_000;
/// How long one run may take.
const WALL: Duration = Duration::from_secs(2);
/// Bytes of memory.
const MEMORY_BYTES: usize = 64 << 20;
/// Calls within calls.
const RECURSION: usize = 1_000;
/// Bytes of the stack of values.
const STACK_BYTES: usize = 1 << 20;
/// Entries of a module's tables.
const TABLE_ENTRIES: usize = 100_000;
/// Bytes that a compiled module takes for each byte of its code, about.
const COMPILED_BYTES: u64 = 8;

/// A module that can be run.
pub(super) struct Module {
    module: wasmi::Module,
    entry: &'static str,
    /// About how many bytes it takes.
    pub(super) bytes: u64,
}

/// What a verifier said.
pub(super) struct Verdict {
    /// What it found wrong; empty when the output passes.
    pub(super) causes: Vec<Detail>,
    /// The verdict itself, as JSON.
    pub(super) said: Value,
    /// The fuel that it took.
    pub(super) fuel_used: u64,
    /// SHA-256 of the output.
    pub(super) input: Hash,
}

/// Why a run came to no verdict.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It took too much fuel.
    Fuel,
    /// It took too long.
    Time,
    /// It wanted too much memory.
    Memory,
    /// It called itself too deeply.
    Stack,
    /// It printed too much.
    Printed,
    /// It ended itself with this status.
    Exited(i32),
    /// It did something that cannot be done.
    Trapped(String),
    /// What it printed is no verdict.
    Verdict,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fuel => write!(f, "it used up its fuel of {FUEL} instructions"),
            Self::Time => write!(f, "it took longer than {} seconds", WALL.as_secs()),
            Self::Memory => write!(
                f,
                "it wanted more than {} MiB of memory",
                MEMORY_BYTES >> 20
            ),
            Self::Stack => write!(f, "its calls went too deep"),
            Self::Printed => write!(f, "it printed more than {} KiB", wasi::PRINTED_BYTES >> 10),
            Self::Exited(status) => write!(f, "it ended with status {status}"),
            Self::Trapped(cause) => write!(f, "it trapped ({})", cut(cause)),
            Self::Verdict => write!(
                f,
                "it must print one JSON object with \"pass\": true or false, \"errors\" a list of {{path, message}}"
            ),
        }
    }
}

/// What a run works with.
pub(super) struct Run {
    limits: StoreLimits,
    /// Its standard input and output.
    pub(super) host: Host,
}

/// Where modules run.
pub(super) struct Sandbox {
    engine: Engine,
    linker: Linker<Run>,
}

impl Sandbox {
    /// A sandbox.
    pub(super) fn new() -> Self {
        let mut config = Config::default();
        config
            .consume_fuel(true)
            // All of it at once: what a run costs must not depend on what ran before.
            .compilation_mode(CompilationMode::Eager)
            .allow_start_fn(false)
            .ignore_custom_sections(true)
            .set_max_recursion_depth(RECURSION)
            .set_max_stack_height(STACK_BYTES)
            .wasm_multi_memory(false)
            .enforced_limits(limits());
        let engine = Engine::new(&config);
        let linker = wasi::linker(&engine);
        Self { engine, linker }
    }

    /// Compiles a module and tries whether it fits in.
    ///
    /// # Errors
    /// Why it does not, in words.
    pub(super) fn compile(&self, code: &[u8]) -> Result<Module, String> {
        if code.len() > limits::VERIFIER_BYTES {
            return Err(format!("is larger than {} bytes", limits::VERIFIER_BYTES));
        }
        let module = wasmi::Module::new(&self.engine, code)
            .map_err(|error| format!("is no WebAssembly module that can run here: {error}"))?;
        for import in module.imports() {
            if !wasi::has(import.module(), import.name()) {
                return Err(format!(
                    "imports {}.{}: a verifier reads standard input, writes standard output and reaches nothing else",
                    import.module(),
                    import.name()
                ));
            }
        }
        if !matches!(module.get_export("memory"), Some(ExternType::Memory(_))) {
            return Err("must export its memory as \"memory\"".to_owned());
        }
        let exported = |name: &&str| matches!(module.get_export(name), Some(ExternType::Func(_)));
        let entry = ["verify", "_start"].into_iter().find(exported);
        let entry = entry.ok_or("must export a function \"verify\", or \"_start\"")?;
        let module = Module {
            entry,
            bytes: (code.len() as u64).saturating_mul(COMPILED_BYTES),
            module,
        };
        match self.start(&module, &[]) {
            Ok(_) => Ok(module),
            Err(error) => Err(format!("cannot be started: {error}")),
        }
    }

    /// Puts a module into a fresh store.
    fn start(
        &self,
        module: &Module,
        input: &[u8],
    ) -> Result<(Store<Run>, TypedFunc<(), ()>), wasmi::Error> {
        let limits = StoreLimitsBuilder::new()
            .memory_size(MEMORY_BYTES)
            .table_elements(TABLE_ENTRIES)
            .instances(1)
            .tables(10)
            .memories(1)
            .trap_on_grow_failure(true)
            .build();
        let run = Run {
            limits,
            host: Host::new(input),
        };
        let mut store = Store::new(&self.engine, run);
        store.limiter(|run| &mut run.limits);
        store.set_fuel(FUEL_AT_ONCE)?;
        let instance = self
            .linker
            .instantiate_and_start(&mut store, &module.module)?;
        let entry = instance.get_typed_func::<(), ()>(&store, module.entry)?;
        Ok((store, entry))
    }

    /// Runs a module on an output.
    ///
    /// # Errors
    /// Why it came to no verdict.
    pub(super) fn run(&self, module: &Module, output: &[u8]) -> Result<Verdict, Broken> {
        let (mut store, entry) = self.start(module, output).map_err(|error| broken(&error))?;
        let fuel_used = drive(&mut store, &entry)?;
        let printed = store.into_data().host.printed()?;
        let (causes, said) = read(&printed).ok_or(Broken::Verdict)?;
        Ok(Verdict {
            causes,
            said,
            fuel_used,
            input: Sha256::digest(output).into(),
        })
    }
}

fn limits() -> EnforcedLimits {
    // Against modules that are made to be slow to compile; none that a
    // compiler writes comes near.
    EnforcedLimits::strict()
}

/// Runs to the end, a portion of fuel at a time, and tells what it took.
#[expect(
    clippy::disallowed_methods,
    reason = "how long a run takes is measured, it decides nothing but when it is given up"
)]
fn drive(store: &mut Store<Run>, entry: &TypedFunc<(), ()>) -> Result<u64, Broken> {
    let began = Instant::now();
    let left = |store: &Store<Run>| store.get_fuel().unwrap_or(0);
    let mut given = left(store);
    let mut call = entry.call_resumable(&mut *store, ());
    loop {
        let paused = match call {
            Ok(TypedResumableCall::Finished(())) => break,
            Ok(TypedResumableCall::HostTrap(trap)) => match trap.host_error().i32_exit_status() {
                Some(0) => break,
                _ => return Err(broken(trap.host_error())),
            },
            Ok(TypedResumableCall::OutOfFuel(paused)) => paused,
            Err(error) if error.i32_exit_status() == Some(0) => break,
            Err(error) => return Err(broken(&error)),
        };
        let more = FUEL_AT_ONCE.max(paused.required_fuel());
        given = given.saturating_add(more);
        if given > FUEL {
            return Err(Broken::Fuel);
        }
        if began.elapsed() > WALL {
            return Err(Broken::Time);
        }
        let fuel = left(store).saturating_add(more);
        store.set_fuel(fuel).map_err(|error| broken(&error))?;
        call = paused.resume(&mut *store);
    }
    Ok(given.saturating_sub(left(store)))
}

fn broken(error: &wasmi::Error) -> Broken {
    if let Some(status) = error.i32_exit_status() {
        return Broken::Exited(status);
    }
    if error.downcast_ref::<wasi::TooMuch>().is_some() {
        return Broken::Printed;
    }
    match error.as_trap_code() {
        Some(TrapCode::OutOfFuel) => Broken::Fuel,
        Some(TrapCode::StackOverflow) => Broken::Stack,
        Some(TrapCode::GrowthOperationLimited | TrapCode::OutOfSystemMemory) => Broken::Memory,
        _ => Broken::Trapped(error.to_string()),
    }
}

/// Reads a verdict: what is wrong, and the verdict as it is kept.
fn read(printed: &[u8]) -> Option<(Vec<Detail>, Value)> {
    let mut said: Value = serde_json::from_slice(printed).ok()?;
    let pass = said.get("pass")?.as_bool()?;
    let mut causes = Vec::new();
    if let Some(errors) = said.get_mut("errors") {
        let errors = errors.as_array_mut()?;
        errors.truncate(CAUSES);
        for error in errors {
            let path = error.get("path").and_then(Value::as_str).unwrap_or("");
            let message = error.get("message").and_then(Value::as_str)?;
            causes.push(unfit(&cut(path), "verifier", message));
        }
    }
    if pass {
        causes.clear();
    } else if causes.is_empty() {
        causes.push(unfit(
            "",
            "verifier",
            "the task's verifier does not accept this output",
        ));
    }
    Some((causes, said))
}

#[cfg(test)]
mod tests;
