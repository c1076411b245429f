//! The operator picks, rejects, reopens or removes an idea (POLT 3.5). An idea
//! becomes launched by recording its launch.

use domain::event::Happening;
use domain::id::IdeaId;
use domain::idea::Status;
use domain::{Error, Result};
use serde_json::json;
use store::tables::ideas::{self, Idea};

use super::locked;
use crate::{Cx, Op};

/// Changes the standing of an idea.
#[derive(Clone, Debug)]
pub struct Moderate {
    /// Which.
    pub idea: IdeaId,
    /// To what.
    pub status: Status,
}

impl Op for Moderate {
    type Output = Idea;
    operation!("ideas.moderate", Moderate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Idea> {
        let mut idea = locked(cx, self.idea).await?;
        if !idea.status.may_become(self.status) {
            return Err(Error::conflict(
                "idea_status_conflict",
                format!(
                    "an idea that is {} cannot become {}",
                    idea.status.as_str(),
                    self.status.as_str()
                ),
            ));
        }
        ideas::set_status(cx.tx, idea.id, idea.status, self.status).await?;
        idea.status = self.status;
        let facts = json!({ "title": idea.title, "status": idea.status.as_str() });
        cx.record(Happening::IdeaModerated, idea.id, None, facts)
            .await?;
        Ok(idea)
    }
}
