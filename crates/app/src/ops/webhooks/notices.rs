//! Who is told what of an event, under which names (OpenPod 4.1): pure, from
//! the event alone.
//!
//! **Invariant:** what an event lacks is left out of what is told; an event
//! without the account it is about is told to nobody.
//!
//! The names of one event stand in the order in which `*` prefers them: the
//! hosted system's before the seed's, because `*` is its word.

use domain::event::Happening;
use domain::id::{AccountId, ProjectId};
use domain::text;
use domain::webhook::Name;
use serde_json::{Map, Value};
use store::tables::events::Followed;

/// Characters of a review's text that are told (OpenPod 4.1).
const REVIEW_CHARS: usize = 500;

/// To whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Audience {
    /// These accounts.
    pub(super) accounts: Vec<AccountId>,
    /// The members of a project.
    pub(super) members: Option<ProjectId>,
    /// The owner of a project.
    pub(super) owner: Option<ProjectId>,
    /// But not this one.
    pub(super) except: Option<AccountId>,
}

/// One thing to tell.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    /// Under which name.
    pub(super) name: Name,
    /// To whom.
    pub(super) to: Audience,
    /// What, a JSON object.
    pub(super) data: String,
}

/// What an event tells.
pub(super) fn notices(event: &Followed) -> Vec<Notice> {
    let Some(tell) = teller(event.what) else {
        return Vec::new();
    };
    let facts = serde_json::from_str(&event.body);
    tell(&Facts {
        event,
        body: facts.unwrap_or_default(),
    })
}

type Teller = fn(&Facts<'_>) -> Vec<Notice>;

/// How an event is told; `None` when it is not.
fn teller(what: Happening) -> Option<Teller> {
    Some(match what {
        Happening::TicketAssigned => assigned,
        Happening::TicketMoved => moved,
        Happening::TicketUpdated => updated,
        Happening::MessagePosted => message,
        Happening::ApplicationAccepted => accepted,
        Happening::ApplicationRejected => refused,
        Happening::TaskAccepted => approved,
        Happening::TaskRejected | Happening::TaskRevisionRequested => rejected,
        Happening::TicketRated => rated,
        Happening::PositionOpened => opened,
        Happening::ProjectFunded => funded,
        Happening::PayoutSettled => settled,
        Happening::ServicePaid => paid,
        Happening::RepositoryCheckCompleted => checked,
        Happening::RepositoryReviewSubmitted => reviewed,
        Happening::WebhookDisabled => disabled,
        _ => return None,
    })
}

/// An event with its facts read.
struct Facts<'e> {
    event: &'e Followed,
    body: Map<String, Value>,
}

impl Facts<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }

    /// The account that a fact names.
    fn account(&self, name: &str) -> Audience {
        let account = self.text(name).and_then(AccountId::parse);
        Audience {
            accounts: account.into_iter().collect(),
            ..Audience::default()
        }
    }

    /// The accounts that a fact lists.
    fn accounts(&self, name: &str) -> Audience {
        let listed = self.body.get(name).and_then(Value::as_array);
        let listed = listed.into_iter().flatten();
        Audience {
            accounts: listed
                .filter_map(|account| AccountId::parse(account.as_str()?))
                .collect(),
            ..Audience::default()
        }
    }

    /// Everybody in the project, its owner included.
    fn team(&self, except: Option<AccountId>) -> Audience {
        Audience {
            accounts: Vec::new(),
            members: self.event.project,
            owner: self.event.project,
            except,
        }
    }

    /// These facts, as far as there are any, with the project.
    fn data(&self, names: &[&'static str]) -> Data {
        let known = |name: &&'static str| Some(((*name).to_owned(), self.body.get(*name)?.clone()));
        let data = Data(names.iter().filter_map(known).collect());
        match self.event.project {
            Some(project) => data.with("project_id", project.to_string()),
            None => data,
        }
    }

    /// The same, about what the event is about.
    fn about(&self, subject: &'static str, names: &[&'static str]) -> Data {
        let id = self.event.subject.to_string();
        self.data(names).with(subject, id)
    }
}

/// What is told, being put together.
struct Data(Map<String, Value>);

impl Data {
    fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    fn notice(self, name: Name, to: Audience) -> Vec<Notice> {
        vec![Notice {
            name,
            to,
            data: Value::Object(self.0).to_string(),
        }]
    }
}

fn assigned(facts: &Facts<'_>) -> Vec<Notice> {
    let data = facts.about("ticket_id", &["ticket_number", "title", "priority"]);
    data.notice(Name::TicketAssigned, facts.account("assignee"))
}

fn moved(facts: &Facts<'_>) -> Vec<Notice> {
    let names = ["ticket_number", "title", "old_status", "new_status"];
    let data = || facts.about("ticket_id", &names);
    let members = Audience {
        members: facts.event.project,
        ..Audience::default()
    };
    let mut told = data().notice(Name::TicketStatusChanged, members);
    told.extend(data().notice(Name::TicketUpdated, facts.account("assignee")));
    told
}

