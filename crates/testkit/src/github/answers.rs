//! What the double answers to what.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::oneshot;

use super::{Asked, Failure, Grant, Repository, Shared, TIMEOUT_MS, World, key, lock};

/// What the App was given at installation; asking for more is refused.
const GRANTED: [(&str, &str); 5] = [
    ("contents", "write"),
    ("pull_requests", "write"),
    ("checks", "read"),
    ("statuses", "read"),
    ("metadata", "read"),
];
/// Enough for questions to meet.
const THINKING: Duration = Duration::from_millis(5);

type Reply = (u16, Value);

/// Answers until the other end of `stopped` goes.
pub(super) fn host(
    world: Shared,
    started: &mpsc::Sender<SocketAddr>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port");
        let _ = started.send(listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(world);
        tokio::select! {
            _ = axum::serve(listener, router) => {}
            _ = stopped => {}
        }
    });
}

async fn answer(State(world): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let failure = enter(&world, &parts, &body);
    tokio::time::sleep(THINKING).await;
    let response = match failure {
        Some(Failure::Slow) => {
            tokio::time::sleep(Duration::from_millis(TIMEOUT_MS * 2)).await;
            Response::default()
        }
        Some(Failure::Nonsense) => "<html>".into_response(),
        Some(Failure::UsedUp(seconds)) => {
            let mut response = rendered((403, message("API rate limit exceeded")));
            response.headers_mut().insert("retry-after", seconds.into());
            response
        }
        Some(Failure::Status(status)) => rendered((status, message("on purpose"))),
        None => decide(&world, &parts, &body),
    };
    lock(&world).now_asked -= 1;
    response
}

/// Writes down what is asked; gives how it fails, if it does.
fn enter(world: &Shared, parts: &Parts, body: &Value) -> Option<Failure> {
    let mut world = lock(world);
    world.now_asked += 1;
    world.most_asked = world.most_asked.max(world.now_asked);
    let line = format!("{} {}", parts.method, parts.uri);
    let failure = world.failure.clone();
    let failure = failure.filter(|(on, _)| line.contains(on));
    let body = body.clone();
    world.asked.push(Asked { line, body });
    failure.map(|(_, failure)| failure)
}

fn decide(world: &Shared, parts: &Parts, body: &Value) -> Response {
    let mut world = lock(world);
    let path = parts.uri.path().trim_start_matches('/').to_owned();
    let steps: Vec<_> = path.split('/').collect();
    let method = parts.method.as_str();
    let reply = match (method, steps.as_slice()) {
        ("POST", ["app", "installations", id, "access_tokens"]) => {
            as_app(parts).and_then(|()| mint(&mut world, id, body))
        }
        ("GET", ["repos", owner, name, "installation"]) => {
            as_app(parts).and_then(|()| installation(&world, owner, name))
        }
        ("GET", ["repos", owner, name, "contents", path]) => {
            return contents(&world, parts, owner, name, path);
        }
        ("GET", ["repos", owner, name, rest @ ..]) => about(&world, parts, owner, name, rest),
        _ => Err(not_found()),
    };
    rendered(reply.unwrap_or_else(|refusal| refusal))
}

fn rendered((status, body): Reply) -> Response {
    let status = axum::http::StatusCode::from_u16(status).expect("a status");
    (status, Json(body)).into_response()
}

fn message(text: &str) -> Value {
    json!({ "message": text })
}

fn not_found() -> Reply {
    (404, message("Not Found"))
}

fn credential(parts: &Parts) -> &str {
    let value = parts.headers.get("authorization");
    let value = value.and_then(|it| it.to_str().ok()).unwrap_or_default();
    value.strip_prefix("Bearer ").unwrap_or_default()
}

fn as_app(parts: &Parts) -> Result<(), Reply> {
    key::check(credential(parts)).map_err(|why| (401, message(why)))
}

fn installation(world: &World, owner: &str, name: &str) -> Result<Reply, Reply> {
    let found = world.repositories.get(&full(owner, name));
    let id = found.and_then(|it| it.installation).ok_or_else(not_found)?;
    Ok((200, json!({ "id": id, "account": { "login": owner } })))
}

fn full(owner: &str, name: &str) -> String {
    format!("{owner}/{name}").to_lowercase()
}

