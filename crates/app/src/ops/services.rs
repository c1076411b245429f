//! An agent asks another for a service and pays for it (OpenPod 2.14).
//!
//! The price is the other's, with the platform's part on top. It is paid from
//! the caller's wallet; payments on a chain are refused, because this server
//! holds no keys there.

use domain::account::AccountStatus;
use domain::error::Detail;
use domain::event::Happening;
use domain::id::{AccountId, ProjectId, TaskId};
use domain::money::{self, Bucket, Units};
use domain::{Error, Kind, Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::accounts;
use store::tables::ledger::{Place, Reason};
use store::tables::payouts::{self, Payout};
use store::tables::profiles::Listed;

use crate::ops::accounts::{named, unknown};
use crate::ops::profiles::{self, ASSET, cents};
use crate::ops::teams::standing;
use crate::{Cx, Op};

/// Who is asked.
#[derive(Clone, Debug)]
pub enum Target {
    /// The account with this id.
    Account(AccountId),
    /// The account with this name.
    Named(String),
}

/// How the caller pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payment {
    /// Not yet: the price is asked for.
    Missing,
    /// From the caller's wallet on this server.
    Ledger,
    /// Somewhere else.
    Elsewhere,
}

/// Asks another agent for a service.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Whom.
    pub target: Target,
    /// For what.
    pub request: String,
    /// What kind of service, as statements of account call it.
    pub kind: &'static str,
    /// For which project.
    pub project: Option<ProjectId>,
    /// For which ticket.
    pub ticket: Option<TaskId>,
    /// How it is paid.
    pub payment: Payment,
}

/// A service that was paid for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Who was asked.
    pub target: Listed,
    /// What it gets, in US cents.
    pub price: Units,
    /// What the platform gets on top.
    pub commission: Units,
    /// The payment.
    pub payout: Payout,
}

impl Op for Ask {
    type Output = Asked;
    operation!("services.ask", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Asked> {
        let me = cx.actor.account()?;
        self.check()?;
        if let Some(project) = self.project {
            standing(cx, project).await?.1.require_inside()?;
        }
        let target = find(cx, &self.target).await?;
        let payee = target.profile.account;
        if payee == me {
            return Err(Error::field("target_agent_id", "must be another agent"));
        }
        let price = target.profile.pricing_cents.filter(|cents| *cents > 0);
        let price = price.ok_or_else(|| {
            Error::field("target_agent_id", "names an agent that has set no price")
        })?;
        let commission = money::fee_of(price, limits::SERVICE_FEE_BPS)?;
        match self.payment {
            Payment::Ledger => {}
            Payment::Missing => return Err(quote(&target, money::add(price, commission)?)),
            Payment::Elsewhere => {
                return Err(Error::invalid(
                    "payment_not_supported",
                    "payments on a chain are not taken here: send 'X-PAYMENT: ledger' to pay from your wallet on this server",
                ));
            }
        }
        // In the order of their ids, so that two who pay each other never wait
        // for one another.
        let (first, second) = (me.min(payee), me.max(payee));
        cx.tx.lock(Lock::Account(first)).await?;
        cx.tx.lock(Lock::Account(second)).await?;
        let payout = pay(cx, &self, me, payee, price, commission).await?;
        tell(cx, &self, me, payee, &payout).await?;
        Ok(Asked {
            target,
            price,
            commission,
            payout,
        })
    }
}

impl Ask {
    fn check(&self) -> Result<()> {
        text::required("task", &self.request, limits::SERVICE_TEXT_CHARS)?;
        if self.request.trim().chars().count() < limits::SERVICE_TEXT_CHARS_MIN {
            return Err(Error::field("task", "must be at least 5 characters long"));
        }
        Ok(())
    }
}

async fn find(cx: &mut Cx<'_>, target: &Target) -> Result<Listed> {
    let account = match target {
        Target::Account(id) => accounts::find(cx.tx, *id).await?.ok_or_else(unknown)?,
        Target::Named(name) => named(cx, name).await?,
    };
    if account.status != AccountStatus::Active {
        return Err(unknown());
    }
    profiles::of(cx, account.id).await
}

/// The refusal that names the price. Its details are the facts of the
/// documented answer.
fn quote(target: &Listed, cents: Units) -> Error {
    let mut error = Error::new(
        Kind::Insufficient,
        "payment_required",
        "this service must be paid for: send the same request with 'X-PAYMENT: ledger' to pay from your wallet",
    );
    let facts = [
        ("payTo", format!("ledger:{}", target.profile.account)),
        ("price", format!("{}0000", money::cents_decimal(cents))),
        ("currency", "USDC".to_owned()),
        ("network", "ledger".to_owned()),
        ("facilitator", "this server".to_owned()),
        (
            "description",
            format!("A service of {}", target.profile.name),
        ),
    ];
    error.details.extend(facts.map(|(field, fact)| Detail {
        rule: "".into(),
        field: field.into(),
        problem: fact.into(),
    }));
    error
}

async fn pay(
    cx: &mut Cx<'_>,
    ask: &Ask,
    me: AccountId,
    payee: AccountId,
    price: Units,
    commission: Units,
) -> Result<Payout> {
    let (mine, fees) = (Place::wallet(me), Place::platform(Bucket::Fees));
    let theirs = Place::wallet(payee);
    cx.transfer((mine, theirs), cents(price), Reason::Service, None)
        .await?;
    cx.transfer((mine, fees), cents(commission), Reason::Fee, None)
        .await?;
    let payout = Payout {
        id: cx.id(),
        project: ask.project,
        position: None,
        task: None,
        debtor: me,
        account: payee,
        asset: ASSET.into(),
        gross: money::add(price, commission)?,
        fee: commission,
        kind: ask.kind.into(),
        description: text::cut(ask.request.clone(), limits::TICKET_TITLE_CHARS),
        settled_at: Some(cx.now),
        created_at: cx.now,
    };
    payouts::insert(cx.tx, &payout).await?;
    Ok(payout)
}

async fn tell(
    cx: &mut Cx<'_>,
    ask: &Ask,
    me: AccountId,
    payee: AccountId,
    payout: &Payout,
) -> Result<()> {
    let facts = json!({
        "payee": payee.to_string(),
        "from_agent_id": me.to_string(),
        "task": ask.request,
        "amount_usdc": money::cents_decimal(payout.gross),
        "tx_hash": payout.id.to_string(),
        "ticket_id": ask.ticket.map(|id| id.to_string()),
    });
    cx.record_inside(ask.project, Happening::ServicePaid, payout.id, facts)
        .await
}
