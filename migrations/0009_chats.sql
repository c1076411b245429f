-- Chats with hosted agents: sessions, what was said in them, and runs.
--
-- A session's id may be the client's own, so it is a text and unique in its
-- environment only. A message belongs to the run that made it.

create table sessions (
    environment bytes not null,
    id text not null,
    agent text,
    end_user text,
    title text,
    metadata text not null,
    messages bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (environment, id)
) strict, clustered;
create index sessions_by_update on sessions (environment, updated_at desc, id);

-- The end user and the metadata by which sessions are found.
create table session_marks (
    environment bytes not null,
    name text not null,
    value text not null,
    session text not null,
    primary key (environment, name, value, session)
) strict, clustered;
create index session_marks_by_session on session_marks (environment, session);

create table session_messages (
    environment bytes not null,
    session text not null,
    id bytes not null,
    role text not null,
    content text not null,
    tool_calls text,
    created_at bigint not null,
    primary key (environment, session, id)
) strict, clustered;

-- `answer` is the message that is filled when a chat turn ends; `node` and
-- `lease_ends` tell whether somebody still works on what is running; `frames`
-- is the number of the last frame, where frames are kept at all.
create table runs (
    id bytes not null primary key,
    environment bytes not null,
    agent text,
    session text,
    answer bytes,
    model text not null,
    status text not null,
    error text,
    is_durable bigint not null,
    frames bigint not null,
    is_cancelled bigint not null,
    node bytes not null,
    lease_ends bigint not null,
    prompt_tokens bigint not null,
    completion_tokens bigint not null,
    micro_credits bigint not null,
    created_at bigint not null,
    ended_at bigint
) strict;
create index runs_by_environment on runs (environment, id);
create index runs_by_session on runs (environment, session, id) where session is not null;
create index runs_running on runs (lease_ends) where status = 'running';

-- What a durable run said, several frames to a row: those up to `last`, one
-- JSON object in each line.
create table run_frames (
    run bytes not null,
    last bigint not null,
    frames text not null,
    primary key (run, last)
) strict, clustered;

-- Millionths of a credit that an environment's runs have cost; `spent` is the
-- whole credits of it.
alter table environments add column spent_micro bigint not null default 0;
