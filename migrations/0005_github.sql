-- Repositories of projects (OpenPod 4.4): one at most per project. A row is
-- made when somebody begins to link and holds the words by which control of
-- the repository is proven; it is active from the proof until it is undone.
-- `key` is owner/name in lower case, as GitHub compares them.

create table repositories (
    project bytes not null primary key,
    installation bigint not null,
    owner text not null,
    name text not null,
    key text not null,
    challenge text not null,
    active bigint not null,
    linked_at bigint,
    changed_at bigint not null
) strict, clustered;
create index repositories_by_key on repositories (key, project) where active = 1;
create index repositories_by_installation on repositories (installation, project) where active = 1;
