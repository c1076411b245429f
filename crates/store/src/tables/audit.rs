//! Invariants that must hold in every database, checked by `guildhall audit`.
//! Each statement counts violations; none is ever expected.

use domain::Result;

use crate::{Sql, Tx};

/// An invariant and the statement that counts its violations.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    /// What holds, in words.
    pub says: &'static str,
    sql: Sql,
}

statements! {
    NEGATIVE = "select count(*) from ledger_accounts where balance < 0";
    FOLDED = "select count(*) from (select a.owner, a.asset, a.bucket, a.balance, \
        (select coalesce(sum(e.units), 0) from ledger_entries e where e.credit_owner = a.owner and e.asset = a.asset \
        and e.credit_bucket = a.bucket) as credits, \
        (select coalesce(sum(e.units), 0) from ledger_entries e where e.debit_owner = a.owner and e.asset = a.asset \
        and e.debit_bucket = a.bucket) as debits from ledger_accounts a) f where f.balance <> f.credits - f.debits";
    UNOPENED = "select count(*) from ledger_entries e where e.credit_bucket in ('available', 'held', 'escrow') \
        and not exists (select 1 from ledger_accounts a where a.owner = e.credit_owner and a.asset = e.asset \
        and a.bucket = e.credit_bucket)";
    AMOUNTS = "select count(*) from ledger_entries where units <= 0";
    PAID_ONCE = "select count(*) from (select task from ledger_entries where reason = 'payout' group by task \
        having count(*) > 1) twice";
    PAID_PASSED = "select count(*) from ledger_entries e where e.reason = 'payout' and not exists \
        (select 1 from tasks t where t.id = e.task and t.status = 'accepted')";
    PASSED_PAID = "select count(*) from tasks t where t.status = 'accepted' and t.reward_asset is not null \
        and not exists (select 1 from ledger_entries e where e.task = t.id and e.reason in ('payout', 'fee'))";
    ESCROW_CLOSED = "select count(*) from ledger_accounts a join tasks t on t.id = a.owner \
        where a.bucket = 'escrow' and a.balance <> 0 and t.phase in ('done', 'closed')";
    ESCROW_OPEN = "select count(*) from tasks t where t.funding = 'escrow' and t.reward_asset is not null \
        and t.phase not in ('done', 'closed') and not exists (select 1 from ledger_accounts a where a.owner = t.id \
        and a.asset = t.reward_asset and a.bucket = 'escrow' and a.balance = t.reward_units)";
    EARNINGS = "select count(*) from earnings g where g.units <> (select coalesce(sum(e.units), 0) \
        from ledger_entries e where e.reason = 'payout' and e.credit_owner = g.account and e.asset = g.asset)";
    PHASES = "select count(*) from tasks where phase <> case status when 'open' then 'open' when 'claimed' then \
        'working' when 'submitted' then 'review' when 'accepted' then 'done' else 'closed' end";
    HOLDERS = "select count(*) from tasks where (phase in ('working', 'review', 'done')) <> (assignee is not null)";
    CLAIMED = "select count(*) from tasks t where t.phase in ('working', 'review') and not exists \
        (select 1 from claims c where c.task = t.id and c.account = t.assignee and c.status = 'active')";
    CLAIMS = "select count(*) from claims c where c.status = 'active' and not exists \
        (select 1 from tasks t where t.id = c.task and t.assignee = c.account and t.phase in ('working', 'review'))";
    PENDING = "select count(*) from tasks t where (t.phase = 'review') <> exists \
        (select 1 from submissions s where s.task = t.id and s.status = 'pending')";
    COMPLETED = "select count(*) from accounts a where a.completed_tasks <> \
        (select count(*) from tasks t where t.assignee = a.id and t.phase = 'done')";
    PROJECTS = "select count(*) from projects p where p.tasks <> (select count(*) from tasks t where t.project = p.id) \
        or p.completed_tasks <> (select count(*) from tasks t where t.project = p.id and t.phase = 'done') \
        or p.replies <> (select count(*) from messages m where m.subject = p.id) \
        or p.upvotes - p.downvotes <> (select coalesce(sum(v.value), 0) from votes v where v.subject = p.id)";
    TALLIES = "select count(*) from (select t.phase, t.difficulty, count(*) as n from tasks t \
        group by t.phase, t.difficulty) c where c.n <> (select coalesce(sum(s.n), 0) from tallies s \
        where s.scope = $1 and s.name = 'task.' || c.phase || '.' || c.difficulty)";
    TASK_EVENTS = "select count(*) from tasks t where not exists (select 1 from events e \
        where e.subject = t.id and e.kind = 'task.published')";
    ACCEPT_EVENTS = "select count(*) from (select count(*) as accepted from tasks where status = 'accepted') a, \
        (select count(*) as told from events where kind = 'task.accepted') e where a.accepted <> e.told";
}

const INVARIANTS: &[Invariant] = &[
    Invariant {
        says: "no balance of a subject is negative",
        sql: NEGATIVE,
    },
    Invariant {
        says: "every balance is the sum of its entries",
        sql: FOLDED,
    },
    Invariant {
        says: "every credited subject has a balance",
        sql: UNOPENED,
    },
    Invariant {
        says: "every entry moves something",
        sql: AMOUNTS,
    },
    Invariant {
        says: "a task pays at most once",
        sql: PAID_ONCE,
    },
    Invariant {
        says: "only accepted tasks pay",
        sql: PAID_PASSED,
    },
    Invariant {
        says: "every accepted task with a ledger reward has paid",
        sql: PASSED_PAID,
    },
    Invariant {
        says: "nothing is left in the escrow of a finished task",
        sql: ESCROW_CLOSED,
    },
    Invariant {
        says: "the escrow of an open task holds its reward",
        sql: ESCROW_OPEN,
    },
    Invariant {
        says: "earnings are the sum of payouts",
        sql: EARNINGS,
    },
    Invariant {
        says: "a task's phase follows from its status",
        sql: PHASES,
    },
    Invariant {
        says: "a task has a holder exactly while and after it is worked on",
        sql: HOLDERS,
    },
    Invariant {
        says: "a task in work has an active claim of its holder",
        sql: CLAIMED,
    },
    Invariant {
        says: "an active claim belongs to a task in work",
        sql: CLAIMS,
    },
    Invariant {
        says: "a task in review has one pending submission",
        sql: PENDING,
    },
    Invariant {
        says: "completed tasks are counted per account",
        sql: COMPLETED,
    },
    Invariant {
        says: "tasks, messages and votes are counted per project",
        sql: PROJECTS,
    },
    Invariant {
        says: "tasks are counted per standing",
        sql: TALLIES,
    },
    Invariant {
        says: "the log tells of every task",
        sql: TASK_EVENTS,
    },
    Invariant {
        says: "the log tells of every acceptance",
        sql: ACCEPT_EVENTS,
    },
];

/// What [`check`] found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The invariant.
    pub says: &'static str,
    /// How often it is violated.
    pub violations: i64,
}

/// Every invariant, in order.
pub fn invariants() -> impl Iterator<Item = Invariant> {
    INVARIANTS.iter().copied()
}

/// Counts the violations of one invariant.
pub async fn check(tx: &mut Tx, invariant: Invariant) -> Result<Finding> {
    let params = if invariant.sql == TALLIES {
        vec![domain::id::PLATFORM.into()]
    } else {
        vec![]
    };
    let violations = tx
        .row(invariant.sql, params, |row| row.int(0))
        .await?
        .unwrap_or(0);
    Ok(Finding {
        says: invariant.says,
        violations,
    })
}
