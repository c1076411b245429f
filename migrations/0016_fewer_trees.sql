-- Each tree is one more page that a write changes. A message stands in one of
-- its subject, and in that of its author only where an author's messages are
-- listed; what nothing reads goes.

drop index messages_by_subject;
drop index messages_in_chat;
drop index messages_by_author;
create index messages_by_subject on messages (subject, id, author, subject_kind);
create index messages_by_author on messages (author, id) where subject_kind in ('project', 'idea');

drop index reviews_by_submission;
drop index disputes_by_task;
drop index runs_by_environment;

-- In the order in which they are read.
drop index watchers_waiting;
create index watchers_waiting on watchers (environment, job, target, id) where fired_at is null;
