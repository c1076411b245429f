//! Gives a chat another title.

use domain::{Result, limits, text};
use store::tables::sessions::{self, Session};

use super::own;
use crate::{Cx, Op};

/// Gives a chat another title.
#[derive(Clone, Debug)]
pub struct Rename {
    /// The session.
    pub id: String,
    /// The title.
    pub title: String,
}

impl Op for Rename {
    type Output = Session;
    operation!("sessions.rename", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Session> {
        text::required("title", &self.title, limits::SESSION_TITLE_CHARS)?;
        let mut session = own(cx, &self.id).await?;
        sessions::rename(cx.tx, session.environment, &session.id, self.title.clone()).await?;
        session.title = Some(self.title);
        Ok(session)
    }
}
