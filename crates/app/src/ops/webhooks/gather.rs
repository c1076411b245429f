//! Reads the log and finds out who is told what. Nothing is written: what was
//! found is handed to [`FanOut`](super::FanOut).
//!
//! Reading is apart from writing so that a busy server without webhooks pays
//! two small reads for them, and one with webhooks keeps its writer free.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::id::{AccountId, ProjectId, WebhookId};
use domain::time::Span;
use domain::webhook::Name;
use domain::{Result, Time, limits};
use store::tables::events::{self, Cursor, Followed};
use store::tables::meta;
use store::tables::webhooks::{self, Listener};

use super::notices::{Audience, Notice, notices};
use crate::{Cx, Op};

/// The name under which the place in the log is kept.
pub(super) const FOLLOWER: &str = "webhooks";
/// Deliveries after which no further event is looked at in one go.
const DRAFTS_AT_ONCE: usize = 1_000;

/// How far somebody has looked who remembers it.
#[derive(Clone, Debug)]
pub struct Place {
    incarnation: Option<String>,
    cursor: Cursor,
}

/// Looks at the log.
#[derive(Clone, Debug, Default)]
pub struct Gather {
    /// What the last look said; where there was none, it goes on from what is
    /// stored.
    pub after: Option<Place>,
}

/// A delivery to be made.
#[derive(Clone, Debug)]
pub struct Draft {
    /// To whom.
    pub webhook: WebhookId,
    /// Under which name.
    pub name: Name,
    /// The event's place in the log.
    pub event: i64,
    /// What is told, a JSON object.
    pub data: String,
    /// When it happened.
    pub at: Time,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Gathered {
    /// Where to look next.
    pub place: Place,
    /// In the order of the log.
    pub drafts: Vec<Draft>,
    /// Webhooks for which too much waits.
    pub full: BTreeSet<WebhookId>,
    /// Whether there is more to look at now.
    pub more: bool,
    /// Whether anybody listens at all.
    pub is_heard: bool,
    /// Whether the stored place lies behind the end of the log.
    is_lost: bool,
    /// Where the stored place is.
    pub(super) from: Cursor,
}

impl Gathered {
    /// Whether it must be written now.
    pub fn is_due(&self) -> bool {
        self.is_lost || !self.drafts.is_empty() || !self.full.is_empty()
    }

    /// Whether the stored place is not the one that was come to.
    pub fn has_moved(&self) -> bool {
        self.is_heard && self.from != self.place.cursor
    }

    /// Where the stored place is to be.
    pub(super) fn to(&self) -> Cursor {
        self.place.cursor
    }
}

impl Op for Gather {
    type Output = Gathered;
    operation!("webhooks.gather", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Gathered> {
        let incarnation = meta::get(cx.tx, meta::INCARNATION).await?;
        // Before anything else: what is behind it is seen by the next look.
        let end = events::end(cx.tx).await?;
        let from = events::place(cx.tx, FOLLOWER).await?;
        let remembered = self.after.filter(|place| place.incarnation == incarnation);
        let after = remembered.map_or(from, |place| place.cursor.max(from));
        let mut found = Gathered {
            place: Place {
                incarnation,
                cursor: after,
            },
            drafts: Vec::new(),
            full: BTreeSet::new(),
            more: false,
            is_heard: webhooks::any_active(cx.tx).await?,
            is_lost: from > end,
            from,
        };
        // A stored place behind the end of the log: this is a copy that lives in
        // another cluster, whose transactions are counted anew.
        if found.is_lost || !found.is_heard {
            found.place.cursor = if found.is_lost { end } else { after.max(end) };
            return Ok(found);
        }
        let seen = events::follow(cx.tx, after, limits::EVENTS_AT_ONCE).await?;
        found.more = seen.len() >= limits::EVENTS_AT_ONCE as usize;
        look(cx, &mut found, &seen).await?;
        Ok(found)
    }
}

/// Goes through events until they are through or enough was found.
async fn look(cx: &mut Cx<'_>, found: &mut Gathered, seen: &[Followed]) -> Result<()> {
    let kept = Span::hours(limits::DELIVERY_DAYS.saturating_mul(24));
    let oldest = cx.now.minus(kept);
    let mut listeners = Listeners::default();
    for event in seen {
        if found.drafts.len() >= DRAFTS_AT_ONCE {
            found.more = true;
            break;
        }
        found.place.cursor = event.cursor;
        if event.at < oldest {
            continue;
        }
        let notices = notices(event);
        for (listener, told) in listeners.told(cx, event.at, &notices).await? {
            if listener.pending >= limits::DELIVERIES_WAITING {
                found.full.insert(listener.id);
                continue;
            }
            let told = listener.wanted.of(&told, |notice| notice.name);
            found.drafts.extend(told.into_iter().map(|notice| Draft {
                webhook: listener.id,
                name: notice.name,
                event: event.cursor.seq(),
                data: notice.data.clone(),
                at: event.at,
            }));
        }
    }
    Ok(())
}

/// Whose webhooks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    Account(AccountId),
    Members(ProjectId),
    Owner(ProjectId),
}

/// Who listens, remembered while one batch of events is looked at.
#[derive(Default)]
struct Listeners {
    known: HashMap<Whose, Vec<Listener>>,
}

impl Listeners {
    /// Who is told, with what, each listener once.
    async fn told<'n>(
        &mut self,
        cx: &mut Cx<'_>,
        at: Time,
        notices: &'n [Notice],
    ) -> Result<Vec<(Listener, Vec<&'n Notice>)>> {
        let mut told: BTreeMap<WebhookId, (Listener, Vec<&'n Notice>)> = BTreeMap::new();
        for notice in notices {
            for listener in self.hearing(cx, &notice.to).await? {
                // Who came later is not told of what was before.
                if listener.created_at > at {
                    continue;
                }
                let entry = told.entry(listener.id);
                let (_, heard) = entry.or_insert_with(|| (listener, Vec::new()));
                if !heard.iter().any(|other| other.name == notice.name) {
                    heard.push(notice);
                }
            }
        }
        Ok(told.into_values().collect())
    }

    async fn hearing(&mut self, cx: &mut Cx<'_>, to: &Audience) -> Result<Vec<Listener>> {
        let accounts = to.accounts.iter().copied().map(Whose::Account);
        let members = to.members.map(Whose::Members);
        let owner = to.owner.map(Whose::Owner);
        let mut hearing = Vec::new();
        for whose in accounts.chain(members).chain(owner) {
            let known = match self.known.entry(whose) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(find(cx, whose).await?),
            };
            hearing.extend(known.iter().cloned());
        }
        hearing.retain(|listener| Some(listener.account) != to.except);
        Ok(hearing)
    }
}

async fn find(cx: &mut Cx<'_>, whose: Whose) -> Result<Vec<Listener>> {
    match whose {
        Whose::Account(account) => webhooks::listeners_of(cx.tx, account).await,
        Whose::Members(project) => {
            webhooks::listeners_in(cx.tx, project, limits::WEBHOOKS_PER_EVENT).await
        }
        Whose::Owner(project) => webhooks::listeners_owning(cx.tx, project).await,
    }
}
