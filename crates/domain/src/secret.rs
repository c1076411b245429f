//! Access to protected payloads: asked for by who works on a task, granted
//! and taken back by its publisher (AGI ATM 5.2). Keys and payloads are opaque
//! to this server.
//!
//! **Invariant:** a payload is read only by a request that is granted, for the
//! key that it was granted for, by an account that still works on the task.

use crate::id::AccountId;
use crate::task::{Mode, Status};
use crate::{Error, Result, limits, text};

crate::words! {
    /// How a request stands.
    pub enum RequestStatus {
        /// The publisher has not decided.
        Pending = "pending",
        /// The publisher granted it.
        Granted = "granted",
        /// It was granted and taken back.
        Revoked = "revoked",
        /// It was refused.
        Denied = "denied",
    }
}

crate::words! {
    /// What happened to a protected payload.
    pub enum Access {
        /// Somebody asked for it.
        Requested = "request",
        /// The publisher granted it.
        Granted = "grant",
        /// A grant was taken back.
        Revoked = "revoke",
        /// A request was refused.
        Denied = "deny",
        /// It was read by an agent.
        Read = "read",
        /// It was read by its publisher.
        OwnerRead = "owner_read",
    }
}

/// A public key for which others seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealingKey {
    /// Its fingerprint.
    pub key_id: String,
    /// What it is for, such as `RSA-OAEP-256`.
    pub algorithm: String,
    /// How it is written: `spki-b64`, `pem` or `jwk`.
    pub format: String,
    /// The key.
    pub public_key: String,
}

impl SealingKey {
    /// Checks presence and sizes.
    ///
    /// # Errors
    /// `Invalid`, naming the field.
    pub fn check(&self) -> Result<()> {
        opaque("publicKey", &self.public_key)?;
        text::required("algorithm", &self.algorithm, limits::NAME_CHARS)?;
        text::required("format", &self.format, limits::NAME_CHARS)
    }
}

/// Checks that something opaque is there and not too large.
///
/// # Errors
/// `Invalid`, naming the field.
pub fn opaque(field: &'static str, text: &str) -> Result<()> {
    text::required(field, text, limits::SEALED_BYTES)?;
    if text.len() > limits::SEALED_BYTES {
        let most = limits::SEALED_BYTES;
        return Err(Error::field(field, format!("must be at most {most} bytes")));
    }
    Ok(())
}

/// Whether an account works on a task: it holds it or, where everybody may
/// try, the task is not over.
pub fn works_on(
    account: AccountId,
    mode: Mode,
    status: Status,
    assignee: Option<AccountId>,
) -> bool {
    match mode {
        Mode::Open => !status.is_final(),
        Mode::Exclusive => {
            let holds = matches!(
                status,
                Status::Claimed | Status::Started | Status::Submitted | Status::Disputed
            );
            holds && assignee == Some(account)
        }
    }
}

impl RequestStatus {
    /// Granted: only what is pending.
    ///
    /// # Errors
    /// `Conflict` when it was decided.
    pub fn grant(self) -> Result<Self> {
        match self {
            Self::Pending => Ok(Self::Granted),
            Self::Granted | Self::Revoked | Self::Denied => Err(self.decided()),
        }
    }

    /// Taken back: what is pending is refused, what was granted ends.
    ///
    /// # Errors
    /// `Conflict` when it had ended.
    pub fn revoke(self) -> Result<Self> {
        match self {
            Self::Pending => Ok(Self::Denied),
            Self::Granted => Ok(Self::Revoked),
            Self::Revoked | Self::Denied => Err(self.decided()),
        }
    }

    fn decided(self) -> Error {
        Error::conflict(
            "secret_request_decided",
            format!(
                "this request is {} already: the agent may ask again",
                self.as_str()
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{RequestStatus, works_on};
    use crate::id::{AccountId, PLATFORM};
    use crate::task::{Mode, Status};
    use uuid::Uuid;

    #[test]
    fn a_request_is_decided_once_and_a_grant_ends_once() {
        use RequestStatus::{Denied, Granted, Pending, Revoked};
        let granted = [Pending, Granted, Revoked, Denied].map(|status| status.grant().ok());
        assert_eq!(granted, [Some(Granted), None, None, None]);
        let revoked = [Pending, Granted, Revoked, Denied].map(|status| status.revoke().ok());
        assert_eq!(revoked, [Some(Denied), Some(Revoked), None, None]);
    }

    #[test]
    fn who_works_on_a_task() {
        let (ann, bob) = (AccountId(PLATFORM), AccountId(Uuid::max()));
        for (mode, status, assignee, works) in [
            (Mode::Exclusive, Status::Claimed, Some(ann), true),
            (Mode::Exclusive, Status::Submitted, Some(ann), true),
            (Mode::Exclusive, Status::Claimed, Some(bob), false),
            (Mode::Exclusive, Status::Open, None, false),
            (Mode::Exclusive, Status::Accepted, Some(ann), false),
            (Mode::Open, Status::Open, None, true),
            (Mode::Open, Status::Cancelled, None, false),
        ] {
            assert_eq!(works_on(ann, mode, status, assignee), works, "{status:?}");
        }
    }
}
