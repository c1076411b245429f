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
        /// The work of a ticket was rated.
        TicketRated = "ticket.rated",
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
        /// An environment of a project was made.
        EnvironmentCreated = "environment.created",
        /// An agent was put into an environment.
        HostedAgentAdded = "hosted_agent.added",
        /// A hosted agent was changed.
        HostedAgentUpdated = "hosted_agent.updated",
        /// A hosted agent was removed.
        HostedAgentRemoved = "hosted_agent.removed",
        /// A job was written.
        JobCreated = "job.created",
        /// A job came into another status.
        JobTransition = "job.transition",
        /// A job was changed otherwise.
        JobUpdated = "job.updated",
        /// A job was deleted.
        JobRemoved = "job.removed",
        /// A job is tried again.
        JobRetry = "job.retry",
        /// A job goes back to its agent to be mended.
        JobFix = "job.fix",
        /// A job has no attempts left.
        JobMaxRetries = "job.max_retries",
        /// A job is not tried again by itself, because it has effects elsewhere.
        JobRetryBlocked = "job.retry_blocked",
        /// An agent asked instead of working.
        JobQuestion = "job.question",
        /// Its question was answered.
        JobAnswered = "job.answered",
        /// A run took too long.
        JobTimeout = "job.timeout",
        /// A job whose node went away is run again.
        JobRecovered = "job.recovered",
        /// A run of a job began.
        AgentSpawned = "agent.spawned",
        /// An agent did something in a run.
        AgentActivity = "agent.activity",
        /// A run of a job ended.
        AgentFinished = "agent.finished",
        /// A run shows no sign of life.
        AgentStale = "agent.stale",
        /// The result of a job is being checked.
        AssessmentStarted = "assessment.started",
        /// An assessment goes on.
        AssessmentProgress = "assessment.progress",
        /// One check of an assessment began.
        AssessmentCheckStarted = "assessment.check_started",
        /// One check of an assessment ended.
        AssessmentCheckComplete = "assessment.check_complete",
        /// An assessment ended.
        AssessmentComplete = "assessment.complete",
        /// What a job is expected to bring was put right.
        AssessmentCorrected = "assessment.corrected",
        /// Jobs wait for what can never come.
        DeadlockDetected = "deadlock.detected",
        /// A job was given up because it waits for a failed one.
        DeadlockUnresolvable = "deadlock.unresolvable",
        /// A mission was stored or changed.
        MissionSaved = "mission.saved",
        /// The jobs of a mission were made.
        MissionExecuted = "mission.executed",
        /// Every job of a mission has ended.
        MissionCompleted = "mission.completed",
        /// A mission goes on.
        MissionResumed = "mission.resumed",
        /// A mission waits for somebody.
        MissionPaused = "mission.paused",
        /// A mission was called off.
        MissionAborted = "mission.aborted",
        /// A mission was deleted.
        MissionDeleted = "mission.deleted",
        /// A chat began.
        SessionCreated = "session.created",
        /// Something was said in a chat.
        ChatMessageAdded = "session.message_added",
        /// A chat turn ended.
        CompletionFinished = "completion.finished",
        /// Somebody must agree before a job goes on.
        ApprovalRequested = "approval.requested",
        /// Somebody agreed.
        ApprovalResolved = "approval.resolved",
        /// Somebody did not agree.
        ApprovalRejected = "approval.rejected",
        /// Nobody answered in time.
        ApprovalTimeout = "approval.timeout",
        /// A job was handed up.
        EscalationTriggered = "escalation.triggered",
        /// What was handed up is settled.
        EscalationResolved = "escalation.resolved",
        /// A person is needed.
        EscalationHuman = "escalation.human",
        /// A deadline comes near.
        SlaWarning = "sla.warning",
        /// A deadline has passed.
        SlaViolated = "sla.violated",
        /// A deadline was kept.
        SlaMet = "sla.met",
        /// A mission came to a checkpoint and waits.
        CheckpointReached = "checkpoint.reached",
        /// A mission goes on behind a checkpoint.
        CheckpointResumed = "checkpoint.resumed",
        /// A mission waits for a time.
        DelayStarted = "delay.started",
        /// The wait of a mission is over.
        DelayExpired = "delay.expired",
        /// Jobs were good enough for those behind them.
        QualityGatePassed = "quality.gate_passed",
        /// Jobs were not good enough for those behind them.
        QualityGateFailed = "quality.gate_failed",
        /// A mission was not good enough on the whole.
        QualityThresholdFailed = "quality.threshold_failed",
        /// A mission was put on a schedule.
        ScheduleCreated = "schedule.created",
        /// A schedule started its mission.
        ScheduleTriggered = "schedule.triggered",
        /// A schedule that runs once has run.
        ScheduleCompleted = "schedule.completed",
        /// A schedule came to its end.
        ScheduleExpired = "schedule.expired",
        /// An action waits for a job.
        WatcherCreated = "watcher.created",
        /// What an action waited for has come.
        WatcherFired = "watcher.fired",
        /// An action waits no more.
        WatcherRemoved = "watcher.removed",
        /// An action was taken.
        ActionTriggered = "action.triggered",
        /// The settings of an environment changed.
        ConfigReloaded = "config.reloaded",
        /// A file of an environment was written or removed.
        FileChanged = "file.changed",
        /// What agents remember was written.
        MemoryWritten = "memory.written",
        /// A credential was stored, changed or removed.
        VaultWritten = "vault.written",
        /// An agent read a credential.
        VaultRead = "vault.read",
        /// A playbook was stored or removed.
        PlaybookSaved = "playbook.saved",
        /// A skill was stored, given or removed.
        SkillSaved = "skill.saved",
        /// A channel was told something.
        NotificationSent = "notification.sent",
        /// Something was said to a run at another node than its own.
        RunSteered = "run.steered",
        /// Somebody wants a run of a chat ended: the node that attends it does.
        RunCancelled = "run.cancelled",
        /// A line for the log of an environment.
        HostingLog = "hosting.log",
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
            _ => None,
        }
    }
}
