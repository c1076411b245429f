//! Hosted agents at work: a model is asked, its tools are called, the model is
//! asked again, until it has nothing more to call (Polpo 4).
//!
//! ```text
//! begin ─ spawns ─ Work::run ─┬─ call.rs   one call of a model, bit by bit
//!                             ├─ step.rs   the tools that it asked for
//!                             └─ costs.rs  budget before, costs after
//! ```
//!
//! **Invariant:** a turn ends with one [`Piece::End`], or with its costs
//! written down here when nobody is there any more to take it. A dropped
//! receiver ends what is under way: the request to the model and the tool.
//!
//! To extend: another way for a turn to end is a variant of `Finish` in
//! `app::ports::agents` and an arm in `step.rs`.

mod call;
mod costs;
mod step;

use app::App;
use app::ports::agents::{Agents, End, Finish, Piece, ProviderStanding, Steering, Turn};
use app::tables::runs;
use domain::{Result, limits};
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::models::Models;
use crate::tools::Tools;

/// Hosted agents that ask these models.
pub struct Hosted {
    models: Models,
}

impl Hosted {
    /// Agents that ask these models.
    pub fn new(models: Models) -> Self {
        Self { models }
    }
}

impl Agents for Hosted {
    fn begin(&self, app: &App, turn: Turn) -> Receiver<Piece> {
        let (pieces, receiver) = mpsc::channel(limits::PIECES_AHEAD);
        let work = Work {
            app: app.clone(),
            models: self.models.clone(),
            turn,
            pieces,
            used: app::ports::agents::Usage::default(),
            fingerprint: None,
        };
        tokio::spawn(work.run());
        receiver
    }

    fn check(&self, model: &str) -> Result<()> {
        self.models.choose(model).map(|_| ())
    }

    fn models(&self) -> Vec<String> {
        self.models.listed()
    }

    fn providers(&self) -> Vec<ProviderStanding> {
        self.models.providers()
    }

    fn default_model(&self) -> Option<String> {
        Some(self.models.default_model().to_owned())
    }
}

/// A turn that is under way.
struct Work {
    app: App,
    models: Models,
    turn: Turn,
    pieces: Sender<Piece>,
    used: app::ports::agents::Usage,
    fingerprint: Option<String>,
}

impl Work {
    async fn run(mut self) {
        let left = self.pieces.clone();
        let steering = self.turn.attended.clone();
        let mut tools = None;
        let finish = tokio::select! {
            finish = self.turn(&mut tools) => finish.unwrap_or_else(Finish::Failed),
            () = left.closed() => Finish::Cancelled,
            () = stopped(steering) => Finish::Cancelled,
        };
        let effects = tools.as_mut().map(Tools::effects).unwrap_or_default();
        drop(tools);
        let status = costs::status(&finish);
        let end = End {
            finish,
            usage: self.used,
            outcomes: effects.outcomes,
            files: (effects.created, effects.edited),
            fingerprint: self.fingerprint.take(),
        };
        if self.turn.attended.is_none() {
            self.charge(status).await;
            let _ = self.pieces.send(Piece::End(end)).await;
            return;
        }
        if self.pieces.send(Piece::End(end)).await.is_err() {
            self.charge(runs::Status::Cancelled).await;
        }
    }

    /// Everything until the end.
    async fn turn(&mut self, slot: &mut Option<Tools>) -> Result<Finish> {
        let tools = slot.insert(Tools::open(&self.app, &self.turn).await?);
        let mut messages = std::mem::take(&mut self.turn.messages);
        if let Some(notes) = tools.notes() {
            // Behind the agent's own prompt, before what was said.
            let is_prompt = |message: &&Value| message["role"] == "system";
            let place = messages.iter().take_while(is_prompt).count();
            messages.insert(place, json!({ "role": "system", "content": notes }));
        }
        let most = self.turn.most_calls.clamp(1, limits::TURN_CALLS);
        for number in 0..most {
            self.afford(number).await?;
            self.hear(number, &mut messages).await;
            let said = self.call(tools, &messages).await?;
            if let Some(finish) = self.step(tools, said, &mut messages).await? {
                return Ok(finish);
            }
        }
        Ok(Finish::Exhausted)
    }

    /// Puts what was said in between behind the rest, here and at other nodes.
    async fn hear(&self, number: u32, messages: &mut Vec<Value>) {
        let Some(steering) = &self.turn.attended else {
            return;
        };
        if number > 0 {
            app::ops::runs::gather(&self.app, self.turn.run, steering).await;
        }
        let heard = steering.heard().into_iter();
        messages.extend(heard.map(|text| user(&text)));
    }

    /// Passes a piece on. Who is gone is noticed in `run`.
    async fn tell(&self, piece: Piece) {
        let _ = self.pieces.send(piece).await;
    }
}

/// Waits until whoever attends a turn ends it.
async fn stopped(steering: Option<Steering>) {
    match steering {
        Some(steering) => steering.stopped().await,
        None => std::future::pending().await,
    }
}

/// What a user said, in the form of OpenAI's chat API.
fn user(text: &str) -> Value {
    json!({ "role": "user", "content": text })
}
