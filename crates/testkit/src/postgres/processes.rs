//! Other processes of this machine, as `/proc` shows them.

use anyhow::ensure;
use std::fs;
use std::time::{Duration, Instant};

/// How long we wait for something that takes a moment.
const PATIENCE: Duration = Duration::from_secs(60);

/// The fields of `/proc/<process>/stat` after the name: state, parent, ...
fn stat(process: u32) -> Option<(String, u32)> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

/// The processes started by this one that still run.
pub(super) fn children(parent: u32) -> Vec<u32> {
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let processes =
        fs::read_dir("/proc").map(|entries| entries.flatten().filter_map(number).collect());
    let is_child = |process: &u32| stat(*process).is_some_and(|(_, of)| of == parent);
    processes
        .unwrap_or_else(|_| Vec::new())
        .into_iter()
        .filter(is_child)
        .collect()
}

/// Gone, or dead and only waiting for its parent to notice.
pub(super) fn has_ended(process: u32) -> bool {
    stat(process).is_none_or(|(state, _)| state == "Z" || state == "X")
}

/// Waits for something that happens by itself.
pub(super) fn wait_until(what: &str, done: impl Fn() -> bool) -> anyhow::Result<()> {
    let begin = Instant::now();
    while !done() {
        ensure!(begin.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
