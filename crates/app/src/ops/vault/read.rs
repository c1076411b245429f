//! What an agent at work gets from the vault: its own credentials alone.

use domain::event::Happening;
use domain::id::EnvironmentId;
use domain::policy::Actor;
use domain::{Error, Result};
use store::tables::vault;

use super::seal::{Key, Place};
use super::{Fields, Meta, record, unknown};
use crate::{App, Cx, Op};

/// Opens a credential of an agent, for it to use.
#[derive(Clone, Debug)]
pub struct Read {
    /// Where.
    pub environment: EnvironmentId,
    /// Whose.
    pub agent: String,
    /// For what.
    pub service: String,
    /// The key of the vault, put in before the transaction.
    pub key: Option<Key>,
}

/// An open credential.
#[derive(Clone, Debug)]
pub struct Credential {
    /// What may be known of it.
    pub meta: Meta,
    /// Its fields with their values.
    pub fields: Fields,
}

impl Op for Read {
    type Output = Credential;
    operation!("vault.read", Maintain, Writes);
    const PREPARES: bool = true;

    async fn prepare(mut self, app: &App, _: &Actor) -> Result<Self> {
        self.key = Some(app.vault_key()?);
        Ok(self)
    }

    async fn run(self, cx: &mut Cx<'_>) -> Result<Credential> {
        let environment = self.environment;
        let entry = vault::find(cx.tx, environment, &self.agent, &self.service).await?;
        let entry = entry.ok_or_else(|| unknown(&self.agent, &self.service))?;
        let place = Place {
            environment,
            agent: &self.agent,
            service: &self.service,
        };
        let key = self.key.ok_or_else(Error::internal)?;
        let fields = key.open(&place, &entry.sealed)?;
        let subject = (self.agent.as_str(), self.service.as_str());
        record(cx, environment, Happening::VaultRead, subject, "read").await?;
        Ok(Credential {
            meta: Meta::of(entry),
            fields,
        })
    }
}

/// Lists the credentials of an agent at work.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Where.
    pub environment: EnvironmentId,
    /// Whose.
    pub agent: String,
}

impl Op for Stored {
    type Output = Vec<Meta>;
    operation!("vault.stored", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Meta>> {
        let entries = vault::list(cx.tx, self.environment, &self.agent).await?;
        Ok(entries.into_iter().map(Meta::of).collect())
    }
}
