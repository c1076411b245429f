//! The server, or the database under it, is killed while it is busy.
//!
//! **Invariant:** what was acknowledged is there after the restart; what was
//! refused is not; what nobody was told about happened once or not at all, and
//! repeating it with the same idempotency key leaves it done once; the audit
//! finds nothing. Each thread of the load remembers what it was told in its
//! [`Story`]s.

mod story;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use story::{Book, Story, Told};
use testkit::http::Client;
use testkit::postgres::exclusive_cluster;

use crate::program::{assert_audit_is_clean, server};

const WRITERS: usize = 6;
/// Acknowledged requests before a kill: at least, and at random up to.
const KILL_AFTER: (u64, u64) = (50, 450);

testkit::on_both_engines! {
    fn a_killed_server_keeps_what_it_acknowledged(engine: testkit::engine::Engine) {
        let scratch = engine.scratch();
        let command = server(scratch.url()).env("GUILDHALL_LOG__FILTER", "warn");
        let mut stories = Vec::new();
        for round in 0..rounds() {
            let mut guildhall = command.start();
            check(&guildhall.client(), &mut stories);
            let load = Load::new(&guildhall.client(), round);
            stories.extend(load.while_busy(|told| {
                wait_for(told, random(KILL_AFTER));
                // In the middle of whatever the others ask for.
                guildhall.kill9();
            }));
            assert_audit_is_clean(scratch.url());
        }
        check(&command.start().client(), &mut stories);
        assert_audit_is_clean(scratch.url());
    }
}

/// The server outlives it, refuses meanwhile and goes on by itself.
#[test]
fn a_killed_database_keeps_what_was_acknowledged() {
    let cluster = exclusive_cluster().expect("a cluster");
    let database = cluster.database().expect("a database");
    let guildhall = server(database.url())
        .env("GUILDHALL_LOG__FILTER", "off")
        .start();
    let mut stories = Vec::new();
    for round in 0..rounds() {
        let load = Load::new(&guildhall.client(), round);
        stories.extend(load.while_busy(|told| {
            wait_for(told, random(KILL_AFTER));
            cluster.kill().expect("killed");
            cluster.start().expect("started");
            // What was told before it came back is not counted.
            told.try_iter().for_each(drop);
            wait_for(told, 50);
        }));
        check(&guildhall.client(), &mut stories);
        assert_audit_is_clean(database.url());
    }
}

/// How often each test kills.
fn rounds() -> usize {
    let wanted = std::env::var("GUILDHALL_CRASH_ROUNDS").ok();
    wanted.map_or(3, |rounds| rounds.parse().expect("a number"))
}

fn random((from, to): (u64, u64)) -> u64 {
    from + RandomState::new().build_hasher().finish() % (to - from)
}

/// Waits for so many acknowledgements.
fn wait_for(told: &Receiver<()>, count: u64) {
    for _ in 0..count {
        told.recv().expect("somebody is still writing");
    }
}

/// Compares every story with what the server has.
#[track_caller]
fn check(client: &Client, stories: &mut [Story]) {
    let book = Book::open(client);
    let statuses = book.statuses();
    for story in stories {
        story.check(&book, &statuses);
    }
}

/// Several threads that write until their server is gone or they are stopped.
struct Load {
    book: Book,
    round: usize,
    stop: AtomicBool,
}

impl Load {
    fn new(client: &Client, round: usize) -> Self {
        Self {
            book: Book::open(client),
            round,
            stop: AtomicBool::new(false),
        }
    }

    /// Does something meanwhile, which hears of every acknowledgement; answers
    /// the stories.
    fn while_busy(&self, meanwhile: impl FnOnce(&Receiver<()>)) -> Vec<Story> {
        let (telling, told) = channel();
        std::thread::scope(|threads| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let telling = telling.clone();
                    threads.spawn(move || self.write(writer, &telling))
                })
                .collect();
            drop(telling);
            meanwhile(&told);
            self.stop.store(true, Ordering::Relaxed);
            let stories = writers
                .into_iter()
                .map(|writer| writer.join().expect("no panic"));
            stories.flatten().collect()
        })
    }

    fn write(&self, writer: usize, telling: &Sender<()>) -> Vec<Story> {
        let mut stories = Vec::new();
        for number in 0.. {
            let name = format!("agent-{}-{writer}-{number}", self.round);
            let mut story = Story::new(name, &self.book);
            let told = self.tell(&mut story, telling);
            stories.push(story);
            if told == Told::Refused {
                self.wait_until_ready();
            }
            if told == Told::Lost || self.stop.load(Ordering::Relaxed) {
                break;
            }
        }
        stories
    }

    fn wait_until_ready(&self) {
        while !self.stop.load(Ordering::Relaxed) && !self.book.is_ready() {
            std::thread::yield_now();
        }
    }

    /// Goes on until the story is told or stuck.
    fn tell(&self, story: &mut Story, telling: &Sender<()>) -> Told {
        while !story.is_told() {
            let told = story.go_on(&self.book);
            if told != Told::Done {
                return told;
            }
            // Nobody may be listening any more.
            let _ = telling.send(());
        }
        Told::Done
    }
}
