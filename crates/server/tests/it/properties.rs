//! Random sequences of operations against a small reference model.
//!
//! After every step the server answers what the model answers, refusals
//! included; after every sequence tasks, balances and escrow are what the
//! model says, nothing was made or lost in the ledger, and the audit finds
//! nothing. [`model`] says what should happen, [`world`] makes it happen.
//! To add an operation, add a [`Step`] and what it means in both.

mod model;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::task::{Difficulty, Funding, Terms};
use domain::time::Span;
use model::{ASSETS, Model, Reward, Step};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{TestCaseError, TestRunner};
use testkit::engine::Engine;
use tokio::task::JoinSet;
use world::World;

/// Steps of one sequence.
const STEPS: usize = 40;

testkit::on_both_engines! {
    fn the_server_does_what_the_model_does(engine: Engine) {
        let few = match engine {
            Engine::Sqlite => 48,
            Engine::Postgres => 12,
        };
        let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
        let cases = wanted.unwrap_or(few);
        let config = ProptestConfig {
            cases,
            failure_persistence: None,
            max_shrink_iters: 400,
            ..ProptestConfig::default()
        };
        let runtime = runtime();
        let sequences = prop::collection::vec(aimed_step(), STEPS);
        let ran = TestRunner::new(config).run(&sequences, |steps| {
            runtime.block_on(follows_the_model(engine, &beginning(), &steps))
        });
        ran.unwrap_or_else(|failure| panic!("{failure}"));
    }

    fn many_at_once_leave_the_books_in_order(engine: Engine) {
        const WORKERS: usize = 16;
        const STEPS_EACH: usize = 100;
        let scratch = engine.scratch();
        let sequences: Vec<_> = (0..WORKERS).map(|_| some_steps(STEPS_EACH)).collect();
        runtime().block_on(async {
            let world = Arc::new(World::open(scratch.url()).await);
            for step in beginning() {
                world.apply(&step).await.expect("the beginning is allowed");
            }
            let mut workers: JoinSet<_> = sequences.into_iter().map(|steps| {
                let world = Arc::clone(&world);
                async move { refusals(&world, &steps).await }
            }).collect();
            let mut refused = Vec::new();
            while let Some(worker) = workers.join_next().await {
                refused.extend(worker.expect("no panic"));
            }
            let defects: Vec<_> = refused.iter().filter(|code| world::is_defect(code)).collect();
            assert!(defects.is_empty(), "{defects:?}");
            assert!(refused.len() < WORKERS * STEPS_EACH, "nothing was done");
            assert_eq!(world.audit().await, Vec::<String>::new());
            assert_eq!(world.totals().await.imbalance(), BTreeMap::new());
            world.close().await;
        });
    }
}

async fn refusals(world: &World, steps: &[(Step, bool)]) -> Vec<&'static str> {
    let mut refused = Vec::new();
    for (step, is_aimed) in steps {
        let step = match is_aimed {
            true => step.clone().aimed(&world.glance().await),
            false => step.clone(),
        };
        refused.extend(world.apply(&step).await.err());
    }
    refused
}

