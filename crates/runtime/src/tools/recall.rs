//! What an agent remembers, and what it is trusted with.

use app::ops::memory::{Append, Recall, Remember};
use app::ops::vault::{Read, Stored};
use domain::Result;
use domain::policy::Actor;
use serde_json::{Map, Value, json};

use super::Kit;
use super::args::Args;

impl Kit {
    /// Whose memory is meant: nobody's where it is the shared one.
    fn scope(&self, args: &Args<'_>) -> Result<Option<String>> {
        let scope = args.word("scope", &["own", "shared"])?;
        Ok((scope != Some("shared")).then(|| self.agent.to_string()))
    }

    pub(super) async fn recall(&self, args: &Args<'_>) -> Result<String> {
        let (environment, agent) = (self.environment, self.scope(args)?);
        let recall = Recall { environment, agent };
        let memory = self.app.call(&Actor::System, recall).await?;
        let content = memory.content.filter(|content| !content.is_empty());
        Ok(content.unwrap_or_else(|| "[nothing is remembered]".into()))
    }

    pub(super) async fn remember(&self, args: &Args<'_>) -> Result<String> {
        let remember = Remember {
            environment: self.environment,
            agent: self.scope(args)?,
            content: args.required("content")?.to_owned(),
        };
        self.app.call(&Actor::System, remember).await?;
        Ok("remembered".into())
    }

    pub(super) async fn append(&self, args: &Args<'_>) -> Result<String> {
        let append = Append {
            environment: self.environment,
            agent: self.scope(args)?,
            content: args.required("content")?.to_owned(),
        };
        self.app.call(&Actor::System, append).await?;
        Ok("remembered".into())
    }

    pub(super) async fn vault_get(&mut self, args: &Args<'_>) -> Result<String> {
        let read = Read {
            environment: self.environment,
            agent: self.agent.to_string(),
            service: args.required("service")?.to_owned(),
            key: None,
        };
        let credential = self.app.call(&Actor::System, read).await?;
        let mut fields = Map::new();
        for (name, value) in credential.fields {
            self.mask.add(&name, &value.0);
            fields.insert(name, Value::String(value.0));
        }
        let sort = credential.meta.sort.as_str();
        Ok(json!({ "type": sort, "credentials": fields }).to_string())
    }

    pub(super) async fn vault_list(&self) -> Result<String> {
        let stored = Stored {
            environment: self.environment,
            agent: self.agent.to_string(),
        };
        let entries = self.app.call(&Actor::System, stored).await?;
        let entries = entries.iter().map(|meta| {
            json!({ "service": meta.service, "type": meta.sort.as_str(), "label": meta.label, "keys": meta.fields })
        });
        Ok(Value::Array(entries.collect()).to_string())
    }
}
