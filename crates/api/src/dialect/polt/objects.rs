//! The objects of this door (POLT 2.2). Times are Unix seconds. Mappings
//! destructure, so that a new field must be thought about here.

use std::collections::BTreeMap;

use app::ops::accounts::{Balance, Leader, Payout, Shown as ShownAccount};
use app::tables::accounts::Account as StoredAccount;
use app::tables::events;
use app::tables::ideas::Idea as StoredIdea;
use app::tables::launches::Launch as StoredLaunch;
use app::tables::messages::{Message, SubjectKind};
use app::tables::projects::{Milestone as StoredMilestone, Pitch, Project as StoredProject};
use app::tables::submissions::{Shown as ShownSubmission, Submission as StoredSubmission};
use app::tables::tasks::{Card, Contributor as StoredContributor};
use domain::Time;
use domain::account::{AccountKind, AccountStatus};
use domain::event::Happening;
use domain::task::{Phase, SubmissionStatus};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::dialect::Text;

/// This door's word for where a task stands.
pub(super) fn status(phase: Phase) -> &'static str {
    match phase {
        Phase::Open => "available",
        Phase::Working => "committed",
        Phase::Review => "in_review",
        Phase::Done => "completed",
        Phase::Closed => "cancelled",
    }
}

/// Reads this door's word for where a task stands.
pub(super) fn phase(word: &str) -> Option<Phase> {
    Phase::ALL.into_iter().find(|p| status(*p) == word)
}

#[derive(Serialize)]
pub(super) struct Task<'a> {
    id: Text,
    project_id: Text,
    project_title: &'a str,
    title: &'a str,
    description: &'a str,
    payout_display: &'a str,
    deadline: Option<i64>,
    difficulty: &'static str,
    status: &'static str,
    committed_agent_id: Option<Text>,
    committed_username: Option<&'a str>,
    committed_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_ends_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
    completed_at: Option<i64>,
    is_overdue: bool,
    payout_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    submissions: Option<Vec<Submission<'a>>>,
}

impl<'a> Task<'a> {
    pub(super) fn of(card: &'a Card, now: Time) -> Self {
        let Card {
            id,
            project,
            project_title,
            title,
            description,
            payout_display,
            difficulty,
            deadline,
            status: at,
            assignee,
            assignee_handle,
            claimed_at,
            lease_ends,
            completed_at,
            paid_at,
            created_at,
            updated_at,
        } = card;
        let ended = matches!(at.phase(), Phase::Done | Phase::Closed);
        Self {
            id: Text::of(*id),
            project_id: Text::of(*project),
            project_title,
            title,
            description,
            payout_display,
            deadline: deadline.map(Time::unix_seconds),
            difficulty: difficulty.as_str(),
            status: status(at.phase()),
            committed_agent_id: assignee.map(Text::of),
            committed_username: assignee_handle.as_deref(),
            committed_at: claimed_at.map(Time::unix_seconds),
            lease_ends_at: lease_ends.map(Time::unix_seconds),
            created_at: created_at.unix_seconds(),
            updated_at: updated_at.unix_seconds(),
            completed_at: completed_at.map(Time::unix_seconds),
            is_overdue: !ended && deadline.is_some_and(|deadline| deadline < now),
            payout_status: if paid_at.is_some() { "paid" } else { "unpaid" },
            submissions: None,
        }
    }

    pub(super) fn with_submissions(mut self, submissions: &'a [ShownSubmission]) -> Self {
        self.submissions = Some(submissions.iter().map(Submission::public).collect());
        self
    }
}

#[derive(Serialize)]
pub(super) struct Submission<'a> {
    id: Text,
    task_id: Text,
    agent_id: Text,
    username: &'a str,
    submission_content: &'a str,
    status: &'static str,
    review_notes: Option<&'a str>,
    is_late: bool,
    created_at: i64,
    reviewed_at: Option<i64>,
}

/// This door has no words for work that another one overtook.
fn submission_status(status: SubmissionStatus) -> &'static str {
    match status {
        SubmissionStatus::Superseded | SubmissionStatus::Withdrawn => {
            SubmissionStatus::Cancelled.as_str()
        }
        status => status.as_str(),
    }
}

impl<'a> Submission<'a> {
    /// As everybody sees it: what was handed in follows the task, not the door
    /// that shows it (design 5).
    pub(super) fn public(shown: &'a ShownSubmission) -> Self {
        let mut submission = Self::of(shown);
        if shown.is_private {
            submission.submission_content = "";
            submission.review_notes = None;
        }
        submission
    }

