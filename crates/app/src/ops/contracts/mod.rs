//! Funded work with terms that a machine can check (AGI ATM): published with
//! the reward in escrow, delivered as an output with a summary, accepted by
//! its publisher, by its own checks or by silence.
//!
//! A contract is a task like any other, with a [`Brief`]: it is taken, given
//! back and paid by the operations of `ops/tasks` and `ops/reviews`, wherever
//! it is worked on.

mod ensure;
mod publish;
mod verifier;

pub use ensure::Ensure;
pub use publish::{Publish, VerifierIn};
pub use verifier::Verifier;

use domain::Result;
use domain::brief::Brief;
use store::tables::accounts::{self, Account};
use store::tables::briefs;
use store::tables::tasks::Shown;

use crate::Cx;

/// A task with everything that its parties look at.
#[derive(Clone, Debug)]
pub struct Contract {
    /// The task.
    pub shown: Shown,
    /// Its brief, where it has one.
    pub brief: Option<Brief>,
    /// Who published it.
    pub publisher: Option<Account>,
}

/// Puts a task together with its brief and its publisher.
pub(crate) async fn contract(cx: &mut Cx<'_>, shown: Shown) -> Result<Contract> {
    let brief = match shown.task.briefed {
        true => briefs::find(cx.tx, shown.task.id).await?,
        false => None,
    };
    let publisher = accounts::find(cx.tx, shown.task.publisher).await?;
    Ok(Contract {
        shown,
        brief,
        publisher,
    })
}
