//! A project that hosts agents is made, with two environments and a key for
//! each.

use domain::account::AccountKind;
use domain::event::Happening;
use domain::id::ProjectId;
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::tables::environments::{self, Environment, Side};
use store::tables::hosted::{self, Team};
use store::tables::{accounts, projects};

use super::key_prefix;
use crate::ops::accounts::{Opening, found, free_handle};
use crate::ops::keys;
use crate::{Cx, Op, Secret};

/// The team that agents join who name none (Polpo 2.10).
pub(crate) const FIRST_TEAM: &str = "default";

/// Makes a project.
#[derive(Clone, Debug)]
pub struct Create {
    /// Its name: small letters, digits and hyphens.
    pub name: String,
}

/// A project with its keys, shown this once.
#[derive(Clone, Debug)]
pub struct Created {
    /// The project.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// The key of the live environment.
    pub live: Secret,
    /// The key of the sandbox.
    pub test: Secret,
}

impl Op for Create {
    type Output = Created;
    operation!("environments.create", Administer, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Created> {
        let name = check(&self.name)?;
        if !environments::by_name(cx.tx, &name).await?.is_empty() {
            return Err(taken());
        }
        let project = cx.id();
        let owner = match cx.actor.account() {
            Ok(owner) => owner,
            Err(_) => accounts::find_operator(cx.tx)
                .await?
                .map_or(domain::id::AccountId(domain::id::PLATFORM), |operator| {
                    operator.id
                }),
        };
        let about = "Hosts agents.".to_owned();
        projects::insert_built_in(cx.tx, project, owner, (name.clone(), about), cx.now).await?;
        let live = open(cx, project, &name, Side::Live).await?;
        let test = open(cx, project, &name, Side::Test).await?;
        Ok(Created {
            project,
            name,
            live,
            test,
        })
    }
}

/// Makes one side of a project and its first key.
async fn open(cx: &mut Cx<'_>, project: ProjectId, name: &str, side: Side) -> Result<Secret> {
    let (kind, wanted) = match side {
        Side::Live => (AccountKind::Environment, name.to_owned()),
        Side::Test => (AccountKind::Sandbox, format!("{name}-test")),
    };
    let opening = Opening {
        kind,
        owner: None,
        handle: free_handle(cx, &wanted, "project").await?,
        display_name: wanted,
        bio: String::new(),
    };
    let account = found(cx, opening).await?.id;
    let environment = Environment {
        id: account.into(),
        project,
        name: name.to_owned(),
        side,
        settings: "{}".into(),
        budget: None,
        spent: 0,
        created_at: cx.now,
    };
    environments::insert(cx.tx, &environment).await?;
    let team = Team {
        name: FIRST_TEAM.into(),
        description: String::new(),
        created_at: cx.now,
    };
    hosted::insert_team(cx.tx, environment.id, &team).await?;
    let facts = json!({ "name": name, "environment": side.as_str() });
    cx.record_hosted(
        environment.id,
        Happening::EnvironmentCreated,
        environment.id,
        facts,
    )
    .await?;
    let (_, key) = keys::mint(cx, account, key_prefix(side), "project").await?;
    Ok(key)
}

fn check(name: &str) -> Result<String> {
    let name = name.trim().to_lowercase();
    text::required("name", &name, limits::NAME_CHARS)?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.chars().all(fits) || name.starts_with('-') || name.ends_with('-') {
        return Err(Error::field(
            "name",
            "must be made of letters, digits and hyphens, such as my-project",
        ));
    }
    Ok(name)
}

fn taken() -> Error {
    Error::conflict(
        "name_taken",
        "there is a project of this name already: choose another, or rotate its keys if they were lost",
    )
}
