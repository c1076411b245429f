//! Something is said to a run that goes on, here or at another node.

use domain::id::{AttachmentId, RunId};
use domain::policy::Actor;
use domain::{Error, Result, limits, text};
use serde_json::Value;

use super::letters::Post;
use crate::ops::attachments;
use crate::ports::agents::Manner;
use crate::{App, Errand};

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
    /// What comes with it: ids of attachments, names, links.
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
        self.check()?;
        let environment = actor.environment()?;
        let said = self.said(app, actor).await?;
        let Self {
            run, id, manner, ..
        } = self;
        let is_new = match app.live().find(environment, run) {
            Some(attended) => attended.steering.say(id.clone(), manner, said)?,
            None => {
                let post = Post {
                    run,
                    id: id.clone(),
                    manner,
                    text: said,
                };
                app.call(actor, post).await?
            }
        };
        Ok(Steered {
            run,
            id,
            is_duplicate: !is_new,
        })
    }
}

impl Steer {
    fn check(&self) -> Result<()> {
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
        Ok(())
    }

    /// The text, and what comes with it: of an attachment its name, and where
    /// tools find it.
    async fn said(&self, app: &App, actor: &Actor) -> Result<String> {
        let mut said = self.text.clone();
        for named in &self.attachments {
            let note = match AttachmentId::parse(named) {
                Some(id) => {
                    let attachment = app.call(actor, attachments::Get { id }).await?;
                    let (name, path) = (attachment.filename, attachment.path);
                    format!("\n[file {}: {}]", Value::from(name), Value::from(path))
                }
                None => format!("\n[file {named}]"),
            };
            said.push_str(&note);
        }
        Ok(said)
    }
}
