//! The steps of the model, done by the application on a real database.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use app::ops::accounts::{Ban, Register, Unban};
use app::ops::keys::EnsureOperator;
use app::ops::projects::Create;
use app::ops::reviews::{Approve, Reject, RequestRevision};
use app::ops::server::Audit;
use app::ops::tasks::{
    Alarmed, Cancel, Claim, Edit, MarkPaid, Publish, Release, Renew, Ring, Submit,
};
use app::tables::ledger::{self, Entry, Place, Reason};
use app::tables::projects::Pitch;
use app::tables::tasks;
use app::{App, Clock, Entropy, Op, Settings};
use domain::id::{AccountId, EntryId, ProjectId, SubmissionId, TaskId};
use domain::money::{Bucket, Money};
use domain::policy::Actor;
use domain::task::{Difficulty, Status, Terms};
use domain::time::Span;
use domain::{Result, Time};
use store::{Location, Sql, Store, Val};

use super::model::{ASSETS, Glance, Outcome, Reward, Seen, Step, Total, Totals, Wallets};

const OPERATOR_KEY: &str = "the operator of the model";

/// An application, and who and what is in it, in the order of their making.
pub struct World {
    app: App,
    clock: Clock,
    entropy: Entropy,
    operator: Actor,
    project: ProjectId,
    accounts: Mutex<Vec<Member>>,
    tasks: Mutex<Vec<TaskId>>,
    /// The latest of each task.
    submissions: Mutex<BTreeMap<TaskId, SubmissionId>>,
}

#[derive(Clone)]
struct Member {
    id: AccountId,
    key: String,
}

/// Whether a refusal should never be seen.
pub fn is_defect(code: &str) -> bool {
    ["internal", "outcome_unknown", "contended", "task_changed"].contains(&code)
}

impl World {
    /// An operator and a project on an empty database.
    pub async fn open(url: &str) -> Self {
        let location = Location::parse(url).expect("a location");
        let store = Store::open(&location).await.expect("the store opens");
        let settings = Settings {
            operator_key: Some(app::hash_secret(OPERATOR_KEY)),
            ..Settings::default()
        };
        let (clock, entropy) = (Clock::fixed(Time(1_000_000)), Entropy::sequence());
        let app = App::new(store, settings, clock.clone(), entropy.clone());
        let ensure = EnsureOperator {
            configured: Some(OPERATOR_KEY.into()),
            prefix: "polt_",
        };
        app.call(&Actor::System, ensure).await.expect("an operator");
        let operator = app.authenticate(OPERATOR_KEY).await.expect("the operator");
        let pitch = Pitch {
            title: "Compass".into(),
            description: "d".into(),
            detailed_presentation: "d".into(),
            technical_specs: "d".into(),
            go_to_market: "d".into(),
            market_study: "d".into(),
        };
        let project = app.call(&operator, Create { pitch }).await;
        let project = project.expect("a project").id;
        let member = Member {
            id: operator.account().expect("an account"),
            key: OPERATOR_KEY.into(),
        };
        Self {
            app,
            clock,
            entropy,
            operator,
            project,
            accounts: Mutex::new(vec![member]),
            tasks: Mutex::default(),
            submissions: Mutex::default(),
        }
    }

    pub async fn close(&self) {
        self.app.store().close().await;
    }

    /// Does a step.
    pub async fn apply(&self, step: &Step) -> Outcome {
        self.try_apply(step).await.map_err(|error| error.code)
    }

    async fn try_apply(&self, step: &Step) -> Result<()> {
        match *step {
            Step::Register => self.register().await,
            Step::Fund {
                account,
                asset,
                units,
            } => self.fund(account, asset, units).await,
            Step::Publish { reward, terms } => self.publish(reward, terms).await,
            Step::Claim { account, task } => {
                let task = self.task(task);
                self.as_account(account, Claim { task }).await
            }
            Step::Release { account, task } => {
                let task = self.task(task);
                self.as_account(account, Release { task }).await
            }
            Step::Renew { account, task } => {
                let task = self.task(task);
                self.as_account(account, Renew { task }).await
            }
            Step::Submit { account, task } => self.submit(account, task).await,
            Step::Approve { task } => {
                let submission = self.submission(task);
                self.as_operator(Approve {
                    submission,
                    notes: None,
                })
                .await
            }
            Step::Reject { task } => {
                let submission = self.submission(task);
                self.as_operator(Reject {
                    submission,
                    notes: None,
                })
                .await
            }
            Step::Revise { task } => {
                let submission = self.submission(task);
                self.as_operator(RequestRevision {
                    submission,
                    notes: None,
                })
                .await
            }
            Step::Cancel { task } => {
                let task = self.task(task);
                self.as_operator(Cancel { task }).await
            }
            Step::Edit {
                task,
                reward,
                difficulty,
            } => self.edit(task, reward, difficulty).await,
            Step::MarkPaid { task } => {
                let task = self.task(task);
                self.as_operator(MarkPaid { task }).await
            }
            Step::Ban { account } => {
                let account = self.account(account).id;
                self.as_operator(Ban {
                    account,
                    reason: None,
                })
                .await
            }
            Step::Unban { account } => {
                let account = self.account(account).id;
                self.as_operator(Unban { account }).await
            }
            Step::Wait { hours } => {
                self.clock.advance(Span::hours(hours));
                Ok(())
            }
            Step::Expire => loop {
                let due = self.app.call(&Actor::System, Alarmed).await?;
                if due.is_empty() {
                    return Ok(());
                }
                for task in due {
                    self.app.call(&Actor::System, Ring { task }).await?;
                }
            },
        }
    }

