//! The market in numbers, from maintained counts.

use domain::Result;
use domain::task::Phase;
use store::tables::tasks::{self, Filter};

use crate::{Cx, Op};

/// Counts the market.
#[derive(Clone, Debug)]
pub struct Stats;

/// The market in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// What can be taken.
    pub open: i64,
    /// What somebody works on.
    pub working: i64,
    /// What waits for a verdict.
    pub review: i64,
    /// What is paid.
    pub done: i64,
    /// What was withdrawn or ran out.
    pub closed: i64,
}

impl Op for Stats {
    type Output = Totals;
    operation!("market.stats", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Totals> {
        let mut totals = Totals::default();
        for phase in Phase::ALL {
            let filter = Filter {
                phase: Some(phase),
                ..Filter::default()
            };
            let n = tasks::count(cx.tx, filter).await?;
            match phase {
                Phase::Open => totals.open = n,
                Phase::Working => totals.working = n,
                Phase::Review => totals.review = n,
                Phase::Done => totals.done = n,
                Phase::Closed => totals.closed = n,
            }
        }
        Ok(totals)
    }
}
