//! Somebody reviewed a pull request: those whose tickets name it are told
//! (OpenPod 4.1).

use domain::event::Happening;
use domain::repository::PullRequest;
use domain::{Result, limits, text};
use serde_json::json;
use store::tables::repositories;

use super::naming::recipients;
use super::once::{Fingerprint, is_new};
use crate::{Cx, Op};

/// Records it, for every project linked to the repository.
#[derive(Clone, Debug)]
pub(super) struct Reviewed {
    pub(super) pull: PullRequest,
    pub(super) state: String,
    pub(super) reviewer: String,
    pub(super) body: String,
    pub(super) delivery: Fingerprint,
}

impl Op for Reviewed {
    type Output = ();
    operation!("repositories.reviewed", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        if !is_new(cx, self.delivery).await? {
            return Ok(());
        }
        let body = text::cut(self.body, limits::REVIEW_CHARS);
        for link in repositories::linked_to(cx.tx, &self.pull.repository).await? {
            let pulls = std::slice::from_ref(&self.pull);
            let facts = json!({
                "review_state": self.state,
                "reviewer": self.reviewer,
                "pr_url": self.pull.to_string(),
                "pr_number": self.pull.number,
                "body": body,
                "recipients": recipients(cx, link.project, pulls).await?,
            });
            let what = Happening::RepositoryReviewSubmitted;
            cx.record_inside(link.project, what, link.project, facts)
                .await?;
        }
        Ok(())
    }
}
