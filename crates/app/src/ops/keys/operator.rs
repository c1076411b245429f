//! At start the server makes sure that it has an operator, and that the key
//! set in the configuration is the operator's.

use domain::Result;
use domain::account::{AccountKind, AccountStatus};
use domain::event::Happening;
use domain::id::AccountId;
use serde_json::json;
use store::Lock;
use store::tables::accounts::{self, Account};
use store::tables::keys::{self, Key, Labelled};
use subtle::ConstantTimeEq;

use super::{CONFIGURED, mint, new_key, put, withdraw};
use crate::{Cx, Op, Secret, secret};

/// The operator's name at every door; at the bounty board it is the CTO
/// (POLT section 1).
const HANDLE: &str = "openpolt";
const DISPLAY_NAME: &str = "OpenPOLT";
/// Marks a key that was generated because there was none.
const GENERATED: &str = "generated at start";

/// Makes the operator's account when there is none, and its key.
#[derive(Clone)]
pub struct EnsureOperator {
    /// The key from the configuration, if one is set.
    pub configured: Option<String>,
    /// How a generated key begins.
    pub prefix: &'static str,
}

impl Op for EnsureOperator {
    /// The key that was generated, when one had to be: shown this once.
    type Output = Option<Secret>;
    operation!("keys.ensure_operator", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Option<Secret>> {
        let operator = match accounts::find_operator(cx.tx).await? {
            Some(operator) => operator.id,
            None => create(cx).await?.id,
        };
        cx.tx.lock(Lock::Account(operator)).await?;
        if let Some(configured) = &self.configured {
            configure(cx, operator, secret::hash(configured)).await?;
            return Ok(None);
        }
        // A key that was configured once goes on working, so that a command
        // that does not know the setting takes nothing away.
        if !keys::active(cx.tx, operator).await?.is_empty() {
            return Ok(None);
        }
        Ok(Some(mint(cx, operator, self.prefix, GENERATED).await?.1))
    }
}

/// Makes the key with this hash the only configured one.
async fn configure(cx: &mut Cx<'_>, operator: AccountId, hash: [u8; 32]) -> Result<()> {
    match withdraw_others(cx, operator, hash).await? {
        Some(kept) if kept.works => Ok(()),
        Some(kept) => {
            keys::restore(cx.tx, operator, hash, CONFIGURED).await?;
            let facts = json!({ "key": kept.id.to_string(), "label": CONFIGURED });
            cx.record(Happening::KeyIssued, operator, None, facts).await
        }
        None => {
            let id = cx.id();
            let key = new_key(cx, id, operator, hash, CONFIGURED);
            put(
                cx,
                &Key {
                    made_up: true,
                    ..key
                },
            )
            .await
        }
    }
}

/// Revokes the configured keys but the one with this hash, which is answered.
async fn withdraw_others(
    cx: &mut Cx<'_>,
    operator: AccountId,
    keep: [u8; 32],
) -> Result<Option<Labelled>> {
    let mut kept = None;
    for key in keys::labelled(cx.tx, operator, CONFIGURED).await? {
        if bool::from(keep.as_slice().ct_eq(&key.hash)) {
            kept = Some(key);
        } else if key.works {
            withdraw(cx, operator, key.id).await?;
        }
    }
    Ok(kept)
}

async fn create(cx: &mut Cx<'_>) -> Result<Account> {
    let operator = Account {
        id: cx.id(),
        kind: AccountKind::Operator,
        handle: HANDLE.into(),
        display_name: DISPLAY_NAME.into(),
        bio: "Runs this server: publishes and reviews work.".into(),
        status: AccountStatus::Active,
        ban_reason: None,
        completed_tasks: 0,
        owner: None,
        created_at: cx.now,
    };
    accounts::insert(cx.tx, &operator).await?;
    cx.record(
        Happening::AccountRegistered,
        operator.id,
        None,
        json!({ "username": HANDLE }),
    )
    .await?;
    Ok(operator)
}
