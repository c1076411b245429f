//! Every event as its operation writes it, and what is told of it.

use domain::Time;
use domain::event::Happening;
use domain::id::{AccountId, ProjectId};
use domain::webhook::Name;
use serde_json::{Value, json};
use store::tables::events::{Cursor, Followed};
use uuid::Uuid;

use super::{Audience, notices};

const SUBJECT: Uuid = Uuid::from_u128(1);
const ACTOR: AccountId = AccountId(Uuid::from_u128(2));
const ADA: AccountId = AccountId(Uuid::from_u128(3));
const PROJECT: ProjectId = ProjectId(Uuid::from_u128(4));

fn told(what: Happening, body: &Value) -> Vec<(Name, Audience, Value)> {
    let event = Followed {
        cursor: Cursor::default(),
        what,
        subject: SUBJECT,
        body: body.to_string(),
        actor: Some(ACTOR),
        project: Some(PROJECT),
        environment: None,
        at: Time(0),
    };
    let notices = notices(&event).into_iter();
    notices
        .map(|n| (n.name, n.to, n.data.parse().expect("JSON")))
        .collect()
}

fn ada() -> Audience {
    Audience {
        accounts: vec![ADA],
        ..Audience::default()
    }
}

fn team(except: Option<AccountId>) -> Audience {
    Audience {
        accounts: Vec::new(),
        members: Some(PROJECT),
        owner: Some(PROJECT),
        except,
    }
}

#[test]
fn tickets() {
    let body = json!({
        "title": "T", "ticket_number": 7, "priority": "high", "assignee": ADA.to_string(),
        "old_status": "todo", "new_status": "done", "changed": ["title"],
    });
    let common = |further: Value| {
        let mut data = json!({"ticket_id": SUBJECT.to_string(), "project_id": PROJECT.to_string(), "title": "T", "ticket_number": 7});
        for (name, value) in further.as_object().expect("an object") {
            data[name] = value.clone();
        }
        data
    };
    assert_eq!(
        told(Happening::TicketAssigned, &body),
        [(
            Name::TicketAssigned,
            ada(),
            common(json!({"priority": "high"}))
        )]
    );
    let moved = common(json!({"old_status": "todo", "new_status": "done"}));
    let members = Audience {
        members: Some(PROJECT),
        ..Audience::default()
    };
    assert_eq!(
        told(Happening::TicketMoved, &body),
        [
            (Name::TicketStatusChanged, members, moved.clone()),
            (Name::TicketUpdated, ada(), moved)
        ]
    );
    assert_eq!(
        told(Happening::TicketUpdated, &body),
        [(
            Name::TicketUpdated,
            ada(),
            common(json!({"changed": ["title"]}))
        )]
    );
}

#[test]
fn messages_in_channels_alone() {
    let channel = Uuid::from_u128(9).to_string();
    let body = json!({
        "subject_kind": "channel", "subject": channel, "content": "hi", "author": "Ada", "author_account": ADA.to_string(),
    });
    let data = json!({
        "message_id": SUBJECT.to_string(), "project_id": PROJECT.to_string(), "channel_id": channel, "content": "hi", "author": "Ada",
    });
    assert_eq!(
        told(Happening::MessagePosted, &body),
        [(Name::MessageReceived, team(Some(ADA)), data)]
    );
    let elsewhere = json!({"subject_kind": "project", "title": "x"});
    assert_eq!(told(Happening::MessagePosted, &elsewhere), []);
}

#[test]
fn applications_and_positions() {
    let body = json!({"position": "p", "position_title": "Dev", "account": ADA.to_string()});
    let data = json!({
        "application_id": SUBJECT.to_string(), "project_id": PROJECT.to_string(), "position_id": "p", "position_title": "Dev",
    });
    for (what, name) in [
        (Happening::ApplicationAccepted, Name::ApplicationAccepted),
        (Happening::ApplicationRejected, Name::ApplicationRejected),
    ] {
        assert_eq!(told(what, &body), [(name, ada(), data.clone())]);
    }
    let data = json!({
        "position_id": SUBJECT.to_string(), "project_id": PROJECT.to_string(), "title": "Dev", "positions": ["Dev"], "role_level": "lead",
    });
    assert_eq!(
        told(
            Happening::PositionOpened,
            &json!({"title": "Dev", "level": "lead"})
        ),
        [
            (Name::PositionPosted, team(None), data.clone()),
            (Name::PositionOpened, team(None), data)
        ]
    );
}

