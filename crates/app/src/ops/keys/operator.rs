//! At start the server makes sure that it has an operator, and that the key
//! set in the configuration is the operator's.

use domain::Result;
use domain::account::{AccountKind, AccountStatus};
use domain::event::Happening;
use serde_json::json;
use store::Lock;
use store::tables::accounts::{self, Account};
use store::tables::keys;
use subtle::ConstantTimeEq;

use super::{CONFIGURED, mint, store_key, withdraw};
use crate::{Cx, Op, Secret, secret};

/// The operator's name at every door; at the bounty board it is the CTO
/// (POLT section 1).
const HANDLE: &str = "openpolt";
const DISPLAY_NAME: &str = "OpenPOLT";

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
        let (operator, is_new) = match accounts::find_operator(cx.tx).await? {
            Some(operator) => (operator, false),
            None => (create(cx).await?, true),
        };
        cx.tx.lock(Lock::Account(operator.id)).await?;
        let before = keys::labelled(cx.tx, operator.id, CONFIGURED).await?;
        let wanted = self.configured.as_deref().map(secret::hash);
        let mut is_there = false;
        for (key, hash) in before {
            if wanted.is_some_and(|wanted| bool::from(wanted.ct_eq(&hash))) {
                is_there = true;
            } else {
                withdraw(cx, operator.id, key).await?;
            }
        }
        match wanted {
            Some(hash) if !is_there => {
                store_key(cx, operator.id, hash, CONFIGURED).await?;
                Ok(None)
            }
            None if is_new => Ok(Some(
                mint(cx, operator.id, self.prefix, "first start").await?.1,
            )),
            _ => Ok(None),
        }
    }
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
