//! A stored verifier, for anybody who wants to repeat a verdict (AGI ATM 4).

use domain::brief::Hash;
use domain::{Error, Result};
use store::tables::verifiers;

use crate::{Cx, Op};

/// Shows the module with a hash.
#[derive(Clone, Debug)]
pub struct Verifier {
    /// SHA-256 of its bytes.
    pub hash: Hash,
}

impl Op for Verifier {
    type Output = Vec<u8>;
    operation!("contracts.verifier", ReadPublic, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Vec<u8>> {
        let module = verifiers::find(cx.tx, self.hash).await?;
        module.ok_or_else(|| {
            Error::not_found(
                "verifier_not_found",
                "no verifier with this SHA-256 was ever stored here",
            )
        })
    }
}
