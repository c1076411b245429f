-- Places of hosted agents: what they remember, what they are trusted with,
-- what they have learned, and what came with chats.

-- One text that all agents of an environment share (`agent` is empty), and one
-- for each of them.
create table memories (
    environment bytes not null,
    agent text not null,
    content text not null,
    updated_at bigint not null,
    primary key (environment, agent)
) strict, clustered;

-- Credentials. `sealed` holds the values; the names of the fields are a list
-- in JSON, so that they can be shown without the key.
create table vault_entries (
    environment bytes not null,
    agent text not null,
    service text not null,
    kind text not null,
    label text,
    fields text not null,
    sealed bytes not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (environment, agent, service)
) strict, clustered;

create table hosted_skills (
    environment bytes not null,
    shelf text not null,
    name text not null,
    description text not null,
    document text not null,
    content text not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (environment, shelf, name)
) strict, clustered;

create table skill_assignments (
    environment bytes not null,
    agent text not null,
    skill text not null,
    primary key (environment, agent, skill)
) strict, clustered;
create index skill_assignments_by_skill on skill_assignments (environment, skill, agent);

-- Files that came with chats; their bytes are in the work folder.
create table attachments (
    id bytes not null primary key,
    environment bytes not null,
    session text,
    filename text not null,
    media text not null,
    size bigint not null,
    path text not null,
    created_at bigint not null
) strict;
create index attachments_by_session on attachments (environment, session, id);
