//! What the store promises, one body for both engines.
//!
//! Each test gets a store on an empty database. Here are transactions: what is
//! kept, what is refused, what harms whom. [`log`] follows the event log,
//! [`tables`] and [`knowledge`] hold what the aggregates add, [`embedded`], [`postgres`] and
//! [`lost_answer`] and [`tls`] what only one engine could break.

mod embedded;
mod knowledge;
mod log;
mod lost_answer;
mod postgres;
mod tables;
mod tls;

use std::sync::atomic::{AtomicUsize, Ordering};

use domain::id::PLATFORM;
use domain::{Error, Kind, Result, limits};
use futures_util::FutureExt;
use futures_util::future::join_all;
use store::tables::tallies;
use store::{Location, SCHEMA_VERSION, Sql, Store, Tx, Val};
use testkit::engine::{Engine, Scratch};

/// A table of names to write into, and how it is read.
const PUT: Sql = Sql::new("insert into meta (name, value) values ($1, 'here')");
const NAMES: Sql = Sql::new("select name from meta order by name");
const COUNT: Sql = Sql::new("select count(*) from meta");
const TOUCH: Sql = Sql::new("update meta set value = 'touched' where name = $1");

// What a test stands on.

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(test)
}

async fn open(scratch: &Scratch) -> Result<Store> {
    Store::open(&Location::parse(scratch.url())?).await
}

/// Runs a test on a store that is closed before its database goes.
fn with_store(engine: Engine, test: impl AsyncFnOnce(Store)) {
    let scratch = engine.scratch();
    run(async {
        let store = open(&scratch).await.expect("the store opens");
        test(store.clone()).await;
        store.close().await;
    });
}

async fn put(tx: &mut Tx, name: impl Into<Val>) -> Result<()> {
    tx.write(PUT, vec![name.into()]).await
}

async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(tx.row(COUNT, vec![], |row| row.int(0)).await?.unwrap_or(0))
}

async fn names(store: &Store) -> Vec<String> {
    let names =
        store.read(|tx| Box::pin(async { tx.rows(NAMES, vec![], |row| row.text(0)).await }));
    names.await.expect("the names")
}

async fn put_one(store: &Store, name: String) -> Result<()> {
    let written = store.write(move |tx| {
        let name = name.clone();
        Box::pin(async move { put(tx, name).await })
    });
    written.await
}

fn refusal() -> Error {
    Error::conflict("not_today", "the test refuses")
}

fn code<T: std::fmt::Debug>(outcome: Result<T>) -> &'static str {
    outcome.expect_err("a refusal").code
}

fn numbered(number: usize) -> String {
    format!("{number:04}")
}

async fn tallied(store: &Store) -> i64 {
    let sum = store.read(|tx| Box::pin(tallies::sum(tx, PLATFORM, "test.", |_| true)));
    sum.await.expect("a sum")
}

