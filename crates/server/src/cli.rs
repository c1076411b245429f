//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

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
    /// What can be bought with credits
    #[command(subcommand)]
    Redeem(Redeem),
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
            Command::Redeem(Redeem::Load { file }) => commands::load(settings, &file).await,
        }
    })
}
