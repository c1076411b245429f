//! Paying for work that passed: the reward, less the platform's fee, from
//! where the task's terms say.
//!
//! A project pays from its escrow. What the escrow does not cover is owed by
//! the project's owner: the worker's claim and the owner's debt are entries of
//! the ledger too, and are settled in order when funds arrive (OpenPod 3.5).

use domain::event::Happening;
use domain::id::{AccountId, ProjectId};
use domain::money::{self, Bucket, Money, Units};
use domain::task::Funding;
use domain::{Error, Result, limits};
use serde_json::json;
use store::tables::holds::{self, Hold};
use store::tables::ledger::{self, Place, Reason};
use store::tables::payouts::{self, Payout};
use store::tables::submissions::Submission;
use store::tables::tasks::{self, Task};
use store::tables::{projects, teams};

use crate::Cx;

/// What became of a reward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paid {
    /// The ledger does not know it.
    Nothing,
    /// It is the worker's.
    Now(Payment),
    /// The project's owner owes it.
    Owed(Payout),
}

/// A reward that was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// What the worker got.
    pub net: Money,
    /// Until when it is held, where the terms say so.
    pub hold: Option<Hold>,
    /// Where a project paid.
    pub payout: Option<Payout>,
}

/// Pays the reward of a task for the submission that passed.
pub(super) async fn pay(cx: &mut Cx<'_>, task: &Task, passed: &Submission) -> Result<Paid> {
    let Some(reward) = &task.reward else {
        return Ok(Paid::Nothing);
    };
    let fee = money::fee_of(reward.units, task.terms.fee_bps)?;
    let from = match task.terms.funding {
        Funding::Issuance => Place::platform(Bucket::Issuance),
        Funding::Escrow => Place::frozen(task.publisher),
        Funding::Project => return pay_for_project(cx, task, reward, fee, passed).await,
        // A standing offer pays in its own way and never passes.
        Funding::Standing => return Err(Error::internal()),
    };
    let payment = split(cx, task, reward, fee, from, passed).await?;
    Ok(Paid::Now(payment))
}

/// Moves the net to the worker and the fee to the platform.
async fn split(
    cx: &mut Cx<'_>,
    task: &Task,
    reward: &Money,
    fee: Units,
    from: Place,
    passed: &Submission,
) -> Result<Payment> {
    let net = part(reward, money::subtract(reward.units, fee)?);
    let hold = self::reward(cx, task, &net, (from, Reason::Payout), passed).await?;
    let way = (from, Place::platform(Bucket::Fees));
    cx.transfer(way, part(reward, fee), Reason::Fee, Some(task.id))
        .await?;
    Ok(Payment {
        net,
        hold,
        payout: None,
    })
}

/// Pays a worker, who can spend it at once or, where the terms hold it, later.
pub(crate) async fn reward(
    cx: &mut Cx<'_>,
    task: &Task,
    net: &Money,
    (from, reason): (Place, Reason),
    passed: &Submission,
) -> Result<Option<Hold>> {
    let worker = passed.author;
    let to = match task.terms.hold {
        None => Place::wallet(worker),
        Some(_) => Place::held(worker),
    };
    cx.transfer((from, to), net.clone(), reason, Some(task.id))
        .await?;
    let mut held = None;
    if let Some(span) = task.terms.hold
        && net.units > 0
    {
        let available_at = cx.now.plus(span);
        let hold = held.insert(Hold {
            id: cx.id_at(available_at),
            account: worker,
            money: net.clone(),
            task: Some(task.id),
            submission: Some(passed.id),
            paid_at: cx.now,
            available_at,
        });
        holds::insert(cx.tx, hold).await?;
    }
    earn(cx, worker, net).await?;
    Ok(held)
}

async fn earn(cx: &mut Cx<'_>, worker: AccountId, net: &Money) -> Result<()> {
    if net.units > 0 {
        ledger::earn(cx.tx, worker, net).await?;
    }
    Ok(())
}

