//! Approve or reject, where a caller says which.

use domain::Result;

use super::{Approve, Reject, Reviewed};
use crate::{Cx, Op};

/// Approves or rejects a submission.
#[derive(Clone, Debug)]
pub enum Decide {
    /// It passes.
    Approve(Approve),
    /// It does not.
    Reject(Reject),
}

impl Op for Decide {
    type Output = Reviewed;
    operation!("reviews.decide", Review, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Reviewed> {
        match self {
            Self::Approve(approve) => approve.run(cx).await,
            Self::Reject(reject) => reject.run(cx).await,
        }
    }
}
