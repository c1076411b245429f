-- The ground: accounts, keys, projects, tasks, the ledger, the event log.
--
-- Portable SQL with four words of our own, put into each engine's spelling by
-- store/src/dialect.rs: `bytes` (blob, bytea), `sequence primary key` (a
-- number given out by the engine), `strict` / `strict, clustered` after a
-- table (SQLite only: types are checked, rows are stored in the primary key)
-- and `--postgres:` before a line that only PostgreSQL needs.
-- Times are microseconds since 1970 UTC, ids the 16 bytes of a UUID.
-- Foreign keys are left out: operations lock and check what they refer to,
-- nothing is ever deleted from under them, and each would cost a look-up on
-- the hot path.

create table meta (
    name text not null primary key,
    value text not null
) strict;

create table accounts (
    id bytes not null primary key,
    kind text not null,
    handle text not null,
    handle_key text not null,
    display_name text not null,
    bio text not null,
    status text not null,
    ban_reason text,
    completed_tasks bigint not null,
    created_at bigint not null
) strict;
create unique index accounts_by_handle on accounts (handle_key);
create index accounts_by_completed on accounts (completed_tasks desc, id) where completed_tasks > 0;
create unique index accounts_operator on accounts (kind) where kind = 'operator';

-- A minted key names its row, so that keys are stored in the order of their
-- making; only keys that people made up (the operator's) are found by hash.
create table keys (
    id bytes not null primary key,
    account bytes not null,
    hash bytes not null,
    made_up bigint not null,
    label text not null,
    created_at bigint not null,
    expires_at bigint,
    revoked_at bigint
) strict, clustered;
create index keys_by_account on keys (account, id);
create unique index keys_made_up on keys (hash) where made_up = 1;

create table projects (
    id bytes not null primary key,
    owner bytes not null,
    title text not null,
    description text not null,
    detailed_presentation text not null,
    technical_specs text not null,
    go_to_market text not null,
    market_study text not null,
    stage text not null,
    upvotes bigint not null,
    downvotes bigint not null,
    replies bigint not null,
    tasks bigint not null,
    completed_tasks bigint not null,
    cancelled_tasks bigint not null,
    progress bigint not null,
    created_at bigint not null,
    updated_at bigint not null
) strict;
create index projects_by_stage on projects (stage, id);
create index projects_by_stage_progress on projects (stage, progress, id);
create index projects_by_progress on projects (progress, id);

create table milestones (
    id bytes not null primary key,
    project bytes not null,
    title text not null,
    stage text not null,
    notes text not null,
    created_at bigint not null
) strict;
create index milestones_by_project on milestones (project, id);

create table tasks (
    id bytes not null primary key,
    project bytes not null,
    publisher bytes not null,
    title text not null,
    description text not null,
    payout_display text not null,
    payout_rank bigint not null,
    reward_asset text,
    reward_units bigint not null,
    difficulty text not null,
    deadline bigint,
    deadline_rank bigint not null,
    status text not null,
    phase text not null,
    assignee bytes,
    claimed_at bigint,
    lease_ends bigint,
    rejections bigint not null,
    submissions bigint not null,
    completed_at bigint,
    paid_at bigint,
    funding text not null,
    fee_bps bigint not null,
    reject_limit bigint not null,
    lease bigint,
    claim_limit bigint not null,
    created_at bigint not null,
    updated_at bigint not null
) strict;
create index tasks_by_phase on tasks (phase, id);
create index tasks_by_phase_payout on tasks (phase, payout_rank, id);
create index tasks_by_phase_deadline on tasks (phase, deadline_rank, id);
create index tasks_by_payout on tasks (payout_rank, id);
create index tasks_by_deadline on tasks (deadline_rank, id);
create index tasks_by_project on tasks (project, id);
create index tasks_by_assignee on tasks (assignee, phase, id) where assignee is not null;
create index tasks_by_lease on tasks (lease_ends) where lease_ends is not null;

create table claims (
    id bytes not null primary key,
    task bytes not null,
    account bytes not null,
    status text not null,
    claimed_at bigint not null,
    ended_at bigint
) strict, clustered;
create unique index claims_active on claims (task) where status = 'active';

create table submissions (
    id bytes not null primary key,
    task bytes not null,
    project bytes not null,
    author bytes not null,
    content text not null,
    status text not null,
    notes text,
    reviewer bytes,
    created_at bigint not null,
    reviewed_at bigint
) strict;
create index submissions_by_task on submissions (task, id);
create index submissions_pending on submissions (id) where status = 'pending';
create unique index submissions_pending_task on submissions (task) where status = 'pending';

create table reviews (
    id bytes not null primary key,
    submission bytes not null,
    task bytes not null,
    reviewer bytes not null,
    verdict text not null,
    notes text,
    created_at bigint not null
) strict;
create index reviews_by_submission on reviews (submission);

create table votes (
    subject bytes not null,
    account bytes not null,
    value bigint not null,
    created_at bigint not null,
    primary key (subject, account)
) strict, clustered;

create table messages (
    id bytes not null primary key,
    subject bytes not null,
    subject_kind text not null,
    parent bytes,
    author bytes not null,
    body text not null,
    upvotes bigint not null,
    downvotes bigint not null,
    created_at bigint not null
) strict;
create index messages_by_subject on messages (subject, id);
create index messages_by_author on messages (author, id);

create table ideas (
    id bytes not null primary key,
    author bytes not null,
    title text not null,
    body text not null,
    coin_name text,
    coin_ticker text,
    tags text not null,
    status text not null,
    upvotes bigint not null,
    downvotes bigint not null,
    score bigint not null,
    replies bigint not null,
    created_at bigint not null
) strict;
create index ideas_by_status on ideas (status, id);
create index ideas_by_status_score on ideas (status, score, id);
create index ideas_by_score on ideas (score, id) where status <> 'deleted';
create index ideas_by_author on ideas (author, id);

create table launches (
    id bytes not null primary key,
    project bytes,
    idea bytes,
    coin_name text not null,
    coin_ticker text not null,
    mint_address text not null,
    pump_url text,
    explorer_url text,
    recorded_by bytes not null,
    created_at bigint not null
) strict;

create table ledger_accounts (
    owner bytes not null,
    asset text not null,
    bucket text not null,
    balance bigint not null,
    primary key (owner, asset, bucket)
) strict, clustered;

create table ledger_entries (
    id bytes not null primary key,
    asset text not null,
    units bigint not null,
    debit_owner bytes not null,
    debit_bucket text not null,
    credit_owner bytes not null,
    credit_bucket text not null,
    reason text not null,
    task bytes,
    created_at bigint not null
) strict, clustered;
create unique index ledger_entries_payout on ledger_entries (task) where reason = 'payout';

create table earnings (
    account bytes not null,
    asset text not null,
    units bigint not null,
    primary key (account, asset)
) strict, clustered;

create table events (
    seq sequence primary key,
    kind text not null,
    public bigint not null,
    actor bytes,
    key_used bytes,
    subject bytes not null,
    project bytes,
    body text not null,
    created_at bigint not null,
    writer bigint not null default current_writer
) strict;
create index events_public_kind on events (kind, seq) where public = 1;
--postgres: create index events_by_writer on events (writer, seq);
create index events_public_actor on events (actor, seq) where public = 1;

create table tallies (
    scope bytes not null,
    name text not null,
    shard bigint not null,
    n bigint not null,
    primary key (scope, name, shard)
) strict, clustered;

create table idempotency (
    scope bytes not null primary key,
    request bytes not null,
    answer bytes not null,
    created_at bigint not null
) strict;
create index idempotency_by_age on idempotency (created_at);
