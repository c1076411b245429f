//! The shell, in the sandbox of the work folder, or of the parts of it to which
//! the agent is confined. What a command changed is found by looking before and
//! after (`workspace/census.rs`) and told like what other tools change.

use app::ops::files::Action;
use domain::{Result, limits};

use super::Kit;
use super::args::Args;
use crate::workspace::{Census, Limits, Reach, Root, Workspace, shown_path};

impl Kit {
    pub(super) async fn bash(&mut self, args: &Args<'_>) -> Result<String> {
        let command = args.required("command")?;
        let seconds = args.number("timeout_seconds")?;
        let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let limits = Limits {
            seconds: seconds.unwrap_or(limits::COMMAND_SECONDS),
            network: self.network,
            ..Limits::default()
        };
        let (reach, before) = self.before().await?;
        let ran = self.workspace.run_within(&reach, command, limits).await?;
        let changes = self.changes(before).await?;
        self.note(changes).await?;
        let mut told = match ran.timed_out {
            true => format!("[killed: it ran longer than {} s]\n", limits.seconds),
            false if ran.exit_code != 0 => format!("[exit code {}]\n", ran.exit_code),
            false => String::new(),
        };
        told += ran.stdout.trim_end();
        if !ran.stderr.trim().is_empty() {
            told = format!("{told}\n[stderr]\n{}", ran.stderr.trim_end());
        }
        Ok(match told.trim().is_empty() {
            true => "[done, without output]".into(),
            false => told.trim_start_matches('\n').to_owned(),
        })
    }

    /// What the command will see, and the files that it may change.
    async fn before(&self) -> Result<(Reach, Census)> {
        let confines = self.confines.clone();
        let look = move |workspace: &Workspace| {
            let reach = confines.reach(workspace)?;
            let census = Census::of(workspace.folder(Root::Files), &confines.paths())?;
            Ok((reach, census))
        };
        self.workspace.on(look).await
    }

    /// What it changed: as much of it as is told.
    async fn changes(&self, before: Census) -> Result<Vec<(String, Action)>> {
        let confines = self.confines.clone();
        let look = move |workspace: &Workspace| {
            let after = Census::of(workspace.folder(Root::Files), &confines.paths())?;
            let changes = after.since(&before).into_iter();
            let changes = changes.map(|(path, action)| (shown_path(Root::Files, &path), action));
            Ok(changes.take(limits::CHANGES_TOLD).collect())
        };
        self.workspace.on(look).await
    }
}
