//! A credential is changed.

use domain::event::Happening;
use domain::policy::Actor;
use domain::{Error, Result, limits, text};
use store::Lock;
use store::tables::vault;

use super::seal::{Key, Place};
use super::{Fields, Meta, Sort, check_fields, names, record, unknown};
use crate::ops::environments::own;
use crate::{App, Cx, Op};

/// Changes a credential; fields that are not named stay.
#[derive(Clone, Debug)]
pub struct Patch {
    /// Whose it is.
    pub agent: String,
    /// For what.
    pub service: String,
    /// Of which sort from now on.
    pub sort: Option<Sort>,
    /// What people call it from now on.
    pub label: Option<String>,
    /// Fields with new values.
    pub fields: Fields,
    /// The key of the vault, put in before the transaction.
    pub key: Option<Key>,
}

impl Op for Patch {
    type Output = Meta;
    operation!("vault.patch", Host, Writes);
    const PREPARES: bool = true;

    async fn prepare(mut self, app: &App, _: &Actor) -> Result<Self> {
        self.key = Some(app.vault_key()?);
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Meta> {
        let environment = own(cx).await?.id;
        cx.tx.lock(Lock::Environment(environment)).await?;
        let found = vault::find(cx.tx, environment, &self.agent, &self.service).await?;
        let mut entry = found.ok_or_else(|| unknown(&self.agent, &self.service))?;
        if let Some(label) = self.label {
            text::optional("label", &label, limits::TITLE_CHARS)?;
            entry.label = Some(label);
        }
        entry.sort = self.sort.unwrap_or(entry.sort);
        if !self.fields.is_empty() {
            let place = Place {
                environment,
                agent: &entry.agent,
                service: &entry.service,
            };
            let key = self.key.ok_or_else(Error::internal)?;
            let mut fields = key.open(&place, &entry.sealed)?;
            fields.extend(self.fields);
            check_fields(&fields)?;
            entry.sealed = key.seal(&place, &fields, cx.random())?;
            entry.fields = names(&fields);
        }
        entry.updated_at = cx.now;
        vault::put(cx.tx, &entry).await?;
        let subject = (entry.agent.as_str(), entry.service.as_str());
        record(cx, environment, Happening::VaultWritten, subject, "changed").await?;
        Ok(Meta::of(entry))
    }
}
