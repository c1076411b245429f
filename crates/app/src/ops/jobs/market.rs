//! Jobs with a bounty: published to the market as funded work with the same id,
//! paid from the environment's wallet (design 5). While one is there, no hosted
//! agent runs it.
//!
//! **Invariant:** the job follows its task in the transaction that moves the
//! task: [`follow`] is called wherever a task changes its state.

use domain::brief::Brief;
use domain::id::{AccountId, EnvironmentId, Id, JobId, TaskId};
use domain::job::Status;
use domain::money::Money;
use domain::task::{Funding, Mode, Scrutiny, Status as TaskStatus, SubmissionStatus, Terms};
use domain::{Error, Result, limits, text};
use serde_json::{Value, json};
use store::Lock;
use store::tables::environments::{Environment, Side};
use store::tables::jobs;
use store::tables::ledger::{self, Place};
use store::tables::submissions;
use store::tables::tasks::Task;

use super::Sheet;
use crate::ops::contracts::{Placing, place, require_free};
use crate::ops::credits::ASSET;
use crate::ops::{environments, tasks};
use crate::verification::acceptance;
use crate::{Cx, calendar};

/// Whether the job is on the market; set to false once it was taken off.
const PLACED: &str = "_placed";

impl Sheet {
    /// Whether it is done by whoever takes it on the market.
    pub(super) fn has_bounty(&self) -> bool {
        self.document.contains_key("bounty")
    }

    fn is_placed(&self) -> bool {
        self.is(PLACED)
    }

    /// Refuses to begin a job anew that has been on the market: its id stands
    /// for what happened there.
    ///
    /// # Errors
    /// `Conflict` (`invalid_state`).
    pub(super) fn require_unplaced(&self) -> Result<()> {
        if !self.document.contains_key(PLACED) {
            return Ok(());
        }
        Err(Error::conflict(
            "invalid_state",
            "this task was offered on the market and has ended there: write a new one to offer it again",
        ))
    }
}

/// Checks that a bounty can be read, and may be offered here.
pub(super) fn check(cx: &Cx<'_>, environment: &Environment, sheet: &Sheet) -> Result<()> {
    let Some(bounty) = sheet.document.get("bounty") else {
        return Ok(());
    };
    if environment.side != Side::Live {
        return Err(Error::field(
            "bounty",
            "can be offered in the live environment alone: the sandbox has no market",
        ));
    }
    text::required("title", &sheet.job.title, limits::CONTRACT_TITLE_CHARS)?;
    let description = sheet.text("description");
    text::required("description", description, limits::CONTRACT_TEXT_CHARS)?;
    brief(sheet)?;
    reward(cx, bounty).map(drop)
}

/// Why a job that has become ready cannot be offered, if so: nobody is there
/// any more who could be refused.
pub(super) async fn refusal(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &Sheet,
) -> Result<Option<String>> {
    if sheet.is_placed() {
        return Ok(None);
    }
    let checked = check(cx, environment, sheet).and_then(|()| sheet.require_unplaced());
    if let Err(error) = checked {
        return Ok(Some(error.message.into_owned()));
    }
    let deadline = calendar::read(sheet.text("deadline"));
    if deadline.is_some_and(|deadline| deadline <= cx.now) {
        return Ok(Some("its deadline has passed".into()));
    }
    let Some(bounty) = sheet.document.get("bounty") else {
        return Ok(None);
    };
    let (reward, display) = reward(cx, bounty)?;
    let account = AccountId::from(environment.id);
    cx.mature(account).await?;
    let held = ledger::balance(cx.tx, Place::wallet(account), &reward.asset).await?;
    Ok((held < reward.units)
        .then(|| format!("the project's wallet does not hold its bounty of {display}")))
}

/// What a bounty pays, and as what it is displayed: `{"credits": 100}` or
/// `"12.50 USD"`.
fn reward(cx: &Cx<'_>, bounty: &Value) -> Result<(Money, String)> {
    let display = match bounty {
        Value::String(display) => display.trim().to_owned(),
        Value::Object(fields) => {
            let credits = fields.get("credits").and_then(Value::as_i64);
            let fits = credits.filter(|credits| (1..=limits::CREDITS_MAX).contains(credits));
            let credits = fits.ok_or_else(unreadable)?;
            format!("{credits} {ASSET}")
        }
        _ => return Err(unreadable()),
    };
    let money = cx.settings.assets.parse_reward(&display)?;
    Ok((money.ok_or_else(unreadable)?, display))
}

fn unreadable() -> Error {
    Error::field(
        "bounty",
        "must be an amount such as {\"credits\": 100} or \"12.50 USD\"",
    )
}

