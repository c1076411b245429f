//! The public feed, read from the event log (POLT 2.5).

use domain::Result;
use domain::event::Happening;
use domain::page::{Listed, Page};
use store::tables::events::{self, Filter, Shown};

use super::accounts::named;
use crate::{Cx, Op};

/// Lists what happened, newest first.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Only by the account of this name.
    pub actor: Option<String>,
    /// Only this.
    pub what: Option<Happening>,
    /// Which of it.
    pub page: Page,
}

impl Op for Feed {
    type Output = Listed<Shown>;
    operation!("activity.feed", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let actor = match &self.actor {
            Some(username) => Some(named(cx, username).await?.id),
            None => None,
        };
        let filter = Filter {
            what: self.what,
            actor,
        };
        let total = events::count(cx.tx, filter).await?;
        let items = events::feed(cx.tx, filter, self.page).await?;
        Ok(Listed {
            items,
            page: self.page,
            total,
        })
    }
}
