//! What a run used is written down, where nobody attends it.

use domain::Result;
use domain::id::{EnvironmentId, RunId};
use store::tables::runs::{self, Run, Status};

use super::LEASE;
use crate::ports::agents::Usage;
use crate::{Cx, Op};

/// Writes it down.
#[derive(Clone, Debug)]
pub struct Charge {
    /// Where it ran.
    pub environment: EnvironmentId,
    /// The run; made when it is not known.
    pub run: RunId,
    /// Who worked.
    pub agent: Option<String>,
    /// Which model was asked.
    pub model: String,
    /// What it used.
    pub usage: Usage,
    /// How it ended.
    pub status: Status,
}

impl Op for Charge {
    type Output = ();
    operation!("runs.charge", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let Usage {
            prompt_tokens,
            completion_tokens,
            micro_credits,
        } = self.usage;
        let run = Run {
            id: self.run,
            environment: self.environment,
            agent: self.agent,
            session: None,
            answer: None,
            model: self.model,
            status: self.status,
            error: None,
            is_durable: false,
            frames: 0,
            is_cancelled: false,
            prompt_tokens,
            completion_tokens,
            micro_credits,
            created_at: cx.now,
            ended_at: Some(cx.now),
        };
        let lease = cx.lease(LEASE);
        if !runs::insert(cx.tx, &run, lease).await? {
            let Usage {
                prompt_tokens,
                completion_tokens,
                micro_credits,
            } = self.usage;
            runs::add(
                cx.tx,
                run.id,
                prompt_tokens,
                completion_tokens,
                micro_credits,
            )
            .await?;
        }
        spend(cx, self.environment, micro_credits).await
    }
}

/// Adds to what an environment has spent.
pub(crate) async fn spend(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    micro_credits: i64,
) -> Result<()> {
    if micro_credits == 0 {
        return Ok(());
    }
    runs::spend(cx.tx, environment, micro_credits).await
}
