//! Every route with every kind of caller: who is let in, who is refused and
//! with which code. Taken from the route table, so a new route is asked too.
//!
//! **Invariant:** who may is decided before what was sent is read and before
//! what was named is looked up: bodies here are missing, broken or empty, and
//! every id is made up.
//!
//! To extend: a new permission is a new arm of [`of_the_role`]; a new route of the
//! POLT door that needs a key, or one of the AGI ATM door for people or the
//! operator alone, is a new line in its role's list.

use api::Route;
use domain::policy::{Permission, Scope};
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
    Human,
    /// An agent with a key that was handed over, with every scope.
    Delegate,
    /// As before, with no scope.
    Powerless,
    /// A project, by its live key.
    Environment,
    /// A project, by its test key.
    Sandbox,
}

/// The refusal that somebody gets, if any: for what is asked first, then for
/// the side of the door.
fn expected(route: &Route, caller: Caller) -> Option<(u16, &'static str)> {
    use Caller::{Banned, Operator, WithWrongKey, WithoutKey};
    let needs = route.needs;
    if !needs.needs_credential() {
        return None;
    }
    match caller {
        WithoutKey => Some((401, "MISSING_CREDENTIAL")),
        WithWrongKey => Some((401, "INVALID_KEY")),
        Banned => Some((403, "ACCOUNT_BANNED")),
        Operator if [Permission::BeHuman, Permission::Host].contains(&needs) => {
            Some((403, "WRONG_ROLE"))
        }
        Operator => of_the_side(route, caller),
        _ => of_the_role(needs, caller).or_else(|| of_the_side(route, caller)),
    }
}

fn of_the_role(needs: Permission, caller: Caller) -> Option<(u16, &'static str)> {
    use Permission::{
        BeAgent, BeHuman, Claim, Deliver, Discuss, Host, JudgeOwn, Look, Offer, Participate,
        ReachSecrets, ReadWallet,
    };
    let (is_for_members, wrong) = (is_for_members(needs), Some((403, "WRONG_ROLE")));
    match (caller, needs) {
        (Caller::Environment | Caller::Sandbox, Host) => None,
        (Caller::Environment, Look | Discuss | Offer | JudgeOwn | ReadWallet) => None,
        (Caller::Environment | Caller::Sandbox, _) | (_, Host) => wrong,
        (Caller::Human, BeHuman) => None,
        (Caller::Human, Look | Claim | Deliver | ReachSecrets | BeAgent) => wrong,
        (Caller::Agent, BeHuman) => wrong,
        (Caller::Agent | Caller::Human, _) if is_for_members => None,
        (Caller::Agent | Caller::Human, _) => Some((403, "OPERATOR_ONLY")),
        (_, Participate | BeAgent) => wrong,
        (Caller::Delegate, _) if is_for_members => None,
        (Caller::Powerless, _) if is_for_members => Some((403, "SCOPE_MISSING")),
        _ => wrong,
    }
}

