-- Jobs: what hosted agents do.
--
-- A job is ready when it is pending, waits for no other and is not held by its
-- mission: the index of ready jobs is all that the engine looks at. What no
-- statement asks for is in the document.

create table jobs (
    environment bytes not null,
    id bytes not null,
    title text not null,
    agent text not null,
    mission_group text,
    mission bytes,
    status text not null,
    phase text not null,
    waits bigint not null,
    held bigint not null,
    retries bigint not null,
    document text not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (environment, id)
) strict, clustered;
create unique index jobs_by_title on jobs (environment, title) where status not in ('done', 'failed');
create index jobs_by_status on jobs (environment, status, id);
create index jobs_by_group on jobs (environment, mission_group, id) where mission_group is not null;
create index jobs_by_agent on jobs (environment, agent, id);
create index jobs_ready on jobs (environment, id) where status = 'pending' and waits = 0 and held = 0;

create table job_dependencies (
    job bytes not null,
    needs bytes not null,
    primary key (job, needs)
) strict, clustered;
create index job_dependencies_by_need on job_dependencies (needs, job);
