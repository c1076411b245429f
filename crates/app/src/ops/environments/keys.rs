//! The keys of an environment: further ones, new ones, fewer.

use domain::id::KeyId;
use domain::{Error, Result};
use store::Lock;
use store::tables::environments::{Environment, Side};
use store::tables::keys as table;

use super::{key_prefix, named, own};
use crate::ops::keys::{self, Issued, withdraw};
use crate::{Cx, Op, Secret};

/// Mints a further key for one side of a project.
#[derive(Clone, Debug)]
pub struct Issue {
    /// The project's name.
    pub project: String,
    /// Which side.
    pub side: Side,
}

impl Op for Issue {
    type Output = Issued;
    operation!("environments.issue_key", Administer, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Issued> {
        let environment = named(cx, &self.project, self.side).await?;
        cx.tx.lock(Lock::Account(environment.id.into())).await?;
        mint(cx, &environment).await
    }
}

/// Takes a key of a project away.
#[derive(Clone, Debug)]
pub struct Revoke {
    /// The project's name.
    pub project: String,
    /// The key.
    pub key: KeyId,
}

impl Op for Revoke {
    type Output = ();
    operation!("environments.revoke_key", Administer, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        for side in Side::ALL {
            let account = named(cx, &self.project, side).await?.id.into();
            cx.tx.lock(Lock::Account(account)).await?;
            if table::owner(cx.tx, self.key).await? == Some(account) {
                return withdraw(cx, account, self.key).await;
            }
        }
        Err(Error::not_found(
            "key_not_found",
            "this project has no key of this id that works",
        ))
    }
}

/// Replaces the key that was shown by a new one.
#[derive(Clone, Debug)]
pub struct Rotate;

impl Op for Rotate {
    type Output = Secret;
    operation!("environments.rotate_key", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Secret> {
        let environment = own(cx).await?;
        let account = environment.id.into();
        cx.tx.lock(Lock::Account(account)).await?;
        if let Some(key) = cx.actor.key() {
            withdraw(cx, account, key).await?;
        }
        Ok(mint(cx, &environment).await?.key)
    }
}

async fn mint(cx: &mut Cx<'_>, environment: &Environment) -> Result<Issued> {
    let account = environment.id.into();
    let (id, key) = keys::mint(cx, account, key_prefix(environment.side), "project").await?;
    Ok(Issued { account, id, key })
}
