//! Programs from outside that a task needs, and how a Debian machine gets them.
//!
//! As root they are installed; otherwise the error says exactly what to install. To need one more thing, add a constant.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::{postgres, process};

/// Tells Debian's PostgreSQL packages not to create and start a cluster of their own.
const CLUSTER_SETTINGS: &str = "/etc/postgresql-common/createcluster.conf";

/// Something that must be on the machine.
pub struct Requirement {
    name: &'static str,
    is_present: fn() -> bool,
    packages: &'static [&'static str],
}

pub const C_COMPILER: Requirement = Requirement {
    name: "a C compiler (cc)",
    is_present: || process::find("cc").is_some(),
    packages: &["gcc", "libc6-dev"],
};

pub const POSTGRES: Requirement = Requirement {
    name: "PostgreSQL server programs (initdb, pg_ctl)",
    is_present: || postgres::programs().is_some(),
    packages: &["postgresql"],
};

pub const FLOCK: Requirement = Requirement {
    name: "flock",
    is_present: || process::find("flock").is_some(),
    packages: &["util-linux"],
};

pub const BUBBLEWRAP: Requirement = Requirement {
    name: "bubblewrap (bwrap)",
    is_present: || process::find("bwrap").is_some(),
    packages: &["bubblewrap"],
};

pub const CURL: Requirement = Requirement {
    name: "curl",
    is_present: || process::find("curl").is_some(),
    packages: &["curl"],
};

pub const WRK: Requirement = Requirement {
    name: "wrk",
    is_present: || process::find("wrk").is_some(),
    packages: &["wrk"],
};

/// Makes sure that all of them are present, installing what is missing when this process may.
pub fn ensure_present(requirements: &[Requirement]) -> Result<()> {
    let missing = missing(requirements);
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|it| it.name).collect();
    let packages: Vec<_> = missing.iter().flat_map(|it| it.packages).copied().collect();
    println!("missing: {}", names.join(", "));
    if process::find("apt-get").is_none() || !process::is_root() {
        bail!(
            "install these packages and run again (names as on Debian): {}",
            packages.join(" ")
        );
    }
    install(&packages)?;
    let still = self::missing(requirements);
    let still: Vec<_> = still.iter().map(|it| it.name).collect();
    ensure!(
        still.is_empty(),
        "still missing after the installation: {}",
        still.join(", ")
    );
    Ok(())
}

fn missing(requirements: &[Requirement]) -> Vec<&Requirement> {
    requirements
        .iter()
        .filter(|it| !(it.is_present)())
        .collect()
}

fn install(packages: &[&str]) -> Result<()> {
    if packages.contains(&"postgresql") {
        forbid_main_cluster()?;
    }
    apt_get(&["update"])?;
    let options = ["install", "-y", "--no-install-recommends"];
    apt_get(&[&options, packages].concat())
}

fn forbid_main_cluster() -> Result<()> {
    let settings = Path::new(CLUSTER_SETTINGS);
    if settings.exists() {
        return Ok(());
    }
    let folder = settings.parent().context("a file in a folder")?;
    fs::create_dir_all(folder)?;
    fs::write(settings, "create_main_cluster = false\n")
        .with_context(|| format!("cannot write {CLUSTER_SETTINGS}"))
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command
        .args(["-q", "-o", "Dpkg::Options::=--force-confold"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    println!("$ {}", process::describe(&command));
    let status = command.status().context("cannot start apt-get")?;
    ensure!(
        status.success(),
        "{} failed: {status}",
        process::describe(&command)
    );
    Ok(())
}
