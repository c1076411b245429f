//! Protected payloads, and who may read them. Opaque to this server.

use domain::brief::Protected;
use domain::id::{AccountId, KeyId, SecretRequestId, TaskId};
use domain::secret::{Access, RequestStatus, SealingKey};
use domain::{Error, Result, Time};
use uuid::Uuid;

use crate::{Row, Tx, Val};

/// A protected payload as it is kept; its field names are part of the brief.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Its id, made by the publisher's side.
    pub payload_id: String,
    /// How it is encrypted.
    pub algorithm: String,
    /// The initialisation vector.
    pub iv: String,
    /// The encrypted fields.
    pub ciphertext: String,
    /// The publisher's public key, as JSON.
    pub owner_key: Option<String>,
    /// The content key, wrapped for the publisher, as JSON.
    pub owner_wrapped_key: Option<String>,
}

/// An agent's wish to read a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its id.
    pub id: SecretRequestId,
    /// Of which task.
    pub task: TaskId,
    /// Whose.
    pub account: AccountId,
    /// How it stands.
    pub status: RequestStatus,
    /// The key that the agent had when it asked.
    pub key: SealingKey,
    /// The content key, wrapped for that key, as JSON; once it is granted.
    pub wrapped_key: Option<String>,
    /// When it was made.
    pub created_at: Time,
    /// When it was granted, refused or taken back.
    pub decided_at: Option<Time>,
}

/// A request with the name of whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The request.
    pub request: Request,
    /// The agent's name.
    pub agent_name: String,
    /// Whether the agent still has the key that it asked with.
    pub is_current: bool,
}

/// Something that happened to a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Its id, which sorts by time.
    pub id: Uuid,
    /// For which task.
    pub task: TaskId,
    /// By which request; none where the publisher read its own payload.
    pub request: Option<SecretRequestId>,
    /// Who did it.
    pub actor: AccountId,
    /// With which key.
    pub key: Option<KeyId>,
    /// What.
    pub what: Access,
    /// When.
    pub at: Time,
}

macro_rules! request {
    () => {
        "select r.id, r.task, r.account, r.status, r.key_id, r.algorithm, r.format, r.public_key, r.wrapped_key, r.created_at, \
         r.decided_at, (select display_name from accounts where id = r.account), \
         (select key_id from encryption_keys where account = r.account) from secret_requests r "
    };
}

