//! Hosted agents at work: models are asked, tools are called (Polpo 4).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::id::{EnvironmentId, RunId};
use domain::{Error, Result, limits};
use serde_json::{Map, Value};
use tokio::sync::{mpsc, watch};

use crate::App;

/// A turn: from what was said to the end of the answer, over as many calls of
/// models and tools as it takes.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Where it runs.
    pub environment: EnvironmentId,
    /// Its run, by which it is stopped and its costs are noted.
    pub run: RunId,
    /// Who works; nobody where a model is asked as it is.
    pub agent: Option<Worker>,
    /// Which model, in any of the three spellings (Polpo 4).
    pub model: String,
    /// What was said so far, in the form of OpenAI's chat API, the agent's own
    /// prompt first.
    pub messages: Vec<Value>,
    /// Further fields for the model, such as `temperature`, as they came.
    pub request: Map<String, Value>,
    /// Tools of the caller, which are never run here; a call of one ends the
    /// turn.
    pub client_tools: Vec<Value>,
    /// Which of the agent's own tools it may use.
    pub toolbox: Toolbox,
    /// After how many calls of a model it is given up.
    pub most_calls: u32,
    /// Set where the caller attends the turn: it says things in between, has
    /// asked for the budget of the first call, and writes down itself what the
    /// [`End`] says that was used. Nobody attends a job: its budget is asked
    /// for and its costs are written here.
    pub attended: Option<Steering>,
}

/// What is said to a turn while it runs (Polpo 2.15). Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Steering(Arc<Wheel>);

#[derive(Debug, Default)]
struct Wheel {
    letters: Mutex<Letters>,
    stop: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Letters {
    known: Vec<String>,
    waiting: VecDeque<(Manner, String)>,
    is_closed: bool,
}

domain::words! {
    /// When something said in between is heard.
    pub enum Manner {
        /// Before the next call of the model.
        Steer = "steer",
        /// Once the turn would end.
        FollowUp = "follow_up",
    }
}

impl Steering {
    fn letters(&self) -> MutexGuard<'_, Letters> {
        let letters = self.0.letters.lock();
        letters.unwrap_or_else(PoisonError::into_inner)
    }

    /// Says something; false when it was said before, by its id.
    ///
    /// # Errors
    /// `Conflict` once the turn takes no more, `RateLimited` when too much
    /// waits.
    pub fn say(&self, id: String, manner: Manner, text: String) -> Result<bool> {
        let mut letters = self.letters();
        if letters.known.contains(&id) {
            return Ok(false);
        }
        if letters.is_closed {
            return Err(Self::closed());
        }
        if letters.waiting.len() >= limits::STEERING_WAITING
            || letters.known.len() >= limits::STEERING_IN_ALL
        {
            return Err(Self::full());
        }
        letters.known.push(id);
        letters.waiting.push_back((manner, text));
        Ok(true)
    }

    /// The refusal of a turn that takes no more.
    pub(crate) fn closed() -> Error {
        Error::conflict(
            "run_not_accepting_steering",
            "this run is about to end and hears nothing more: say it in the next message",
        )
    }

    /// The refusal of a turn for which too much waits.
    pub(crate) fn full() -> Error {
        let mut error = Error::new(
            domain::Kind::RateLimited,
            "steering_queue_full",
            "too much waits to be heard by this run: wait for its next step",
        );
        error.retry_after_s = Some(1);
        error
    }

    /// Adds what was accepted elsewhere, unless it was said here, too; a turn
    /// that was about to end goes on for it.
    pub(crate) fn add(&self, id: String, manner: Manner, text: String) {
        let mut letters = self.letters();
        if letters.known.contains(&id) {
            return;
        }
        letters.is_closed = false;
        letters.known.push(id);
        letters.waiting.push_back((manner, text));
    }

    /// What is to be heard before the next call of the model.
    pub fn heard(&self) -> Vec<String> {
        let mut letters = self.letters();
        let (now, later) = std::mem::take(&mut letters.waiting)
            .into_iter()
            .partition::<VecDeque<_>, _>(|(manner, _)| *manner == Manner::Steer);
        letters.waiting = later;
        now.into_iter().map(|(_, text)| text).collect()
    }

    /// What is to be heard now that the turn would end; when that is nothing,
    /// no more is taken.
    pub fn last_words(&self) -> Vec<String> {
        let mut letters = self.letters();
        letters.is_closed = letters.waiting.is_empty();
        let waiting = std::mem::take(&mut letters.waiting);
        waiting.into_iter().map(|(_, text)| text).collect()
    }

    /// Takes no more.
    pub fn close(&self) {
        self.letters().is_closed = true;
    }

