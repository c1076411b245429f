//! What was delivered, and the verdicts on it (AGI ATM 2.3, 2.5, 3.2).

use app::Answer;
use app::ops::contracts::{
    Accept, ByHuman, Deliveries, Dispute as OpenDispute, Disputed, Disputes, Judged, Preview,
    Reject, Resolve, Resolved, Settlement as Settled,
};
use app::tables::disputes::Dispute as StoredDispute;
use app::tables::submissions::{Package, Shown, Submission};
use domain::dispute::Share;
use domain::error::Detail;
use domain::id::{DisputeId, SubmissionId};
use domain::page::Listed;
use domain::task::SubmissionStatus;
use domain::{Result, Time};
use serde::{Deserialize, Serialize};

use super::envelope::{self, At, Fields, Json};
use super::objects::{Task, credits};
use super::work::{ReasonIn, task_of};
use super::{Agents, AgiAtm, Operators, People, page, required};
use crate::dialect::{Text, Wire};
use crate::input::Input;
use crate::routes::Routes;

/// The word for how a delivery stands (AGI ATM 3.2).
fn status(status: SubmissionStatus) -> &'static str {
    match status {
        SubmissionStatus::Pending => "pending",
        SubmissionStatus::Approved => "accepted",
        SubmissionStatus::Rejected | SubmissionStatus::NeedsRevision => "rejected",
        SubmissionStatus::Superseded => "superseded",
        SubmissionStatus::Cancelled | SubmissionStatus::Withdrawn => "withdrawn",
    }
}

/// A delivery (AGI ATM 2.5).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Delivery<'a> {
    id: Text,
    task_id: Text,
    agent_id: Text,
    agent_name: &'a str,
    status: &'static str,
    output: Json<'a>,
    summary_text: &'a str,
    attachments: Json<'a>,
    verification: Checks<'a>,
    review_note: Option<&'a str>,
    created_at: At,
    reviewed_at: Option<At>,
    auto_accept_at: Option<At>,
}

const NONE_ATTACHED: &str = "[]";

impl<'a> Delivery<'a> {
    pub(super) fn of(shown: &'a Shown) -> Self {
        let Shown {
            submission,
            author_handle: _,
            author_name,
            deadline: _,
            is_private: _,
        } = shown;
        let Submission {
            id,
            task,
            project: _,
            author,
            content,
            package,
            auto_accept_at,
            status: stands,
            notes,
            reviewer: _,
            created_at,
            reviewed_at,
        } = submission;
        let of_package = |part: fn(&Package) -> &String| package.as_ref().map(part);
        let attached = of_package(|package| &package.attachments);
        let receipt = of_package(|package| &package.verification);
        Self {
            id: Text::of(*id),
            task_id: Text::of(*task),
            agent_id: Text::of(*author),
            agent_name: author_name,
            status: status(*stands),
            output: Json(content),
            summary_text: of_package(|package| &package.summary).map_or("", String::as_str),
            attachments: Json(attached.map_or(NONE_ATTACHED, String::as_str)),
            verification: Checks::passed(receipt.map(String::as_str)),
            review_note: notes.as_deref(),
            created_at: At(*created_at),
            reviewed_at: reviewed_at.map(At),
            auto_accept_at: auto_accept_at
                .filter(|_| *stands == SubmissionStatus::Pending)
                .map(At),
        }
    }
}

/// What the checks of a task said about an output.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checks<'a> {
    /// `None` where nothing checked it.
    schema_valid: Option<bool>,
    errors: Vec<Cause<'a>>,
    receipt: Option<Json<'a>>,
}

#[derive(Serialize)]
struct Cause<'a> {
    path: &'a str,
    rule: &'a str,
    message: &'a str,
}

impl<'a> Checks<'a> {
    /// Of what was handed in: only what passed is kept.
    fn passed(receipt: Option<&'a str>) -> Self {
        let receipt = receipt.filter(|receipt| !receipt.is_empty());
        Self {
            schema_valid: receipt.map(|_| true),
            errors: Vec::new(),
            receipt: receipt.map(Json),
        }
    }

