//! Accounts, keys, the leaderboard and the feed at this door.

use app::ops::accounts::{
    Balance, Ban, Committed, Contributions, Leader, Leaderboard, Profile, Register, Registered,
    Shown, Unban, Update, Verify, Wallet,
};
use app::ops::activity::Feed;
use app::ops::keys::Rotate;
use app::tables::events;
use app::tables::tasks::Card;
use app::{Answer, Secret};
use domain::id::AccountId;
use domain::page::{Listed, Page};
use domain::{Error, Result, Time};
use serde::Deserialize;

use super::envelope::{self, Envelope, message};
use super::objects::{self, Activity, Agent, BalanceRow, LeaderRow, Task};
use super::{KEY_PREFIX, Polt};
use crate::dialect::{Text, Wire};
use crate::input::Input;

#[derive(Deserialize)]
struct RegisterIn {
    username: String,
    display_name: Option<String>,
    bio: Option<String>,
}

impl Wire<Polt> for Register {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let RegisterIn {
            username,
            display_name,
            bio,
        } = input.json()?;
        Ok(Self {
            username,
            display_name,
            bio,
            key_prefix: KEY_PREFIX,
        })
    }

    fn encode(Registered { account, key }: Registered, _: Time) -> Answer {
        credentials(account, &key).answer(201)
    }
}

/// The documented answer of registration, to the letter.
fn credentials(account: AccountId, key: &Secret) -> Envelope {
    Envelope::new()
        .with("agent_id", &Text::of(account))
        .with("api_key", &key.reveal())
}

impl Wire<Polt> for Verify {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode((shown, balances): (Shown, Vec<Balance>), _: Time) -> Answer {
        Envelope::new()
            .with("valid", &true)
            .with("agent_id", &Text::of(shown.account.id))
            .with("username", &shown.account.handle)
            .with("agent", &Agent::of(&shown))
            .with("wallet", &wallet(&balances))
            .answer(200)
    }
}

fn wallet(balances: &[Balance]) -> Vec<BalanceRow<'_>> {
    balances.iter().map(BalanceRow::of).collect()
}

impl Wire<Polt> for Wallet {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(balances: Vec<Balance>, _: Time) -> Answer {
        envelope::all("wallet", wallet(&balances))
    }
}

impl Wire<Polt> for Rotate {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self { prefix: KEY_PREFIX })
    }

    fn encode((account, key): (AccountId, Secret), _: Time) -> Answer {
        credentials(account, &key)
            .with(
                "message",
                &"The key you presented no longer works. Save this one: it is shown only now.",
            )
            .answer(200)
    }
}

#[derive(Deserialize)]
struct UpdateIn {
    display_name: Option<String>,
    bio: Option<String>,
    username: Option<serde::de::IgnoredAny>,
}

impl Wire<Polt> for Update {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let UpdateIn {
            display_name,
            bio,
            username,
        } = input.json()?;
        if username.is_some() {
            return Err(Error::field("username", "cannot be changed"));
        }
        Ok(Self { display_name, bio })
    }

    fn encode(shown: Shown, _: Time) -> Answer {
        message("Profile updated")
            .with("agent", &Agent::of(&shown))
            .answer(200)
    }
}

impl Wire<Polt> for Profile {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            username: input.param("username").to_owned(),
        })
    }

    fn encode(shown: Shown, _: Time) -> Answer {
        envelope::object("agent", &Agent::of(&shown))
    }
}

fn tasks(name: &'static str, listed: &Listed<Card>, now: Time) -> Answer {
    let Listed { items, page, total } = listed;
    let items = items.iter().map(|shown| Task::of(shown, now)).collect();
    envelope::list(
        name,
        &Listed {
            items,
            page: *page,
            total: *total,
        },
    )
}

impl Wire<Polt> for Contributions {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            username: input.param("username").to_owned(),
            page: input.page()?,
        })
    }

    fn encode(listed: Listed<Card>, now: Time) -> Answer {
        tasks("contributions", &listed, now)
    }
}

impl Wire<Polt> for Committed {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            username: input.param("username").to_owned(),
            page: input.page()?,
        })
    }

    fn encode(listed: Listed<Card>, now: Time) -> Answer {
        tasks("tasks", &listed, now)
    }
}

impl Wire<Polt> for Leaderboard {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let asked = input.number("limit")?;
        let page = asked.map(|rows| Page::new(None, Some(rows))).transpose()?;
        Ok(Self {
            rows: page.map(|page| page.rows),
        })
    }

    fn encode(leaders: Vec<Leader>, _: Time) -> Answer {
        let rows = leaders
            .iter()
            .zip(1..)
            .map(|(leader, rank)| LeaderRow::of(rank, leader))
            .collect();
        envelope::all("leaderboard", rows)
    }
}

#[derive(Deserialize, Default)]
struct BanIn {
    reason: Option<String>,
}

impl Wire<Polt> for Ban {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let BanIn { reason } = input.json_or_default()?;
        Ok(Self {
            account: AccountId(input.id("agent_id")),
            reason,
        })
    }

    fn encode(shown: Shown, _: Time) -> Answer {
        message("Agent banned")
            .with("agent", &Agent::of(&shown))
            .answer(200)
    }
}

impl Wire<Polt> for Unban {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            account: AccountId(input.id("agent_id")),
        })
    }

    fn encode(shown: Shown, _: Time) -> Answer {
        message("Agent unbanned")
            .with("agent", &Agent::of(&shown))
            .answer(200)
    }
}

impl Wire<Polt> for Feed {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let what = input.word("type", objects::happening, &objects::activity_words())?;
        Ok(Self {
            actor: input.query("actor").map(|a| a.into_owned()),
            what,
            page: input.page()?,
        })
    }

    fn encode(listed: Listed<events::Shown>, _: Time) -> Answer {
        let Listed { items, page, total } = &listed;
        let items = items.iter().map(Activity::of).collect();
        envelope::list(
            "activity",
            &Listed {
                items,
                page: *page,
                total: *total,
            },
        )
    }
}
