//! Every bound of the house, by name. Nothing is unbounded: queues, bodies,
//! pages, batches, texts and retries have their limit here.

use crate::time::Span;

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
/// Operations that may share one however few are waiting.
pub const GROUP_COMMIT_OPERATIONS_MIN: usize = 24;
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
/// Bytes of answers to what anybody may ask that are kept in process.
pub const PUBLIC_ANSWERS_BYTES: u64 = 16 << 20;
/// Events a follower of the event log takes at once.
pub const EVENTS_AT_ONCE: u32 = 500;
/// Rows a background task changes in one transaction.
pub const SWEEP_ROWS: u32 = 200;

/// What the platform keeps of a ticket's payout, in basis points (OpenPod 3.5).
pub const TICKET_FEE_BPS: u32 = 1_000;
/// Characters of an agent's name in the directory, at most and at least.
pub const AGENT_NAME_CHARS: usize = 100;
/// See [`AGENT_NAME_CHARS`].
pub const AGENT_NAME_CHARS_MIN: usize = 2;
/// Characters of a tagline.
pub const TAGLINE_CHARS: usize = 200;
/// Characters of a profile's description.
pub const PROFILE_CHARS: usize = 5_000;
/// Skills of an agent or position.
pub const SKILLS: usize = 20;
/// Characters of a skill, label or tag.
pub const SKILL_CHARS: usize = 50;
/// Cents that any one price, payout or budget may name.
pub const CENTS_MAX: i64 = 100_000_000;
/// Cents of one payout (OpenPod 2.12).
pub const PAYOUT_CENTS_MAX: i64 = 10_000_000;
/// Positions that a project may be founded with.
pub const POSITIONS_AT_FOUNDING: usize = 20;
/// Positions a project may have.
pub const POSITIONS: i64 = 200;
/// Agents one position may seat.
pub const SEATS: i64 = 1_000;
/// Characters of a project's title in the workplace (OpenPod 2.6).
pub const PROJECT_TITLE_CHARS: usize = 200;
/// Characters of a ticket's or a knowledge entry's title.
pub const TICKET_TITLE_CHARS: usize = 500;
/// Characters a story, task or bug must be described with (OpenPod 2.9).
pub const TICKET_DESCRIPTION_CHARS_MIN: usize = 30;
/// Characters of a ticket's description, a comment or a chat message.
pub const TICKET_TEXT_CHARS: usize = 10_000;
/// Stars of a rating at most; the fewest is one (OpenPod 3.6).
pub const RATING_STARS: i64 = 5;
/// Characters of a letter, a verdict or what is said with a rating.
pub const LETTER_CHARS: usize = 2_000;
/// Acceptance criteria of a ticket.
pub const CRITERIA: usize = 50;
/// Characters of one criterion.
pub const CRITERION_CHARS: usize = 1_000;
/// Deliverables of a ticket.
pub const DELIVERABLES: usize = 50;
/// Characters of a branch's name.
pub const BRANCH_CHARS: usize = 200;
/// Levels of parents above a ticket.
pub const TICKET_DEPTH: usize = 20;
/// Channels of a project (OpenPod 2.13).
pub const CHANNELS: i64 = 50;
/// Characters of a channel's name.
pub const CHANNEL_NAME_CHARS: usize = 50;
/// Accounts a message may mention.
pub const MENTIONS: usize = 20;
/// Payouts settled in one transaction when funds arrive.
pub const SETTLED_AT_ONCE: u32 = 500;
/// Messages of a channel that are read at once, unless the caller asks for
/// fewer or more (OpenPod 2.0).
pub const MESSAGE_ROWS: u32 = 50;
/// See [`MESSAGE_ROWS`]; more is clamped.
pub const MESSAGE_ROWS_MAX: u32 = 200;
/// Characters that a title of knowledge has at least (OpenPod 2.14).
pub const KNOWLEDGE_TITLE_CHARS_MIN: usize = 5;
/// Characters that knowledge has at least.
pub const KNOWLEDGE_CHARS_MIN: usize = 50;
/// Characters of knowledge; more is cut.
pub const KNOWLEDGE_CHARS: usize = 50_000;
/// Entries of knowledge on one page.
pub const KNOWLEDGE_ROWS: u32 = 50;
/// Words that are searched for at once; further ones are not looked for.
pub const SEARCH_WORDS: usize = 32;
/// Characters by which words are told apart in a search.
pub const WORD_CHARS: usize = 64;
/// Hours back that count as unread where no time is given (OpenPod 2.4).
pub const UNREAD_HOURS: i64 = 24;
/// Tickets and messages one heartbeat lists.
pub const HEARTBEAT_ROWS: u32 = 50;
/// Tickets to judge and applications one heartbeat lists.
pub const HEARTBEAT_DECISIONS: u32 = 20;
/// Characters of a task delegated or a service's input, at most and at least.
pub const SERVICE_TEXT_CHARS: usize = 10_000;
/// See [`SERVICE_TEXT_CHARS`].
pub const SERVICE_TEXT_CHARS_MIN: usize = 5;
/// What the platform takes on top of a service's price, in basis points.
pub const SERVICE_FEE_BPS: u32 = 1_000;
/// What one reward may be, in the smallest unit of its asset, so that no sum
/// of rewards that could ever be earned overflows.
pub const REWARD_UNITS_MAX: i64 = 1_000_000_000_000_000;

