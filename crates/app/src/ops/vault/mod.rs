//! The vault: credentials of hosted agents, sealed (Polpo 2.12).
//!
//! **Invariant:** values leave through [`Read`] alone, which no door binds, and
//! neither an event nor a log has one.

mod list;
mod patch;
mod read;
mod remove;
mod save;
mod seal;

pub use list::List;
pub use patch::Patch;
pub use read::{Credential, Read, Stored};
pub use remove::Remove;
pub use save::Save;
pub use seal::Key;
pub(crate) use seal::NONCE_BYTES;

use std::collections::BTreeMap;

use domain::event::Happening;
use domain::id::EnvironmentId;
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::tables::vault::Entry;

pub use store::tables::vault::Sort;

use crate::{Cx, Hidden};

/// The fields of a credential.
pub type Fields = BTreeMap<String, Hidden>;

/// What may be known of a credential without the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Whose it is.
    pub agent: String,
    /// For what.
    pub service: String,
    /// Of which sort.
    pub sort: Sort,
    /// What people call it.
    pub label: Option<String>,
    /// The names of its fields.
    pub fields: Vec<String>,
}

impl Meta {
    fn of(entry: Entry) -> Self {
        let Entry {
            environment: _,
            agent,
            service,
            sort,
            label,
            fields,
            sealed: _,
            created_at: _,
            updated_at: _,
        } = entry;
        Self {
            agent,
            service,
            sort,
            label,
            fields: serde_json::from_str(&fields).unwrap_or_default(),
        }
    }
}

fn check_place(agent: &str, service: &str) -> Result<()> {
    text::required("agent", agent, limits::AGENT_NAME_CHARS)?;
    text::required("service", service, limits::NAME_CHARS)?;
    // They stand in paths, out of which clients take these.
    for (field, name) in [("agent", agent), ("service", service)] {
        if matches!(name, "." | "..") {
            return Err(Error::field(field, "must not be '.' or '..'"));
        }
    }
    Ok(())
}

fn check_fields(fields: &Fields) -> Result<()> {
    if fields.len() > limits::VAULT_FIELDS {
        return Err(Error::field(
            "credentials",
            format!("must have at most {} fields", limits::VAULT_FIELDS),
        ));
    }
    for (name, value) in fields {
        text::required("credentials", name, limits::NAME_CHARS)?;
        text::optional("credentials", &value.0, limits::VAULT_VALUE_CHARS)?;
    }
    Ok(())
}

fn names(fields: &Fields) -> String {
    json!(fields.keys().collect::<Vec<_>>()).to_string()
}

fn unknown(agent: &str, service: &str) -> Error {
    Error::not_found(
        "vault_entry_not_found",
        format!("{agent} has no credential for {service}"),
    )
}

async fn record(
    cx: &mut Cx<'_>,
    environment: EnvironmentId,
    what: Happening,
    (agent, service): (&str, &str),
    action: &str,
) -> Result<()> {
    let facts = json!({ "agent": agent, "service": service, "action": action });
    cx.record_hosted(environment, what, environment, facts)
        .await
}
