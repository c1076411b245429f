//! The application: one handle, [`App`], and one file per operation under
//! [`ops`].
//!
//! **Invariant:** every rule of the business is in an operation or in
//! `domain`, once. An operation asks the policy, locks what it decides on,
//! reads, decides, writes state, ledger and event in one transaction. It knows
//! no HTTP, no wire format and no door.
//!
//! To add an operation, follow `docs/adding-an-operation.md`.

mod answer;
mod bell;
mod calendar;
mod clock;
mod entropy;
mod errand;
mod fields;
mod hub;
mod keyring;
mod live;
mod once;
pub mod ops;
mod password;
pub mod ports;
mod public_answers;
mod secret;
pub mod verification;
mod work;

use std::sync::Arc;

use dashmap::DashSet;
use domain::event::Happening;
use domain::id::{AccountId, EnvironmentId, Id, KeyId, ProjectId, RunId, TaskId};
use domain::money::{Assets, Bucket, Money};
use domain::policy::{Actor, Permission, Policy};
use domain::time::Span;
use domain::{Result, Time};
use store::tables::events::{self, Event};
use store::tables::ledger::{self, Entry, Place, Reason};
use store::tables::{accounts, holds, keys};
use store::{Store, Tx};
use tokio::sync::watch;

pub use answer::{Answer, Answered, Bit, Bits, Content, Headers, Pieces, Repeat, Replied, Reply};
pub use bell::{Rung, Voices};
pub use calendar::iso;
pub use clock::Clock;
pub use entropy::Entropy;
pub use errand::{Errand, Keeping};
pub use hub::{Beat, Told};
pub use secret::{Hidden, Secret, hash as hash_secret};
pub use store::tables;
pub use work::Prepared;

use bell::Bell;
use hub::Hub;
use keyring::Keyring;
use live::Live;
use password::Passwords;
use ports::Ports;
use public_answers::PublicAnswers;
use verification::Checks;
use work::{Job, Work};

/// What the operator set that operations look at.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Switches of the policy.
    pub policy: Policy,
    /// Assets the ledger knows.
    pub assets: Assets,
    /// SHA-256 of the operator's key, when the configuration sets one.
    pub operator_key: Option<[u8; 32]>,
    /// Whether webhooks may lead to this machine itself, for development.
    pub allow_loopback: bool,
    /// The operator's App at GitHub, when there is one.
    pub github: Option<ports::github::Identity>,
    /// Zero bits that the proof of work of a registration must begin with; 0
    /// asks for none (AGI ATM 8).
    pub pow_bits: u32,
    /// What can be bought with credits.
    pub catalogue: Vec<ops::redemptions::Item>,
    /// Whether the operator may move the clock, for development.
    pub test_clock: bool,
}

/// Whether an operation changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It reads a snapshot.
    Reads,
    /// It writes, in one transaction.
    Writes,
}

/// An operation of the application: its input is the value itself.
pub trait Op: Clone + Send + Sync + 'static {
    /// What it answers.
    type Output: Send + 'static;
    /// Its name in metrics and logs, `noun.verb`.
    const NAME: &'static str;
    /// What one must be allowed to do.
    const NEEDS: Permission;
    /// Whether it changes anything.
    const EFFECT: Effect;
    /// Whether [`Op::prepare`] has something to do.
    const PREPARES: bool = false;

    /// What takes long and needs no transaction, such as checking an output
    /// or hashing a password: done before, once, and kept in the operation.
    /// It must come to the same for a repeated request, so it depends on what
    /// the operation itself does not change.
    fn prepare(self, app: &App, actor: &Actor) -> impl Future<Output = Result<Self>> + Send {
        let _ = (app, actor);
        std::future::ready(Ok(self))
    }

    /// Runs it. May be run again after a deadlock, so it depends on its input
    /// and its context alone.
    fn run(self, cx: &mut Cx<'_>) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// What an operation works with.
pub struct Cx<'a> {
    /// Its transaction.
    pub tx: &'a mut Tx,
    /// Who asked.
    pub actor: &'a Actor,
    /// Now.
    pub now: Time,
    /// What the operator set.
    pub settings: &'a Settings,
    entropy: &'a Entropy,
    /// This process among others.
    node: uuid::Uuid,
    /// What to do after the commit.
    aftermath: Aftermath,
}

