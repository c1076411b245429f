//! Whether an environment's budget allows one more call of a model.

use domain::id::EnvironmentId;
use domain::{Error, Kind, Result};
use store::tables::environments::Environment;

use crate::ops::environments::found;
use crate::{Cx, Op};

/// Asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Afford {
    /// Where.
    pub environment: EnvironmentId,
}

impl Op for Afford {
    type Output = ();
    operation!("runs.afford", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        afford(&found(cx, self.environment).await?)
    }
}

/// As [`Afford`], where the environment is known.
pub(crate) fn afford(environment: &Environment) -> Result<()> {
    match environment.budget {
        Some(budget) if environment.spent >= budget => Err(Error::new(
            Kind::Insufficient,
            "budget_exhausted",
            format!(
                "this project has spent its budget of {budget} credits for models: the operator can raise it"
            ),
        )),
        _ => Ok(()),
    }
}
