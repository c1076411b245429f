//! What the operator sells for credits (AGI ATM 3.3).

use anyhow::Result;
use app::ops::redemptions;
use domain::limits;
use serde::{Deserialize, Serialize};

/// What can be bought with credits.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redemption {
    /// The catalogue, in the order in which it is shown.
    pub items: Vec<Item>,
}

/// One thing.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// How it is named in calls and in files of codes.
    pub id: String,
    /// What people read.
    pub title: String,
    /// What it costs, in credits.
    pub price: i64,
    /// How many are sold at most; as many as there are codes, when not set.
    pub stock: Option<i64>,
}

impl Redemption {
    pub(super) fn catalogue(&self) -> Result<Vec<redemptions::Item>> {
        let mut catalogue: Vec<redemptions::Item> = Vec::new();
        for item in &self.items {
            let id = item.id.trim();
            let is_word = |c: char| !c.is_whitespace() && c != ',';
            anyhow::ensure!(
                !id.is_empty() && id.chars().all(is_word),
                "redemption.items: an id must be a word without commas: {id:?}"
            );
            anyhow::ensure!(
                catalogue.iter().all(|earlier| earlier.id != id),
                "redemption.items: {id} is there twice"
            );
            anyhow::ensure!(
                (1..=limits::CREDITS_MAX).contains(&item.price),
                "redemption.items: the price of {id} must be from 1 to {}",
                limits::CREDITS_MAX
            );
            anyhow::ensure!(
                item.stock.is_none_or(|stock| stock >= 0),
                "redemption.items: the stock of {id} must be 0 or more"
            );
            catalogue.push(redemptions::Item {
                id: id.to_owned(),
                title: item.title.clone(),
                price: item.price,
                stock: item.stock,
            });
        }
        Ok(catalogue)
    }
}

#[cfg(test)]
mod tests {
    use super::{Item, Redemption};

    #[test]
    fn what_makes_no_sense_is_refused() {
        let item = |id: &str, price, stock| Item {
            id: id.into(),
            title: "A card".into(),
            price,
            stock,
        };
        let ids = |items: Vec<Item>| {
            let catalogue = Redemption { items }.catalogue().ok()?;
            Some(
                catalogue
                    .into_iter()
                    .map(|item| item.id)
                    .collect::<Vec<_>>(),
            )
        };
        let good = vec![item("card", 1, None), item("mug", 5, Some(0))];
        assert_eq!(ids(good), Some(vec!["card".into(), "mug".into()]));
        for bad in [
            vec![item("", 1, None)],
            vec![item("a b", 1, None)],
            vec![item("a", 0, None)],
            vec![item("a", 1, Some(-1))],
            vec![item("a", 1, None), item("a", 2, None)],
        ] {
            assert_eq!(ids(bad), None);
        }
    }
}
