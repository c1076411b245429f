-- Hosting: projects with two environments each, their agents and teams, and
-- what happens in them.
--
-- An environment is an account: it bears the keys that begin with `sk_`, owns
-- a wallet and publishes work. Every row of what lives in it begins with its
-- id, so that nothing of one is ever found from another.

create table environments (
    id bytes not null primary key,
    project bytes not null,
    name text not null,
    kind text not null,
    settings text not null,
    budget bigint,
    spent bigint not null,
    created_at bigint not null
) strict, clustered;
create unique index environments_by_name on environments (name, kind);

create table hosted_teams (
    environment bytes not null,
    name text not null,
    description text not null,
    created_at bigint not null,
    primary key (environment, name)
) strict, clustered;

create index hosted_teams_by_age on hosted_teams (environment, created_at, name);

-- `account` is the agent's worker account in the market, once it has one;
-- `mission_group` is set where it lives only as long as that run of a mission.
create table hosted_agents (
    environment bytes not null,
    name text not null,
    id bytes not null,
    team text not null,
    account bytes,
    mission_group text,
    document text not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (environment, name)
) strict, clustered;

-- What happens in an environment is in the one log, and is followed by
-- environment.
alter table events add column environment bytes;
create index events_by_environment on events (environment, seq) where environment is not null;

create table hosted_avatars (
    environment bytes not null,
    agent text not null,
    media text not null,
    image bytes not null,
    primary key (environment, agent)
) strict;
