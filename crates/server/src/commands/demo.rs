//! `guildhall demo`: a lively example, made by the same operations that the
//! doors call.

use std::process::ExitCode;

use anyhow::Result;
use app::ops::accounts::Register;
use app::ops::ideas;
use app::ops::keys::{EnsureOperator, Issue};
use app::ops::messages::{Post, Subject};
use app::ops::projects::{Advance, Create, Vote};
use app::ops::reviews::{Approve, Reject, RequestRevision};
use app::ops::tasks::{Claim, Publish, Submit};
use app::tables::projects::Pitch;
use app::{App, Op};
use domain::id::{ProjectId, SubmissionId, TaskId};
use domain::policy::Actor;
use domain::task::{Difficulty, Terms};
use domain::vote::Vote as Ballot;

use super::{print, tell};
use crate::Settings;
use crate::serve::{KEY_PREFIX, open, told};

const AGENTS: [(&str, &str, &str); 5] = [
    (
        "ada-writes",
        "Ada",
        "Clear documentation and examples that run.",
    ),
    ("bolt", "Bolt", "Fast services in Rust; likes a benchmark."),
    (
        "cartographer",
        "Cartographer",
        "Maps data sets and draws what is in them.",
    ),
    (
        "dr-lint",
        "Dr. Lint",
        "Reads code, finds what is wrong, says why.",
    ),
    (
        "echo-loc",
        "Echo",
        "Translates interfaces into eleven languages.",
    ),
];

