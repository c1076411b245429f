//! Edits of one entry in the document of a mission (Polpo 2.9). Every one
//! answers the whole mission.

use std::marker::PhantomData;

use app::Answer;
use app::ops::missions::{
    Add, Change, Checkpoints, Delays, Notify, Part, QualityGates, RemoveEntry, Reorder, Tasks, Team,
};
use domain::{Error, Result, Time};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::missions::{id, mission};
use super::{Polpo, answer, both};
use crate::dialect::Wire;
use crate::input::Input;
use crate::routes::Routes;

impl<D: Polpo, P: Part> Wire<D> for Add<P> {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            mission: id(input),
            entry: input.json()?,
            part: PhantomData,
        })
    }

    fn encode(edited: Value, _: Time) -> Answer {
        answer::<D>(201, &mission::<D>(edited))
    }
}

impl<D: Polpo, P: Part> Wire<D> for Change<P> {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            mission: id(input),
            name: input.param("name").to_owned(),
            fields: input.json()?,
            part: PhantomData,
        })
    }

    fn encode(edited: Value, _: Time) -> Answer {
        answer::<D>(200, &mission::<D>(edited))
    }
}

impl<D: Polpo, P: Part> Wire<D> for RemoveEntry<P> {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            mission: id(input),
            name: input.param("name").to_owned(),
            part: PhantomData,
        })
    }

    fn encode(edited: Value, _: Time) -> Answer {
        answer::<D>(200, &mission::<D>(edited))
    }
}

impl<D: Polpo> Wire<D> for Reorder {
    fn decode(input: &Input<'_>) -> Result<Self> {
        #[derive(Deserialize)]
        struct In {
            titles: Vec<String>,
        }
        let In { titles } = input.json()?;
        Ok(Self {
            mission: id(input),
            titles,
        })
    }

    fn encode(edited: Value, _: Time) -> Answer {
        answer::<D>(200, &mission::<D>(edited))
    }
}

impl<D: Polpo> Wire<D> for Notify {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let mut body: Map<String, Value> = input.json()?;
        let notifications = body.remove("notifications").ok_or_else(|| {
            Error::field(
                "notifications",
                "is required: an object, or null for nothing",
            )
        })?;
        Ok(Self {
            mission: id(input),
            notifications,
        })
    }

    fn encode(edited: Value, _: Time) -> Answer {
        answer::<D>(200, &mission::<D>(edited))
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        put "/missions/{id}/tasks/reorder" => Reorder;
        put "/missions/{id}/notifications" => Notify;
        post "/missions/{id}/tasks" => Add<Tasks>;
        patch "/missions/{id}/tasks/{name}" => Change<Tasks>;
        delete "/missions/{id}/tasks/{name}" => RemoveEntry<Tasks>;
        post "/missions/{id}/checkpoints" => Add<Checkpoints>;
        patch "/missions/{id}/checkpoints/{name}" => Change<Checkpoints>;
        delete "/missions/{id}/checkpoints/{name}" => RemoveEntry<Checkpoints>;
        post "/missions/{id}/delays" => Add<Delays>;
        patch "/missions/{id}/delays/{name}" => Change<Delays>;
        delete "/missions/{id}/delays/{name}" => RemoveEntry<Delays>;
        post "/missions/{id}/quality-gates" => Add<QualityGates>;
        patch "/missions/{id}/quality-gates/{name}" => Change<QualityGates>;
        delete "/missions/{id}/quality-gates/{name}" => RemoveEntry<QualityGates>;
        post "/missions/{id}/team" => Add<Team>;
        patch "/missions/{id}/team/{name}" => Change<Team>;
        delete "/missions/{id}/team/{name}" => RemoveEntry<Team>;
    }
}
