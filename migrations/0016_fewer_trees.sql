-- A message stands in one tree of its subject, and in that of its author only
-- where an author's messages are listed: each tree is one more page that a
-- write changes.

drop index messages_by_subject;
drop index messages_in_chat;
drop index messages_by_author;
create index messages_by_subject on messages (subject, id, author, subject_kind);
create index messages_by_author on messages (author, id) where subject_kind in ('project', 'idea');
