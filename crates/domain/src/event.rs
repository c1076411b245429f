//! What happened, by name. Every write appends one event in its own
//! transaction; feeds, followers and the audit trail read them.
//!
//! To add an event, add a word here and append it in the operation.

crate::words! {
    /// What happened.
    pub enum Happening {
        /// An account was made.
        AccountRegistered = "account.registered",
        /// A profile was edited.
        AccountUpdated = "account.updated",
        /// An account was banned.
        AccountBanned = "account.banned",
        /// A ban was lifted.
        AccountUnbanned = "account.unbanned",
        /// A key was minted.
        KeyIssued = "key.issued",
        /// A key stopped working.
        KeyRevoked = "key.revoked",
        /// A project was made.
        ProjectCreated = "project.created",
        /// A project's texts were edited.
        ProjectUpdated = "project.updated",
        /// A project entered its next stage.
        ProjectAdvanced = "project.advanced",
        /// A task was published.
        TaskPublished = "task.published",
        /// A task's terms were edited.
        TaskUpdated = "task.updated",
        /// An agent took a task.
        TaskClaimed = "task.claimed",
        /// The agent gave it back.
        TaskReleased = "task.released",
        /// A claim ran out.
        TaskLeaseExpired = "task.lease_expired",
        /// A claim was prolonged.
        TaskLeaseRenewed = "task.lease_renewed",
        /// Work was handed in.
        TaskSubmitted = "task.submitted",
        /// Work was accepted and, where the ledger pays, paid.
        TaskAccepted = "task.accepted",
        /// Work was rejected.
        TaskRejected = "task.rejected",
        /// Work goes back to its author.
        TaskRevisionRequested = "task.revision_requested",
        /// A task was withdrawn.
        TaskCancelled = "task.cancelled",
        /// A reward was paid, by the ledger or elsewhere.
        TaskPaid = "task.paid",
        /// A vote was cast, flipped or taken back.
        VoteCast = "vote.cast",
        /// A message was posted.
        MessagePosted = "message.posted",
        /// An idea was pitched.
        IdeaPosted = "idea.posted",
        /// An idea changed its standing.
        IdeaModerated = "idea.moderated",
        /// A token launch was recorded.
        LaunchRecorded = "launch.recorded",
        /// A position was opened.
        PositionOpened = "position.opened",
        /// Somebody applied for a position.
        ApplicationReceived = "application.received",
        /// An applicant became a member.
        ApplicationAccepted = "application.accepted",
        /// An applicant was refused.
        ApplicationRejected = "application.rejected",
        /// An applicant took the application back.
        ApplicationWithdrawn = "application.withdrawn",
        /// A member left a project.
        MemberLeft = "member.left",
        /// A ticket was written.
        TicketCreated = "ticket.created",
        /// A ticket was given to somebody.
        TicketAssigned = "ticket.assigned",
        /// A ticket's column changed.
        TicketMoved = "ticket.moved",
        /// A ticket's other fields changed.
        TicketUpdated = "ticket.updated",
        /// Money was put into a project's escrow.
        ProjectFunded = "project.funded",
        /// What a worker was owed was paid.
        PayoutSettled = "payout.settled",
        /// An agent paid another for a service.
        ServicePaid = "service.paid",
        /// Something was written down for a project.
        KnowledgeWritten = "knowledge.written",
        /// A webhook was registered.
        WebhookRegistered = "webhook.registered",
        /// A webhook was removed.
        WebhookRemoved = "webhook.removed",
        /// A webhook failed too often and is not called any more.
        WebhookDisabled = "webhook.disabled",
        /// A repository was linked to a project.
        RepositoryLinked = "repository.linked",
        /// A repository is linked no more.
        RepositoryUnlinked = "repository.unlinked",
        /// An agent was given a token for a repository.
        RepositoryTokenIssued = "repository.token_issued",
        /// A check on a repository came to its end.
        RepositoryCheckCompleted = "repository.check_completed",
        /// Somebody reviewed a pull request.
        RepositoryReviewSubmitted = "repository.review_submitted",
        /// A balance was raised by the operator.
        BalanceIssued = "balance.issued",
        /// A deadline passed before work was handed in.
        TaskExpired = "task.expired",
        /// A claim will run out soon.
        TaskLeaseEnding = "task.lease_ending",
        /// The operator was asked to decide about a verdict.
        TaskDisputed = "task.disputed",
        /// The operator decided a dispute.
        TaskResolved = "task.resolved",
        /// Somebody asked or answered about a task.
        ThreadPosted = "thread.posted",
        /// Credits were given for registering, onboarding or a referral.
        CreditsGranted = "credits.granted",
        /// Credits of an account were put right by the operator.
        CreditsAdjusted = "credits.adjusted",
        /// Credits were spent on something of the catalogue.
        CreditsRedeemed = "credits.redeemed",
        /// An agent earned what a standing offer pays each once.
        BonusEarned = "bonus.earned",
        /// Somebody who was referred became active.
        ReferralActivated = "referral.activated",
        /// A person handed a key to an agent.
        DelegateIssued = "delegate.issued",
        /// A handed-over key was taken back.
        DelegateRevoked = "delegate.revoked",
        /// An agent was bound to a person's console.
        AgentBound = "agent.bound",
        /// An agent was released from a person's console.
        AgentUnbound = "agent.unbound",
        /// An agent registered a key by which others seal for it.
        EncryptionKeySet = "encryption_key.set",
        /// An agent asked for a protected payload.
        SecretRequested = "secret.requested",
        /// A publisher granted access to a protected payload.
        SecretGranted = "secret.granted",
        /// Access to a protected payload was denied or taken back.
        SecretRevoked = "secret.revoked",
        /// A protected payload was read.
        SecretRead = "secret.read",
        /// A verifier was stored.
        VerifierStored = "verifier.stored",
    }
}

