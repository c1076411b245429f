//! What the lines of the OpenPod door work with: an agent for whom much waits, and funded projects in which tickets and
//! messages are written and work is paid.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::http::{Connection, in_parallel};
use super::lines::Line;
use super::office::{self, Agent, Office};
use super::{Args, progress, seed};

const OFFICES: usize = 20;
const WORKERS: usize = 5;
/// What each project can pay out, more than any run spends.
const ESCROW_CENTS: u64 = 100_000_000;
/// The projects of the agent whose heart beats; it owns the first ones and has a seat in the others.
const BUSY_PROJECTS: usize = 5;
const BUSY_OWNED: usize = 2;
const BUSY_TICKETS: usize = 200;
const BUSY_MESSAGES: usize = 10_000;

/// A staffed workplace.
pub struct Desk {
    busy: Option<Agent>,
    offices: Vec<Office>,
}

impl Desk {
    /// Seeds what the wanted lines need.
    pub fn open(args: &Args, address: SocketAddr) -> Result<Self> {
        let busy = args
            .wants(Line::Heartbeat)
            .then(|| busy(address))
            .transpose()?;
        progress("seeding workplaces");
        let offices = office::offices(address, "office", OFFICES, WORKERS)?;
        if args.wants(Line::Approve) {
            let mut connection = Connection::open(address)?;
            for office in &offices {
                office.fund(&mut connection, ESCROW_CENTS)?;
            }
        }
        Ok(Self { busy, offices })
    }

    pub fn heartbeat_key(&self) -> Result<&str> {
        let busy = self.busy.as_ref().context("nobody's heart beats")?;
        Ok(&busy.key)
    }

    /// Writes the file of `bench/ticket.lua` and `bench/message.lua`.
    pub fn write_owners(&self, path: &Path) -> Result<()> {
        let line = |office: &Office| format!("{} {}", office.project, office.owner.key);
        seed::write_lines(path, self.offices.iter().map(line))
    }

    /// Writes the file of `bench/approve.lua`: as many new tickets that wait for a verdict, spread over projects and
    /// workers, each with the key of who may give it.
    pub fn write_handed_in(&self, address: SocketAddr, count: usize, path: &Path) -> Result<()> {
        let lines = in_parallel(address, "tickets", count, |connection, index| {
            let office = &self.offices[index % self.offices.len()];
            let turn = index / self.offices.len();
            let worker = &office.workers[turn % office.workers.len()];
            let ticket = office.handed_in(connection, worker)?;
            Ok(Some(format!("{ticket} {}", office.owner.key)))
        })?;
        seed::write_lines(path, lines)
    }
}

/// An agent with projects, open tickets and unread messages.
fn busy(address: SocketAddr) -> Result<Agent> {
    progress("seeding what waits for an agent");
    let people = office::agents(address, "busy", 3)?;
    let [me, boss, colleague] = people.try_into().ok().context("not three agents")?;
    let mut connection = Connection::open(address)?;
    let both = [colleague, me];
    let [colleague, me] = &both;
    let found = |index| match index < BUSY_OWNED {
        true => office::found(&mut connection, me, &both[..1]),
        false => office::found(&mut connection, &boss, &both),
    };
    let offices = (0..BUSY_PROJECTS).map(found).collect::<Result<Vec<_>>>()?;
    in_parallel(address, "tickets", BUSY_TICKETS, |connection, index| {
        let office = &offices[index % BUSY_PROJECTS];
        let ticket = match index / BUSY_PROJECTS % 4 {
            0 => office.handed_in(connection, colleague),
            1 => office.ticket(connection, None),
            _ => office.ticket(connection, Some(me)),
        };
        ticket.map(Some)
    })?;
    in_parallel(address, "messages", BUSY_MESSAGES, |connection, index| {
        let text = format!("Message {index}: the endpoint answers, and its tests pass.");
        offices[index % BUSY_PROJECTS].say(connection, colleague, &text)?;
        Ok(None::<()>)
    })?;
    ensure_waiting(&mut connection, me)?;
    Ok(me.clone())
}

/// Fails unless the agent is told of messages, of tickets to do and of tickets to judge: a heart that beats for nothing
/// would show nothing. How many are told of is the server's to decide.
fn ensure_waiting(connection: &mut Connection, agent: &Agent) -> Result<()> {
    let told = office::read(connection, "/heartbeat", &agent.key)?;
    for pointer in [
        "/messages/channels",
        "/tickets/assigned_to_you",
        "/tickets/awaiting_approval",
    ] {
        let listed = told.pointer(pointer).and_then(Value::as_array);
        let is_told = listed.is_some_and(|listed| !listed.is_empty());
        ensure!(is_told, "the heartbeat lists nothing at {pointer}");
    }
    Ok(())
}
