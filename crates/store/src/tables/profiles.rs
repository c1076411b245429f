//! Profiles: what the directory says of an agent beyond its account, and the
//! skills it is found by.

use domain::id::AccountId;
use domain::{Error, Result, Time};

use crate::{Row, Sql, Tx, Val, lists};

/// A profile as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Whose it is.
    pub account: AccountId,
    /// The name in the directory, unique in any letter case.
    pub name: String,
    /// One line about the agent.
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
    /// The sum of its ratings, in stars.
    pub rating_sum: i64,
    /// How many there are.
    pub rating_count: i64,
    /// When it was made.
    pub created_at: Time,
}

impl Profile {
    /// Its average rating in hundredths of a star, rounded half up; 0 without
    /// ratings.
    pub fn rating_hundredths(&self) -> i64 {
        let sum = self.rating_sum.saturating_mul(100);
        sum.saturating_add(self.rating_count / 2)
            .checked_div(self.rating_count)
            .unwrap_or(0)
    }
}

/// A profile with what the directory shows of its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The profile.
    pub profile: Profile,
    /// The account's name, by which links find it.
    pub handle: String,
    /// What it says of itself.
    pub bio: String,
    /// Tasks it completed.
    pub completed_tasks: i64,
}

/// Which profiles a directory shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only with one of these skills; with none given, any.
    pub skills: Vec<String>,
    /// Only with this provider.
    pub provider: Option<String>,
    /// Only with this autonomy.
    pub autonomy: Option<String>,
    /// Only rated this well, in hundredths of a star.
    pub rating: i64,
    /// Only at most this dear, in cents.
    pub price: Option<i64>,
}

macro_rules! listed {
    () => {
        "select p.account, p.name, p.tagline, p.skills, p.provider, p.model, p.autonomy, p.pricing_type, \
         p.pricing_cents, p.website, p.avatar_url, p.wallet_address, p.details, p.rating_sum, p.rating_count, \
         p.created_at, a.handle, a.bio, a.completed_tasks from profiles p join accounts a on a.id = p.account "
    };
}

macro_rules! filtered {
    () => {
        "p.rating_rank >= $1 and (p.provider = $2 or cast($3 as bigint) = 1) and (p.autonomy = $4 or cast($5 as bigint) = 1) \
         and (p.pricing_cents <= $6 or cast($7 as bigint) = 1) and a.status = 'active' "
    };
}

statements! {
    FIND = concat!(listed!(), "where p.account = $1");
    FIND_BY_NAME = concat!(listed!(), "where p.name_key = $1");
    LIST = concat!(listed!(), "where ", filtered!(), "order by p.rating_rank desc, p.account limit $8 offset $9");
    LIST_SKILLED = concat!(listed!(), "where ", filtered!(), "and exists (select 1 from skills s where s.owner = p.account \
        and s.skill in ($8, $9, $10, $11, $12, $13, $14, $15)) order by p.rating_rank desc, p.account limit $16 offset $17");
    INSERT = "insert into profiles (account, name, name_key, tagline, skills, provider, model, autonomy, pricing_type, \
        pricing_cents, website, avatar_url, wallet_address, details, rating_sum, rating_count, rating_rank, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, 0, 0, $15) on conflict do nothing";
    UPDATE = "update profiles set tagline = $1, website = $2, wallet_address = $3 where account = $4";
    SET_SKILLS = "update profiles set skills = $1 where account = $2";
    DROP_SKILL = "delete from skills where skill = $1 and owner = $2";
    ADD_SKILL = "insert into skills (skill, owner) values ($1, $2) on conflict do nothing";
}

/// Skills that one list may ask for.
pub const SKILLS_ASKED: usize = 8;

fn read(row: &Row<'_>) -> Result<Listed> {
    Ok(Listed {
        profile: Profile {
            account: row.id(0)?,
            name: row.text(1)?,
            tagline: row.text(2)?,
            skills: lists::split(row, 3)?,
            provider: row.opt_text(4)?,
            model: row.opt_text(5)?,
            autonomy: row.opt_text(6)?,
            pricing_type: row.opt_text(7)?,
            pricing_cents: row.opt_int(8)?,
            website: row.opt_text(9)?,
            avatar_url: row.opt_text(10)?,
            wallet_address: row.opt_text(11)?,
            details: row.text(12)?,
            rating_sum: row.int(13)?,
            rating_count: row.int(14)?,
            created_at: row.time(15)?,
        },
        handle: row.text(16)?,
        bio: row.text(17)?,
        completed_tasks: row.int(18)?,
    })
}

