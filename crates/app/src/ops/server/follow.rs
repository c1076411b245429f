//! What other processes did to this database since the last look, as far as
//! this one must forget something it remembers.

use domain::event::Happening;
use domain::id::AccountId;
use domain::{Result, limits};
use store::tables::events::{self, Changes, Cursor};
use store::tables::meta;

use crate::{Cx, Op};

/// What changes who may do what. A key that was issued is not among them:
/// nobody remembers that it was unknown.
const ACCESS: [Happening; 3] = [
    Happening::AccountBanned,
    Happening::AccountUnbanned,
    Happening::KeyRevoked,
];

/// Looks at the log after a cursor.
#[derive(Clone, Debug)]
pub struct Follow {
    /// The last event seen; `None` begins at the end of the log.
    pub after: Option<Cursor>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Followed {
    /// Where to go on.
    pub cursor: Cursor,
    /// Changes when a backup was put in the database's place.
    pub incarnation: Option<String>,
    /// Accounts whose keys or standing changed.
    pub touched: Vec<AccountId>,
    /// What happened in environments of hosted agents.
    pub hosted: Vec<events::Followed>,
    /// Whether there is more to look at now.
    pub more: bool,
}

impl Op for Follow {
    type Output = Followed;
    operation!("server.follow", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Followed> {
        let incarnation = meta::get(cx.tx, meta::INCARNATION).await?;
        let Some(after) = self.after else {
            let cursor = events::end(cx.tx).await?;
            return Ok(Followed {
                cursor,
                incarnation,
                touched: Vec::new(),
                hosted: Vec::new(),
                more: false,
            });
        };
        let rows = limits::EVENTS_AT_ONCE;
        let Changes {
            events,
            cursor,
            more,
        } = events::follow_changes(cx.tx, after, ACCESS, rows).await?;
        let touched = events
            .iter()
            .filter(|e| ACCESS.contains(&e.what))
            .map(|e| AccountId(e.subject))
            .collect();
        let hosted = events.into_iter().filter(|e| e.environment.is_some());
        Ok(Followed {
            cursor,
            incarnation,
            touched,
            hosted: hosted.collect(),
            more,
        })
    }
}
