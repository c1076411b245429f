//! Wishes for consent, and their answers (Polpo 2.13).

use app::Answer;
use app::ops::approvals::{Approve, Get, List, Reject};
use domain::approval::Status;
use domain::id::{ApprovalId, JobId};
use domain::{Result, Time};
use serde::Deserialize;
use serde_json::Value;

use super::missions::text;
use super::part::part;
use super::{Polpo, answer, both};
use crate::dialect::Wire;
use crate::input::{Input, named_id};
use crate::routes::Routes;

fn id(input: &Input<'_>) -> ApprovalId {
    ApprovalId(input.id("id"))
}

impl<D: Polpo> Wire<D> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        // Older clients ask at a path of its own.
        let is_pending = input.parts.uri.path().ends_with("/pending");
        let words = Status::ALL.map(Status::as_str).join(", ");
        let status = match is_pending {
            true => Some(Status::Pending),
            false => input.word("status", Status::parse, &words)?,
        };
        let job = input.query("taskId").map(|id| JobId(named_id(&id)));
        Ok(Self {
            status,
            job,
            part: part(input)?,
        })
    }

    fn encode(approvals: Vec<Value>, _: Time) -> Answer {
        answer::<D>(200, &approvals.into())
    }
}

impl<D: Polpo> Wire<D> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            approval: id(input),
        })
    }

    fn encode(approval: Value, _: Time) -> Answer {
        answer::<D>(200, &approval)
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AnswerIn {
    resolved_by: Option<String>,
    note: Option<String>,
    feedback: Option<String>,
}

impl<D: Polpo> Wire<D> for Approve {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let AnswerIn {
            resolved_by,
            note,
            feedback: _,
        } = input.json_or_default()?;
        Ok(Self {
            approval: id(input),
            by: resolved_by,
            note,
        })
    }

    fn encode(approval: Value, _: Time) -> Answer {
        answer::<D>(200, &approval)
    }
}

impl<D: Polpo> Wire<D> for Reject {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let AnswerIn {
            resolved_by,
            note: _,
            feedback,
        } = input.json_or_default()?;
        Ok(Self {
            approval: id(input),
            feedback: text("feedback", feedback)?,
            by: resolved_by,
        })
    }

    fn encode(approval: Value, _: Time) -> Answer {
        answer::<D>(200, &approval)
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        get "/approvals" => List;
        get "/approvals/pending" => List;
        get "/approvals/{id}" => Get;
        post "/approvals/{id}/approve" => Approve;
        post "/approvals/{id}/reject" => Reject;
    }
}
