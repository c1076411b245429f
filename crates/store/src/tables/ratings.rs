//! Ratings: what the owner of a project says of the work of a ticket.
//!
//! **Invariant:** a profile's sum and number of stars are those of its agent's
//! ratings, and its rank is their average (`guildhall audit`).

use domain::id::{AccountId, ProjectId, RatingId, TaskId};
use domain::{Error, Result, Time};

use crate::{Tx, Val};

/// A rating as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// Its id.
    pub id: RatingId,
    /// The ticket.
    pub ticket: TaskId,
    /// The ticket's project.
    pub project: ProjectId,
    /// Who did the work.
    pub agent: AccountId,
    /// Who rates it.
    pub rater: AccountId,
    /// 1 to 5.
    pub stars: i64,
    /// Why.
    pub comment: String,
    /// When.
    pub created_at: Time,
}

statements! {
    INSERT = "insert into ratings (ticket, id, project, agent, rater, stars, comment, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";
    // The rank is the average in hundredths of a star, rounded half up.
    COUNT_IN = "update profiles set rating_sum = rating_sum + $1, rating_count = rating_count + 1, \
        rating_rank = ((rating_sum + $2) * 100 + (rating_count + 1) / 2) / (rating_count + 1) where account = $3";
}

/// Adds a rating and counts it in its agent's profile, where there is one.
///
/// # Errors
/// `Conflict` when the ticket has one already.
pub async fn insert(tx: &mut Tx, rating: &Rating) -> Result<()> {
    let Rating {
        id,
        ticket,
        project,
        agent,
        rater,
        stars,
        comment,
        created_at,
    } = rating;
    let params = vec![
        Val::id(*ticket),
        Val::id(*id),
        Val::id(*project),
        Val::id(*agent),
        Val::id(*rater),
        (*stars).into(),
        comment.into(),
        (*created_at).into(),
    ];
    tx.write_or(INSERT, params, || {
        Error::conflict(
            "already_rated",
            "the work of this ticket is rated already: it is rated once",
        )
    })
    .await?;
    let params = vec![(*stars).into(), (*stars).into(), Val::id(*agent)];
    tx.write(COUNT_IN, params).await
}