/// Webhooks of one agent (OpenPod 2.14).
pub const WEBHOOKS: i64 = 20;
/// Unknown words that a refusal repeats.
pub const INLINE_NAMES: usize = 20;
/// Characters of a webhook's secret.
pub const SECRET_CHARS: usize = 255;
/// Deliveries that may wait for one webhook; more, and it is switched off.
pub const DELIVERIES_WAITING: i64 = 10_000;
/// Deliveries that one webhook is given in a row, before others have their turn.
pub const DELIVERIES_AT_ONCE: u32 = 64;
/// Webhooks taken to be called in one transaction.
pub const WEBHOOKS_AT_ONCE: u32 = 16;
/// Webhooks being called by one node at a time.
pub const WEBHOOKS_IN_FLIGHT: usize = 128;
/// Calls to one host at a time.
pub const CALLS_PER_HOST: usize = 16;
/// Webhooks that are told of one event.
pub const WEBHOOKS_PER_EVENT: u32 = 10_000;
/// Characters kept of what an endpoint answers (OpenPod 4.2).
pub const EXCERPT_CHARS: usize = 500;
/// Days that a delivery is kept, and within which an event is told at all.
pub const DELIVERY_DAYS: i64 = 7;
/// Rows of a webhook's log of deliveries.
pub const DELIVERY_ROWS: u32 = 100;

/// Letters of a repository's name and of its owner's (OpenPod 4.4).
pub const REPOSITORY_NAME_CHARS: usize = 100;
/// Projects one repository tells what happens in it.
pub const REPOSITORY_PROJECTS: u32 = 100;
/// Tickets of one project that may name the same pull request.
pub const PULL_REQUEST_TICKETS: u32 = 200;
/// Pull requests in one answer (OpenPod 2.14).
pub const PULL_REQUESTS: usize = 30;
/// Questions asked of GitHub at once for one answer.
pub const GITHUB_AT_ONCE: usize = 8;
/// Questions that this server asks GitHub at once for all answers.
pub const GITHUB_CALLS: usize = 64;
/// Pages of 100 checks, and of 100 statuses, that are looked at of one commit.
pub const CHECK_PAGES: usize = 10;
/// Bytes of an answer of GitHub's.
pub const GITHUB_ANSWER_BYTES: usize = 8 << 20;
/// Tokens for repositories that are kept until they run out.
pub const REPOSITORY_TOKENS: usize = 10_000;
/// Characters of a review that are passed on (OpenPod 4.1).
pub const REVIEW_CHARS: usize = 500;

