//! The key of an environment is exchanged for a new one.

use app::ops::environments::Rotate;
use app::{Answer, Secret};
use domain::{Result, Time};
use serde_json::json;

use super::{Polpo, answer, both};
use crate::dialect::Wire;
use crate::input::Input;
use crate::routes::Routes;

impl<D: Polpo> Wire<D> for Rotate {
    fn decode(_: &Input<'_>) -> Result<Self> {
        Ok(Self)
    }

    fn encode(key: Secret, _: Time) -> Answer {
        answer::<D>(200, &json!({ "apiKey": key.reveal() }))
    }
}

/// Routes of this file.
pub(super) fn routes() -> Routes {
    both! {
        post "/keys/rotate" => Rotate;
    }
}
