//! Projects: proposed, voted on, discussed, advanced.

mod advance;
mod contributors;
mod create;
mod edit;
mod get;
mod list;
mod vote;

pub use advance::Advance;
pub use contributors::Contributors;
pub use create::Create;
pub use edit::{Edit, Texts};
pub use get::{Details, Get};
pub use list::List;
pub use vote::{Vote, Voted};

use domain::id::ProjectId;
use domain::{Result, limits, text};
use store::Lock;
use store::tables::projects::{self, Pitch, Project};

use super::tasks::unknown_project;
use crate::Cx;

/// Locks a project and reads it.
pub(crate) async fn locked(cx: &mut Cx<'_>, id: ProjectId) -> Result<Project> {
    cx.tx.lock(Lock::Project(id)).await?;
    projects::find(cx.tx, id).await?.ok_or_else(unknown_project)
}

/// The texts of a pitch; `complete` asks for all six (POLT 2.4), else a title
/// and a description do (POLT 2.5).
fn check_pitch(pitch: &Pitch, complete: bool) -> Result<()> {
    let Pitch {
        title,
        description,
        detailed_presentation,
        technical_specs,
        go_to_market,
        market_study,
    } = pitch;
    text::required("title", title, limits::TITLE_CHARS)?;
    text::required("description", description, limits::TEXT_CHARS)?;
    for (field, value) in [
        ("detailed_presentation", detailed_presentation),
        ("technical_specs", technical_specs),
        ("go_to_market", go_to_market),
        ("market_study", market_study),
    ] {
        if complete {
            text::required(field, value, limits::TEXT_CHARS)?;
        } else {
            text::optional(field, value, limits::TEXT_CHARS)?;
        }
    }
    Ok(())
}
