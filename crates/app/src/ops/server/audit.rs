//! Checks the invariants of the ledger, the task machine and the event log.

use domain::Result;
use store::tables::audit::{self, Finding};

use crate::{Cx, Op};

/// Checks one invariant after the other, on one snapshot.
#[derive(Clone, Debug)]
pub struct Audit;

impl Op for Audit {
    type Output = Vec<Finding>;
    operation!("server.audit", Maintain, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Finding>> {
        findings(cx).await
    }
}

/// As [`Audit`], for the operator from outside (AGI ATM 2.4).
#[derive(Clone, Debug)]
pub struct Verify;

impl Op for Verify {
    type Output = Vec<Finding>;
    operation!("server.verify", Administer, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<Finding>> {
        findings(cx).await
    }
}

async fn findings(cx: &mut Cx<'_>) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for invariant in audit::invariants() {
        findings.push(audit::check(cx.tx, invariant).await?);
    }
    Ok(findings)
}
