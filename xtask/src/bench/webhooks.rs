//! The webhooks table: how fast events are told to those who registered for them (SQLite).
//!
//! The events are chat messages, the endpoint a receiver in this process ([`receiver`](super::receiver)), which shares the
//! cores with the server. Two runs per round. **Burst**: messages as fast as they are taken, in a project with several
//! members, each with a webhook; deliveries per second, from the first that is received to the last. A webhook is called
//! once at a time and switched off when too much waits for it, so one alone would show something else. **Stream**:
//! messages at a gentle pace in a project with one member; the time from the event to the receiver.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::arrivals::{p99_us, per_second};
use super::http::{Connection, in_parallel};
use super::lines::{Line, verdict};
use super::office::{self, Office};
use super::receiver::Receiver;
use super::server::Server;
use super::stage::settle;
use super::stats::{grouped, median};
use super::table::Table;
use super::{Bench, progress, sqlite_url};

const SETTINGS: [(&str, &str); 1] = [("GUILDHALL_WEBHOOKS__ALLOW_LOOPBACK", "true")];
const BURST_MEMBERS: usize = 8;
const BURST_MESSAGES: usize = 2_000;
const STREAM_PER_SECOND: u32 = 200;
/// A stream that comes later than this share of its time is not the one that is promised.
const MOST_DELAY: f64 = 1.1;
const LEAST_PER_SECOND: f64 = 3_000.0;
const MOST_P99_MILLISECONDS: f64 = 100.0;

/// A server with an endpoint and two projects whose members are told of messages.
struct Post {
    server: Server,
    receiver: Receiver,
    burst: Office,
    stream: Office,
}

/// What one round showed.
struct Round {
    per_second: f64,
    p99_ms: f64,
}

/// Measures and prints the table.
pub fn measure(bench: &Bench) -> Result<Vec<String>> {
    progress("webhooks: seeding projects and endpoints");
    let folder = bench.subfolder("webhooks")?;
    let server = Server::start_with(&bench.binary, &sqlite_url(&folder), &folder, &SETTINGS)?;
    let round = |post: &Post, round: u32| {
        let found = post.round(bench.args.seconds)?;
        let (rate, p99) = (grouped(found.per_second), found.p99_ms);
        progress(&format!(
            "round {round}: {rate} deliveries/s, p99 of a stream {p99:.1} ms"
        ));
        Ok(found)
    };
    let post = Post::open(server)?;
    let rounds = (1..=bench.args.rounds).map(|number| round(&post, number));
    let rounds = post.server.explain(rounds.collect::<Result<Vec<_>>>())?;
    print(&rounds);
    Ok(Vec::new())
}

fn print(rounds: &[Round]) {
    let rate = median(rounds.iter().map(|round| round.per_second));
    let p99 = median(rounds.iter().map(|round| round.p99_ms));
    let mut table = Table::new(&["line", "value", "target", "result"]);
    table.row([
        format!("{}, burst", Line::Webhooks.title()),
        format!("{}/s", grouped(rate)),
        format!(">= {}/s", grouped(LEAST_PER_SECOND)),
        verdict(None, Some(rate >= LEAST_PER_SECOND)),
    ]);
    table.row([
        format!("{}, stream", Line::Webhooks.title()),
        format!("p99 {p99:.1} ms"),
        format!("<= {MOST_P99_MILLISECONDS:.0} ms"),
        verdict(None, Some(p99 <= MOST_P99_MILLISECONDS)),
    ]);
    table.print(&format!(
        "SQLite, {BURST_MESSAGES} events for {BURST_MEMBERS} webhooks at once, {STREAM_PER_SECOND} events/s for one"
    ));
}

impl Post {
    fn open(server: Server) -> Result<Self> {
        let address = server.address;
        let team = |tag, members| {
            let offices = office::offices(address, tag, 1, members)?;
            offices.into_iter().next().context("no project")
        };
        let post = Self {
            receiver: Receiver::start()?,
            burst: server.explain(team("burst", BURST_MEMBERS))?,
            stream: server.explain(team("stream", 1))?,
            server,
        };
        post.server.explain(post.register())?;
        Ok(post)
    }

    /// A webhook for every member.
    fn register(&self) -> Result<()> {
        let mut connection = Connection::open(self.server.address)?;
        let members = self.burst.workers.iter().chain(&self.stream.workers);
        for (index, member) in members.enumerate() {
            let url = self.receiver.url(&format!("/hook/{index}"));
            let body = json!({ "url": url, "events": ["message_received"] });
            office::send(
                &mut connection,
                "POST",
                "/webhooks",
                Some(&member.key),
                &body,
            )?;
        }
        Ok(())
    }

    fn round(&self, seconds: u32) -> Result<Round> {
        settle();
        let per_second = self.run_burst()?;
        settle();
        let p99_ms = self.run_stream(seconds)?;
        Ok(Round { per_second, p99_ms })
    }

    fn run_burst(&self) -> Result<f64> {
        let office = &self.burst;
        self.talk(office, BURST_MESSAGES, Duration::ZERO)?;
        let arrivals = self.receiver.take(BURST_MESSAGES * office.workers.len())?;
        Ok(per_second(&arrivals))
    }

    fn run_stream(&self, seconds: u32) -> Result<f64> {
        let count = (STREAM_PER_SECOND * seconds) as usize;
        let took = self.talk(
            &self.stream,
            count,
            Duration::from_secs(1) / STREAM_PER_SECOND,
        )?;
        ensure!(
            took.as_secs_f64() <= f64::from(seconds) * MOST_DELAY,
            "{count} messages of the stream took {took:.1?}"
        );
        Ok(p99_us(&self.receiver.take(count)?) / 1_000.0)
    }

    /// The owner says so many things, one every so often; how long that took.
    fn talk(&self, office: &Office, count: usize, every: Duration) -> Result<Duration> {
        let started = Instant::now();
        in_parallel(
            self.server.address,
            "messages",
            count,
            |connection, index| {
                let due = every * index as u32;
                thread::sleep(due.saturating_sub(started.elapsed()));
                office.say(
                    connection,
                    &office.owner,
                    "The endpoint answers, and its tests pass.",
                )?;
                Ok(None::<()>)
            },
        )?;
        Ok(started.elapsed())
    }
}
