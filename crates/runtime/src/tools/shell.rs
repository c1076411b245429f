//! The shell, in the sandbox of the work folder.

use domain::{Result, limits};

use super::Kit;
use super::args::Args;
use crate::workspace::Limits;

impl Kit {
    pub(super) async fn bash(&self, args: &Args<'_>) -> Result<String> {
        let command = args.required("command")?;
        let seconds = args.number("timeout_seconds")?;
        let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let limits = Limits {
            seconds: seconds.unwrap_or(limits::COMMAND_SECONDS),
            network: self.network,
            ..Limits::default()
        };
        let ran = self.workspace.run(command, limits).await?;
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
}
