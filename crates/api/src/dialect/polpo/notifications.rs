//! Notifications: what gates, checkpoints and delays told the channels that they
//! name (Polpo 2.13). They are sent nowhere: events and webhooks tell what
//! happens.

use app::Answer;
use app::ops::notifications::{List, Send, Stats};
use domain::{Result, Time};
use serde_json::{Value, json};

use super::part::part;
use super::{Polpo, answer, both};
use crate::dialect::Wire;
use crate::input::Input;
use crate::routes::Routes;

impl<D: Polpo> Wire<D> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let asked = |name: &str| input.query(name).map(|word| word.into_owned());
        Ok(Self {
            part: part(input)?,
            status: asked("status"),
            channel: asked("channel"),
            rule: asked("rule"),
        })
    }

    fn encode(all: Vec<Value>, _: Time) -> Answer {
        answer::<D>(200, &all.into())
    }
}

impl<D: Polpo> Wire<D> for Stats {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(total: i64, _: Time) -> Answer {
        answer::<D>(200, &json!({ "total": total, "sent": total, "failed": 0 }))
    }
}

impl<D: Polpo> Wire<D> for Send {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode((): (), _: Time) -> Answer {
        answer::<D>(200, &json!({}))
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        get "/notifications" => List;
        get "/notifications/stats" => Stats;
        post "/notifications/send" => Send;
    }
}
