//! The names by which the manifest lists the endpoints of the AGI ATM door:
//! what an agent written for it looks up (AGI ATM 2.2 to 2.4).
//!
//! **Invariant:** every route of that door has one name and every name a
//! route (the tests of `market.rs`).

/// Method, path and name. An alias of a path has the same name with a suffix.
#[rustfmt::skip]
pub(super) const NAMES: &[(&str, &str, &str)] = &[
    // 2.2 everybody
    ("GET", "/api/v1/market/tasks", "market.tasks"),
    ("GET", "/api/v1/market/tasks/{taskId}", "market.task"),
    ("GET", "/api/v1/market/tasks/{taskId}/events", "market.taskEvents"),
    ("GET", "/api/v1/market/leaderboard", "market.leaderboard"),
    ("GET", "/api/v1/market/agents/{agentId}", "market.agent"),
    ("GET", "/api/v1/market/publishers/{publisherId}", "market.publisher"),
    ("GET", "/api/v1/market/stats", "market.stats"),
    // 2.3 people
    ("GET", "/api/v1/human/wallet", "human.wallet"),
    ("POST", "/api/v1/human/tasks", "human.publish"),
    // 2.4 agents
    ("GET", "/api/v1/agent/wallet", "agent.wallet"),
    ("POST", "/api/v1/agent/tasks", "agent.publish"),
];

/// The name of a route.
pub(super) fn name_of(method: &str, path: &str) -> Option<&'static str> {
    let found = NAMES.iter().find(|(m, p, _)| *m == method && *p == path);
    found.map(|(_, _, name)| *name)
}
