//! Work as its worker handles it: found among its own, taken, checked, handed
//! in, given back; withdrawn and disputed (AGI ATM 2.3, 2.4).

use app::Answer;
use app::ops::contracts::{
    Attachment, ByHuman, Cancel, Contract, Deliver, Delivered, Mine, Owned, Preflight, Preview,
    Release, Take, View,
};
use app::ops::credits::Credits;
use app::tables::tasks::Side;
use domain::id::TaskId;
use domain::page::Listed;
use domain::task::Status;
use domain::{Error, Result, Time};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::deliveries::{Checks, Delivery, Settlement};
use super::envelope::{self, Fields};
use super::objects::{Claim, Task, Wallet};
use super::{Agents, AgiAtm, People, page, required};
use crate::dialect::Wire;
use crate::input::Input;
use crate::routes::Routes;

/// The task that a path names.
pub(super) fn task_of(input: &Input<'_>) -> TaskId {
    TaskId(input.id("taskId"))
}

/// A task's status at this door as one or two of the house's.
fn statuses(word: &str) -> Option<[Status; 2]> {
    Some(match word {
        "open" => [Status::Open; 2],
        "claimed" => [Status::Claimed, Status::Started],
        "submitted" => [Status::Submitted; 2],
        "settled" => [Status::Accepted; 2],
        "cancelled" | "refunded" => [Status::Cancelled; 2],
        "expired" => [Status::Expired; 2],
        "disputed" => [Status::Disputed; 2],
        _ => return None,
    })
}

fn side(word: &str) -> Option<Side> {
    Some(match word {
        "worker" => Side::Worker,
        "publisher" => Side::Publisher,
        _ => return None,
    })
}

const STATUSES: &str = "open, claimed, submitted, settled, cancelled, expired, disputed";

fn tasks(listed: &Listed<Contract>) -> Answer {
    let Listed { items, page, total } = listed;
    let items: Vec<_> = items.iter().map(Task::of).collect();
    let (page, total) = (*page, *total);
    envelope::list("tasks", &Listed { items, page, total })
}

/// Without a word agents see what they work on.
impl Wire<Agents> for Mine {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let side = input.word("as", side, "worker, publisher")?;
        Ok(Self {
            side: side.unwrap_or(Side::Worker),
            statuses: input.word("status", statuses, STATUSES)?,
            page: page(input)?,
        })
    }

    fn encode(listed: Listed<Contract>, _: Time) -> Answer {
        tasks(&listed)
    }
}

impl Wire<People> for Owned {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            statuses: input.word("status", statuses, STATUSES)?,
            page: page(input)?,
        })
    }

    fn encode(listed: Listed<Contract>, _: Time) -> Answer {
        tasks(&listed)
    }
}

/// What agents read of their tasks people read of theirs.
impl<O: Wire<Agents>> Wire<People> for ByHuman<O> {
    fn decode(input: &Input<'_>) -> Result<Self> {
        O::decode(input).map(ByHuman)
    }

    fn encode(output: O::Output, now: Time) -> Answer {
        O::encode(output, now)
    }
}

impl Wire<Agents> for View {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: task_of(input),
        })
    }

    fn encode(contract: Contract, _: Time) -> Answer {
        envelope::single(200, "task", &Task::of(&contract))
    }
}

impl Wire<Agents> for Take {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: task_of(input),
        })
    }

    fn encode(contract: Contract, _: Time) -> Answer {
        Fields::new()
            .with("claim", &Claim::of(&contract))
            .with("task", &Task::of(&contract))
            .answer(200)
    }
}

impl Wire<Agents> for Release {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: task_of(input),
        })
    }

    fn encode(contract: Contract, _: Time) -> Answer {
        envelope::single(200, "task", &Task::of(&contract))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeliverIn {
    output: Option<Box<RawValue>>,
    #[serde(alias = "summary")]
    summary_text: Option<String>,
    attachments: Option<Vec<AttachmentIn>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttachmentIn {
    name: String,
    mime_type: Option<String>,
    size_bytes: Option<i64>,
    sha256: Option<String>,
    url: Option<String>,
    storage_ref: Option<String>,
    description: Option<String>,
}

impl AttachmentIn {
    fn read(self) -> Attachment {
        let Self {
            name,
            mime_type,
            size_bytes,
            sha256,
            url,
            storage_ref,
            description,
        } = self;
        Attachment {
            name,
            mime_type,
            size_bytes,
            sha256,
            url,
            storage_ref,
            description,
        }
    }
}

/// An output is any JSON, but it must be there: an optional field does not
/// tell `null` from nothing, so `null` is not one.
fn output(sent: Option<Box<RawValue>>) -> Result<String> {
    let sent = sent.ok_or_else(|| required("output"))?;
    Ok(sent.get().to_owned())
}

impl Wire<Agents> for Deliver {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let sent: DeliverIn = input.json()?;
        let attachments = sent.attachments.unwrap_or_default();
        Ok(Self::new(
            task_of(input),
            output(sent.output)?,
            sent.summary_text.ok_or_else(|| required("summaryText"))?,
            attachments.into_iter().map(AttachmentIn::read).collect(),
        ))
    }

    fn encode(delivered: Delivered, _: Time) -> Answer {
        let Delivered {
            delivery,
            contract,
            settlement,
        } = &delivered;
        let fields = Fields::new()
            .with("delivery", &Delivery::of(delivery))
            .with("task", &Task::of(contract));
        match settlement {
            Some(settlement) => fields.with("settlement", &Settlement::of(settlement)),
            None => fields,
        }
        .answer(201)
    }
}

#[derive(Deserialize)]
struct PreflightIn {
    output: Option<Box<RawValue>>,
}

impl Wire<Agents> for Preflight {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let sent: PreflightIn = input.json()?;
        Ok(Self::new(task_of(input), output(sent.output)?))
    }

    fn encode(preview: Preview, _: Time) -> Answer {
        let checks = Checks::of_preview(&preview);
        Fields::new()
            .with("valid", &checks.is_passed())
            .with("errors", checks.errors())
            .with("verification", &checks)
            .answer(200)
    }
}

impl<D: AgiAtm> Wire<D> for Cancel {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: task_of(input),
        })
    }

    fn encode((contract, credits): (Contract, Credits), _: Time) -> Answer {
        Fields::new()
            .with("task", &Task::of(&contract))
            .with("wallet", &Wallet::of(&credits))
            .answer(200)
    }
}

/// A reason that must be there, under any of its names.
#[derive(Deserialize)]
pub(super) struct ReasonIn {
    #[serde(alias = "note", alias = "message")]
    reason: Option<String>,
}

impl ReasonIn {
    pub(super) fn required(self) -> Result<String> {
        let missing = || Error::field("reason", "is required: say why");
        self.reason.ok_or_else(missing)
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .get::<Agents, Mine>("/api/v1/agent/tasks")
        .get::<People, Owned>("/api/v1/human/tasks")
        .get::<Agents, View>("/api/v1/agent/tasks/{taskId}")
        .get::<People, ByHuman<View>>("/api/v1/human/tasks/{taskId}")
        .post::<Agents, Take>("/api/v1/agent/tasks/{taskId}/claim")
        .post::<Agents, Release>("/api/v1/agent/tasks/{taskId}/release")
        .post::<Agents, Deliver>("/api/v1/agent/tasks/{taskId}/submit")
        .post::<Agents, Preflight>("/api/v1/agent/tasks/{taskId}/preflight")
        .post::<Agents, Cancel>("/api/v1/agent/tasks/{taskId}/cancel")
        .post::<People, Cancel>("/api/v1/human/tasks/{taskId}/cancel")
}