/// What an operation asks for after its commit.
#[derive(Default)]
struct Aftermath {
    /// Accounts whose keys or standing changed.
    touched: Vec<AccountId>,
    /// Whether something was written into the log.
    has_news: bool,
    /// How far the clock is to be moved.
    advance: Option<Span>,
    /// What the engine of jobs should look at.
    rung: Rung,
}

impl Cx<'_> {
    /// A fresh id that sorts by the time of its making.
    pub fn id<I: Id>(&self) -> I {
        I::from_uuid(self.entropy.id(self.now))
    }

    /// A fresh id as if made at another time, for what must sort in an order of
    /// its own.
    pub(crate) fn id_at<I: Id>(&self, at: Time) -> I {
        I::from_uuid(self.entropy.id(at))
    }

    /// This process's hold on a run, from now on for so long.
    pub(crate) fn lease(&self, span: Span) -> store::tables::runs::Lease {
        store::tables::runs::Lease {
            node: self.node,
            ends: self.now.plus(span),
        }
    }

    /// Random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        self.entropy.bytes()
    }

    /// A fresh key behind `prefix`, such as `polt_`, for the row `id`.
    pub fn secret(&self, prefix: &str, id: KeyId) -> Secret {
        Secret::mint(prefix, id, self.entropy.bytes())
    }

    /// Appends what happened to the event log, for everybody to see.
    ///
    /// # Errors
    /// `Unavailable` when the database cannot write.
    pub async fn record(
        &mut self,
        what: Happening,
        subject: impl Id,
        project: Option<ProjectId>,
        facts: serde_json::Value,
    ) -> Result<()> {
        let place = (project, None);
        self.append(what, subject, place, true, facts).await
    }

    /// Appends what happened inside a project or between accounts, for its own
    /// people to see.
    ///
    /// # Errors
    /// `Unavailable` when the database cannot write.
    pub async fn record_inside(
        &mut self,
        project: impl Into<Option<ProjectId>>,
        what: Happening,
        subject: impl Id,
        facts: serde_json::Value,
    ) -> Result<()> {
        let place = (project.into(), None);
        self.append(what, subject, place, false, facts).await
    }

    /// Appends what happened in an environment of hosted agents, for the
    /// bearers of its keys to see.
    ///
    /// # Errors
    /// `Unavailable` when the database cannot write.
    pub async fn record_hosted(
        &mut self,
        environment: EnvironmentId,
        what: Happening,
        subject: impl Id,
        facts: serde_json::Value,
    ) -> Result<()> {
        let place = (None, Some(environment));
        self.append(what, subject, place, false, facts).await
    }

    async fn append(
        &mut self,
        what: Happening,
        subject: impl Id,
        (project, environment): (Option<ProjectId>, Option<EnvironmentId>),
        public: bool,
        mut facts: serde_json::Value,
    ) -> Result<()> {
        // Who answers for it: the actor is the delegate, by its key.
        if let Actor::Account {
            mandate: Some(mandate),
            ..
        } = self.actor
        {
            facts["principal"] = mandate.principal.to_string().into();
        }
        let event = Event {
            what,
            actor: self.actor.account().ok(),
            key: self.actor.key(),
            subject: subject.uuid(),
            project,
            environment,
            public,
            body: facts.to_string(),
            at: self.now,
        };
        self.aftermath.has_news = true;
        events::append(self.tx, event).await
    }

    /// Moves money from one place to another; nothing, where the amount is
    /// nothing. What an account spends may be what it was held until just now,
    /// and counts against the budget of a handed-over key.
    ///
    /// # Errors
    /// `Insufficient` when the debit place does not hold enough, at the latest
    /// before the commit.
    pub async fn transfer(
        &mut self,
        (debit, credit): (Place, Place),
        money: Money,
        reason: Reason,
        task: Option<TaskId>,
    ) -> Result<()> {
        if money.units == 0 {
            return Ok(());
        }
        if debit.bucket == Bucket::Available {
            self.mature(AccountId(debit.owner)).await?;
            self.charge_budget(debit, &money).await?;
        }
        let entry = Entry {
            id: self.id(),
            money,
            debit,
            credit,
            reason,
            task,
            at: self.now,
        };
        ledger::post(self.tx, &entry).await
    }

    /// Charges what is spent with a handed-over key to its budget.
    async fn charge_budget(&mut self, debit: Place, money: &Money) -> Result<()> {
        match self.actor {
            Actor::Account {
                id,
                key,
                mandate: Some(_),
                ..
            } if id.0 == debit.owner => keys::spend(self.tx, *key, money.units).await,
            _ => Ok(()),
        }
    }

    /// Releases what was held of an account and is due. The timer does the
    /// same: whoever comes first writes the same entries.
    ///
    /// # Errors
    /// `Unavailable` when the database cannot write.
    pub(crate) async fn mature(&mut self, account: AccountId) -> Result<()> {
        let mut due = holds::mature(self.tx, account, self.now).await?;
        // The database answers in no order, and the log is kept in one.
        due.sort_by_key(|hold| hold.id);
        let heir = match due.is_empty() {
            true => None,
            false => accounts::heir(self.tx, account, self.now).await?,
        };
        for hold in due {
            let entry = Entry {
                id: hold.id,
                money: hold.money,
                debit: Place::held(account),
                credit: Place::wallet(account),
                reason: Reason::Mature,
                task: hold.task,
                at: hold.available_at,
            };
            ledger::post(self.tx, &entry).await?;
            if let Some(person) = heir {
                let way = (Place::wallet(account), Place::wallet(person));
                self.hand_on(way, entry.money).await?;
            }
        }
        Ok(())
    }

    /// Gives back what a publisher had set aside for a task. Where that is an
    /// agent whose key was taken back or ran out, it goes to the person for
    /// whom it worked.
    ///
    /// # Errors
    /// `Unavailable` when the database cannot write.
    pub(crate) async fn refund(
        &mut self,
        publisher: AccountId,
        money: Money,
        task: TaskId,
    ) -> Result<()> {
        if money.units == 0 {
            return Ok(());
        }
        let wallet = Place::wallet(publisher);
        let way = (Place::frozen(publisher), wallet);
        self.transfer(way, money.clone(), Reason::Refund, Some(task))
            .await?;
        match accounts::heir(self.tx, publisher, self.now).await? {
            Some(person) => self.hand_on((wallet, Place::wallet(person)), money).await,
            None => Ok(()),
        }
    }

    /// What an agent earned whose key was taken back or ran out goes to the
    /// person for whom it worked.
    async fn hand_on(&mut self, (debit, credit): (Place, Place), money: Money) -> Result<()> {
        let entry = Entry {
            id: self.id(),
            money,
            debit,
            credit,
            reason: Reason::Allowance,
            task: None,
            at: self.now,
        };
        ledger::post(self.tx, &entry).await
    }

    /// Tells the engine of jobs, after the commit, that something may be ready
    /// in an environment.
    pub(crate) fn wake(&mut self, environment: EnvironmentId) {
        self.aftermath.rung.ready.insert(environment);
    }

    /// Tells the engine of jobs, after the commit, to stop a run that has been
    /// ended.
    pub(crate) fn halt(&mut self, run: RunId) {
        self.aftermath.rung.ended.insert(run);
    }

    /// Moves the clock of this server, after the commit.
    pub(crate) fn advance_clock(&mut self, by: Span) {
        self.aftermath.advance = Some(by);
    }

    /// Makes the server forget, after the commit, what it remembers about an
    /// account's keys and standing.
    pub fn touch_account(&mut self, account: AccountId) {
        self.aftermath.touched.push(account);
    }
}

