//! What is set in an environment, and its log (Polpo 2.12).

use app::ops::environments::{Config, Configured, Providers, Set, Standing, State};
use app::ops::happenings::{Entries, Log, Logs};
use app::ports::agents::ProviderStanding;
use app::tables::events::Followed;
use app::{Answer, Reply};
use domain::{Result, Time};
use serde_json::{Map, Value, json};

use super::events::name;
use super::part::part;
use super::{Polpo, agents, answer, both};
use crate::calendar::IsoMillis;
use crate::dialect::{ErrandWire, Wire};
use crate::input::Input;
use crate::routes::Routes;

fn shown(configured: &Configured) -> Value {
    let Configured {
        environment,
        settings,
        teams,
    } = configured;
    json!({
        "id": environment.id.to_string(),
        "version": "1",
        "project": environment.name,
        "environment": environment.side.as_str(),
        "teams": teams.iter().map(agents::team).collect::<Vec<_>>(),
        "tasks": [],
        "settings": settings,
        "budget": environment.budget,
        "spent": environment.spent,
    })
}

impl<D: Polpo> Wire<D> for Config {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(configured: Configured, _: Time) -> Answer {
        answer::<D>(200, &shown(&configured))
    }
}

impl<D: Polpo> Wire<D> for Set {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let fields: Map<String, Value> = input.json_or_default()?;
        Ok(Self { fields })
    }

    fn encode(configured: Configured, _: Time) -> Answer {
        answer::<D>(200, &shown(&configured))
    }
}

impl<D: Polpo> Wire<D> for Logs {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(log: Log, _: Time) -> Answer {
        let Log {
            environment,
            entries,
        } = log;
        let id = environment.id.to_string();
        let log = json!({
            "id": id,
            "sessionId": id,
            "startedAt": IsoMillis(environment.created_at).to_string(),
            "entries": entries,
        });
        answer::<D>(200, &json!([log]))
    }
}

impl<D: Polpo> Wire<D> for Entries {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            log: input.param("id").to_owned(),
            part: part(input)?,
        })
    }

    fn encode(entries: Vec<Followed>, _: Time) -> Answer {
        let entries = entries.into_iter().filter_map(|entry| {
            let data: Value = serde_json::from_str(&entry.body).unwrap_or_default();
            Some(json!({
                "ts": IsoMillis(entry.at).to_string(),
                "event": name(entry.what)?,
                "data": data,
            }))
        });
        answer::<D>(200, &entries.collect())
    }
}

impl<D: Polpo> Wire<D> for State {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(standing: Standing, _: Time) -> Answer {
        let Standing {
            configured,
            jobs,
            processes,
        } = standing;
        let mut state = shown(&configured);
        state["tasks"] = jobs.into();
        state["processes"] = processes.into();
        state["startedAt"] = json!(IsoMillis(configured.environment.created_at).to_string());
        answer::<D>(200, &state)
    }
}

impl<D: Polpo> ErrandWire<D> for Providers {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(providers: Vec<ProviderStanding>, _: Time) -> Reply {
        let providers = providers.into_iter().map(|provider| {
            let standing = json!({
                "hasEnvKey": provider.has_key,
                "profiles": [],
                "oauthAvailable": false,
            });
            (provider.name, standing)
        });
        let providers: Map<String, Value> = providers.collect();
        answer::<D>(200, &json!({ "providers": providers })).into()
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        get "/config" => Config;
        get "/orchestrator-config" => Config;
        patch "/config/settings" => Set;
        post "/config/reload" => Set;
        get "/state" => State;
        get_errand "/auth/status" => Providers;
        get "/logs" => Logs;
        get "/logs/{id}" => Entries;
    }
}
