//! The event log is followed without gaps, whatever writers do meanwhile.

use std::sync::Arc;

use domain::event::Happening;
use domain::id::{EnvironmentId, Id};
use domain::page::Page;
use domain::{Result, Time};
use futures_util::future::join_all;
use store::tables::events::{self, Cursor};
use store::{Store, Tx};
use testkit::engine::Engine;
use tokio::sync::{Barrier, Notify};
use uuid::Uuid;

use super::{count, put, with_store};

testkit::on_both_engines! {
    fn the_log_is_followed_without_gaps(engine: Engine) {
        with_store(engine, async |store| {
            const WRITERS: u128 = 8;
            const EVENTS: u128 = 40;
            let mut follower = Follower::new(&store).await;
            let following = tokio::spawn(async move { follower.until(LAST).await });
            let (store, ready) = (&store, &Barrier::new(WRITERS as usize));
            join_all((0..WRITERS).map(|writer| async move {
                ready.wait().await;
                for number in 0..EVENTS {
                    let subject = Uuid::from_u128(writer * EVENTS + number);
                    // Some lock and look around first: their transaction is older than their event.
                    let looks = number % 2 == 0;
                    let written = store.write(move |tx| Box::pin(async move {
                        if looks {
                            put(tx, subject.to_string()).await?;
                            count(tx).await?;
                        }
                        append(tx, subject).await
                    }));
                    written.await.expect("written");
                }
            })).await;
            append_one(store, LAST).await;
            let mut followed = following.await.expect("the follower does not panic");
            followed.sort();
            let all: Vec<_> = (0..WRITERS * EVENTS).map(Uuid::from_u128).collect();
            assert_eq!(followed, all);
        });
    }

    fn the_feed_merges_its_kinds_and_shows_the_latest_first(engine: Engine) {
        with_store(engine, async |store| {
            let fed = Happening::ALL.into_iter().filter(|what| what.feed_name().is_some());
            let fed: Vec<_> = fed.collect();
            // Every kind twice, in turns, each behind one that nobody is shown.
            for what in fed.iter().chain(&fed).copied() {
                for (what, public) in [(Happening::JobCreated, true), (what, false), (what, true)] {
                    let written = store.write(move |tx| {
                        let event = events::Event { what, public, ..event(Uuid::nil()) };
                        Box::pin(events::append(tx, event))
                    });
                    written.await.expect("written");
                }
            }
            let mut latest: Vec<_> = fed.iter().chain(&fed).copied().collect();
            latest.reverse();
            let mut shown = Vec::new();
            for page in 1..=4 {
                let page = Page::new(Some(page), Some(4)).expect("a page");
                let all = events::Filter::default();
                let read = store.read(move |tx| Box::pin(events::feed(tx, all, page)));
                shown.extend(read.await.expect("a page of the feed"));
            }
            let kinds: Vec<_> = shown.iter().map(|event| event.what).collect();
            assert_eq!(kinds, latest);
            assert!(shown.is_sorted_by(|one, next| one.seq > next.seq));
        });
    }

    fn a_follower_of_changes_goes_on_behind_what_it_does_not_look_at(engine: Engine) {
        with_store(engine, async |store| {
            const CHANGES: [Happening; 3] =
                [Happening::KeyRevoked, Happening::AccountBanned, Happening::AccountUnbanned];
            let mut cursor = store.read(|tx| Box::pin(events::end(tx))).await.expect("a cursor");
            let ids = [1, 2, 3, 4, 5, 6].map(Uuid::from_u128);
            let hosted = Some(EnvironmentId::from_uuid(Uuid::max()));
            let kinds = [
                (Happening::TaskUpdated, None),
                (Happening::KeyRevoked, None),
                (Happening::TaskUpdated, None),
                (Happening::TaskUpdated, hosted),
                (Happening::AccountBanned, None),
                (Happening::TaskUpdated, None),
            ];
            for (subject, (what, environment)) in ids.into_iter().zip(kinds) {
                let written = store.write(move |tx| {
                    let event = events::Event { what, environment, ..event(subject) };
                    Box::pin(events::append(tx, event))
                });
                written.await.expect("written");
            }
            let mut seen = Vec::new();
            // On PostgreSQL the end lags behind while somebody else in the cluster writes.
            while seen.last() != Some(&ids[4]) {
                let after = cursor;
                let found = store.read(move |tx| Box::pin(events::follow_changes(tx, after, CHANGES, 2)));
                let found = found.await.expect("events");
                seen.extend(found.events.iter().map(|event| event.subject));
                cursor = found.cursor;
            }
            assert_eq!(seen, [ids[1], ids[3], ids[4]]);
            loop {
                let after = cursor;
                let found = store.read(move |tx| Box::pin(async move {
                    let changes = events::follow_changes(tx, after, CHANGES, 2).await?;
                    let rest = events::follow(tx, changes.cursor, 2).await?;
                    Ok((changes, rest))
                }));
                let (changes, rest) = found.await.expect("events");
                assert!(changes.events.is_empty(), "nothing is seen twice");
                cursor = changes.cursor;
                if rest.is_empty() {
                    break;
                }
            }
        });
    }
}