    fn account(&self, place: usize) -> Member {
        let accounts = lock(&self.accounts);
        accounts[place % accounts.len()].clone()
    }

    /// A task, or an id that is nobody's.
    fn task(&self, place: usize) -> TaskId {
        let tasks = lock(&self.tasks);
        let nobodys = || TaskId(self.entropy.id(Time(0)));
        tasks
            .get(place % tasks.len().max(1))
            .copied()
            .unwrap_or_else(nobodys)
    }

    fn submission(&self, task: usize) -> SubmissionId {
        let task = self.task(task);
        let nobodys = || SubmissionId(self.entropy.id(Time(0)));
        lock(&self.submissions)
            .get(&task)
            .copied()
            .unwrap_or_else(nobodys)
    }

    /// As somebody who comes with a key.
    async fn as_account<O: Op>(&self, account: usize, op: O) -> Result<()> {
        let actor = self.app.authenticate(&self.account(account).key).await?;
        self.app.call(&actor, op).await.map(drop)
    }

    async fn as_operator<O: Op>(&self, op: O) -> Result<()> {
        self.app.call(&self.operator, op).await.map(drop)
    }

    async fn register(&self) -> Result<()> {
        let register = Register {
            username: format!("agent-{}", self.entropy.id(Time(0))),
            display_name: None,
            bio: None,
            key_prefix: "polt_",
        };
        let registered = self.app.call(&Actor::Anonymous, register).await?;
        lock(&self.accounts).push(Member {
            id: registered.account,
            key: registered.key.reveal().to_owned(),
        });
        Ok(())
    }

    /// Money comes into the world by an entry of the ledger; there is no
    /// operation for it yet.
    async fn fund(&self, account: usize, asset: usize, units: i64) -> Result<()> {
        let entry = Entry {
            id: EntryId(self.entropy.id(self.clock.now())),
            money: Money {
                asset: ASSETS[asset].0.into(),
                units,
            },
            debit: Place::platform(Bucket::Issuance),
            credit: Place::wallet(self.account(account).id),
            reason: Reason::Issue,
            task: None,
            at: self.clock.now(),
        };
        let posted = self.app.store().write(move |tx| {
            let entry = entry.clone();
            Box::pin(async move { ledger::post(tx, &entry).await })
        });
        posted.await
    }

    async fn publish(&self, reward: Reward, terms: Terms) -> Result<()> {
        let publish = Publish {
            project: self.project,
            title: "t".into(),
            description: "d".into(),
            payout_display: self.displayed(reward),
            difficulty: Difficulty::Medium,
            deadline: None,
            terms,
        };
        let published = self.app.call(&self.operator, publish).await?;
        lock(&self.tasks).push(published.task.id);
        Ok(())
    }

    async fn submit(&self, account: usize, task: usize) -> Result<()> {
        let task = self.task(task);
        let actor = self.app.authenticate(&self.account(account).key).await?;
        let content = "done".to_owned();
        let submitted = self.app.call(&actor, Submit::new(task, content)).await?;
        lock(&self.submissions).insert(task, submitted.submission.id);
        Ok(())
    }

    async fn edit(
        &self,
        task: usize,
        reward: Option<Reward>,
        difficulty: Difficulty,
    ) -> Result<()> {
        let edit = Edit {
            task: self.task(task),
            title: None,
            description: None,
            payout_display: reward.map(|reward| self.displayed(reward)),
            deadline: None,
            difficulty: Some(difficulty),
        };
        self.as_operator(edit).await
    }

    fn displayed(&self, reward: Reward) -> String {
        let Some((asset, units)) = reward else {
            return "a hug".into();
        };
        let asset = ASSETS[asset].0.to_owned();
        let decimal = self.app.settings().assets.decimal(&Money {
            asset: asset.clone(),
            units,
        });
        format!("{decimal} {asset}")
    }

    /// The invariants that do not hold.
    pub async fn audit(&self) -> Vec<String> {
        let findings = self.app.call(&Actor::System, Audit).await;
        let findings = findings.expect("findings").into_iter();
        let violated = findings.filter(|finding| finding.violations != 0);
        violated.map(|finding| finding.says.to_owned()).collect()
    }

