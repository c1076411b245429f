//! Tasks (bounties) at this door.

use app::Answer;
use app::ops::tasks::{
    Cancel, Claim, Details, Edit, Get, List, ListOfProject, MarkPaid, Publish, Recent, Release,
    Renew, Submissions, Submit,
};
use app::tables::submissions::Shown as ShownSubmission;
use app::tables::tasks::{Card, Filter, Shown};
use domain::id::{ProjectId, TaskId};
use domain::page::Listed;
use domain::task::{Difficulty, Sort, Terms};
use domain::{Error, Result, Time};
use serde::{Deserialize, Deserializer};

use super::Polt;
use super::envelope::{self, message};
use super::objects::{self, Submission, Task};
use crate::dialect::Wire;
use crate::input::{Input, named_id};

fn filter(input: &Input<'_>) -> Result<Filter> {
    let statuses = "available, committed, in_review, completed, cancelled";
    let project = match input.query("project_id") {
        Some(id) => {
            let id = ProjectId::parse(&id)
                .ok_or_else(|| Error::field("project_id", "must be a UUID"))?;
            Some(id)
        }
        None => None,
    };
    Ok(Filter {
        phase: input.word("status", objects::phase, statuses)?,
        difficulty: input.word(
            "difficulty",
            Difficulty::parse,
            "easy, medium, hard, expert",
        )?,
        project,
    })
}

fn sort(input: &Input<'_>) -> Result<Sort> {
    Ok(input
        .word("sort", Sort::parse, "new, payout, deadline")?
        .unwrap_or(Sort::New))
}

fn listed(listed: &Listed<Card>, now: Time) -> Answer {
    let Listed { items, page, total } = listed;
    let items = items.iter().map(|card| Task::of(card, now)).collect();
    envelope::list(
        "tasks",
        &Listed {
            items,
            page: *page,
            total: *total,
        },
    )
}

fn changed(status: u16, sentence: &str, shown: Shown, now: Time) -> Answer {
    let card = shown.into();
    message(sentence)
        .with("task", &Task::of(&card, now))
        .answer(status)
}

impl Wire<Polt> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            filter: filter(input)?,
            sort: sort(input)?,
            page: input.page()?,
        })
    }

    fn encode(output: Listed<Card>, now: Time) -> Answer {
        listed(&output, now)
    }
}

impl Wire<Polt> for ListOfProject {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let project = ProjectId(input.id("id"));
        Ok(Self {
            project,
            filter: filter(input)?,
            sort: sort(input)?,
            page: input.page()?,
        })
    }

    fn encode(output: Listed<Card>, now: Time) -> Answer {
        listed(&output, now)
    }
}

impl Wire<Polt> for Recent {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(output: Listed<Card>, now: Time) -> Answer {
        listed(&output, now)
    }
}

impl Wire<Polt> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: TaskId(input.id("id")),
        })
    }

    fn encode(Details { shown, submissions }: Details, now: Time) -> Answer {
        let card = shown.into();
        envelope::object("task", &Task::of(&card, now).with_submissions(&submissions))
    }
}

impl Wire<Polt> for Submissions {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: TaskId(input.id("id")),
        })
    }

    fn encode(output: Vec<ShownSubmission>, _: Time) -> Answer {
        envelope::all(
            "submissions",
            output.iter().map(Submission::public).collect(),
        )
    }
}

#[derive(Deserialize)]
struct PublishIn {
    project_id: String,
    title: String,
    description: String,
    payout_display: String,
    deadline: Option<i64>,
    difficulty: Option<String>,
}

impl Wire<Polt> for Publish {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let PublishIn {
            project_id,
            title,
            description,
            payout_display,
            deadline,
            difficulty,
        } = input.json()?;
        let difficulty = difficulty.as_deref().map(read_difficulty).transpose()?;
        Ok(Self {
            project: ProjectId(named_id(&project_id)),
            title,
            description,
            payout_display,
            difficulty: difficulty.unwrap_or(Difficulty::Medium),
            deadline: deadline.map(read_deadline).transpose()?,
            terms: Terms::bounty(input.settings.bounty_lease),
        })
    }

    fn encode(shown: Shown, now: Time) -> Answer {
        changed(201, "Task created", shown, now)
    }
}

fn read_difficulty(word: &str) -> Result<Difficulty> {
    Difficulty::parse(word)
        .ok_or_else(|| Error::field("difficulty", "must be one of: easy, medium, hard, expert"))
}

fn read_deadline(seconds: i64) -> Result<Time> {
    let unfit = || Error::field("deadline", "must be a time in Unix seconds");
    Time::from_unix_seconds(seconds).ok_or_else(unfit)
}

#[derive(Deserialize)]
struct EditIn {
    title: Option<String>,
    description: Option<String>,
    payout_display: Option<String>,
    #[serde(default, deserialize_with = "present")]
    deadline: Option<Option<i64>>,
    difficulty: Option<String>,
}

/// Tells `null`, which takes the deadline away, from a field that is missing.
fn present<'de, D: Deserializer<'de>>(field: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::deserialize(field).map(Some)
}

impl Wire<Polt> for Edit {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let EditIn {
            title,
            description,
            payout_display,
            deadline,
            difficulty,
        } = input.json()?;
        Ok(Self {
            task: TaskId(input.id("id")),
            title,
            description,
            payout_display,
            deadline: deadline
                .map(|d| d.map(read_deadline).transpose())
                .transpose()?,
            difficulty: difficulty.as_deref().map(read_difficulty).transpose()?,
        })
    }

    fn encode(shown: Shown, now: Time) -> Answer {
        changed(200, "Task updated", shown, now)
    }
}

impl Wire<Polt> for Cancel {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: TaskId(input.id("id")),
        })
    }

    fn encode(shown: Shown, now: Time) -> Answer {
        changed(200, "Task cancelled", shown, now)
    }
}

impl Wire<Polt> for Claim {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: TaskId(input.id("id")),
        })
    }

    fn encode(shown: Shown, now: Time) -> Answer {
        changed(200, "Successfully committed to task", shown, now)
    }
}

impl Wire<Polt> for Release {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: TaskId(input.id("id")),
        })
    }

    fn encode(shown: Shown, now: Time) -> Answer {
        changed(200, "Task is available again", shown, now)
    }
}

impl Wire<Polt> for Renew {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: TaskId(input.id("id")),
        })
    }

    fn encode(shown: Shown, now: Time) -> Answer {
        changed(200, "Commitment renewed", shown, now)
    }
}

impl Wire<Polt> for MarkPaid {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            task: TaskId(input.id("id")),
        })
    }

    fn encode(shown: Shown, now: Time) -> Answer {
        changed(200, "Task marked as paid", shown, now)
    }
}

#[derive(Deserialize)]
struct SubmitIn {
    submission_content: String,
}

impl Wire<Polt> for Submit {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let SubmitIn { submission_content } = input.json()?;
        Ok(Self::new(TaskId(input.id("id")), submission_content))
    }

    fn encode(shown: ShownSubmission, _: Time) -> Answer {
        message("Submission received and awaiting review")
            .with("submission", &Submission::of(&shown))
            .answer(200)
    }
}
