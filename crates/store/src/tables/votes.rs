//! Votes of accounts on subjects: projects, ideas and messages.

use domain::id::AccountId;
use domain::vote::Vote;
use domain::{Result, Time};
use uuid::Uuid;

use crate::{Tx, Val};

statements! {
    FIND = "select value from votes where subject = $1 and account = $2";
    SET = "insert into votes (subject, account, value, created_at) values ($1, $2, $3, $4) \
        on conflict (subject, account) do update set value = excluded.value, created_at = excluded.created_at";
    REMOVE = "delete from votes where subject = $1 and account = $2";
}

/// How an account voted on a subject.
pub async fn find(tx: &mut Tx, subject: Uuid, account: AccountId) -> Result<Option<Vote>> {
    tx.row(FIND, vec![subject.into(), Val::id(account)], |row| {
        Vote::new(row.int(0)?)
    })
    .await
}

/// Writes how an account votes on a subject now; `None` takes the vote back.
pub async fn put(
    tx: &mut Tx,
    subject: Uuid,
    account: AccountId,
    vote: Option<Vote>,
    now: Time,
) -> Result<()> {
    match vote {
        Some(vote) => {
            let params = vec![
                subject.into(),
                Val::id(account),
                vote.value().into(),
                now.into(),
            ];
            tx.write(SET, params).await
        }
        None => {
            tx.write(REMOVE, vec![subject.into(), Val::id(account)])
                .await
        }
    }
}