    /// As much of every task as a step is aimed by.
    pub async fn glance(&self) -> Vec<Glance> {
        const ALL: Sql = Sql::new("select id, status, assignee from tasks");
        let read = self.app.store().read(|tx| {
            Box::pin(tx.rows(ALL, vec![], |row| {
                Ok((row.id(0)?, row.word(1, Status::parse)?, row.opt_id(2)?))
            }))
        });
        let rows = read.await.expect("the tasks").into_iter();
        let stands: BTreeMap<TaskId, _> = rows
            .map(|(id, status, holder)| (id, (status, holder)))
            .collect();
        let accounts = lock(&self.accounts);
        let place = |id: AccountId| accounts.iter().position(|member| member.id == id);
        let known = |id: &TaskId| {
            stands
                .get(id)
                .map(|(status, holder)| (*status, holder.and_then(place)))
        };
        lock(&self.tasks).iter().filter_map(known).collect()
    }

    /// What is to be seen of every task.
    pub async fn tasks(&self) -> Vec<Seen> {
        const ESCROW: Sql = Sql::new(
            "select cast(coalesce(sum(case when credit_bucket = 'escrow' then units else -units end), 0) as bigint) \
             from ledger_entries where task = $1 and reason in ('escrow', 'refund', 'payout', 'fee') \
             and (credit_bucket = 'escrow' or debit_bucket = 'escrow') \
             and exists (select 1 from tasks t where t.id = ledger_entries.task and t.funding = 'escrow')",
        );
        let ids = lock(&self.tasks).clone();
        let mut seen = Vec::new();
        for id in ids {
            let found = self.app.store().read(move |tx| {
                Box::pin(async move {
                    let task = tasks::find(tx, id).await?.expect("a task");
                    let escrow = tx.row(ESCROW, vec![Val::id(id)], |row| row.int(0)).await?;
                    Ok((task, escrow.unwrap_or(0)))
                })
            });
            let (task, escrow) = found.await.expect("a task");
            seen.push(self.seen(&task, escrow));
        }
        seen
    }

    fn seen(&self, task: &tasks::Task, escrow: i64) -> Seen {
        let accounts = lock(&self.accounts);
        let place = |id: AccountId| accounts.iter().position(|member| member.id == id);
        Seen {
            status: task.state.status,
            assignee: task.state.assignee.map(|id| place(id).expect("an account")),
            rejections: task.state.rejections,
            submissions: task.submissions,
            has_lease: task.state.lease_ends.is_some(),
            is_paid: task.paid_at.is_some(),
            reward: task
                .reward
                .as_ref()
                .map(|reward| (asset(&reward.asset), reward.units)),
            escrow,
        }
    }

    /// Every balance that is not 0.
    pub async fn wallets(&self) -> Wallets {
        let members = lock(&self.accounts).clone();
        let mut wallets = Wallets::new();
        for (place, member) in members.iter().enumerate() {
            let owner = member.id.0;
            let balances = self
                .app
                .store()
                .read(move |tx| Box::pin(ledger::balances(tx, owner)));
            let balances = balances.await.expect("balances").into_iter();
            for balance in balances.filter(|balance| balance.bucket == Bucket::Available) {
                let key = (place, asset(&balance.money.asset));
                *wallets.entry(key).or_default() += balance.money.units;
            }
        }
        wallets.retain(|_, units| *units != 0);
        wallets
    }

    /// What was moved, from the entries and the balances.
    pub async fn totals(&self) -> Totals {
        const ENTRIES: Sql = Sql::new(
            "select asset, debit_bucket, reason, cast(sum(units) as bigint) from ledger_entries \
             group by asset, debit_bucket, reason",
        );
        const BALANCES: Sql = Sql::new(
            "select asset, bucket, cast(sum(balance) as bigint) from ledger_accounts group by asset, bucket",
        );
        let read = self.app.store().read(|tx| {
            Box::pin(async move {
                let entry = |row: &store::Row<'_>| {
                    Ok((row.text(0)?, row.text(1)?, row.text(2)?, row.int(3)?))
                };
                let entries = tx.rows(ENTRIES, vec![], entry).await?;
                let balance = |row: &store::Row<'_>| Ok((row.text(0)?, row.text(1)?, row.int(2)?));
                Ok((entries, tx.rows(BALANCES, vec![], balance).await?))
            })
        });
        let (entries, balances) = read.await.expect("the ledger");
        let mut totals: BTreeMap<String, Total> = BTreeMap::new();
        for (asset, from, reason, units) in entries {
            let total = totals.entry(asset).or_default();
            total.issued += if from == "issuance" { units } else { 0 };
            total.fees += if reason == "fee" { units } else { 0 };
            total.payouts += if reason == "payout" { units } else { 0 };
        }
        for (asset, bucket, units) in balances {
            let total = totals.entry(asset).or_default();
            match bucket.as_str() {
                "available" => total.wallets += units,
                "escrow" => total.escrow += units,
                "receivable" => total.owed += units,
                "payable" => total.owing -= units,
                other => panic!("money in {other}"),
            }
        }
        Totals(totals)
    }
}

fn asset(code: &str) -> usize {
    let place = ASSETS.iter().position(|(known, _)| *known == code);
    place.expect("a known asset")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics with it")
}
