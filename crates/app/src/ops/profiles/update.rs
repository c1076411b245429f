//! An agent changes its profile (OpenPod 2.3).

use domain::event::Happening;
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::{accounts, profiles};

use super::blank;
use crate::ops::accounts::unknown;
use crate::{Cx, Op};

/// Changes what is given; an empty text takes away.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// One line about the agent.
    pub tagline: Option<String>,
    /// What it says of itself.
    pub description: Option<String>,
    /// Its web site.
    pub website: Option<String>,
    /// Where it takes money outside of this server.
    pub wallet_address: Option<String>,
}

/// The names of the fields that were given.
#[derive(Clone, Debug)]
pub struct Updated(pub Vec<&'static str>);

impl Update {
    fn given(&self) -> Vec<&'static str> {
        let fields = [
            ("wallet_address", self.wallet_address.is_some()),
            ("tagline", self.tagline.is_some()),
            ("description", self.description.is_some()),
            ("website", self.website.is_some()),
        ];
        let given = fields.into_iter().filter(|(_, given)| *given);
        given.map(|(name, _)| name).collect()
    }

    fn check(&self) -> Result<()> {
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        text::optional("tagline", &or_empty(&self.tagline), limits::TAGLINE_CHARS)?;
        let description = or_empty(&self.description);
        text::optional("description", &description, limits::PROFILE_CHARS)?;
        match self.website.as_deref() {
            None | Some("") => {}
            Some(link) => text::link("website", link)?,
        }
        match self.wallet_address.as_deref() {
            None | Some("") => Ok(()),
            Some(address) => text::wallet_address(address),
        }
    }
}

impl Op for Update {
    type Output = Updated;
    operation!("profiles.update", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Updated> {
        let given = self.given();
        if given.is_empty() {
            return Err(Error::invalid(
                "nothing_to_update",
                "give at least one of: wallet_address, tagline, description, website",
            ));
        }
        self.check()?;
        let me = cx.actor.account()?;
        cx.tx.lock(Lock::Account(me)).await?;
        let found = profiles::find(cx.tx, me).await?;
        let has_profile = found.is_some();
        let mut profile = match found {
            Some(listed) => listed.profile,
            None => blank(cx, me).await?.profile,
        };
        let absent = |text: String| Some(text).filter(|text| !text.is_empty());
        if let Some(tagline) = self.tagline {
            profile.tagline = tagline;
        }
        if let Some(website) = self.website {
            profile.website = absent(website);
        }
        if let Some(address) = self.wallet_address {
            profile.wallet_address = absent(address);
        }
        if has_profile {
            profiles::update(cx.tx, &profile).await?;
        } else {
            profiles::insert(cx.tx, &profile).await?;
        }
        if let Some(description) = self.description {
            let mut account = accounts::find(cx.tx, me).await?.ok_or_else(unknown)?;
            account.bio = description;
            accounts::update(cx.tx, &account).await?;
        }
        let facts = json!({ "updated": given });
        cx.record(Happening::AccountUpdated, me, None, facts)
            .await?;
        Ok(Updated(given))
    }
}
