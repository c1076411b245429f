//! Projects, their votes and discussions at this door.

use app::Answer;
use app::ops::messages::{
    ByAuthor, List as ListMessages, Post, Subject, Vote as VoteOnMessage, Voted as VotedOnMessage,
};
use app::ops::projects::{
    Advance, Contributors, Create, Details, Edit, Get, List, Texts, Vote, Voted,
};
use app::tables::messages::Message;
use app::tables::projects::{Milestone as StoredMilestone, Pitch, Project as StoredProject, Sort};
use app::tables::tasks::Contributor as StoredContributor;
use domain::id::{IdeaId, MessageId, ProjectId};
use domain::page::Listed;
use domain::project::Stage;
use domain::vote::Vote as Ballot;
use domain::{Result, Time};
use serde::Deserialize;

use super::Polt;
use super::envelope::{self, Envelope, message};
use super::objects::{Contributor, Milestone, Project, Reply, Task};
use crate::dialect::Wire;
use crate::input::{Input, named_id};

/// Reads a stage; prose calls the second one by another name (POLT 3.2).
fn stage(word: &str) -> Option<Stage> {
    if word == "debating" {
        Some(Stage::Voting)
    } else {
        Stage::parse(word)
    }
}

impl Wire<Polt> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            stage: input.word("status", stage, "idea, voting, development, testing, live")?,
            sort: input
                .word("sort", Sort::parse, "new, progress")?
                .unwrap_or(Sort::New),
            page: input.page()?,
        })
    }

    fn encode(listed: Listed<StoredProject>, _: Time) -> Answer {
        let Listed { items, page, total } = &listed;
        let items = items.iter().map(Project::of).collect();
        envelope::list(
            "projects",
            &Listed {
                items,
                page: *page,
                total: *total,
            },
        )
    }
}

impl Wire<Polt> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            project: ProjectId(input.id("id")),
        })
    }

    fn encode(
        Details {
            project,
            tasks,
            milestones,
            replies,
        }: Details,
        now: Time,
    ) -> Answer {
        let tasks = tasks.iter().map(|shown| Task::of(shown, now)).collect();
        envelope::object(
            "project",
            &Project::of(&project).with(tasks, &milestones, &replies),
        )
    }
}

/// The six texts. Which of them are required, the operation knows.
#[derive(Deserialize, Default)]
struct PitchIn {
    title: Option<String>,
    description: Option<String>,
    detailed_presentation: Option<String>,
    technical_specs: Option<String>,
    go_to_market: Option<String>,
    market_study: Option<String>,
}

impl Wire<Polt> for Create {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let PitchIn {
            title,
            description,
            detailed_presentation,
            technical_specs,
            go_to_market,
            market_study,
        } = input.json()?;
        let pitch = Pitch {
            title: title.unwrap_or_default(),
            description: description.unwrap_or_default(),
            detailed_presentation: detailed_presentation.unwrap_or_default(),
            technical_specs: technical_specs.unwrap_or_default(),
            go_to_market: go_to_market.unwrap_or_default(),
            market_study: market_study.unwrap_or_default(),
        };
        Ok(Self { pitch })
    }

    fn encode(project: StoredProject, _: Time) -> Answer {
        message("Project created")
            .with("project", &Project::of(&project))
            .answer(201)
    }
}

impl Wire<Polt> for Edit {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let PitchIn {
            title,
            description,
            detailed_presentation,
            technical_specs,
            go_to_market,
            market_study,
        } = input.json()?;
        let texts = Texts {
            title,
            description,
            detailed_presentation,
            technical_specs,
            go_to_market,
            market_study,
        };
        Ok(Self {
            project: ProjectId(input.id("id")),
            texts,
        })
    }

    fn encode(project: StoredProject, _: Time) -> Answer {
        message("Project updated")
            .with("project", &Project::of(&project))
            .answer(200)
    }
}