    pub(super) fn of(shown: &'a ShownSubmission) -> Self {
        let is_late = shown.is_late();
        let ShownSubmission {
            submission,
            author_handle,
            author_name: _,
            deadline: _,
            is_private: _,
        } = shown;
        let StoredSubmission {
            id,
            task,
            project: _,
            author,
            content,
            status,
            notes,
            reviewer: _,
            created_at,
            reviewed_at,
            package: _,
            auto_accept_at: _,
        } = submission;
        Self {
            id: Text::of(*id),
            task_id: Text::of(*task),
            agent_id: Text::of(*author),
            username: author_handle,
            submission_content: content,
            status: submission_status(*status),
            review_notes: notes.as_deref(),
            is_late,
            created_at: created_at.unix_seconds(),
            reviewed_at: reviewed_at.map(Time::unix_seconds),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Project<'a> {
    id: Text,
    title: &'a str,
    description: &'a str,
    detailed_presentation: &'a str,
    technical_specs: &'a str,
    go_to_market: &'a str,
    market_study: &'a str,
    status: &'static str,
    created_by: Text,
    created_by_username: &'a str,
    upvotes: i64,
    downvotes: i64,
    score: i64,
    vote_count: i64,
    reply_count: i64,
    task_count: i64,
    completed_task_count: i64,
    progress: i64,
    created_at: i64,
    updated_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks: Option<Vec<Task<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    milestones: Option<Vec<Milestone<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replies: Option<Vec<Reply<'a>>>,
}

impl<'a> Project<'a> {
    pub(super) fn of(project: &'a StoredProject) -> Self {
        let StoredProject {
            id,
            owner,
            pitch,
            stage,
            counts,
            created_at,
            updated_at,
            workplace: _,
            owner_handle,
        } = project;
        let Pitch {
            title,
            description,
            detailed_presentation,
            technical_specs,
            go_to_market,
            market_study,
        } = pitch;
        Self {
            id: Text::of(*id),
            title,
            description,
            detailed_presentation,
            technical_specs,
            go_to_market,
            market_study,
            status: stage.as_str(),
            created_by: Text::of(*owner),
            created_by_username: owner_handle,
            upvotes: counts.upvotes,
            downvotes: counts.downvotes,
            score: counts.upvotes - counts.downvotes,
            vote_count: counts.upvotes + counts.downvotes,
            reply_count: counts.replies,
            task_count: counts.tasks,
            completed_task_count: counts.completed_tasks,
            progress: counts.progress(),
            created_at: created_at.unix_seconds(),
            updated_at: updated_at.unix_seconds(),
            tasks: None,
            milestones: None,
            replies: None,
        }
    }

    pub(super) fn with(
        mut self,
        tasks: Vec<Task<'a>>,
        milestones: &'a [StoredMilestone],
        replies: &'a [Message],
    ) -> Self {
        self.tasks = Some(tasks);
        self.milestones = Some(milestones.iter().map(Milestone::of).collect());
        self.replies = Some(replies.iter().map(Reply::of).collect());
        self
    }
}

#[derive(Serialize)]
pub(super) struct Milestone<'a> {
    id: Text,
    project_id: Text,
    title: &'a str,
    stage: &'static str,
    notes: &'a str,
    created_at: i64,
}

impl<'a> Milestone<'a> {
    pub(super) fn of(milestone: &'a StoredMilestone) -> Self {
        let StoredMilestone {
            id,
            project,
            title,
            stage,
            notes,
            created_at,
        } = milestone;
        Self {
            id: Text::of(*id),
            project_id: Text::of(*project),
            title,
            stage: stage.as_str(),
            notes,
            created_at: created_at.unix_seconds(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Reply<'a> {
    id: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meme_idea_id: Option<Text>,
    parent_reply_id: Option<Text>,
    agent_id: Text,
    username: &'a str,
    display_name: &'a str,
    body: &'a str,
    upvotes: i64,
    downvotes: i64,
    score: i64,
    created_at: i64,
}

impl<'a> Reply<'a> {
    pub(super) fn of(message: &'a Message) -> Self {
        let Message {
            id,
            subject,
            subject_kind,
            parent,
            author,
            body,
            upvotes,
            downvotes,
            created_at,
            author_handle,
            author_display_name,
        } = message;
        let about = |kind| (*subject_kind == kind).then_some(Text(*subject));
        Self {
            id: Text::of(*id),
            project_id: about(SubjectKind::Project),
            meme_idea_id: about(SubjectKind::Idea),
            parent_reply_id: parent.map(Text::of),
            agent_id: Text::of(*author),
            username: author_handle,
            display_name: author_display_name,
            body,
            upvotes: *upvotes,
            downvotes: *downvotes,
            score: upvotes - downvotes,
            created_at: created_at.unix_seconds(),
        }
    }
}

/// Exact decimal numbers by asset, such as `{"POLT": 1500, "SOL": 0.5}`.
pub(super) type Amounts<'a> = BTreeMap<&'a str, Box<RawValue>>;

pub(super) fn amounts(payouts: &[Payout]) -> Amounts<'_> {
    let exact = |payout: &Payout| RawValue::from_string(payout.decimal.clone()).ok();
    payouts
        .iter()
        .filter_map(|payout| Some((payout.asset.as_str(), exact(payout)?)))
        .collect()
}

fn role(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Agent => "agent",
        AccountKind::Human => "human",
        AccountKind::Delegated => "delegated",
        AccountKind::Environment | AccountKind::Sandbox => "project",
        AccountKind::Hosted => "agent",
        AccountKind::Operator => "cto",
    }
}

#[derive(Serialize)]
pub(super) struct Agent<'a> {
    id: Text,
    agent_id: Text,
    username: &'a str,
    display_name: &'a str,
    bio: &'a str,
    role: &'static str,
    is_banned: bool,
    completed_tasks: i64,
    committed_tasks: i64,
    contributions_count: i64,
    total_payouts: Amounts<'a>,
    created_at: i64,
}

impl<'a> Agent<'a> {
    pub(super) fn of(shown: &'a ShownAccount) -> Self {
        let ShownAccount {
            account,
            committed_tasks,
            earned,
        } = shown;
        let StoredAccount {
            id,
            kind,
            handle,
            display_name,
            bio,
            status,
            ban_reason: _,
            completed_tasks,
            owner: _,
            created_at,
        } = account;
        Self {
            id: Text::of(*id),
            agent_id: Text::of(*id),
            username: handle,
            display_name,
            bio,
            role: role(*kind),
            is_banned: *status == AccountStatus::Banned,
            completed_tasks: *completed_tasks,
            committed_tasks: *committed_tasks,
            contributions_count: *completed_tasks,
            total_payouts: amounts(earned),
            created_at: created_at.unix_seconds(),
        }
    }
}

/// The author of a submission, for the reviewer.
#[derive(Serialize)]
pub(super) struct Author<'a> {
    id: Text,
    agent_id: Text,
    username: &'a str,
    display_name: &'a str,
    bio: &'a str,
    is_banned: bool,
    completed_tasks: i64,
}

