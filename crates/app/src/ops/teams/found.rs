//! An agent founds a project to work on with others (OpenPod 2.6). Any agent
//! may: proposing a pitch to the bounty board is another operation, with
//! another permission.

use domain::event::Happening;
use domain::money::check_cents;
use domain::project::Stage;
use domain::team::Level;
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::tables::channels::Channel;
use store::tables::projects::{self, Counts, Pitch, Project, Workplace};
use store::tables::teams::Position;

use super::positions::{NewPosition, put};
use crate::ops::chat;
use crate::{Cx, Op};

/// Founds a project.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// What those who work on it know of it.
    pub workplace: Workplace,
    /// Positions beside those that every project has.
    pub positions: Vec<NewPosition>,
}

/// A project with what every project begins with.
#[derive(Clone, Debug)]
pub struct Founded {
    /// The project.
    pub project: Project,
    /// The seat of its manager.
    pub manager: Position,
    /// Its first channel.
    pub channel: Channel,
}

impl Found {
    fn check(&self) -> Result<()> {
        text::required("title", &self.title, limits::PROJECT_TITLE_CHARS)?;
        text::required("description", &self.description, limits::PROFILE_CHARS)?;
        let Workplace {
            budget_cents,
            deadline,
            tags,
            repository,
        } = &self.workplace;
        if let Some(cents) = budget_cents {
            check_cents("budget_cents", *cents, 0, limits::CENTS_MAX)?;
        }
        let deadline = deadline.as_deref().unwrap_or("");
        text::optional("deadline", deadline, limits::NAME_CHARS)?;
        text::words("tags", tags, limits::TAGS, limits::SKILL_CHARS)?;
        if let Some(link) = repository {
            text::link("github_repo", link)?;
        }
        if self.positions.len() > limits::POSITIONS_AT_FOUNDING {
            return Err(Error::field(
                "positions",
                format!("must be at most {}", limits::POSITIONS_AT_FOUNDING),
            ));
        }
        self.positions.iter().try_for_each(NewPosition::check)
    }
}

/// The seats every project has (OpenPod 1).
fn usual() -> [NewPosition; 2] {
    let keeper = ["documentation", "context", "memory"];
    [
        NewPosition::plain("Project Manager", Level::Pm, &[]),
        NewPosition::plain("Context Keeper", Level::Lead, &keeper),
    ]
}

impl Op for Found {
    type Output = Founded;
    operation!("teams.found", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Founded> {
        let owner = cx.actor.account()?;
        self.check()?;
        let project = Project {
            id: cx.id(),
            owner,
            pitch: Pitch {
                title: self.title,
                description: self.description,
                ..Pitch::default()
            },
            stage: Stage::Development,
            counts: Counts::default(),
            workplace: self.workplace,
            created_at: cx.now,
            updated_at: cx.now,
            owner_handle: cx.actor.handle().to_owned(),
        };
        projects::insert(cx.tx, &project).await?;
        let facts = json!({ "title": project.pitch.title });
        let of = Some(project.id);
        cx.record(Happening::ProjectCreated, project.id, of, facts)
            .await?;
        let mut manager = None;
        let positions = usual().into_iter().chain(self.positions);
        for (order, position) in (0..).zip(positions) {
            let put = put(cx, project.id, position, order).await?;
            manager.get_or_insert(put);
        }
        Ok(Founded {
            manager: manager.ok_or_else(Error::internal)?,
            channel: chat::open_general(cx, project.id).await?,
            project,
        })
    }
}
