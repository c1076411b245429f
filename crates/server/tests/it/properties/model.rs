//! The reference model: what the server should do, in plain values.
//!
//! It knows nothing of the server but the words of its refusals, and is
//! written from the rules, not from the code. Accounts and tasks are named by
//! their place; account 0 is the operator. Time is counted in hours, leases
//! end at half past.

use std::collections::BTreeMap;

use domain::task::{Difficulty, Funding, Status, Terms};

/// The assets of a test, and how many digits they have after the point.
pub const ASSETS: [(&str, u32); 3] = [("credits", 0), ("USD", 2), ("POLT", 6)];

/// A reward in the smallest units of one of the [`ASSETS`]; without one it is
/// free text.
pub type Reward = Option<(usize, i64)>;

/// Something somebody does. Places wrap around.
#[derive(Clone, Debug)]
pub enum Step {
    Register,
    Fund {
        account: usize,
        asset: usize,
        units: i64,
    },
    Publish {
        reward: Reward,
        terms: Terms,
    },
    Claim {
        account: usize,
        task: usize,
    },
    Release {
        account: usize,
        task: usize,
    },
    Renew {
        account: usize,
        task: usize,
    },
    Submit {
        account: usize,
        task: usize,
    },
    Approve {
        task: usize,
    },
    Reject {
        task: usize,
    },
    Revise {
        task: usize,
    },
    Cancel {
        task: usize,
    },
    Edit {
        task: usize,
        reward: Option<Reward>,
        difficulty: Difficulty,
    },
    MarkPaid {
        task: usize,
    },
    Ban {
        account: usize,
    },
    Unban {
        account: usize,
    },
    Wait {
        hours: i64,
    },
    Expire,
}

/// What a step looks at before it is aimed: where a task stands, who holds it.
pub type Glance = (Status, Option<usize>);

impl Step {
    /// The same step, on a task on which it can succeed, if there is one.
    pub fn aimed(self, tasks: &[Glance]) -> Self {
        let standing = |wanted: Status, which: usize| {
            let places = (0..tasks.len()).filter(|place| tasks[*place].0 == wanted);
            let places: Vec<usize> = places.collect();
            let place = which.checked_rem(places.len()).map_or(which, |n| places[n]);
            (
                tasks
                    .get(place)
                    .and_then(|(_, holder)| *holder)
                    .unwrap_or(which),
                place,
            )
        };
        match self {
            Self::Claim { account, task } => Self::Claim {
                account,
                task: standing(Status::Open, task).1,
            },
            Self::Release { task, .. } => {
                let (account, task) = standing(Status::Claimed, task);
                Self::Release { account, task }
            }
            Self::Renew { task, .. } => {
                let (account, task) = standing(Status::Claimed, task);
                Self::Renew { account, task }
            }
            Self::Submit { task, .. } => {
                let (account, task) = standing(Status::Claimed, task);
                Self::Submit { account, task }
            }
            Self::Approve { task } => Self::Approve {
                task: standing(Status::Submitted, task).1,
            },
            Self::Reject { task } => Self::Reject {
                task: standing(Status::Submitted, task).1,
            },
            Self::Revise { task } => Self::Revise {
                task: standing(Status::Submitted, task).1,
            },
            Self::MarkPaid { task } => Self::MarkPaid {
                task: standing(Status::Accepted, task).1,
            },
            other => other,
        }
    }
}

/// What a step comes to: the code of a refusal, if it is refused.
pub type Outcome = Result<(), &'static str>;

/// What is to be seen of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub status: Status,
    pub assignee: Option<usize>,
    pub rejections: i64,
    pub submissions: i64,
    pub has_lease: bool,
    pub is_paid: bool,
    pub reward: Reward,
    pub escrow: i64,
}

/// What was moved of one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub issued: i64,
    pub wallets: i64,
    pub escrow: i64,
    pub fees: i64,
    pub payouts: i64,
    /// To workers.
    pub owed: i64,
    /// By owners.
    pub owing: i64,
}