/// Mints a token; one that reaches everything where nothing is narrowed.
fn mint(world: &mut World, id: &str, body: &Value) -> Result<Reply, Reply> {
    let reached = |it: &Repository| it.installation.is_some_and(|n| n.to_string() == id);
    let all = world.repositories.iter().filter(|(_, it)| reached(it));
    let all: Vec<_> = all.map(|(name, _)| name.clone()).collect();
    if all.is_empty() {
        return Err(not_found());
    }
    let refused = |why: &str| (422, message(why));
    let repositories = match body["repositories"].as_array() {
        None => all,
        Some(wanted) => {
            let of = |name: &Value| {
                let ending = format!("/{}", name.as_str()?.to_lowercase());
                all.iter().find(|it| it.ends_with(&ending)).cloned()
            };
            let found: Option<Vec<_>> = wanted.iter().map(of).collect();
            found.ok_or_else(|| refused("There is at least one repository that does not exist"))?
        }
    };
    let granted = |name: &str, to: &str| {
        let most = GRANTED.iter().find(|(it, _)| *it == name);
        most.is_some_and(|(_, most)| *most == "write" || to == "read")
    };
    let mut permissions = std::collections::BTreeMap::new();
    match body["permissions"].as_object() {
        None => permissions.extend(GRANTED.map(|(a, b)| (a.to_owned(), b.to_owned()))),
        Some(wanted) => {
            for (name, to) in wanted {
                let to = to.as_str().unwrap_or_default();
                if !granted(name, to) {
                    return Err(refused("The permissions requested are not granted"));
                }
                permissions.insert(name.clone(), to.to_owned());
            }
        }
    }
    permissions.insert("metadata".into(), "read".into());
    let token = format!("ghs_{:016}", world.tokens.len());
    let answer = json!({
        "token": token,
        "expires_at": "2099-01-01T00:00:00Z",
        "permissions": permissions,
        "repository_selection": "selected",
    });
    let grant = Grant {
        repositories,
        permissions,
    };
    world.tokens.insert(token, grant);
    Ok((201, answer))
}

/// The repository, where the token reaches it with this permission.
fn reach<'w>(
    world: &'w World,
    parts: &Parts,
    owner: &str,
    name: &str,
    permission: &str,
) -> Result<&'w Repository, Reply> {
    let grant = world.tokens.get(credential(parts));
    let grant = grant.ok_or_else(|| (401, message("Bad credentials")))?;
    let name = full(owner, name);
    if !grant.repositories.contains(&name) {
        return Err(not_found());
    }
    if !grant.permissions.contains_key(permission) {
        return Err((403, message("Resource not accessible by integration")));
    }
    world.repositories.get(&name).ok_or_else(not_found)
}

fn contents(world: &World, parts: &Parts, owner: &str, name: &str, path: &str) -> Response {
    let found = reach(world, parts, owner, name, "contents");
    let found = found.and_then(|it| it.files.get(path).ok_or_else(not_found));
    let accept = parts.headers.get("accept");
    let is_raw = accept.is_some_and(|it| it == "application/vnd.github.raw+json");
    match found {
        Ok(text) if is_raw => Body::from(text.clone()).into_response(),
        Ok(_) => rendered((200, json!({ "type": "file", "encoding": "base64" }))),
        Err(refusal) => rendered(refusal),
    }
}

fn about(
    world: &World,
    parts: &Parts,
    owner: &str,
    name: &str,
    rest: &[&str],
) -> Result<Reply, Reply> {
    let reach = |permission| reach(world, parts, owner, name, permission);
    match rest {
        ["pulls"] => {
            let listed = reach("pull_requests")?.pulls.values().rev();
            let state = query(parts, "state").unwrap_or_else(|| "open".into());
            let listed = listed.filter(|it| state == "all" || it["state"] == state.as_str());
            let listed: Vec<_> = listed.map(short_form).collect();
            Ok((200, Value::from(page(parts, &listed))))
        }
        ["pulls", number] => {
            let pulls = &reach("pull_requests")?.pulls;
            let found = number
                .parse()
                .ok()
                .and_then(|number: u64| pulls.get(&number));
            found.map(|it| (200, it.clone())).ok_or_else(not_found)
        }
        ["commits", _, "check-runs"] => {
            let runs = &reach("checks")?.runs;
            let answer = json!({ "total_count": runs.len(), "check_runs": page(parts, runs) });
            Ok((200, answer))
        }
        ["commits", _, "status"] => {
            let statuses = &reach("statuses")?.statuses;
            let answer = json!({
                "state": "pending", "total_count": statuses.len(), "statuses": page(parts, statuses),
            });
            Ok((200, answer))
        }
        _ => Err(not_found()),
    }
}

/// A pull request as it stands in a list: the statistics and `merged` are left out.
fn short_form(pull: &Value) -> Value {
    let mut pull = pull.clone();
    let fields = pull.as_object_mut().expect("an object");
    for name in [
        "merged",
        "additions",
        "deletions",
        "changed_files",
        "commits",
    ] {
        fields.remove(name);
    }
    pull
}

fn query(parts: &Parts, name: &str) -> Option<String> {
    let pairs = parts.uri.query()?.split('&');
    let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(it, _)| *it == name)
        .map(|(_, value)| value.to_owned())
}

fn page(parts: &Parts, rows: &[Value]) -> Vec<Value> {
    let number = |name: &str| query(parts, name).and_then(|it| it.parse::<usize>().ok());
    let size = number("per_page").unwrap_or(30).min(100);
    let skipped = number("page").unwrap_or(1).saturating_sub(1) * size;
    rows.iter().skip(skipped).take(size).cloned().collect()
}
