-- Webhooks: who is told of what, and what is on its way to whom.
--
-- An endpoint is told in order, so the endpoint and not the delivery has its
-- turn: `next_at` is when it is to be called next, null when nothing waits. A
-- node that calls it moves `next_at` to the end of its lease and leaves its
-- mark in `lease`, so a node that dies is followed by another. `pending` is
-- the number of its deliveries that wait.

create table webhooks (
    id bytes not null primary key,
    account bytes not null,
    url text not null,
    events text not null,
    secret text not null,
    active bigint not null,
    failures bigint not null,
    pending bigint not null,
    next_at bigint,
    lease bytes,
    disabled_at bigint,
    created_at bigint not null
) strict;
create index webhooks_by_account on webhooks (account, id);
create index webhooks_due on webhooks (next_at) where next_at is not null;
create index webhooks_active on webhooks (account) where active = 1;

-- Ids are made in the order of the log, so that they sort as deliveries go out.
create table deliveries (
    id bytes not null primary key,
    webhook bytes not null,
    event bigint not null,
    name text not null,
    data text not null,
    status text not null,
    attempts bigint not null,
    code bigint,
    excerpt text not null,
    happened_at bigint not null,
    created_at bigint not null,
    tried_at bigint
) strict;
create index deliveries_by_webhook on deliveries (webhook, id);
create index deliveries_pending on deliveries (webhook, id) where status = 'pending';

-- How far those have come who follow the log and must not miss anything.
create table followers (
    name text not null primary key,
    writer bigint not null,
    seq bigint not null
) strict, clustered;
insert into followers (name, writer, seq) values ('webhooks', 0, 0);
