//! Everything that an environment has, at once (Polpo 2.12).

use domain::Result;
use domain::page::Part;
use domain::policy::Actor;
use serde_json::Value;
use store::tables::jobs::Filter;

use super::{Config, Configured};
use crate::ops::jobs;
use crate::ports::agents::ProviderStanding;
use crate::{App, Cx, Errand, Op};

/// Shows an environment with its jobs and what runs in it.
#[derive(Clone, Debug)]
pub struct State;

/// An environment with its jobs and what runs in it.
#[derive(Clone, Debug)]
pub struct Standing {
    /// What is set in it, and its teams.
    pub configured: Configured,
    /// Its jobs.
    pub jobs: Vec<Value>,
    /// What runs.
    pub processes: Vec<Value>,
}

impl Op for State {
    type Output = Standing;
    operation!("environments.state", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Standing> {
        let configured = Config.run(cx).await?;
        let all = jobs::List {
            filter: Filter::default(),
            part: Part::default(),
        };
        Ok(Standing {
            configured,
            jobs: all.run(cx).await?,
            processes: jobs::Processes.run(cx).await?,
        })
    }
}

/// Tells which providers of models there are, and whether they have a key.
#[derive(Clone, Copy, Debug)]
pub struct Providers;

impl Errand for Providers {
    type Output = Vec<ProviderStanding>;
    operation!("environments.providers", Host, Reads);

    async fn run(self, app: &App, _: &Actor) -> Result<Vec<ProviderStanding>> {
        Ok(app.agents()?.providers())
    }
}