/// The one handle to the application. Cheap to clone.
#[derive(Clone)]
pub struct App {
    house: Arc<House>,
}

struct House {
    store: Store,
    settings: Settings,
    clock: Clock,
    entropy: Entropy,
    keyring: Keyring,
    passwords: Passwords,
    ports: Ports,
    checks: Checks,
    in_flight: DashSet<[u8; 32]>,
    public_answers: PublicAnswers,
    hub: Hub,
    news: watch::Sender<()>,
    bell: Bell,
    voices: Voices,
    live: Live,
    /// This process among others on the same database.
    node: uuid::Uuid,
}

impl App {
    /// Puts the application on a store, with nothing outside in reach.
    pub fn new(store: Store, settings: Settings, clock: Clock, entropy: Entropy) -> Self {
        Self::reaching(Ports::default(), store, settings, clock, entropy)
    }

    /// Puts the application on a store, with these ports.
    pub fn reaching(
        ports: Ports,
        store: Store,
        settings: Settings,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        let keyring = Keyring::new(settings.operator_key);
        let node = entropy.id(clock.now());
        let house = House {
            store,
            settings,
            clock,
            entropy,
            keyring,
            passwords: Passwords::new(),
            ports,
            checks: Checks::default(),
            in_flight: DashSet::new(),
            public_answers: PublicAnswers::new(),
            hub: Hub::new(),
            news: watch::Sender::new(()),
            bell: Bell::default(),
            voices: Voices::default(),
            live: Live::default(),
            node,
        };
        Self {
            house: Arc::new(house),
        }
    }

