//! Invariants that must hold in every database, checked by `guildhall audit`.
//! Each statement counts violations; none is ever expected.

use domain::Result;

use crate::{Sql, Tx, dialect};

/// An invariant and the statement that counts its violations.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    /// What holds, in words.
    pub says: &'static str,
    sql: Sql,
}

impl Invariant {
    /// What counts its violations.
    pub fn statement(&self) -> Sql {
        self.sql
    }
}

/// Counts the groups in which what is said and what is so differ. Both are
/// read once and added up, one of them negated, because a look-up per row
/// would take days on a large database.
macro_rules! differing {
    ($group:literal, $($rows:expr),+) => {
        concat!(
            "select count(*) from (select ", $group, " from (", union!($($rows),+),
            ") r group by ", $group, " having sum(r.n) <> 0) differing"
        )
    };
}

macro_rules! union {
    ($first:expr $(, $further:expr)*) => { concat!($first $(, " union all ", $further)*) };
}

statements! {
    NEGATIVE = "select count(*) from ledger_accounts where balance < 0 and bucket <> 'payable' or balance > 0 and bucket = 'payable'";
    FOLDED = differing!(
        "r.owner, r.asset, r.bucket",
        "select owner, asset, bucket, balance as n from ledger_accounts",
        "select credit_owner, asset, credit_bucket, -units from ledger_entries \
         where credit_bucket in ('available', 'held', 'escrow', 'receivable', 'payable')",
        "select debit_owner, asset, debit_bucket, units from ledger_entries \
         where debit_bucket in ('available', 'held', 'escrow', 'receivable', 'payable')"
    );
    UNOPENED = "select count(*) from ledger_entries e where e.credit_bucket in ('available', 'held', 'escrow', 'receivable', 'payable') \
        and not exists (select 1 from ledger_accounts a where a.owner = e.credit_owner and a.asset = e.asset \
        and a.bucket = e.credit_bucket)";
    AMOUNTS = "select count(*) from ledger_entries where units <= 0";
    PAID_ONCE = "select count(*) from (select task from ledger_entries where reason in ('payout', 'due') group by task \
        having count(*) > 1 union all select task from ledger_entries where reason in ('payout', 'due', 'award', 'reversal') \
        group by task having sum(case reason when 'reversal' then -1 else 1 end) > 1) twice";
    PAID = differing!(
        "r.task, r.asset",
        "select id as task, reward_asset as asset, reward_units as n from tasks \
         where status = 'accepted' and reward_asset is not null",
        "select task, asset, -units from ledger_entries where reason in ('payout', 'due', 'fee', 'award') \
         and task is not null",
        "select task, asset, units from ledger_entries where reason = 'reversal' and task is not null",
        "select e.task, e.asset, -e.units from ledger_entries e join tasks t on t.id = e.task \
         where e.reason = 'refund' and t.status = 'accepted'"
    );
    ESCROW = differing!(
        "r.task, r.asset",
        "select id as task, reward_asset as asset, reward_units as n from tasks \
         where funding = 'escrow' and reward_asset is not null and phase in ('open', 'working', 'review')",
        "select e.task, e.asset, -e.units from ledger_entries e where e.credit_bucket = 'escrow' and e.task is not null",
        "select e.task, e.asset, e.units from ledger_entries e where e.debit_bucket = 'escrow' and e.task is not null \
         and exists (select 1 from tasks t where t.id = e.task and t.funding = 'escrow')"
    );
    FROZEN = differing!(
        "r.owner, r.asset",
        "select publisher as owner, reward_asset as asset, reward_units as n from tasks \
         where funding = 'escrow' and reward_asset is not null and phase in ('open', 'working', 'review')",
        "select a.owner, a.asset, -a.balance from ledger_accounts a where a.bucket = 'escrow' \
         and not exists (select 1 from projects p where p.id = a.owner)"
    );
    HELD = differing!(
        "r.owner, r.asset",
        "select account as owner, asset, units as n from holds where ended = 0",
        "select owner, asset, -balance from ledger_accounts where bucket = 'held'"
    );
    WAITS = differing!(
        "r.job",
        "select id as job, waits as n from jobs",
        "select d.job, -1 from job_dependencies d join jobs j on j.id = d.needs where j.status <> 'done'"
    );
    RATINGS = differing!(
        "r.agent, r.what",
        "select account as agent, 'sum' as what, rating_sum as n from profiles",
        "select account, 'count', rating_count from profiles",
        "select agent, 'sum', -stars from ratings where agent in (select account from profiles)",
        "select agent, 'count', -1 from ratings where agent in (select account from profiles)"
    );
    MATURED = "select count(*) from holds h where h.ended = 1 and not exists \
        (select 1 from ledger_entries e where e.id = h.id and e.reason = 'mature' and e.units = h.units)";
    BOUGHT = differing!(
        "r.account",
        "select account, units as n from redemptions",
        "select debit_owner, -units from ledger_entries where reason = 'redeem'"
    );
    CODES = differing!(
        "r.redemption",
        "select id as redemption, 1 as n from redemptions",
        "select redemption, -1 from redemption_codes where redemption is not null"
    );
    GRANTED = differing!(
        "r.account",
        "select account, 1 as n from awards where what = 'registration'",
        "select credit_owner, -1 from ledger_entries where reason = 'grant'"
    );
    REFERRALS = differing!(
        "r.account",
        "select referrer as account, rewarded as n from referrals",
        "select credit_owner, -1 from ledger_entries where reason = 'referral'"
    );
    EARNINGS = differing!(
        "r.account, r.asset",
        "select account, asset, units as n from earnings",
        "select credit_owner, asset, -units from ledger_entries where reason in ('payout', 'release', 'award', 'bonus')",
        "select debit_owner, asset, units from ledger_entries where reason = 'reversal'"
    );
    PHASES = "select count(*) from tasks where phase <> case status when 'open' then 'open' when 'claimed' then \
        'working' when 'started' then 'working' when 'submitted' then 'review' \
        when 'disputed' then 'review' when 'accepted' then 'done' else 'closed' end";
    HOLDERS = "select count(*) from tasks where (phase in ('working', 'review', 'done')) <> (assignee is not null)";
    CLAIMED = "select count(*) from tasks t where t.phase in ('working', 'review') and t.status <> 'disputed' and not exists \
        (select 1 from claims c where c.task = t.id and c.account = t.assignee and c.status = 'active')";
    BANNED = "select count(*) from accounts a join tasks t on t.assignee = a.id and t.phase = 'working' \
        where a.status = 'banned'";
    CLAIMS = "select count(*) from claims c where c.status = 'active' and not exists \
        (select 1 from tasks t where t.id = c.task and t.assignee = c.account and t.phase in ('working', 'review'))";
    PENDING = "select count(*) from tasks t where (t.mode is null and (t.status = 'submitted') <> exists \
        (select 1 from submissions s where s.task = t.id and s.status = 'pending')) or (t.mode is not null \
        and t.status not in ('open', 'disputed') and exists (select 1 from submissions s where s.task = t.id \
        and s.status = 'pending'))";
    SUBMISSIONS = differing!(
        "r.task",
        "select id as task, submissions as n from tasks where funding <> 'standing'",
        "select s.task, -1 from submissions s where exists (select 1 from tasks t where t.id = s.task and t.funding <> 'standing')"
    );
    COMPLETED = differing!(
        "r.account",
        "select id as account, completed_tasks as n from accounts",
        "select assignee, -1 from tasks where phase = 'done'"
    );
    PROJECTS = differing!(
        "r.project, r.what",
        "select id as project, 'tasks' as what, tasks as n from projects where built_in = 0",
        "select project, 'tasks', -1 from tasks where project not in (select id from projects where built_in = 1)",
        "select id, 'done', completed_tasks from projects where built_in = 0",
        "select project, 'done', -1 from tasks where phase = 'done' and project not in (select id from projects where built_in = 1)",
        "select id, 'closed', cancelled_tasks from projects where built_in = 0",
        "select project, 'closed', -1 from tasks where phase = 'closed' and project not in (select id from projects where built_in = 1)"
    );
    DISCUSSIONS = differing!(
        "r.subject",
        "select id as subject, replies as n from projects",
        "select id, replies from ideas",
        "select subject, -1 from messages where subject_kind in ('project', 'idea')"
    );
    VOTES = differing!(
        "r.subject",
        "select id as subject, upvotes - downvotes as n from projects",
        "select id, upvotes - downvotes from ideas",
        "select id, upvotes - downvotes from messages",
        "select subject, -value from votes"
    );
    TALLIES = differing!(
        "r.scope, r.name",
        "select project as scope, 'task.' || phase || '.' || difficulty as name, 1 as n from tasks where listed = 1",
        "select $1, 'task.' || phase || '.' || difficulty, 1 from tasks where listed = 1",
        "select $1, 'project.' || stage, 1 from projects where built_in = 0",
        "select $1, 'idea.' || status, 1 from ideas",
        "select $1, 'feed.' || replace(kind, '.', '_'), 1 from events where public = 1",
        "select scope, name, -n from tallies"
    );
    PROJECT_ESCROW = differing!(
        "r.owner, r.asset",
        "select a.owner, a.asset, a.balance as n from ledger_accounts a join projects p on p.id = a.owner \
         where a.bucket = 'escrow'",
        "select e.credit_owner, e.asset, -e.units from ledger_entries e where e.reason = 'fund'",
        "select project, asset, gross from payouts where task is not null and settled_at is not null"
    );
    OWED = differing!(
        "r.owner, r.asset",
        "select account as owner, asset, gross - fee as n from payouts where settled_at is null",
        "select owner, asset, -balance from ledger_accounts where bucket = 'receivable'"
    );
    OWING = differing!(
        "r.owner, r.asset",
        "select debtor as owner, asset, gross as n from payouts where settled_at is null",
        "select owner, asset, balance from ledger_accounts where bucket = 'payable'"
    );
    PAYOUTS = differing!(
        "r.task",
        "select task, gross as n from payouts where task is not null",
        "select e.task, -e.units from ledger_entries e join tasks t on t.id = e.task and t.funding = 'project' \
         where e.reason in ('payout', 'due', 'fee')"
    );
    SEATS = differing!(
        "r.position",
        "select id as position, taken as n from positions",
        "select position, -1 from memberships"
    );
    OVERFILLED = "select count(*) from positions where taken > seats or taken < 0";
    TICKETS = "select count(*) from (select p.id from projects p left join tickets t on t.project = p.id \
        group by p.id, p.last_ticket having count(t.number) <> p.last_ticket or coalesce(max(t.number), 0) <> p.last_ticket) gaps";
    WEBHOOKS = differing!(
        "r.id",
        "select id, pending as n from webhooks where active = 1",
        "select d.webhook as id, -1 from deliveries d join webhooks w on w.id = d.webhook \
         where w.active = 1 and d.status = 'pending'"
    );
    TASK_EVENTS = differing!(
        "r.task",
        "select id as task, 1 as n from tasks",
        "select subject, -1 from events where kind in ('task.published', 'ticket.created')"
    );
    ACCEPT_EVENTS = differing!(
        "r.task",
        "select id as task, 1 as n from tasks where status = 'accepted'",
        "select subject, -1 from events where kind = 'task.accepted'",
        "select task, 1 from ledger_entries where reason = 'reversal'"
    );
    DISPUTES = differing!(
        "r.task",
        "select id as task, 1 as n from tasks where status = 'disputed'",
        "select task, -1 from disputes where status = 'open'"
    );
    VERSIONS = differing!(
        "r.entry",
        "select id as entry, version - 1 as n from knowledge",
        "select entry, -1 from knowledge_versions"
    );
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
        says: "accepted tasks have paid their reward, and no others",
        sql: PAID,
    },
    Invariant {
        says: "the escrow of an open task holds its reward, and no other holds anything",
        sql: ESCROW,
    },
    Invariant {
        says: "what an account has set aside is what its open tasks offer",
        sql: FROZEN,
    },
    Invariant {
        says: "what is held is what waits to be released",
        sql: HELD,
    },
    Invariant {
        says: "a job waits for as many jobs as it needs and are not done",
        sql: WAITS,
    },
    Invariant {
        says: "what was released was held",
        sql: MATURED,
    },
    Invariant {
        says: "what was bought is what was spent on it",
        sql: BOUGHT,
    },
    Invariant {
        says: "a code is sold once, and each purchase has one",
        sql: CODES,
    },
    Invariant {
        says: "credits for registering are given once",
        sql: GRANTED,
    },
    Invariant {
        says: "referrers are rewarded once for each who became active",
        sql: REFERRALS,
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
        says: "a banned account works on nothing",
        sql: BANNED,
    },
    Invariant {
        says: "an active claim belongs to a task in work",
        sql: CLAIMS,
    },
    Invariant {
        says: "exactly what waits for a verdict has a pending submission",
        sql: PENDING,
    },
    Invariant {
        says: "submissions are counted per task",
        sql: SUBMISSIONS,
    },
    Invariant {
        says: "completed tasks are counted per account",
        sql: COMPLETED,
    },
    Invariant {
        says: "tasks are counted per project",
        sql: PROJECTS,
    },
    Invariant {
        says: "messages are counted per discussion",
        sql: DISCUSSIONS,
    },
    Invariant {
        says: "votes are counted per subject",
        sql: VOTES,
    },
    Invariant {
        says: "tasks, projects, ideas and the feed are counted by their standing",
        sql: TALLIES,
    },
    Invariant {
        says: "a project's escrow is what was put in, less what it paid",
        sql: PROJECT_ESCROW,
    },
    Invariant {
        says: "what workers are owed is what waits to be paid",
        sql: OWED,
    },
    Invariant {
        says: "what owners owe is what waits to be paid",
        sql: OWING,
    },
    Invariant {
        says: "every payout of a ticket is in the ledger to the cent",
        sql: PAYOUTS,
    },
    Invariant {
        says: "taken seats are counted per position",
        sql: SEATS,
    },
    Invariant {
        says: "no position seats more than it has room for",
        sql: OVERFILLED,
    },
    Invariant {
        says: "tickets are numbered without gaps",
        sql: TICKETS,
    },
    Invariant {
        says: "webhooks know how much waits for them",
        sql: WEBHOOKS,
    },
    Invariant {
        says: "the log tells of every task",
        sql: TASK_EVENTS,
    },
    Invariant {
        says: "the log tells of every acceptance",
        sql: ACCEPT_EVENTS,
    },
    Invariant {
        says: "a task is disputed exactly while the operator is to decide",
        sql: DISPUTES,
    },
    Invariant {
        says: "every version of what a project remembers is kept",
        sql: VERSIONS,
    },
    Invariant {
        says: "everything a project remembers can be found",
        sql: dialect::KNOWLEDGE_WITHOUT_WORDS,
    },
    Invariant {
        says: "profiles count the ratings of their agents",
        sql: RATINGS,
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
