//! An MCP server that is a program: it runs in the sandbox of the agent's work
//! folder and speaks over its standard streams, one message to a line.

use domain::{Error, Result, limits};
use rmcp::RoleClient;
use rmcp::transport::Transport;
use rmcp::transport::async_rw::AsyncRwTransport;
use serde_json::Value;
use tokio::process::Child;
use tokio::sync::OwnedSemaphorePermit;

use super::super::Kit;
use super::gate::{Allowance, Gate, Metered, Trouble};

/// A program that runs, for as long as this is kept.
pub(super) struct Program {
    /// Killed with everything inside when it is dropped.
    _child: Child,
    /// One of so many that may run.
    _place: OwnedSemaphorePermit,
}

/// Starts a program where that is allowed; the way to it and what keeps it.
pub(super) async fn start(
    kit: &Kit,
    command: &str,
    how: &Value,
    trouble: &Trouble,
) -> Result<(
    impl Transport<RoleClient, Error = std::io::Error> + use<>,
    Program,
)> {
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
    let allowance = Allowance::default();
    let stdout = Metered::new(stdout, allowance.clone(), trouble);
    let lines =
        AsyncRwTransport::new_client(stdout, stdin).with_max_line_length(limits::MCP_MESSAGE_BYTES);
    let program = Program {
        _child: child,
        _place: place,
    };
    Ok((Gate::new(lines, allowance, trouble), program))
}
