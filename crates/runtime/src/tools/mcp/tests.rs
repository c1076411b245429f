//! Servers that behave, and servers that do not.

use std::time::Duration;

use app::ports::agents::Toolbox;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::super::Tools;
use super::super::tests::World;

mod http;
mod stdio;

/// Longer than anything here takes, and shorter than the patience with a
/// server that does not answer.
const SOON: Duration = Duration::from_secs(10);

async fn tools_of(world: &World, how: Value) -> Tools {
    let document = json!({ "mcpServers": { "far": how } });
    let opening = world.tools(Toolbox::Working, document);
    timeout(SOON, opening).await.expect("no turn is held up")
}
