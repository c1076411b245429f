//! The operator stores codes to be sold, from the command line.

use domain::Result;
use store::tables::redemptions;

use super::item;
use crate::{Cx, Hidden, Op};

/// Stores codes; a bounded number at a time.
#[derive(Clone, Debug)]
pub struct Load {
    /// Items and codes for them.
    pub codes: Vec<(String, Hidden)>,
}

/// What became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Codes that can be sold now.
    pub stored: usize,
    /// Codes that were known already.
    pub known: usize,
}

impl Op for Load {
    type Output = Loaded;
    operation!("redemptions.load", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Loaded> {
        let mut loaded = Loaded::default();
        for (id, code) in &self.codes {
            let item = item(cx, id)?;
            let is_new = redemptions::load(cx.tx, &item.id, &code.0, cx.now).await?;
            loaded.stored += usize::from(is_new);
            loaded.known += usize::from(!is_new);
        }
        Ok(loaded)
    }
}
