//! Work is published with its reward in escrow and its acceptance terms fixed
//! (AGI ATM 2.5, 3.3, 4).

use domain::brief::{Brief, Hash, Protected, skill};
use domain::event::Happening;
use domain::id::{AccountId, MARKET, TaskId};
use domain::money::Money;
use domain::task::{Difficulty, Mode, Scrutiny, State, Terms};
use domain::time::Span;
use domain::{Error, Result, Time, limits, text};
use sha2::{Digest, Sha256};
use store::tables::tasks::{self, Shown, Task};
use store::tables::{accounts, briefs, projects, secrets, verifiers};

use super::Contract;
use crate::ops::credits::{ASSET, Credits, credits, money};
use crate::ops::tasks::{record, set_aside};
use crate::verification::acceptance;
use crate::{App, Cx, Op};
use domain::policy::Actor;

/// The WebAssembly module that judges outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifierIn {
    /// This one.
    Module(Vec<u8>),
    /// One that was stored before.
    Stored(Hash),
}

/// Publishes funded work.
#[derive(Clone, Debug)]
pub struct Publish {
    /// Its title.
    pub title: String,
    /// What is to be done.
    pub description: String,
    /// What it pays, in credits.
    pub budget: i64,
    /// When it ends by itself.
    pub deadline: Option<Time>,
    /// How long a claim lasts, in minutes.
    pub lease_minutes: Option<i64>,
    /// How many may work on it at once.
    pub mode: Mode,
    /// Who decides whether work passes.
    pub scrutiny: Scrutiny,
    /// What is given and how it is checked; `verifier` and `acceptance` are
    /// filled in here.
    pub brief: Brief,
    /// The module that judges outputs.
    pub verifier: Option<VerifierIn>,
    /// What only the publisher and whom it grants access can read.
    pub protected: Option<Protected>,
}

impl Op for Publish {
    /// With what is left in the publisher's wallet.
    type Output = (Contract, Credits);
    operation!("contracts.publish", Offer, Writes);
    const PREPARES: bool = true;