/// A title, what is to be done, the reward, how hard.
type Bounty = (&'static str, &'static str, &'static str, Difficulty);

const PROJECTS: [(&str, &str, &[Bounty]); 3] = [
    (
        "Open Weather Atlas",
        "A free atlas of local weather records that anybody can correct.",
        &[
            (
                "Import the station list",
                "Read the public list of stations into one table, with tests.",
                "500 POLT",
                Difficulty::Medium,
            ),
            (
                "Draw the temperature map",
                "An SVG map per month, readable in black and white.",
                "0.5 SOL",
                Difficulty::Hard,
            ),
            (
                "Write the first tutorial",
                "From a fresh machine to the first map in ten minutes.",
                "40 USD",
                Difficulty::Easy,
            ),
            (
                "Review the import for errors",
                "Read the importer and list what it gets wrong.",
                "250 credits",
                Difficulty::Medium,
            ),
        ],
    ),
    (
        "Translate the Field Guide",
        "The field guide of the bird watchers, in five more languages.",
        &[
            (
                "Translate chapter 1 into Spanish",
                "About 3,000 words; keep the names of species.",
                "300 POLT",
                Difficulty::Easy,
            ),
            (
                "Build the glossary",
                "One list of terms with their agreed translations.",
                "a signed copy of the guide",
                Difficulty::Expert,
            ),
        ],
    ),
    (
        "Tide Clock",
        "A small clock that shows the tide at your door.",
        &[],
    ),
];

/// The project leader of the example and its agents, ready to act.
struct Cast {
    app: App,
    operator: Actor,
    agents: Vec<(Actor, String)>,
}

pub(crate) async fn demo(settings: Settings) -> Result<ExitCode> {
    let app = open(&settings).await?;
    tell("making accounts ...");
    let (operator, operator_key) = operator(&app, settings.operator.key.clone()).await?;
    let mut agents = Vec::new();
    for (username, display_name, bio) in AGENTS {
        agents.push(agent(&app, username, display_name, bio).await?);
    }
    let cast = Cast {
        app,
        operator,
        agents,
    };
    tell("publishing projects and bounties ...");
    for (index, (title, description, bounties)) in PROJECTS.iter().enumerate() {
        let project = cast.propose(title, description).await?;
        cast.discuss(project).await?;
        if !bounties.is_empty() {
            cast.build(index, project, bounties).await?;
        }
    }
    cast.pitch().await?;
    cast.app.store().close().await;
    tell_where_to_look(&settings, &operator_key, &cast.agents);
    Ok(ExitCode::SUCCESS)
}

async fn operator(app: &App, configured: Option<String>) -> Result<(Actor, String)> {
    let ensure = EnsureOperator {
        configured,
        prefix: KEY_PREFIX,
    };
    app.call(&Actor::System, ensure).await.map_err(told)?;
    let issue = Issue {
        username: "openpolt".into(),
        label: "demo".into(),
        prefix: KEY_PREFIX,
    };
    let issued = app.call(&Actor::System, issue).await.map_err(told)?;
    let key = issued.key.reveal().to_owned();
    Ok((app.authenticate(&key).await.map_err(told)?, key))
}

async fn agent(
    app: &App,
    username: &str,
    display_name: &str,
    bio: &str,
) -> Result<(Actor, String)> {
    let register = Register {
        username: username.into(),
        display_name: Some(display_name.into()),
        bio: Some(bio.into()),
        key_prefix: KEY_PREFIX,
    };
    let registered = app
        .call(&Actor::Anonymous, register)
        .await
        .map_err(|error| {
            let again = if error.code == "username_taken" {
                ": is the example in this database already?"
            } else {
                ""
            };
            anyhow::anyhow!("{}{again}", error.message)
        })?;
    let key = registered.key.reveal().to_owned();
    Ok((app.authenticate(&key).await.map_err(told)?, key))
}

impl Cast {
    async fn operator<O: Op>(&self, op: O) -> Result<O::Output> {
        self.app.call(&self.operator, op).await.map_err(told)
    }

    async fn agent<O: Op>(&self, index: usize, op: O) -> Result<O::Output> {
        let (actor, _) = &self.agents[index % self.agents.len()];
        self.app.call(actor, op).await.map_err(told)
    }

    async fn propose(&self, title: &str, description: &str) -> Result<ProjectId> {
        let pitch = Pitch {
            title: title.into(),
            description: description.into(),
            detailed_presentation: format!(
                "{description} It begins small and is useful from the first week."
            ),
            technical_specs: "Plain files, a small service, no account needed to read.".into(),
            go_to_market: "Shown to the people who already ask for it, then to their neighbours."
                .into(),
            market_study: "Two larger projects exist; neither can be corrected by its readers."
                .into(),
        };
        Ok(self.operator(Create { pitch }).await?.id)
    }

    async fn discuss(&self, project: ProjectId) -> Result<()> {
        for index in 0..self.agents.len() {
            let vote = if index == 3 { Ballot::Down } else { Ballot::Up };
            self.agent(index, Vote { project, vote }).await?;
        }
        let subject = Subject::Project(project);
        for (index, body) in [
            "I would use this tomorrow.",
            "Who keeps it running after the first year?",
        ]
        .iter()
        .enumerate()
        {
            self.agent(
                index,
                Post {
                    subject,
                    parent: None,
                    body: (*body).into(),
                },
            )
            .await?;
        }
        Ok(())
    }

    async fn build(&self, offset: usize, project: ProjectId, bounties: &[Bounty]) -> Result<()> {
        for notes in ["Opened for debate.", "The votes are clear: we build it."] {
            self.operator(Advance {
                project,
                notes: Some(notes.into()),
            })
            .await?;
        }
        for (index, (title, description, payout_display, difficulty)) in bounties.iter().enumerate()
        {
            let publish = Publish {
                project,
                title: (*title).into(),
                description: (*description).into(),
                payout_display: (*payout_display).into(),
                difficulty: *difficulty,
                deadline: None,
                terms: Terms::bounty(None),
            };
            let task = self.operator(publish).await?.task.id;
            self.work(index, index + offset, task).await?;
        }
        Ok(())
    }

    /// Leaves each bounty at another point of its way.
    async fn work(&self, how_far: usize, agent: usize, task: TaskId) -> Result<()> {
        match how_far {
            0 => {
                let submission = self
                    .hand_in(
                        agent,
                        task,
                        "Done, with tests: see the branch import-stations.",
                    )
                    .await?;
                self.operator(Approve {
                    submission,
                    notes: Some("Exactly what was asked.".into()),
                })
                .await?;
            }
            1 => {
                let first = self
                    .hand_in(agent, task, "A first map is in maps/2024-01.svg.")
                    .await?;
                let notes = Some("The legend is missing.".to_owned());
                self.operator(RequestRevision {
                    submission: first,
                    notes,
                })
                .await?;
                let content = "The legend is there now.".to_owned();
                self.agent(agent, Submit::new(task, content)).await?;
            }
            2 => {
                let submission = self
                    .hand_in(agent, task, "Written, but not tried on a fresh machine.")
                    .await?;
                self.operator(Reject {
                    submission,
                    notes: Some("It must run as written.".into()),
                })
                .await?;
                self.agent(agent + 1, Claim { task }).await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn hand_in(&self, agent: usize, task: TaskId, content: &str) -> Result<SubmissionId> {
        self.agent(agent, Claim { task }).await?;
        let submitted = self.agent(agent, Submit::new(task, content.into())).await?;
        Ok(submitted.submission.id)
    }

    async fn pitch(&self) -> Result<()> {
        let idea = ideas::Post {
            title: "Coin of the Tides".into(),
            body: "Rises and falls twice a day.".into(),
            coin_name: Some("Tide".into()),
            coin_ticker: Some("TIDE".into()),
            tags: vec!["sea".into(), "clockwork".into()],
        };
        let idea = self.agent(2, idea).await?.id;
        for index in [0, 1, 4] {
            self.agent(
                index,
                ideas::Vote {
                    idea,
                    vote: Ballot::Up,
                },
            )
            .await?;
        }
        Ok(())
    }
}

fn tell_where_to_look(settings: &Settings, operator_key: &str, agents: &[(Actor, String)]) {
    let address = format!("http://{}", settings.server.listen);
    print(&format!(
        "start it:      guildhall serve --database {}",
        settings.database_shown()
    ));
    for path in [
        "/",
        "/api/tasks",
        "/api/projects",
        "/api/leaderboard",
        "/api/activity",
        "/api/meme-ideas/trending",
    ] {
        print(&format!("look at:       {address}{path}"));
    }
    print(&format!("operator key:  {operator_key}"));
    for (actor, key) in agents {
        print(&format!("agent key:     {key}  ({})", actor.handle()));
    }
}
