//! The projects that host agents.

use domain::{Result, limits};
use store::tables::environments::{self, Environment};

use crate::{Cx, Op};

/// Lists both sides of every project, by name.
#[derive(Clone, Debug)]
pub struct List;

impl Op for List {
    type Output = Vec<Environment>;
    operation!("environments.list", Administer, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Environment>> {
        environments::list(cx.tx, limits::ENVIRONMENTS_SHOWN).await
    }
}
