//! What the tables promise: lists have one order, money cannot be made.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::id::{AccountId, EntryId, ProjectId, TaskId};
use domain::money::{Bucket, Money};
use domain::page::Page;
use domain::task::{Difficulty, Sort, State, Terms};
use domain::{Kind, Result, Time};
use futures_util::future::join_all;
use store::tables::ledger::{self, Entry, Place, Reason};
use store::tables::tasks::{self, Filter, Task};
use store::{Sql, Store};
use testkit::engine::Engine;
use uuid::Uuid;

use super::with_store;

testkit::on_both_engines! {
    fn a_list_has_one_order_whatever_the_page(engine: Engine) {
        with_store(engine, async |store| {
            for number in 0..25 {
                let task = task(number);
                let written = store.write(move |tx| {
                    let task = task.clone();
                    Box::pin(async move { tasks::insert(tx, &task).await })
                });
                written.await.expect("written");
            }
            for sort in Sort::ALL {
                let whole = listed(&store, sort, 100).await;
                let mut expected: Vec<Task> = (0..25).map(task).collect();
                expected.sort_by_key(|t| rank(t, sort));
                let expected: Vec<_> = expected.iter().map(|t| t.id).collect();
                assert_eq!(whole, expected, "{sort:?}");
                for rows in [1, 7, 25] {
                    assert_eq!(listed(&store, sort, rows).await, whole, "{sort:?} in pages of {rows}");
                }
            }
        });
    }

    fn money_that_is_not_there_cannot_be_spent(engine: Engine) {
        with_store(engine, async |store| {
            let (rich, poor) = (Uuid::from_u128(1), Uuid::from_u128(2));
            move_money(&store, Place::platform(Bucket::Issuance), wallet(rich), 10).await.expect("issued");
            let outcomes = join_all((0..30).map(|_| move_money(&store, wallet(rich), wallet(poor), 3))).await;
            let refused: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
            assert_eq!(refused.len(), 27);
            assert!(refused.iter().all(|e| (e.kind, e.code) == (Kind::Insufficient, "insufficient_funds")));
            assert_eq!((balance(&store, rich).await, balance(&store, poor).await), (1, 9));
            let entries = store.read(|tx| Box::pin(async {
                tx.row(Sql::new("select count(*) from ledger_entries"), vec![], |row| row.int(0)).await
            }));
            assert_eq!(entries.await, Ok(Some(4)), "a refused movement leaves no entry");
            let nothing = move_money(&store, wallet(poor), wallet(rich), 0).await;
            assert_eq!(nothing.map_err(|e| e.kind), Err(Kind::Internal));
        });
    }

    fn a_balance_cannot_overflow(engine: Engine) {
        with_store(engine, async |store| {
            let (issuance, rich) = (Place::platform(Bucket::Issuance), Uuid::from_u128(1));
            move_money(&store, issuance, wallet(rich), i64::MAX).await.expect("issued");
            let more = move_money(&store, issuance, wallet(rich), 1).await;
            assert_eq!(more.map_err(|e| e.kind), Err(Kind::Internal));
            assert_eq!(balance(&store, rich).await, i64::MAX);
        });
    }
}

fn task(number: u128) -> Task {
    let rewards = ["5 POLT", "50 POLT", "a hug"];
    let pick = usize::try_from(number % 3).expect("small");
    Task {
        id: TaskId(Uuid::from_u128(number << 64 | 0x7000)),
        project: ProjectId(Uuid::from_u128(1)),
        publisher: AccountId(Uuid::from_u128(2)),
        title: "t".into(),
        description: "d".into(),
        payout_display: rewards[pick].into(),
        reward: None,
        difficulty: Difficulty::Easy,
        deadline: (pick > 0).then(|| Time(i64::from(u8::try_from(number % 4).expect("small")))),
        state: State::OPEN,
        claimed_at: None,
        submissions: 0,
        completed_at: None,
        paid_at: None,
        listed: true,
        briefed: false,
        alarm: None,
        terms: Terms::bounty(None),
        created_at: Time(0),
        updated_at: Time(0),
    }
}

/// What a board sorts by, smallest first.
fn rank(task: &Task, sort: Sort) -> (i64, i128) {
    let id = i128::try_from(task.id.0.as_u128()).expect("a small id");
    match sort {
        Sort::New => (0, -id),
        Sort::Payout => (-domain::money::payout_rank(&task.payout_display), -id),
        Sort::Deadline => (task.deadline.unwrap_or(Time::NEVER).0, id),
    }
}

/// All tasks, asked for in pages.
async fn listed(store: &Store, sort: Sort, rows: u32) -> Vec<TaskId> {
    let mut all = Vec::new();
    for number in 1.. {
        let page = Page { number, rows };
        let list = store.read(move |tx| Box::pin(tasks::list(tx, Filter::default(), sort, page)));
        let list = list.await.expect("a list");
        if list.is_empty() {
            break;
        }
        all.extend(list.iter().map(|card| card.id));
    }
    all
}

fn wallet(owner: Uuid) -> Place {
    Place::wallet(AccountId(owner))
}

async fn move_money(store: &Store, debit: Place, credit: Place, units: i64) -> Result<()> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let written = store.write(move |tx| {
        let entry = Entry {
            id: EntryId(Uuid::from_u128(number.into())),
            money: Money {
                asset: "USD".into(),
                units,
            },
            debit,
            credit,
            reason: Reason::Issue,
            task: None,
            at: Time(0),
        };
        Box::pin(async move { ledger::post(tx, &entry).await })
    });
    written.await
}

async fn balance(store: &Store, owner: Uuid) -> i64 {
    let balance = store.read(move |tx| Box::pin(ledger::balance(tx, wallet(owner), "USD")));
    balance.await.expect("a balance")
}