testkit::on_both_engines! {
    fn migrations_are_applied_once(engine: Engine) {
        let scratch = engine.scratch();
        run(async {
            let first = open(&scratch).await.expect("the store opens");
            put_one(&first, "kept".into()).await.expect("written");
            first.close().await;

            let second = open(&scratch).await.expect("the store opens again");
            assert_eq!(names(&second).await, ["kept"]);
            let versions = second.read(|tx| Box::pin(async {
                let sql = Sql::new("select version from schema_version order by version");
                tx.rows(sql, vec![], |row| row.int(0)).await
            }));
            let all: Vec<i64> = (1..=SCHEMA_VERSION).collect();
            assert_eq!(versions.await.expect("the versions"), all);
            second.close().await;
        });
    }

    fn several_may_open_an_empty_database_at_once(engine: Engine) {
        let scratch = engine.scratch();
        run(async {
            let stores = join_all((0..4).map(|_| open(&scratch))).await;
            for (number, store) in stores.into_iter().enumerate() {
                let store = store.expect("the store opens");
                put_one(&store, numbered(number)).await.expect("written");
                store.close().await;
            }
        });
    }

    fn a_newer_schema_is_refused(engine: Engine) {
        let scratch = engine.scratch();
        run(async {
            let store = open(&scratch).await.expect("the store opens");
            let newer = store.write(|tx| Box::pin(async {
                let sql = Sql::new("insert into schema_version (version, name) values ($1, 'from the future')");
                tx.write(sql, vec![Val::Int(SCHEMA_VERSION + 1)]).await
            }));
            newer.await.expect("written");
            store.close().await;

            let refused = open(&scratch).await.err().expect("a refusal");
            assert_eq!((refused.kind, refused.code), (Kind::Unavailable, "schema_too_new"));
        });
    }

    fn a_refusal_leaves_nothing_and_harms_no_neighbour(engine: Engine) {
        with_store(engine, async |store| {
            let outcomes = join_all((0..300).map(|number| {
                let refuses = number % 3 == 0;
                store.write(move |tx| Box::pin(async move {
                    put(tx, numbered(number)).await?;
                    tx.tally(PLATFORM, "test.kept", 1);
                    if refuses { Err(refusal()) } else { Ok(number) }
                }))
            })).await;
            for (number, outcome) in outcomes.into_iter().enumerate() {
                let expected = if number % 3 == 0 { Err("not_today") } else { Ok(number) };
                assert_eq!(outcome.map_err(|e| e.code), expected, "{number}");
            }
            let kept: Vec<_> = (0..300).filter(|n| n % 3 != 0).map(numbered).collect();
            assert_eq!(names(&store).await, kept);
            assert_eq!(tallied(&store).await, 200);
        });
    }

    fn an_acknowledged_write_is_seen_by_the_next_read(engine: Engine) {
        with_store(engine, async |store| {
            let (store, before) = (&store, &AtomicUsize::new(0));
            join_all((0..8).map(|writer| async move {
                for round in 0..20 {
                    put_one(store, format!("{writer}-{round}")).await.expect("written");
                    let acknowledged = before.fetch_add(1, Ordering::SeqCst) + 1;
                    let seen = store.read(|tx| Box::pin(count(tx))).await.expect("a count");
                    assert!(seen >= i64::try_from(acknowledged).expect("small"), "{seen} < {acknowledged}");
                }
            })).await;
        });
    }

    fn an_operation_sees_what_it_wrote(engine: Engine) {
        with_store(engine, async |store| {
            let counted = store.write(|tx| Box::pin(async {
                put(tx, "a").await?;
                put(tx, "b").await?;
                let both = count(tx).await?;
                put(tx, "c").await?;
                Ok((both, count(tx).await?))
            }));
            assert_eq!(counted.await, Ok((2, 3)));
        });
    }

    fn a_write_that_must_hit_a_row_refuses(engine: Engine) {
        with_store(engine, async |store| {
            put_one(&store, "there".into()).await.expect("written");
            let hit = store.write(|tx| Box::pin(tx.write_or(TOUCH, vec!["there".into()], refusal)));
            assert_eq!(hit.await, Ok(()));
            for reads_afterwards in [false, true] {
                let missed = store.write(move |tx| Box::pin(async move {
                    put(tx, "before").await?;
                    tx.write_or(TOUCH, vec!["not there".into()], refusal).await?;
                    put(tx, "after").await?;
                    if reads_afterwards { count(tx).await } else { Ok(0) }
                }));
                assert_eq!(code(missed.await), "not_today");
            }
            assert_eq!(names(&store).await, ["there"]);
        });
    }

    fn more_statements_than_one_flight_are_one_transaction(engine: Engine) {
        with_store(engine, async |store| {
            let many = limits::PIPELINE_STATEMENTS * 2 + 1;
            let write = |refuses: bool| store.write(move |tx| Box::pin(async move {
                for number in 0..many {
                    put(tx, numbered(number)).await?;
                }
                if refuses { Err(refusal()) } else { Ok(()) }
            }));
            assert_eq!(code(write(true).await), "not_today");
            assert!(names(&store).await.is_empty());
            write(false).await.expect("written");
            assert_eq!(names(&store).await.len(), many);
        });
    }

    fn a_statement_that_fails_ends_its_operation_alone(engine: Engine) {
        with_store(engine, async |store| {
            put_one(&store, "taken".into()).await.expect("written");
            let twice = store.write(|tx| Box::pin(async {
                put(tx, "fresh").await?;
                put(tx, "taken").await
            }));
            assert_eq!(twice.await.map_err(|e| e.kind), Err(Kind::Internal));
            assert_eq!(names(&store).await, ["taken"]);
        });
    }

    fn texts_with_nul_are_refused(engine: Engine) {
        with_store(engine, async |store| {
            let written = store.write(|tx| Box::pin(async {
                put(tx, "before").await?;
                put(tx, "with \0 inside").await
            }));
            assert_eq!(code(written.await), "nul_character");
            let read = store.read(|tx| Box::pin(async {
                let found = Sql::new("select count(*) from meta where name = $1");
                tx.row(found, vec!["\0".into()], |row| row.int(0)).await
            }));
            assert_eq!(code(read.await), "nul_character");
            assert!(names(&store).await.is_empty());
        });
    }

    fn reads_cannot_write(engine: Engine) {
        with_store(engine, async |store| {
            let sneaky = store.read(|tx| Box::pin(async {
                put(tx, "sneaky").await?;
                count(tx).await
            }));
            assert!(sneaky.await.is_err());
            assert!(names(&store).await.is_empty());
        });
    }

    fn tallies_are_exact(engine: Engine) {
        with_store(engine, async |store| {
            let outcomes = join_all((0..300_i64).map(|number| {
                store.write(move |tx| Box::pin(async move {
                    tx.tally(PLATFORM, "test.kept", number);
                    tx.tally(PLATFORM, "test.kept", -1);
                    tx.tally(PLATFORM, "other.kept", 1_000);
                    Ok(())
                }))
            })).await;
            assert!(outcomes.iter().all(Result::is_ok));
            assert_eq!(tallied(&store).await, (0..300).sum::<i64>() - 300);
        });
    }

    fn a_panic_harms_nobody_else(engine: Engine) {
        with_store(engine, async |store| {
            // More often than there are connections or threads.
            for number in 0..40 {
                let panics = store.write(move |tx| Box::pin(async move {
                    put(tx, "lost").await?;
                    count(tx).await?;
                    tx.tally(PLATFORM, "test.kept", 1);
                    assert_eq!(number, -1, "on purpose");
                    Ok(())
                }));
                assert_eq!(panics.await.map_err(|e| e.kind), Err(Kind::Internal));
                let panics = store.read(|tx| Box::pin(async {
                    let counted = count(tx).await?;
                    assert_eq!(counted, -1, "on purpose");
                    Ok(())
                }));
                assert_eq!(panics.await.map_err(|e| e.kind), Err(Kind::Internal));
            }
            let outcomes = join_all((0..40).map(|n| put_one(&store, numbered(n)))).await;
            assert!(outcomes.iter().all(Result::is_ok));
            assert_eq!(names(&store).await.len(), 40);
            assert_eq!(tallied(&store).await, 0);
        });
    }

    fn a_caller_that_goes_away_harms_nobody_else(engine: Engine) {
        with_store(engine, async |store| {
            for number in 0..40 {
                let abandoned = store.write(move |tx| Box::pin(async move {
                    put(tx, numbered(number)).await?;
                    count(tx).await
                }));
                // Begun, and dropped before its answer.
                assert!(abandoned.now_or_never().is_none());
            }
            put_one(&store, "later".into()).await.expect("written");
            assert!(names(&store).await.contains(&"later".to_owned()));
        });
    }

    fn a_closed_store_finishes_and_refuses(engine: Engine) {
        let scratch = engine.scratch();
        run(async {
            let store = open(&scratch).await.expect("the store opens");
            let writes: Vec<_> = (0..50).map(|number| {
                let store = store.clone();
                tokio::spawn(async move { put_one(&store, numbered(number)).await })
            }).collect();
            tokio::task::yield_now().await;
            store.close().await;
            store.close().await;
            assert_eq!(code(put_one(&store, "late".into()).await), "database_closed");
            let read = store.read(|tx| Box::pin(count(tx)));
            assert_eq!(code(read.await), "database_closed");

            let mut acknowledged = Vec::new();
            for (number, write) in writes.into_iter().enumerate() {
                match write.await.expect("no panic") {
                    Ok(()) => acknowledged.push(numbered(number)),
                    Err(error) => assert_eq!(error.kind, Kind::Unavailable, "{error}"),
                }
            }
            let again = open(&scratch).await.expect("the store opens again");
            assert_eq!(names(&again).await, acknowledged);
            again.close().await;
        });
    }
}
