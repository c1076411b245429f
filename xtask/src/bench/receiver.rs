//! An endpoint for webhooks on a loopback port: a thread per connection that answers 200 and notes what arrived.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::arrivals::{Arrival, now_us, read_time};

const TAKEN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const POLL_EVERY: Duration = Duration::from_millis(5);
/// How long nothing may arrive while something is missing.
const PATIENCE: Duration = Duration::from_secs(10);

/// A listening endpoint. Its threads end with the process, or with their connections.
pub struct Receiver {
    address: SocketAddr,
    inbox: Arc<Mutex<Inbox>>,
}

/// What arrived, each delivery once, however often it was sent.
#[derive(Default)]
struct Inbox {
    ids: HashSet<String>,
    arrivals: Vec<Arrival>,
    /// The first request that was no delivery.
    fault: Option<String>,
}

/// What is read of a delivery's headers.
struct Head {
    id: String,
    length: usize,
}

impl Receiver {
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let inbox = Arc::<Mutex<Inbox>>::default();
        let shared = Arc::clone(&inbox);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inbox = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &inbox));
            }
        });
        Ok(Self { address, inbox })
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits until so many deliveries have arrived, and takes them out.
    pub fn take(&self, count: usize) -> Result<Vec<Arrival>> {
        let mut before = 0;
        let mut moved = Instant::now();
        loop {
            let mut inbox = lock(&self.inbox);
            if let Some(fault) = inbox.fault.take() {
                bail!("the receiver got what is no delivery: {fault}");
            }
            let arrived = inbox.arrivals.len();
            if arrived >= count {
                return Ok(std::mem::take(&mut inbox.arrivals));
            }
            drop(inbox);
            if arrived > before {
                (before, moved) = (arrived, Instant::now());
            } else if moved.elapsed() > PATIENCE {
                bail!("only {arrived} of {count} deliveries arrived");
            }
            thread::sleep(POLL_EVERY);
        }
    }
}

fn lock(inbox: &Mutex<Inbox>) -> MutexGuard<'_, Inbox> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: TcpStream, inbox: &Mutex<Inbox>) {
    if let Err(error) = answer_all(stream, inbox) {
        lock(inbox).fault.get_or_insert(format!("{error:#}"));
    }
}

fn answer_all(stream: TcpStream, inbox: &Mutex<Inbox>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(head) = read_head(&mut stream)? {
        let mut body = vec![0; head.length];
        stream.read_exact(&mut body)?;
        let received_at = now_us();
        let body: Value = serde_json::from_slice(&body).context("a body is not JSON")?;
        let happened_at = read_time(body["timestamp"].as_str().context("no timestamp")?)?;
        note(
            inbox,
            head.id,
            Arrival {
                happened_at,
                received_at,
            },
        );
        stream.get_mut().write_all(TAKEN)?;
    }
    Ok(())
}

fn note(inbox: &Mutex<Inbox>, id: String, arrival: Arrival) {
    let mut inbox = lock(inbox);
    if inbox.ids.insert(id) {
        inbox.arrivals.push(arrival);
    }
}

/// The next request's head; nothing when the connection was closed, however that was done.
fn read_head(stream: &mut impl BufRead) -> Result<Option<Head>> {
    let mut line = String::new();
    if !matches!(stream.read_line(&mut line), Ok(1..)) {
        return Ok(None);
    }
    let (mut id, mut length) = (None, None);
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "webhook-id" => id = Some(value.trim().to_owned()),
            "content-length" => length = Some(value.trim().parse()?),
            _ => {}
        }
    }
    Ok(Some(Head {
        id: id.context("no webhook-id")?,
        length: length.context("no Content-Length")?,
    }))
}

#[cfg(test)]
mod tests {
    use super::super::http::{Connection, request};
    use super::*;

    const BODY: &str =
        r#"{"event":"message_received","timestamp":"1970-01-01T00:00:02.000Z","data":{}}"#;

    /// A delivery; the marks before a body's type are its headers.
    fn delivery(id: &str, body: &str) -> String {
        let plain = request("POST", "/hook", None, Some(body));
        plain.replacen(
            "Content-Type",
            &format!("webhook-id: {id}\r\nContent-Type"),
            1,
        )
    }

    #[test]
    fn what_arrives_is_answered_and_noted_once() {
        let receiver = Receiver::start().unwrap();
        let mut connection = Connection::open(receiver.address).unwrap();
        for id in ["one", "one", "two"] {
            assert_eq!(connection.call(&delivery(id, BODY)).unwrap().status, 200);
        }
        let arrivals = receiver.take(2).unwrap();
        let times: Vec<_> = arrivals.iter().map(|it| it.happened_at).collect();
        assert_eq!(times, [2_000_000, 2_000_000]);
        assert!(arrivals.iter().all(|it| it.received_at > it.happened_at));
        assert!(receiver.take(0).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_delivery_is_an_error() {
        let receiver = Receiver::start().unwrap();
        let mut connection = Connection::open(receiver.address).unwrap();
        assert!(connection.call(&delivery("one", "{}")).is_err());
        let error = receiver.take(1).unwrap_err();
        assert!(error.to_string().contains("no timestamp"));
    }
}
