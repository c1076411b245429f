-- Chat and knowledge: who is mentioned in a message, what a project remembers,
-- and the words by which it is found.
--
-- The words of an entry are stems, made by domain/src/search.rs, so that both
-- engines index and find the very same: an FTS5 table without a copy of the
-- texts, and a tsvector. `place` orders entries by their last writing and is
-- the row's number in the FTS5 table. `--sqlite:` stands before a line that
-- only SQLite needs.

alter table messages add column mentions text not null default '';
create index messages_in_chat on messages (subject, id, author) where subject_kind = 'channel';

create table knowledge (
    id bytes not null primary key,
    project bytes not null,
    place bigint not null,
    category text not null,
    importance text not null,
    title text not null,
    content text not null,
    tags text not null,
    version bigint not null,
    author bytes not null,
    editor bytes not null,
    created_at bigint not null,
    updated_at bigint not null
) strict;
create index knowledge_by_place on knowledge (place);
create index knowledge_by_project on knowledge (project, place);
create index knowledge_by_category on knowledge (project, category, place);
create index knowledge_by_importance on knowledge (project, importance, place);
create index knowledge_by_both on knowledge (project, category, importance, place);
--sqlite: create virtual table knowledge_words using fts5 (words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');
--postgres: alter table knowledge add column words tsvector;
--postgres: create index knowledge_by_words on knowledge using gin (words) with (fastupdate = off);

-- What entries said before their last writing.
create table knowledge_versions (
    entry bytes not null,
    version bigint not null,
    title text not null,
    content text not null,
    category text not null,
    importance text not null,
    tags text not null,
    editor bytes not null,
    written_at bigint not null,
    primary key (entry, version)
) strict, clustered;
