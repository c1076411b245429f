//! A credential is stored.

use domain::event::Happening;
use domain::policy::Actor;
use domain::{Error, Result, limits, text};
use store::Lock;
use store::tables::vault::{self, Entry};

use super::seal::{Key, Place};
use super::{Fields, Meta, Sort, check_fields, check_place, names, record};
use crate::ops::environments::own;
use crate::{App, Cx, Op};

/// Stores a credential, in the place of one for the same service.
#[derive(Clone, Debug)]
pub struct Save {
    /// Whose it is.
    pub agent: String,
    /// For what.
    pub service: String,
    /// Of which sort.
    pub sort: Sort,
    /// What people call it.
    pub label: Option<String>,
    /// Its fields.
    pub fields: Fields,
    /// The key of the vault, put in before the transaction.
    pub key: Option<Key>,
}

impl Op for Save {
    type Output = Meta;
    operation!("vault.save", Host, Writes);
    const PREPARES: bool = true;

    async fn prepare(mut self, app: &App, _: &Actor) -> Result<Self> {
        self.key = Some(app.vault_key()?);
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Meta> {
        let environment = own(cx).await?.id;
        check_place(&self.agent, &self.service)?;
        text::optional(
            "label",
            self.label.as_deref().unwrap_or(""),
            limits::TITLE_CHARS,
        )?;
        check_fields(&self.fields)?;
        cx.tx.lock(Lock::Environment(environment)).await?;
        let known = vault::find(cx.tx, environment, &self.agent, &self.service).await?;
        if known.is_none() && vault::count(cx.tx, environment).await? >= limits::VAULT_ENTRIES {
            return Err(full());
        }
        let place = Place {
            environment,
            agent: &self.agent,
            service: &self.service,
        };
        let key = self.key.ok_or_else(Error::internal)?;
        let entry = Entry {
            sealed: key.seal(&place, &self.fields, cx.random())?,
            environment,
            agent: self.agent,
            service: self.service,
            sort: self.sort,
            label: self.label,
            fields: names(&self.fields),
            created_at: known.map_or(cx.now, |known| known.created_at),
            updated_at: cx.now,
        };
        vault::put(cx.tx, &entry).await?;
        let subject = (entry.agent.as_str(), entry.service.as_str());
        record(cx, environment, Happening::VaultWritten, subject, "saved").await?;
        Ok(Meta::of(entry))
    }
}

fn full() -> Error {
    Error::conflict(
        "vault_full",
        format!(
            "there are {} credentials already: remove one first",
            limits::VAULT_ENTRIES
        ),
    )
}
