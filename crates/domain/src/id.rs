//! Typed ids. Every id is a UUID made by the node (version 7, so that byte
//! order is creation order) and is stored as its 16 bytes.
//!
//! To add an id, add a line to the `ids!` table.

use uuid::Uuid;

/// An id that the store can write and read.
pub trait Id: Copy + Send + Sync + 'static {
    /// Wraps raw bytes.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The raw bytes.
    fn uuid(self) -> Uuid;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Reads the hyphenated form; `None` when it is not a UUID, which
            /// callers treat as "no such thing".
            pub fn parse(text: &str) -> Option<Self> {
                (text.len() == 36).then(|| Uuid::try_parse(text).ok().map(Self)).flatten()
            }
        }

        impl Id for $name {
            fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
            fn uuid(self) -> Uuid { self.0 }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}

ids! {
    /// Whoever can hold a key, a wallet, a task.
    AccountId;
    /// A credential of an account.
    KeyId;
    /// A project.
    ProjectId;
    /// A stage note of a project.
    MilestoneId;
    /// A unit of work, the same at every door.
    TaskId;
    /// One account's hold on one task.
    ClaimId;
    /// One delivery for one task.
    SubmissionId;
    /// One verdict on one submission.
    ReviewId;
    /// A message in a discussion.
    MessageId;
    /// A pitched idea that is not a project yet.
    IdeaId;
    /// A recorded token launch.
    LaunchId;
    /// One movement of money.
    EntryId;
    /// A seat, or several alike, in a project.
    PositionId;
    /// An account's wish for a position.
    ApplicationId;
    /// A room of a project's chat.
    ChannelId;
    /// What a worker is paid or owed for one task.
    PayoutId;
    /// Something a project remembers.
    KnowledgeId;
    /// An address that is told what happens.
    WebhookId;
    /// One event on its way to one address.
    DeliveryId;
}

/// The id of the platform itself: owner of issuance, fees and redeemed
/// accounts, and scope of the tallies that count everything.
pub const PLATFORM: Uuid = Uuid::nil();

#[cfg(test)]
mod tests {
    use super::TaskId;

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        let text = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(
            TaskId::parse(text).map(|id| id.to_string()).as_deref(),
            Some(text)
        );
        for bad in [
            "",
            "x",
            "01890a5dac96774bbcceb302099a8057",
            "{01890a5d-ac96-774b-bcce-b302099a805}",
        ] {
            assert_eq!(TaskId::parse(bad), None, "{bad}");
        }
    }
}
