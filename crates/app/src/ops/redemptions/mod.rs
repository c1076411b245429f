//! Redemption: credits are spent on what the operator sells, such as gift
//! cards (AGI ATM 3.3). What is sold is a code, delivered once.
//!
//! **Invariant:** a code is sold once, and no event and no log names one.

mod catalogue;
mod list;
mod load;
mod redeem;

pub use catalogue::{Catalogue, Offered};
pub use list::List;
pub use load::{Load, Loaded};
pub use redeem::{Bought, Redeem};

use domain::money::Units;
use domain::{Error, Result};
use store::tables::redemptions;

use crate::Cx;

/// Something that the operator sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// How it is named in calls and in files of codes.
    pub id: String,
    /// What people read.
    pub title: String,
    /// What it costs, in credits.
    pub price: Units,
    /// How many are sold at most, even when there are more codes.
    pub stock: Option<i64>,
}

/// How many of an item can be bought.
async fn available(cx: &mut Cx<'_>, item: &Item) -> Result<i64> {
    let stock = redemptions::stock(cx.tx, &item.id).await?;
    let allowed = item.stock.map(|most| most.saturating_sub(stock.sold));
    Ok(allowed
        .map_or(stock.left, |allowed| stock.left.min(allowed))
        .max(0))
}

/// The item of this id.
fn item(cx: &Cx<'_>, id: &str) -> Result<Item> {
    let found = cx.settings.catalogue.iter().find(|item| item.id == id);
    found.cloned().ok_or_else(|| {
        Error::not_found(
            "item_not_found",
            "the catalogue has no item of this id: GET /api/v1/redemption/catalog lists what there is",
        )
    })
}
