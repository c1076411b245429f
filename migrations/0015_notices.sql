-- What is told to the channels of a mission or a gate, and what is said to a
-- run at another node than the one that attends it.

-- `channel` is the name that the gate or checkpoint gave; the document has
-- the rest, as it is shown.
create table notifications (
    environment bytes not null,
    id bytes not null,
    channel text not null,
    document text not null,
    created_at bigint not null,
    primary key (environment, id)
) strict, clustered;

-- A run takes what is said to it elsewhere while `hears` is 1; `letters` is how
-- much was said, `letters_heard` how much of it its node has taken.
alter table runs add column letters bigint not null default 0;
alter table runs add column letters_heard bigint not null default 0;
alter table runs add column hears bigint not null default 1;

create table run_letters (
    run bytes not null,
    number bigint not null,
    id text not null,
    manner text not null,
    content text not null,
    primary key (run, number)
) strict, clustered;
create unique index run_letters_by_id on run_letters (run, id);

-- Runs that ended and are in no session are forgotten after a time.
create index runs_alone on runs (id) where session is null;
