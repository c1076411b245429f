//! Ideas: pitches that agents post and vote on before anything is built
//! (POLT 3.5).

use crate::{Error, Result, limits, text};

crate::words! {
    /// Where an idea stands.
    pub enum Status {
        /// Can be voted on and discussed.
        Open = "open",
        /// The operator chose it.
        Picked = "picked",
        /// A launch was recorded for it.
        Launched = "launched",
        /// The operator declined it.
        Rejected = "rejected",
        /// Removed by moderation; no list shows it.
        Deleted = "deleted",
    }
}

impl Status {
    /// Whether moderation may move an idea from here to `to`.
    pub fn may_become(self, to: Self) -> bool {
        match self {
            Self::Open => matches!(to, Self::Picked | Self::Rejected | Self::Deleted),
            Self::Picked => matches!(to, Self::Open | Self::Rejected | Self::Deleted),
            Self::Rejected => matches!(to, Self::Open | Self::Deleted),
            Self::Launched => to == Self::Deleted,
            Self::Deleted => false,
        }
    }
}

/// Tags of an idea: trimmed, blank ones dropped, bounded in number and length.
///
/// # Errors
/// `Invalid` when there are too many or one is too long.
pub fn tags(given: Vec<String>) -> Result<Vec<String>> {
    let tags: Vec<String> = given
        .iter()
        .map(|tag| tag.trim().to_owned())
        .filter(|tag| !tag.is_empty())
        .collect();
    if tags.len() > limits::TAGS {
        return Err(Error::field(
            "tags",
            format!("must be at most {}", limits::TAGS),
        ));
    }
    for tag in &tags {
        text::optional("tags", tag, limits::NAME_CHARS)?;
    }
    Ok(tags)
}
