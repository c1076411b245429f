//! A run shows that it goes on: its lease is renewed, its frames are stored.

use domain::Result;
use domain::id::RunId;
use store::tables::runs::{self, Frames};

use super::LEASE;
use crate::{Cx, Op};

/// Renews and stores.
#[derive(Clone, Debug)]
pub(crate) struct Keep {
    /// The run.
    pub(crate) run: RunId,
    /// What is not stored yet, and the number of the last frame.
    pub(crate) frames: Frames,
}

impl Op for Keep {
    /// Whether it is to go on.
    type Output = bool;
    operation!("runs.keep", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<bool> {
        let ends = cx.lease(LEASE).ends;
        let renewed = runs::renew(cx.tx, self.run, ends, self.frames.last).await?;
        let Some(is_cancelled) = renewed else {
            // It was taken for dead, and its end is written.
            return Ok(false);
        };
        if !self.frames.lines.is_empty() {
            runs::keep(cx.tx, self.run, self.frames).await?;
        }
        Ok(!is_cancelled)
    }
}
