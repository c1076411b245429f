//! A chat turn is attended: its pieces are told to whoever listens, and its
//! end is stored whether somebody still does or not.
//!
//! **Invariant:** the end is stored before the last frame is told. A caller who
//! goes away ends the turn, unless the run is durable.

use std::sync::Arc;
use std::time::Duration;

use domain::id::MessageId;
use domain::policy::Actor;
use domain::{Kind, Result, limits};
use store::tables::runs::{Frames, Status};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::close::{Close, Closing};
use super::frame::{Frame, Numbered};
use super::open::Chat;
use super::suggest;
use super::tally::{Outcome, Tally, Whole};
use super::wanted::Shape;
use crate::App;
use crate::live::Place;
use crate::ops::runs::Keep;
use crate::ports::agents::{Piece, Turn};

/// How often frames of a durable run are stored while it goes on.
const KEEP_EVERY: Duration = Duration::from_millis(100);
/// How often the lease of a run is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// How long a listener may not listen before it counts as gone. A durable run
/// has better things to do than to wait: its listener can come back.
const PATIENCE: Duration = Duration::from_secs(60);
const DURABLE_PATIENCE: Duration = Duration::from_secs(5);
/// Before the end is stored again that could not be; twice as long each time, up
/// to [`STORE_PATIENCE`].
const STORE_AGAIN: Duration = Duration::from_millis(100);
const STORE_PATIENCE: Duration = Duration::from_secs(10);
/// Pieces that are taken at once.
const AT_ONCE: usize = 64;

/// What is needed to attend a turn.
pub(super) struct Attendance {
    pub(super) app: App,
    pub(super) actor: Actor,
    pub(super) chat: Arc<Chat>,
    /// The message to fill, where the beginning was stored.
    pub(super) answer: Option<MessageId>,
    pub(super) shape: Shape,
    pub(super) suggests: bool,
    pub(super) place: Place,
}

/// Who listens.
pub(super) enum Listener {
    /// To everything as it comes.
    Stream(mpsc::Sender<Numbered>),
    /// To the whole answer.
    Whole(oneshot::Sender<Result<Whole>>),
}

/// Tells frames, and gathers those that are to be stored.
struct Teller {
    listener: Option<Listener>,
    is_durable: bool,
    number: i64,
    waiting: String,
    waiting_frames: usize,
}

impl Attendance {
    pub(super) async fn run(self, turn: Turn, listener: Listener) {
        let mut teller = Teller {
            listener: Some(listener),
            is_durable: self.chat.is_durable,
            number: 0,
            waiting: String::new(),
            waiting_frames: 0,
        };
        if self.answer.is_some() {
            self.tell(&mut teller, Frame::Started).await;
            self.tell(&mut teller, Frame::Role).await;
        }
        let messages = match self.suggests {
            true => turn.messages.clone(),
            false => Vec::new(),
        };
        let mut outcome = match self.app.agents() {
            Ok(agents) => {
                let pieces = agents.begin(&self.app, turn);
                self.follow(pieces, &mut teller).await
            }
            Err(_) => Tally::default().outcome(),
        };
        self.place.steering.close();
        if let Ok(whole) = &outcome.answer
            && whole.finished.reason == "stop"
            && let Err(unfit) = self.shape.check(&whole.text).await
        {
            outcome.fail(unfit);
        }
        if self.suggests {
            suggest::add(&self.app, &self.chat, messages, &mut outcome).await;
        }
        self.end(teller, outcome).await;
    }

    /// Takes pieces until the end.
    async fn follow(&self, mut pieces: mpsc::Receiver<Piece>, teller: &mut Teller) -> Outcome {
        let mut tally = Tally::default();
        let mut cancelled = self.place.cancellation();
        let mut is_ending = false;
        let mut batch = Vec::with_capacity(AT_ONCE);
        let mut keep = ticks(KEEP_EVERY);
        let mut renew = ticks(RENEW_EVERY);
        renew.reset();
        loop {
            if teller.listener.is_none() && !teller.is_durable && !is_ending {
                is_ending = true;
                pieces.close();
            }
            tokio::select! {
                biased;
                () = ended(&mut cancelled), if !is_ending => {
                    is_ending = true;
                    pieces.close();
                }
                taken = pieces.recv_many(&mut batch, AT_ONCE) => {
                    if taken == 0 {
                        return tally.outcome();
                    }
                    for piece in batch.drain(..) {
                        if let Some(frame) = tally.take(piece, teller.wants_frames()) {
                            self.tell(teller, frame).await;
                        }
                    }
                }
                () = teller.left(), if teller.listener.is_some() => teller.listener = None,
                _ = keep.tick(), if teller.waiting_frames > 0 => self.keep(teller).await,
                _ = renew.tick(), if self.answer.is_some() => self.keep(teller).await,
            }
        }
    }