/// What was moved, by asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals(pub BTreeMap<String, Total>);

impl Totals {
    /// What was made or lost on the way: nothing.
    pub fn imbalance(&self) -> BTreeMap<String, i64> {
        let left = |total: &Total| {
            total.issued + total.owing - total.owed - total.wallets - total.escrow - total.fees
        };
        let all = self
            .0
            .iter()
            .map(|(asset, total)| (asset.clone(), left(total)));
        all.filter(|(_, left)| *left != 0).collect()
    }
}

/// Balances, by account and asset; without the empty ones.
pub type Wallets = BTreeMap<(usize, usize), i64>;

#[derive(Clone, Debug)]
struct Task {
    reward: Reward,
    terms: Terms,
    status: Status,
    assignee: Option<usize>,
    lease_ends: Option<i64>,
    rejections: i64,
    submissions: i64,
    is_paid: bool,
}

/// What there is.
#[derive(Debug)]
pub struct Model {
    banned: Vec<bool>,
    tasks: Vec<Task>,
    wallets: Wallets,
    totals: BTreeMap<usize, Total>,
    hour: i64,
}

impl Model {
    /// An operator and nothing else.
    pub fn new() -> Self {
        Self {
            banned: vec![false],
            tasks: Vec::new(),
            wallets: Wallets::new(),
            totals: BTreeMap::new(),
            hour: 0,
        }
    }

    /// What there is to be seen of every task.
    pub fn tasks(&self) -> Vec<Seen> {
        self.tasks.iter().map(Task::seen).collect()
    }

    /// As much of every task as a step is aimed by.
    pub fn glance(&self) -> Vec<Glance> {
        self.tasks
            .iter()
            .map(|task| (task.status, task.assignee))
            .collect()
    }

    /// Every balance that is not 0.
    pub fn wallets(&self) -> Wallets {
        let mut wallets = self.wallets.clone();
        wallets.retain(|_, units| *units != 0);
        wallets
    }

    /// What was moved so far.
    pub fn totals(&self) -> Totals {
        let mut totals = self.totals.clone();
        for ((_, asset), units) in &self.wallets {
            totals.entry(*asset).or_default().wallets += units;
        }
        for task in &self.tasks {
            if let (Some((asset, _)), units @ 1..) = (task.reward, task.escrow()) {
                totals.entry(asset).or_default().escrow += units;
            }
        }
        let named = |(asset, total): (usize, Total)| (ASSETS[asset].0.to_owned(), total);
        Totals(totals.into_iter().map(named).collect())
    }

    /// Does a step, or refuses it and changes nothing.
    pub fn apply(&mut self, step: &Step) -> Outcome {
        match *step {
            Step::Register => self.banned.push(false),
            Step::Fund {
                account,
                asset,
                units,
            } => {
                let account = self.place(account);
                *self.wallets.entry((account, asset)).or_default() += units;
                self.totals.entry(asset).or_default().issued += units;
            }
            Step::Publish { reward, terms } => self.publish(reward, terms)?,
            Step::Claim { account, task } => self.claim(account, task)?,
            Step::Release { account, task } => self.in_work(account, task)?.reopen(),
            Step::Renew { account, task } => {
                let hour = self.hour;
                let task = self.in_work(account, task)?;
                task.terms.lease.ok_or("task_has_no_lease")?;
                task.start_lease(hour);
            }
            Step::Submit { account, task } => {
                let task = self.in_work(account, task)?;
                task.status = Status::Submitted;
                task.lease_ends = None;
                task.submissions += 1;
            }
            Step::Approve { task } => self.approve(task)?,
            Step::Reject { task } => self.reject(task)?,
            Step::Revise { task } => self.revise(task)?,
            Step::Cancel { task } => self.cancel(task)?,
            Step::Edit { task, reward, .. } => {
                let task = self.not_final(task)?;
                let reward = reward.unwrap_or(task.reward);
                if task.terms.funding == Funding::Escrow && reward != task.reward {
                    return Err("reward_in_escrow");
                }
                task.reward = reward;
            }
            Step::MarkPaid { task } => {
                let task = self.task(task)?;
                let is_owed = task.terms.funding == Funding::Project && task.reward.is_some();
                match (task.status, task.is_paid) {
                    (Status::Accepted, false) if is_owed => return Err("reward_is_owed"),
                    (Status::Accepted, false) => task.is_paid = true,
                    (Status::Accepted, true) => return Err("task_already_paid"),
                    _ => return Err("task_not_completed"),
                }
            }
            Step::Ban { account } => self.ban(account)?,
            Step::Unban { account } => {
                let account = self.place(account);
                if !std::mem::replace(&mut self.banned[account], false) {
                    return Err("agent_not_banned");
                }
            }
            Step::Wait { hours } => self.hour += hours,
            Step::Expire => {
                let hour = self.hour;
                let is_over = |task: &&mut Task| task.lease_ends.is_some_and(|end| end < hour);
                self.tasks.iter_mut().filter(is_over).for_each(Task::reopen);
            }
        }
        Ok(())
    }

