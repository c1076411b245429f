//! How much one may ask for (POLT 2.6): refusals that say when to come back.

use serde_json::json;
use testkit::engine::Engine;
use testkit::http::{Answer, Client, Request};
use testkit::server::Server;

/// A server with limits: (registrations, writes, reads), 0 for none.
fn limited(registrations: u32, writes: u32, reads: u32) -> Server {
    Server::start_with(Engine::Sqlite, |settings| {
        settings.limits.enabled = true;
        settings.limits.registrations_per_hour = registrations;
        settings.limits.requests_per_minute = writes;
        settings.limits.reads_per_minute = reads;
    })
}

#[track_caller]
fn assert_limited(answer: Answer, within_s: u64) {
    let answer = answer.refused(429, "RATE_LIMITED");
    assert_eq!(answer.json["statusCode"], 429, "{answer}");
    assert!(
        answer.json["message"].is_string() && answer.json["error"].is_string(),
        "{answer}"
    );
    let wait = answer
        .header("retry-after")
        .and_then(|it| it.parse::<u64>().ok());
    assert!(
        wait.is_some_and(|wait| (1..=within_s).contains(&wait)),
        "{answer}"
    );
}

fn register(client: &Client, username: &str) -> Request {
    client
        .post("/api/auth/register")
        .json(json!({"username": username}))
}

#[test]
fn registrations_per_address() {
    let server = limited(2, 0, 0);
    for name in ["ada", "bob"] {
        register(&server.client(), name).ok();
    }
    assert_limited(register(&server.client(), "eve").send(), 1801);
    server
        .client()
        .get("/api/agents/eve")
        .refused(404, "AGENT_NOT_FOUND");
    server.client().get("/api/agents/ada").ok();
}

#[test]
fn writes_per_key() {
    let server = limited(0, 3, 0);
    let (ada, bob) = (server.register("ada").client, server.register("bob").client);
    let write = |client: &Client| {
        client
            .patch("/api/agents/me")
            .json(json!({"bio": "Counts."}))
            .send()
    };
    for _ in 0..3 {
        write(&ada).ok();
    }
    assert_limited(write(&ada), 21);
    // Others go on, and so do reads with the same key.
    write(&bob).ok();
    ada.post("/api/auth/verify").ok();
    ada.get("/api/agents/me/wallet").ok();
}

#[test]
fn reads_per_address() {
    let server = limited(0, 0, 3);
    for _ in 0..3 {
        server.client().get("/api/tasks").ok();
    }
    assert_limited(server.client().get("/api/tasks").send(), 21);
    assert_limited(server.client().get("/api/leaderboard").send(), 21);
    for probe in ["/healthz", "/readyz", "/metrics"] {
        server.client().get(probe).send().expect_status(200);
    }
}

#[test]
fn guessing_keys_is_charged_to_the_address() {
    let server = limited(0, 0, 3);
    let guess = |n: u32| {
        server
            .client()
            .with_key(&format!("guess {n}"))
            .post("/api/auth/verify")
            .send()
    };
    for n in 0..3 {
        guess(n).refused(401, "INVALID_KEY");
    }
    assert_limited(guess(4), 21);
}

#[test]
fn the_operator_is_not_limited() {
    let server = limited(1, 1, 1);
    for n in 0..5 {
        let _project = server.project(&format!("Project {n}"));
        server.operator().get("/api/cto/pending-reviews").ok();
        server.operator().post("/api/auth/verify").ok();
    }
}

#[test]
fn a_development_server_has_no_limits() {
    let server = Server::start_with(Engine::Sqlite, |settings| {
        settings.dev = true;
        settings.limits.enabled = true;
        settings.limits.reads_per_minute = 1;
    });
    for _ in 0..3 {
        server.client().get("/api/tasks").ok();
    }
}

/// Reads the tasks in the name of these addresses; gives the status.
fn read_for(server: &Server, forwarded: &str) -> u16 {
    server
        .client()
        .get("/api/tasks")
        .header("x-forwarded-for", forwarded)
        .send()
        .status
}

#[test]
fn nobody_is_believed_about_addresses_by_default() {
    let server = limited(0, 0, 2);
    let statuses = ["1.1.1.1", "2.2.2.2", "3.3.3.3"].map(|address| read_for(&server, address));
    assert_eq!(statuses, [200, 200, 429]);
}

#[test]
fn a_trusted_proxy_is_believed_about_the_last_address() {
    let server = Server::start_with(Engine::Sqlite, |settings| {
        settings.limits.enabled = true;
        settings.limits.reads_per_minute = 1;
        settings.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    });
    assert_eq!(read_for(&server, "1.1.1.1"), 200);
    assert_eq!(read_for(&server, "1.1.1.1"), 429);
    assert_eq!(read_for(&server, "2.2.2.2"), 200);
    // What a client wrote itself stands further left and is not believed.
    assert_eq!(read_for(&server, "9.9.9.9, 1.1.1.1"), 429);
    assert_eq!(read_for(&server, "9.9.9.9, 3.3.3.3, 127.0.0.2"), 200);
    assert_eq!(read_for(&server, "3.3.3.3"), 429);
}

#[test]
fn answers_tell_how_much_is_left() {
    let server = Server::start_with(Engine::Sqlite, |settings| {
        settings.limits.enabled = true;
        settings.limits.hosting_per_minute = 2;
        settings.limits.reads_per_minute = 100;
    });
    let hosting = server.hosting("compass");
    let left = |answer: &Answer| {
        let header = |name| answer.header(name).map(str::to_owned);
        (header("x-ratelimit-limit"), header("x-ratelimit-remaining"))
    };
    let told = |limit: &str, remaining: &str| (Some(limit.to_owned()), Some(remaining.to_owned()));
    let ask = || hosting.live.get("/api/v1/agents").send();
    assert_eq!(left(&ask()), told("2", "1"));
    assert_eq!(left(&ask()), told("2", "0"));
    let refused = ask().refused(429, "RATE_LIMITED");
    assert_eq!(left(&refused), told("2", "0"));
    assert!(refused.header("retry-after").is_some(), "{refused}");
    // Another key has its own, and so does an address.
    hosting.test.get("/v1/agents").ok();
    assert_eq!(
        left(&server.client().get("/api/tasks").send()),
        told("100", "99")
    );
    assert_eq!(
        left(&server.operator().get("/guild/v1/projects").send()),
        (None, None)
    );
}
