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
    ("GET", "/api/v1/market/verifiers/{sha256}", "market.verifier"),
    // 2.2 redemption
    ("GET", "/api/v1/redemption/catalog", "redemption.catalog"),
    // 2.3 people
    ("POST", "/api/v1/human/register", "human.register"),
    ("POST", "/api/v1/human/login", "human.login"),
    ("POST", "/api/v1/human/logout", "human.logout"),
    ("GET", "/api/v1/human/me", "human.me"),
    ("GET", "/api/v1/human/wallet", "human.wallet"),
    ("GET", "/api/v1/human/wallet/ledger", "human.ledger"),
    ("POST", "/api/v1/human/tasks", "human.publish"),
    ("GET", "/api/v1/human/tasks", "human.tasks"),
    ("GET", "/api/v1/human/tasks/{taskId}", "human.task"),
    ("POST", "/api/v1/human/tasks/{taskId}/cancel", "human.cancel"),
    ("GET", "/api/v1/human/tasks/{taskId}/deliveries", "human.deliveries"),
    ("POST", "/api/v1/human/tasks/{taskId}/deliveries/{deliveryId}/accept", "human.acceptDelivery"),
    ("POST", "/api/v1/human/tasks/{taskId}/deliveries/{deliveryId}/reject", "human.rejectDelivery"),
    ("POST", "/api/v1/human/tasks/{taskId}/accept", "human.accept"),
    ("POST", "/api/v1/human/tasks/{taskId}/reject", "human.reject"),
    ("GET", "/api/v1/human/tasks/{taskId}/thread", "human.threadRead"),
    ("POST", "/api/v1/human/tasks/{taskId}/thread", "human.threadPost"),
    ("POST", "/api/v1/human/tasks/{taskId}/dispute", "human.dispute"),
    ("GET", "/api/v1/human/referrals", "human.referrals"),
    ("POST", "/api/v1/human/delegated-agents", "human.delegate"),
    ("GET", "/api/v1/human/delegated-agents", "human.delegates"),
    ("DELETE", "/api/v1/human/delegated-agents/{id}", "human.revokeDelegate"),
    ("POST", "/api/v1/human/delegated-agents/{id}/rotate", "human.rotateDelegate"),
    ("POST", "/api/v1/human/agent-bindings", "human.bind"),
    ("GET", "/api/v1/human/agent-bindings", "human.bindings"),
    ("DELETE", "/api/v1/human/agent-bindings/{agentId}", "human.unbind"),
    ("GET", "/api/v1/human/agent-bindings/{agentId}/wallet", "human.boundWallet"),
    ("GET", "/api/v1/human/agent-bindings/{agentId}/tasks", "human.boundTasks"),
    ("GET", "/api/v1/human/tasks/{taskId}/secret-access", "human.secretRequests"),
    ("POST", "/api/v1/human/tasks/{taskId}/secret-access/{requestId}/grant", "human.secretGrant"),
    ("POST", "/api/v1/human/tasks/{taskId}/secret-access/{requestId}/revoke", "human.secretRevoke"),
    ("GET", "/api/v1/human/tasks/{taskId}/secret-audit", "human.secretAudit"),
    ("GET", "/api/v1/human/tasks/{taskId}/protected-payload", "human.ownerPayload"),
    ("POST", "/api/v1/human/redemptions", "human.redeem"),
    ("GET", "/api/v1/human/redemptions", "human.redemptions"),
    // 2.4 agents
    ("POST", "/api/v1/agent/register", "agent.register"),
    ("GET", "/api/v1/agent/me", "agent.me"),
    ("PATCH", "/api/v1/agent/me", "agent.update"),
    ("POST", "/api/v1/agent/keys/rotate", "agent.rotateKey"),
    ("GET", "/api/v1/agent/wallet", "agent.wallet"),
    ("GET", "/api/v1/agent/ledger", "agent.ledger"),
    ("GET", "/api/v1/agent/wallet/ledger", "agent.walletLedger"),
    ("GET", "/api/v1/agent/referrals", "agent.referrals"),
    ("GET", "/api/v1/agent/tasks", "agent.tasks"),
    ("POST", "/api/v1/agent/tasks", "agent.publish"),
    ("GET", "/api/v1/agent/tasks/{taskId}", "agent.task"),
    ("GET", "/api/v1/agent/tasks/{taskId}/thread", "agent.threadRead"),
    ("POST", "/api/v1/agent/tasks/{taskId}/thread", "agent.threadPost"),
    ("POST", "/api/v1/agent/tasks/{taskId}/claim", "agent.claim"),
    ("POST", "/api/v1/agent/tasks/{taskId}/release", "agent.release"),
    ("POST", "/api/v1/agent/tasks/{taskId}/preflight", "agent.preflight"),
    ("POST", "/api/v1/agent/tasks/{taskId}/submit", "agent.submit"),
    ("GET", "/api/v1/agent/tasks/{taskId}/deliveries", "agent.deliveries"),
    ("POST", "/api/v1/agent/tasks/{taskId}/deliveries/{deliveryId}/accept", "agent.acceptDelivery"),
    ("POST", "/api/v1/agent/tasks/{taskId}/deliveries/{deliveryId}/reject", "agent.rejectDelivery"),
    ("POST", "/api/v1/agent/tasks/{taskId}/accept", "agent.accept"),
    ("POST", "/api/v1/agent/tasks/{taskId}/reject", "agent.reject"),
    ("POST", "/api/v1/agent/tasks/{taskId}/cancel", "agent.cancel"),
    ("POST", "/api/v1/agent/tasks/{taskId}/dispute", "agent.dispute"),
    ("PUT", "/api/v1/agent/encryption-key", "agent.encryptionKey"),
    ("POST", "/api/v1/agent/encryption-key", "agent.encryptionKeyPost"),
    ("GET", "/api/v1/agent/encryption-key", "agent.encryptionKeyRead"),
    ("POST", "/api/v1/agent/tasks/{taskId}/secret-access", "agent.secretRequest"),
    ("GET", "/api/v1/agent/tasks/{taskId}/secret-access", "agent.secretRequests"),
    ("GET", "/api/v1/agent/tasks/{taskId}/secret-bundle", "agent.secretBundle"),
    ("POST", "/api/v1/agent/tasks/{taskId}/secret-access/{requestId}/grant", "agent.secretGrant"),
    ("POST", "/api/v1/agent/tasks/{taskId}/secret-access/{requestId}/revoke", "agent.secretRevoke"),
    ("GET", "/api/v1/agent/tasks/{taskId}/secret-audit", "agent.secretAudit"),
    ("GET", "/api/v1/agent/tasks/{taskId}/protected-payload", "agent.ownerPayload"),
    ("POST", "/api/v1/agent/bind-codes", "agent.bindCode"),
    // 2.4 the operator
    ("GET", "/api/v1/admin/disputes", "admin.disputes"),
    ("POST", "/api/v1/admin/disputes/{disputeId}/resolve", "admin.resolveDispute"),
    ("POST", "/api/v1/admin/subjects/{id}/suspend", "admin.suspend"),
    ("POST", "/api/v1/admin/subjects/{id}/unsuspend", "admin.unsuspend"),
    ("POST", "/api/v1/admin/credits/adjust", "admin.adjustCredits"),
    ("GET", "/api/v1/admin/ledger/verify", "admin.verifyLedger"),
    ("POST", "/api/v1/admin/clock/advance", "admin.advanceClock"),
];

/// The name of a route.
pub(super) fn name_of(method: &str, path: &str) -> Option<&'static str> {
    let found = NAMES.iter().find(|(m, p, _)| *m == method && *p == path);
    found.map(|(_, _, name)| *name)
}
