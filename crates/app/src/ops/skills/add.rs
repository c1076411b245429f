//! Skills are not fetched from elsewhere: what agents are told comes from
//! their own people.

use domain::{Error, Result};

use crate::{Cx, Op};

/// Asks for skills of somebody else's repository.
#[derive(Clone, Copy, Debug)]
pub struct Add;

impl Op for Add {
    type Output = ();
    operation!("skills.add", Host, Reads);

    async fn run(self, _: &mut Cx<'_>) -> Result<()> {
        Err(Error::invalid(
            "not_available",
            "this server fetches no skills from elsewhere: read them and send each with POST /skills/create",
        ))
    }
}
