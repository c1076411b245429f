//! What the calls of models may cost in an environment.

use domain::event::Happening;
use domain::money::Units;
use domain::{Error, Result};
use serde_json::json;
use store::tables::environments::{self, Environment, Side};

use super::named;
use crate::{Cx, Op};

/// Sets the budget of one side of a project, in credits since its beginning;
/// none lets it spend without a bound.
#[derive(Clone, Debug)]
pub struct SetBudget {
    /// The project's name.
    pub project: String,
    /// Which side.
    pub side: Side,
    /// Credits that may be spent in all.
    pub budget: Option<Units>,
}

impl Op for SetBudget {
    type Output = Environment;
    operation!("environments.set_budget", Administer, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Environment> {
        if self.budget.is_some_and(|budget| budget < 0) {
            return Err(Error::field(
                "budget",
                "must not be negative; null takes it away",
            ));
        }
        let mut environment = named(cx, &self.project, self.side).await?;
        environments::set_budget(cx.tx, environment.id, self.budget).await?;
        environment.budget = self.budget;
        let facts = json!({ "budget": self.budget });
        cx.record_hosted(
            environment.id,
            Happening::ConfigReloaded,
            environment.id,
            facts,
        )
        .await?;
        Ok(environment)
    }
}
