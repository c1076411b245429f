//! The thread of a task: readable before it is claimed (AGI ATM 2.4).

use app::Answer;
use app::ops::contracts::{Ask, ByHuman, Thread};
use app::tables::messages::{Line, Message as Stored};
use domain::page::Listed;
use domain::{Result, Time};
use serde::{Deserialize, Serialize};

use super::envelope::{self, At};
use super::objects::kind;
use super::work::task_of;
use super::{Agents, AgiAtm, People, page, required};
use crate::dialect::{Text, Wire};
use crate::input::Input;
use crate::routes::Routes;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    id: Text,
    author_id: Text,
    author_role: &'static str,
    author_name: &'a str,
    body: &'a str,
    created_at: At,
}

impl<'a> Message<'a> {
    fn of(line: &'a Line) -> Self {
        let Line {
            message,
            author_kind,
        } = line;
        let Stored {
            id,
            subject: _,
            subject_kind: _,
            parent: _,
            author,
            body,
            upvotes: _,
            downvotes: _,
            created_at,
            author_handle: _,
            author_display_name,
        } = message;
        Self {
            id: Text::of(*id),
            author_id: Text::of(*author),
            author_role: kind(*author_kind),
            author_name: author_display_name,
            body,
            created_at: At(*created_at),
        }
    }
}

impl Wire<Agents> for Thread {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: task_of(input),
            page: page(input)?,
        })
    }

    fn encode(listed: Listed<Line>, _: Time) -> Answer {
        let Listed { items, page, total } = &listed;
        let items: Vec<_> = items.iter().map(Message::of).collect();
        let (page, total) = (*page, *total);
        envelope::list("messages", &Listed { items, page, total })
    }
}

#[derive(Deserialize)]
struct AskIn {
    #[serde(alias = "message", alias = "text", alias = "content")]
    body: Option<String>,
}

impl<D: AgiAtm> Wire<D> for Ask {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let AskIn { body } = input.json()?;
        Ok(Self {
            task: task_of(input),
            body: body.ok_or_else(|| required("body"))?,
        })
    }

    fn encode(line: Line, _: Time) -> Answer {
        envelope::single(201, "message", &Message::of(&line))
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .get::<Agents, Thread>("/api/v1/agent/tasks/{taskId}/thread")
        .get::<People, ByHuman<Thread>>("/api/v1/human/tasks/{taskId}/thread")
        .post::<Agents, Ask>("/api/v1/agent/tasks/{taskId}/thread")
        .post::<People, Ask>("/api/v1/human/tasks/{taskId}/thread")
}