/// Two transactions whose numbers, places in the log and ends are in every
/// order. A follower that began before a commit sees the event that came with
/// it, whatever it saw first.
#[test]
fn an_event_that_is_committed_late_is_not_skipped() {
    let both = [1, 2].map(Uuid::from_u128);
    for (older_writes_first, older_commits_first) in
        [(true, true), (true, false), (false, true), (false, false)]
    {
        with_store(Engine::Postgres, async |store| {
            let seen = overlap(&store, older_writes_first, older_commits_first).await;
            let case = format!("writes {older_writes_first}, commits {older_commits_first}");
            for seen in &seen[..3] {
                assert_eq!(*seen, both, "began before the commits; older first: {case}");
            }
            let last = both[usize::from(older_commits_first)];
            assert!(
                seen[3].contains(&last),
                "began between the commits; older first: {case}"
            );
        });
    }
}

async fn append(tx: &mut Tx, subject: Uuid) -> Result<()> {
    events::append(tx, event(subject)).await
}

fn event(subject: Uuid) -> events::Event {
    events::Event {
        what: Happening::TaskUpdated,
        actor: None,
        key: None,
        subject,
        project: None,
        environment: None,
        public: true,
        body: "{}".into(),
        at: Time(0),
    }
}

async fn append_one(store: &Store, subject: Uuid) {
    let written = store.write(move |tx| Box::pin(append(tx, subject)));
    written.await.expect("written");
}

/// The subject of the event that ends a test.
const LAST: Uuid = Uuid::max();

/// Somebody who reads the log from where it begins to look.
struct Follower {
    store: Store,
    cursor: Cursor,
}

impl Follower {
    async fn new(store: &Store) -> Self {
        let cursor = store.read(|tx| Box::pin(events::end(tx)));
        Self {
            store: store.clone(),
            cursor: cursor.await.expect("a cursor"),
        }
    }

    /// What is to be seen now. On PostgreSQL that may lag behind while
    /// somebody else in the same cluster writes.
    async fn look(&mut self) -> Vec<Uuid> {
        let cursor = self.cursor;
        let found = self
            .store
            .read(move |tx| Box::pin(events::follow(tx, cursor, 16)));
        let found = found.await.expect("events");
        self.cursor = found.last().map_or(cursor, |event| event.cursor);
        found.iter().map(|event| event.subject).collect()
    }

    /// Everything before the event about `last`.
    async fn until(&mut self, last: Uuid) -> Vec<Uuid> {
        let mut seen = Vec::new();
        while !seen.contains(&last) {
            seen.extend(self.look().await);
        }
        seen.retain(|subject| *subject != last);
        seen
    }
}

/// Two overlapping transactions, each with one event; "older" is the one that
/// got its number first. Followers begin in every state of the two, look after
/// every change and report what they saw in the end.
async fn overlap(
    store: &Store,
    older_writes_first: bool,
    older_commits_first: bool,
) -> Vec<Vec<Uuid>> {
    let [older, newer] = [1, 2].map(|n| Overlapping::begin(store, n));
    let mut watch = Watch::new(store);
    older.step().await;
    newer.step().await;
    watch.begin_another().await;
    let (first, second) = if older_writes_first {
        (&older, &newer)
    } else {
        (&newer, &older)
    };
    first.step().await;
    watch.begin_another().await;
    second.step().await;
    watch.begin_another().await;
    let mut order = [older, newer];
    if !older_commits_first {
        order.reverse();
    }
    for transaction in order {
        transaction.commit().await;
        watch.begin_another().await;
    }
    append_one(store, LAST).await;
    watch.end().await
}

/// Several followers, each with what it saw.
struct Watch<'a> {
    store: &'a Store,
    followers: Vec<(Follower, Vec<Uuid>)>,
}

impl<'a> Watch<'a> {
    fn new(store: &'a Store) -> Self {
        let followers = Vec::new();
        Self { store, followers }
    }

    /// Lets the present followers look, then another one begin.
    async fn begin_another(&mut self) {
        for (follower, seen) in &mut self.followers {
            seen.extend(follower.look().await);
        }
        self.followers
            .push((Follower::new(self.store).await, Vec::new()));
    }

    async fn end(self) -> Vec<Vec<Uuid>> {
        let mut all = Vec::new();
        for (mut follower, mut seen) in self.followers {
            seen.extend(follower.until(LAST).await);
            seen.sort();
            all.push(seen);
        }
        all
    }
}

/// A transaction that goes on when it is told to: it gets its number, then
/// appends its event, then commits.
struct Overlapping {
    go_on: Arc<Notify>,
    stands: Arc<Notify>,
    ended: tokio::task::JoinHandle<Result<()>>,
}

impl Overlapping {
    fn begin(store: &Store, number: u128) -> Self {
        let (go_on, stands) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (store, go, stand) = (store.clone(), Arc::clone(&go_on), Arc::clone(&stands));
        let ended = tokio::spawn(async move {
            let write = store.write(move |tx| {
                let (go, stand) = (Arc::clone(&go), Arc::clone(&stand));
                Box::pin(async move {
                    go.notified().await;
                    put(tx, number.to_string()).await?;
                    count(tx).await?;
                    stand.notify_one();
                    go.notified().await;
                    append(tx, Uuid::from_u128(number)).await?;
                    count(tx).await?;
                    stand.notify_one();
                    go.notified().await;
                    Ok(())
                })
            });
            write.await
        });
        Self {
            go_on,
            stands,
            ended,
        }
    }

    async fn step(&self) {
        self.go_on.notify_one();
        self.stands.notified().await;
    }

    async fn commit(self) {
        self.go_on.notify_one();
        self.ended.await.expect("no panic").expect("committed");
    }
}
