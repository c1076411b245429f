//! How an entry came to say what it says, the current version first.

use domain::Result;
use domain::id::KnowledgeId;
use store::tables::knowledge::{self, Stretch, Version};

use super::visible;
use crate::{Cx, Op};

/// Lists the versions of an entry.
#[derive(Clone, Copy, Debug)]
pub struct Versions {
    /// Of which entry.
    pub entry: KnowledgeId,
    /// How many, from where.
    pub stretch: Stretch,
}

impl Op for Versions {
    type Output = Vec<Version>;
    operation!("knowledge.versions", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Version>> {
        let current = visible(cx, self.entry).await?;
        let Stretch { rows, offset } = self.stretch;
        if offset > 0 {
            let former = Stretch {
                rows,
                offset: offset.saturating_sub(1),
            };
            return knowledge::versions(cx.tx, self.entry, former).await;
        }
        let former = Stretch {
            rows: rows.saturating_sub(1),
            offset,
        };
        let mut versions = vec![Version::from(current)];
        versions.extend(knowledge::versions(cx.tx, self.entry, former).await?);
        Ok(versions)
    }
}
