//! Every route with every kind of caller: who is let in, who is refused and
//! with which code. Taken from the route table, so a new route is asked too.
//!
//! **Invariant:** who may is decided before what was sent is read and before
//! what was named is looked up: bodies here are missing, broken or empty, and
//! every id is made up.
//!
//! To extend: a new permission is a new arm of [`expected`]; a new route of the
//! POLT door that needs a key is a new line in its role's list.

use api::Route;
use domain::policy::Permission;
use serde_json::json;
use testkit::engine::Engine;
use testkit::http::{Answer, Client, Request};
use testkit::server::Server;

/// An id that nothing has.
const MADE_UP: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
/// A minted key as it looks, whose check does not hold.
const MISTYPED_KEY: &str = "polt_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1";

#[derive(Clone, Copy, Debug)]
enum Caller {
    WithoutKey,
    WithWrongKey,
    Agent,
    Banned,
    Operator,
}

/// The refusal that somebody gets, if any.
fn expected(needs: Permission, caller: Caller) -> Option<(u16, &'static str)> {
    use Caller::{Agent, Banned, Operator, WithWrongKey, WithoutKey};
    use Permission::{BeHuman, Notify, ReadPublic, Register};
    match (needs, caller) {
        (ReadPublic | Register | Notify, _) => None,
        (BeHuman, Agent | Operator) => Some((403, "WRONG_ROLE")),
        (_, Operator) => None,
        (needs, Agent) if is_for_members(needs) => None,
        (_, WithoutKey) => Some((401, "MISSING_CREDENTIAL")),
        (_, WithWrongKey) => Some((401, "INVALID_KEY")),
        (_, Banned) => Some((403, "ACCOUNT_BANNED")),
        (_, Agent) => Some((403, "OPERATOR_ONLY")),
    }
}

/// What an account may do in its own right.
fn is_for_members(needs: Permission) -> bool {
    use Permission::{
        BeAgent, Claim, Deliver, Discuss, JudgeOwn, Look, Offer, Participate, ReachSecrets,
        ReadWallet,
    };
    matches!(
        needs,
        Participate
            | Look
            | Claim
            | Deliver
            | Discuss
            | Offer
            | JudgeOwn
            | ReadWallet
            | ReachSecrets
            | BeAgent
    )
}

#[track_caller]
fn check(route: &Route, caller: Caller, answer: &Answer) {
    // The doors spell codes in different cases.
    let code = answer.code().unwrap_or("none").to_ascii_uppercase();
    // Rules about the task and about the body, and not about the role.
    let is_elsewhere = code == "NOT_THE_ASSIGNEE" || code == "MISSING_SIGNATURE";
    let is_refused = [401, 403].contains(&answer.status) && !is_elsewhere;
    let found = is_refused.then_some((answer.status, code.as_str()));
    let expected = expected(route.needs, caller);
    assert_eq!(found, expected, "{caller:?} at {route:?}\n{answer}");
    assert!(answer.status < 500, "{answer}");
}

fn ask(client: &Client, route: &Route) -> Request {
    let path: Vec<_> = route
        .path
        .split('/')
        .map(|part| match part {
            "{username}" => "nobody-of-this-name",
            part if part.starts_with('{') => MADE_UP,
            part => part,
        })
        .collect();
    client.request(route.method, &path.join("/"))
}

const BODIES: usize = 3;

/// The same request without a body, with a broken one and with an empty one
/// that calls itself JSON.
fn bodies(client: &Client, route: &Route) -> [Request; BODIES] {
    let json = |request: Request| request.header("content-type", "application/json");
    [
        ask(client, route),
        json(ask(client, route)).body("{"),
        json(ask(client, route)),
    ]
}

fn banned(server: &Server) -> Client {
    let agent = server.register("banned");
    server
        .operator()
        .post(&format!("/api/moderation/ban/{}", agent.id))
        .ok();
    agent.client
}

#[test]
fn without_a_key() {
    let server = Server::start(Engine::Sqlite);
    for route in api::routes() {
        for request in bodies(&server.client(), &route) {
            check(&route, Caller::WithoutKey, &request.send());
        }
    }
}

#[test]
fn with_a_wrong_key() {
    let server = Server::start(Engine::Sqlite);
    for key in [MISTYPED_KEY, "polt_", "a key that was never handed out"] {
        for route in api::routes() {
            let request = ask(&server.client().with_key(key), &route);
            check(&route, Caller::WithWrongKey, &request.send());
        }
    }
}

#[test]
fn as_an_agent() {
    let server = Server::start(Engine::Sqlite);
    for (route, n) in api::routes().iter().zip(0..) {
        // One that gives its key away cannot ask again.
        for shape in 0..BODIES {
            let agent = server.register(&format!("agent-{n}-{shape}"));
            let request = bodies(&agent.client, route).into_iter().nth(shape);
            let answer = request.expect("a shape of body").send();
            check(route, Caller::Agent, &answer);
        }
    }
}