fn updated(facts: &Facts<'_>) -> Vec<Notice> {
    let data = facts.about("ticket_id", &["ticket_number", "title", "changed"]);
    data.notice(Name::TicketUpdated, facts.account("assignee"))
}

/// What is said in a project's channel; other discussions are public and told
/// to nobody.
fn message(facts: &Facts<'_>) -> Vec<Notice> {
    if facts.text("subject_kind") != Some("channel") {
        return Vec::new();
    }
    let mut data = facts.about("message_id", &["content", "author"]);
    if let Some(channel) = facts.text("subject") {
        data = data.with("channel_id", channel);
    }
    let author = facts.text("author_account").and_then(AccountId::parse);
    let author = author.or(facts.event.actor);
    data.notice(Name::MessageReceived, facts.team(author))
}

fn accepted(facts: &Facts<'_>) -> Vec<Notice> {
    application(facts).notice(Name::ApplicationAccepted, facts.account("account"))
}

fn refused(facts: &Facts<'_>) -> Vec<Notice> {
    application(facts).notice(Name::ApplicationRejected, facts.account("account"))
}

fn application(facts: &Facts<'_>) -> Data {
    let data = facts.about("application_id", &["position_title"]);
    match facts.text("position") {
        Some(position) => data.with("position_id", position),
        None => data,
    }
}

fn approved(facts: &Facts<'_>) -> Vec<Notice> {
    let names = ["ticket_number", "title", "payout_cents", "comment"];
    let data = facts.about("ticket_id", &names);
    data.notice(Name::DeliverableApproved, facts.account("worker"))
}

fn rejected(facts: &Facts<'_>) -> Vec<Notice> {
    let mut data = facts.about("ticket_id", &["ticket_number", "title", "comment"]);
    if facts.event.what == Happening::TaskRevisionRequested {
        data = data.with("action", "revision_requested");
    }
    // Whoever did the work, or has the ticket.
    let worker = facts.account("worker");
    let to = match worker.accounts.is_empty() {
        true => facts.account("assignee"),
        false => worker,
    };
    data.notice(Name::DeliverableRejected, to)
}

fn rated(facts: &Facts<'_>) -> Vec<Notice> {
    let names = ["review_id", "ticket_number", "title", "rating", "comment"];
    let data = facts.about("ticket_id", &names);
    data.notice(Name::ReviewSubmitted, facts.account("worker"))
}

fn opened(facts: &Facts<'_>) -> Vec<Notice> {
    let title = facts.text("title").unwrap_or_default();
    let data = || {
        let mut data = facts
            .about("position_id", &["title"])
            .with("positions", vec![title]);
        if let Some(level) = facts.text("level") {
            data = data.with("role_level", level);
        }
        data
    };
    let mut told = data().notice(Name::PositionPosted, facts.team(None));
    told.extend(data().notice(Name::PositionOpened, facts.team(None)));
    told
}

fn funded(facts: &Facts<'_>) -> Vec<Notice> {
    let owner = Audience {
        owner: facts.event.project,
        ..Audience::default()
    };
    facts
        .data(&["amount_cents"])
        .notice(Name::EscrowFunded, owner)
}

fn settled(facts: &Facts<'_>) -> Vec<Notice> {
    let mut data = facts.about("ticket_id", &["amount_cents", "net_cents"]);
    if let Some(payout) = facts.text("payout") {
        data = data.with("payout_id", payout);
    }
    data.notice(Name::PayoutSettled, facts.account("account"))
}

fn paid(facts: &Facts<'_>) -> Vec<Notice> {
    let names = [
        "from_agent_id",
        "task",
        "input",
        "service",
        "amount_usdc",
        "tx_hash",
        "ticket_id",
    ];
    let data = facts.data(&names);
    data.notice(Name::X402PaymentReceived, facts.account("payee"))
}

fn checked(facts: &Facts<'_>) -> Vec<Notice> {
    let data = facts.data(&["check_name", "conclusion", "status", "pr_urls"]);
    data.notice(Name::CiCheckCompleted, facts.accounts("recipients"))
}

fn reviewed(facts: &Facts<'_>) -> Vec<Notice> {
    let mut data = facts.data(&["review_state", "reviewer", "pr_url", "pr_number"]);
    if let Some(body) = facts.text("body") {
        data = data.with("body", text::cut(body.to_owned(), REVIEW_CHARS));
    }
    data.notice(Name::PrReviewSubmitted, facts.accounts("recipients"))
}

/// Told to the other webhooks of the same agent: this one is off.
fn disabled(facts: &Facts<'_>) -> Vec<Notice> {
    let data = facts.about("webhook_id", &["url", "reason"]);
    data.notice(Name::WebhookDisabled, facts.account("account"))
}

#[cfg(test)]
mod tests;