    /// What the operator set.
    pub fn settings(&self) -> &Settings {
        &self.house.settings
    }

    /// What is in reach outside of this server.
    pub(crate) fn ports(&self) -> &Ports {
        &self.house.ports
    }

    /// Hashes and compares passwords.
    pub(crate) fn passwords(&self) -> &Passwords {
        &self.house.passwords
    }

    /// Chat turns that are attended here.
    pub(crate) fn live(&self) -> &Live {
        &self.house.live
    }

    /// Ends every chat turn that is attended here and waits until each is
    /// written down.
    pub async fn end_turns(&self) {
        self.house.live.cancel_all();
        while !self.house.live.is_empty() {
            let pause = std::time::Duration::from_millis(10);
            let _ = tokio::time::timeout(pause, std::future::pending::<()>()).await;
        }
    }

    /// The checks of outputs.
    pub(crate) fn checks(&self) -> &Checks {
        &self.house.checks
    }

    /// Now, by this application's clock.
    pub fn now(&self) -> Time {
        self.house.clock.now()
    }

    /// The database below, for the server's own health check and shutdown.
    pub fn store(&self) -> &Store {
        &self.house.store
    }

    /// Who bears this credential.
    ///
    /// # Errors
    /// `Unauthenticated` when nobody does, `Forbidden` when its bearer is
    /// banned.
    pub async fn authenticate(&self, credential: &str) -> Result<Actor> {
        self.house
            .keyring
            .authenticate(&self.house.store, credential, self.now())
            .await
    }

    /// Allows or refuses an operation before its input is even read. [`App::call`]
    /// asks again, so that no caller can forget.
    ///
    /// # Errors
    /// As [`Policy::check`].
    pub fn admit(&self, actor: &Actor, needs: Permission) -> Result<()> {
        self.house.settings.policy.check(actor, needs)
    }

    /// Runs an operation and answers after its commit.
    ///
    /// # Errors
    /// What the policy, the operation or the store refuses.
    pub async fn call<O: Op>(&self, actor: &Actor, op: O) -> Result<O::Output> {
        self.admit(actor, O::NEEDS)?;
        let op = if O::PREPARES {
            op.prepare(self, actor).await?
        } else {
            op
        };
        let (work, output) = work::typed(op);
        self.execute(actor, O::EFFECT, work, None).await?;
        output.take()
    }

    /// Runs an operation for a door: its answer is encoded before the commit,
    /// so that it can be kept for a repeated request in the same transaction.
    /// That of an errand is kept behind it (see [`Errand`]).
    ///
    /// # Errors
    /// As [`App::call`]; `Conflict` while a request with the same idempotency
    /// key is being answered; `Precondition` when the key was used for another
    /// request.
    pub async fn answer(
        &self,
        actor: &Actor,
        prepared: Prepared,
        repeat: Option<Repeat>,
    ) -> Result<Replied> {
        let Prepared { needs, effect, job } = prepared;
        self.admit(actor, needs)?;
        let repeat = repeat.filter(|_| effect == Effect::Writes);
        let enter = |repeat: &Repeat| answer::InFlight::enter(self, repeat.scope());
        let guard = repeat.as_ref().map(enter).transpose()?;
        match job {
            Job::Op(work) => Ok(self.execute(actor, effect, work, repeat).await?.into()),
            Job::Staged(stage) => {
                let work = stage.prepare(self, actor).await?;
                Ok(self.execute(actor, effect, work, repeat).await?.into())
            }
            Job::Errand(errand) => match repeat.zip(guard) {
                Some((repeat, guard)) => once::answer(self, actor, errand, repeat, guard).await,
                None => {
                    let reply = errand.run(self, actor).await?;
                    let replayed = false;
                    Ok(Replied { reply, replayed })
                }
            },
        }
    }