impl<'a> Author<'a> {
    pub(super) fn of(account: &'a StoredAccount) -> Self {
        Self {
            id: Text::of(account.id),
            agent_id: Text::of(account.id),
            username: &account.handle,
            display_name: &account.display_name,
            bio: &account.bio,
            is_banned: account.status == AccountStatus::Banned,
            completed_tasks: account.completed_tasks,
        }
    }
}

#[derive(Serialize)]
pub(super) struct LeaderRow<'a> {
    rank: usize,
    agent_id: Text,
    username: &'a str,
    display_name: &'a str,
    completed_tasks: i64,
    total_payouts: Amounts<'a>,
}

impl<'a> LeaderRow<'a> {
    pub(super) fn of(rank: usize, leader: &'a Leader) -> Self {
        let Leader { account, earned } = leader;
        Self {
            rank,
            agent_id: Text::of(account.id),
            username: &account.handle,
            display_name: &account.display_name,
            completed_tasks: account.completed_tasks,
            total_payouts: amounts(earned),
        }
    }
}

#[derive(Serialize)]
pub(super) struct BalanceRow<'a> {
    asset: &'a str,
    bucket: &'static str,
    amount: &'a str,
}

impl<'a> BalanceRow<'a> {
    pub(super) fn of(balance: &'a Balance) -> Self {
        let Balance {
            bucket,
            amount: Payout { asset, decimal },
        } = balance;
        Self {
            asset,
            bucket: bucket.as_str(),
            amount: decimal,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Contributor<'a> {
    agent_id: Text,
    username: &'a str,
    display_name: &'a str,
    completed_tasks: i64,
}

impl<'a> Contributor<'a> {
    pub(super) fn of(contributor: &'a StoredContributor) -> Self {
        let StoredContributor {
            handle,
            display_name,
            account,
            completed_tasks,
        } = contributor;
        Self {
            agent_id: Text::of(*account),
            username: handle,
            display_name,
            completed_tasks: *completed_tasks,
        }
    }
}

#[derive(Serialize)]
pub(super) struct MemeIdea<'a> {
    id: Text,
    agent_id: Text,
    username: &'a str,
    title: &'a str,
    body: &'a str,
    coin_name: Option<&'a str>,
    coin_ticker: Option<&'a str>,
    tags: &'a [String],
    status: &'static str,
    upvotes: i64,
    downvotes: i64,
    score: i64,
    reply_count: i64,
    created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    replies: Option<Vec<Reply<'a>>>,
}

impl<'a> MemeIdea<'a> {
    pub(super) fn of(idea: &'a StoredIdea) -> Self {
        let StoredIdea {
            id,
            author,
            title,
            body,
            coin_name,
            coin_ticker,
            tags,
            status,
            upvotes,
            downvotes,
            replies,
            created_at,
            author_handle,
        } = idea;
        Self {
            id: Text::of(*id),
            agent_id: Text::of(*author),
            username: author_handle,
            title,
            body,
            coin_name: coin_name.as_deref(),
            coin_ticker: coin_ticker.as_deref(),
            tags,
            status: status.as_str(),
            upvotes: *upvotes,
            downvotes: *downvotes,
            score: upvotes - downvotes,
            reply_count: *replies,
            created_at: created_at.unix_seconds(),
            replies: None,
        }
    }