    fn place(&self, account: usize) -> usize {
        account % self.banned.len()
    }

    /// An account that may act.
    fn actor(&self, account: usize) -> Result<usize, &'static str> {
        let account = self.place(account);
        if self.banned[account] {
            Err("account_banned")
        } else {
            Ok(account)
        }
    }

    fn task(&mut self, task: usize) -> Result<&mut Task, &'static str> {
        let count = self.tasks.len().max(1);
        self.tasks.get_mut(task % count).ok_or("task_not_found")
    }

    fn not_final(&mut self, task: usize) -> Result<&mut Task, &'static str> {
        match self.task(task)? {
            task if task.is_final() => Err("task_is_final"),
            task => Ok(task),
        }
    }

    /// A task that this account is working on.
    fn in_work(&mut self, account: usize, task: usize) -> Result<&mut Task, &'static str> {
        let account = self.actor(account)?;
        let task = self.task(task)?;
        match task.status {
            Status::Claimed | Status::Started if task.assignee == Some(account) => Ok(task),
            _ if task.assignee != Some(account) && !task.is_final() => Err("not_the_assignee"),
            _ => Err("task_not_claimed"),
        }
    }

    /// A task with work that waits for a verdict.
    fn in_review(&mut self, task: usize) -> Result<&mut Task, &'static str> {
        let task = self.task(task).map_err(|_| "submission_not_found")?;
        match (task.status, task.submissions) {
            (Status::Submitted, _) => Ok(task),
            (_, 0) => Err("submission_not_found"),
            _ => Err("submission_already_reviewed"),
        }
    }

    fn publish(&mut self, reward: Reward, terms: Terms) -> Outcome {
        if let (Funding::Escrow, Some((asset, units))) = (terms.funding, reward) {
            let balance = self.wallets.entry((0, asset)).or_default();
            if *balance < units {
                return Err("insufficient_funds");
            }
            *balance -= units;
        }
        self.tasks.push(Task {
            reward,
            terms,
            status: Status::Open,
            assignee: None,
            lease_ends: None,
            rejections: 0,
            submissions: 0,
            is_paid: false,
        });
        Ok(())
    }

    fn claim(&mut self, account: usize, task: usize) -> Outcome {
        let account = self.actor(account)?;
        let is_held = |task: &&Task| task.is_in_work() && task.assignee == Some(account);
        let held = self.tasks.iter().filter(is_held).count();
        let hour = self.hour;
        let task = self.task(task)?;
        // The operator published everything.
        if account == 0 && task.terms.funding == Funding::Escrow {
            return Err("self_dealing");
        }
        if task.status != Status::Open {
            return Err("task_not_available");
        }
        if i64::try_from(held).expect("few") >= task.terms.claim_limit {
            return Err("claim_limit_reached");
        }
        task.status = Status::Claimed;
        task.assignee = Some(account);
        task.rejections = 0;
        task.start_lease(hour);
        Ok(())
    }

    fn approve(&mut self, task: usize) -> Outcome {
        let task = self.in_review(task)?;
        task.status = Status::Accepted;
        let (funding, fee_bps) = (task.terms.funding, task.terms.fee_bps);
        let Some((asset, gross)) = task.reward else {
            return Ok(());
        };
        let worker = task.assignee.expect("somebody handed it in");
        let fee = (i128::from(gross) * i128::from(fee_bps) + 5_000) / 10_000;
        let fee = i64::try_from(fee).expect("no more than the reward");
        if funding == Funding::Project {
            // Nobody funds the project here: its owner owes it all.
            let total = self.totals.entry(asset).or_default();
            total.fees += fee;
            total.owed += gross - fee;
            total.owing += gross;
            return Ok(());
        }
        task.is_paid = true;
        *self.wallets.entry((worker, asset)).or_default() += gross - fee;
        let total = self.totals.entry(asset).or_default();
        total.fees += fee;
        total.payouts += gross - fee;
        if funding == Funding::Issuance {
            total.issued += gross;
        }
        Ok(())
    }

    fn reject(&mut self, task: usize) -> Outcome {
        let hour = self.hour;
        let author = self.in_review(task)?.assignee;
        let is_banned = author.is_some_and(|author| self.banned[author]);
        let task = self.in_review(task)?;
        task.rejections += 1;
        if is_banned || task.rejections >= task.terms.rejections {
            task.reopen();
        } else {
            task.status = Status::Started;
            task.start_lease(hour);
        }
        Ok(())
    }

    fn revise(&mut self, task: usize) -> Outcome {
        let hour = self.hour;
        let author = self.in_review(task)?.assignee;
        if author.is_some_and(|author| self.banned[author]) {
            return Err("author_is_banned");
        }
        let task = self.in_review(task)?;
        task.status = Status::Started;
        task.start_lease(hour);
        Ok(())
    }

    fn cancel(&mut self, task: usize) -> Outcome {
        let task = self.not_final(task)?;
        let escrow = task.escrow();
        task.status = Status::Cancelled;
        task.assignee = None;
        task.lease_ends = None;
        if let Some((asset, _)) = task.reward {
            *self.wallets.entry((0, asset)).or_default() += escrow;
        }
        Ok(())
    }

    fn ban(&mut self, account: usize) -> Outcome {
        let account = self.place(account);
        if account == 0 {
            return Err("cannot_ban_operator");
        }
        self.banned[account] = true;
        let is_held = |task: &&mut Task| task.is_in_work() && task.assignee == Some(account);
        self.tasks.iter_mut().filter(is_held).for_each(Task::reopen);
        Ok(())
    }
}

impl Task {
    fn is_final(&self) -> bool {
        matches!(self.status, Status::Accepted | Status::Cancelled)
    }

    fn is_in_work(&self) -> bool {
        matches!(self.status, Status::Claimed | Status::Started)
    }

    fn reopen(&mut self) {
        self.status = Status::Open;
        self.assignee = None;
        self.lease_ends = None;
        self.rejections = 0;
    }

    /// Half past the last full hour of the lease.
    fn start_lease(&mut self, hour: i64) {
        self.lease_ends = self.terms.lease.map(|lease| hour + lease.0 / 3_600_000_000);
    }

    /// What is set aside for it.
    fn escrow(&self) -> i64 {
        match (self.terms.funding, self.reward) {
            (Funding::Escrow, Some((_, units))) if !self.is_final() => units,
            _ => 0,
        }
    }

    fn seen(&self) -> Seen {
        Seen {
            status: self.status,
            assignee: self.assignee,
            rejections: self.rejections,
            submissions: self.submissions,
            has_lease: self.lease_ends.is_some(),
            is_paid: self.is_paid,
            reward: self.reward,
            escrow: self.escrow(),
        }
    }
}
