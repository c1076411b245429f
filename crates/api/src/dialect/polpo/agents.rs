//! Hosted agents and their teams (Polpo 2.10).

use app::ops::hosted::{
    Add, AddTeam, Avatar, Collect, Earnings, Edit, Get, GetTeam, List, Remove, RemoveAvatar,
    RemoveTeam, RenameTeam, SetAvatar, TeamShown, Teams, Wallet, shown,
};
use app::tables::hosted::Agent;
use app::{Answer, Content, Reply};
use domain::{Error, Result, Time};
use serde::Deserialize;
use serde_json::{Value, json};

use super::form::Form;
use super::{Polpo, answer, both, changed};
use crate::calendar::IsoMillis;
use crate::dialect::{ErrandWire, Wire};
use crate::input::Input;
use crate::routes::Routes;

impl<D: Polpo> Wire<D> for List {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(agents: Vec<Agent>, _: Time) -> Answer {
        answer::<D>(200, &agents.iter().map(shown).collect())
    }
}

impl<D: Polpo> Wire<D> for Get {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            name: input.param("name").to_owned(),
        })
    }

    fn encode(agent: Agent, _: Time) -> Answer {
        answer::<D>(200, &shown(&agent))
    }
}

#[derive(Deserialize)]
struct AddIn {
    name: String,
    team: Option<String>,
}

impl<D: Polpo> Wire<D> for Add {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (AddIn { name, team }, fields) = input.json_and_rest()?;
        let asked = input.query("team").map(|team| team.into_owned());
        Ok(Self {
            name,
            team: asked.or(team),
            fields,
        })
    }

    fn encode(agent: Agent, _: Time) -> Answer {
        changed::<D>(201, &json!({ "added": true }), &shown(&agent))
    }
}

#[derive(Deserialize)]
struct EditIn {
    team: Option<String>,
}

impl<D: Polpo> Wire<D> for Edit {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (EditIn { team }, fields) = input.json_and_rest()?;
        Ok(Self {
            name: input.param("name").to_owned(),
            team,
            fields,
        })
    }

    fn encode(agent: Agent, _: Time) -> Answer {
        answer::<D>(200, &shown(&agent))
    }
}

impl<D: Polpo> Wire<D> for Remove {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            name: input.param("name").to_owned(),
        })
    }

    fn encode((): (), _: Time) -> Answer {
        answer::<D>(200, &json!({ "removed": true }))
    }
}

/// A team and its agents.
pub(super) fn team(TeamShown { team, agents }: &TeamShown) -> Value {
    let mut out = json!({
        "id": team.name,
        "name": team.name,
        "agents": agents.iter().map(shown).collect::<Vec<_>>(),
    });
    if !team.description.is_empty() {
        out["description"] = json!(team.description);
    }
    out
}

impl<D: Polpo> Wire<D> for Teams {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(teams: Vec<TeamShown>, _: Time) -> Answer {
        answer::<D>(200, &teams.iter().map(team).collect())
    }
}

impl<D: Polpo> Wire<D> for GetTeam {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            name: input.query("name").map(|name| name.into_owned()),
        })
    }

    fn encode(found: Option<TeamShown>, _: Time) -> Answer {
        answer::<D>(200, &found.as_ref().map_or(Value::Null, team))
    }
}

#[derive(Deserialize)]
struct TeamIn {
    name: String,
    description: Option<String>,
}

impl<D: Polpo> Wire<D> for AddTeam {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let TeamIn { name, description } = input.json()?;
        Ok(Self {
            name,
            description: description.unwrap_or_default(),
        })
    }

    fn encode(added: TeamShown, _: Time) -> Answer {
        changed::<D>(201, &json!({ "added": true }), &team(&added))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RenameIn {
    old_name: String,
    name: String,
}

impl<D: Polpo> Wire<D> for RenameTeam {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let RenameIn { old_name, name } = input.json()?;
        Ok(Self {
            from: old_name,
            to: name,
        })
    }

    fn encode(renamed: TeamShown, _: Time) -> Answer {
        answer::<D>(200, &team(&renamed))
    }
}

impl<D: Polpo> Wire<D> for RemoveTeam {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            name: input.param("name").to_owned(),
        })
    }

    fn encode((): (), _: Time) -> Answer {
        answer::<D>(200, &json!({ "removed": true }))
    }
}

fn earnings(earnings: &Earnings) -> Value {
    let Earnings { account, credits } = earnings;
    json!({
        "id": account.map(|id| id.to_string()),
        "available": credits.available,
        "pending": credits.pending,
        "nextAvailableAt": credits.next_available_at.map(|at| IsoMillis(at).to_string()),
    })
}

impl<D: Polpo> Wire<D> for Wallet {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            agent: input.param("name").to_owned(),
        })
    }

    fn encode(earned: Earnings, _: Time) -> Answer {
        answer::<D>(200, &earnings(&earned))
    }
}

impl<D: Polpo> Wire<D> for Collect {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            agent: input.param("name").to_owned(),
        })
    }

    fn encode(earned: Earnings, _: Time) -> Answer {
        answer::<D>(200, &earnings(&earned))
    }
}

impl<D: Polpo> Wire<D> for SetAvatar {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let mut files = Form::read(input)?.files.into_iter();
        let (Some(file), None) = (files.next(), files.next()) else {
            return Err(Error::field("file", "must be one file"));
        };
        Ok(Self {
            agent: input.param("name").to_owned(),
            media: file.media,
            image: file.bytes.to_vec(),
            path: input.parts.uri.path().to_owned(),
        })
    }

    fn encode(path: String, _: Time) -> Answer {
        answer::<D>(200, &json!({ "avatar": path }))
    }
}

impl<D: Polpo> Wire<D> for RemoveAvatar {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            agent: input.param("name").to_owned(),
        })
    }

    fn encode((): (), _: Time) -> Answer {
        answer::<D>(200, &json!({ "avatar": null }))
    }
}

impl<D: Polpo> ErrandWire<D> for Avatar {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            agent: input.param("name").to_owned(),
        })
    }

    fn encode((media, image): (String, Vec<u8>), _: Time) -> Reply {
        // A picture may hold scripts, which a browser must not run as ours.
        let headers = [
            ("x-content-type-options", "nosniff"),
            (
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            ),
        ];
        Reply {
            status: 200,
            headers: headers
                .map(|(name, value)| (name.into(), value.to_owned()))
                .to_vec(),
            content: Content::Raw {
                media,
                bytes: image.into(),
            },
        }
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        get "/agents" => List;
        post "/agents" => Add;
        get "/agents/{name}" => Get;
        patch "/agents/{name}" => Edit;
        delete "/agents/{name}" => Remove;
        get_errand "/agents/{name}/avatar" => Avatar;
        post "/agents/{name}/avatar" => SetAvatar;
        delete "/agents/{name}/avatar" => RemoveAvatar;
        get "/agents/{name}/wallet" => Wallet;
        post "/agents/{name}/wallet/collect" => Collect;
        get "/agents/teams" => Teams;
        post "/agents/teams" => AddTeam;
        delete "/agents/teams/{name}" => RemoveTeam;
        get "/agents/team" => GetTeam;
        patch "/agents/team" => RenameTeam;
    }
}
