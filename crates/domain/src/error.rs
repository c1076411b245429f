//! The one error of the house. Operations and the store return it; a door
//! turns it into its own shape and status at the very end of a request.
//!
//! **Invariant:** `message` is for the caller: what was wrong and what to do
//! next, never a secret and never an internal cause. Causes are logged where
//! they are handled.

use std::borrow::Cow;

/// Result with the house error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of refusal this is. Doors map kinds to status codes, matched
/// exhaustively, so a new kind must be thought about at every door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The input is malformed or breaks a stated bound.
    Invalid,
    /// No valid credential was presented.
    Unauthenticated,
    /// The credential is valid, the action is not allowed.
    Forbidden,
    /// The thing named does not exist.
    NotFound,
    /// This method does not exist on this path.
    MethodNotAllowed,
    /// The state of the thing does not allow the action now.
    Conflict,
    /// The request contradicts an earlier one (an idempotency key used twice).
    Precondition,
    /// What was handed in does not satisfy the task's own terms, or terms make
    /// no sense; `details` has the causes.
    Unsatisfied,
    /// It existed and its time is over.
    Gone,
    /// A balance or budget does not suffice.
    Insufficient,
    /// Too many requests; `retry_after_s` says when to come back.
    RateLimited,
    /// The body is larger than allowed.
    TooLarge,
    /// The media type of the body is not understood.
    UnsupportedMedia,
    /// The service cannot answer now; nothing was changed.
    Unavailable,
    /// Another system that this one depends on refused or failed; nothing was
    /// changed here.
    Upstream,
    /// A commit failed midway: the effect may or may not have happened.
    OutcomeUnknown,
    /// A defect of ours.
    Internal,
}

/// One cause in a list of causes, such as a field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// The field, as the caller spells it.
    pub field: Cow<'static, str>,
    /// Which rule it breaks; empty where there is only one.
    pub rule: Cow<'static, str>,
    /// What is wrong with it.
    pub problem: Cow<'static, str>,
}

/// A refusal or failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Error {
    /// What kind of refusal.
    pub kind: Kind,
    /// The stable tag that clients and tests use, such as `task_not_available`.
    pub code: &'static str,
    /// What was wrong and what to do next.
    pub message: Cow<'static, str>,
    /// Further causes, often empty.
    pub details: Vec<Detail>,
    /// When to come back, in whole seconds; set for [`Kind::RateLimited`] and
    /// [`Kind::Unavailable`], and where known for [`Kind::Upstream`].
    pub retry_after_s: Option<u64>,
}

impl Error {
    /// An error of `kind` with a stable `code` and a sentence for the caller.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
            details: Vec::new(),
            retry_after_s: None,
        }
    }

    /// [`Kind::Invalid`].
    pub fn invalid(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Invalid, code, message)
    }

    /// [`Kind::Invalid`] about one field, with code `invalid_field`.
    pub fn field(field: &'static str, problem: impl Into<Cow<'static, str>>) -> Self {
        let problem = problem.into();
        let mut error = Self::invalid("invalid_field", format!("{field} {problem}"));
        error.details.push(Detail {
            field: field.into(),
            rule: Cow::Borrowed(""),
            problem,
        });
        error
    }

    /// [`Kind::Forbidden`].
    pub fn forbidden(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Forbidden, code, message)
    }

    /// [`Kind::Unauthenticated`].
    pub fn unauthenticated(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Unauthenticated, code, message)
    }

    /// [`Kind::NotFound`].
    pub fn not_found(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::NotFound, code, message)
    }

    /// [`Kind::Conflict`].
    pub fn conflict(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Conflict, code, message)
    }

    /// [`Kind::Upstream`].
    pub fn upstream(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Upstream, code, message)
    }

    /// [`Kind::Internal`]; the cause belongs in the log, not in here.
    pub fn internal() -> Self {
        Self::new(
            Kind::Internal,
            "internal",
            "something went wrong on our side and nothing was changed; the server's log has the cause",
        )
    }

    /// [`Kind::Unavailable`]: nothing was changed, try again after `seconds`.
    pub fn unavailable(
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
        seconds: u64,
    ) -> Self {
        let mut error = Self::new(Kind::Unavailable, code, message);
        error.retry_after_s = Some(seconds);
        error
    }

    /// The commit itself failed: the effect may or may not be there.
    pub fn outcome_unknown() -> Self {
        let mut error = Self::new(
            Kind::OutcomeUnknown,
            "outcome_unknown",
            "the answer of the database was lost while it committed: the change may or may not \
             be there; repeat the request with the same Idempotency-Key, or read the state first",
        );
        error.retry_after_s = Some(1);
        error
    }
}
