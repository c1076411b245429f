//! The hosting tables (SQLite): what the server adds to a model's answer, how soon jobs are done, what streams cost.
//!
//! The model is [`upstream`](super::upstream), which answers at once. **Chat**: the same load at the model itself and
//! through the server, by turns; what is added is the difference of the medians. **Jobs**: from the request to the moment
//! at which the stream of events tells that everything is done, with the built-in model. **Streams**: memory per idle
//! stream, and the time until all of them have heard of one event.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::http::{Connection, request};
use super::lines::verdict;
use super::server::{OPERATOR_KEY, Server};
use super::stage::settle;
use super::stats::{grouped, median, ratio};
use super::table::Table;
use super::upstream::Upstream;
use super::wrk::{Job, Sample};
use super::{Bench, progress, sqlite_url};
use crate::postgres::free_port;

const JOBS: usize = 20;
const STREAMS: usize = 5_000;
const EVENTS: usize = 20;
const MANY_JOBS: usize = 100_000;
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with a project, an agent and a model behind it.
struct Hosting {
    server: Server,
    upstream: Upstream,
    key: String,
}

/// Measures and prints the tables.
pub fn measure(bench: &Bench) -> Result<Vec<String>> {
    let folder = bench.subfolder("hosting")?;
    let upstream = Upstream::start(free_port()?)?;
    let base = format!("http://{}/v1", upstream.address);
    let settings = [
        ("GUILDHALL_PROVIDERS__BENCH__BASE_URL", base.as_str()),
        ("GUILDHALL_PROVIDERS__BENCH__API_KEY", "none"),
    ];
    let server = Server::start_with(&bench.binary, &sqlite_url(&folder), &folder, &settings)?;
    let key = open(server.address)?;
    let hosting = Hosting {
        server,
        upstream,
        key,
    };
    let measured = hosting.measure(bench);
    hosting.server.explain(measured)?;
    Ok(Vec::new())
}

fn open(address: SocketAddr) -> Result<String> {
    let body = json!({ "name": "bench" }).to_string();
    let made = call(
        address,
        "POST",
        "/guild/v1/projects",
        OPERATOR_KEY,
        Some(&body),
    )?;
    let key = made["keys"]["live"].as_str().context("no key")?.to_owned();
    let agent =
        json!({ "name": "dev", "role": "Developer", "model": "mock/echo", "allowedTools": [] });
    call(
        address,
        "POST",
        "/v1/agents",
        &key,
        Some(&agent.to_string()),
    )?;
    let settings = json!({ "maxConcurrency": 100 }).to_string();
    call(
        address,
        "PATCH",
        "/v1/config/settings",
        &key,
        Some(&settings),
    )?;
    Ok(key)
}

fn call(
    address: SocketAddr,
    method: &str,
    path: &str,
    key: &str,
    body: Option<&str>,
) -> Result<Value> {
    let answer = Connection::open(address)?.call(&request(method, path, Some(key), body))?;
    let text = String::from_utf8_lossy(&answer.body);
    ensure!(
        answer.status < 300,
        "{method} {path}: {} {text}",
        answer.status
    );
    Ok(serde_json::from_str(&text)?)
}

impl Hosting {
    fn measure(&self, bench: &Bench) -> Result<()> {
        self.chat(bench)?;
        self.jobs()?;
        self.written_jobs(bench)?;
        self.streams()
    }

    fn chat(&self, bench: &Bench) -> Result<()> {
        let mut table = Table::new(&[
            "chat",
            "req/s",
            "p50 ms",
            "p99 ms",
            "model alone: req/s",
            "p50 ms",
            "p99 ms",
            "added p50",
            "added p99",
            "result",
        ]);
        for (connections, streamed) in [(1, false), (16, false), (64, false), (16, true)] {
            progress(&format!(
                "chat at {connections} connections, streamed: {streamed}"
            ));
            let (mut through, mut alone) = (Vec::new(), Vec::new());
            for _ in 0..bench.args.rounds {
                settle();
                alone.push(self.turn(bench, self.upstream.address, connections, streamed)?);
                through.push(self.turn(bench, self.server.address, connections, streamed)?);
            }
            table.row(compared(connections, streamed, &through, &alone));
        }
        table.print("Chat through the server and at the model itself");
        Ok(())
    }

    fn turn(
        &self,
        bench: &Bench,
        address: SocketAddr,
        connections: u32,
        streamed: bool,
    ) -> Result<Sample> {
        let body = json!({
            "model": "bench/instant",
            "stream": streamed,
            "messages": [{ "role": "user", "content": "Is it done?" }],
        });
        let job = Job {
            address,
            path: "/v1/chat/completions",
            script: "chat",
            settings: vec![("BODY", body.to_string()), ("KEY", self.key.clone())],
            threads: 1,
            connections,
            seconds: bench.args.seconds,
        };
        let sample = job.run()?;
        match sample.fault() {
            Some(fault) => anyhow::bail!("chat: {fault}"),
            None => Ok(sample),
        }
    }

