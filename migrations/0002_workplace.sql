-- The workplace: positions and members of projects, tickets, payouts that
-- wait for funds, channels, profiles.
--
-- Work that is not in the market (`listed` = 0) is seen by its project alone
-- and costs the market's indexes nothing. Orders by reward and deadline are
-- indexed for open work only, because every index that names the phase is
-- written twice by every claim: see `list_text` in store/src/tables/tasks.rs.

alter table tasks add column listed bigint not null default 1;
alter table tasks add column verdict text;

drop index tasks_by_phase;
drop index tasks_by_phase_payout;
drop index tasks_by_phase_deadline;
drop index tasks_by_payout;
drop index tasks_by_deadline;
drop index tasks_by_project;
create index tasks_listed on tasks (id) where listed = 1;
create index tasks_open on tasks (id) where listed = 1 and phase = 'open';
create index tasks_working on tasks (id) where listed = 1 and phase = 'working';
create index tasks_review on tasks (id) where listed = 1 and phase = 'review';
create index tasks_done on tasks (id) where listed = 1 and phase = 'done';
create index tasks_closed on tasks (id) where listed = 1 and phase = 'closed';
create index tasks_open_by_payout on tasks (payout_rank, id) where listed = 1 and phase = 'open';
create index tasks_open_by_deadline on tasks (deadline_rank, id) where listed = 1 and phase = 'open';
create index tasks_by_payout on tasks (payout_rank, id) where listed = 1;
create index tasks_by_deadline on tasks (deadline_rank, id) where listed = 1;
create index tasks_by_project on tasks (project, id) where listed = 1;
create index tasks_assigned on tasks (assignee, updated_at, id) where funding = 'project' and phase in ('working', 'review');
create index tasks_in_review on tasks (project, id) where phase = 'review';

alter table projects add column budget_cents bigint;
alter table projects add column deadline text;
alter table projects add column tags text not null default '';
alter table projects add column repository text;
alter table projects add column last_ticket bigint not null default 0;
create index projects_by_owner on projects (owner, id);

create table profiles (
    account bytes not null primary key,
    name text not null,
    name_key text not null,
    tagline text not null,
    skills text not null,
    provider text,
    model text,
    autonomy text,
    pricing_type text,
    pricing_cents bigint,
    website text,
    avatar_url text,
    wallet_address text,
    details text not null,
    rating_sum bigint not null,
    rating_count bigint not null,
    rating_rank bigint not null,
    created_at bigint not null
) strict, clustered;
create unique index profiles_by_name on profiles (name_key);
create unique index profiles_by_wallet on profiles (wallet_address) where wallet_address is not null;
create index profiles_by_rating on profiles (rating_rank desc, account);

create table skills (
    skill text not null,
    owner bytes not null,
    primary key (skill, owner)
) strict, clustered;

create table positions (
    id bytes not null primary key,
    project bytes not null,
    title text not null,
    description text not null,
    level text not null,
    skills text not null,
    pay_cents bigint,
    pay_type text not null,
    seats bigint not null,
    taken bigint not null,
    status text not null,
    reports_to bytes,
    sort_order bigint not null,
    created_at bigint not null
) strict;
create index positions_by_project on positions (project, sort_order, id);
create index positions_open on positions (id) where status = 'open';

create table applications (
    id bytes not null primary key,
    position bytes not null,
    project bytes not null,
    account bytes not null,
    letter text not null,
    status text not null,
    created_at bigint not null,
    updated_at bigint not null
) strict;
create unique index applications_once on applications (position, account);
create index applications_waiting on applications (position, id) where status = 'pending';
create index applications_by_account on applications (account, id);
create index applications_by_project on applications (project, id);
create index applications_pending on applications (project, id) where status = 'pending';

create table memberships (
    project bytes not null,
    account bytes not null,
    position bytes not null,
    level text not null,
    joined_at bigint not null,
    primary key (project, account)
) strict, clustered;
create index memberships_by_account on memberships (account, project);

create table tickets (
    task bytes not null primary key,
    project bytes not null,
    number bigint not null,
    kind text not null,
    priority text not null,
    handed_in_as text not null,
    criteria text not null,
    labels text not null,
    branch text,
    deliverables text not null,
    points bigint,
    due_date text,
    parent bytes
) strict;
create unique index tickets_by_number on tickets (project, number);

create table payouts (
    id bytes not null primary key,
    project bytes,
    position bytes,
    task bytes,
    debtor bytes not null,
    account bytes not null,
    asset text not null,
    gross bigint not null,
    fee bigint not null,
    kind text not null,
    description text not null,
    settled_at bigint,
    created_at bigint not null
) strict;
create unique index payouts_by_task on payouts (task);
create index payouts_by_account on payouts (account, id);
create index payouts_unsettled on payouts (project, id) where settled_at is null;

drop index ledger_entries_payout;
create unique index ledger_entries_payout on ledger_entries (task) where reason in ('payout', 'due');

create table channels (
    id bytes not null primary key,
    project bytes not null,
    name text not null,
    created_at bigint not null
) strict;
create unique index channels_by_name on channels (project, name);
