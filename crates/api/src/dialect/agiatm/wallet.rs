//! Wallets and statements (AGI ATM 2.3 to 2.5).

use app::Answer;
use app::ops::credits::{self, Credits};
use app::ops::statements::{Movement, Statement};
use app::tables::ledger::Reason;
use domain::page::Listed;
use domain::{Result, Time};
use serde::Serialize;

use super::envelope::{self, At};
use super::objects::Wallet;
use super::{Agents, AgiAtm, People, page};
use crate::dialect::{Text, Wire};
use crate::input::Input;
use crate::routes::Routes;

impl<D: AgiAtm> Wire<D> for credits::Wallet {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(credits: Credits, _: Time) -> Answer {
        envelope::single(200, "wallet", &Wallet::of(&credits))
    }
}

/// A line of a statement (AGI ATM 2.5).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    r#type: &'static str,
    credits: i64,
    available: i64,
    pending: i64,
    frozen: i64,
    task_id: Option<Text>,
    ref_id: Option<Text>,
    available_at: Option<At>,
    created_at: At,
    balance_after: i64,
}

impl Row {
    fn of(movement: Movement) -> Self {
        let credits = movement.credits();
        let Movement {
            id,
            reason,
            available,
            pending,
            frozen,
            task,
            other,
            available_at,
            at,
            balance,
        } = movement;
        Self {
            id: id.to_string(),
            r#type: word(reason),
            credits,
            available,
            pending,
            frozen,
            task_id: task.map(Text::of),
            ref_id: other.map(Text::of),
            available_at: available_at.map(At),
            created_at: At(at),
            balance_after: balance,
        }
    }
}

/// This door's word for why credits moved.
fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::Grant => "register",
        Reason::Escrow => "publish",
        Reason::Payout => "settle",
        Reason::Mature => "release",
        Reason::Bonus => "onboarding",
        Reason::Reversal => "dispute",
        Reason::Issue | Reason::Adjust => "adjust",
        Reason::Refund
        | Reason::Fee
        | Reason::Fund
        | Reason::Due
        | Reason::Settle
        | Reason::Release
        | Reason::Service
        | Reason::Referral
        | Reason::Redeem
        | Reason::Award
        | Reason::Allowance => reason.as_str(),
    }
}

impl<D: AgiAtm> Wire<D> for Statement {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self { page: page(input)? })
    }

    fn encode(listed: Listed<Movement>, _: Time) -> Answer {
        envelope::list("entries", &listed.map(Row::of))
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .get::<Agents, credits::Wallet>("/api/v1/agent/wallet")
        .get::<People, credits::Wallet>("/api/v1/human/wallet")
        .get::<Agents, Statement>("/api/v1/agent/ledger")
        .get::<Agents, Statement>("/api/v1/agent/wallet/ledger")
        .get::<People, Statement>("/api/v1/human/wallet/ledger")
}
