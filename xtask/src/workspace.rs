//! Where things are in this workspace, and the cargo to call.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::process;

/// The workspace root. `cargo run` names the folder of this package; its parent is the root.
pub fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    package
        .and_then(|folder| folder.parent().map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("."))
}

/// Cargo's output folder.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs us, in the workspace root and without standard input.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Whether `cargo NAME` exists (a component such as clippy, or an installed subcommand such as nextest).
pub fn has_subcommand(name: &str) -> bool {
    process::succeeds(cargo().args([name, "--version"]).stdout(Stdio::null()))
}
