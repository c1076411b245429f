//! Answers to what anybody may ask, given again until something is committed.
//! Agents poll the boards far more often than these change.
//!
//! **Invariant:** an answer that is given again was read from a snapshot that
//! holds every write acknowledged before it was asked for. It is believed only
//! while the database is at the version at which it was read, and where other
//! processes write unseen (PostgreSQL has no such version) nothing is kept.
//!
//! **Invariant:** what is public is the same for everybody
//! ([`Permission::ReadPublic`](domain::policy::Permission::ReadPublic) ignores
//! credentials), so an answer is found by the path and the query it was asked
//! with, at its door. What passes with time alone, and what a command of the
//! operator changes beside the server, is seen [`BELIEVED`] later at the most.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use domain::time::Span;
use domain::{Time, limits};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::answer::{Content, Replied, Reply};

/// How long an answer is given again at most.
const BELIEVED: Span = Span::millis(100);
/// Bytes of an answer that are kept at most.
const LARGEST: usize = 64 << 10;
/// The one status of answers that are kept.
const SUCCESS: u16 = 200;
/// Questions the cache is laid out for.
const LAID_OUT_FOR: usize = 4_096;

pub(crate) struct PublicAnswers {
    kept: Cache<Box<str>, Kept, ByBytes>,
    /// What was asked last, of those questions that share a place. Only what
    /// is asked again is worth keeping.
    asked: Box<[AtomicU64]>,
    hasher: RandomState,
}

#[derive(Clone)]
struct Kept {
    body: Bytes,
    version: u64,
    read_at: Time,
}

#[derive(Clone)]
struct ByBytes;

impl Weighter<Box<str>, Kept> for ByBytes {
    fn weight(&self, asked: &Box<str>, kept: &Kept) -> u64 {
        (asked.len() + kept.body.len()).max(1) as u64
    }
}

impl PublicAnswers {
    pub(crate) fn new() -> Self {
        Self {
            kept: Cache::with_weighter(LAID_OUT_FOR, limits::PUBLIC_ANSWERS_BYTES, ByBytes),
            asked: (0..LAID_OUT_FOR).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Whether this was asked not long ago, and remembers that it was asked.
    pub(crate) fn is_asked_again(&self, asked: &str) -> bool {
        let hash = self.hasher.hash_one(asked);
        let place = &self.asked[hash as usize % LAID_OUT_FOR];
        place.swap(hash, Ordering::Relaxed) == hash
    }

    /// The answer to what is asked, if it was read at this version and not
    /// long ago.
    pub(crate) fn find(&self, asked: &str, version: u64, now: Time) -> Option<Reply> {
        let kept = self.kept.get(asked)?;
        let is_fresh = kept.read_at <= now && now < kept.read_at.plus(BELIEVED);
        (is_fresh && kept.version == version).then(|| Reply {
            status: SUCCESS,
            headers: Vec::new(),
            content: Content::Json(kept.body),
        })
    }

    /// Keeps an answer that was read at this version or a later one.
    pub(crate) fn keep(&self, asked: &str, version: u64, read_at: Time, replied: &Replied) {
        let Reply {
            status,
            headers,
            content: Content::Json(body),
        } = &replied.reply
        else {
            return;
        };
        if *status != SUCCESS || !headers.is_empty() || body.len() > LARGEST {
            return;
        }
        let kept = Kept {
            body: body.clone(),
            version,
            read_at,
        };
        self.kept.insert(asked.into(), kept);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use domain::Time;
    use domain::time::Span;

    use super::{BELIEVED, LARGEST, PublicAnswers};
    use crate::answer::{Content, Replied, Reply};

    const ASKED: &str = "/api/tasks?limit=20";
    const NOW: Time = Time(1_000_000);

    fn replied(status: u16, content: Content) -> Replied {
        let headers = Vec::new();
        let reply = Reply {
            status,
            headers,
            content,
        };
        let replayed = false;
        Replied { reply, replayed }
    }

    fn json(status: u16, body: &str) -> Replied {
        replied(
            status,
            Content::Json(Bytes::copy_from_slice(body.as_bytes())),
        )
    }

    fn found(answers: &PublicAnswers, asked: &str, version: u64, now: Time) -> Option<Bytes> {
        let reply = answers.find(asked, version, now)?;
        match reply.content {
            Content::Json(body) if reply.status == 200 => Some(body),
            _ => panic!("only JSON that was found is kept"),
        }
    }

    #[test]
    fn an_answer_is_given_again_until_something_is_committed() {
        let answers = PublicAnswers::new();
        answers.keep(ASKED, 7, NOW, &json(200, "seven"));
        assert_eq!(
            found(&answers, ASKED, 7, NOW).as_deref(),
            Some(&b"seven"[..])
        );
        assert_eq!(found(&answers, ASKED, 8, NOW), None);
        assert_eq!(found(&answers, "/api/tasks?limit=21", 7, NOW), None);
        answers.keep(ASKED, 8, NOW, &json(200, "eight"));
        assert_eq!(
            found(&answers, ASKED, 8, NOW).as_deref(),
            Some(&b"eight"[..])
        );
    }

    #[test]
    fn what_is_asked_once_is_told_from_what_is_asked_again() {
        let answers = PublicAnswers::new();
        assert!(!answers.is_asked_again(ASKED));
        assert!(answers.is_asked_again(ASKED));
        let others = (0..1_000_000).map(|page| format!("{ASKED}&page={page}"));
        let again = others.filter(|asked| answers.is_asked_again(asked)).count();
        assert_eq!(again, 0, "each of them is asked once");
        assert!(!answers.is_asked_again(ASKED), "they were asked since");
    }

    #[test]
    fn an_answer_grows_old_and_is_not_of_the_future() {
        let answers = PublicAnswers::new();
        answers.keep(ASKED, 7, NOW, &json(200, "seven"));
        let old = NOW.plus(BELIEVED);
        assert!(found(&answers, ASKED, 7, old.minus(Span(1))).is_some());
        assert_eq!(found(&answers, ASKED, 7, old), None);
        assert_eq!(found(&answers, ASKED, 7, NOW.minus(Span(1))), None);
    }

    #[test]
    fn refusals_streams_and_what_is_large_are_not_kept() {
        let answers = PublicAnswers::new();
        let raw = Content::Raw {
            media: "application/wasm".into(),
            bytes: Bytes::from_static(b"code"),
        };
        let mut told = json(200, "{}");
        told.reply.headers.push(("x-told".into(), "once".into()));
        let large = json(200, &" ".repeat(LARGEST + 1));
        for replied in [json(404, "{}"), replied(200, raw), told, large] {
            answers.keep(ASKED, 7, NOW, &replied);
            assert_eq!(found(&answers, ASKED, 7, NOW), None);
        }
        answers.keep(ASKED, 7, NOW, &json(200, &" ".repeat(LARGEST)));
        assert!(found(&answers, ASKED, 7, NOW).is_some());
    }

    #[test]
    fn however_much_is_asked_what_is_kept_is_bounded() {
        let answers = PublicAnswers::new();
        let body = " ".repeat(LARGEST / 2);
        for page in 0..2_000 {
            answers.keep(&format!("{ASKED}&page={page}"), 7, NOW, &json(200, &body));
        }
        assert!(answers.kept.weight() <= domain::limits::PUBLIC_ANSWERS_BYTES);
        assert!(answers.kept.len() > 100, "and not empty");
    }
}
