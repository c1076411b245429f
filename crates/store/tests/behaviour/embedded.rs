//! What only the embedded engine could break: groups that share a commit, and
//! the bounded queue before its one writer.

use std::sync::{Arc, mpsc};

use domain::id::PLATFORM;
use domain::{Error, Result, limits};
use futures_util::FutureExt;
use futures_util::future::join_all;
use store::{Store, Tx};
use testkit::engine::Engine;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::{names, numbered, put, refusal, tallied, with_store};

/// The first operation holds the writer until all are queued, so that they
/// share few commits. One in four of them succeeds.
#[test]
fn operations_of_one_group_share_nothing_but_the_commit() {
    with_store(Engine::Sqlite, async |store| {
        let (release, writer) = hold_writer(&store).await;
        let group = (1..limits::GROUP_COMMIT_OPERATIONS)
            .map(|number| store.write(move |tx| Box::pin(one_of_many(tx, number))));
        let mut group = Box::pin(join_all(group));
        assert!(group.as_mut().now_or_never().is_none(), "all are queued");
        release.send(()).expect("the writer waits");
        // The holder may be run again, and does not wait a second time.
        drop(release);
        writer.await.expect("no panic").expect("written");
        let kept = group.await.iter().filter(|o| o.is_ok()).count();
        assert_eq!((kept, names(&store).await.len()), (16, 16));
        assert_eq!(tallied(&store).await, 16);
    });
}

async fn one_of_many(tx: &mut Tx, number: usize) -> Result<()> {
    put(tx, numbered(number)).await?;
    tx.tally(PLATFORM, "test.kept", 1);
    match number % 4 {
        0 => Err(refusal()),
        1 => std::panic::panic_any("on purpose"),
        2 => put(tx, numbered(number)).await,
        _ => Ok(()),
    }
}

/// What is read behind a version holds every write that was acknowledged when
/// the version was asked for, so what was read before one moves it.
#[test]
fn an_acknowledged_write_has_moved_the_version() {
    with_store(Engine::Sqlite, async |store| {
        let version = || store.version().expect("a version");
        let mut before = version();
        for number in 0..20 {
            let write = store.write(move |tx| Box::pin(put(tx, numbered(number))));
            write.await.expect("written");
            assert!(version() > before, "behind write {number}");
            before = version();
        }
        names(&store).await;
        assert_eq!(version(), before, "reading moves nothing");
    });
}

#[test]
fn an_overloaded_writer_refuses_at_once_and_readers_go_on() {
    with_store(Engine::Sqlite, async |store| {
        const TOO_MANY: usize = 10;
        let (release, writer) = hold_writer(&store).await;
        let (refused, mut refusals) = unbounded_channel();
        let writes: Vec<_> = (0..limits::WRITE_QUEUE + TOO_MANY)
            .map(|_| tokio::spawn(count_one(store.clone(), refused.clone())))
            .collect();
        for _ in 0..TOO_MANY {
            let error = refusals.recv().await.expect("a refusal");
            assert_eq!((error.code, error.retry_after_s), ("overloaded", Some(1)));
        }
        let nothing: [&str; 0] = [];
        assert_eq!(names(&store).await, nothing, "readers go on");
        release.send(()).expect("the writer waits");
        // The holder may be run again, and does not wait a second time.
        drop(release);
        writer.await.expect("no panic").expect("written");
        let done = join_all(writes).await.into_iter();
        let done = done.filter(|outcome| matches!(outcome, Ok(true))).count();
        assert_eq!(done, limits::WRITE_QUEUE);
        assert_eq!(tallied(&store).await, i64::try_from(done).expect("small"));
    });
}

/// Tells of a refusal at once; says whether it succeeded.
async fn count_one(store: Store, refused: UnboundedSender<Error>) -> bool {
    let counted = store.write(|tx| {
        tx.tally(PLATFORM, "test.kept", 1);
        Box::pin(async { Ok(()) })
    });
    counted.await.map_err(|error| refused.send(error)).is_ok()
}

/// An operation that keeps the embedded writer busy until it is released; its
/// outcome comes afterwards.
async fn hold_writer(store: &Store) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<()>>) {
    let (release, released) = mpsc::channel();
    let released = std::sync::Mutex::new(released);
    let entered = Arc::new(Notify::new());
    let (store, enter) = (store.clone(), Arc::clone(&entered));
    let holding = tokio::spawn(async move {
        let hold = store.write(move |_| {
            enter.notify_one();
            // On the writer's own thread.
            let _ = released.lock().expect("one holder").recv();
            Box::pin(async { Ok(()) })
        });
        hold.await
    });
    entered.notified().await;
    (release, holding)
}
