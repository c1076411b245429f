//! Somebody says something to a hosted agent, or to a model as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::{Id, RunId};
use domain::policy::Actor;
use domain::{Result, Time, limits};
use serde_json::{Map, Value, json};
use tokio::sync::{mpsc, oneshot};

use super::attached;
use super::attend::{Attendance, Listener};
use super::frame::Numbered;
use super::look::{Look, Seen};
use super::open::{Chat, Open};
use super::prompt::with_instructions;
use super::said::Said;
use super::tally::Whole;
use super::wanted::{Shape, Wishes, check_marks, check_session, check_tools};
use crate::live::Place;
use crate::ports::agents::{Toolbox, Turn};
use crate::{App, Errand, Keeping};

/// What SDKs send where they mean no model in particular.
const ANY_MODEL: &str = "polpo";
/// Random bytes in a session's id that is made here.
const SESSION_BYTES: usize = 15;

/// A chat request (Polpo 2.6).
#[derive(Clone, Debug)]
pub struct Complete {
    /// The agent; without one, a model is asked as it is.
    pub agent: Option<String>,
    /// A model, or the name of an agent.
    pub model: Option<String>,
    /// What was said.
    pub messages: Vec<Value>,
    /// Whether the answer is wanted bit by bit.
    pub streams: bool,
    /// The session that goes on; nothing or `new` begins one.
    pub session: Option<String>,
    /// The end user, in the client's words.
    pub user: Option<String>,
    /// What the client notes about the session.
    pub metadata: BTreeMap<String, String>,
    /// The form that the answer must have.
    pub response_format: Option<Value>,
    /// Tools that the caller runs.
    pub tools: Vec<Value>,
    /// What is wanted beside.
    pub wishes: Wishes,
    /// Further fields, for the model.
    pub request: Map<String, Value>,
}

/// An answer to a chat request.
pub struct Completion {
    /// Its run.
    pub run: RunId,
    /// Its session.
    pub session: String,
    /// When it was asked for.
    pub began: Time,
    /// What is told.
    pub told: Told,
}

/// What is told of an answer.
pub enum Told {
    /// All of it, or what went wrong once it was being worked on.
    Whole(Box<Result<Whole>>),
    /// As it is made.
    Stream {
        /// What is told.
        frames: mpsc::Receiver<Numbered>,
        /// Whether it can be followed elsewhere, by the numbers of its frames,
        /// and whether it says what was used.
        wishes: Wishes,
    },
}

impl Errand for Complete {
    type Output = Completion;
    operation!("completions.complete", Host, Writes);

    fn keeping(&self) -> Keeping {
        match self.wishes.is_durable {
            true => Keeping::GoesOn,
            false => Keeping::EndsWithCaller,
        }
    }

    async fn run(self, app: &App, actor: &Actor) -> Result<Completion> {
        let environment = actor.environment()?;
        let mut said = Said::read(&self.messages)?;
        check_tools(&self.tools)?;
        check_marks(self.user.as_deref(), &self.metadata)?;
        let session = check_session(self.session.as_deref())?;
        let shape = Shape::read(self.response_format.as_ref()).await?;
        let look = Look {
            agent: self.agent.clone(),
            model: self.model.clone(),
        };
        let seen = app.call(actor, look).await?;
        let model = self.model(app, &seen)?;
        app.agents()?.check(&model)?;
        attached::put(app, actor, &mut said, seen.agent.is_some()).await?;
        let began = app.now();
        let run = RunId::from_uuid(domain::id::made_at(began, app.random()));
        let made = || URL_SAFE_NO_PAD.encode(app.random::<SESSION_BYTES>());
        let chat = Arc::new(Chat {
            environment,
            run,
            session: session.unwrap_or_else(made),
            agent: seen.agent.as_ref().map(|agent| agent.name.to_string()),
            model: model.clone(),
            user: self.user.clone(),
            metadata: self.metadata.clone(),
            first: said.first.clone(),
            question: said.last.clone(),
            is_durable: self.wishes.is_durable,
            began,
        });
        let answer = match self.streams || self.wishes.is_durable {
            true => Some(app.call(actor, Open(Arc::clone(&chat))).await?),
            false => None,
        };
        let session = chat.session.clone();
        let place = Place::enter(app, run, environment);
        let (wishes, streams) = (self.wishes, self.streams);
        let mut turn = self.turn(&chat, seen, said);
        turn.attended = Some(place.steering.clone());
        let attendance = Attendance {
            app: app.clone(),
            actor: actor.clone(),
            chat,
            answer,
            shape,
            suggests: wishes.suggests,
            place,
        };
        let told = match streams {
            true => stream(attendance, turn, wishes),
            false => whole(attendance, turn).await,
        };
        Ok(Completion {
            run,
            session,
            began,
            told,
        })
    }
}

