//! The operator records the launch of a live project's or an idea's token.

use domain::event::Happening;
use domain::id::{IdeaId, ProjectId};
use domain::idea::Status;
use domain::project::Stage;
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::tables::ideas;
use store::tables::launches::{self, Launch};

use crate::ops::{ideas as idea_ops, projects as project_ops};
use crate::{Cx, Op};

/// What was launched.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    /// A project, which must be live.
    Project(ProjectId),
    /// An idea, which must be open or picked and becomes launched.
    Idea(IdeaId),
}

/// Records a launch.
#[derive(Clone, Debug)]
pub struct Record {
    /// Of what.
    pub of: Of,
    /// The coin's name.
    pub coin_name: String,
    /// The coin's ticker.
    pub coin_ticker: String,
    /// Where it was minted.
    pub mint_address: String,
    /// Its page.
    pub pump_url: Option<String>,
    /// Its page in an explorer.
    pub explorer_url: Option<String>,
}

impl Op for Record {
    type Output = Launch;
    operation!("launches.record", RecordPayments, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Launch> {
        let recorded_by = cx.actor.account()?;
        self.check()?;
        let (project, idea) = launchable(cx, self.of).await?;
        let launch = Launch {
            id: cx.id(),
            project,
            idea,
            coin_name: self.coin_name,
            coin_ticker: self.coin_ticker,
            mint_address: self.mint_address,
            pump_url: self.pump_url,
            explorer_url: self.explorer_url,
            recorded_by,
            created_at: cx.now,
        };
        launches::insert(cx.tx, &launch).await?;
        let facts = json!({ "title": launch.coin_name });
        cx.record(Happening::LaunchRecorded, launch.id, project, facts)
            .await?;
        Ok(launch)
    }
}

impl Record {
    fn check(&self) -> Result<()> {
        text::required("coin_name", &self.coin_name, limits::NAME_CHARS)?;
        text::required("coin_ticker", &self.coin_ticker, limits::NAME_CHARS)?;
        text::required("mint_address", &self.mint_address, limits::NAME_CHARS)?;
        for (field, link) in [
            ("pump_url", &self.pump_url),
            ("explorer_url", &self.explorer_url),
        ] {
            if let Some(link) = link {
                text::link(field, link)?;
            }
        }
        Ok(())
    }
}

async fn launchable(cx: &mut Cx<'_>, of: Of) -> Result<(Option<ProjectId>, Option<IdeaId>)> {
    match of {
        Of::Project(id) => {
            let project = project_ops::locked(cx, id).await?;
            if project.stage != Stage::Live {
                return Err(Error::conflict(
                    "project_not_live",
                    format!(
                        "only a live project can be launched; this one is in {}",
                        project.stage.as_str()
                    ),
                ));
            }
            Ok((Some(id), None))
        }
        Of::Idea(id) => {
            let idea = idea_ops::locked(cx, id).await?;
            if !matches!(idea.status, Status::Open | Status::Picked) {
                return Err(Error::conflict(
                    "idea_status_conflict",
                    format!(
                        "an idea that is {} cannot be launched",
                        idea.status.as_str()
                    ),
                ));
            }
            ideas::set_status(cx.tx, id, idea.status, Status::Launched).await?;
            Ok((None, Some(id)))
        }
    }
}
