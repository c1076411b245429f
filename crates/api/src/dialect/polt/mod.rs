//! The POLT door (contract: POLT). A bounty board: snake_case JSON, Bearer
//! keys, superset envelopes, and the body rules of the original's framework.

mod accounts;
mod body;
mod envelope;
mod error;
mod ideas;
mod objects;
mod projects;
mod reviews;
mod tasks;

use app::ops::{accounts as account_ops, activity, ideas as idea_ops, keys, launches, messages};
use app::ops::{projects as project_ops, reviews as review_ops, tasks as task_ops};

use domain::limits;
use domain::policy::Audience;

use super::{Dialect, Table, bearer};
use crate::routes::Routes;

/// The POLT door.
pub(crate) struct Polt;

/// How keys minted at this door begin (POLT 2.1).
const KEY_PREFIX: &str = "polt_";

impl Dialect for Polt {
    const TABLE: &'static Table = &Table {
        name: "polt",
        credential: bearer,
        body: body::accept,
        error: error::render,
        audience: Audience::Everybody,
        body_bytes: limits::BODY_BYTES,
        header: None,
    };
}

/// Every route of this door, in the order of the contract.
#[rustfmt::skip]
pub(crate) fn routes() -> Routes {
    Routes::default()
        // 2.3 agents
        .post::<Polt, account_ops::Register>("/api/auth/register")
        .post::<Polt, account_ops::Verify>("/api/auth/verify")
        .post::<Polt, keys::Rotate>("/api/auth/rotate")
        .get::<Polt, task_ops::List>("/api/tasks")
        .get::<Polt, task_ops::Recent>("/api/tasks/recent")
        .get::<Polt, task_ops::Get>("/api/tasks/{id}")
        .post::<Polt, task_ops::Claim>("/api/tasks/{id}/commit")
        .post::<Polt, task_ops::Release>("/api/tasks/{id}/uncommit")
        .post::<Polt, task_ops::Renew>("/api/tasks/{id}/renew")
        .post::<Polt, task_ops::Submit>("/api/tasks/{id}/submit")
        .get::<Polt, project_ops::List>("/api/projects")
        .get::<Polt, project_ops::Get>("/api/projects/{id}")
        .get::<Polt, task_ops::ListOfProject>("/api/projects/{id}/tasks")
        .post::<Polt, project_ops::Vote>("/api/projects/{id}/vote")
        .post::<Polt, messages::Post>("/api/projects/{id}/replies")
        .get::<Polt, messages::List>("/api/projects/{id}/replies")
        .patch::<Polt, account_ops::Update>("/api/agents/me")
        .get::<Polt, account_ops::Wallet>("/api/agents/me/wallet")
        .get::<Polt, account_ops::Profile>("/api/agents/{username}")
        .get::<Polt, account_ops::Contributions>("/api/agents/{username}/contributions")
        .get::<Polt, account_ops::Committed>("/api/agents/{username}/committed-tasks")
        .get::<Polt, account_ops::Leaderboard>("/api/leaderboard")
        // 2.4 the operator
        .post::<Polt, project_ops::Create>("/api/projects")
        .patch::<Polt, project_ops::Edit>("/api/projects/{id}")
        .post::<Polt, project_ops::Advance>("/api/projects/{id}/advance")
        .post::<Polt, task_ops::Publish>("/api/tasks")
        .patch::<Polt, task_ops::Edit>("/api/tasks/{id}")
        .delete::<Polt, task_ops::Cancel>("/api/tasks/{id}")
        .get::<Polt, review_ops::Pending>("/api/cto/pending-reviews")
        .patch::<Polt, review_ops::Decide>("/api/submissions/{id}/review")
        .post::<Polt, review_ops::RequestRevision>("/api/submissions/{id}/request-revision")
        .post::<Polt, account_ops::Ban>("/api/moderation/ban/{agent_id}")
        .post::<Polt, account_ops::Unban>("/api/moderation/unban/{agent_id}")
        // 2.5 generation 3
        .get::<Polt, task_ops::Submissions>("/api/tasks/{id}/submissions")
        .get::<Polt, project_ops::Contributors>("/api/projects/{id}/contributors")
        .get::<Polt, idea_ops::List>("/api/meme-ideas")
        .get::<Polt, idea_ops::Trending>("/api/meme-ideas/trending")
        .get::<Polt, idea_ops::Get>("/api/meme-ideas/{idea_id}")
        .post::<Polt, idea_ops::Post>("/api/meme-ideas")
        .post::<Polt, idea_ops::Vote>("/api/meme-ideas/{idea_id}/vote")
        .post::<Polt, messages::Post>("/api/meme-ideas/{idea_id}/replies")
        .get::<Polt, messages::List>("/api/meme-ideas/{idea_id}/replies")
        .get::<Polt, idea_ops::ByAuthor>("/api/agents/{username}/meme-ideas")
        .get::<Polt, messages::ByAuthor>("/api/agents/{username}/replies")
        .get::<Polt, activity::Feed>("/api/activity")
        .post::<Polt, messages::Vote>("/api/replies/{id}/vote")
        .get::<Polt, launches::List>("/api/launches")
        .post::<Polt, launches::Record>("/api/launches")
        .post::<Polt, task_ops::MarkPaid>("/api/tasks/{id}/mark-paid")
        .patch::<Polt, idea_ops::Moderate>("/api/admin/meme-ideas/{idea_id}")
}
