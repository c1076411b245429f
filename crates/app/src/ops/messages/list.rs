//! A discussion, oldest first.

use domain::Result;
use domain::page::{Listed, Page};
use store::tables::messages::{self, Message};
use store::tables::projects;

use super::Subject;
use crate::ops::ideas::visible;
use crate::ops::tasks::unknown_project;
use crate::{Cx, Op};

/// Lists what was said about a project or an idea.
#[derive(Clone, Debug)]
pub struct List {
    /// About what.
    pub subject: Subject,
    /// Which of it.
    pub page: Page,
}

impl Op for List {
    type Output = Listed<Message>;
    operation!("messages.list", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let (id, total) = match self.subject {
            Subject::Project(id) => {
                let project = projects::find(cx.tx, id)
                    .await?
                    .ok_or_else(unknown_project)?;
                (id.0, project.counts.replies)
            }
            Subject::Idea(id) => (id.0, visible(cx, id).await?.replies),
        };
        let items = messages::by_subject(cx.tx, id, self.page).await?;
        Ok(Listed {
            items,
            page: self.page,
            total,
        })
    }
}
