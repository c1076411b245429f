-- What a write costs is the trees it changes and the pages these have.

-- Of an agent's tasks, one tree has all, and a small one those it has in hand.
drop index tasks_by_assignee;
drop index tasks_assigned;
create index tasks_in_hand on tasks (assignee, updated_at, id) where phase in ('working', 'review');

-- Turn 0 is the claim that holds; one that ended is counted among the task's
-- earlier ones. So the key itself says that one agent at most has a task.
create table claims_by_turn (
    task bytes not null,
    turn bigint not null,
    account bytes not null,
    status text not null,
    claimed_at bigint not null,
    ended_at bigint,
    primary key (task, turn)
) strict, clustered;
insert into claims_by_turn (task, turn, account, status, claimed_at, ended_at)
    select task, case when status = 'active' then 0
            else row_number() over (partition by task order by status = 'active', ended_at, id) end,
        account, status, claimed_at, ended_at
    from claims;
drop table claims;
alter table claims_by_turn rename to claims;

-- Statements list what is in credits, and an entry between two buckets of one
-- account as what was credited.
drop index ledger_entries_credit;
create index ledger_entries_credit on ledger_entries (credit_owner, id)
    where asset = 'credits' and credit_bucket in ('available', 'held', 'escrow');
drop index ledger_entries_debit;
create index ledger_entries_debit on ledger_entries (debit_owner, id)
    where asset = 'credits' and debit_bucket in ('available', 'held', 'escrow')
    and not (credit_owner = debit_owner and credit_bucket in ('available', 'held', 'escrow'));

-- The embedded engine counts the log on by its last row, which is never
-- deleted: a table of its own for that is one more page for each event.
--sqlite: create table events_anew (
--sqlite:     seq integer primary key,
--sqlite:     kind text not null,
--sqlite:     public bigint not null,
--sqlite:     actor bytes,
--sqlite:     key_used bytes,
--sqlite:     subject bytes not null,
--sqlite:     project bytes,
--sqlite:     body text not null,
--sqlite:     created_at bigint not null,
--sqlite:     writer bigint not null default 0,
--sqlite:     environment bytes
--sqlite: ) strict;
--sqlite: insert into events_anew
--sqlite:     select seq, kind, public, actor, key_used, subject, project, body, created_at, writer, environment from events;
--sqlite: drop table events;
--sqlite: alter table events_anew rename to events;
--sqlite: create index events_public_kind on events (kind, seq) where public = 1;
--sqlite: create index events_public_actor on events (actor, seq) where public = 1;
--sqlite: create index events_of_tasks on events (subject, seq) where kind >= 'task.' and kind < 'task/';
--sqlite: create index events_by_environment on events (environment, seq) where environment is not null;

-- Rows with long texts do not stand in the tree of their key: the embedded
-- engine would keep a few of them in each of its upper pages, and go through
-- many of those to find one.
--sqlite: create table briefs_anew (
--sqlite:     task bytes not null primary key,
--sqlite:     payload text,
--sqlite:     schema text,
--sqlite:     rules text,
--sqlite:     requirements text,
--sqlite:     verifier bytes,
--sqlite:     skills text not null,
--sqlite:     protected text not null,
--sqlite:     acceptance bytes not null
--sqlite: ) strict;
--sqlite: insert into briefs_anew
--sqlite:     select task, payload, schema, rules, requirements, verifier, skills, protected, acceptance from briefs;
--sqlite: drop table briefs;
--sqlite: alter table briefs_anew rename to briefs;

-- What waits stands before what has ended, so that an account finds what is due
-- without going through everything it was ever paid.
create table holds_anew (
    account bytes not null,
    ended bigint not null,
    id bytes not null,
    asset text not null,
    units bigint not null,
    task bytes,
    submission bytes,
    paid_at bigint not null,
    available_at bigint not null,
    primary key (account, ended, id)
) strict, clustered;
insert into holds_anew (account, ended, id, asset, units, task, submission, paid_at, available_at)
    select account, ended, id, asset, units, task, submission, paid_at, available_at from holds;
drop table holds;
alter table holds_anew rename to holds;
create index holds_due on holds (available_at) where ended = 0;
