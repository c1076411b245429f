//! The OpenPod door (contract: OpenPod). A workplace: projects with positions,
//! tickets and chat, under `/api/agent/v1`. Every spelling of either
//! population of its agents is read, and answers are the union of both
//! (OpenPod 2.16).

mod agents;
mod chat;
mod deliveries;
mod desk;
mod envelope;
mod error;
mod github;
mod knowledge;
mod projects;
mod tickets;
mod webhooks;

use app::ops::{chat as chat_ops, heartbeat, keys, knowledge as knowledge_ops};
use app::ops::{profiles, repositories, services, teams};
use app::ops::{tickets as ticket_ops, webhooks as webhook_ops};
use domain::id::ProjectId;
use domain::policy::Audience;
use domain::team::Level;
use domain::{Error, Result, limits};

use super::{Dialect, Table, bearer};
use crate::input::{Body, Input};
use crate::routes::Routes;

/// The OpenPod door.
pub(crate) struct Openpod;

/// How keys minted at this door begin (OpenPod 2.0).
const KEY_PREFIX: &str = "opk_";
/// Where its paths begin.
pub(super) const PREFIXES: [&str; 2] = ["/api/agent/v1", "/api/github"];

impl Dialect for Openpod {
    const TABLE: &'static Table = &Table {
        name: "openpod",
        credential: bearer,
        // The original's own examples send JSON as a form (OpenPod 2.0).
        body: Body::json_or_nothing,
        error: error::render,
        audience: Audience::Everybody,
        body_bytes: limits::BODY_BYTES,
        header: None,
    };
}

/// The word for a level: the seed's (OpenPod 2.16, 12).
fn level(level: Level) -> &'static str {
    level.as_str()
}

/// Reads either population's word for a level.
fn read_level(word: &str) -> Option<Level> {
    match word {
        "project_manager" => Some(Level::Pm),
        word => Level::parse(word),
    }
}

/// The project whose list is asked for.
fn project(input: &Input<'_>) -> Result<ProjectId> {
    let given = input.query_id("project_id")?;
    given.ok_or_else(|| required("project_id"))
}

/// A field that must be there is not.
fn required(field: &'static str) -> Error {
    Error::field(field, "is required")
}

/// Every route of this door, in the order of the contract.
#[rustfmt::skip]
pub(crate) fn routes() -> Routes {
    Routes::default()
        // 2.1 to 2.3 agents
        .post::<Openpod, profiles::Join>("/api/agent/v1/register")
        .get::<Openpod, profiles::Directory>("/api/agent/v1/agents")
        .get::<Openpod, profiles::Me>("/api/agent/v1/me")
        .patch::<Openpod, profiles::Update>("/api/agent/v1/me")
        .get::<Openpod, profiles::Balance>("/api/agent/v1/me/balance")
        .get::<Openpod, profiles::Payouts>("/api/agent/v1/me/transactions")
        .post::<Openpod, keys::Rotate>("/api/agent/v1/me/rotate-key")
        .get::<Openpod, heartbeat::Heartbeat>("/api/agent/v1/heartbeat")
        // 2.5 to 2.8 projects
        .get::<Openpod, teams::Browse>("/api/agent/v1/projects")
        .post::<Openpod, teams::Found>("/api/agent/v1/projects")
        .get::<Openpod, teams::Look>("/api/agent/v1/projects/{id}")
        .post::<Openpod, teams::Fund>("/api/agent/v1/projects/{id}/fund")
        .post::<Openpod, teams::Leave>("/api/agent/v1/projects/{id}/leave")
        .get::<Openpod, teams::Offered>("/api/agent/v1/positions")
        .post::<Openpod, teams::Open>("/api/agent/v1/positions")
        .post::<Openpod, teams::Apply>("/api/agent/v1/apply")
        .get::<Openpod, teams::Applications>("/api/agent/v1/apply")
        .get::<Openpod, teams::Applications>("/api/agent/v1/applications")
        .post::<Openpod, teams::Decide>("/api/agent/v1/applications/{id}")
        .post::<Openpod, teams::Withdraw>("/api/agent/v1/applications/{id}/withdraw")
        .post::<Openpod, teams::Decide>("/api/projects/{project}/applications/{id}")
        .post::<Openpod, teams::Credit>("/api/agent/v1/agents/{id}/credit")
        // 2.9 to 2.12 tickets
        .get::<Openpod, ticket_ops::List>("/api/agent/v1/tickets")
        .post::<Openpod, ticket_ops::Create>("/api/agent/v1/tickets")
        .get::<Openpod, ticket_ops::Get>("/api/agent/v1/tickets/{id}")
        .patch::<Openpod, ticket_ops::Edit>("/api/agent/v1/tickets/{id}")
        .post::<Openpod, ticket_ops::Comment>("/api/agent/v1/tickets/{id}/comments")
        .post::<Openpod, ticket_ops::Judge>("/api/agent/v1/tickets/{id}/approve")
        // 3.6 ratings; the second spelling is an addition
        .post::<Openpod, ticket_ops::Rate>("/api/reviews")
        .post::<Openpod, ticket_ops::Rate>("/api/agent/v1/reviews")
        // 2.13 chat, 2.14 knowledge; channels, corrections and versions are additions
        .get::<Openpod, chat_ops::Channels>("/api/agent/v1/channels")
        .get::<Openpod, chat_ops::Read>("/api/agent/v1/messages")
        .post::<Openpod, chat_ops::Post>("/api/agent/v1/messages")
        .get::<Openpod, knowledge_ops::List>("/api/agent/v1/knowledge")
        .post::<Openpod, knowledge_ops::Write>("/api/agent/v1/knowledge")
        .get::<Openpod, knowledge_ops::Get>("/api/agent/v1/knowledge/{id}")
        .patch::<Openpod, knowledge_ops::Update>("/api/agent/v1/knowledge/{id}")
        .get::<Openpod, knowledge_ops::Versions>("/api/agent/v1/knowledge/{id}/versions")
        // 2.14 services
        .post::<Openpod, services::Ask>("/api/agent/v1/delegate")
        .post::<Openpod, services::Ask>("/api/agent/v1/services/{slug}/invoke")
        // 2.14 webhooks
        .get::<Openpod, webhook_ops::List>("/api/agent/v1/webhooks")
        .post::<Openpod, webhook_ops::Register>("/api/agent/v1/webhooks")
        .delete::<Openpod, webhook_ops::Remove>("/api/agent/v1/webhooks/{id}")
        .get::<Openpod, webhook_ops::Deliveries>("/api/agent/v1/webhooks/{id}/deliveries")
        .post::<Openpod, webhook_ops::Replay>("/api/agent/v1/webhooks/{id}/deliveries/{delivery}/replay")
        // 2.14, 4.4 GitHub
        .get_errand::<Openpod, repositories::Token>("/api/agent/v1/github/token")
        .get_errand::<Openpod, repositories::Pulls>("/api/agent/v1/github/prs")
        .post_errand::<Openpod, repositories::Verify>("/api/agent/v1/github/verify-deliverable")
        .post_errand::<Openpod, repositories::Connect>("/api/github/connect")
        .post::<Openpod, repositories::Unlink>("/api/github/disconnect")
        .post_errand::<Openpod, repositories::Hear>("/api/github/webhook")
}
