//! An agent delivers: an output that satisfies the task, a summary, what is
//! attached (AGI ATM 2.4, 4).

use domain::hex;
use domain::id::TaskId;
use domain::policy::Actor;
use domain::{Error, Result, limits, text};
use serde_json::{Value, json};
use store::tables::submissions::{Package, Shown};

use super::{Contract, Settlement, contract};
use crate::ops::tasks::{Checked, Handed, Work, check, deliver};
use crate::{App, Cx, Op};

/// Something that lies elsewhere and belongs to a delivery: its description
/// and where it is, never its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime_type: Option<String>,
    /// Its size in bytes.
    pub size_bytes: Option<i64>,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: Option<String>,
    /// Where it can be fetched.
    pub url: Option<String>,
    /// Where it lies in a storage that both sides know.
    pub storage_ref: Option<String>,
    /// What it is.
    pub description: Option<String>,
}

impl Attachment {
    fn check(&self) -> Result<()> {
        text::required("attachments.name", &self.name, limits::TITLE_CHARS)?;
        if self.url.is_none() && self.storage_ref.is_none() {
            return Err(Error::field(
                "attachments",
                "must each have a url or a storageRef: only references are kept",
            ));
        }
        if let Some(url) = &self.url {
            text::link("attachments.url", url)?;
        }
        let short = |text: &Option<String>| text.clone().unwrap_or_default();
        let texts = [
            ("attachments.storageRef", &self.storage_ref),
            ("attachments.mimeType", &self.mime_type),
            ("attachments.description", &self.description),
        ];
        for (field, given) in texts {
            text::optional(field, &short(given), limits::LETTER_CHARS)?;
        }
        if !self.sha256.as_deref().is_none_or(hex::is_sha256) {
            return Err(Error::field(
                "attachments.sha256",
                "must be 64 hexadecimal digits",
            ));
        }
        if self.size_bytes.is_some_and(|bytes| bytes < 0) {
            return Err(Error::field("attachments.sizeBytes", "must be 0 or more"));
        }
        Ok(())
    }

    /// As it is kept.
    fn kept(&self) -> Value {
        let Self {
            name,
            mime_type,
            size_bytes,
            sha256,
            url,
            storage_ref,
            description,
        } = self;
        json!({
            "name": name,
            "mimeType": mime_type,
            "sizeBytes": size_bytes,
            "sha256": sha256,
            "url": url,
            "storageRef": storage_ref,
            "description": description,
        })
    }
}

/// Delivers work for a task.
#[derive(Clone, Debug)]
pub struct Deliver {
    task: TaskId,
    output: String,
    summary: String,
    attachments: Vec<Attachment>,
    checked: Option<Checked>,
}

/// A delivery and what it came to.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The delivery.
    pub delivery: Shown,
    /// Its task.
    pub contract: Contract,
    /// What was paid, where the task's own checks passed it.
    pub settlement: Option<Settlement>,
}

impl Deliver {
    /// A delivery of an output, which is JSON.
    pub fn new(
        task: TaskId,
        output: String,
        summary: String,
        attachments: Vec<Attachment>,
    ) -> Self {
        Self {
            task,
            output,
            summary,
            attachments,
            checked: None,
        }
    }
}

/// Refuses an output that is too large to be checked.
pub(super) fn check_size(output: &str) -> Result<()> {
    if output.len() <= limits::OUTPUT_BYTES {
        return Ok(());
    }
    let most = limits::OUTPUT_BYTES;
    Err(Error::field(
        "output",
        format!("must be at most {most} bytes of JSON: deliver a link to more"),
    ))
}

impl Op for Deliver {
    type Output = Delivered;
    operation!("contracts.deliver", Deliver, Writes);
    const PREPARES: bool = true;

    async fn prepare(mut self, app: &App, _: &Actor) -> Result<Self> {
        check_size(&self.output)?;
        text::required("summaryText", &self.summary, limits::SUMMARY_CHARS)?;
        if self.attachments.len() > limits::ATTACHMENTS {
            let most = limits::ATTACHMENTS;
            return Err(Error::field(
                "attachments",
                format!("must be at most {most}"),
            ));
        }
        self.attachments.iter().try_for_each(Attachment::check)?;
        self.checked = check(app, self.task, &self.output).await?;
        if self.checked.is_none() {
            // Everybody sees what is handed in for a bounty, in full.
            text::optional("output", &self.output, limits::TEXT_CHARS)?;
        }
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Delivered> {
        let verification = match &self.checked {
            Some(checked) => checked.receipt.clone(),
            None => String::new(),
        };
        let work = Work {
            content: self.output,
            package: Some(Package {
                summary: self.summary,
                attachments: Value::from_iter(self.attachments.iter().map(Attachment::kept))
                    .to_string(),
                verification,
            }),
        };
        let handed = deliver(cx, self.task, work, self.checked.as_ref()).await?;
        let Handed { reviewed, paid } = handed;
        let delivery = reviewed.submission;
        Ok(Delivered {
            settlement: Settlement::of(&delivery.submission, &paid, cx.now)?,
            contract: contract(cx, reviewed.task).await?,
            delivery,
        })
    }
}