#[test]
fn verdicts() {
    let body = json!({"title": "T", "worker": ADA.to_string(), "comment": "c", "payout_cents": 5, "ticket_number": 7});
    let data = json!({"ticket_id": SUBJECT.to_string(), "project_id": PROJECT.to_string(), "title": "T", "comment": "c", "ticket_number": 7});
    let mut approved = data.clone();
    approved["payout_cents"] = json!(5);
    assert_eq!(
        told(Happening::TaskAccepted, &body),
        [(Name::DeliverableApproved, ada(), approved)]
    );
    assert_eq!(
        told(Happening::TaskRejected, &body),
        [(Name::DeliverableRejected, ada(), data.clone())]
    );
    let mut revised = data;
    revised["action"] = json!("revision_requested");
    let assigned =
        json!({"title": "T", "assignee": ADA.to_string(), "comment": "c", "ticket_number": 7});
    assert_eq!(
        told(Happening::TaskRevisionRequested, &assigned),
        [(Name::DeliverableRejected, ada(), revised)]
    );
}

#[test]
fn ratings() {
    let body = json!({"title": "T", "ticket_number": 7, "worker": ADA.to_string(), "review_id": "r", "rating": 5, "comment": "c"});
    let data = json!({
        "ticket_id": SUBJECT.to_string(), "project_id": PROJECT.to_string(), "title": "T", "ticket_number": 7,
        "review_id": "r", "rating": 5, "comment": "c",
    });
    assert_eq!(
        told(Happening::TicketRated, &body),
        [(Name::ReviewSubmitted, ada(), data)]
    );
}

#[test]
fn money() {
    let owner = Audience {
        owner: Some(PROJECT),
        ..Audience::default()
    };
    assert_eq!(
        told(Happening::ProjectFunded, &json!({"amount_cents": 5})),
        [(
            Name::EscrowFunded,
            owner,
            json!({"project_id": PROJECT.to_string(), "amount_cents": 5})
        )]
    );
    let body =
        json!({"account": ADA.to_string(), "amount_cents": 10, "net_cents": 9, "payout": "p"});
    let data = json!({
        "ticket_id": SUBJECT.to_string(), "project_id": PROJECT.to_string(), "amount_cents": 10, "net_cents": 9, "payout_id": "p",
    });
    assert_eq!(
        told(Happening::PayoutSettled, &body),
        [(Name::PayoutSettled, ada(), data)]
    );
    let body = json!({"payee": ADA.to_string(), "amount_usdc": "1.0", "from_agent_id": "f", "task": "t", "tx_hash": "h"});
    let data = json!({"project_id": PROJECT.to_string(), "amount_usdc": "1.0", "from_agent_id": "f", "task": "t", "tx_hash": "h"});
    assert_eq!(
        told(Happening::ServicePaid, &body),
        [(Name::X402PaymentReceived, ada(), data)]
    );
}

#[test]
fn repositories() {
    let to = json!([ADA.to_string(), "nobody"]);
    let body = json!({"check_name": "ci", "conclusion": "success", "status": "completed", "pr_urls": [], "recipients": to});
    let data = json!({
        "project_id": PROJECT.to_string(), "check_name": "ci", "conclusion": "success", "status": "completed", "pr_urls": [],
    });
    assert_eq!(
        told(Happening::RepositoryCheckCompleted, &body),
        [(Name::CiCheckCompleted, ada(), data)]
    );
    let body = json!({"review_state": "approved", "body": "x".repeat(600), "recipients": to});
    let data = json!({"project_id": PROJECT.to_string(), "review_state": "approved", "body": "x".repeat(500)});
    assert_eq!(
        told(Happening::RepositoryReviewSubmitted, &body),
        [(Name::PrReviewSubmitted, ada(), data)]
    );
}

#[test]
fn facts_that_are_missing_harm_nobody() {
    for what in Happening::ALL {
        for body in [
            json!({}),
            json!(null),
            json!({"assignee": 5, "worker": "x", "recipients": "y"}),
        ] {
            for (_, to, data) in told(what, &body) {
                assert!(to.accounts.is_empty() && data.is_object(), "{what:?}");
            }
        }
    }
}
