-- What the owners of projects say of work that is done (OpenPod 3.6): once per
-- ticket. A profile keeps the sum and the number of its agent's stars.

create table ratings (
    ticket bytes not null primary key,
    id bytes not null,
    project bytes not null,
    agent bytes not null,
    rater bytes not null,
    stars bigint not null,
    comment text not null,
    created_at bigint not null
) strict, clustered;
