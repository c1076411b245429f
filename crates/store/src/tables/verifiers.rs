//! WebAssembly modules that judge outputs, found by the SHA-256 of their bytes.

use domain::brief::Hash;
use domain::id::AccountId;
use domain::{Result, Time};

use crate::{Tx, Val};

statements! {
    INSERT = "insert into verifiers (hash, module, stored_by, created_at) values ($1, $2, $3, $4) on conflict do nothing";
    FIND = "select module from verifiers where hash = $1";
    EXISTS = "select 1 from verifiers where hash = $1";
}

/// Stores a module, unless it is there.
pub async fn insert(
    tx: &mut Tx,
    hash: Hash,
    module: Vec<u8>,
    by: AccountId,
    now: Time,
) -> Result<()> {
    let params = vec![hash.into(), module.into(), Val::id(by), now.into()];
    tx.write(INSERT, params).await
}

/// The module with this hash.
pub async fn find(tx: &mut Tx, hash: Hash) -> Result<Option<Vec<u8>>> {
    tx.row(FIND, vec![hash.into()], |row| row.bytes(0)).await
}

/// Whether there is a module with this hash.
pub async fn exists(tx: &mut Tx, hash: Hash) -> Result<bool> {
    let found = tx.row(EXISTS, vec![hash.into()], |_| Ok(())).await?;
    Ok(found.is_some())
}
