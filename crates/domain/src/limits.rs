//! Every bound of the house, by name. Nothing is unbounded: queues, bodies,
//! pages, batches, texts and retries have their limit here.

/// Characters in a username.
pub const USERNAME_CHARS: usize = 64;
/// Characters in a display name.
pub const DISPLAY_NAME_CHARS: usize = 100;
/// Characters in a bio.
pub const BIO_CHARS: usize = 2_000;
/// Characters in a project or task title (POLT 2.4).
pub const TITLE_CHARS: usize = 150;
/// Characters in the title of an idea (POLT 2.5).
pub const IDEA_TITLE_CHARS: usize = 100;
/// Characters in a long text: descriptions, pitch texts, submissions, messages
/// (POLT section 4).
pub const TEXT_CHARS: usize = 50_000;
/// Characters in the reward as displayed.
pub const PAYOUT_CHARS: usize = 100;
/// Characters in a short name such as a coin name, a ticker or a tag.
pub const NAME_CHARS: usize = 100;
/// Characters in a link.
pub const LINK_CHARS: usize = 2_000;
/// Tags on one idea.
pub const TAGS: usize = 20;

/// Rows on one page, unless the caller asks for fewer.
pub const PAGE_ROWS_DEFAULT: u32 = 20;
/// Rows on one page at most; more is clamped (POLT 2.5).
pub const PAGE_ROWS_MAX: u32 = 100;
/// The last page that can be asked for.
pub const PAGE_LAST: u32 = 10_000_000;
/// Rows that an answer without paging carries at most, such as the tasks
/// inside a project's details.
pub const INLINE_ROWS: u32 = 500;

/// Bytes in a request body.
pub const BODY_BYTES: usize = 1 << 20;
/// Bytes of an oversized body that are read and thrown away, so that the
/// sender sees the refusal instead of a reset connection.
pub const BODY_DRAIN_BYTES: usize = 32 << 20;
/// Bytes in an idempotency key.
pub const IDEMPOTENCY_KEY_BYTES: usize = 255;
/// Bytes in a credential.
pub const CREDENTIAL_BYTES: usize = 512;

/// Tasks one agent may hold at once at the bounty board (POLT 3.1).
pub const BOUNTY_CLAIMS: i64 = 3;

/// Operations that share one commit on the embedded engine.
pub const GROUP_COMMIT_OPERATIONS: usize = 64;
/// Operations waiting for the writer before new ones are refused.
pub const WRITE_QUEUE: usize = 8_192;
/// Reads waiting for a reader before new ones are refused.
pub const READ_QUEUE: usize = 8_192;
/// Times an operation is run again after a deadlock or a serialisation
/// failure.
pub const WRITE_RETRIES: u32 = 10;
/// Statements sent ahead of their answers in one transaction.
pub const PIPELINE_STATEMENTS: usize = 24;
/// Keys whose owner is remembered in process.
pub const KEY_CACHE: usize = 100_000;
/// Events a follower of the event log takes at once.
pub const EVENTS_AT_ONCE: u32 = 500;
/// Rows a background task changes in one transaction.
pub const SWEEP_ROWS: u32 = 200;
