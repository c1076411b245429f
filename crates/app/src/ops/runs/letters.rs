//! What is said to a run at another node than the one that attends it: letters,
//! stored until that node takes them (Polpo 2.15).
//!
//! ```text
//! POST /runs/{id}/steering   here: Steering::say      elsewhere: Post ─► run_letters
//! the run's next step        gather: what was stored is said here
//! the run's end              last_words: closed only when nothing is stored
//! ```
//!
//! **Invariant:** a letter that was accepted is heard, unless the run fails or
//! is ended: whoever writes one and whoever closes a run for good decide on the
//! same row. There are none on the embedded engine, which has one server.

use domain::event::Happening;
use domain::id::RunId;
use domain::{Error, Result, limits};
use serde_json::json;
use store::tables::runs::{self, Letter};

use super::{not_active, own};
use crate::ports::agents::{Manner, Steering};
use crate::{App, Cx, Op};

/// Stores a letter for the node that attends the run.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) run: RunId,
    pub(super) id: String,
    pub(super) manner: Manner,
    pub(super) text: String,
}

impl Op for Post {
    /// Whether it is new.
    type Output = bool;
    operation!("runs.post", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<bool> {
        let found = own(cx, self.run).await;
        let run = found.map_err(|error| match error.code {
            "run_not_found" => not_active(),
            _ => error,
        })?;
        if run.status != runs::Status::Running {
            return Err(not_active());
        }
        if runs::is_known_letter(cx.tx, run.id, self.id.clone()).await? {
            return Ok(false);
        }
        let Some(number) = runs::next_letter(cx.tx, run.id, cx.now).await? else {
            return Err(refusal(runs::hears(cx.tx, run.id, cx.now).await?));
        };
        let letter = Letter {
            number,
            id: self.id,
            manner: self.manner.as_str().to_owned(),
            text: self.text,
        };
        let facts = json!({
            "runId": run.id.to_string(),
            "id": letter.id,
            "mode": letter.manner,
        });
        if !runs::put_letter(cx.tx, run.id, letter).await? {
            // Said twice at once: the other one is heard.
            return Ok(false);
        }
        cx.record_hosted(run.environment, Happening::RunSteered, run.id, facts)
            .await?;
        Ok(true)
    }
}

/// Why a run takes no letter; `hears` is nothing where nobody attends it.
fn refusal(hears: Option<bool>) -> Error {
    match hears {
        None => not_active(),
        Some(true) => Steering::full(),
        Some(false) => Steering::closed(),
    }
}

/// Whether letters wait for a run.
#[derive(Clone, Copy, Debug)]
struct AreWaiting {
    run: RunId,
}

impl Op for AreWaiting {
    type Output = bool;
    operation!("runs.letters", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<bool> {
        runs::has_letters(cx.tx, self.run).await
    }
}

/// Takes the letters of a run.
#[derive(Clone, Copy, Debug)]
struct Take {
    run: RunId,
    /// Whether it takes no more where there are none.
    closes: bool,
}

impl Op for Take {
    type Output = Vec<Letter>;
    operation!("runs.take_letters", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Letter>> {
        if self.closes && runs::close(cx.tx, self.run).await? {
            return Ok(Vec::new());
        }
        let most = u32::try_from(limits::STEERING_IN_ALL).unwrap_or(u32::MAX);
        let letters = runs::take_letters(cx.tx, self.run, most).await?;
        if self.closes && letters.is_empty() {
            // What was counted was said twice at once, and stored once.
            runs::close(cx.tx, self.run).await?;
        }
        Ok(letters)
    }
}

/// Says here what was said at other nodes. What cannot be read now is read at
/// the next step.
pub async fn gather(app: &App, run: RunId, steering: &Steering) {
    if app.store().is_embedded() {
        return;
    }
    let waits = app.call(&domain::policy::Actor::System, AreWaiting { run });
    match waits.await {
        Ok(false) => {}
        Ok(true) => {
            take(app, run, steering, false).await;
        }
        Err(error) => tracing::debug!(%error, %run, "letters of a run could not be looked for"),
    }
}

/// What is to be heard now that a turn would end; where that is nothing, no
/// more is taken, here and elsewhere.
pub async fn last_words(app: &App, run: RunId, steering: &Steering) -> Vec<String> {
    loop {
        let said = steering.last_words();
        if !said.is_empty() || app.store().is_embedded() {
            return said;
        }
        if !take(app, run, steering, true).await {
            return said;
        }
    }
}

/// Takes letters; whether there were any.
async fn take(app: &App, run: RunId, steering: &Steering, closes: bool) -> bool {
    let taken = app.call(&domain::policy::Actor::System, Take { run, closes });
    match taken.await {
        Ok(letters) => {
            let is_any = !letters.is_empty();
            for Letter {
                number: _,
                id,
                manner,
                text,
            } in letters
            {
                let manner = Manner::parse(&manner).unwrap_or(Manner::FollowUp);
                steering.add(id, manner, text);
            }
            is_any
        }
        Err(error) => {
            tracing::warn!(%error, %run, "letters of a run could not be taken");
            false
        }
    }
}
