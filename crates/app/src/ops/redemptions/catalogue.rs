//! What can be bought with credits.

use domain::Result;

use super::{Item, available};
use crate::{Cx, Op};

/// Lists the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue;

/// An item, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The item.
    pub item: Item,
    /// How many can be bought.
    pub available: i64,
}

impl Op for Catalogue {
    type Output = Vec<Offered>;
    operation!("redemptions.catalogue", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Offered>> {
        let mut offered = Vec::new();
        for item in cx.settings.catalogue.clone() {
            let available = available(cx, &item).await?;
            offered.push(Offered { item, available });
        }
        Ok(offered)
    }
}
