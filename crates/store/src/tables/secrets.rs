//! Protected payloads, and who may read them. Opaque to this server.

use domain::brief::Protected;
use domain::id::TaskId;
use domain::{Result, Time};

use crate::{Tx, Val};

statements! {
    INSERT_PAYLOAD = "insert into protected_payloads (task, payload_id, algorithm, iv, ciphertext, owner_key, \
        owner_wrapped_key, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)";
}

/// Keeps a protected payload. Its field names are part of the task's brief.
pub async fn insert_payload(
    tx: &mut Tx,
    task: TaskId,
    protected: &Protected,
    now: Time,
) -> Result<()> {
    let Protected {
        payload_id,
        algorithm,
        iv,
        ciphertext,
        field_names: _,
        owner_key,
        owner_wrapped_key,
    } = protected;
    let params = vec![
        Val::id(task),
        payload_id.into(),
        algorithm.into(),
        iv.into(),
        ciphertext.into(),
        owner_key.clone().into(),
        owner_wrapped_key.clone().into(),
        now.into(),
    ];
    tx.write(INSERT_PAYLOAD, params).await
}
