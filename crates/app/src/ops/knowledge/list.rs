//! What a project remembers: the last written first, or, for a search, the
//! best found first.

use domain::{Result, search};
use store::tables::knowledge::{self, Entry, Filter, Stretch};

use crate::ops::teams::standing;
use crate::{Cx, Op};

/// Lists entries.
#[derive(Clone, Debug)]
pub struct List {
    /// Of which project and kind.
    pub filter: Filter,
    /// Only those in which all of these words occur. Words that every text has
    /// are not looked for; where no other is given, nothing is found.
    pub search: Option<String>,
    /// How many, from where.
    pub stretch: Stretch,
}

impl Op for List {
    type Output = Vec<Entry>;
    operation!("knowledge.list", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Entry>> {
        let (_, role) = standing(cx, self.filter.project).await?;
        role.require_inside()?;
        match self.search {
            None => knowledge::list(cx.tx, self.filter, self.stretch).await,
            Some(text) => {
                let words = search::sought(&text);
                knowledge::find_words(cx.tx, self.filter, &words, self.stretch).await
            }
        }
    }
}
