//! A person spends credits on something of the catalogue.

use domain::event::Happening;
use domain::money::Bucket;
use domain::{Error, Result};
use serde_json::json;
use store::Lock;
use store::tables::ledger::{Place, Reason};
use store::tables::redemptions::{self, Redemption};

use super::{available, item};
use crate::ops::credits::{Credits, credits, money};
use crate::{Cx, Op};

/// Buys one of an item.
#[derive(Clone, Debug)]
pub struct Redeem {
    /// Which.
    pub item: String,
}

/// What was bought. It does not print: its code is worth money.
#[derive(Clone, PartialEq, Eq)]
pub struct Bought {
    /// The item's title.
    pub title: String,
    /// What was bought, with its code.
    pub redemption: Redemption,
}

impl Op for Redeem {
    /// With what is left in the wallet.
    type Output = (Bought, Credits);
    operation!("redemptions.redeem", BeHuman, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<(Bought, Credits)> {
        let account = cx.actor.account()?;
        let item = item(cx, &self.item)?;
        cx.tx.lock(Lock::Account(account)).await?;
        redemptions::lock(cx.tx, &item.id).await?;
        if available(cx, &item).await? == 0 {
            return Err(out_of_stock());
        }
        let id = cx.id();
        let code = redemptions::take(cx.tx, &item.id, id).await?;
        let redemption = Redemption {
            id,
            account,
            item: item.id.clone(),
            units: item.price,
            code: code.ok_or_else(out_of_stock)?,
            created_at: cx.now,
        };
        let money = money(item.price);
        let way = (Place::wallet(account), Place::platform(Bucket::Redeemed));
        cx.transfer(way, money, Reason::Redeem, None).await?;
        redemptions::insert(cx.tx, &redemption).await?;
        let facts = json!({ "item": item.id, "credits": item.price });
        cx.record_inside(None, Happening::CreditsRedeemed, account, facts)
            .await?;
        let bought = Bought {
            title: item.title,
            redemption,
        };
        Ok((bought, credits(cx, account).await?))
    }
}

fn out_of_stock() -> Error {
    Error::conflict(
        "out_of_stock",
        "this item is sold out: choose another one, or come back later; nothing was spent",
    )
}
