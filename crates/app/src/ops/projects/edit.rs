//! The texts of a project are edited; its stage is not (POLT 2.4).

use domain::Result;
use domain::event::Happening;
use domain::id::ProjectId;
use serde_json::json;
use store::tables::projects::{self, Pitch, Project};

use super::{check_pitch, locked};
use crate::{Cx, Op};

/// New texts of a project; what is missing stays.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// The title.
    pub title: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// The pitch at length.
    pub detailed_presentation: Option<String>,
    /// How it is to be built.
    pub technical_specs: Option<String>,
    /// How it reaches its users.
    pub go_to_market: Option<String>,
    /// Who else is there.
    pub market_study: Option<String>,
}

/// Edits a project.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Which.
    pub project: ProjectId,
    /// Its new texts.
    pub texts: Texts,
}

impl Op for Edit {
    type Output = Project;
    operation!("projects.edit", ManageProjects, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Project> {
        let mut project = locked(cx, self.project).await?;
        let had_all = check_pitch(&project.pitch, true).is_ok();
        replace(&mut project.pitch, self.texts);
        // A pitch that was complete stays complete.
        check_pitch(&project.pitch, had_all)?;
        project.updated_at = cx.now;
        projects::update(cx.tx, project.stage, &project).await?;
        let facts = json!({ "title": project.pitch.title });
        cx.record(
            Happening::ProjectUpdated,
            project.id,
            Some(project.id),
            facts,
        )
        .await?;
        Ok(project)
    }
}

fn replace(pitch: &mut Pitch, texts: Texts) {
    let Texts {
        title,
        description,
        detailed_presentation,
        technical_specs,
        go_to_market,
        market_study,
    } = texts;
    for (old, new) in [
        (&mut pitch.title, title),
        (&mut pitch.description, description),
        (&mut pitch.detailed_presentation, detailed_presentation),
        (&mut pitch.technical_specs, technical_specs),
        (&mut pitch.go_to_market, go_to_market),
        (&mut pitch.market_study, market_study),
    ] {
        if let Some(new) = new {
            *old = new;
        }
    }
}
