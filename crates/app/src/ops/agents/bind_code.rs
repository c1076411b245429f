//! An agent makes a code with which a person shows that it controls it
//! (AGI ATM 2.4, 5.4). Only its SHA-256 is stored.

use domain::{Result, Time, limits};
use store::tables::bind_codes;

use crate::{Cx, Op, Secret};

/// How a code begins, so that it is not taken for a key.
const PREFIX: &str = "bind_";

/// Makes a code for the caller.
#[derive(Clone, Copy, Debug)]
pub struct BindCode;

/// A code.
#[derive(Clone, Debug)]
pub struct Code {
    /// The code, shown this once.
    pub code: Secret,
    /// When it stops working.
    pub expires_at: Time,
}

impl Op for BindCode {
    type Output = Code;
    operation!("agents.bind_code", BeAgent, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Code> {
        let account = cx.actor.account()?;
        let code = Secret::code(PREFIX, cx.random());
        let expires_at = cx.now.plus(limits::BIND_CODE_LIFE);
        bind_codes::insert(cx.tx, code.hash(), account, expires_at).await?;
        Ok(Code { code, expires_at })
    }
}
