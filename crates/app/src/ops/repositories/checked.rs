//! A check on a repository came to its end: those whose tickets name its pull
//! requests are told (OpenPod 4.1).

use domain::Result;
use domain::event::Happening;
use domain::repository::{PullRequest, Slug};
use serde_json::json;
use store::tables::repositories;

use super::naming::recipients;
use super::once::{Fingerprint, is_new};
use crate::{Cx, Op};

/// Records it, for every project linked to the repository.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    pub(super) repository: Slug,
    pub(super) name: String,
    pub(super) conclusion: String,
    pub(super) status: String,
    pub(super) pulls: Vec<PullRequest>,
    pub(super) delivery: Fingerprint,
}

impl Op for Checked {
    type Output = ();
    operation!("repositories.checked", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        if !is_new(cx, self.delivery).await? {
            return Ok(());
        }
        let links: Vec<_> = self.pulls.iter().map(ToString::to_string).collect();
        for link in repositories::linked_to(cx.tx, &self.repository).await? {
            let facts = json!({
                "check_name": self.name,
                "conclusion": self.conclusion,
                "status": self.status,
                "pr_urls": links,
                "recipients": recipients(cx, link.project, &self.pulls).await?,
            });
            let what = Happening::RepositoryCheckCompleted;
            cx.record_inside(link.project, what, link.project, facts)
                .await?;
        }
        Ok(())
    }
}
