//! What only PostgreSQL could break: deadlocks between operations.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::account::{AccountKind, AccountStatus};
use domain::id::AccountId;
use domain::{Result, Time, limits};
use futures_util::future::join_all;
use store::tables::accounts::{self, Account};
use store::{Lock, Sql, Store, Tx};
use testkit::engine::Engine;
use tokio::sync::Barrier;
use uuid::Uuid;

use super::{code, count, names, put, with_store};

/// Other processes write unseen, so nothing may be believed for being of a
/// version.
#[test]
fn there_is_no_version_where_others_write() {
    with_store(Engine::Postgres, async |store| {
        assert_eq!(store.version(), None);
    });
}

#[test]
fn operations_in_a_deadlock_are_run_again() {
    with_store(Engine::Postgres, async |store| {
        let accounts = [1, 2].map(|n| AccountId(Uuid::from_u128(n)));
        for account in accounts {
            insert_account(&store, account).await;
        }
        let meeting = Arc::new(Meeting::default());
        let [a, b] = accounts;
        let outcomes = join_all([[a, b], [b, a]].map(|order| {
            let meeting = Arc::clone(&meeting);
            store.write(move |tx| {
                let meeting = Arc::clone(&meeting);
                Box::pin(async move { lock_both(tx, order, &meeting).await })
            })
        }))
        .await;
        assert_eq!(outcomes, [Ok(()), Ok(())]);
        assert_eq!(names(&store).await.len(), 2);
        assert!(meeting.tries.load(Ordering::SeqCst) > 2, "a deadlock");
    });
}

/// Where two operations wait until each has locked its first account.
struct Meeting {
    tries: AtomicU32,
    both: Barrier,
}

impl Default for Meeting {
    fn default() -> Self {
        let both = Barrier::new(2);
        let tries = AtomicU32::new(0);
        Self { tries, both }
    }
}

async fn lock_both(tx: &mut Tx, order: [AccountId; 2], meeting: &Meeting) -> Result<()> {
    let [first, second] = order;
    tx.lock(Lock::Account(first)).await?;
    // Locks are sent with the next read.
    count(tx).await?;
    if meeting.tries.fetch_add(1, Ordering::SeqCst) < 2 {
        meeting.both.wait().await;
    }
    tx.lock(Lock::Account(second)).await?;
    put(tx, first.to_string()).await
}

#[test]
fn an_operation_is_not_run_again_for_ever() {
    with_store(Engine::Postgres, async |store| {
        let tries = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&tries);
        let contended = store.write(move |tx| {
            counted.fetch_add(1, Ordering::SeqCst);
            Box::pin(async {
                let fail =
                    "do $$ begin raise exception using errcode = 'serialization_failure'; end $$";
                tx.write(Sql::new(fail), vec![]).await?;
                count(tx).await
            })
        });
        assert_eq!(code(contended.await), "contended");
        assert_eq!(tries.load(Ordering::SeqCst), limits::WRITE_RETRIES + 1);
    });
}

async fn insert_account(store: &Store, id: AccountId) {
    let account = Account {
        id,
        kind: AccountKind::Agent,
        handle: id.to_string(),
        display_name: String::new(),
        bio: String::new(),
        status: AccountStatus::Active,
        ban_reason: None,
        completed_tasks: 0,
        owner: None,
        created_at: Time(0),
    };
    let written = store.write(move |tx| {
        let account = account.clone();
        Box::pin(async move { accounts::insert(tx, &account).await })
    });
    written.await.expect("written");
}
