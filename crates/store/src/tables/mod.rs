//! Statements and row types, one module per aggregate. Functions here read
//! and write; what is allowed is decided in `app` and `domain`.
//!
//! To add statements, put them in the module's `statements!` block: the test
//! that prepares every statement on both engines finds them in [`statements`].

use crate::Sql;

/// Names statements and lists them for the prepare-everything test.
macro_rules! statements {
    ($($(#[$doc:meta])* $vis:vis $name:ident = $text:expr;)*) => {
        $($(#[$doc])* $vis const $name: crate::Sql = crate::Sql::new($text);)*
        /// Every statement of this module that is not built from parts.
        pub(crate) const ALL: &[crate::Sql] = &[$($name),*];
    };
}

/// A statement in two parts, between which the embedded engine is told which
/// index to take: it keeps no statistics, and may read far more without.
macro_rules! indexed {
    ($before:expr, $index:literal, $behind:expr) => {
        crate::Sql {
            sqlite: concat!($before, "indexed by ", $index, " ", $behind),
            postgres: concat!($before, $behind),
        }
    };
}

pub mod accounts;
pub mod approvals;
pub mod attachments;
pub mod audit;
pub mod awards;
pub mod bind_codes;
pub mod briefs;
pub mod channels;
pub mod deliveries;
pub mod disputes;
pub mod environments;
pub mod events;
pub mod holds;
pub mod hosted;
pub mod humans;
pub mod ideas;
pub mod idempotency;
pub mod job_runs;
pub mod jobs;
pub mod keys;
pub mod knowledge;
pub mod launches;
pub mod ledger;
pub mod market;
pub mod memories;
pub mod messages;
pub mod meta;
pub mod mission_runs;
pub mod missions;
pub mod movements;
pub mod notifications;
pub mod payouts;
pub mod playbooks;
pub mod profiles;
pub mod projects;
pub mod ratings;
pub mod redemptions;
pub mod referrals;
pub mod repositories;
pub mod runs;
pub mod schedules;
pub mod secrets;
pub mod sessions;
pub mod skills;
pub mod submissions;
pub mod tallies;
pub mod tasks;
pub mod teams;
pub mod tickets;
pub mod vault;
pub mod verifiers;
pub mod votes;
pub mod watchers;
pub mod webhooks;

/// Every statement this crate can send.
pub fn statements() -> Vec<Sql> {
    let fixed = [
        accounts::ALL,
        attachments::ALL,
        approvals::ALL,
        audit::ALL,
        awards::ALL,
        bind_codes::ALL,
        briefs::ALL,
        channels::ALL,
        deliveries::ALL,
        disputes::ALL,
        environments::ALL,
        events::ALL,
        holds::ALL,
        hosted::ALL,
        humans::ALL,
        idempotency::ALL,
        ideas::ALL,
        job_runs::ALL,
        jobs::ALL,
        keys::ALL,
        knowledge::ALL,
        launches::ALL,
        ledger::ALL,
        market::ALL,
        memories::ALL,
        messages::ALL,
        meta::ALL,
        mission_runs::ALL,
        missions::ALL,
        movements::ALL,
        notifications::ALL,
        payouts::ALL,
        playbooks::ALL,
        profiles::ALL,
        projects::ALL,
        ratings::ALL,
        redemptions::ALL,
        referrals::ALL,
        repositories::ALL,
        schedules::ALL,
        secrets::ALL,
        skills::ALL,
        runs::ALL,
        sessions::ALL,
        submissions::ALL,
        tallies::ALL,
        tasks::ALL,
        teams::ALL,
        tickets::ALL,
        vault::ALL,
        verifiers::ALL,
        votes::ALL,
        watchers::ALL,
        webhooks::ALL,
    ];
    let built = [
        accounts::built(),
        tasks::built(),
        projects::built(),
        ideas::built(),
        events::built(),
        knowledge::built(),
        market::built(),
        tickets::built(),
        webhooks::built(),
        redemptions::built(),
        movements::built(),
        jobs::built(),
        job_runs::built(),
        holds::built(),
        mission_runs::built(),
        submissions::built(),
        watchers::built(),
    ];
    fixed.concat().into_iter().chain(built.concat()).collect()
}

/// Makes a statement that was put together from parts permanent. Called once
/// per shape, behind a `LazyLock`.
fn built_once(text: String) -> Sql {
    Sql::new(Box::leak(text.into_boxed_str()))
}

/// As [`built_once`], where the engines need different texts.
fn built_once_for(sqlite: String, postgres: String) -> Sql {
    Sql {
        sqlite: Box::leak(sqlite.into_boxed_str()),
        postgres: Box::leak(postgres.into_boxed_str()),
    }
}
