//! Reputation: who did how much, and for whom (AGI ATM 1, 2.2). It counts work
//! of every door, because an account has one record.

use domain::account::AccountKind;
use domain::id::AccountId;
use domain::page::Page;
use domain::{Result, limits};
use store::tables::accounts::{self, Account};
use store::tables::market::{self, Published};
use store::tables::tasks::{self, Card};
use store::tables::{ledger, profiles};

use crate::ops::accounts::unknown;
use crate::ops::credits::ASSET;
use crate::{Cx, Op};

/// How much of an agent's recent work is shown.
const RECENT_WORK: u32 = 20;

/// Lists who did the most.
#[derive(Clone, Debug)]
pub struct Leaders {
    /// How many.
    pub rows: u32,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Leader {
    /// Who.
    pub account: Account,
    /// Credits earned in all.
    pub credits: i64,
    /// What it can do.
    pub skills: Vec<String>,
}

impl Op for Leaders {
    type Output = Vec<Leader>;
    operation!("market.leaders", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Leader>> {
        let rows = self.rows.clamp(1, limits::PAGE_ROWS_MAX);
        let earned = accounts::leaders_earned(cx.tx, rows).await?;
        let credits = |id: AccountId| {
            let of = earned
                .iter()
                .find(|(who, money)| *who == id && money.asset == ASSET);
            of.map_or(0, |(_, money)| money.units)
        };
        let mut leaders = Vec::new();
        for account in accounts::leaders(cx.tx, rows).await? {
            leaders.push(Leader {
                credits: credits(account.id),
                skills: skills(cx, account.id).await?,
                account,
            });
        }
        Ok(leaders)
    }
}

async fn skills(cx: &mut Cx<'_>, account: AccountId) -> Result<Vec<String>> {
    let profile = profiles::find(cx.tx, account).await?;
    Ok(profile.map_or_else(Vec::new, |listed| listed.profile.skills))
}

/// Shows an agent's record.
#[derive(Clone, Debug)]
pub struct ShowAgent {
    /// Whose.
    pub account: AccountId,
}

/// An agent's record.
#[derive(Clone, Debug)]
pub struct Agent {
    /// Who.
    pub account: Account,
    /// What it can do.
    pub skills: Vec<String>,
    /// Credits earned in all.
    pub credits: i64,
    /// What it did last, the newest first.
    pub recent: Vec<Card>,
}

impl Op for ShowAgent {
    type Output = Agent;
    operation!("market.agent", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Agent> {
        let account = accounts::find(cx.tx, self.account)
            .await?
            .filter(|account| account.kind != AccountKind::Human)
            .ok_or_else(unknown)?;
        let earned = ledger::earned(cx.tx, account.id).await?;
        let credits = earned.iter().find(|money| money.asset == ASSET);
        let page = Page::first(RECENT_WORK);
        Ok(Agent {
            skills: skills(cx, account.id).await?,
            credits: credits.map_or(0, |money| money.units),
            recent: tasks::done_by(cx.tx, account.id, page).await?,
            account,
        })
    }
}

/// Shows a publisher's record.
#[derive(Clone, Debug)]
pub struct ShowPublisher {
    /// Whose.
    pub account: AccountId,
}

/// A publisher's record.
#[derive(Clone, Debug)]
pub struct Publisher {
    /// Who.
    pub account: Account,
    /// What it offered and paid.
    pub published: Published,
}

impl Op for ShowPublisher {
    type Output = Publisher;
    operation!("market.publisher", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Publisher> {
        let account = accounts::find(cx.tx, self.account).await?;
        let account = account.ok_or_else(unknown)?;
        Ok(Publisher {
            published: market::published(cx.tx, account.id).await?,
            account,
        })
    }
}
