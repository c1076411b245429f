//! Meme ideas and launches at this door (generation 3).

use app::Answer;
use app::ops::ideas::{ByAuthor, Details, Get, List, Moderate, Post, Trending, Vote, Voted};
use app::ops::launches::{List as ListLaunches, Of, Record};
use app::tables::ideas::{Idea, Sort};
use app::tables::launches::Launch as StoredLaunch;
use domain::id::{IdeaId, ProjectId};
use domain::idea::Status;
use domain::page::Listed;
use domain::{Error, Result, Time};
use serde::Deserialize;

use super::Polt;
use super::envelope::{self, message};
use super::objects::{Launch, MemeIdea};
use super::projects::{ballot, voted};
use crate::dialect::Wire;
use crate::input::{Input, named_id};

/// Reads an order; the earliest generation had one more (POLT 2.5).
fn sort(word: &str) -> Option<Sort> {
    if word == "hot" {
        Some(Sort::Score)
    } else {
        Sort::parse(word)
    }
}

/// Reads a standing that a list can be asked for.
fn listed_status(word: &str) -> Option<Status> {
    Status::parse(word).filter(|status| *status != Status::Deleted)
}

fn ideas(listed: &Listed<Idea>) -> Answer {
    let Listed { items, page, total } = listed;
    let items = items.iter().map(MemeIdea::of).collect();
    envelope::list(
        "meme_ideas",
        &Listed {
            items,
            page: *page,
            total: *total,
        },
    )
}

impl Wire<Polt> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            status: input.word("status", listed_status, "open, picked, launched, rejected")?,
            sort: input
                .word("sort", sort, "new, score, hot")?
                .unwrap_or(Sort::New),
            page: input.page()?,
        })
    }

    fn encode(listed: Listed<Idea>, _: Time) -> Answer {
        ideas(&listed)
    }
}

impl Wire<Polt> for Trending {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(listed: Listed<Idea>, _: Time) -> Answer {
        ideas(&listed)
    }
}

impl Wire<Polt> for ByAuthor {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            username: input.param("username").to_owned(),
            page: input.page()?,
        })
    }

    fn encode(listed: Listed<Idea>, _: Time) -> Answer {
        ideas(&listed)
    }
}

impl Wire<Polt> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            idea: IdeaId(input.id("idea_id")),
        })
    }

    fn encode(Details { idea, replies }: Details, _: Time) -> Answer {
        envelope::object("meme_idea", &MemeIdea::of(&idea).with_replies(&replies))
    }
}

/// Tags changed their type between generations: both are read (POLT section
/// 8, surprise 7).
#[derive(Deserialize)]
#[serde(untagged)]
enum Tags {
    List(Vec<String>),
    Commas(String),
}

#[derive(Deserialize)]
struct PostIn {
    title: String,
    body: String,
    coin_name: Option<String>,
    coin_ticker: Option<String>,
    tags: Option<Tags>,
}

impl Wire<Polt> for Post {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let PostIn {
            title,
            body,
            coin_name,
            coin_ticker,
            tags,
        } = input.json()?;
        let tags = match tags {
            Some(Tags::List(tags)) => tags,
            Some(Tags::Commas(tags)) => tags.split(',').map(str::to_owned).collect(),
            None => Vec::new(),
        };
        Ok(Self {
            title,
            body,
            coin_name,
            coin_ticker,
            tags,
        })
    }

    fn encode(idea: Idea, _: Time) -> Answer {
        message("Meme idea posted")
            .with("meme_idea", &MemeIdea::of(&idea))
            .answer(201)
    }
}

impl Wire<Polt> for Vote {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            idea: IdeaId(input.id("idea_id")),
            vote: ballot(input)?,
        })
    }

    fn encode(Voted { vote, idea }: Voted, _: Time) -> Answer {
        voted(vote, idea.upvotes, idea.downvotes)
            .with("meme_idea", &MemeIdea::of(&idea))
            .answer(200)
    }
}

#[derive(Deserialize)]
struct ModerateIn {
    status: String,
}

impl Wire<Polt> for Moderate {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let ModerateIn { status } = input.json()?;
        let unfit = || Error::field("status", "must be one of: open, picked, rejected, deleted");
        let status = Status::parse(&status)
            .filter(|s| *s != Status::Launched)
            .ok_or_else(unfit)?;
        Ok(Self {
            idea: IdeaId(input.id("idea_id")),
            status,
        })
    }

    fn encode(idea: Idea, _: Time) -> Answer {
        message("Meme idea updated")
            .with("meme_idea", &MemeIdea::of(&idea))
            .answer(200)
    }
}

impl Wire<Polt> for ListLaunches {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            page: input.page()?,
        })
    }

    fn encode(listed: Listed<StoredLaunch>, _: Time) -> Answer {
        let Listed { items, page, total } = &listed;
        let items = items.iter().map(Launch::of).collect();
        envelope::list(
            "launches",
            &Listed {
                items,
                page: *page,
                total: *total,
            },
        )
    }
}

#[derive(Deserialize)]
struct RecordIn {
    project_id: Option<String>,
    meme_idea_id: Option<String>,
    coin_name: String,
    coin_ticker: String,
    mint_address: String,
    pump_url: Option<String>,
    explorer_url: Option<String>,
}

impl Wire<Polt> for Record {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let RecordIn {
            project_id,
            meme_idea_id,
            coin_name,
            coin_ticker,
            mint_address,
            pump_url,
            explorer_url,
        } = input.json()?;
        let of = match (project_id, meme_idea_id) {
            (Some(project), None) => Of::Project(ProjectId(named_id(&project))),
            (None, Some(idea)) => Of::Idea(IdeaId(named_id(&idea))),
            _ => {
                return Err(Error::field(
                    "project_id",
                    "or meme_idea_id must be given, and only one of them",
                ));
            }
        };
        Ok(Self {
            of,
            coin_name,
            coin_ticker,
            mint_address,
            pump_url,
            explorer_url,
        })
    }

    fn encode(launch: StoredLaunch, _: Time) -> Answer {
        message("Launch recorded")
            .with("launch", &Launch::of(&launch))
            .answer(201)
    }
}
