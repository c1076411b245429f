//! Actions that wait for tasks (Polpo 2.13).

use app::Answer;
use app::ops::watchers::{Create, List, Remove};
use domain::id::{JobId, WatcherId};
use domain::{Result, Time};
use serde::Deserialize;
use serde_json::{Value, json};

use super::missions::text;
use super::{Polpo, answer, both, changed};
use crate::dialect::Wire;
use crate::input::{Input, named_id};
use crate::routes::Routes;

impl<D: Polpo> Wire<D> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let active = input.query("active");
        Ok(Self {
            is_waiting: active.is_some_and(|active| active == "true"),
        })
    }

    fn encode(watchers: Vec<Value>, _: Time) -> Answer {
        answer::<D>(200, &watchers.into())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateIn {
    task_id: Option<String>,
    target_status: Option<String>,
    action: Option<Value>,
}

impl<D: Polpo> Wire<D> for Create {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let CreateIn {
            task_id,
            target_status,
            action,
        } = input.json()?;
        Ok(Self {
            job: JobId(named_id(&text("taskId", task_id)?)),
            target: text("targetStatus", target_status)?,
            action: action.unwrap_or_default(),
        })
    }

    fn encode(watcher: Value, _: Time) -> Answer {
        answer::<D>(201, &watcher)
    }
}

impl<D: Polpo> Wire<D> for Remove {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            watcher: WatcherId(input.id("id")),
        })
    }

    fn encode(watcher: WatcherId, _: Time) -> Answer {
        let told = json!({ "deleted": true });
        let gone = json!({ "id": watcher.to_string(), "deleted": true });
        changed::<D>(200, &told, &gone)
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        get "/watchers" => List;
        post "/watchers" => Create;
        delete "/watchers/{id}" => Remove;
    }
}