statements! {
    INSERT_PAYLOAD = "insert into protected_payloads (task, payload_id, algorithm, iv, ciphertext, owner_key, \
        owner_wrapped_key, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    FIND_PAYLOAD = "select payload_id, algorithm, iv, ciphertext, owner_key, owner_wrapped_key from protected_payloads \
        where task = $1";
    PUT_KEY = "insert into encryption_keys (account, key_id, algorithm, format, public_key, created_at) \
        values ($1, $2, $3, $4, $5, $6) on conflict (account) do update set key_id = excluded.key_id, \
        algorithm = excluded.algorithm, format = excluded.format, public_key = excluded.public_key, \
        created_at = excluded.created_at";
    FIND_KEY = "select key_id, algorithm, format, public_key from encryption_keys where account = $1";
    INSERT_REQUEST = "insert into secret_requests (id, task, account, status, key_id, algorithm, format, public_key, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    FIND_REQUEST = concat!(request!(), "where r.id = $1");
    OPEN_REQUEST = concat!(request!(), "where r.task = $1 and r.account = $2 and r.status in ('pending', 'granted')");
    LAST_REQUEST = concat!(request!(), "where r.task = $1 and r.account = $2 order by r.id desc limit 1");
    REQUESTS = concat!(request!(), "where r.task = $1 order by r.id desc limit $2");
    DECIDE = "update secret_requests set status = $1, wrapped_key = $2, decided_at = $3 where id = $4 \
        and status in ('pending', 'granted')";
    INSERT_TRACE = "insert into secret_audit (task, id, request, actor, key_used, what, created_at) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    TRACES = "select id, task, request, actor, key_used, what, created_at from secret_audit where task = $1 \
        order by id desc limit $2 offset $3";
    COUNT_TRACES = "select count(*) from secret_audit where task = $1";
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

/// The protected payload of a task.
pub async fn find_payload(tx: &mut Tx, task: TaskId) -> Result<Option<Sealed>> {
    tx.row(FIND_PAYLOAD, vec![Val::id(task)], |row| {
        Ok(Sealed {
            payload_id: row.text(0)?,
            algorithm: row.text(1)?,
            iv: row.text(2)?,
            ciphertext: row.text(3)?,
            owner_key: row.opt_text(4)?,
            owner_wrapped_key: row.opt_text(5)?,
        })
    })
    .await
}

/// Registers an account's key in the place of the one it had.
pub async fn put_key(tx: &mut Tx, account: AccountId, key: &SealingKey, now: Time) -> Result<()> {
    let SealingKey {
        key_id,
        algorithm,
        format,
        public_key,
    } = key;
    let params = vec![
        Val::id(account),
        key_id.into(),
        algorithm.into(),
        format.into(),
        public_key.into(),
        now.into(),
    ];
    tx.write(PUT_KEY, params).await
}

/// The key of an account.
pub async fn find_key(tx: &mut Tx, account: AccountId) -> Result<Option<SealingKey>> {
    tx.row(FIND_KEY, vec![Val::id(account)], |row| read_key(row, 0))
        .await
}

fn read_key(row: &Row<'_>, first: usize) -> Result<SealingKey> {
    Ok(SealingKey {
        key_id: row.text(first)?,
        algorithm: row.text(first + 1)?,
        format: row.text(first + 2)?,
        public_key: row.text(first + 3)?,
    })
}

fn read(row: &Row<'_>) -> Result<Shown> {
    let key = read_key(row, 4)?;
    Ok(Shown {
        is_current: row.opt_text(12)?.as_ref() == Some(&key.key_id),
        agent_name: row.opt_text(11)?.unwrap_or_default(),
        request: Request {
            id: row.id(0)?,
            task: row.id(1)?,
            account: row.id(2)?,
            status: row.word(3, RequestStatus::parse)?,
            key,
            wrapped_key: row.opt_text(8)?,
            created_at: row.time(9)?,
            decided_at: row.opt_time(10)?,
        },
    })
}

/// Adds a request that is pending.
pub async fn insert_request(tx: &mut Tx, request: &Request) -> Result<()> {
    let Request {
        id,
        task,
        account,
        status,
        key,
        wrapped_key: _,
        created_at,
        decided_at: _,
    } = request;
    let params = vec![
        Val::id(*id),
        Val::id(*task),
        Val::id(*account),
        status.as_str().into(),
        (&key.key_id).into(),
        (&key.algorithm).into(),
        (&key.format).into(),
        (&key.public_key).into(),
        (*created_at).into(),
    ];
    tx.write(INSERT_REQUEST, params).await
}

/// The request with this id.
pub async fn find_request(tx: &mut Tx, id: SecretRequestId) -> Result<Option<Shown>> {
    tx.row(FIND_REQUEST, vec![Val::id(id)], read).await
}

/// The request of an account for a task that is pending or granted.
pub async fn open_request(tx: &mut Tx, task: TaskId, account: AccountId) -> Result<Option<Shown>> {
    let params = vec![Val::id(task), Val::id(account)];
    tx.row(OPEN_REQUEST, params, read).await
}

/// The latest request of an account for a task.
pub async fn last_request(tx: &mut Tx, task: TaskId, account: AccountId) -> Result<Option<Shown>> {
    let params = vec![Val::id(task), Val::id(account)];
    tx.row(LAST_REQUEST, params, read).await
}

/// The requests for a task, newest first.
pub async fn requests(tx: &mut Tx, task: TaskId, rows: u32) -> Result<Vec<Shown>> {
    tx.rows(REQUESTS, vec![Val::id(task), rows.into()], read)
        .await
}

/// Writes how a request was decided.
///
/// # Errors
/// `Conflict` when it had ended.
pub async fn decide(tx: &mut Tx, request: &Request) -> Result<()> {
    let params = vec![
        request.status.as_str().into(),
        request.wrapped_key.clone().into(),
        request.decided_at.into(),
        Val::id(request.id),
    ];
    tx.write_or(DECIDE, params, || {
        Error::conflict("secret_request_decided", "this request was decided already")
    })
    .await
}

/// Appends to what happened to a payload.
pub async fn insert_trace(tx: &mut Tx, trace: &Trace) -> Result<()> {
    let Trace {
        id,
        task,
        request,
        actor,
        key,
        what,
        at,
    } = trace;
    let params = vec![
        Val::id(*task),
        Val::Uuid(*id),
        Val::Uuid(request.map_or(Uuid::nil(), |request| request.0)),
        Val::id(*actor),
        key.map_or(Val::Null, Val::id),
        what.as_str().into(),
        (*at).into(),
    ];
    tx.write(INSERT_TRACE, params).await
}

/// What happened to a payload, the latest first.
pub async fn traces(tx: &mut Tx, task: TaskId, rows: u32, offset: i64) -> Result<Vec<Trace>> {
    let params = vec![Val::id(task), rows.into(), offset.into()];
    tx.rows(TRACES, params, |row| {
        let request: SecretRequestId = row.id(2)?;
        Ok(Trace {
            id: row.uuid(0)?,
            task: row.id(1)?,
            request: (request.0 != Uuid::nil()).then_some(request),
            actor: row.id(3)?,
            key: row.opt_id(4)?,
            what: row.word(5, Access::parse)?,
            at: row.time(6)?,
        })
    })
    .await
}

/// How much happened to a payload.
pub async fn count_traces(tx: &mut Tx, task: TaskId) -> Result<i64> {
    let found = tx.row(COUNT_TRACES, vec![Val::id(task)], |row| row.int(0));
    Ok(found.await?.unwrap_or(0))
}
