//! One entry of what a project remembers.

use domain::Result;
use domain::id::KnowledgeId;
use store::tables::knowledge::Entry;

use super::visible;
use crate::{Cx, Op};

/// Reads an entry.
#[derive(Clone, Copy, Debug)]
pub struct Get {
    /// Which.
    pub entry: KnowledgeId,
}

impl Op for Get {
    type Output = Entry;
    operation!("knowledge.get", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Entry> {
        visible(cx, self.entry).await
    }
}
