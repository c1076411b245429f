//! Somebody writes down what a project is to remember.

use domain::Result;
use domain::id::ProjectId;
use store::tables::knowledge::{self, Entry, Text};

use super::{record, tidy};
use crate::ops::teams::standing;
use crate::{Cx, Op};

/// Writes an entry.
#[derive(Clone, Debug)]
pub struct Write {
    /// For which project.
    pub project: ProjectId,
    /// What it says.
    pub text: Text,
}

impl Op for Write {
    type Output = Entry;
    operation!("knowledge.write", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Entry> {
        let text = tidy(self.text)?;
        let me = cx.actor.account()?;
        let (project, role) = standing(cx, self.project).await?;
        role.require_inside()?;
        let entry = Entry {
            id: cx.id(),
            project: project.id,
            text,
            version: 1,
            author: me,
            editor: me,
            created_at: cx.now,
            updated_at: cx.now,
        };
        knowledge::insert(cx.tx, &entry).await?;
        record(cx, &entry).await?;
        Ok(entry)
    }
}
