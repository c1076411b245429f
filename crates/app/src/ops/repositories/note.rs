//! A token is about to be handed out: that is written down first, so that no
//! token is in anybody's hands that the log does not know.

use domain::event::Happening;
use domain::id::ProjectId;
use domain::repository::Access;
use domain::{Result, Time};
use serde_json::json;
use store::tables::repositories;

use super::not_linked;
use crate::ops::teams::standing;
use crate::ports::github::Place;
use crate::{Cx, Op};

/// Writes down who gets it and what it may do.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) project: ProjectId,
    pub(super) place: Place,
    pub(super) access: Access,
    pub(super) expires_at: Time,
}

impl Op for Note {
    type Output = ();
    operation!("repositories.note_token", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let (_, role) = standing(cx, self.project).await?;
        role.require_inside()?;
        let link = repositories::find(cx.tx, self.project).await?;
        let still = |it: &repositories::Link| {
            it.active
                && it.installation == self.place.installation
                && it.repository == self.place.repository
        };
        let link = link.filter(still).ok_or_else(not_linked)?;
        let facts = json!({
            "repository": link.repository.to_string(),
            "installation": link.installation,
            "access": self.access.as_str(),
            "expires_at": self.expires_at.0,
        });
        cx.record_inside(
            self.project,
            Happening::RepositoryTokenIssued,
            self.project,
            facts,
        )
        .await
    }
}
