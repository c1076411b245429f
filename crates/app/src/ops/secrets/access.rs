//! Who asked for a protected payload and how that stands: all of it for the
//! publisher, its own for an agent.

use domain::id::TaskId;
use domain::policy::Permission;
use domain::{Result, limits};
use store::tables::secrets::{self, Shown};

use super::{require_publisher, sealed_task};
use crate::{Cx, Op};

/// Lists the requests for a task of the acting publisher, newest first.
#[derive(Clone, Debug)]
pub struct Requests {
    /// Which.
    pub task: TaskId,
}

impl Op for Requests {
    type Output = Vec<Shown>;
    operation!("secrets.requests", JudgeOwn, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Shown>> {
        let (shown, _) = sealed_task(cx, self.task).await?;
        require_publisher(cx, &shown.task)?;
        secrets::requests(cx.tx, self.task, limits::INLINE_ROWS).await
    }
}

/// Shows an agent what concerns it: every request where it is the publisher,
/// otherwise its own latest.
#[derive(Clone, Debug)]
pub struct Access {
    /// Of which task.
    pub task: TaskId,
}

/// What an agent sees of the requests for a task.
#[derive(Clone, Debug)]
pub enum Accesses {
    /// It is the publisher: all of them, newest first.
    All(Vec<Shown>),
    /// It is not: its own latest, if it asked.
    Own(Option<Box<Shown>>),
}

impl Op for Access {
    type Output = Accesses;
    operation!("secrets.access", Look, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Accesses> {
        let account = cx.actor.account()?;
        let (shown, _) = sealed_task(cx, self.task).await?;
        let policy = &cx.settings.policy;
        if cx.actor.acts_for(shown.task.publisher) {
            policy.check(cx.actor, Permission::JudgeOwn)?;
            let all = secrets::requests(cx.tx, self.task, limits::INLINE_ROWS).await?;
            return Ok(Accesses::All(all));
        }
        policy.check(cx.actor, Permission::ReachSecrets)?;
        let own = secrets::last_request(cx.tx, self.task, account).await?;
        Ok(Accesses::Own(own.map(Box::new)))
    }
}
