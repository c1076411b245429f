//! An MCP server that is a program: it runs in the sandbox of the agent's work
//! folder and speaks over its standard streams, one message to a line.

use domain::{Error, Result, limits};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::OwnedSemaphorePermit;

use super::super::Kit;
use super::wire::{answers, broken};

/// Messages that are passed over while an answer is waited for.
const OTHERS: usize = 1_000;

pub(super) struct Local {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// Killed with everything inside when it is dropped.
    _child: Child,
    /// One of so many that may run.
    _place: OwnedSemaphorePermit,
}

impl Local {
    pub(super) async fn start(kit: &Kit, command: &str, how: &Value) -> Result<Self> {
        if !kit.workspace.may_start() {
            return Err(Error::forbidden(
                "mcp_stdio_off",
                "programs are not started on this server (hosting.mcp_stdio)",
            ));
        }
        let mut words = vec![command.to_owned()];
        let more = how["args"].as_array().into_iter().flatten();
        words.extend(more.filter_map(Value::as_str).map(str::to_owned));
        let variables = how["env"].as_object().into_iter().flatten();
        let variables =
            variables.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let variables: Vec<_> = variables.collect();
        let (work, confines) = (&kit.workspace, kit.confines.clone());
        let reach = work.on(move |work| confines.reach(work)).await?;
        let started = work.start(&reach, &words, &variables, kit.network).await;
        let (mut child, place) = started?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Error::internal());
        };
        Ok(Self {
            stdin,
            stdout: BufReader::new(stdout),
            _child: child,
            _place: place,
        })
    }

    pub(super) async fn send(&mut self, message: &Value) -> Result<()> {
        let line = format!("{message}\n");
        let sent = self.stdin.write_all(line.as_bytes()).await;
        sent.map_err(|_| broken("it has ended"))
    }

    pub(super) async fn exchange(&mut self, message: &Value, id: u64) -> Result<Value> {
        self.send(message).await?;
        for _ in 0..OTHERS {
            let line = self.line().await?;
            // Some print what is no message.
            let Ok(message) = serde_json::from_slice::<Value>(&line) else {
                continue;
            };
            if answers(&message, id) {
                return Ok(message);
            }
        }
        Err(broken("it says much and does not answer"))
    }

    async fn line(&mut self) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.stdout).take(limits::MCP_MESSAGE_BYTES as u64);
        let read = bounded.read_until(b'\n', &mut line).await;
        match read {
            Ok(0) | Err(_) => Err(broken("it has ended")),
            Ok(_) if !line.ends_with(b"\n") => Err(broken("it ended, or its answer is too long")),
            Ok(_) => Ok(line),
        }
    }
}
