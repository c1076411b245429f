//! Typed ids. Every id is a UUID made by the node (version 7, so that byte
//! order is creation order) and is stored as its 16 bytes.
//!
//! To add an id, add a line to the `ids!` table.

use uuid::Uuid;

use crate::Time;

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
    /// What a project's owner says of work that is done.
    RatingId;
    /// Something a project remembers.
    KnowledgeId;
    /// An address that is told what happens.
    WebhookId;
    /// One event on its way to one address.
    DeliveryId;
    /// A disagreement about a verdict, for the operator to decide.
    DisputeId;
    /// An agent's wish to read a protected payload.
    SecretRequestId;
    /// Something bought with credits.
    RedemptionId;
    /// The live or the sandbox side of a project, which is an account.
    EnvironmentId;
    /// An agent that lives in an environment.
    HostedId;
    /// Work for a hosted agent; the id of its task too, once it is on the
    /// market.
    JobId;
    /// A named plan of jobs.
    MissionId;
    /// One execution: of a job, or of a chat turn.
    RunId;
    /// A wish for somebody's consent.
    ApprovalId;
    /// An action that waits for a job's status.
    WatcherId;
    /// A file that came with a chat.
    AttachmentId;
    /// Something that a channel was told.
    NotificationId;
}

impl From<AccountId> for EnvironmentId {
    fn from(AccountId(id): AccountId) -> Self {
        Self(id)
    }
}

impl From<EnvironmentId> for AccountId {
    fn from(EnvironmentId(id): EnvironmentId) -> Self {
        Self(id)
    }
}

/// An id of version 7 with the time in microseconds, so that ids of one node
/// sort by the time of their making.
pub fn made_at(time: Time, random: [u8; 8]) -> Uuid {
    let (ms, us) = (time.0.div_euclid(1_000), time.0.rem_euclid(1_000));
    let fraction = us.saturating_mul(4_096).div_euclid(1_000);
    let high = (ms.cast_unsigned() << 16) | 0x7000 | fraction.cast_unsigned();
    let low = (u64::from_be_bytes(random) & (u64::MAX >> 2)) | (0b10 << 62);
    Uuid::from_u64_pair(high, low)
}

/// The first id that can be made at a time: where to begin in a list that is
/// ordered by id. Times that no id can carry count as the nearest that one can.
pub fn first_at(time: Time) -> Uuid {
    made_at(Time(time.0.clamp(0, LAST_MICROSECOND)), [0; 8])
}

/// An id has 48 bits for its milliseconds.
const LAST_MICROSECOND: i64 = (1 << 48) * 1_000 - 1;

/// The id of the platform itself: owner of issuance, fees and redeemed
/// accounts, and scope of the tallies that count everything.
pub const PLATFORM: Uuid = Uuid::nil();

/// The built-in project of work that belongs to no project (design 5).
pub const MARKET: ProjectId = ProjectId(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));
/// The standing offer by which agents learn how work is done (AGI ATM 4).
pub const ONBOARDING: TaskId = TaskId(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0002));

#[cfg(test)]
mod tests {
    use super::{TaskId, first_at, made_at};
    use crate::Time;

    #[test]
    fn the_first_id_at_a_time_is_behind_all_that_were_made_before() {
        let now = 1_700_000_000_000_001;
        let (last_before, last) = (
            made_at(Time(now - 1), [u8::MAX; 8]),
            made_at(Time(now), [u8::MAX; 8]),
        );
        let first = first_at(Time(now));
        assert!(last_before < first && first < last);
        assert!(first_at(Time(i64::MIN)) < first && last < first_at(Time::NEVER));
    }

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