#[test]
fn as_a_banned_agent() {
    let server = Server::start(Engine::Sqlite);
    let banned = banned(&server);
    for route in api::routes() {
        for request in bodies(&banned, &route) {
            check(&route, Caller::Banned, &request.send());
        }
    }
}

#[test]
fn as_the_operator() {
    let server = Server::start(Engine::Sqlite);
    for route in api::routes() {
        for request in bodies(&server.operator(), &route) {
            check(&route, Caller::Operator, &request.send());
        }
    }
}

#[test]
fn where_every_agent_may_propose_projects() {
    let server = Server::start_with(Engine::Sqlite, |settings| {
        settings.polt.open_projects = true
    });
    let propose = |client: &Client| {
        client
            .post("/api/projects")
            .json(json!({"title": "Map", "description": "Of the sea."}))
    };
    propose(&server.client()).refused(401, "MISSING_CREDENTIAL");
    propose(&server.client().with_key(MISTYPED_KEY)).refused(401, "INVALID_KEY");
    propose(&banned(&server)).refused(403, "ACCOUNT_BANNED");
    let ada = server.register("ada").client;
    let project = propose(&ada).send().expect_status(201).json;
    propose(&server.operator()).send().expect_status(201);
    let its_own = format!(
        "/api/projects/{}",
        project["project"]["id"].as_str().expect("an id")
    );
    ada.patch(&its_own).refused(403, "OPERATOR_ONLY");
    ada.post(&format!("{its_own}/advance"))
        .refused(403, "OPERATOR_ONLY");
}

/// POLT 2.4 and the operator's lines of 2.5.
const OPERATOR_ROUTES: [&str; 14] = [
    "DELETE /api/tasks/{id}",
    "GET /api/cto/pending-reviews",
    "PATCH /api/admin/meme-ideas/{idea_id}",
    "PATCH /api/projects/{id}",
    "PATCH /api/submissions/{id}/review",
    "PATCH /api/tasks/{id}",
    "POST /api/launches",
    "POST /api/moderation/ban/{agent_id}",
    "POST /api/moderation/unban/{agent_id}",
    "POST /api/projects",
    "POST /api/projects/{id}/advance",
    "POST /api/submissions/{id}/request-revision",
    "POST /api/tasks",
    "POST /api/tasks/{id}/mark-paid",
];

/// POLT 2.3 and 2.5 where they say that a key is needed, and what was added:
/// renewal, rotation, the wallet.
const AGENT_ROUTES: [&str; 14] = [
    "GET /api/agents/me/wallet",
    "PATCH /api/agents/me",
    "POST /api/auth/rotate",
    "POST /api/auth/verify",
    "POST /api/meme-ideas",
    "POST /api/meme-ideas/{idea_id}/replies",
    "POST /api/meme-ideas/{idea_id}/vote",
    "POST /api/projects/{id}/replies",
    "POST /api/projects/{id}/vote",
    "POST /api/replies/{id}/vote",
    "POST /api/tasks/{id}/commit",
    "POST /api/tasks/{id}/renew",
    "POST /api/tasks/{id}/submit",
    "POST /api/tasks/{id}/uncommit",
];

/// OpenPod 2.14, 2.15 and what was added, without a key.
const WORKPLACE_OPEN_ROUTES: [&str; 2] = ["GET /api/agent/v1/agents", "POST /api/github/webhook"];

/// The additions that only the operator may call.
const WORKPLACE_OPERATOR_ROUTES: [&str; 1] = ["POST /api/agent/v1/agents/{id}/credit"];

/// The routes of a door whose permission is wanted, in order.
fn having(door: &str, wanted: fn(Permission) -> bool) -> Vec<String> {
    let of_door = api::routes().into_iter().filter(|route| route.door == door);
    let mut found: Vec<_> = of_door
        .filter(|route| wanted(route.needs))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    found.sort();
    found
}

#[test]
fn the_workplace_has_the_roles_of_its_contract() {
    let having = |wanted| having("openpod", wanted);
    assert_eq!(
        having(|needs| !needs.needs_credential() && needs != Permission::Register),
        WORKPLACE_OPEN_ROUTES
    );
    assert_eq!(
        having(|needs| needs.needs_credential() && needs != Permission::Participate),
        WORKPLACE_OPERATOR_ROUTES
    );
    assert_eq!(
        having(|needs| needs == Permission::Register),
        ["POST /api/agent/v1/register"]
    );
}

#[test]
fn the_table_has_the_roles_of_the_contract() {
    let having = |wanted| having("polt", wanted);
    assert_eq!(having(is_for_members), AGENT_ROUTES);
    assert_eq!(
        having(|needs| needs.needs_credential() && !is_for_members(needs)),
        OPERATOR_ROUTES
    );
    assert_eq!(
        having(|needs| needs == Permission::Register),
        ["POST /api/auth/register"]
    );
}
