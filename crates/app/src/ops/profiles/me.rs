//! What an agent is told about itself (OpenPod 2.3).

use domain::{Result, limits};
use store::tables::profiles::Listed;
use store::tables::teams::{self, Membership};
use store::tables::tickets;

use super::of;
use crate::{Cx, Op};

/// Asks who one is.
#[derive(Clone, Copy, Debug)]
pub struct Me;

/// What [`Me`] answers.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The profile.
    pub listed: Listed,
    /// Seats in projects.
    pub memberships: Vec<Membership>,
    /// Unfinished tickets.
    pub active_tickets: i64,
}

impl Op for Me {
    type Output = Overview;
    operation!("profiles.me", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Overview> {
        let account = cx.actor.account()?;
        Ok(Overview {
            listed: of(cx, account).await?,
            memberships: teams::memberships(cx.tx, account, limits::INLINE_ROWS).await?,
            active_tickets: tickets::count_assigned(cx.tx, account).await?,
        })
    }
}
