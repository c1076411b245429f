//! Skills are read.

use domain::Result;
use store::tables::skills;

use super::{Shelf, Skill, found, holders};
use crate::{Cx, Op};

/// Lists the skills of a shelf, by name.
#[derive(Clone, Debug)]
pub struct List {
    /// Which.
    pub shelf: Shelf,
}

impl Op for List {
    type Output = Vec<Skill>;
    operation!("skills.list", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Skill>> {
        let environment = cx.actor.environment()?;
        let all = skills::list(cx.tx, environment, self.shelf).await?;
        let holders = match self.shelf {
            Shelf::Agents => holders(cx, environment).await?,
            Shelf::Orchestrator => Vec::new(),
        };
        let shown = all.into_iter().map(|skill| {
            let of_it = holders.iter().filter(|(_, name)| *name == skill.name);
            let agents = of_it.map(|(agent, _)| agent.clone()).collect();
            Skill::of(skill, agents)
        });
        Ok(shown.collect())
    }
}

/// Lists tags and categories of the skills of a shelf, by name.
#[derive(Clone, Debug)]
pub struct Index {
    /// Which.
    pub shelf: Shelf,
}

impl Op for Index {
    type Output = Vec<Skill>;
    operation!("skills.index", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Skill>> {
        let environment = cx.actor.environment()?;
        let all = skills::list(cx.tx, environment, self.shelf).await?;
        Ok(all
            .into_iter()
            .map(|skill| Skill::of(skill, Vec::new()))
            .collect())
    }
}

/// Shows one skill with what it says.
#[derive(Clone, Debug)]
pub struct Get {
    /// On which shelf.
    pub shelf: Shelf,
    /// Its name.
    pub name: String,
}

impl Op for Get {
    type Output = Skill;
    operation!("skills.get", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Skill> {
        let environment = cx.actor.environment()?;
        let skill = found(cx, environment, self.shelf, &self.name).await?;
        let holders = match self.shelf {
            Shelf::Agents => holders(cx, environment).await?,
            Shelf::Orchestrator => Vec::new(),
        };
        let of_it = holders.into_iter().filter(|(_, name)| *name == self.name);
        Ok(Skill::of(skill, of_it.map(|(agent, _)| agent).collect()))
    }
}
