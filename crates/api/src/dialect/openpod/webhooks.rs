//! Webhooks at this door (OpenPod 2.14, 2.16 row 21). A secret is shown once,
//! in the answer to its registration.

use app::Answer;
use app::ops::webhooks::{Deliveries, List, Register, Registered, Remove, Replay};
use app::tables::deliveries::Delivery;
use app::tables::webhooks::Webhook;
use domain::id::{DeliveryId, WebhookId};
use domain::webhook::SigningSecret;
use domain::{Error, Result, Time, limits};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Openpod;
use super::envelope::{At, data};
use crate::dialect::{Text, Wire};
use crate::input::Input;

/// Rows of a log unless the caller asks for fewer.
const LOG_ROWS: u32 = 50;

/// An id in the path; a malformed one is a 400 here (OpenPod 2.0).
fn path_id(input: &Input<'_>, name: &'static str) -> Result<Uuid> {
    let given = input.param(name);
    let read = (given.len() == 36).then(|| Uuid::try_parse(given).ok());
    read.flatten()
        .ok_or_else(|| Error::field(name, "in the path must be a UUID"))
}

#[derive(Serialize)]
struct Shown<'a> {
    id: Text,
    url: &'a str,
    events: Vec<&'static str>,
    is_active: bool,
    consecutive_failures: i64,
    pending_deliveries: i64,
    disabled_at: Option<At>,
    created_at: At,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

impl<'a> Shown<'a> {
    /// Without its secret.
    fn of(webhook: &'a Webhook) -> Self {
        let Webhook {
            id,
            account: _,
            url,
            wanted,
            secret: _,
            is_active,
            failures,
            pending,
            disabled_at,
            created_at,
        } = webhook;
        Self {
            id: Text::of(*id),
            url,
            events: wanted.words(),
            is_active: *is_active,
            consecutive_failures: *failures,
            pending_deliveries: *pending,
            disabled_at: disabled_at.map(At),
            created_at: At(*created_at),
            secret: None,
            message: None,
        }
    }
}

#[derive(Deserialize)]
struct RegisterIn {
    url: String,
    events: Vec<String>,
    secret: Option<String>,
}

impl Wire<Openpod> for Register {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let RegisterIn {
            url,
            events,
            secret,
        } = input.json()?;
        Ok(Self::new(url, events, secret.map(SigningSecret)))
    }

    fn encode(Registered { webhook, secret }: Registered, _: Time) -> Answer {
        let shown = Shown {
            secret: Some(&secret.0),
            message: Some("Save this secret: it is shown only now."),
            ..Shown::of(&webhook)
        };
        data(201, &shown)
    }
}

impl Wire<Openpod> for List {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(webhooks: Vec<Webhook>, _: Time) -> Answer {
        let shown: Vec<_> = webhooks.iter().map(Shown::of).collect();
        data(200, &shown)
    }
}

impl Wire<Openpod> for Remove {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            webhook: WebhookId(path_id(input, "id")?),
        })
    }

    fn encode((): (), _: Time) -> Answer {
        data(200, &json!({ "deleted": true }))
    }
}

#[derive(Serialize)]
struct Logged<'a> {
    id: Text,
    webhook_id: Text,
    event: &'static str,
    data: Option<&'a RawValue>,
    status: &'static str,
    attempts: i64,
    response_status: Option<i64>,
    response_body: &'a str,
    happened_at: At,
    created_at: At,
    last_attempt_at: Option<At>,
}

impl<'a> Logged<'a> {
    fn of(delivery: &'a Delivery) -> Self {
        let Delivery {
            id,
            webhook,
            event: _,
            name,
            data,
            status,
            attempts,
            code,
            excerpt,
            happened_at,
            created_at,
            tried_at,
        } = delivery;
        Self {
            id: Text::of(*id),
            webhook_id: Text::of(*webhook),
            event: name.as_str(),
            data: serde_json::from_str(data).ok(),
            status: status.as_str(),
            attempts: *attempts,
            response_status: *code,
            response_body: excerpt,
            happened_at: At(*happened_at),
            created_at: At(*created_at),
            last_attempt_at: tried_at.map(At),
        }
    }
}

impl Wire<Openpod> for Deliveries {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (rows, _) = input.stretch(LOG_ROWS, limits::DELIVERY_ROWS);
        Ok(Self {
            webhook: WebhookId(path_id(input, "id")?),
            rows,
        })
    }

    fn encode(deliveries: Vec<Delivery>, _: Time) -> Answer {
        let logged: Vec<_> = deliveries.iter().map(Logged::of).collect();
        data(200, &logged)
    }
}

impl Wire<Openpod> for Replay {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            webhook: WebhookId(path_id(input, "id")?),
            delivery: DeliveryId(path_id(input, "delivery")?),
        })
    }

    fn encode(delivery: Delivery, _: Time) -> Answer {
        data(200, &Logged::of(&delivery))
    }
}
