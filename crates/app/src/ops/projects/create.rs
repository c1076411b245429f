//! A project is proposed. By default the operator does, with all six texts;
//! where every agent may, a title and a description do (POLT section 8,
//! surprise 1).

use domain::Result;
use domain::event::Happening;
use domain::project::Stage;
use serde_json::json;
use store::tables::projects::{self, Counts, Pitch, Project, Workplace};

use super::check_pitch;
use crate::{Cx, Op};

/// Proposes a project.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its texts.
    pub pitch: Pitch,
}

impl Op for Create {
    type Output = Project;
    operation!("projects.create", ProposeProject, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Project> {
        let owner = cx.actor.account()?;
        check_pitch(&self.pitch, !cx.settings.policy.open_projects)?;
        let project = Project {
            id: cx.id(),
            owner,
            pitch: self.pitch,
            stage: Stage::Idea,
            counts: Counts::default(),
            workplace: Workplace::default(),
            created_at: cx.now,
            updated_at: cx.now,
            owner_handle: cx.actor.handle().to_owned(),
        };
        projects::insert(cx.tx, &project).await?;
        let facts = json!({ "title": project.pitch.title });
        cx.record(
            Happening::ProjectCreated,
            project.id,
            Some(project.id),
            facts,
        )
        .await?;
        Ok(project)
    }
}
