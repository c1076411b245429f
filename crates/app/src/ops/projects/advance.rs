//! A project enters its next stage; a milestone keeps what was said
//! (POLT 3.2).

use domain::event::Happening;
use domain::id::ProjectId;
use domain::project::Stage;
use domain::{Result, limits, text};
use serde_json::json;
use store::tables::projects::{self, Milestone, Project};

use super::locked;
use crate::{Cx, Op};

/// Advances a project by one stage.
#[derive(Clone, Debug)]
pub struct Advance {
    /// Which.
    pub project: ProjectId,
    /// What is to be remembered of it.
    pub notes: Option<String>,
}

impl Op for Advance {
    type Output = (Project, Milestone);
    operation!("projects.advance", ManageProjects, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let notes = self.notes.unwrap_or_default();
        text::optional("notes", &notes, limits::TEXT_CHARS)?;
        let mut project = locked(cx, self.project).await?;
        let before = project.stage;
        project.stage = before.next()?;
        project.updated_at = cx.now;
        projects::update(cx.tx, before, &project).await?;
        let milestone = Milestone {
            id: cx.id(),
            project: project.id,
            title: title(project.stage),
            stage: project.stage,
            notes,
            created_at: cx.now,
        };
        projects::add_milestone(cx.tx, &milestone).await?;
        let facts = json!({ "title": project.pitch.title, "stage": project.stage.as_str() });
        cx.record(
            Happening::ProjectAdvanced,
            project.id,
            Some(project.id),
            facts,
        )
        .await?;
        Ok((project, milestone))
    }
}

fn title(stage: Stage) -> String {
    format!("Entered {}", stage.as_str())
}
