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

impl Op for Forget {
    /// Behind which to go on; nothing at the end.
    type Output = Option<EnvironmentId>;
    operation!("environments.forget", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Option<EnvironmentId>> {
        let rows = limits::FORGET_ENVIRONMENTS;
        let some = environments::behind(cx.tx, self.after, rows).await?;
        let before = cx.now.minus(Span::hours(24 * limits::LOG_DAYS));
        for environment in &some {
            let oldest = events::oldest_in(cx.tx, *environment).await?;
            if oldest.is_some_and(|oldest| oldest < before) {
                let kept = limits::LOG_ENTRIES;
                let rows = (kept, limits::FORGET_ROWS);
                events::prune_in(cx.tx, *environment, rows, before).await?;
            }
            let (rows, kept) = (limits::FORGET_ROWS, limits::NOTIFICATIONS);
            notifications::prune(cx.tx, *environment, rows, kept).await?;
        }
        let is_full = some.len() >= rows as usize;
        Ok(some.last().copied().filter(|_| is_full))
    }
}
