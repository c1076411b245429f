//! Operations, one file each, by noun. Each states what one must be allowed
//! to do, and everything that holds about it stands in its `run`.

/// Opens an operation: its name, what it needs, what it does.
macro_rules! operation {
    ($name:literal, $needs:ident, $effect:ident) => {
        const NAME: &'static str = $name;
        const NEEDS: domain::policy::Permission = domain::policy::Permission::$needs;
        const EFFECT: crate::Effect = crate::Effect::$effect;
    };
}

pub mod accounts;
pub mod activity;
pub mod adjustments;
pub mod agents;
pub mod alarms;
pub mod approvals;
pub mod attachments;
pub mod bindings;
pub mod chat;
pub mod completions;
pub mod contracts;
pub mod credits;
pub mod delegates;
pub mod environments;
pub mod files;
pub mod happenings;
pub mod heartbeat;
pub mod holds;
pub mod hosted;
pub mod ideas;
pub(crate) mod idempotency;
pub mod jobs;
pub mod keys;
pub mod knowledge;
pub mod launches;
pub mod market;
pub mod memory;
pub mod messages;
pub mod missions;
pub mod models;
pub mod notifications;
pub mod people;
pub mod playbooks;
pub mod profiles;
pub mod projects;
pub(crate) mod proof;
pub mod redemptions;
pub mod referrals;
pub mod repositories;
pub mod reviews;
pub mod runs;
pub mod schedules;
pub mod secrets;
pub mod server;
pub mod services;
pub mod sessions;
pub mod skills;
pub mod statements;
pub mod tasks;
pub mod teams;
pub mod tickets;
pub mod vault;
pub mod watchers;
pub mod webhooks;
pub(crate) mod welcome;
