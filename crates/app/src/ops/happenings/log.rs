//! The log of an environment, as entries to read (Polpo 2.12).

use domain::page::Part;
use domain::{Result, limits};
use store::tables::environments::Environment;
use store::tables::events::{self, Followed};

use crate::ops::environments::own;
use crate::{Cx, Op};

/// The logs of an environment: there is one, as long as the environment.
#[derive(Clone, Debug)]
pub struct Logs;

/// A log.
#[derive(Clone, Debug)]
pub struct Log {
    /// Of which environment; its id is the log's.
    pub environment: Environment,
    /// How many entries it has.
    pub entries: i64,
}

impl Op for Logs {
    type Output = Log;
    operation!("happenings.logs", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Log> {
        let environment = own(cx).await?;
        let entries = events::count_in(cx.tx, environment.id).await?;
        Ok(Log {
            environment,
            entries,
        })
    }
}

/// The latest entries of a log, the first ones first.
#[derive(Clone, Debug)]
pub struct Entries {
    /// The log's id.
    pub log: String,
    /// Which of them, counted from the latest.
    pub part: Part,
}

impl Op for Entries {
    type Output = Vec<Followed>;
    operation!("happenings.entries", Host, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Followed>> {
        let environment = cx.actor.environment()?;
        if self.log != environment.to_string() {
            return Ok(Vec::new());
        }
        let mut entries =
            events::latest_in(cx.tx, environment, limits::LOG_ENTRIES, self.part).await?;
        entries.reverse();
        Ok(entries)
    }
}
