//! What can be talked to: hosted agents and models, in one list, because
//! OpenAI clients know no other (Polpo 2.6).

use domain::policy::Actor;
use domain::{Error, Result, Time};
use store::tables::hosted;

use crate::{App, Cx, Errand, Op};

/// Something that can be named as the model of a chat.
#[derive(Clone, Debug)]
pub struct Model {
    /// How it is named.
    pub id: String,
    /// When it was made; nothing where that is not known.
    pub created_at: Time,
    /// The provider; nothing for an agent.
    pub provider: Option<String>,
}

/// Lists them.
#[derive(Clone, Copy, Debug)]
pub struct List;

/// Finds one.
#[derive(Clone, Debug)]
pub struct Find {
    /// How it is named.
    pub id: String,
}

impl Errand for List {
    type Output = Vec<Model>;
    operation!("models.list", Host, Reads);

    async fn run(self, app: &App, actor: &Actor) -> Result<Vec<Model>> {
        let mut models = app.call(actor, Agents).await?;
        models.extend(app.agents()?.models().into_iter().map(model));
        Ok(models)
    }
}

impl Errand for Find {
    type Output = Model;
    operation!("models.find", Host, Reads);

    async fn run(self, app: &App, actor: &Actor) -> Result<Model> {
        let listed = List.run(app, actor).await?;
        if let Some(found) = listed.into_iter().find(|model| model.id == self.id) {
            return Ok(found);
        }
        match app.agents()?.check(&self.id) {
            Ok(()) => Ok(model(self.id)),
            Err(error) => Err(Error::not_found(error.code, error.message)),
        }
    }
}

fn model(id: String) -> Model {
    let provider = id.split_once(['/', ':']);
    let provider = provider.map(|(provider, _)| provider.to_owned());
    Model {
        provider: provider.or_else(|| Some(id.clone())),
        created_at: Time::default(),
        id,
    }
}

/// The agents of an environment.
#[derive(Clone, Copy, Debug)]
struct Agents;

impl Op for Agents {
    type Output = Vec<Model>;
    operation!("models.agents", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Model>> {
        let environment = cx.actor.environment()?;
        let agents = hosted::list(cx.tx, environment).await?.into_iter();
        let model = |agent: hosted::Agent| Model {
            id: agent.name,
            created_at: agent.created_at,
            provider: None,
        };
        Ok(agents.map(model).collect())
    }
}
