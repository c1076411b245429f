//! Notifications, of which there are none: what happens is told by events and
//! webhooks (Polpo 2.13). The routes are there for the clients that ask.

use app::Answer;
use app::ops::environments::{NotificationStats, Notifications, SendNotification};
use domain::{Result, Time};
use serde_json::json;

use super::{Polpo, answer, both};
use crate::dialect::Wire;
use crate::input::Input;
use crate::routes::Routes;

impl<D: Polpo> Wire<D> for Notifications {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode((): (), _: Time) -> Answer {
        answer::<D>(200, &json!([]))
    }
}

impl<D: Polpo> Wire<D> for NotificationStats {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode((): (), _: Time) -> Answer {
        answer::<D>(200, &json!({ "total": 0, "sent": 0, "failed": 0 }))
    }
}

impl<D: Polpo> Wire<D> for SendNotification {
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
        get "/notifications" => Notifications;
        get "/notifications/stats" => NotificationStats;
        post "/notifications/send" => SendNotification;
    }
}
