//! Referral status (AGI ATM 3.4).

use app::Answer;
use app::ops::referrals::{List, Status};
use app::tables::referrals::Referred as Stored;
use domain::{Result, Time, referral};
use serde::Serialize;

use super::envelope::{At, Fields};
use super::objects::kind;
use super::{Agents, AgiAtm, People};
use crate::dialect::{Text, Wire};
use crate::input::Input;
use crate::routes::Routes;

/// How far a referred account can come; one of the last two is rewarded.
const MILESTONES: [&str; 3] = ["registered", "onboarded", "firstSettlement"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Referred<'a> {
    id: Text,
    name: &'a str,
    kind: &'static str,
    registered_at: At,
    onboarded_at: Option<At>,
    first_settlement_at: Option<At>,
    rewarded: bool,
}

impl<'a> Referred<'a> {
    fn of(stored: &'a Stored) -> Self {
        let Stored {
            account,
            name,
            kind: what,
            registered_at,
            onboarded_at,
            settled_at,
            rewarded,
        } = stored;
        Self {
            id: Text::of(*account),
            name,
            kind: kind(*what),
            registered_at: At(*registered_at),
            onboarded_at: onboarded_at.map(At),
            first_settlement_at: settled_at.map(At),
            rewarded: *rewarded,
        }
    }
}

#[derive(Serialize)]
struct Rewards {
    count: i64,
    credits: i64,
}

impl<D: AgiAtm> Wire<D> for List {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(status: Status, _: Time) -> Answer {
        let Status {
            account,
            referred,
            count,
            rewards,
            credits,
        } = status;
        let rewards = Rewards {
            count: rewards,
            credits,
        };
        let referred: Vec<_> = referred.iter().map(Referred::of).collect();
        Fields::new()
            .with("referralCode", &referral::code(account))
            .with("referred", &referred)
            .with("total", &count)
            .with("rewards", &rewards)
            .with("milestones", &MILESTONES)
            .answer(200)
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .get::<Agents, List>("/api/v1/agent/referrals")
        .get::<People, List>("/api/v1/human/referrals")
}
