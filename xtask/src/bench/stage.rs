//! The server of the main table, filled, and one measurement of each line on it.

use std::cell::Cell;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail, ensure};

use super::desk::Desk;
use super::lines::Line;
use super::stall::{self, Stall};
use super::supply::Supply;
use super::wrk::{Job, Sample, file};
use super::{Args, http, progress, seed};

const PROJECTS: usize = 1_000;
const TASKS: usize = 10_000;
const VOTERS: usize = 20_000;
/// Steps of the walk over agents and projects that one vote run leaves to the next.
const VOTES_APART: u64 = 5_000_000;
/// A pause after seeding, so that what it left to do is not measured.
const SETTLE: Duration = Duration::from_millis(500);

/// A seeded server and what the runs on it have used so far.
pub struct Stage<'a> {
    args: &'a Args,
    address: SocketAddr,
    folder: &'a Path,
    projects: Vec<String>,
    desk: Option<Desk>,
    runs: Cell<u64>,
    commits: Supply,
    approvals: Supply,
    stall: Option<Stall>,
    market: [Supply; 3],
}

impl<'a> Stage<'a> {
    pub fn prepare(args: &'a Args, address: SocketAddr, folder: &'a Path) -> Result<Self> {
        progress("seeding projects, tasks and agents");
        let projects = seed::projects(address, PROJECTS)?;
        let tasks = seed::tasks(address, &projects, TASKS, |_| true)?;
        seed::write_lines(&folder.join("projects"), &projects)?;
        seed::write_lines(&folder.join("tasks"), tasks)?;
        if args.wants(Line::Vote) {
            let voters = seed::agents(address, "voter", VOTERS)?;
            seed::write_lines(&folder.join("voters"), voters)?;
        }
        let is_at_work = args.lines().into_iter().any(Line::is_at_work);
        let is_at_market = args.lines().into_iter().any(Line::is_at_market);
        let desk = is_at_work.then(|| Desk::open(args, address));
        Ok(Self {
            args,
            address,
            folder,
            projects,
            desk: desk.transpose()?,
            runs: Cell::new(0),
            commits: Supply::default(),
            approvals: Supply::default(),
            stall: is_at_market.then(|| Stall::open(address)).transpose()?,
            market: Default::default(),
        })
    }

    pub fn warm_up(&self) -> Result<()> {
        self.fixed("/healthz", None)?;
        let job = self.job("fixed", Vec::new());
        Job { seconds: 1, ..job }.run()?;
        Ok(())
    }

    pub fn sample(&self, line: Line) -> Result<Sample> {
        self.next_run();
        settle();
        match line {
            Line::Healthz => self.fixed("/healthz", None)?.run(),
            Line::List => self.fixed("/api/tasks?limit=20", None)?.run(),
            Line::ListAnew => {
                let tag = format!("r{}", self.next_run());
                self.job("anew", vec![("TAG", tag)]).run()
            }
            Line::Task => {
                let tasks = file(&self.folder.join("tasks"));
                self.job("task", vec![("TASKS", tasks)]).run()
            }
            Line::Commit => self.commit(),
            Line::Register => {
                let tag = format!("r{}", self.runs.get());
                self.job("register", vec![("TAG", tag)]).run()
            }
            Line::Vote => self.vote().run(),
            Line::Heartbeat => {
                let key = self.desk()?.heartbeat_key()?;
                self.fixed("/api/agent/v1/heartbeat", Some(key))?.run()
            }
            Line::Ticket => self.write("ticket"),
            Line::Message => self.write("message"),
            Line::Approve => self.approve(),
            Line::Publish => self.publish(),
            Line::Claim => self.deal(0, "claim", None, Stall::takeable),
            Line::Submit => self.deal(1, "submit", Some(stall::delivery()), Stall::taken),
            Line::Accept => self.deal(2, "accept", None, Stall::delivered),
            Line::Search | Line::Webhooks | Line::Hosting => {
                bail!("{} has its own table", line.title())
            }
        }
    }

    /// A number that no run before had.
    fn next_run(&self) -> u64 {
        self.runs.set(self.runs.get() + 1);
        self.runs.get()
    }

    fn desk(&self) -> Result<&Desk> {
        self.desk
            .as_ref()
            .ok_or_else(|| anyhow::anyhow!("no workplace was seeded"))
    }