    /// Tells a frame.
    async fn tell(&self, teller: &mut Teller, frame: Frame) {
        if teller.note(&frame) {
            self.place.note_sent(teller.number);
        }
        teller.pass(frame).await;
        if teller.waiting_frames >= limits::FRAMES_AT_ONCE {
            self.keep(teller).await;
        }
    }

    /// Stores the frames so far and renews the lease. What cannot be stored now
    /// is tried again with the next.
    async fn keep(&self, teller: &mut Teller) {
        let keep = Keep {
            run: self.chat.run,
            frames: teller.frames(),
        };
        match self.app.call(&Actor::System, keep).await {
            Ok(is_wanted) => {
                teller.kept();
                self.place.note_kept(teller.number);
                if !is_wanted {
                    self.place.cancel();
                }
            }
            Err(error) => {
                tracing::warn!(%error, run = %self.chat.run, "frames of a run are not stored")
            }
        }
    }

    /// Stores the end, again where the database cannot now.
    async fn store(&self, close: Close) -> Result<()> {
        let mut pause = STORE_AGAIN;
        loop {
            match self.app.call(&self.actor, close.clone()).await {
                Err(error) if error.kind == Kind::Unavailable && pause < STORE_PATIENCE => {
                    tracing::warn!(%error, run = %self.chat.run, "the end of a run waits for the database");
                    let _ = timeout(pause, std::future::pending::<()>()).await;
                    pause = pause.saturating_mul(2);
                }
                stored => return stored,
            }
        }
    }

    /// Stores the end and tells it.
    async fn end(self, mut teller: Teller, outcome: Outcome) {
        for frame in outcome.frames() {
            self.tell(&mut teller, frame).await;
        }
        let last = outcome.last_frame();
        let is_noted = teller.note(&last);
        let reason = outcome.reason();
        let Outcome {
            answer,
            status,
            usage,
            content,
            tool_calls,
        } = outcome;
        let closing = Closing {
            chat: Arc::clone(&self.chat),
            answer: self.answer,
            content,
            tool_calls,
            usage,
            status,
            reason,
            error: answer.as_ref().err().map(|error| error.message.to_string()),
            frames: teller.frames(),
        };
        let stored = self.store(Close(Arc::new(closing))).await;
        if is_noted {
            self.place.note_sent(teller.number);
            self.place.note_kept(teller.number);
        }
        let (answer, last) = match stored {
            Ok(()) => (answer, last),
            Err(error) => {
                tracing::error!(%error, run = %self.chat.run, "the end of a run is not stored");
                (Err(error.clone()), Frame::Failed(error.into()))
            }
        };
        if let (Err(error), false) = (&answer, status == Status::Cancelled) {
            tracing::info!(code = error.code, run = %self.chat.run, "a chat turn failed");
        }
        // Those who asked about the run find it ended.
        drop(self.place);
        match teller.listener.take() {
            Some(Listener::Whole(listener)) => {
                let _ = listener.send(answer);
            }
            Some(Listener::Stream(listener)) => {
                let number = teller.number;
                let passing = listener.send(Numbered {
                    number,
                    frame: last,
                });
                let _ = timeout(PATIENCE, passing).await;
            }
            None => {}
        }
    }
}

impl Teller {
    fn wants_frames(&self) -> bool {
        self.is_durable || matches!(self.listener, Some(Listener::Stream(_)))
    }

    /// Numbers a frame; true when it is to be stored.
    fn note(&mut self, frame: &Frame) -> bool {
        self.number += 1;
        if !self.is_durable || self.number > limits::RUN_FRAMES {
            return false;
        }
        self.waiting.push_str(&frame.written().to_string());
        self.waiting.push('\n');
        self.waiting_frames += 1;
        true
    }

    async fn pass(&mut self, frame: Frame) {
        let Some(Listener::Stream(listener)) = &self.listener else {
            return;
        };
        let number = self.number;
        let passing = listener.send(Numbered { number, frame });
        let patience = match self.is_durable {
            true => DURABLE_PATIENCE,
            false => PATIENCE,
        };
        if !matches!(timeout(patience, passing).await, Ok(Ok(()))) {
            self.listener = None;
        }
    }

    /// The listener went away.
    async fn left(&mut self) {
        match &mut self.listener {
            Some(Listener::Stream(listener)) => listener.closed().await,
            Some(Listener::Whole(listener)) => listener.closed().await,
            None => std::future::pending().await,
        }
    }

    fn frames(&self) -> Frames {
        Frames {
            last: self.number.min(limits::RUN_FRAMES),
            lines: self.waiting.clone(),
        }
    }

    fn kept(&mut self) {
        self.waiting.clear();
        self.waiting_frames = 0;
    }
}

/// Waits until somebody ends the turn.
async fn ended(cancelled: &mut watch::Receiver<bool>) {
    let _ = cancelled.wait_for(|is_cancelled| *is_cancelled).await;
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