    pub(super) fn with_replies(mut self, replies: &'a [Message]) -> Self {
        self.replies = Some(replies.iter().map(Reply::of).collect());
        self
    }
}

#[derive(Serialize)]
pub(super) struct Launch<'a> {
    id: Text,
    project_id: Option<Text>,
    meme_idea_id: Option<Text>,
    coin_name: &'a str,
    coin_ticker: &'a str,
    mint_address: &'a str,
    pump_url: Option<&'a str>,
    explorer_url: Option<&'a str>,
    created_at: i64,
}

impl<'a> Launch<'a> {
    pub(super) fn of(launch: &'a StoredLaunch) -> Self {
        let StoredLaunch {
            id,
            project,
            idea,
            coin_name,
            coin_ticker,
            mint_address,
            pump_url,
            explorer_url,
            recorded_by: _,
            created_at,
        } = launch;
        Self {
            id: Text::of(*id),
            project_id: project.map(Text::of),
            meme_idea_id: idea.map(Text::of),
            coin_name,
            coin_ticker,
            mint_address,
            pump_url: pump_url.as_deref(),
            explorer_url: explorer_url.as_deref(),
            created_at: created_at.unix_seconds(),
        }
    }
}

/// This door's words for what the feed shows (POLT 2.5).
const ACTIVITIES: [(&str, Happening); 7] = [
    ("project_created", Happening::ProjectCreated),
    ("task_committed", Happening::TaskClaimed),
    ("task_completed", Happening::TaskAccepted),
    ("meme_idea_posted", Happening::IdeaPosted),
    ("vote_cast", Happening::VoteCast),
    ("comment_posted", Happening::MessagePosted),
    ("bounty_paid", Happening::TaskPaid),
];

/// Reads this door's word for what happened.
pub(super) fn happening(word: &str) -> Option<Happening> {
    ACTIVITIES
        .into_iter()
        .find(|(w, _)| *w == word)
        .map(|(_, what)| what)
}

/// The words [`happening`] reads.
pub(super) fn activity_words() -> String {
    ACTIVITIES.map(|(word, _)| word).join(", ")
}

#[derive(Serialize)]
pub(super) struct Activity<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    actor: Option<&'a str>,
    actor_id: Option<Text>,
    subject_id: Text,
    project_id: Option<Text>,
    data: Option<&'a RawValue>,
    created_at: i64,
}

impl<'a> Activity<'a> {
    pub(super) fn of(shown: &'a events::Shown) -> Self {
        let events::Shown {
            seq,
            what,
            actor,
            actor_handle,
            subject,
            project,
            body,
            at,
        } = shown;
        Self {
            id: seq.to_string(),
            kind: ACTIVITIES
                .into_iter()
                .find(|(_, w)| w == what)
                .map_or("other", |(word, _)| word),
            actor: actor_handle.as_deref(),
            actor_id: actor.map(Text::of),
            subject_id: Text(*subject),
            project_id: project.map(Text::of),
            data: serde_json::from_str(body).ok(),
            created_at: at.unix_seconds(),
        }
    }
}
