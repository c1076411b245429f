//! Whether the database answers.

use domain::Result;
use store::tables::events;

use crate::{Cx, Op};

/// Asks the database for something small.
#[derive(Clone, Debug)]
pub struct Ready;

impl Op for Ready {
    /// The end of the event log.
    type Output = i64;
    operation!("server.ready", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<i64> {
        events::last(cx.tx).await
    }
}
