//! The log is told of a change of a file.

use domain::Result;
use domain::event::Happening;
use domain::id::EnvironmentId;
use serde_json::json;

use crate::{Cx, Op};

domain::words! {
    /// What happened to a file or folder.
    pub enum Action {
        /// It was made.
        Created = "created",
        /// It was changed.
        Modified = "modified",
        /// It was given another name.
        Renamed = "renamed",
        /// It was removed.
        Deleted = "deleted",
    }
}

/// Notes that files changed. Only the server does, once they have.
#[derive(Clone, Debug)]
pub struct Note {
    /// Where.
    pub environment: EnvironmentId,
    /// The paths of the files, and what happened to each.
    pub changes: Vec<(String, Action)>,
    /// Who did it: `api`, or the name of an agent.
    pub source: String,
}

impl Op for Note {
    type Output = ();
    operation!("files.note", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let Self {
            environment,
            changes,
            source,
        } = self;
        for (path, action) in changes {
            let dir = path.rsplit_once('/').map_or(".", |(dir, _)| dir);
            let facts =
                json!({ "path": path, "dir": dir, "action": action.as_str(), "source": source });
            cx.record_hosted(environment, Happening::FileChanged, environment, facts)
                .await?;
        }
        Ok(())
    }
}