/// People have their own paths at the AGI ATM door, and agents theirs.
fn of_the_side(route: &Route, caller: Caller) -> Option<(u16, &'static str)> {
    let is_human = matches!(caller, Caller::Human);
    let is_wrong = match route.door {
        "agiatm-agent" => is_human,
        "agiatm-human" => !is_human,
        _ => false,
    };
    is_wrong.then_some((403, "WRONG_ROLE"))
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

/// The code of a refusal, as the house calls it: the doors spell it in
/// different cases, and one has words of its own beside it.
fn code(answer: &Answer) -> String {
    let reason = answer.json.pointer("/error/details/reason");
    let code = reason.and_then(serde_json::Value::as_str);
    code.or(answer.code())
        .unwrap_or("none")
        .to_ascii_uppercase()
}

/// A refusal as a door spells it: that of hosted agents has few codes
/// (Polpo 2.2).
fn spoken(door: &str, (status, code): (u16, &'static str)) -> (u16, &'static str) {
    let spelled = match (door, code) {
        ("polpo", "MISSING_CREDENTIAL" | "INVALID_KEY") => "AUTH_REQUIRED",
        ("polpo-v1", "MISSING_CREDENTIAL") => "UNAUTHORIZED",
        ("polpo-v1", "INVALID_KEY") | ("polpo-openai", "MISSING_CREDENTIAL" | "INVALID_KEY") => {
            "INVALID_API_KEY"
        }
        ("polpo" | "polpo-v1", _) => "FORBIDDEN",
        _ => code,
    };
    (status, spelled)
}

/// Rules about the thing or about the body, and not about the role.
const ELSEWHERE: [&str; 3] = ["NOT_THE_ASSIGNEE", "MISSING_SIGNATURE", "WRONG_LOGIN"];

#[track_caller]
fn check(route: &Route, caller: Caller, answer: &Answer) {
    let code = code(answer);
    let is_refused = [401, 403].contains(&answer.status) && !ELSEWHERE.contains(&code.as_str());
    let found = is_refused.then_some((answer.status, code.as_str()));
    let expected = expected(route, caller).map(|refusal| spoken(route.door, refusal));
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

/// A person's token.
fn person(server: &Server, name: &str) -> Client {
    let body = json!({
        "email": format!("{name}@example.org"),
        "password": "correct horse battery",
        "displayName": name,
    });
    let made = server
        .client()
        .post("/api/v1/human/register")
        .json(body)
        .ok();
    server
        .client()
        .with_key(made["token"].as_str().expect("a token"))
}

#[test]
fn as_a_person() {
    let server = Server::start(Engine::Sqlite);
    let grace = person(&server, "grace");
    for (route, n) in api::routes().iter().zip(0..) {
        // One that logs out cannot ask again.
        if route.operation == "people.logout" {
            let once = person(&server, &format!("once-{n}"));
            check(route, Caller::Human, &ask(&once, route).send());
            continue;
        }
        for request in bodies(&grace, route) {
            check(route, Caller::Human, &request.send());
        }
    }
}

fn as_a_delegate(caller: Caller, scopes: &[&str]) {
    let server = Server::start(Engine::Sqlite);
    let body = json!({ "name": "Helper", "scopes": scopes });
    let handed_over = person(&server, "grace").post("/api/v1/human/delegated-agents");
    let bundle = handed_over.json(body).ok()["handoffBundle"].clone();
    let key = bundle["apiKey"].as_str().expect("a key");
    let helper = server.client().with_key(key);
    for route in api::routes() {
        for request in bodies(&helper, &route) {
            check(&route, caller, &request.send());
        }
    }
}

#[test]
fn as_a_delegated_agent_with_every_scope() {
    let all = Scope::ALL.map(Scope::as_str);
    as_a_delegate(Caller::Delegate, &all);
}

#[test]
fn as_a_delegated_agent_without_scopes() {
    as_a_delegate(Caller::Powerless, &[]);
}

/// Streams are opened elsewhere: they do not end.
const STREAMS: [&str; 1] = ["happenings.listen"];

fn as_a_project(caller: Caller) {
    let server = Server::start(Engine::Sqlite);
    for (route, n) in api::routes().iter().zip(0..) {
        if STREAMS.contains(&route.operation) {
            continue;
        }
        for shape in 0..BODIES {
            // One that gives its key away cannot ask again.
            let hosting = server.hosting(&format!("project-{n}-{shape}"));
            let client = match caller {
                Caller::Sandbox => hosting.test,
                _ => hosting.live,
            };
            let request = bodies(&client, route).into_iter().nth(shape);
            let answer = request.expect("a shape of body").send();
            check(route, caller, &answer);
        }
    }
}

#[test]
fn as_a_project_with_its_live_key() {
    as_a_project(Caller::Environment);
}

#[test]
fn as_a_project_with_its_test_key() {
    as_a_project(Caller::Sandbox);
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
        having(|needs| needs.needs_credential() && !is_for_members(needs)),
        WORKPLACE_OPERATOR_ROUTES
    );
    assert_eq!(
        having(|needs| needs == Permission::Register),
        ["POST /api/agent/v1/register"]
    );
}

/// AGI ATM 2.3 and 2.4 where they give the first credential.
const ENTRANCES: [&str; 3] = [
    "POST /api/v1/agent/register",
    "POST /api/v1/human/login",
    "POST /api/v1/human/register",
];

/// AGI ATM 2.3 where only a person can be meant, and what was added: logging
/// out, and the wallet and tasks of a bound agent.
const PERSONAL_ROUTES: [&str; 17] = [
    "DELETE /api/v1/human/agent-bindings/{agentId}",
    "DELETE /api/v1/human/delegated-agents/{id}",
    "GET /api/v1/human/agent-bindings",
    "GET /api/v1/human/agent-bindings/{agentId}/tasks",
    "GET /api/v1/human/agent-bindings/{agentId}/wallet",
    "GET /api/v1/human/delegated-agents",
    "GET /api/v1/human/me",
    "GET /api/v1/human/redemptions",
    "GET /api/v1/human/tasks",
    "GET /api/v1/human/tasks/{taskId}",
    "GET /api/v1/human/tasks/{taskId}/deliveries",
    "GET /api/v1/human/tasks/{taskId}/thread",
    "POST /api/v1/human/agent-bindings",
    "POST /api/v1/human/delegated-agents",
    "POST /api/v1/human/delegated-agents/{id}/rotate",
    "POST /api/v1/human/logout",
    "POST /api/v1/human/redemptions",
];

/// AGI ATM 2.4, the operator's line, and what was added: to lift a suspension.
const ADMIN_ROUTES: [&str; 7] = [
    "GET /api/v1/admin/disputes",
    "GET /api/v1/admin/ledger/verify",
    "POST /api/v1/admin/clock/advance",
    "POST /api/v1/admin/credits/adjust",
    "POST /api/v1/admin/disputes/{disputeId}/resolve",
    "POST /api/v1/admin/subjects/{id}/suspend",
    "POST /api/v1/admin/subjects/{id}/unsuspend",
];

#[test]
fn the_sides_of_funded_work_have_the_roles_of_their_contract() {
    use Permission::{Administer, BeAgent, BeHuman, Moderate, ReadPublic, Register};
    let both = |wanted: fn(Permission) -> bool| {
        let sides = ["agiatm-agent", "agiatm-human"];
        sides.map(|side| having(side, wanted)).concat()
    };
    assert_eq!(both(|needs| needs == Register), ENTRANCES);
    assert_eq!(both(|needs| needs == BeHuman), PERSONAL_ROUTES);
    assert_eq!(having("agiatm-admin", |_| true), ADMIN_ROUTES);
    // On each side only what its own may do.
    let none: [String; 0] = [];
    assert_eq!(having("agiatm-market", |needs| needs != ReadPublic), none);
    assert_eq!(
        having("agiatm-admin", |needs| needs != Administer
            && needs != Moderate),
        none
    );
    assert_eq!(
        having("agiatm-agent", |needs| needs != Register
            && !is_for_members(needs)),
        none
    );
    let for_people = |needs| {
        needs != BeHuman && needs != Register && (!is_for_members(needs) || needs == BeAgent)
    };
    assert_eq!(having("agiatm-human", for_people), none);
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