/// Puts a job that is ready onto the market, unless it is there.
///
/// # Errors
/// `Insufficient` when the environment's wallet does not hold the bounty.
pub(super) async fn offer(
    cx: &mut Cx<'_>,
    environment: &Environment,
    sheet: &mut Sheet,
) -> Result<()> {
    let Some(bounty) = sheet.document.get("bounty").cloned() else {
        return Ok(());
    };
    if !sheet.is_placed() {
        let (reward, payout_display) = reward(cx, &bounty)?;
        let brief = brief(sheet)?;
        let placing = Placing {
            id: TaskId::from_uuid(sheet.id().uuid()),
            publisher: AccountId::from(environment.id),
            title: sheet.job.title.clone(),
            description: sheet.text("description").to_owned(),
            payout_display,
            reward,
            deadline: calendar::read(sheet.text("deadline")),
            terms: Terms::contract(Mode::Exclusive, Scrutiny::Manual, limits::CONTRACT_LEASE),
        };
        place(cx, placing, &brief, None).await?;
        sheet.set(PLACED, true);
    }
    // The engine looks at it no more.
    jobs::hold(cx.tx, environment.id, sheet.id(), true).await?;
    sheet.job.held = true;
    sheet.store(cx, environment).await
}

/// What must be delivered: what is expected of the job.
fn brief(sheet: &Sheet) -> Result<Brief> {
    let requirements = json!({
        "expectations": sheet.list("expectations"),
        "expectedOutcomes": sheet.list("expectedOutcomes"),
    });
    let mut brief = Brief {
        requirements: Some(requirements.to_string()),
        ..Brief::default()
    };
    brief.check()?;
    brief.acceptance = acceptance(&brief);
    Ok(brief)
}

/// Takes a job that ends by hand off the market, and its bounty back.
///
/// # Errors
/// `Conflict` while somebody works on it or waits for a verdict.
pub(super) async fn withdraw(cx: &mut Cx<'_>, sheet: &mut Sheet) -> Result<()> {
    if !sheet.is_placed() || sheet.job.status.is_final() {
        return Ok(());
    }
    let mut shown = tasks::locked(cx, TaskId::from_uuid(sheet.id().uuid())).await?;
    if shown.task.state.status.is_final() {
        return Ok(());
    }
    require_free(cx, &shown.task).await?;
    sheet.set(PLACED, false);
    // What ends it does so itself: it does not follow any more.
    super::sheet::keep_document(cx, sheet).await?;
    tasks::withdraw(cx, &mut shown.task).await
}

/// Moves the job of a task whose state has changed, if it has one.
pub(crate) async fn follow(cx: &mut Cx<'_>, task: &Task) -> Result<()> {
    let is_offered = task.terms.funding == Funding::Escrow && task.project == domain::id::MARKET;
    if !is_offered {
        return Ok(());
    }
    let place = EnvironmentId::from(task.publisher);
    let id = JobId::from_uuid(task.id.uuid());
    if jobs::find(cx.tx, place, id).await?.is_none() {
        return Ok(());
    }
    cx.tx.lock(Lock::Environment(place)).await?;
    let Some(job) = jobs::find(cx.tx, place, id).await? else {
        return Ok(());
    };
    let environment = environments::found(cx, place).await?;
    let mut sheet = Sheet::open(job);
    if !sheet.is_placed() || sheet.job.status.is_final() {
        return Ok(());
    }
    let next = match task.state.status {
        TaskStatus::Open => Status::Pending,
        TaskStatus::Claimed | TaskStatus::Started => Status::Assigned,
        TaskStatus::Submitted | TaskStatus::Disputed => Status::Review,
        TaskStatus::Accepted => Status::Done,
        TaskStatus::Cancelled | TaskStatus::Expired => Status::Failed,
    };
    match next {
        Status::Done => deliver(cx, task, &mut sheet).await?,
        Status::Failed => sheet.set(
            "result",
            json!({
                "exitCode": 1,
                "stdout": "",
                "stderr": format!("on the market it was {}", task.state.status.as_str()),
                "duration": 0,
            }),
        ),
        _ => {}
    }
    sheet.force(cx, &environment, next).await?;
    sheet.store(cx, &environment).await
}

/// The delivery that was accepted is the job's result.
async fn deliver(cx: &mut Cx<'_>, task: &Task, sheet: &mut Sheet) -> Result<()> {
    let handed = submissions::by_task(cx.tx, task.id, limits::INLINE_ROWS).await?;
    let accepted = handed
        .into_iter()
        .find(|shown| shown.submission.status == SubmissionStatus::Approved);
    let output = accepted.map_or_else(String::new, |shown| said(&shown.submission.content));
    let duration = cx.now.0.saturating_sub(task.created_at.0).max(0) / 1_000;
    sheet.set(
        "result",
        json!({
            "exitCode": 0,
            "stdout": super::finish::cut(&output),
            "stderr": "",
            "duration": duration,
        }),
    );
    Ok(())
}

/// An output as a text: a JSON string as what it says.
fn said(content: &str) -> String {
    match serde_json::from_str(content) {
        Ok(Value::String(text)) => text,
        _ => content.to_owned(),
    }
}
