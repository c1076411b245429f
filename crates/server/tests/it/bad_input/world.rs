//! A server with one of everything, every write with a body that it takes, and
//! what there is to be seen.

use serde_json::{Value, json};
use testkit::engine::Engine;
use testkit::http::{Answer, Client};
use testkit::server::{Agent, Server};

/// A write that takes a body.
pub(super) struct Write {
    pub(super) who: Client,
    pub(super) method: &'static str,
    /// The route.
    pub(super) route: &'static str,
    /// What stands in for the route's parameter.
    pub(super) id: String,
    /// A body that it takes.
    pub(super) body: Value,
}

/// Writes that take no body.
pub(super) const BODYLESS: [(&str, &str); 7] = [
    ("POST", "/api/auth/rotate"),
    ("POST", "/api/tasks/{id}/commit"),
    ("POST", "/api/tasks/{id}/uncommit"),
    ("POST", "/api/tasks/{id}/renew"),
    ("DELETE", "/api/tasks/{id}"),
    ("POST", "/api/moderation/unban/{agent_id}"),
    ("POST", "/api/tasks/{id}/mark-paid"),
];

pub(super) struct World {
    pub(super) server: Server,
    pub(super) ada: Agent,
    project: String,
    open: String,
    held: String,
    waiting: [String; 2],
    idea: String,
    replies: [String; 2],
}

impl World {
    pub(super) fn new(engine: Engine) -> Self {
        let server = Server::start(engine);
        let ada = server.register("ada");
        let project = server.project("Compass");
        let [open, held, first, second] =
            ["Open", "Held", "First", "Second"].map(|title| server.task(&project, title));
        let made = |path: &str, body: Value, name: &str| {
            let made = ada.client.post(path).json(body).ok();
            made[name]["id"].as_str().expect("an id").to_owned()
        };
        let waiting = [first, second].map(|task| {
            ada.client.post(&format!("/api/tasks/{task}/commit")).ok();
            made(
                &format!("/api/tasks/{task}/submit"),
                json!({"submission_content": "done"}),
                "submission",
            )
        });
        ada.client.post(&format!("/api/tasks/{held}/commit")).ok();
        let idea = made(
            "/api/meme-ideas",
            json!({"title": "Coin", "body": "Up."}),
            "meme_idea",
        );
        let replies = [
            format!("/api/projects/{project}"),
            format!("/api/meme-ideas/{idea}"),
        ]
        .map(|subject| {
            made(
                &format!("{subject}/replies"),
                json!({"body": "Hm."}),
                "reply",
            )
        });
        Self {
            server,
            ada,
            project,
            open,
            held,
            waiting,
            idea,
            replies,
        }
    }

    /// Every write with a body, in an order in which all of them succeed.
    pub(super) fn writes(&self) -> Vec<Write> {
        let (nobody, ada, operator) = (
            self.server.client(),
            &self.ada.client,
            self.server.operator(),
        );
        let [first, second] = &self.waiting;
        let [here, there] = &self.replies;
        let pitch = json!({
            "title": "Map", "description": "Of the sea.", "detailed_presentation": "All of it.",
            "technical_specs": "Paper.", "go_to_market": "By ship.", "market_study": "Sailors.",
        });
        let task = json!({
            "title": "Draw it", "description": "In ink.", "payout_display": "5 POLT",
            "deadline": 4_102_444_800_i64, "difficulty": "easy",
        });
        let mut new_task = task.clone();
        new_task["project_id"] = json!(self.project);
        let vote = json!({"value": 1});
        let said = |parent: &str| json!({"body": "Hm?", "parent_reply_id": parent});
        let profile = json!({"display_name": "Bob", "bio": "Builds."});
        let mut newcomer = profile.clone();
        newcomer["username"] = json!("bob");
        let idea = json!({"title": "C", "body": "B", "coin_name": "N", "coin_ticker": "T", "tags": ["a", "b"]});
        let launch = json!({
            "meme_idea_id": self.idea, "coin_name": "N", "coin_ticker": "T", "mint_address": "So1",
            "pump_url": "https://pump.example", "explorer_url": "https://explorer.example",
        });
        let table: [(&Client, &'static str, &'static str, &str, Value); 19] = [
            (&nobody, "POST", "/api/auth/register", "", newcomer),
            (ada, "PATCH", "/api/agents/me", "", profile),
            (&operator, "POST", "/api/projects", "", pitch.clone()),
            (
                &operator,
                "PATCH",
                "/api/projects/{id}",
                &self.project,
                pitch,
            ),
            (&operator, "POST", "/api/tasks", "", new_task),
            (&operator, "PATCH", "/api/tasks/{id}", &self.open, task),
            (
                ada,
                "POST",
                "/api/tasks/{id}/submit",
                &self.held,
                json!({"submission_content": "done"}),
            ),
            (
                ada,
                "POST",
                "/api/projects/{id}/vote",
                &self.project,
                vote.clone(),
            ),
            (
                ada,
                "POST",
                "/api/projects/{id}/replies",
                &self.project,
                said(here),
            ),
            (ada, "POST", "/api/replies/{id}/vote", here, vote.clone()),
            (ada, "POST", "/api/meme-ideas", "", idea),
            (
                ada,
                "POST",
                "/api/meme-ideas/{idea_id}/vote",
                &self.idea,
                vote,
            ),
            (
                ada,
                "POST",
                "/api/meme-ideas/{idea_id}/replies",
                &self.idea,
                said(there),
            ),
            (
                &operator,
                "POST",
                "/api/projects/{id}/advance",
                &self.project,
                json!({"notes": "On."}),
            ),
            (
                &operator,
                "PATCH",
                "/api/submissions/{id}/review",
                first,
                json!({"action": "approve", "review_notes": "Good."}),
            ),
            (
                &operator,
                "POST",
                "/api/submissions/{id}/request-revision",
                second,
                json!({"review_notes": "More."}),
            ),
            (
                &operator,
                "PATCH",
                "/api/admin/meme-ideas/{idea_id}",
                &self.idea,
                json!({"status": "picked"}),
            ),
            (&operator, "POST", "/api/launches", "", launch),
            (
                &operator,
                "POST",
                "/api/moderation/ban/{agent_id}",
                &self.ada.id,
                json!({"reason": "Why."}),
            ),
        ];
        table
            .map(|(who, method, route, id, body)| Write {
                who: who.clone(),
                method,
                route,
                id: id.to_owned(),
                body,
            })
            .into()
    }

    /// Everything that a reader sees.
    pub(super) fn state(&self) -> Vec<Value> {
        let paths = [
            "/api/tasks?limit=100",
            "/api/projects?limit=100",
            "/api/meme-ideas",
            "/api/activity?limit=100",
            "/api/launches",
            "/api/leaderboard",
            "/api/agents/ada",
            "/api/agents/ada/replies",
            "/api/cto/pending-reviews",
        ];
        let tasks = [&self.open, &self.held].map(|task| format!("/api/tasks/{task}"));
        let paths = paths.map(str::to_owned).into_iter().chain(tasks);
        paths
            .map(|path| self.server.operator().get(&path).ok())
            .collect()
    }
}

impl Write {
    /// The path with its parameter.
    pub(super) fn path(&self) -> String {
        path(self.route, &self.id)
    }

    pub(super) fn send(&self, body: &Value) -> Answer {
        self.who
            .request(self.method, &self.path())
            .json(body)
            .send()
    }
}

/// A route with something in the place of its parameter.
pub(super) fn path(route: &str, parameter: &str) -> String {
    let parts = route.split('/').map(|part| {
        if part.starts_with('{') {
            parameter
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("/")
}