/// Lets the turn be attended beside its caller, who may go away.
fn stream(attendance: Attendance, turn: Turn, wishes: Wishes) -> Told {
    let (sender, frames) = mpsc::channel(limits::PIECES_AHEAD);
    tokio::spawn(attendance.run(turn, Listener::Stream(sender)));
    Told::Stream { frames, wishes }
}

/// As [`stream`], and waits for all of it.
async fn whole(attendance: Attendance, turn: Turn) -> Told {
    let (sender, answer) = oneshot::channel();
    tokio::spawn(attendance.run(turn, Listener::Whole(sender)));
    let lost = |_| Err(domain::Error::internal());
    Told::Whole(Box::new(answer.await.unwrap_or_else(lost)))
}

impl Complete {
    /// Which model is asked: the agent's own, the caller's, the default.
    fn model(&self, app: &App, seen: &Seen) -> Result<String> {
        let agents = app.agents()?;
        let document = seen.agent.as_ref().map(|agent| &agent.document);
        let own = document.and_then(|document| {
            let model = document.get("model")?;
            model.as_str().or_else(|| model["primary"].as_str())
        });
        let asked = self.model.as_deref();
        let asked = asked.filter(|model| !model.trim().is_empty() && *model != ANY_MODEL);
        // With an agent, clients put all sorts of things here (Polpo 2.6).
        let asked = asked.filter(|model| seen.agent.is_none() || agents.check(model).is_ok());
        let model = own.filter(|own| !own.is_empty()).or(asked);
        let model = model.map(str::to_owned).or_else(|| agents.default_model());
        Ok(model.unwrap_or_default())
    }

    fn turn(self, chat: &Chat, seen: Seen, said: Said) -> Turn {
        let system = |text: String| json!({ "role": "system", "content": text });
        let Seen { agent, prompt } = seen;
        let mut messages = match &agent {
            Some(_) => vec![system(with_instructions(prompt, &said.system))],
            None => said.system.into_iter().map(system).collect(),
        };
        messages.extend(said.messages);
        let toolbox = match (&agent, self.wishes.asks) {
            (None, _) => Toolbox::Empty,
            (Some(_), true) => Toolbox::Talking,
            (Some(_), false) => Toolbox::Working,
        };
        let document = agent.as_ref().map(|agent| &agent.document);
        let most = document.and_then(|it| it.get("maxTurns")?.as_u64());
        let most = most.and_then(|most| u32::try_from(most).ok());
        let mut request = self.request;
        let effort = document.and_then(|it| it.get("reasoning")?.as_str());
        if let Some(effort) = effort.filter(|effort| *effort != "off") {
            let effort = if effort == "xhigh" { "high" } else { effort };
            request.entry("reasoning_effort").or_insert(effort.into());
        }
        Turn {
            environment: chat.environment,
            run: chat.run,
            model: chat.model.clone(),
            messages,
            request,
            client_tools: self.tools,
            toolbox,
            most_calls: most
                .unwrap_or(limits::CHAT_CALLS)
                .clamp(1, limits::TURN_CALLS),
            attended: None,
            agent,
        }
    }
}
