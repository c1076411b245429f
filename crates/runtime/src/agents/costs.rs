//! What a turn may cost, and what it did.

use app::ops::runs::{Afford, Charge};
use app::ports::agents::Finish;
use app::tables::runs::Status;
use domain::Result;
use domain::policy::Actor;

use super::Work;

impl Work {
    /// Whether the environment's budget allows one more call. Who attends a
    /// turn has asked about the first one.
    pub(super) async fn afford(&self, number: u32) -> Result<()> {
        if number == 0 && self.turn.attended.is_some() {
            return Ok(());
        }
        let environment = self.turn.environment;
        self.app.call(&Actor::System, Afford { environment }).await
    }

    /// Writes down what was used.
    pub(super) async fn charge(&self, status: Status) {
        let charge = Charge {
            environment: self.turn.environment,
            run: self.turn.run,
            agent: self.turn.agent.as_ref().map(|it| it.name.to_string()),
            model: self.turn.model.clone(),
            usage: self.used,
            status,
        };
        if let Err(error) = self.app.call(&Actor::System, charge).await {
            tracing::error!(%error, run = %self.turn.run, "what a run has cost is not written down");
        }
    }
}

/// How a run stands that ended like this.
pub(super) fn status(finish: &Finish) -> Status {
    match finish {
        Finish::Stop | Finish::Length | Finish::ClientTools(_) | Finish::AskUser(_) => {
            Status::Completed
        }
        Finish::Exhausted | Finish::Failed(_) => Status::Failed,
        Finish::Cancelled => Status::Cancelled,
    }
}
