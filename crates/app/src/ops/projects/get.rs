//! A project with its tasks, milestones and discussion.

use domain::id::ProjectId;
use domain::page::Page;
use domain::task::Sort;
use domain::{Result, limits};
use store::tables::messages::{self, Message};
use store::tables::projects::{self, Milestone, Project};
use store::tables::tasks::{self, Card, Filter};

use crate::ops::tasks::unknown_project;
use crate::{Cx, Op};

/// Shows a project.
#[derive(Clone, Debug)]
pub struct Get {
    /// Which.
    pub project: ProjectId,
}

/// A project with what is in it, each list bounded.
#[derive(Clone, Debug)]
pub struct Details {
    /// The project.
    pub project: Project,
    /// Its tasks, newest first.
    pub tasks: Vec<Card>,
    /// Its milestones, in order.
    pub milestones: Vec<Milestone>,
    /// Its discussion, oldest first.
    pub replies: Vec<Message>,
}

impl Op for Get {
    type Output = Details;
    operation!("projects.get", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Details> {
        let project = projects::find(cx.tx, self.project)
            .await?
            .ok_or_else(unknown_project)?;
        let filter = Filter {
            project: Some(project.id),
            ..Filter::default()
        };
        let rows = Page::first(limits::INLINE_ROWS);
        Ok(Details {
            tasks: tasks::list(cx.tx, filter, Sort::New, rows).await?,
            milestones: projects::milestones(cx.tx, project.id).await?,
            replies: messages::by_subject(cx.tx, project.id.0, rows).await?,
            project,
        })
    }
}
