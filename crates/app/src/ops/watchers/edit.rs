//! Watchers are made, removed and listed.

use domain::event::Happening;
use domain::id::{JobId, WatcherId};
use domain::job::Status;
use domain::policy::Actor;
use domain::{Error, Kind, Result, limits};
use serde_json::{Value, json};
use store::tables::watchers::{self, Watcher};

use super::{Action, shown};
use crate::ops::missions::{self, Of};
use crate::ops::{environments, jobs};
use crate::{App, Cx, Op};

/// Lets an action wait for a job.
#[derive(Clone, Debug)]
pub struct Create {
    /// For which job.
    pub job: JobId,
    /// For which status of it.
    pub target: String,
    /// What is done then.
    pub action: Value,
}

impl Op for Create {
    type Output = Value;
    operation!("watchers.create", Host, Writes);
    const PREPARES: bool = true;

    /// An action that could not be taken is refused now, with every cause.
    async fn prepare(self, app: &App, actor: &Actor) -> Result<Self> {
        let of = match Action::read(&self.action)? {
            Action::Log(_) => return Ok(self),
            Action::CreateTask(task) => {
                let agent = task.get("assignTo").and_then(Value::as_str);
                Of::Agent(agent.unwrap_or_default().to_owned())
            }
            Action::ExecuteMission(mission) => Of::Mission(mission),
        };
        let required = missions::require(app, actor, of).await;
        required.map_err(|error| match error.kind {
            Kind::NotFound => Error::field("action", "names a mission that does not exist"),
            _ => error,
        })?;
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        let target = Status::parse(&self.target).ok_or_else(|| {
            let words = Status::ALL.map(Status::as_str).join(", ");
            Error::field("targetStatus", format!("must be one of: {words}"))
        })?;
        Action::read(&self.action)?;
        jobs::locked(cx, &environment, self.job).await?;
        let count = watchers::count(cx.tx, environment.id).await?;
        if count >= i64::from(limits::WATCHERS) {
            return Err(Error::conflict(
                "too_many_watchers",
                format!("there are {count} watchers already: delete some first"),
            ));
        }
        let watcher = Watcher {
            id: cx.id(),
            environment: environment.id,
            job: self.job,
            target,
            action: self.action.to_string(),
            fired_at: None,
            created_at: cx.now,
        };
        watchers::insert(cx.tx, &watcher).await?;
        let facts = json!({
            "watcherId": watcher.id.to_string(),
            "taskId": watcher.job.to_string(),
            "targetStatus": target.as_str(),
        });
        let what = Happening::WatcherCreated;
        cx.record_hosted(environment.id, what, watcher.id, facts)
            .await?;
        Ok(shown(&watcher))
    }
}

/// Takes a watcher away.
#[derive(Clone, Debug)]
pub struct Remove {
    /// Which.
    pub watcher: WatcherId,
}

impl Op for Remove {
    type Output = WatcherId;
    operation!("watchers.remove", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<WatcherId> {
        let environment = cx.actor.environment()?;
        if !watchers::remove(cx.tx, environment, self.watcher).await? {
            return Err(Error::not_found(
                "watcher_not_found",
                "there is no watcher of this id",
            ));
        }
        let facts = json!({ "watcherId": self.watcher.to_string() });
        let what = Happening::WatcherRemoved;
        cx.record_hosted(environment, what, self.watcher, facts)
            .await?;
        Ok(self.watcher)
    }
}

/// Lists watchers, the first one first.
#[derive(Clone, Debug)]
pub struct List {
    /// Only those that still wait.
    pub is_waiting: bool,
}

impl Op for List {
    type Output = Vec<Value>;
    operation!("watchers.list", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Value>> {
        let environment = cx.actor.environment()?;
        let mut all = watchers::list(cx.tx, environment, limits::WATCHERS).await?;
        all.retain(|watcher| !self.is_waiting || watcher.fired_at.is_none());
        Ok(all.iter().map(shown).collect())
    }
}
