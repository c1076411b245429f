//! What happened in an environment after a cursor.

use domain::id::EnvironmentId;
use domain::{Result, limits};
use store::tables::events::{self, Cursor, Followed};

use crate::{Cx, Op};

/// Where the log ends now.
#[derive(Clone, Debug)]
pub struct End;

impl Op for End {
    type Output = (EnvironmentId, Cursor);
    operation!("happenings.end", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<(EnvironmentId, Cursor)> {
        let environment = cx.actor.environment()?;
        Ok((environment, events::end(cx.tx).await?))
    }
}

/// The next events after a cursor.
#[derive(Clone, Debug)]
pub struct Since {
    /// Behind what.
    pub after: Cursor,
}

impl Op for Since {
    type Output = Vec<Followed>;
    operation!("happenings.since", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Followed>> {
        let environment = cx.actor.environment()?;
        events::follow_environment(cx.tx, environment, self.after, limits::EVENTS_AT_ONCE).await
    }
}