    fn jobs(&self) -> Result<()> {
        progress("jobs from the request to done");
        let mut table = Table::new(&["jobs", "median ms", "slowest ms", "target ms", "result"]);
        let one = |n: usize| self.timed(&format!("one {n}"), 1);
        let ten = |n: usize| self.timed(&format!("ten {n}"), 10);
        let mission = |n: usize| self.timed_mission(n);
        type Round<'a> = &'a dyn Fn(usize) -> Result<Duration>;
        let rounds: [(&str, f64, Round<'_>); 3] = [
            ("one task", 20.0, &one),
            (
                "a mission of two tasks, one after the other",
                40.0,
                &mission,
            ),
            ("ten tasks at once", 100.0, &ten),
        ];
        for (title, target, round) in rounds {
            let found = (0..JOBS).map(round).collect::<Result<Vec<_>>>()?;
            let ms: Vec<_> = found.iter().map(|it| it.as_secs_f64() * 1_000.0).collect();
            let slowest = ms.iter().copied().fold(0.0, f64::max);
            let middle = median(ms);
            table.row([
                title.into(),
                format!("{middle:.1}"),
                format!("{slowest:.1}"),
                format!("{target:.0}"),
                verdict(None, Some(middle <= target)),
            ]);
        }
        table.print("Jobs, from the request to the event that tells that all are done");
        Ok(())
    }

    fn timed(&self, tag: &str, count: usize) -> Result<Duration> {
        let mut events = self.listen("task:transition")?;
        let bodies: Vec<_> = (0..count)
            .map(|n| json!({ "title": format!("{tag}-{n}"), "description": "Say hello.", "assignTo": "dev" }).to_string())
            .collect();
        let mut connection = Connection::open(self.server.address)?;
        let started = Instant::now();
        for body in &bodies {
            let answer =
                connection.call(&request("POST", "/v1/tasks", Some(&self.key), Some(body)))?;
            ensure!(answer.status == 201, "POST /v1/tasks: {}", answer.status);
        }
        for _ in 0..count {
            events.wait(|data| data["to"] == "done")?;
        }
        Ok(started.elapsed())
    }

    fn timed_mission(&self, n: usize) -> Result<Duration> {
        let tasks = json!({ "tasks": [
            { "title": format!("first {n}"), "description": "Say hello.", "assignTo": "dev" },
            { "title": format!("second {n}"), "description": "Say hello.", "assignTo": "dev", "dependsOn": [format!("first {n}")] },
        ] });
        let body = json!({ "name": format!("mission {n}"), "data": tasks.to_string() }).to_string();
        let made = call(
            self.server.address,
            "POST",
            "/v1/missions",
            &self.key,
            Some(&body),
        )?;
        let id = made["id"].as_str().context("no mission")?;
        let mut events = self.listen("mission:completed")?;
        let started = Instant::now();
        call(
            self.server.address,
            "POST",
            &format!("/v1/missions/{id}/execute"),
            &self.key,
            None,
        )?;
        events.wait(|_| true)?;
        Ok(started.elapsed())
    }

    fn written_jobs(&self, bench: &Bench) -> Result<()> {
        progress("POST /tasks on few and on many tasks");
        let mut table = Table::new(&[
            "POST /tasks (drafts)",
            "req/s",
            "of /healthz",
            "target",
            "result",
        ]);
        let healthz = self
            .wrk(bench, "fixed", "/healthz", Vec::new())?
            .per_second();
        for (title, tag) in [("few tasks", "few"), ("many tasks", "many")] {
            if tag == "many" {
                self.seed(MANY_JOBS)?;
            }
            let settings = vec![("KEY", self.key.clone()), ("TAG", tag.to_owned())];
            let sample = self.wrk(bench, "job", "/v1/tasks", settings)?;
            let share = ratio(sample.per_second(), healthz);
            table.row([
                title.into(),
                grouped(sample.per_second()),
                format!("{share:.2}"),
                "0.35".into(),
                verdict(None, Some(share >= 0.35)),
            ]);
        }
        table.print("Writing tasks");
        Ok(())
    }

    fn seed(&self, count: usize) -> Result<()> {
        super::http::in_parallel(
            self.server.address,
            "tasks of hosted agents",
            count,
            |connection, n| {
                let body = json!({ "draft": true, "assignTo": "dev", "title": format!("seed {n}"), "description": "Later." });
                connection.call(&request(
                    "POST",
                    "/v1/tasks",
                    Some(&self.key),
                    Some(&body.to_string()),
                ))?;
                Ok(None::<()>)
            },
        )?;
        settle();
        Ok(())
    }

    fn wrk(
        &self,
        bench: &Bench,
        script: &str,
        path: &str,
        settings: Vec<(&'static str, String)>,
    ) -> Result<Sample> {
        settle();
        let job = Job {
            address: self.server.address,
            path,
            script,
            settings,
            threads: bench.args.threads,
            connections: bench.args.connections,
            seconds: bench.args.seconds,
        };
        let sample = job.run()?;
        match sample.fault() {
            Some(fault) => anyhow::bail!("{script}: {fault}"),
            None => Ok(sample),
        }
    }

    fn streams(&self) -> Result<()> {
        progress(&format!("{STREAMS} idle streams of events"));
        let before = self.server.resident_bytes()?;
        let mut streams = Vec::with_capacity(STREAMS);
        for _ in 0..STREAMS {
            streams.push(self.listen("config:reloaded")?);
        }
        thread::sleep(Duration::from_secs(1));
        let each =
            (self.server.resident_bytes()?.saturating_sub(before)) as f64 / STREAMS as f64 / 1024.0;
        let mut slowest = Vec::with_capacity(EVENTS);
        for _ in 0..EVENTS {
            slowest.push(self.fan_out(&mut streams)?);
        }
        slowest.sort_by(f64::total_cmp);
        let p99 = slowest.last().copied().unwrap_or(f64::INFINITY);
        let mut table = Table::new(&["streams", "measured", "target", "result"]);
        table.row([
            format!("memory of one of {STREAMS} idle streams, KiB"),
            format!("{each:.1}"),
            "20".into(),
            verdict(None, Some(each <= 20.0)),
        ]);
        table.row([
            format!("p99 of {STREAMS} streams hearing of an event, worst of {EVENTS} events, ms"),
            format!("{p99:.1}"),
            "50".into(),
            verdict(None, Some(p99 <= 50.0)),
        ]);
        table.print("Streams of events");
        Ok(())
    }

    /// The time from the answer to a change until 99 of 100 streams have heard of it, in milliseconds.
    fn fan_out(&self, streams: &mut [Stream]) -> Result<f64> {
        let path = "/v1/config/reload";
        let mut connection = Connection::open(self.server.address)?;
        let ask = request("POST", path, Some(&self.key), None);
        let started = Instant::now();
        let answer = connection.call(&ask)?;
        ensure!(answer.status == 200, "POST {path}: {}", answer.status);
        let mut heard = Vec::with_capacity(streams.len());
        for stream in streams {
            stream.wait(|_| true)?;
            heard.push(started.elapsed().as_secs_f64() * 1_000.0);
        }
        // They are read one after the other, so each time is one at which all before have heard.
        Ok(heard.get(heard.len() * 99 / 100).copied().unwrap_or(0.0))
    }

    fn listen(&self, filter: &str) -> Result<Stream> {
        Stream::open(self.server.address, &self.key, filter)
    }
}

fn compared(connections: u32, streamed: bool, through: &[Sample], alone: &[Sample]) -> Vec<String> {
    let middle = |samples: &[Sample], value: fn(&Sample) -> f64| {
        median(samples.iter().map(value).collect::<Vec<_>>())
    };
    let columns = |samples: &[Sample]| {
        [
            middle(samples, Sample::per_second),
            middle(samples, |sample| sample.p50_us / 1_000.0),
            middle(samples, |sample| sample.p99_us / 1_000.0),
        ]
    };
    let ([rate, p50, p99], [bare_rate, bare_p50, bare_p99]) = (columns(through), columns(alone));
    let (added_p50, added_p99) = (p50 - bare_p50, p99 - bare_p99);
    let is_promised = connections == 16;
    let met = added_p50 <= 0.3 && added_p99 <= 2.0 && (streamed || rate >= 5_000.0);
    let how = if streamed { "streamed" } else { "whole" };
    vec![
        format!("{connections} connections, {how}"),
        grouped(rate),
        format!("{p50:.2}"),
        format!("{p99:.2}"),
        grouped(bare_rate),
        format!("{bare_p50:.2}"),
        format!("{bare_p99:.2}"),
        format!("{added_p50:.2}"),
        format!("{added_p99:.2}"),
        verdict(None, is_promised.then_some(met)),
    ]
}

/// An open stream of events.
struct Stream {
    reader: BufReader<TcpStream>,
}

impl Stream {
    fn open(address: SocketAddr, key: &str, filter: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let path = format!("/v1/events?filter={filter}");
        stream.write_all(request("GET", &path, Some(key), None).as_bytes())?;
        let mut reader = BufReader::with_capacity(2 * 1024, stream);
        let mut line = String::new();
        // The first frame says that it listens.
        while !line.starts_with("retry:") {
            line.clear();
            ensure!(reader.read_line(&mut line)? > 0, "the stream ended at once");
        }
        Ok(Self { reader })
    }

    /// Reads until an event has the data that are wanted.
    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Result<()> {
        let mut line = String::new();
        loop {
            line.clear();
            ensure!(self.reader.read_line(&mut line)? > 0, "the stream ended");
            let data = line
                .strip_prefix("data: ")
                .and_then(|data| serde_json::from_str(data).ok());
            if data.is_some_and(|data: Value| wanted(&data)) {
                return Ok(());
            }
        }
    }
}