    pub(super) fn of_preview(preview: &'a Preview) -> Self {
        let Some(report) = &preview.report else {
            return Self::passed(None);
        };
        let cause = |detail: &'a Detail| Cause {
            path: &detail.field,
            rule: &detail.rule,
            message: &detail.problem,
        };
        Self {
            schema_valid: Some(report.causes.is_empty()),
            errors: report.causes.iter().map(cause).collect(),
            receipt: Some(Json(&report.receipt)),
        }
    }

    /// Whether it may be handed in.
    pub(super) fn is_passed(&self) -> bool {
        self.schema_valid != Some(false)
    }

    pub(super) fn errors(&self) -> &impl Serialize {
        &self.errors
    }
}

/// A settlement (AGI ATM 2.5).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settlement<'a> {
    id: Text,
    task_id: Text,
    delivery_id: Text,
    payee_id: Text,
    credits: i64,
    /// What is paid in another asset than credits, in its smallest unit.
    reward: Option<Reward<'a>>,
    paid_at: Option<At>,
    available_at: Option<At>,
}

#[derive(Serialize)]
struct Reward<'a> {
    units: i64,
    asset: &'a str,
}

impl<'a> Settlement<'a> {
    pub(super) fn of(settled: &'a Settled) -> Self {
        let Settled {
            id,
            task,
            delivery,
            payee,
            money,
            paid_at,
            available_at,
        } = settled;
        let credits = credits(Some(money));
        let reward = Reward {
            units: money.units,
            asset: &money.asset,
        };
        Self {
            id: Text::of(SubmissionId(*id)),
            task_id: Text::of(*task),
            delivery_id: Text::of(*delivery),
            payee_id: Text::of(*payee),
            credits,
            reward: Some(reward).filter(|reward| reward.units != credits),
            paid_at: paid_at.map(At),
            available_at: available_at.map(At),
        }
    }
}

/// A dispute.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dispute<'a> {
    id: Text,
    task_id: Text,
    delivery_id: Text,
    opened_by: Text,
    worker_id: Text,
    reason: &'a str,
    status: &'static str,
    worker_credits: Option<i64>,
    note: Option<&'a str>,
    created_at: At,
    resolved_at: Option<At>,
}

impl<'a> Dispute<'a> {
    fn of(stored: &'a StoredDispute) -> Self {
        let StoredDispute {
            id,
            task,
            submission,
            opened_by,
            worker,
            reason,
            status,
            worker_units,
            note,
            created_at,
            resolved_at,
        } = stored;
        Self {
            id: Text::of(*id),
            task_id: Text::of(*task),
            delivery_id: Text::of(*submission),
            opened_by: Text::of(*opened_by),
            worker_id: Text::of(*worker),
            reason,
            status: status.as_str(),
            worker_credits: *worker_units,
            note: note.as_deref(),
            created_at: At(*created_at),
            resolved_at: resolved_at.map(At),
        }
    }
}

impl Wire<Agents> for Deliveries {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: task_of(input),
            page: page(input)?,
        })
    }

    fn encode(listed: Listed<Shown>, _: Time) -> Answer {
        let Listed { items, page, total } = &listed;
        let items: Vec<_> = items.iter().map(Delivery::of).collect();
        let (page, total) = (*page, *total);
        envelope::list("deliveries", &Listed { items, page, total })
    }
}

/// The delivery that a path names, where it names one.
fn delivery_of(input: &Input<'_>) -> Option<SubmissionId> {
    input
        .opt_param("deliveryId")
        .map(|_| SubmissionId(input.id("deliveryId")))
}

#[derive(Default, Deserialize)]
struct AcceptIn {
    #[serde(alias = "reviewNote", alias = "message")]
    note: Option<String>,
}

impl<D: AgiAtm> Wire<D> for Accept {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let AcceptIn { note } = input.json_or_default()?;
        Ok(Self {
            task: task_of(input),
            delivery: delivery_of(input),
            note,
        })
    }

    fn encode(judged: Judged, _: Time) -> Answer {
        let settlement = judged.settlement.as_ref().map(Settlement::of);
        verdict(&judged).with("settlement", &settlement).answer(200)
    }
}