/// The profile of an account.
pub async fn find(tx: &mut Tx, account: AccountId) -> Result<Option<Listed>> {
    tx.row(FIND, vec![Val::id(account)], read).await
}

/// The profile with this name, in any letter case.
pub async fn find_by_name(tx: &mut Tx, name: &str) -> Result<Option<Listed>> {
    tx.row(FIND_BY_NAME, vec![name.to_lowercase().into()], read)
        .await
}

/// A stretch of the directory, the best rated first.
pub async fn list(tx: &mut Tx, filter: &Filter, rows: u32, offset: i64) -> Result<Vec<Listed>> {
    let Filter {
        skills,
        provider,
        autonomy,
        rating,
        price,
    } = filter;
    let mut params: Vec<Val> = vec![
        (*rating).into(),
        provider.clone().unwrap_or_default().into(),
        i64::from(provider.is_none()).into(),
        autonomy.clone().unwrap_or_default().into(),
        i64::from(autonomy.is_none()).into(),
        price.unwrap_or(0).into(),
        i64::from(price.is_none()).into(),
    ];
    let sql: Sql = if skills.is_empty() {
        LIST
    } else {
        params.extend(asked(skills));
        LIST_SKILLED
    };
    params.extend([Val::from(rows), Val::from(offset)]);
    tx.rows(sql, params, read).await
}

/// Adds a profile and its skills.
///
/// # Errors
/// `Conflict` when the name or the wallet address is taken.
pub async fn insert(tx: &mut Tx, profile: &Profile) -> Result<()> {
    let Profile {
        account,
        name,
        tagline,
        skills,
        provider,
        model,
        autonomy,
        pricing_type,
        pricing_cents,
        website,
        avatar_url,
        wallet_address,
        details,
        rating_sum: _,
        rating_count: _,
        created_at,
    } = profile;
    let params = vec![
        Val::id(*account),
        name.into(),
        name.to_lowercase().into(),
        tagline.into(),
        lists::joined(skills),
        provider.clone().into(),
        model.clone().into(),
        autonomy.clone().into(),
        pricing_type.clone().into(),
        (*pricing_cents).into(),
        website.clone().into(),
        avatar_url.clone().into(),
        wallet_address.clone().into(),
        details.into(),
        (*created_at).into(),
    ];
    tx.write_or(INSERT, params, || {
        Error::conflict(
            "name_taken",
            "this name (or this wallet address) belongs to another agent: choose another one",
        )
    })
    .await?;
    add_skills(tx, Val::id(*account), skills).await
}

/// The skills a list asks for, as the parameters of its statement.
pub(crate) fn asked(skills: &[String]) -> impl Iterator<Item = Val> {
    let cycled = skills.iter().cycle().take(SKILLS_ASKED);
    cycled.map(|skill| Val::from(skill.to_lowercase()))
}

/// Makes an agent or a position be found by its skills.
pub(crate) async fn add_skills(tx: &mut Tx, owner: Val, skills: &[String]) -> Result<()> {
    for skill in skills {
        let params = vec![skill.to_lowercase().into(), owner.clone()];
        tx.write(ADD_SKILL, params).await?;
    }
    Ok(())
}

/// Puts other skills in the place of an agent's.
pub async fn set_skills(tx: &mut Tx, profile: &Profile, skills: &[String]) -> Result<()> {
    let account = Val::id(profile.account);
    for skill in &profile.skills {
        let params = vec![skill.to_lowercase().into(), account.clone()];
        tx.write(DROP_SKILL, params).await?;
    }
    let params = vec![lists::joined(skills), account.clone()];
    tx.write(SET_SKILLS, params).await?;
    add_skills(tx, account, skills).await
}

/// Writes what an agent may change about its profile.
pub async fn update(tx: &mut Tx, profile: &Profile) -> Result<()> {
    let params = vec![
        (&profile.tagline).into(),
        profile.website.clone().into(),
        profile.wallet_address.clone().into(),
        Val::id(profile.account),
    ];
    tx.write(UPDATE, params).await
}
