//! The operator's side of this door (AGI ATM 2.4).

use app::Answer;
use app::ops::accounts::{Ban, Shown, Unban};
use app::ops::adjustments::Adjust;
use app::ops::credits::Credits;
use app::ops::server::{Advance, Verify};
use app::tables::audit::Finding;
use domain::account::AccountStatus;
use domain::id::AccountId;
use domain::{Result, Time};
use serde::{Deserialize, Serialize};

use super::Operators;
use super::envelope::{self, At, Fields};
use super::objects::{Wallet, kind};
use crate::dialect::{Text, Wire};
use crate::input::{Input, read_id};
use crate::routes::Routes;

#[derive(Serialize)]
struct Subject<'a> {
    id: Text,
    name: &'a str,
    kind: &'static str,
    status: &'static str,
    reason: Option<&'a str>,
}

fn subject(shown: &Shown) -> Answer {
    let account = &shown.account;
    let subject = Subject {
        id: Text::of(account.id),
        name: &account.display_name,
        kind: kind(account.kind),
        status: match account.status {
            AccountStatus::Active => "active",
            AccountStatus::Banned => "suspended",
        },
        reason: account.ban_reason.as_deref(),
    };
    envelope::single(200, "subject", &subject)
}

#[derive(Default, Deserialize)]
struct SuspendIn {
    reason: Option<String>,
}

impl Wire<Operators> for Ban {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let SuspendIn { reason } = input.json_or_default()?;
        Ok(Self {
            account: AccountId(input.id("id")),
            reason,
        })
    }

    fn encode(shown: Shown, _: Time) -> Answer {
        subject(&shown)
    }
}

impl Wire<Operators> for Unban {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            account: AccountId(input.id("id")),
        })
    }

    fn encode(shown: Shown, _: Time) -> Answer {
        subject(&shown)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AdjustIn {
    #[serde(alias = "subjectId")]
    account_id: String,
    credits: i64,
    reason: String,
}

impl Wire<Operators> for Adjust {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let AdjustIn {
            account_id,
            credits,
            reason,
        } = input.json()?;
        Ok(Self {
            account: read_id("accountId", &account_id)?,
            credits,
            reason,
        })
    }

    fn encode((account, credits): (AccountId, Credits), _: Time) -> Answer {
        Fields::new()
            .with("accountId", &Text::of(account))
            .with("wallet", &Wallet::of(&credits))
            .answer(200)
    }
}

#[derive(Serialize)]
struct Invariant {
    says: &'static str,
    violations: i64,
}

impl Wire<Operators> for Verify {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(findings: Vec<Finding>, _: Time) -> Answer {
        let invariants = findings
            .into_iter()
            .map(|Finding { says, violations }| Invariant { says, violations });
        let invariants: Vec<_> = invariants.collect();
        let is_sound = invariants.iter().all(|held| held.violations == 0);
        Fields::new()
            .with("ok", &is_sound)
            .with("invariants", &invariants)
            .answer(200)
    }
}

#[derive(Deserialize)]
struct AdvanceIn {
    seconds: i64,
}

impl Wire<Operators> for Advance {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let AdvanceIn { seconds } = input.json()?;
        Ok(Self { seconds })
    }

    fn encode(now: Time, _: Time) -> Answer {
        envelope::single(200, "now", &At(now))
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    Routes::default()
        .post::<Operators, Ban>("/api/v1/admin/subjects/{id}/suspend")
        .post::<Operators, Unban>("/api/v1/admin/subjects/{id}/unsuspend")
        .post::<Operators, Adjust>("/api/v1/admin/credits/adjust")
        .get::<Operators, Verify>("/api/v1/admin/ledger/verify")
        .post::<Operators, Advance>("/api/v1/admin/clock/advance")
}