/// Rejections after which a worker of funded work loses the task (AGI ATM 3.1).
pub const CONTRACT_REJECTIONS: i64 = 3;
/// Pieces of work one agent may hold while it takes funded work (AGI ATM 3.2).
pub const CONTRACT_CLAIMS: i64 = 10;
/// How long a claim on funded work lasts, unless its publisher says otherwise.
pub const CONTRACT_LEASE: Span = Span::hours(24);
/// Minutes a publisher may ask a claim to last, at least.
pub const LEASE_MINUTES_MIN: i64 = 15;
/// See [`LEASE_MINUTES_MIN`]; at most.
pub const LEASE_MINUTES_MAX: i64 = 7 * 24 * 60;
/// How long before its end the holder of a claim is told, at most; a tenth of
/// a short lease.
pub const LEASE_WARNING: Span = Span::hours(1);
/// How long a reward is held before it can be spent (AGI ATM 3.3).
pub const REWARD_HOLD: Span = Span::hours(24);
/// The silence after which work passes by itself (AGI ATM 4).
pub const REVIEW_SILENCE: Span = Span::hours(72);
/// How long a verdict may be disputed (AGI ATM 4).
pub const DISPUTE_WINDOW: Span = Span::hours(72);
/// Credits for registering (AGI ATM 3.3).
pub const REGISTRATION_CREDITS: i64 = 1_000;
/// Credits for the onboarding challenge, once per agent.
pub const ONBOARDING_CREDITS: i64 = 1_000;
/// Credits for a referrer at the activation of whom it brought (AGI ATM 3.4).
pub const REFERRAL_CREDITS: i64 = 100;
/// Credits one task may offer.
pub const CREDITS_MAX: i64 = 1_000_000_000;
/// Characters of a title of funded work (AGI ATM 2.5).
pub const CONTRACT_TITLE_CHARS: usize = 160;
/// Characters of its description.
pub const CONTRACT_TEXT_CHARS: usize = 20_000;
/// Bytes of a public payload or of delivery requirements.
pub const PAYLOAD_BYTES: usize = 256 << 10;
/// Bytes of a JSON Schema (AGI ATM 4).
pub const SCHEMA_BYTES: usize = 64 << 10;
/// Levels of a JSON Schema.
pub const SCHEMA_DEPTH: usize = 32;
/// Bytes of an output.
pub const OUTPUT_BYTES: usize = 1 << 20;
/// Characters of a delivery's summary.
pub const SUMMARY_CHARS: usize = 4_000;
/// Messages one account may post about one task within a minute (AGI ATM 2.1).
pub const THREAD_POSTS_PER_MINUTE: i64 = 10;
/// Attachments of a delivery.
pub const ATTACHMENTS: usize = 50;
/// Bytes of a WebAssembly verifier.
pub const VERIFIER_BYTES: usize = 2 << 20;
/// Bytes of a key, wrapped key or ciphertext (AGI ATM 5.2).
pub const SEALED_BYTES: usize = 256 << 10;
/// Characters of an e-mail address.
pub const EMAIL_CHARS: usize = 254;
/// Characters a password has at least (AGI ATM 2.3).
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Characters of a password, at most: they are hashed.
pub const PASSWORD_CHARS: usize = 1_024;
/// Passwords that wait to be hashed before further ones are refused.
pub const PASSWORDS_WAITING: usize = 256;
/// How long a person stays logged in.
pub const TOKEN_LIFE: Span = Span::hours(30 * 24);
/// How long a code by which an agent is bound works (AGI ATM 2.4).
pub const BIND_CODE_LIFE: Span = Span::seconds(15 * 60);
/// Hours for which a key is handed over, unless its issuer says otherwise
/// (AGI ATM 5.3).
pub const DELEGATION_HOURS: i64 = 30 * 24;
/// See [`DELEGATION_HOURS`]; at most.
pub const DELEGATION_HOURS_MAX: i64 = 365 * 24;
/// Agents that one person has handed keys to or bound, at most.
pub const OWNED_AGENTS: u32 = 1_000;
/// Referred accounts one answer lists.
pub const REFERRED_ROWS: u32 = 500;
/// Zero bits that a proof of work may be asked for: more than anybody finds.
pub const POW_BITS_MAX: u32 = 40;
/// Codes of the catalogue that are stored in one transaction.
pub const CODES_AT_ONCE: usize = 500;
/// Characters of a code of the catalogue.
pub const CODE_CHARS: usize = 500;
/// Seconds by which the clock of a development server may be moved at once:
/// ten years.
pub const CLOCK_SECONDS_MAX: i64 = 10 * 365 * 24 * 3600;
/// Bytes of a request body at the door of funded work: an output or a verifier
/// in Base64, and what is around it.
pub const CONTRACT_BODY_BYTES: usize = 4 << 20;
/// Sides of hosting projects that one list shows.
pub const ENVIRONMENTS_SHOWN: u32 = 1_000;
/// Bytes of a request body at the door of hosted agents: a conversation with
/// pictures in Base64, or a file.
pub const HOSTING_BODY_BYTES: usize = 16 << 20;
/// Bytes of one file in the work folder of an environment.
pub const WORK_FILE_BYTES: usize = 16 << 20;
/// Bytes of all files of an environment.
pub const WORK_BYTES: u64 = 2 << 30;
/// Files and folders of an environment.
pub const WORK_ENTRIES: usize = 100_000;
/// Characters of a path in a work folder.
pub const WORK_PATH_CHARS: usize = 1_000;
/// Levels of folders in a work folder that are walked.
pub const WORK_DEPTH: usize = 64;
/// Entries of one folder that are listed.
pub const LISTED_ENTRIES: usize = 2_000;
/// Paths that a search for files answers.
pub const FOUND_FILES: usize = 1_000;
/// Lines that a search in files answers.
pub const FOUND_LINES: usize = 500;
/// Bytes of a file in which is searched; larger ones are passed over.
pub const SEARCHED_FILE_BYTES: usize = 4 << 20;
/// Lines that a preview of a file shows, unless it is asked for fewer.
pub const PREVIEW_LINES: usize = 500;
/// Bytes that it shows.
pub const PREVIEW_BYTES: usize = 256 << 10;
/// Seconds for which a command may run, unless it is given fewer.
pub const COMMAND_SECONDS: u64 = 120;
/// Seconds for which a command may run at most.
pub const COMMAND_SECONDS_MAX: u64 = 600;
/// Bytes that are kept of what a command prints, of each of its two streams.
pub const COMMAND_OUTPUT_BYTES: usize = 64 << 10;
/// Bytes of memory that each process of a command may ask for.
pub const COMMAND_MEMORY_BYTES: u64 = 4 << 30;
/// Processes and threads of a command.
pub const COMMAND_PROCESSES: u64 = 256;
/// Bytes of a file that a command writes.
pub const COMMAND_FILE_BYTES: u64 = 256 << 20;
/// Bytes of a command.
pub const COMMAND_BYTES: usize = 64 << 10;
/// Commands that run at the same time on a node; further ones wait.
pub const COMMANDS_AT_ONCE: usize = 16;
/// Characters of what an agent remembers, and of what all share.
pub const MEMORY_CHARS: usize = 100_000;
/// Credentials of an environment.
pub const VAULT_ENTRIES: i64 = 2_000;
/// Fields of a credential.
pub const VAULT_FIELDS: usize = 50;
/// Characters of a value of a credential.
pub const VAULT_VALUE_CHARS: usize = 20_000;
/// Skills of an environment.
pub const HOSTED_SKILLS: i64 = 1_000;
/// Characters of what a skill says.
pub const SKILL_CONTENT_CHARS: usize = 100_000;
/// Tools or tags that a skill names.
pub const SKILL_WORDS: usize = 100;
/// Attachments of one chat.
pub const CHAT_ATTACHMENTS: u32 = 1_000;
/// Files of one upload.
pub const UPLOADED_FILES: usize = 100;
/// Characters of the name of a file.
pub const FILENAME_CHARS: usize = 200;
/// Characters of a short text of a hosted agent.
pub const AGENT_TEXT_CHARS: usize = 2_000;
/// Characters of a hosted agent's prompt.
pub const PROMPT_CHARS: usize = 200_000;
/// Entries of a list of a hosted agent, such as its tools.
pub const AGENT_WORDS: usize = 200;
/// Bytes of an object of a hosted agent, such as its identity, as JSON.
pub const AGENT_OBJECT_BYTES: usize = 32_000;
/// Bytes of a hosted agent's picture.
pub const AVATAR_BYTES: usize = 1 << 20;
/// Events that wait in memory for the slowest listener; what is older it reads
/// from the log.
pub const EVENTS_BEHIND: usize = 1_024;
/// Entries of an environment's log that one answer shows.
pub const LOG_ENTRIES: u32 = 1_000;
/// Characters of a job's title.
pub const JOB_TITLE_CHARS: usize = 500;
/// Characters of what a job is about.
pub const JOB_TEXT_CHARS: usize = 200_000;
/// Bytes of everything else that is said about a job when it is written.
pub const JOB_FIELDS_BYTES: usize = 256 << 10;
/// Jobs that one job may need.
pub const JOB_NEEDS: usize = 500;
/// Expectations of a job.
pub const EXPECTATIONS: usize = 50;
/// Characters of an output of a run that are kept.
pub const RUN_OUTPUT_CHARS: usize = 200_000;
/// Characters of one entry in the log of a run.
pub const RUN_ENTRY_CHARS: usize = 8_000;
/// Entries in the log of a run.
pub const RUN_ENTRIES: u32 = 5_000;
/// Earlier assessments that are kept with a job.
pub const ASSESSMENTS_KEPT: usize = 20;
/// How often a job is tried again, unless it or its environment says otherwise
/// (Polpo 3.1).
pub const JOB_RETRIES: i64 = 3;
/// How often a job may be asked to be tried again.
pub const JOB_RETRIES_MAX: i64 = 100;
/// Milliseconds a run may take, unless it or its environment says otherwise.
pub const RUN_MS: i64 = 30 * 60 * 1_000;
/// Milliseconds a run may be allowed to take.
pub const RUN_MS_MAX: i64 = 24 * 3_600 * 1_000;
/// Runs of one environment that are under way at once.
pub const RUNS_PER_ENVIRONMENT: i64 = 64;
/// Runs that one node has under way.
pub const RUNS_PER_NODE: usize = 256;
/// Runs that a node begins in one transaction.
pub const RUNS_AT_ONCE: u32 = 16;
/// Characters of a title or name in the document of a mission.
pub const PLAN_NAME_CHARS: usize = 200;
/// Jobs of one mission.
pub const PLAN_TASKS: usize = 500;
/// Gates, checkpoints or delays of one mission, or agents that it brings.
pub const PLAN_ENTRIES: usize = 100;
/// Titles that one list in the document of a mission names.
pub const PLAN_TITLES: usize = 500;
/// Causes that one refusal of a document lists.
pub const PLAN_CAUSES: usize = 100;
/// Bytes of the document of a mission, or of a playbook.
pub const PLAN_BYTES: usize = 1 << 20;
/// Missions of one environment.
pub const MISSIONS: u32 = 10_000;
/// How long a delay of a mission may be.
pub const PLAN_DELAY_MAX: Span = Span::hours(366 * 24);
/// Characters of a cron expression, or of the name of a time zone.
pub const CRON_CHARS: usize = 200;
/// Playbooks of one environment.
pub const PLAYBOOKS: u32 = 1_000;
/// Parameters of one playbook.
pub const PLAYBOOK_PARAMETERS: usize = 100;
/// Characters of what is put in for a parameter.
pub const PLAYBOOK_VALUE_CHARS: usize = 10_000;
/// Approval gates of one environment.
pub const APPROVAL_GATES: usize = 100;
/// Milliseconds after which an approval gate may take silence for an answer.
pub const APPROVAL_TIMEOUT_MS_MAX: i64 = 366 * 24 * 3600 * 1000;
/// How often somebody may refuse at one gate, unless it says otherwise.
pub const APPROVAL_REVISIONS: i64 = 3;
/// See [`APPROVAL_REVISIONS`]; at most.
pub const APPROVAL_REVISIONS_MAX: i64 = 100;
/// Requests for consent that one list shows.
pub const APPROVALS_SHOWN: u32 = 1_000;
/// Actions that wait for jobs in one environment, and that one list shows.
pub const WATCHERS: u32 = 1_000;
/// Characters of a condition.
pub const CONDITION_CHARS: usize = 1_000;
/// Bytes of a file that are sent to somebody who reads it: agents' commands
/// write larger ones than anybody uploads.
pub const OPENED_FILE_BYTES: usize = 64 << 20;
/// Characters of what a tool answers to a model.
pub const TOOL_ANSWER_CHARS: usize = 50_000;
/// MCP servers of one agent.
pub const MCP_SERVERS: usize = 10;
/// Tools that one MCP server offers to an agent; further ones are left out.
pub const MCP_TOOLS: usize = 100;
/// Bytes of one message of an MCP server.
pub const MCP_MESSAGE_BYTES: usize = 4 << 20;

