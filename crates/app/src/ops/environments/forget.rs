//! What happened in environments long ago is forgotten: old entries of their
//! logs, and notifications behind the latest.

use domain::id::EnvironmentId;
use domain::time::Span;
use domain::{Result, limits};
use store::tables::{environments, events, notifications};

use crate::{Cx, Op};

/// Forgets a bounded number of things in a few environments. What an answer
/// shows ([`limits::LOG_ENTRIES`]) stays, however old it is.
#[derive(Clone, Copy, Debug)]
pub struct Forget {
    /// Behind which environment to begin.
    pub after: Option<EnvironmentId>,
}

/// Where to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Further {
    /// Behind this environment, or with the first.
    Behind(Option<EnvironmentId>),
    /// There was nothing more.
    Done,
}

impl Op for Forget {
    type Output = Further;
    operation!("environments.forget", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Further> {
        let most = limits::FORGET_ENVIRONMENTS;
        let some = environments::behind(cx.tx, self.after, most).await?;
        let before = cx.now.minus(Span::hours(24 * limits::LOG_DAYS));
        let rows = limits::FORGET_ROWS;
        let mut last = self.after;
        for environment in &some {
            notifications::prune(cx.tx, *environment, rows, limits::NOTIFICATIONS).await?;
            let oldest = events::oldest_in(cx.tx, *environment).await?;
            if oldest.is_some_and(|oldest| oldest < before) {
                let bounds = (limits::LOG_ENTRIES, rows);
                let gone = events::prune_in(cx.tx, *environment, bounds, before).await?;
                if gone >= rows as usize {
                    // There is more of it.
                    return Ok(Further::Behind(last));
                }
            }
            last = Some(*environment);
        }
        Ok(match some.len() < most as usize {
            true => Further::Done,
            false => Further::Behind(last),
        })
    }
}
