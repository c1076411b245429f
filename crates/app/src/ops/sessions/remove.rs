//! Removes a chat.

use domain::Result;
use store::tables::sessions;

use crate::{Cx, Op};

/// Removes a chat with all that was said in it.
#[derive(Clone, Debug)]
pub struct Remove {
    /// The session.
    pub id: String,
}

impl Op for Remove {
    /// Its id.
    type Output = String;
    operation!("sessions.remove", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<String> {
        let environment = cx.actor.environment()?;
        match sessions::remove(cx.tx, environment, &self.id).await? {
            true => Ok(self.id),
            false => Err(sessions::gone()),
        }
    }
}