    async fn prepare(mut self, app: &App, _: &Actor) -> Result<Self> {
        let brief = &mut self.brief;
        brief.skills = brief.skills.iter().map(|text| skill(text)).collect();
        brief.skills.sort();
        brief.skills.dedup();
        let module = match &self.verifier {
            Some(VerifierIn::Module(module)) => {
                brief.verifier = Some(Sha256::digest(module).into());
                Some(module.as_slice())
            }
            Some(VerifierIn::Stored(hash)) => {
                brief.verifier = Some(*hash);
                None
            }
            None => None,
        };
        brief.protected = match &self.protected {
            Some(protected) => {
                protected.check()?;
                protected.field_names.clone()
            }
            None => Vec::new(),
        };
        brief.check()?;
        if self.scrutiny == Scrutiny::Auto && !brief.is_checked() {
            return Err(Error::field(
                "reviewMode",
                "is auto, so something must check the output: give expectedSchema, outputRules or verifier",
            ));
        }
        brief.acceptance = acceptance(brief);
        app.admit_terms(brief, module).await?;
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<(Contract, Credits)> {
        let publisher = cx.actor.account()?;
        let terms = Terms::contract(self.mode, self.scrutiny, lease(self.lease_minutes)?);
        check_budget(self.budget)?;
        store_verifier(cx, self.verifier).await?;
        let placing = Placing {
            id: cx.id(),
            publisher,
            title: self.title,
            description: self.description,
            payout_display: format!("{} {ASSET}", self.budget),
            reward: money(self.budget),
            deadline: self.deadline,
            terms,
        };
        let task = place(cx, placing, &self.brief, self.protected.as_ref()).await?;
        let project = projects::find(cx.tx, MARKET).await?;
        let contract = Contract {
            shown: Shown {
                task,
                project_title: project
                    .map(|project| project.pitch.title)
                    .unwrap_or_default(),
                assignee_handle: None,
            },
            brief: Some(self.brief),
            publisher: accounts::find(cx.tx, publisher).await?,
        };
        Ok((contract, credits(cx, publisher).await?))
    }
}

/// Funded work as it comes onto the market.
pub(crate) struct Placing {
    /// Its id.
    pub(crate) id: TaskId,
    /// Who pays for it.
    pub(crate) publisher: AccountId,
    /// Its title.
    pub(crate) title: String,
    /// What is to be done.
    pub(crate) description: String,
    /// The reward, as displayed.
    pub(crate) payout_display: String,
    /// The reward, set aside now.
    pub(crate) reward: Money,
    /// When it ends by itself.
    pub(crate) deadline: Option<Time>,
    /// What is agreed.
    pub(crate) terms: Terms,
}

/// Puts funded work onto the market: its reward goes from the publisher's
/// wallet into escrow.
///
/// # Errors
/// `Invalid` naming a field; `Insufficient` when the wallet does not suffice.
pub(crate) async fn place(
    cx: &mut Cx<'_>,
    placing: Placing,
    brief: &Brief,
    protected: Option<&Protected>,
) -> Result<Task> {
    let Placing {
        id,
        publisher,
        title,
        description,
        payout_display,
        reward,
        deadline,
        terms,
    } = placing;
    text::required("title", &title, limits::CONTRACT_TITLE_CHARS)?;
    text::required("description", &description, limits::CONTRACT_TEXT_CHARS)?;
    if deadline.is_some_and(|deadline| deadline <= cx.now) {
        return Err(Error::field(
            "deadline",
            "has passed already: name a time in the future, or none",
        ));
    }
    let task = Task {
        id,
        project: MARKET,
        publisher,
        title,
        description,
        payout_display,
        reward: Some(reward),
        difficulty: Difficulty::Medium,
        deadline,
        state: State::OPEN,
        claimed_at: None,
        submissions: 0,
        completed_at: None,
        paid_at: None,
        terms,
        listed: true,
        briefed: true,
        alarm: State::OPEN.alarm(&terms, deadline, cx.now),
        created_at: cx.now,
        updated_at: cx.now,
    };
    tasks::insert(cx.tx, &task).await?;
    briefs::insert(cx.tx, task.id, brief).await?;
    if let Some(protected) = protected {
        secrets::insert_payload(cx.tx, task.id, protected, cx.now).await?;
    }
    set_aside(cx, &task).await?;
    record(cx, Happening::TaskPublished, &task).await?;
    Ok(task)
}

fn check_budget(credits: i64) -> Result<()> {
    if (1..=limits::CREDITS_MAX).contains(&credits) {
        return Ok(());
    }
    Err(Error::field(
        "budgetCredits",
        format!("must be a whole number from 1 to {}", limits::CREDITS_MAX),
    ))
}

fn lease(minutes: Option<i64>) -> Result<Span> {
    let Some(minutes) = minutes else {
        return Ok(limits::CONTRACT_LEASE);
    };
    if (limits::LEASE_MINUTES_MIN..=limits::LEASE_MINUTES_MAX).contains(&minutes) {
        return Ok(Span::seconds(minutes * 60));
    }
    Err(Error::field(
        "claimLeaseMinutes",
        format!(
            "must be from {} to {}",
            limits::LEASE_MINUTES_MIN,
            limits::LEASE_MINUTES_MAX
        ),
    ))
}

async fn store_verifier(cx: &mut Cx<'_>, verifier: Option<VerifierIn>) -> Result<()> {
    let by = cx.actor.account()?;
    match verifier {
        None => Ok(()),
        Some(VerifierIn::Module(module)) => {
            let hash = Sha256::digest(&module).into();
            verifiers::insert(cx.tx, hash, module, by, cx.now).await
        }
        Some(VerifierIn::Stored(hash)) if verifiers::exists(cx.tx, hash).await? => Ok(()),
        Some(VerifierIn::Stored(_)) => Err(Error::field(
            "verifier.sha256",
            "names a module that was never stored here: send it as verifier.wasmBase64",
        )),
    }
}