/// A part of a reward, in its asset.
fn part(reward: &Money, units: Units) -> Money {
    Money {
        asset: reward.asset.clone(),
        units,
    }
}

/// Pays from the escrow of the task's project, which is locked, or makes a
/// debt of it. Debts come first: what arrives later waits its turn.
async fn pay_for_project(
    cx: &mut Cx<'_>,
    task: &Task,
    reward: &Money,
    fee: Units,
    passed: &Submission,
) -> Result<Paid> {
    let (worker, said) = (passed.author, passed.notes.as_deref());
    let escrow = Place::project(task.project);
    let covered = ledger::balance(cx.tx, escrow, &reward.asset).await? >= reward.units
        && payouts::owed(cx.tx, task.project, 1).await?.is_empty();
    let project = projects::find(cx.tx, task.project)
        .await?
        .ok_or_else(Error::internal)?;
    let seat = teams::membership(cx.tx, task.project, worker).await?;
    let payout = Payout {
        id: cx.id(),
        project: Some(task.project),
        position: seat.map(|seat| seat.position),
        task: Some(task.id),
        debtor: project.owner,
        account: worker,
        asset: reward.asset.clone(),
        gross: reward.units,
        fee,
        kind: "deliverable_approved".into(),
        description: said.map_or_else(|| format!("Approved: {}", task.title), str::to_owned),
        settled_at: covered.then_some(cx.now),
        created_at: cx.now,
    };
    payouts::insert(cx.tx, &payout).await?;
    if covered {
        let payment = split(cx, task, reward, fee, escrow, passed).await?;
        return Ok(Paid::Now(Payment {
            payout: Some(payout),
            ..payment
        }));
    }
    let net = money::subtract(reward.units, fee)?;
    let debt = Place::payable(project.owner);
    let (claim, fees) = (Place::receivable(worker), Place::platform(Bucket::Fees));
    let (net, fee, task) = (part(reward, net), part(reward, fee), Some(task.id));
    cx.transfer((debt, claim), net, Reason::Due, task).await?;
    cx.transfer((debt, fees), fee, Reason::Fee, task).await?;
    Ok(Paid::Owed(payout))
}

/// Settles what a project owes, the oldest first, as far as its escrow goes.
/// The project is locked. Answers how many payouts were settled.
pub(crate) async fn settle(cx: &mut Cx<'_>, project: ProjectId) -> Result<u32> {
    let mut settled = 0;
    for payout in payouts::owed(cx.tx, project, limits::SETTLED_AT_ONCE).await? {
        let escrow = Place::project(project);
        if ledger::balance(cx.tx, escrow, &payout.asset).await? < payout.gross {
            break;
        }
        settle_one(cx, project, escrow, &payout).await?;
        settled += 1;
    }
    Ok(settled)
}

async fn settle_one(
    cx: &mut Cx<'_>,
    project: ProjectId,
    escrow: Place,
    payout: &Payout,
) -> Result<()> {
    let task = payout.task.ok_or_else(Error::internal)?;
    let gross = Money {
        asset: payout.asset.clone(),
        units: payout.gross,
    };
    let net = part(&gross, money::subtract(payout.gross, payout.fee)?);
    let debt = (escrow, Place::payable(payout.debtor));
    cx.transfer(debt, gross, Reason::Settle, Some(task)).await?;
    let claim = (
        Place::receivable(payout.account),
        Place::wallet(payout.account),
    );
    cx.transfer(claim, net.clone(), Reason::Release, Some(task))
        .await?;
    earn(cx, payout.account, &net).await?;
    payouts::settle(cx.tx, payout.id, cx.now).await?;
    tasks::set_paid(cx.tx, task, cx.now).await?;
    let facts = json!({
        "payout": payout.id.to_string(),
        "account": payout.account.to_string(),
        "amount_cents": payout.gross,
        "net_cents": net.units,
    });
    cx.record_inside(project, Happening::PayoutSettled, task, facts)
        .await
}
