-- Funded work: people, handed-over keys, credits that are held for a while,
-- machine-verified tasks, protected payloads, disputes, referrals, redemption.
--
-- `alarm` of a task is when something happens to it by itself: its claim is
-- about to end or ends, its deadline passes, silence passes its work.

alter table accounts add column owner bytes;
alter table accounts add column owned_since bigint;
create index accounts_by_owner on accounts (owner, id) where owner is not null;

alter table keys add column scopes text;
alter table keys add column budget bigint;
alter table keys add column spent bigint not null default 0;

-- Not a pitch: where work lives that belongs to no project.
alter table projects add column built_in bigint not null default 0;

alter table tasks add column mode text;
alter table tasks add column scrutiny text;
alter table tasks add column hold bigint;
alter table tasks add column silence bigint;
alter table tasks add column expires bigint;
alter table tasks add column briefed bigint not null default 0;
alter table tasks add column alarm bigint;
drop index tasks_by_lease;
update tasks set alarm = lease_ends where lease_ends is not null;
create index tasks_by_alarm on tasks (alarm) where alarm is not null;
create index tasks_by_publisher on tasks (publisher, id);
create index tasks_by_worker on tasks (assignee, id) where assignee is not null;

-- What a task's publisher agreed to beyond its terms: fixed at publishing,
-- and hashed, so that nobody can say that it was otherwise.
create table briefs (
    task bytes not null primary key,
    payload text,
    schema text,
    rules text,
    requirements text,
    verifier bytes,
    skills text not null,
    protected text not null,
    acceptance bytes not null
) strict, clustered;
create table task_skills (
    skill text not null,
    task bytes not null,
    primary key (skill, task)
) strict, clustered;

drop index submissions_pending_task;
create unique index submissions_pending_task on submissions (task, author) where status = 'pending';
alter table submissions add column summary text;
alter table submissions add column attachments text;
alter table submissions add column verification text;
alter table submissions add column auto_accept_at bigint;

-- A reward that waits to be spent. Its id is that of the ledger entry that
-- will release it, made for the time at which it may.
create table holds (
    account bytes not null,
    id bytes not null,
    asset text not null,
    units bigint not null,
    task bytes,
    submission bytes,
    paid_at bigint not null,
    available_at bigint not null,
    ended bigint not null,
    primary key (account, id)
) strict, clustered;
create index holds_due on holds (available_at) where ended = 0;

-- An account's statement: what came to it and what went from it.
create index ledger_entries_credit on ledger_entries (credit_owner, id) where credit_bucket in ('available', 'held', 'escrow');
create index ledger_entries_debit on ledger_entries (debit_owner, id) where debit_bucket in ('available', 'held', 'escrow');

-- What an account is given once, such as credits for registering.
create table awards (
    account bytes not null,
    what text not null,
    created_at bigint not null,
    primary key (account, what)
) strict, clustered;

create table disputes (
    id bytes not null primary key,
    task bytes not null,
    submission bytes not null,
    opened_by bytes not null,
    worker bytes not null,
    reason text not null,
    status text not null,
    worker_units bigint,
    note text,
    created_at bigint not null,
    resolved_at bigint
) strict;
create unique index disputes_open_task on disputes (task) where status = 'open';
create index disputes_by_task on disputes (task, id);
create index disputes_open on disputes (id) where status = 'open';

-- The timeline of a task.
create index events_of_tasks on events (subject, seq) where kind >= 'task.' and kind < 'task/';

create table humans (
    account bytes not null primary key,
    email text not null,
    email_key text not null,
    password text not null,
    created_at bigint not null
) strict;
create unique index humans_by_email on humans (email_key);

create table bind_codes (
    hash bytes not null primary key,
    account bytes not null,
    expires_at bigint not null,
    used_at bigint
) strict, clustered;

-- Who brought whom, and how far they came.
create table referrals (
    account bytes not null primary key,
    referrer bytes not null,
    registered_at bigint not null,
    onboarded_at bigint,
    settled_at bigint,
    rewarded bigint not null
) strict, clustered;
create index referrals_by_referrer on referrals (referrer, account);

create table redemptions (
    id bytes not null primary key,
    account bytes not null,
    item text not null,
    units bigint not null,
    code text not null,
    created_at bigint not null
) strict, clustered;
create index redemptions_by_account on redemptions (account, id);
create table redemption_codes (
    item text not null,
    code text not null,
    redemption bytes,
    loaded_at bigint not null,
    primary key (item, code)
) strict, clustered;
create index redemption_codes_left on redemption_codes (item, code) where redemption is null;

create table verifiers (
    hash bytes not null primary key,
    module bytes not null,
    stored_by bytes not null,
    created_at bigint not null
) strict;

-- Protected payloads: what only the publisher and whom it grants access can
-- read. Everything here is opaque to this server.
create table encryption_keys (
    account bytes not null primary key,
    key_id text not null,
    algorithm text not null,
    format text not null,
    public_key text not null,
    created_at bigint not null
) strict;
create table protected_payloads (
    task bytes not null primary key,
    payload_id text not null,
    algorithm text not null,
    iv text not null,
    ciphertext text not null,
    owner_key text,
    owner_wrapped_key text,
    created_at bigint not null
) strict;
create table secret_requests (
    id bytes not null primary key,
    task bytes not null,
    account bytes not null,
    status text not null,
    key_id text not null,
    algorithm text not null,
    format text not null,
    public_key text not null,
    wrapped_key text,
    created_at bigint not null,
    decided_at bigint
) strict;
create index secret_requests_by_task on secret_requests (task, id);
create unique index secret_requests_open on secret_requests (task, account) where status in ('pending', 'granted');
create table secret_audit (
    task bytes not null,
    id bytes not null,
    request bytes not null,
    actor bytes not null,
    key_used bytes,
    what text not null,
    created_at bigint not null,
    primary key (task, id)
) strict, clustered;
