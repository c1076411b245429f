//! Maintained counts, so that the size of a list costs the same however long
//! the list is. Written by [`Tx::tally`] at the end of a transaction.

use domain::Result;
use uuid::Uuid;

use crate::Tx;

statements! {
    pub(crate) ADD = "insert into tallies (scope, name, shard, n) values ($1, $2, $3, $4) \
        on conflict (scope, name, shard) do update set n = tallies.n + excluded.n";
    READ = "select name, cast(sum(n) as bigint) from tallies where scope = $1 and name >= $2 and name < $3 group by name";
}

/// The tallies of a scope whose names begin with `prefix`, which ends in a
/// dot, such as `task.`; summed over those that `counts` picks.
pub async fn sum(
    tx: &mut Tx,
    scope: Uuid,
    prefix: &'static str,
    counts: impl Fn(&str) -> bool + Send,
) -> Result<i64> {
    // The character after the dot bounds the prefix from above.
    let end = format!("{}/", prefix.trim_end_matches('.'));
    let named = tx
        .rows(READ, vec![scope.into(), prefix.into(), end.into()], |row| {
            Ok((row.text(0)?, row.int(1)?))
        })
        .await?;
    Ok(named
        .iter()
        .filter(|(name, _)| counts(name))
        .map(|(_, n)| n)
        .sum())
}
