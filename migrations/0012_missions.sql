-- Missions, their executions and schedules, playbooks, wishes for consent and
-- actions that wait for jobs.
--
-- What is due at a time has a column for it and an index of what is still to
-- come, so that the timer looks at nothing else.

create table missions (
    id bytes not null primary key,
    environment bytes not null,
    name text not null,
    status text not null,
    plan text not null,
    document text not null,
    executions bigint not null,
    created_at bigint not null,
    updated_at bigint not null
) strict;
create unique index missions_by_name on missions (environment, name);
create index missions_by_environment on missions (environment, id);

-- One execution of a mission: the plan as it was then, and how far it is.
-- `due` is when its next delay ends.
create table mission_runs (
    environment bytes not null,
    mission_group text not null,
    mission bytes not null,
    number bigint not null,
    is_open bigint not null,
    due bigint,
    plan text not null,
    state text not null,
    started_at bigint not null,
    updated_at bigint not null,
    primary key (environment, mission_group)
) strict, clustered;
create index mission_runs_by_mission on mission_runs (environment, mission, number);
create index mission_runs_open on mission_runs (environment, mission, number) where is_open = 1;
create index mission_runs_due on mission_runs (due) where due is not null;

create table schedules (
    environment bytes not null,
    mission bytes not null,
    expression text not null,
    timezone text,
    recurring bigint not null,
    enabled bigint not null,
    last_run bigint,
    next_run bigint,
    end_date bigint,
    created_at bigint not null,
    primary key (environment, mission)
) strict, clustered;
create index schedules_by_age on schedules (environment, created_at, mission);
create index schedules_due on schedules (next_run) where next_run is not null and enabled = 1;

create table playbooks (
    environment bytes not null,
    name text not null,
    document text not null,
    created_at bigint not null,
    primary key (environment, name)
) strict, clustered;

-- `due` is when silence becomes an answer.
create table approvals (
    id bytes not null primary key,
    environment bytes not null,
    gate text not null,
    gate_name text not null,
    hook text not null,
    job bytes,
    mission bytes,
    mission_group text,
    status text not null,
    due bigint,
    document text not null,
    requested_at bigint not null,
    resolved_at bigint
) strict;
create index approvals_by_environment on approvals (environment, id);
create index approvals_by_status on approvals (environment, status, id);
create index approvals_by_job on approvals (job, id) where job is not null;
create index approvals_by_mission on approvals (mission, id) where mission is not null;
create index approvals_due on approvals (due) where due is not null and status = 'pending';

create table watchers (
    id bytes not null primary key,
    environment bytes not null,
    job bytes not null,
    target text not null,
    action text not null,
    fired_at bigint,
    created_at bigint not null
) strict;
create index watchers_by_environment on watchers (environment, id);
create index watchers_waiting on watchers (environment, job, target) where fired_at is null;

-- Two missions may have tasks of the same titles: a title is unique within one
-- execution, and among the jobs of none.
drop index jobs_by_title;
create unique index jobs_by_title on jobs
    (environment, title, (case when mission is null then '' else coalesce(mission_group, '') end))
    where status not in ('done', 'failed');