async fn follows_the_model(
    engine: Engine,
    beginning: &[Step],
    steps: &[(Step, bool)],
) -> Result<(), TestCaseError> {
    let scratch = engine.scratch();
    let world = World::open(scratch.url()).await;
    let mut model = Model::new();
    let beginning = beginning.iter().map(|step| (step, &false));
    let steps = steps.iter().map(|(step, is_aimed)| (step, is_aimed));
    for (number, (step, is_aimed)) in beginning.chain(steps).enumerate() {
        let step = if *is_aimed {
            &step.clone().aimed(&model.glance())
        } else {
            step
        };
        let (is, should) = (world.apply(step).await, model.apply(step));
        prop_assert_eq!(is, should, "step {}: {:?}", number, step);
    }
    prop_assert_eq!(world.tasks().await, model.tasks());
    prop_assert_eq!(world.wallets().await, model.wallets());
    let totals = world.totals().await;
    prop_assert_eq!(totals.imbalance(), BTreeMap::new());
    prop_assert_eq!(totals, model.totals());
    prop_assert_eq!(world.audit().await, Vec::<String>::new());
    world.close().await;
    Ok(())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Two agents, some money and something to do, so that not every sequence
/// begins with refusals.
fn beginning() -> Vec<Step> {
    let open = Terms {
        fee_bps: 1_000,
        ..Terms::bounty(None)
    };
    let funded = Terms {
        funding: Funding::Escrow,
        rejections: 2,
        lease: Some(half_past(5)),
        ..open
    };
    let fund = (0..ASSETS.len()).map(|asset| Step::Fund {
        account: 0,
        asset,
        units: 1_500,
    });
    let mut steps = vec![Step::Register, Step::Register];
    steps.extend(fund);
    for (reward, terms) in [
        (Some((1, 1_000)), funded),
        (Some((0, 7)), open),
        (None, funded),
    ] {
        steps.push(Step::Publish { reward, terms });
    }
    steps
}

fn step() -> impl Strategy<Value = Step> {
    let (account, task) = (0..5_usize, 0..8_usize);
    let who = (account.clone(), task.clone());
    prop_oneof![
        1 => Just(Step::Register),
        1 => (account.clone(), 0..ASSETS.len(), 1..2_000_i64)
            .prop_map(|(account, asset, units)| Step::Fund { account, asset, units }),
        2 => (reward(), terms()).prop_map(|(reward, terms)| Step::Publish { reward, terms }),
        6 => who.clone().prop_map(|(account, task)| Step::Claim { account, task }),
        1 => who.clone().prop_map(|(account, task)| Step::Release { account, task }),
        1 => who.clone().prop_map(|(account, task)| Step::Renew { account, task }),
        6 => who.prop_map(|(account, task)| Step::Submit { account, task }),
        4 => task.clone().prop_map(|task| Step::Approve { task }),
        3 => task.clone().prop_map(|task| Step::Reject { task }),
        3 => task.clone().prop_map(|task| Step::Revise { task }),
        1 => task.clone().prop_map(|task| Step::Cancel { task }),
        2 => (task.clone(), prop::option::of(reward()), prop::sample::select(&Difficulty::ALL[..]))
            .prop_map(|(task, reward, difficulty)| Step::Edit { task, reward, difficulty }),
        1 => task.prop_map(|task| Step::MarkPaid { task }),
        2 => account.clone().prop_map(|account| Step::Ban { account }),
        2 => account.prop_map(|account| Step::Unban { account }),
        2 => (1..8_i64).prop_map(|hours| Step::Wait { hours }),
        1 => Just(Step::Expire),
    ]
}

fn reward() -> impl Strategy<Value = Reward> {
    prop::option::weighted(0.8, (0..ASSETS.len(), 1..1_500_i64))
}

fn terms() -> impl Strategy<Value = Terms> {
    let fee_bps = prop::sample::select(&[0_u32, 1, 250, 1_000, 9_999, 10_000][..]);
    let lease = prop::option::of((1..6_i64).prop_map(half_past));
    let funding = prop::sample::select(&[Funding::Issuance, Funding::Escrow, Funding::Project][..]);
    let terms = (funding, fee_bps, 1..4_i64, lease, 1..4_i64);
    terms.prop_map(|(funding, fee_bps, rejections, lease, claim_limit)| Terms {
        funding,
        fee_bps,
        rejections,
        lease,
        claim_limit,
        ..Terms::bounty(None)
    })
}

/// So many hours and a half: never over at a full hour, whatever was done in
/// the first one.
fn half_past(hours: i64) -> Span {
    Span::seconds(hours * 3_600 + 1_800)
}

/// Three of four steps are on a task on which they can succeed.
fn aimed_step() -> impl Strategy<Value = (Step, bool)> {
    (step(), prop::bool::weighted(0.75))
}

fn some_steps(count: usize) -> Vec<(Step, bool)> {
    let mut runner = TestRunner::default();
    let steps = prop::collection::vec(aimed_step(), count).new_tree(&mut runner);
    steps.expect("some steps").current()
}