/// Things said to a run that wait to be heard (Polpo 2.15).
pub const STEERING_WAITING: usize = 16;
/// Things said to a run in all.
pub const STEERING_IN_ALL: usize = 256;
/// Attachments of one thing said to a run.
pub const STEERING_ATTACHMENTS: usize = 16;
/// Calls of a model within one chat turn (Polpo 2.6).
pub const CHAT_CALLS: u32 = 20;
/// Calls of a model within one turn at most, whatever an agent says.
pub const TURN_CALLS: u32 = 150;
/// Tools that a model may call at once.
pub const TOOLS_AT_ONCE: usize = 32;
/// Messages of one chat request.
pub const CHAT_MESSAGES: usize = 2_000;
/// Tools that a caller brings along.
pub const CLIENT_TOOLS: usize = 128;
/// Characters of a session's id.
pub const SESSION_ID_CHARS: usize = 128;
/// Characters of a session's title.
pub const SESSION_TITLE_CHARS: usize = 200;
/// Characters of the title that a session gets by itself (Polpo 2.6).
pub const SESSION_TITLE_GIVEN_CHARS: usize = 60;
/// Characters of an end user's id.
pub const END_USER_CHARS: usize = 256;
/// Entries of a session's metadata (Polpo 2.6).
pub const METADATA_KEYS: usize = 16;
/// Characters of a key of metadata.
pub const METADATA_KEY_CHARS: usize = 64;
/// Characters of a value of metadata.
pub const METADATA_VALUE_CHARS: usize = 512;
/// Sessions that one list shows.
pub const SESSIONS_SHOWN: u32 = 10_000;
/// Messages of a session that are shown.
pub const SESSION_MESSAGES_SHOWN: u32 = 10_000;
/// Runs of a session that are shown.
pub const SESSION_RUNS_SHOWN: u32 = 1_000;
/// Bytes of one event of an upstream's stream.
pub const UPSTREAM_EVENT_BYTES: usize = 4 << 20;
/// Bytes of a refusal of an upstream that are read.
pub const UPSTREAM_REFUSAL_BYTES: usize = 64 << 10;
/// Bytes of one answer of a model.
pub const MODEL_ANSWER_BYTES: usize = 8 << 20;
/// Times that a model is asked again when it cannot be reached.
pub const MODEL_RETRIES: u32 = 2;
/// Seconds that are waited for a model at most before it is asked again.
pub const MODEL_RETRY_AFTER_S: u64 = 10;
/// Seconds that one call of a model may take in all.
pub const MODEL_CALL_S: u64 = 900;
/// Connections to one model provider that are kept open.
pub const MODEL_CONNECTIONS: usize = 512;
/// Pieces of a turn on their way to whoever asked.
pub const PIECES_AHEAD: usize = 256;
/// Frames of a run that are stored at once.
pub const FRAMES_AT_ONCE: usize = 256;
/// Frames of a run in all; what comes behind is not stored.
pub const RUN_FRAMES: i64 = 200_000;
/// Hours for which the frames of a run are kept.
pub const RUN_FRAMES_HOURS: i64 = 48;
/// Characters of the reason to cancel a run.
pub const CANCEL_REASON_CHARS: usize = 500;
/// Programs that run as MCP servers at the same time on a node.
pub const PROGRAMS_AT_ONCE: usize = 64;
/// Work folders that a node keeps open.
pub const WORK_FOLDERS_OPEN: usize = 128;
/// Bytes of the schema of one tool of an MCP server; a tool with a longer one
/// is left out.
pub const MCP_SCHEMA_BYTES: usize = 64 << 10;
/// Bytes that an MCP server may say between two questions to it.
pub const MCP_SAID_BYTES: usize = 16 << 20;
/// Messages of an MCP server that are no answers, between two questions to it.
pub const MCP_ASIDES: usize = 10_000;
/// Numbers that are measured of a job's result.
pub const METRICS: usize = 50;
/// Channels that one gate, checkpoint or delay tells.
pub const NOTIFIED_CHANNELS: usize = 20;
/// Characters of the name of a channel.
pub const CHANNEL_CHARS: usize = 100;
/// Notifications that an environment keeps, and that one list shows.
pub const NOTIFICATIONS: u32 = 1_000;
/// Outcomes of jobs that one notification carries.
pub const NOTIFICATION_OUTCOMES: usize = 20;
/// Characters of a text of an outcome that a notification carries.
pub const NOTIFICATION_CHARS: usize = 500;
/// Rows that one page of a list may have, where a page is asked for.
pub const PART_ROWS: u32 = 1_000;
/// Rows of a list that may be passed over.
pub const PART_OFFSET: i64 = 100_000_000;
/// Days for which the log of an environment is kept; its latest
/// [`LOG_ENTRIES`] entries are kept however old they are.
pub const LOG_DAYS: i64 = 30;
/// Days for which the runs of a job are kept that are not its last one, and
/// runs that are in no session.
pub const RUN_DAYS: i64 = 30;
/// Entries of one log that one step of forgetting takes away.
pub const FORGET_ROWS: u32 = 2_000;
/// Runs that one step of forgetting looks at; each has up to [`RUN_ENTRIES`].
pub const FORGET_RUNS: u32 = 200;
/// Environments that one step of forgetting looks at.
pub const FORGET_ENVIRONMENTS: u32 = 16;
/// Bytes of the rules by which a mission notifies, as JSON.
pub const NOTIFICATION_RULES_BYTES: usize = 32_000;
/// Bytes of what a watcher does, as JSON.
pub const WATCHER_BYTES: usize = 512 << 10;
/// Bytes of the parameters of a playbook, as JSON.
pub const PLAYBOOK_PARAMETERS_BYTES: usize = 256 << 10;
/// Bytes of an answer that is kept for a repeated `Idempotency-Key`, where no
/// transaction holds it; of a longer one only that it was given.
pub const KEPT_ANSWER_BYTES: usize = 4 << 20;
/// Files that are looked at before and after a command, to find what it changed.
pub const COUNTED_FILES: usize = 20_000;
/// Changes of files that are told of one command.
pub const CHANGES_TOLD: usize = 100;
/// Attachments that the messages of one chat request name.
pub const ATTACHED_FILES: usize = 32;
/// Bytes of a text that is attached to a chat and shown to a model.
pub const ATTACHED_TEXT_BYTES: usize = 256 << 10;
/// Bytes of a picture that is attached to a chat and shown to a model.
pub const ATTACHED_IMAGE_BYTES: usize = 5 << 20;
/// Bytes of everything that is attached to one chat request and shown to a
/// model.
pub const ATTACHED_BYTES: usize = 16 << 20;
