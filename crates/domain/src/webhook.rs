//! Webhooks: the names under which happenings are told, in the words of both
//! populations of agents (OpenPod 4.1), and when an endpoint that does not
//! answer is tried again and given up.
//!
//! To add a name, add a word to [`Name`] and say in `app::ops::webhooks` which
//! event it tells of.

use crate::time::Span;
use crate::{Error, Result, limits};

crate::words! {
    /// What a webhook may be told of.
    pub enum Name {
        /// A ticket was given to the agent.
        TicketAssigned = "ticket_assigned",
        /// A ticket of the agent changed.
        TicketUpdated = "ticket_updated",
        /// A ticket of the project changed its column.
        TicketStatusChanged = "ticket_status_changed",
        /// Somebody wrote in the project's chat.
        MessageReceived = "message_received",
        /// An application of the agent was accepted.
        ApplicationAccepted = "application_accepted",
        /// An application of the agent was refused.
        ApplicationRejected = "application_rejected",
        /// The agent's work was accepted.
        DeliverableApproved = "deliverable_approved",
        /// The agent's work was rejected, or sent back.
        DeliverableRejected = "deliverable_rejected",
        /// A position was opened (the seed's word).
        PositionOpened = "position_opened",
        /// A position was opened (the hosted system's word).
        PositionPosted = "position_posted",
        /// A check on the project's repository ended.
        CiCheckCompleted = "ci_check_completed",
        /// A pull request of the agent was reviewed.
        PrReviewSubmitted = "pr_review_submitted",
        /// Another agent paid for a service.
        X402PaymentReceived = "x402_payment_received",
        /// The agent was rated.
        ReviewSubmitted = "review_submitted",
        /// What the agent was owed was paid.
        PayoutSettled = "payout_settled",
        /// Money was put into a project's escrow.
        EscrowFunded = "escrow_funded",
        /// Another webhook of the agent was switched off.
        WebhookDisabled = "webhook_disabled",
    }
}

/// The word for all names.
pub const EVERYTHING: &str = "*";

/// What a webhook is told of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whether of everything.
    pub everything: bool,
    /// These names, each once.
    pub names: Vec<Name>,
}

impl Wanted {
    /// Reads a list of names; each counts once.
    ///
    /// # Errors
    /// `Invalid`, naming the words that are none.
    pub fn parse(words: &[String]) -> Result<Self> {
        let mut wanted = Self::default();
        let mut unknown = Vec::new();
        for word in words {
            match Name::parse(word) {
                Some(name) if !wanted.names.contains(&name) => wanted.names.push(name),
                Some(_) => {}
                None if word == EVERYTHING => wanted.everything = true,
                None => unknown.push(crate::text::cut(word.clone(), limits::NAME_CHARS)),
            }
        }
        if !unknown.is_empty() {
            unknown.truncate(limits::INLINE_NAMES);
            return Err(Error::field(
                "events",
                format!(
                    "has names that are none: {}; known are: {}",
                    unknown.join(", "),
                    known()
                ),
            ));
        }
        if words.is_empty() {
            return Err(Error::field(
                "events",
                format!("must be a list with at least one of: {}", known()),
            ));
        }
        Ok(wanted)
    }

    /// As a list of words.
    pub fn words(&self) -> Vec<&'static str> {
        let everything = self.everything.then_some(EVERYTHING);
        let names = self.names.iter().map(|name| name.as_str());
        everything.into_iter().chain(names).collect()
    }

    /// Which of the names of one happening are told: all that were asked for by
    /// name; of everything, each happening once, under the first.
    pub fn of<'a, T>(&self, told: &'a [T], name: impl Fn(&T) -> Name) -> Vec<&'a T> {
        let asked = told.iter().filter(|one| self.names.contains(&name(one)));
        let asked: Vec<_> = asked.collect();
        if asked.is_empty() && self.everything {
            return told.iter().take(1).collect();
        }
        asked
    }
}

fn known() -> String {
    let mut words = Name::ALL.map(Name::as_str).to_vec();
    words.push(EVERYTHING);
    words.join(", ")
}

/// How long after each failed attempt the next one is made. After the last the
/// webhook is switched off.
pub const RETRIES: [Span; 6] = [
    Span::seconds(60),
    Span::seconds(300),
    Span::seconds(900),
    Span::hours(1),
    Span::hours(6),
    Span::hours(24),
];

/// When to try again after this many failed attempts, up to a tenth later, so
/// that what failed together does not come back together; `None` when it is
/// time to give up. `random` is any number.
pub fn retry_after(failed: i64, random: u16) -> Option<Span> {
    let index = usize::try_from(failed.checked_sub(1)?).ok()?;
    let Span(delay) = *RETRIES.get(index)?;
    let jitter = (delay / 10).saturating_mul(i64::from(random)) / i64::from(u16::MAX);
    Some(Span(delay.saturating_add(jitter)))
}

/// What signs deliveries. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(pub String);

impl std::fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Name, RETRIES, SigningSecret, Wanted, retry_after};
    use crate::time::Span;

    fn wanted(words: &[&str]) -> Wanted {
        let words: Vec<_> = words.iter().map(|w| (*w).to_owned()).collect();
        Wanted::parse(&words).expect("names")
    }

    #[test]
    fn names_count_once_and_unknown_ones_are_named() {
        let twice = wanted(&["ticket_assigned", "*", "ticket_assigned", "*"]);
        assert_eq!(twice.words(), ["*", "ticket_assigned"]);
        let refused =
            Wanted::parse(&["ticket_assigned".into(), "nonsense".into()]).expect_err("refused");
        assert!(refused.message.contains("nonsense"), "{refused}");
        assert!(Wanted::parse(&[]).is_err());
    }

    #[test]
    fn a_happening_is_told_under_the_names_asked_for() {
        let told = [Name::PositionPosted, Name::PositionOpened];
        let of = |words: &[&str]| {
            let wanted = wanted(words);
            wanted
                .of(&told, |name| *name)
                .into_iter()
                .copied()
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&["position_opened"]), [Name::PositionOpened]);
        assert_eq!(of(&["position_opened", "position_posted"]), told);
        assert_eq!(of(&["*"]), [Name::PositionPosted]);
        assert_eq!(of(&["*", "position_opened"]), [Name::PositionOpened]);
        assert_eq!(of(&["ticket_assigned"]), []);
    }

    #[test]
    fn retries_come_later_and_later_and_end() {
        let seconds = |failed, random| retry_after(failed, random).map(|Span(us)| us / 1_000_000);
        let least: Vec<_> = (1..=7).map(|failed| seconds(failed, 0)).collect();
        let expected = [60, 300, 900, 3_600, 21_600, 86_400].map(Some);
        assert_eq!(least[..6], expected);
        assert_eq!((least[6], seconds(0, 0)), (None, None));
        assert_eq!(seconds(1, u16::MAX), Some(66));
        assert_eq!(RETRIES.len(), 6);
    }

    #[test]
    fn a_secret_does_not_print() {
        assert!(!format!("{:?}", SigningSecret("hush".into())).contains("hush"));
    }
}
