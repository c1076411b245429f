//! Who completed the most tasks, and what they earned with it.

use std::collections::HashMap;

use domain::id::AccountId;
use domain::{Result, limits};
use store::tables::accounts::{self, Account};

use super::Payout;
use crate::{Cx, Op};

/// Rows when none are asked for (POLT 2.3).
const DEFAULT_ROWS: u32 = 10;

/// Lists the top contributors.
#[derive(Clone, Debug)]
pub struct Leaderboard {
    /// How many; more than allowed is clamped.
    pub rows: Option<u32>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Leader {
    /// The account.
    pub account: Account,
    /// What it has ever earned.
    pub earned: Vec<Payout>,
}

impl Op for Leaderboard {
    type Output = Vec<Leader>;
    operation!("accounts.leaderboard", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Leader>> {
        let rows = self
            .rows
            .unwrap_or(DEFAULT_ROWS)
            .clamp(1, limits::PAGE_ROWS_MAX);
        let leaders = accounts::leaders(cx.tx, rows).await?;
        let mut earned: HashMap<AccountId, Vec<Payout>> = HashMap::new();
        for (account, money) in accounts::leaders_earned(cx.tx, rows).await? {
            earned
                .entry(account)
                .or_default()
                .push(Payout::of(cx, money));
        }
        Ok(leaders
            .into_iter()
            .map(|account| Leader {
                earned: earned.remove(&account.id).unwrap_or_default(),
                account,
            })
            .collect())
    }
}