    /// Answers what anybody may ask, at a path and with a query: as it was
    /// answered last, where nothing was committed since. `prepare` decodes it
    /// otherwise.
    ///
    /// # Errors
    /// As [`App::answer`], and what `prepare` refuses.
    pub async fn answer_anybody(
        &self,
        asked: &str,
        prepare: impl FnOnce() -> Result<Prepared>,
    ) -> Result<Replied> {
        let answers = &self.house.public_answers;
        let now = self.now();
        // Before the snapshot is taken: what is committed meanwhile makes this
        // version an old one, and the answer is not believed.
        let version = self.house.store.version();
        let version = version.filter(|_| answers.is_asked_again(asked));
        if let Some(reply) = version.and_then(|version| answers.find(asked, version, now)) {
            let replayed = false;
            return Ok(Replied { reply, replayed });
        }
        let replied = self.answer(&Actor::Anonymous, prepare()?, None).await?;
        if let Some(version) = version {
            answers.keep(asked, version, now, &replied);
        }
        Ok(replied)
    }

    /// Requests with an idempotency key that are being answered here.
    pub(crate) fn in_flight(&self) -> &DashSet<[u8; 32]> {
        &self.house.in_flight
    }

    async fn execute(
        &self,
        actor: &Actor,
        effect: Effect,
        work: Arc<dyn Work>,
        repeat: Option<Repeat>,
    ) -> Result<Answered> {
        let house = Arc::clone(&self.house);
        let call = Arc::new(Call {
            house,
            actor: actor.clone(),
            work,
            repeat,
        });
        let store = &self.house.store;
        let (answered, aftermath) = match effect {
            Effect::Reads => {
                store
                    .read(move |tx| transact(Arc::clone(&call), tx))
                    .await?
            }
            Effect::Writes => {
                store
                    .write(move |tx| transact(Arc::clone(&call), tx))
                    .await?
            }
        };
        for account in aftermath.touched {
            self.house.keyring.forget(account);
        }
        if let Some(by) = aftermath.advance {
            self.house.clock.advance(by);
        }
        self.house.bell.ring(aftermath.rung);
        if aftermath.has_news {
            self.house.news.send_replace(());
        }
        Ok(answered)
    }

    /// Fresh random bytes.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        self.house.entropy.bytes()
    }

    /// Changes when this process has written something into the log. Others are
    /// heard of by looking at the log now and then.
    pub fn news(&self) -> watch::Receiver<()> {
        self.house.news.subscribe()
    }

    /// Those who listen to environments in this process.
    pub(crate) fn hub(&self) -> &Hub {
        &self.house.hub
    }

    /// Until somebody listens to an environment in this process, so that the
    /// log is to be followed closely.
    pub async fn wanted(&self) {
        self.house.hub.wanted().await;
    }

    /// Gives every listener a sign of life.
    pub fn beat(&self) {
        self.house.hub.beat();
    }

    /// Ends the streams of those who listen: the server stops.
    pub fn end_streams(&self) {
        self.house.hub.end();
    }

    /// Tells listeners what the follower of the log has read, and chat turns
    /// that are attended here what concerns them; from the first call on
    /// nothing is passed over.
    pub fn tell(&self, followed: Vec<tables::events::Followed>) {
        self.house.live.heed(&followed);
        self.house.hub.begin();
        self.house.hub.tell(followed);
    }

    /// Waits until this process has something for the engine of jobs, and
    /// answers all of it. For one listener.
    pub async fn rung(&self) -> Rung {
        self.house.bell.heard().await
    }

    /// Where what agents say in runs of jobs on this node is heard at once.
    pub fn voices(&self) -> &Voices {
        &self.house.voices
    }

    /// Forgets what is remembered about an account: another process changed it.
    pub fn forget_account(&self, account: AccountId) {
        self.house.keyring.forget(account);
    }

    /// Forgets everything remembered: the database was replaced.
    pub fn forget_everything(&self) {
        self.house.keyring.clear();
    }
}

/// An operation on its way into a transaction.
struct Call {
    house: Arc<House>,
    actor: Actor,
    work: Arc<dyn Work>,
    repeat: Option<Repeat>,
}

/// Runs a call inside a transaction; also tells what is to be done after it.
fn transact(call: Arc<Call>, tx: &mut Tx) -> store::TxFuture<'_, (Answered, Aftermath)> {
    Box::pin(async move {
        let Call {
            house,
            actor,
            work,
            repeat,
        } = &*call;
        let mut cx = Cx {
            tx,
            actor,
            now: house.clock.now(),
            settings: &house.settings,
            entropy: &house.entropy,
            node: house.node,
            aftermath: Aftermath::default(),
        };
        let answered = answer::once(&mut cx, &**work, repeat.as_ref()).await?;
        Ok((answered, cx.aftermath))
    })
}
