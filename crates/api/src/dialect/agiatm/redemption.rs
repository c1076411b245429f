//! What credits buy (AGI ATM 2.3, 3.3).

use app::Answer;
use app::ops::credits::Credits;
use app::ops::redemptions::{Bought, Catalogue, Item, List, Offered, Redeem};
use app::tables::redemptions::Redemption as Stored;
use domain::page::{Listed, Page};
use domain::{Result, Time, limits};
use serde::{Deserialize, Serialize};

use super::envelope::{self, At, Fields};
use super::objects::Wallet;
use super::{Market, People, page};
use crate::dialect::{Text, Wire};
use crate::input::Input;
use crate::routes::Routes;

#[derive(Serialize)]
struct Offer {
    id: String,
    title: String,
    price: i64,
    available: i64,
}

impl Wire<Market> for Catalogue {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(offered: Vec<Offered>, _: Time) -> Answer {
        let offers = offered.into_iter().map(|Offered { item, available }| {
            let Item {
                id,
                title,
                price,
                stock: _,
            } = item;
            Offer {
                id,
                title,
                price,
                available,
            }
        });
        let items: Vec<_> = offers.collect();
        let listed = Listed {
            total: items.len() as i64,
            items,
            page: Page::first(limits::INLINE_ROWS),
        };
        envelope::list("catalog", &listed)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Redemption {
    id: Text,
    item_id: String,
    title: String,
    credits: i64,
    code: String,
    created_at: At,
}

impl Redemption {
    fn of(bought: Bought) -> Self {
        let Bought { title, redemption } = bought;
        let Stored {
            id,
            account: _,
            item,
            units,
            code,
            created_at,
        } = redemption;
        Self {
            id: Text::of(id),
            item_id: item,
            title,
            credits: units,
            code,
            created_at: At(created_at),
        }
    }
}

#[derive(Deserialize)]
struct RedeemIn {
    #[serde(rename = "itemId")]
    item: String,
}

impl Wire<People> for Redeem {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let RedeemIn { item } = input.json()?;
        Ok(Self { item })
    }

    fn encode((bought, credits): (Bought, Credits), _: Time) -> Answer {
        Fields::new()
            .with("redemption", &Redemption::of(bought))
            .with("wallet", &Wallet::of(&credits))
            .answer(201)
    }
}

impl Wire<People> for List {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { page: page(input)? })
    }

    fn encode(listed: Listed<Bought>, _: Time) -> Answer {
        envelope::list("redemptions", &listed.map(Redemption::of))
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .get::<Market, Catalogue>("/api/v1/redemption/catalog")
        .post::<People, Redeem>("/api/v1/human/redemptions")
        .get::<People, List>("/api/v1/human/redemptions")
}