    fn job(&self, script: &'a str, settings: Vec<(&'static str, String)>) -> Job<'a> {
        Job {
            address: self.address,
            path: "/",
            script,
            settings,
            threads: self.args.threads,
            connections: self.args.connections,
            seconds: self.args.seconds,
        }
    }

    /// A GET of one path. wrk counts only statuses above 399 as refused, so the rest is checked here once.
    fn fixed(&self, path: &'a str, key: Option<&str>) -> Result<Job<'a>> {
        ensure_ok(self.address, path, key)?;
        let settings = key.map(|key| ("KEY", key.to_owned()));
        let job = self.job("fixed", settings.into_iter().collect());
        Ok(Job { path, ..job })
    }

    fn vote(&self) -> Job<'a> {
        let settings = vec![
            ("AGENTS", file(&self.folder.join("voters"))),
            ("PROJECTS", file(&self.folder.join("projects"))),
            ("START", (self.runs.get() * VOTES_APART).to_string()),
        ];
        self.job("vote", settings)
    }

    /// Requests by the owners of several projects, each about its own.
    fn write(&self, script: &'a str) -> Result<Sample> {
        let path = self.folder.join("owners");
        self.desk()?.write_owners(&path)?;
        self.job(script, vec![("OWNERS", file(&path))]).run()
    }

    fn commit(&self) -> Result<Sample> {
        self.commits.sample(self.args.seconds, |count, seconds| {
            progress(&format!("seeding {count} agents and tasks"));
            let tag = format!("c{}x", self.next_run());
            let pairs = seed::pairs(self.address, &self.projects, &tag, count)?;
            let path = self.folder.join("pairs");
            seed::write_pairs(&path, &pairs)?;
            self.once_each("commit", &path, seconds)
        })
    }

    fn approve(&self) -> Result<Sample> {
        let desk = self.desk()?;
        self.approvals.sample(self.args.seconds, |count, seconds| {
            progress(&format!("seeding {count} tickets that are handed in"));
            let path = self.folder.join("verdicts");
            desk.write_handed_in(self.address, count, &path)?;
            self.once_each("approve", &path, seconds)
        })
    }

    fn stall(&self) -> Result<&Stall> {
        self.stall
            .as_ref()
            .ok_or_else(|| anyhow::anyhow!("no publishers were seeded"))
    }

    fn publish(&self) -> Result<Sample> {
        let path = self.folder.join("publishers");
        self.stall()?.write_publishers(&path)?;
        let settings = vec![("OWNERS", file(&path)), ("BODY", stall::offer())];
        self.job("publish", settings).run()
    }

    /// What can be done once with each of many tasks, which `make` brings that far.
    fn deal(
        &self,
        supply: usize,
        script: &'a str,
        body: Option<String>,
        make: fn(&Stall, SocketAddr, &str, usize) -> Result<Vec<seed::Pair>>,
    ) -> Result<Sample> {
        let stall = self.stall()?;
        self.market[supply].sample(self.args.seconds, |count, seconds| {
            progress(&format!("seeding {count} pieces of work to {script}"));
            let tag = format!("{script} {}", self.next_run());
            let path = self.folder.join("deals");
            seed::write_pairs(&path, &make(stall, self.address, &tag, count)?)?;
            settle();
            let body = body.clone().map(|body| ("BODY", body));
            let settings = [("PAIRS", file(&path))].into_iter().chain(body).collect();
            let job = self.job(script, settings);
            Job { seconds, ..job }.run()
        })
    }

    /// A run that uses every pair in the file once.
    fn once_each(&self, script: &'a str, pairs: &Path, seconds: u32) -> Result<Sample> {
        settle();
        let job = self.job(script, vec![("PAIRS", file(pairs))]);
        Job { seconds, ..job }.run()
    }
}

/// Waits until what was written before is on the disk: the system goes on writing for seconds after a seeding, and what is
/// measured then would wait for that.
pub fn settle() {
    // Best effort: without the command the pause alone must do.
    let _ = std::process::Command::new("sync").status();
    thread::sleep(SETTLE);
}

/// Fails unless a GET of the path answers 200.
pub fn ensure_ok(address: SocketAddr, path: &str, key: Option<&str>) -> Result<()> {
    let mut connection = http::Connection::open(address)?;
    let request = http::request("GET", path, key, None);
    let status = connection.call(&request)?.status;
    ensure!(status == 200, "GET {path} answered {status}");
    Ok(())
}