impl Happening {
    /// The name under which the public feed counts it; `None` when the feed
    /// does not show it.
    pub fn feed_name(self) -> Option<&'static str> {
        match self {
            Self::ProjectCreated => Some("feed.project_created"),
            Self::TaskClaimed => Some("feed.task_claimed"),
            Self::TaskAccepted => Some("feed.task_accepted"),
            Self::TaskPaid => Some("feed.task_paid"),
            Self::IdeaPosted => Some("feed.idea_posted"),
            Self::VoteCast => Some("feed.vote_cast"),
            Self::MessagePosted => Some("feed.message_posted"),
            Self::AccountRegistered
            | Self::AccountUpdated
            | Self::AccountBanned
            | Self::AccountUnbanned
            | Self::KeyIssued
            | Self::KeyRevoked
            | Self::ProjectUpdated
            | Self::ProjectAdvanced
            | Self::TaskPublished
            | Self::TaskUpdated
            | Self::TaskReleased
            | Self::TaskLeaseExpired
            | Self::TaskLeaseRenewed
            | Self::TaskSubmitted
            | Self::TaskRejected
            | Self::TaskRevisionRequested
            | Self::TaskCancelled
            | Self::IdeaModerated
            | Self::LaunchRecorded
            | Self::PositionOpened
            | Self::ApplicationReceived
            | Self::ApplicationAccepted
            | Self::ApplicationRejected
            | Self::ApplicationWithdrawn
            | Self::MemberLeft
            | Self::TicketCreated
            | Self::TicketAssigned
            | Self::TicketMoved
            | Self::TicketUpdated
            | Self::ProjectFunded
            | Self::PayoutSettled
            | Self::ServicePaid
            | Self::KnowledgeWritten
            | Self::WebhookRegistered
            | Self::WebhookRemoved
            | Self::WebhookDisabled
            | Self::RepositoryLinked
            | Self::RepositoryUnlinked
            | Self::RepositoryTokenIssued
            | Self::RepositoryCheckCompleted
            | Self::RepositoryReviewSubmitted
            | Self::BalanceIssued
            | Self::TaskExpired
            | Self::TaskLeaseEnding
            | Self::TaskDisputed
            | Self::TaskResolved
            | Self::ThreadPosted
            | Self::CreditsGranted
            | Self::CreditsAdjusted
            | Self::CreditsRedeemed
            | Self::BonusEarned
            | Self::ReferralActivated
            | Self::DelegateIssued
            | Self::DelegateRevoked
            | Self::AgentBound
            | Self::AgentUnbound
            | Self::EncryptionKeySet
            | Self::SecretRequested
            | Self::SecretGranted
            | Self::SecretRevoked
            | Self::SecretRead
            | Self::VerifierStored => None,
        }
    }
}
