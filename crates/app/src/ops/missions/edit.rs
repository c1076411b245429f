//! One entry of a mission's document is added, changed or removed (Polpo 2.9).
//!
//! **Invariant:** an edit that would leave a document that cannot be executed
//! changes nothing.

use std::marker::PhantomData;

use domain::id::MissionId;
use domain::{Error, Result};
use serde_json::{Map, Value};

use super::entries::{Part, Tasks, ensure_free, follow, list, merge, place, put};
use super::{locked, opened, plan, save, shown};
use crate::ops::environments;
use crate::{Cx, Op};

/// Adds an entry.
#[derive(Clone, Debug)]
pub struct Add<P> {
    /// To which mission.
    pub mission: MissionId,
    /// The entry, as it came.
    pub entry: Map<String, Value>,
    /// To which list.
    pub part: PhantomData<P>,
}

impl<P: Part> Op for Add<P> {
    type Output = Value;
    operation!("missions.add", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let entry = self.entry;
        edit(cx, self.mission, |document| {
            let mut entries = list::<P>(document);
            if let Some(name) = entry.get(P::NAME).and_then(Value::as_str) {
                ensure_free::<P>(&entries, name)?;
            }
            let entry = entry.into_iter().filter(|(_, value)| !value.is_null());
            entries.push(Value::Object(entry.collect()));
            put::<P>(document, entries);
            Ok(())
        })
        .await
    }
}

/// Changes an entry.
#[derive(Clone, Debug)]
pub struct Change<P> {
    /// Of which mission.
    pub mission: MissionId,
    /// Its name or title.
    pub name: String,
    /// What to change, as it came; null takes a field away.
    pub fields: Map<String, Value>,
    /// Of which list.
    pub part: PhantomData<P>,
}

impl<P: Part> Op for Change<P> {
    type Output = Value;
    operation!("missions.change", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let Self { name, fields, .. } = self;
        edit(cx, self.mission, |document| {
            let mut entries = list::<P>(document);
            let at = place::<P>(&entries, &name)?;
            let new = fields.get(P::NAME).and_then(Value::as_str);
            let new = new.filter(|new| *new != name);
            if let Some(new) = new {
                ensure_free::<P>(&entries, new)?;
            }
            if let Some(entry) = entries.get_mut(at) {
                merge(entry, &fields);
            }
            put::<P>(document, entries);
            if let Some(new) = new.filter(|_| P::KEY == Tasks::KEY) {
                follow(document, &name, Some(new));
            }
            Ok(())
        })
        .await
    }
}

/// Removes an entry.
#[derive(Clone, Debug)]
pub struct Remove<P> {
    /// Of which mission.
    pub mission: MissionId,
    /// Its name or title.
    pub name: String,
    /// Of which list.
    pub part: PhantomData<P>,
}

impl<P: Part> Op for Remove<P> {
    type Output = Value;
    operation!("missions.remove_entry", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        edit(cx, self.mission, |document| {
            let mut entries = list::<P>(document);
            let at = place::<P>(&entries, &self.name)?;
            entries.remove(at);
            put::<P>(document, entries);
            if P::KEY == Tasks::KEY {
                follow(document, &self.name, None);
            }
            Ok(())
        })
        .await
    }
}

/// Puts the tasks into another order.
#[derive(Clone, Debug)]
pub struct Reorder {
    /// Of which mission.
    pub mission: MissionId,
    /// Every title, once.
    pub titles: Vec<String>,
}

impl Op for Reorder {
    type Output = Value;
    operation!("missions.reorder", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        edit(cx, self.mission, |document| {
            let mut entries = list::<Tasks>(document);
            let mut ordered = Vec::with_capacity(entries.len());
            for title in &self.titles {
                let at = place::<Tasks>(&entries, title).map_err(|_| incomplete())?;
                ordered.push(entries.remove(at));
            }
            if !entries.is_empty() {
                return Err(incomplete());
            }
            put::<Tasks>(document, ordered);
            Ok(())
        })
        .await
    }
}

fn incomplete() -> Error {
    Error::field("titles", "must name every task of the mission once")
}

/// Says who is told what about a mission.
#[derive(Clone, Debug)]
pub struct Notify {
    /// Which mission.
    pub mission: MissionId,
    /// `{rules, inherit?}`, or null for nothing of its own.
    pub notifications: Value,
}

impl Op for Notify {
    type Output = Value;
    operation!("missions.notify", Host, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Value> {
        let environment = environments::own(cx).await?;
        let mut mission = locked(cx, &environment, self.mission).await?;
        let mut document = plan::stored(&mission.plan)?.document;
        let mut fields = opened(&mission);
        for place in [&mut document, &mut fields] {
            match &self.notifications {
                Value::Null => place.remove("notifications"),
                said => place.insert("notifications".into(), said.clone()),
            };
        }
        mission.plan = plan::check(document)?.written();
        mission.document = Value::Object(fields).to_string();
        save(cx, &mut mission).await?;
        Ok(shown(&mission))
    }
}

/// Changes the document of a mission and checks it; answers the mission.
async fn edit(
    cx: &mut Cx<'_>,
    id: MissionId,
    change: impl FnOnce(&mut Map<String, Value>) -> Result<()> + Send,
) -> Result<Value> {
    let environment = environments::own(cx).await?;
    let mut mission = locked(cx, &environment, id).await?;
    let mut document = plan::stored(&mission.plan)?.document;
    change(&mut document)?;
    mission.plan = plan::check(document)?.written();
    save(cx, &mut mission).await?;
    Ok(shown(&mission))
}