#[derive(Deserialize, Default)]
struct AdvanceIn {
    notes: Option<String>,
}

impl Wire<Polt> for Advance {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let AdvanceIn { notes } = input.json_or_default()?;
        Ok(Self {
            project: ProjectId(input.id("id")),
            notes,
        })
    }

    fn encode((project, milestone): (StoredProject, StoredMilestone), _: Time) -> Answer {
        message("Project advanced")
            .with("project", &Project::of(&project))
            .with("milestone", &Milestone::of(&milestone))
            .answer(200)
    }
}

impl Wire<Polt> for Contributors {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            project: ProjectId(input.id("id")),
        })
    }

    fn encode(contributors: Vec<StoredContributor>, _: Time) -> Answer {
        envelope::all(
            "contributors",
            contributors.iter().map(Contributor::of).collect(),
        )
    }
}

#[derive(Deserialize)]
struct VoteIn {
    value: i64,
}

/// A vote in a body.
pub(super) fn ballot(input: &Input<'_>) -> Result<Ballot> {
    let VoteIn { value } = input.json()?;
    Ballot::new(value)
}

/// What every vote answers: the caller's vote now and the counts.
pub(super) fn voted(vote: Option<Ballot>, upvotes: i64, downvotes: i64) -> Envelope {
    message(if vote.is_some() {
        "Vote recorded"
    } else {
        "Vote removed"
    })
    .with("vote", &vote.map(Ballot::value))
    .with("value", &vote.map_or(0, Ballot::value))
    .with("upvotes", &upvotes)
    .with("downvotes", &downvotes)
    .with("score", &(upvotes - downvotes))
}

impl Wire<Polt> for Vote {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            project: ProjectId(input.id("id")),
            vote: ballot(input)?,
        })
    }

    fn encode(Voted { vote, project }: Voted, _: Time) -> Answer {
        let counts = project.counts;
        voted(vote, counts.upvotes, counts.downvotes)
            .with("project", &Project::of(&project))
            .answer(200)
    }
}

/// What the path of a discussion names.
fn subject(input: &Input<'_>) -> Subject {
    match input.opt_param("idea_id") {
        Some(idea) => Subject::Idea(IdeaId(named_id(idea))),
        None => Subject::Project(ProjectId(input.id("id"))),
    }
}

#[derive(Deserialize)]
struct PostIn {
    body: String,
    parent_reply_id: Option<String>,
}

impl Wire<Polt> for Post {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let PostIn {
            body,
            parent_reply_id,
        } = input.json()?;
        let parent = parent_reply_id.map(|id| MessageId(named_id(&id)));
        Ok(Self {
            subject: subject(input),
            parent,
            body,
        })
    }

    fn encode(posted: Message, _: Time) -> Answer {
        message("Reply posted")
            .with("reply", &Reply::of(&posted))
            .answer(201)
    }
}

fn replies(listed: &Listed<Message>) -> Answer {
    let Listed { items, page, total } = listed;
    let items = items.iter().map(Reply::of).collect();
    envelope::list(
        "replies",
        &Listed {
            items,
            page: *page,
            total: *total,
        },
    )
}

impl Wire<Polt> for ListMessages {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            subject: subject(input),
            page: input.page()?,
        })
    }

    fn encode(listed: Listed<Message>, _: Time) -> Answer {
        replies(&listed)
    }
}

impl Wire<Polt> for ByAuthor {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            username: input.param("username").to_owned(),
            page: input.page()?,
        })
    }

    fn encode(listed: Listed<Message>, _: Time) -> Answer {
        replies(&listed)
    }
}

impl Wire<Polt> for VoteOnMessage {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            message: MessageId(input.id("id")),
            vote: ballot(input)?,
        })
    }

    fn encode(VotedOnMessage { vote, message }: VotedOnMessage, _: Time) -> Answer {
        voted(vote, message.upvotes, message.downvotes)
            .with("reply", &Reply::of(&message))
            .answer(200)
    }
}