    /// Ends the turn where it is; its [`End`] comes still.
    pub fn stop(&self) {
        self.0.stop.send_replace(true);
    }

    /// Waits until somebody ends the turn.
    pub async fn stopped(&self) {
        let mut stop = self.0.stop.subscribe();
        let _ = stop.wait_for(|is_stopped| *is_stopped).await;
    }
}

/// A hosted agent as a turn needs it.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Its name.
    pub name: Arc<str>,
    /// What it is made of (see `tables::hosted`).
    pub document: Arc<Map<String, Value>>,
}

/// Which of its own tools an agent may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toolbox {
    /// None.
    Empty,
    /// Those that only look.
    Reading,
    /// Those that its document allows, without asking people.
    Working,
    /// Those that its document allows; it may ask.
    Talking,
}

/// A bit of a turn, as soon as it is known.
#[derive(Clone, Debug)]
pub enum Piece {
    /// A bit of the answer.
    Text(String),
    /// A bit of what the model thinks on the way.
    Thinking(String),
    /// A tool of the agent is called or has answered.
    Tool(ToolCall),
    /// The end; nothing comes behind it.
    End(End),
}

/// A call of one of the agent's own tools.
#[derive(Clone, Debug)]
pub struct ToolCall {
    /// The model's id for the call.
    pub id: String,
    /// The tool.
    pub name: String,
    /// What it is called with, without secrets; null while that is not known.
    pub arguments: Value,
    /// What it answered, without secrets.
    pub result: Option<String>,
    /// How far it is.
    pub state: ToolState,
}

domain::words! {
    /// How far a call of a tool is (Polpo 2.6).
    pub enum ToolState {
        /// Its arguments are still coming.
        Preparing = "preparing",
        /// It runs.
        Calling = "calling",
        /// It answered.
        Completed = "completed",
        /// It failed.
        Error = "error",
        /// It ended the turn, because somebody else must answer.
        Interrupted = "interrupted",
    }
}

/// How a turn ended.
#[derive(Clone, Debug)]
pub struct End {
    /// Why.
    pub finish: Finish,
    /// What the turn used, by the provider's count.
    pub usage: Usage,
    /// What the agent said it produced (`register_outcome`).
    pub outcomes: Vec<Value>,
    /// Files it made and files it changed, by their paths in the work folder.
    pub files: (Vec<String>, Vec<String>),
    /// What the provider says about what answered, such as `mock`.
    pub fingerprint: Option<String>,
}

/// Why a turn ended.
#[derive(Clone, Debug)]
pub enum Finish {
    /// It said what it had to say.
    Stop,
    /// The model ran into a limit of length.
    Length,
    /// The caller's own tools are called: in the form of OpenAI's chat API.
    ClientTools(Vec<Value>),
    /// The agent asks: `{"questions": [...]}` (Polpo 2.6).
    AskUser(Value),
    /// The calls that it may make were used up.
    Exhausted,
    /// It was cancelled.
    Cancelled,
    /// The model or the way to it failed.
    Failed(Error),
}

/// What was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens that were read.
    pub prompt_tokens: i64,
    /// Tokens that were written.
    pub completion_tokens: i64,
    /// What they cost, in millionths of a credit.
    pub micro_credits: i64,
}

impl Usage {
    /// This and that.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            completion_tokens: self
                .completion_tokens
                .saturating_add(other.completion_tokens),
            micro_credits: self.micro_credits.saturating_add(other.micro_credits),
        }
    }
}

/// A provider of models, as far as others may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderStanding {
    /// Its name.
    pub name: String,
    /// Whether it is asked with a key.
    pub has_key: bool,
}

/// What runs hosted agents.
pub trait Agents: Send + Sync {
    /// Begins a turn. It ends with one [`Piece::End`]; dropping the receiver
    /// cancels it, the call of the model too.
    fn begin(&self, app: &App, turn: Turn) -> mpsc::Receiver<Piece>;

    /// Whether a model can be asked at all.
    ///
    /// # Errors
    /// `Invalid` (`model_not_found`) when no provider is set for it.
    fn check(&self, model: &str) -> Result<()>;

    /// Models that are named in the configuration, as `provider/model`.
    fn models(&self) -> Vec<String>;

    /// The providers of models.
    fn providers(&self) -> Vec<ProviderStanding>;

    /// The model to ask where an agent names none.
    fn default_model(&self) -> Option<String>;
}

impl App {
    /// What runs hosted agents.
    ///
    /// # Errors
    /// `Unavailable` where nothing does.
    pub fn agents(&self) -> Result<&dyn Agents> {
        self.ports().agents.as_deref().ok_or_else(|| {
            Error::unavailable(
                "not_available",
                "this process runs no agents: ask a server that does",
                60,
            )
        })
    }
}
