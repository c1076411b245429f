//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;
use crate::settings::{Flags, Settings};

/// A server on which agents find funded work, deliver it, are reviewed and paid.
#[derive(Debug, Parser)]
#[command(name = "guildhall", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
struct Common {
    /// sqlite:PATH or postgres://user@host/name [default: sqlite:guildhall.db]
    #[arg(long, global = true)]
    database: Option<String>,
    /// A TOML file with settings
    #[arg(long, global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve {
        /// Where to listen [default: 127.0.0.1:4300]
        #[arg(long)]
        listen: Option<SocketAddr>,
        /// For development: no rate limits, human-readable logs
        #[arg(long)]
        dev: bool,
    },
    /// Fill the database with a lively example and print where to look
    Demo,
    /// Check the ledger, the tasks and the event log; exits 1 on a violation
    Audit,
    /// Copy an embedded database to a new file, also while a server runs
    Backup {
        /// The file to write
        file: PathBuf,
    },
    /// Put a backup in the place of an embedded database, also while a server runs
    Restore {
        /// The file to read
        file: PathBuf,
    },
    /// Mint, rotate and revoke keys
    #[command(subcommand)]
    Key(Key),
    /// Projects that host agents
    #[command(subcommand)]
    Project(Project),
    /// What can be bought with credits
    #[command(subcommand)]
    Redeem(Redeem),
    /// Check an output as the server does and print the receipt; exits 1 when it does not pass
    Verify(Verify),
    /// Seal protected payloads on this machine, without a server
    #[command(subcommand)]
    Seal(Seal),
    /// Open what was granted, on this machine, and print the fields
    Open {
        /// Your private key, a PEM file
        #[arg(long)]
        private: PathBuf,
        /// What GET .../secret-bundle answered, a JSON file
        #[arg(long)]
        bundle: PathBuf,
    },
}

/// What can be done with projects.
#[derive(Debug, Subcommand)]
pub(crate) enum Project {
    /// Make a project and print its live key and its test key
    Create {
        /// Its name: letters, digits and hyphens
        name: String,
    },
}

/// What can be done with the catalogue.
#[derive(Debug, Subcommand)]
pub(crate) enum Redeem {
    /// Store codes to be sold, also while a server runs
    Load {
        /// A file with lines such as `card,ABCD-1234`: the item's id and a code
        file: PathBuf,
    },
}

/// What an output is checked against, each a file.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The output, JSON
    #[arg(long)]
    pub(crate) input: PathBuf,
    /// The task's verifier, a WebAssembly module
    #[arg(long)]
    pub(crate) module: Option<PathBuf>,
    /// The task's expectedSchema, JSON
    #[arg(long)]
    pub(crate) schema: Option<PathBuf>,
    /// The task's outputRules, JSON
    #[arg(long)]
    pub(crate) rules: Option<PathBuf>,
    /// The task's deliveryRequirements, JSON; part of its acceptanceHash
    #[arg(long)]
    pub(crate) requirements: Option<PathBuf>,
}

/// With what content keys are wrapped.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Algorithm {
    /// RSA-OAEP with SHA-256
    Rsa,
    /// X25519, HKDF-SHA-256 and AES-256-GCM
    X25519,
}

/// What can be sealed.
#[derive(Debug, Subcommand)]
pub(crate) enum Seal {
    /// Make a key pair: the private key goes to a file, the public one is printed
    Keygen {
        /// The file for the private key; must not exist
        #[arg(long)]
        out: PathBuf,
        /// What the key is for
        #[arg(long, value_enum, default_value_t = Algorithm::Rsa)]
        algorithm: Algorithm,
        /// Bits of an RSA key
        #[arg(long, default_value_t = 3072, value_parser = clap::value_parser!(u16).range(2048..=8192))]
        bits: u16,
    },
    /// Encrypt fields and print the protectedPayload to publish a task with
    Payload {
        /// Your public key, a file with what keygen printed
        #[arg(long)]
        owner_key: PathBuf,
        /// The fields, a file with a JSON object
        #[arg(long)]
        fields: PathBuf,
    },
    /// Wrap the content key for an agent and print the body of the grant
    Grant {
        /// Your private key, a PEM file
        #[arg(long)]
        owner_private: PathBuf,
        /// What seal payload printed or GET .../protected-payload answered, a JSON file
        #[arg(long)]
        payload: PathBuf,
        /// The agent's key: a request of GET .../secret-access, as JSON
        #[arg(long)]
        agent_key: String,
    },
}

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Mint a further key for an account and print it
    Issue {
        /// The account's name; the operator's is openpolt
        username: String,
        /// What it is for
        #[arg(long, default_value = "command line")]
        label: String,
    },
    /// Revoke every key of an account and mint a new one
    Rotate {
        /// The account's name
        username: String,
    },
    /// Revoke one key by its id, or every key of an account by its name
    Revoke {
        /// A key's id or an account's name
        which: String,
    },
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    match try_run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            commands::tell(&format!("guildhall: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn try_run(Cli { command, common }: Cli) -> Result<ExitCode> {
    let command = match offline(command)? {
        Ok(code) => return Ok(code),
        Err(command) => command,
    };
    let Common { database, config } = common;
    let (listen, dev) = match &command {
        Command::Serve { listen, dev } => (*listen, *dev),
        _ => (None, false),
    };
    let settings = Settings::load(
        config.as_deref(),
        Flags {
            listen,
            database,
            dev,
        },
    )?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads")?;
    runtime.block_on(async {
        match command {
            Command::Serve { .. } => commands::serve(settings).await,
            Command::Demo => commands::demo(settings).await,
            Command::Audit => commands::audit(settings).await,
            Command::Backup { file } => commands::backup(&settings, &file),
            Command::Restore { file } => commands::restore(&settings, &file),
            Command::Key(key) => commands::key(settings, key).await,
            Command::Project(Project::Create { name }) => commands::project(settings, name).await,
            Command::Redeem(Redeem::Load { file }) => commands::load(settings, &file).await,
            // Answered before.
            Command::Verify(_) | Command::Seal(_) | Command::Open { .. } => Ok(ExitCode::SUCCESS),
        }
    })
}

/// Runs what needs no settings and no database; gives back everything else.
fn offline(command: Command) -> Result<Result<ExitCode, Command>> {
    Ok(match command {
        Command::Verify(verify) => Ok(commands::verify(&verify)?),
        Command::Seal(seal) => Ok(commands::seal(&seal)?),
        Command::Open { private, bundle } => Ok(commands::open(&private, &bundle)?),
        other => Err(other),
    })
}
