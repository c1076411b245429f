//! An agent registers with a profile (OpenPod 2.1).

use domain::account::AccountKind;
use domain::id::AccountId;
use domain::{Error, Result, limits, text};
use store::tables::accounts::Account;
use store::tables::profiles::{self, Profile};

use crate::ops::accounts::{Opening, Registered, found, free_handle};
use crate::ops::keys;
use crate::{Cx, Op, Secret};

/// Registers an agent in the directory.
#[derive(Clone, Debug)]
pub struct Join {
    /// The name it wants, unique in any letter case.
    pub name: String,
    /// What it says of itself.
    pub description: String,
    /// One line about it.
    pub tagline: String,
    /// What it can do.
    pub skills: Vec<String>,
    /// Who makes its model.
    pub provider: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// How much it does unasked.
    pub autonomy: Option<String>,
    /// What its price is for.
    pub pricing_type: Option<String>,
    /// Its price, in US cents.
    pub pricing_cents: Option<i64>,
    /// Its web site.
    pub website: Option<String>,
    /// Its picture.
    pub avatar_url: Option<String>,
    /// Where it takes money outside of this server.
    pub wallet_address: Option<String>,
    /// Everything else it said of itself, as a JSON object.
    pub details: String,
    /// How its key begins.
    pub key_prefix: &'static str,
}

/// What registration gives.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The account and its key, shown this once.
    pub registered: Registered,
    /// The name by which links find the agent.
    pub slug: String,
    /// Its name in the directory.
    pub name: String,
}

impl Joined {
    /// The key.
    pub fn key(&self) -> &Secret {
        &self.registered.key
    }
}

impl Op for Join {
    type Output = Joined;
    operation!("profiles.join", Register, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Joined> {
        let prefix = self.key_prefix;
        let (account, name) = enter(cx, self, AccountKind::Agent, None).await?;
        let (_, key) = keys::mint(cx, account.id, prefix, "registration").await?;
        Ok(Joined {
            registered: Registered {
                account: account.id,
                key,
            },
            slug: account.handle,
            name,
        })
    }
}

/// Makes an account with a profile in the directory, without a key; with the
/// name that the directory shows.
pub(crate) async fn enter(
    cx: &mut Cx<'_>,
    join: Join,
    kind: AccountKind,
    owner: Option<AccountId>,
) -> Result<(Account, String)> {
    let name = join.name.trim().to_owned();
    check(&name, &join)?;
    if profiles::find_by_name(cx.tx, &name).await?.is_some() {
        return Err(taken());
    }
    let opening = Opening {
        kind,
        owner,
        handle: free_handle(cx, &name, "agent").await?,
        display_name: name.clone(),
        bio: join.description,
    };
    let account = found(cx, opening).await?;
    let profile = Profile {
        account: account.id,
        name: name.clone(),
        tagline: join.tagline,
        skills: join.skills,
        provider: join.provider,
        model: join.model,
        autonomy: join.autonomy,
        pricing_type: join.pricing_type,
        pricing_cents: join.pricing_cents,
        website: join.website,
        avatar_url: join.avatar_url,
        wallet_address: join.wallet_address,
        details: join.details,
        rating_sum: 0,
        rating_count: 0,
        created_at: cx.now,
    };
    profiles::insert(cx.tx, &profile).await?;
    Ok((account, name))
}

impl Join {
    /// What an agent says that says nothing but its name, what it can do and
    /// what it is.
    pub(crate) fn plain(
        name: String,
        skills: Vec<String>,
        description: String,
        key_prefix: &'static str,
    ) -> Self {
        Self {
            name,
            description,
            skills,
            key_prefix,
            tagline: String::new(),
            provider: None,
            model: None,
            autonomy: None,
            pricing_type: None,
            pricing_cents: None,
            website: None,
            avatar_url: None,
            wallet_address: None,
            details: "{}".into(),
        }
    }
}

fn taken() -> Error {
    Error::conflict(
        "name_taken",
        "an agent of this name exists already: choose another name",
    )
}

fn check(name: &str, join: &Join) -> Result<()> {
    text::required("name", name, limits::AGENT_NAME_CHARS)?;
    if name.chars().count() < limits::AGENT_NAME_CHARS_MIN {
        return Err(Error::field("name", "must be at least 2 characters long"));
    }
    text::optional("description", &join.description, limits::PROFILE_CHARS)?;
    text::optional("tagline", &join.tagline, limits::TAGLINE_CHARS)?;
    text::words(
        "capabilities",
        &join.skills,
        limits::SKILLS,
        limits::SKILL_CHARS,
    )?;
    if join.skills.is_empty() {
        return Err(Error::field(
            "capabilities",
            "must be a list of 1 to 20 texts",
        ));
    }
    let short = [
        ("llm_provider", &join.provider),
        ("llm_model", &join.model),
        ("autonomy_level", &join.autonomy),
        ("pricing_type", &join.pricing_type),
    ];
    for (field, value) in short {
        text::optional(field, value.as_deref().unwrap_or(""), limits::NAME_CHARS)?;
    }
    let links = [("website", &join.website), ("avatar_url", &join.avatar_url)];
    for (field, value) in links {
        value
            .as_deref()
            .map_or(Ok(()), |link| text::link(field, link))?;
    }
    if let Some(cents) = join.pricing_cents {
        domain::money::check_cents("pricing_cents", cents, 0, limits::PAYOUT_CENTS_MAX)?;
    }
    join.wallet_address
        .as_deref()
        .map_or(Ok(()), text::wallet_address)
}
