//! A job came into a status for which actions wait.

use std::pin::Pin;

use domain::Result;
use domain::event::Happening;
use domain::id::JobId;
use serde_json::{Map, Value, json};
use store::tables::environments::Environment;
use store::tables::jobs::Job;
use store::tables::watchers::{self, Watcher};

use super::Action;
use crate::Cx;
use crate::ops::jobs::{NewJob, create};
use crate::ops::missions;

/// Takes the actions that wait for a job's status. Boxed, because an action
/// may move jobs itself.
pub(crate) fn fire<'a>(
    cx: &'a mut Cx<'_>,
    environment: &'a Environment,
    job: &'a Job,
) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
    Box::pin(async move {
        let waiting = watchers::waiting(cx.tx, environment.id, job.id, job.status).await?;
        for watcher in waiting {
            // Marked first: what it does may bring the job here once more.
            watchers::fire(cx.tx, environment.id, watcher.id, cx.now).await?;
            let facts = json!({
                "watcherId": watcher.id.to_string(),
                "taskId": job.id.to_string(),
                "targetStatus": job.status.as_str(),
            });
            tell(cx, &watcher, Happening::WatcherFired, facts).await?;
            act(cx, environment, &watcher).await?;
        }
        Ok(())
    })
}

async fn tell(cx: &mut Cx<'_>, watcher: &Watcher, what: Happening, facts: Value) -> Result<()> {
    cx.record_hosted(watcher.environment, what, watcher.id, facts)
        .await
}

async fn act(cx: &mut Cx<'_>, environment: &Environment, watcher: &Watcher) -> Result<()> {
    let action: Value = serde_json::from_str(&watcher.action).unwrap_or_default();
    let facts = json!({
        "watcherId": watcher.id.to_string(),
        "type": action["type"],
        "action": action,
    });
    tell(cx, watcher, Happening::ActionTriggered, facts).await?;
    let taken = match Action::read(&action) {
        Ok(action) => take(cx, environment, watcher, action).await,
        Err(error) => Err(error),
    };
    match taken {
        Ok(()) => Ok(()),
        // The database failed, not the action.
        Err(error)
            if matches!(
                error.kind,
                domain::Kind::Unavailable | domain::Kind::Internal
            ) =>
        {
            Err(error)
        }
        Err(error) => {
            let message = format!(
                "the watcher {} could not act: {}",
                watcher.id, error.message
            );
            let facts = json!({ "level": "error", "message": message });
            tell(cx, watcher, Happening::HostingLog, facts).await
        }
    }
}

/// Takes an action. What is refused here was refused before anything was
/// written.
async fn take(
    cx: &mut Cx<'_>,
    environment: &Environment,
    watcher: &Watcher,
    action: Action,
) -> Result<()> {
    match action {
        Action::Log(message) => {
            let facts = json!({ "level": "info", "message": message });
            tell(cx, watcher, Happening::HostingLog, facts).await
        }
        Action::ExecuteMission(mission) => {
            let mission = missions::locked(cx, environment, mission).await?;
            missions::start(cx, environment, mission).await?;
            Ok(())
        }
        Action::CreateTask(task) => {
            create(cx, environment, new_job(task)).await?;
            Ok(())
        }
    }
}

fn new_job(task: Map<String, Value>) -> NewJob {
    let text = |key: &str| {
        let given = task.get(key).and_then(Value::as_str);
        given.map(str::to_owned)
    };
    let needs = task.get("dependsOn").and_then(Value::as_array);
    let needs = needs.into_iter().flatten().filter_map(Value::as_str);
    NewJob {
        title: text("title").unwrap_or_default(),
        description: text("description").unwrap_or_default(),
        agent: text("assignTo").unwrap_or_default(),
        group: text("group"),
        is_draft: task.get("draft") == Some(&Value::Bool(true)),
        needs: needs.filter_map(JobId::parse).collect(),
        fields: task.clone(),
        ..NewJob::default()
    }
}
