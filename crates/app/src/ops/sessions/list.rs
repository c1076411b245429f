//! Lists chats.

use std::collections::BTreeMap;

use domain::page::Part;
use domain::{Result, limits};
use store::tables::sessions::{self, METADATA_MARK, Session, USER_MARK};

use crate::{Cx, Op};

/// Lists chats, the one in which something was said last first.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// Of this end user.
    pub user: Option<String>,
    /// About which the client noted this.
    pub metadata: BTreeMap<String, String>,
    /// Which of them.
    pub part: Part,
}

impl Op for List {
    type Output = Vec<Session>;
    operation!("sessions.list", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Session>> {
        let environment = cx.actor.environment()?;
        let rows = limits::SESSIONS_SHOWN;
        let user = self.user.iter().map(|user| (USER_MARK.to_owned(), user));
        let metadata = self.metadata.iter();
        let metadata = metadata.map(|(key, value)| (format!("{METADATA_MARK}{key}"), value));
        // What most sessions do not have in common finds the fewest.
        let Some((name, value)) = user.chain(metadata).next() else {
            return sessions::list(cx.tx, environment, rows, self.part).await;
        };
        let mark = (name.as_str(), value.as_str());
        let mut found = sessions::list_marked(cx.tx, environment, mark, rows).await?;
        found.retain(|session| self.fits(session));
        Ok(self.part.of(found))
    }
}

impl List {
    fn fits(&self, session: &Session) -> bool {
        let noted: BTreeMap<String, String> =
            serde_json::from_str(&session.metadata).unwrap_or_default();
        let has = |(key, value): (&String, &String)| noted.get(key) == Some(value);
        (self.user.is_none() || self.user == session.user) && self.metadata.iter().all(has)
    }
}