impl<D: AgiAtm> Wire<D> for Reject {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let sent: ReasonIn = input.json()?;
        Ok(Self {
            task: task_of(input),
            delivery: delivery_of(input),
            reason: sent.required()?,
        })
    }

    fn encode(judged: Judged, _: Time) -> Answer {
        verdict(&judged).answer(200)
    }
}

fn verdict(judged: &Judged) -> Fields {
    let Judged {
        delivery,
        contract,
        settlement: _,
    } = judged;
    Fields::new()
        .with("delivery", &Delivery::of(delivery))
        .with("task", &Task::of(contract))
}

impl<D: AgiAtm> Wire<D> for OpenDispute {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let sent: ReasonIn = input.json()?;
        Ok(Self {
            task: task_of(input),
            reason: sent.required()?,
        })
    }

    fn encode(disputed: Disputed, _: Time) -> Answer {
        let Disputed { dispute, contract } = &disputed;
        Fields::new()
            .with("dispute", &Dispute::of(dispute))
            .with("task", &Task::of(contract))
            .answer(201)
    }
}

impl Wire<Operators> for Disputes {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { page: page(input)? })
    }

    fn encode(listed: Listed<StoredDispute>, _: Time) -> Answer {
        let Listed { items, page, total } = &listed;
        let items: Vec<_> = items.iter().map(Dispute::of).collect();
        let (page, total) = (*page, *total);
        envelope::list("disputes", &Listed { items, page, total })
    }
}

/// The worker's share: `payWorker` in credits, or `payWorkerPercent`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResolveIn {
    pay_worker: Option<i64>,
    pay_worker_percent: Option<i64>,
    #[serde(alias = "reason")]
    note: Option<String>,
}

impl Wire<Operators> for Resolve {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let sent: ResolveIn = input.json()?;
        let percent = sent.pay_worker_percent.map(Share::Percent);
        let share = sent.pay_worker.map(Share::Units).or(percent);
        Ok(Self {
            dispute: DisputeId(input.id("disputeId")),
            share: share.ok_or_else(|| required("payWorker or payWorkerPercent"))?,
            note: sent.note,
        })
    }

    fn encode(resolved: Resolved, _: Time) -> Answer {
        let Resolved {
            dispute,
            contract,
            settlement,
        } = &resolved;
        Fields::new()
            .with("dispute", &Dispute::of(dispute))
            .with("task", &Task::of(contract))
            .with("settlement", &settlement.as_ref().map(Settlement::of))
            .answer(200)
    }
}

/// The same verdicts for agents and people who publish.
fn verdicts<D: AgiAtm>(routes: Routes, paths: &Verdicts) -> Routes {
    routes
        .post::<D, Accept>(paths.accept)
        .post::<D, Reject>(paths.reject)
        .post::<D, Accept>(paths.accept_one)
        .post::<D, Reject>(paths.reject_one)
        .post::<D, OpenDispute>(paths.dispute)
}

struct Verdicts {
    accept: &'static str,
    reject: &'static str,
    accept_one: &'static str,
    reject_one: &'static str,
    dispute: &'static str,
}

macro_rules! paths {
    ($side:literal) => {
        Verdicts {
            accept: concat!($side, "/tasks/{taskId}/accept"),
            reject: concat!($side, "/tasks/{taskId}/reject"),
            accept_one: concat!($side, "/tasks/{taskId}/deliveries/{deliveryId}/accept"),
            reject_one: concat!($side, "/tasks/{taskId}/deliveries/{deliveryId}/reject"),
            dispute: concat!($side, "/tasks/{taskId}/dispute"),
        }
    };
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    let routes = Routes::default()
        .get::<Agents, Deliveries>("/api/v1/agent/tasks/{taskId}/deliveries")
        .get::<People, ByHuman<Deliveries>>("/api/v1/human/tasks/{taskId}/deliveries")
        .get::<Operators, Disputes>("/api/v1/admin/disputes")
        .post::<Operators, Resolve>("/api/v1/admin/disputes/{disputeId}/resolve");
    let routes = verdicts::<Agents>(routes, &paths!("/api/v1/agent"));
    verdicts::<People>(routes, &paths!("/api/v1/human"))
}
