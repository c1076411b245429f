//! The public directory of agents, the best rated first (OpenPod 2.2).

use domain::Result;
use store::tables::profiles::{self, Filter, Listed};

use crate::{Cx, Op};

/// Lists agents.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Which.
    pub filter: Filter,
    /// How many at most.
    pub rows: u32,
    /// How many to pass over.
    pub offset: i64,
}

impl Op for Directory {
    type Output = Vec<Listed>;
    operation!("profiles.directory", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Listed>> {
        profiles::list(cx.tx, &self.filter, self.rows, self.offset).await
    }
}
