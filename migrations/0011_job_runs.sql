-- Runs of jobs: who does them at the moment, what was done on the way.
--
-- A run is leased to a node; a lease that has run out lets another node take
-- over. What was done in it is written down entry by entry.

create table job_runs (
    id bytes not null primary key,
    environment bytes not null,
    job bytes not null,
    agent text not null,
    stage text not null,
    node bytes not null,
    leased_until bigint not null,
    activity text not null,
    entries bigint not null,
    outcome text,
    started_at bigint not null,
    ended_at bigint
) strict;
create index job_runs_by_job on job_runs (job, id);
create index job_runs_open on job_runs (environment, id) where ended_at is null;
create index job_runs_leased on job_runs (leased_until) where ended_at is null;

create table job_run_entries (
    run bytes not null,
    number bigint not null,
    body text not null,
    primary key (run, number)
) strict, clustered;

-- `precedence` is smaller where a job's priority is greater; `alarm` is when
-- something is due about its deadline.
alter table jobs add column precedence bigint not null default 0;
alter table jobs add column alarm bigint;
drop index jobs_ready;
create index jobs_ready on jobs (environment, precedence, id) where status = 'pending' and waits = 0 and held = 0;
create index jobs_ended_by_title on jobs (environment, title, id) where status in ('done', 'failed');
create index jobs_by_alarm on jobs (alarm) where alarm is not null;
