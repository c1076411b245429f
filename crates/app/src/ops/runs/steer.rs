//! Something is said to a run that goes on.

use domain::id::RunId;
use domain::policy::Actor;
use domain::{Error, Result, limits, text};
use store::tables::runs::{Run, Status};

use super::{not_active, own};
use crate::ports::agents::Manner;
use crate::{App, Cx, Errand, Op};

/// Says it.
#[derive(Clone, Debug)]
pub struct Steer {
    /// The run.
    pub run: RunId,
    /// The caller's id for it; said twice, it is heard once.
    pub id: String,
    /// When it is to be heard.
    pub manner: Manner,
    /// What is said.
    pub text: String,
    /// Names of what comes with it.
    pub attachments: Vec<String>,
}

/// What comes of it.
#[derive(Clone, Debug)]
pub struct Steered {
    /// The run.
    pub run: RunId,
    /// The caller's id for it.
    pub id: String,
    /// Whether it was said before.
    pub is_duplicate: bool,
}

impl Errand for Steer {
    type Output = Steered;
    operation!("runs.steer", Host, Writes);

    async fn run(self, app: &App, actor: &Actor) -> Result<Steered> {
        text::required("id", &self.id, limits::SESSION_ID_CHARS)?;
        text::optional("content.text", &self.text, limits::TEXT_CHARS)?;
        let said = self.said()?;
        let environment = actor.environment()?;
        let Self {
            run, id, manner, ..
        } = self;
        let Some(attended) = app.live().find(environment, run) else {
            let found = app.call(actor, Find { run }).await;
            return Err(match found {
                Ok(found) if found.status == Status::Running => elsewhere(),
                Ok(_) => not_active(),
                Err(error) if error.code == "run_not_found" => not_active(),
                Err(error) => error,
            });
        };
        let is_new = attended.steering.say(id.clone(), manner, said)?;
        Ok(Steered {
            run,
            id,
            is_duplicate: !is_new,
        })
    }
}

impl Steer {
    fn said(&self) -> Result<String> {
        if self.attachments.len() > limits::STEERING_ATTACHMENTS {
            let most = limits::STEERING_ATTACHMENTS;
            return Err(Error::field(
                "content.attachments",
                format!("must be at most {most}"),
            ));
        }
        text::words(
            "content.attachments",
            &self.attachments,
            limits::STEERING_ATTACHMENTS,
            limits::LINK_CHARS,
        )?;
        if self.text.trim().is_empty() && self.attachments.is_empty() {
            return Err(Error::field("content", "must have a text or attachments"));
        }
        let attached = self.attachments.iter().map(|it| format!("\n[file {it}]"));
        Ok(attached.fold(self.text.clone(), |said, it| said + &it))
    }
}

fn elsewhere() -> Error {
    Error::unavailable(
        "not_available",
        "this run is attended by another node of this server, which steering does not reach yet: say it in the next message",
        5,
    )
}

#[derive(Clone, Copy, Debug)]
struct Find {
    run: RunId,
}

impl Op for Find {
    type Output = Run;
    operation!("runs.find", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Run> {
        own(cx, self.run).await
    }
}
