//! What the doubles that are written by hand share: a loopback port, a thread for each connection, requests one after
//! the other.
//!
//! **Invariant:** it closes when dropped: nothing more is accepted, and what a connection asks from then on is not
//! answered.

use crate::receiver::Received;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// A port at which somebody answers.
pub(crate) struct Endpoint {
    address: SocketAddr,
    is_closed: Arc<AtomicBool>,
}

/// Who answers.
pub(crate) trait Answers: Send + Sync + 'static {
    /// A connection was made.
    fn connected(&self) {}

    /// Answers a request; true when the connection can be used again.
    fn answer(&self, request: Received, stream: &mut TcpStream) -> bool;
}

impl Endpoint {
    /// Listens at an address.
    ///
    /// # Panics
    ///
    /// When it is taken.
    pub(crate) fn open(address: SocketAddr, answers: Arc<impl Answers>) -> Endpoint {
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let is_closed = Arc::<AtomicBool>::default();
        let closed = Arc::clone(&is_closed);
        thread::spawn(move || accept(&listener, &closed, &answers));
        Endpoint { address, is_closed }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts, which then ends.
        let _ = TcpStream::connect(self.address);
    }
}

fn accept(listener: &TcpListener, is_closed: &Arc<AtomicBool>, answers: &Arc<impl Answers>) {
    for stream in listener.incoming() {
        if is_closed.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        answers.connected();
        let (is_closed, answers) = (Arc::clone(is_closed), Arc::clone(answers));
        thread::spawn(move || talk(stream, &is_closed, &*answers));
    }
}

/// Answers the requests of one connection until it ends.
fn talk(stream: TcpStream, is_closed: &AtomicBool, answers: &impl Answers) {
    let _ = stream.set_nodelay(true);
    let Ok(reading) = stream.try_clone() else {
        return;
    };
    let mut reading = BufReader::new(reading);
    let mut writing = stream;
    while let Some(request) = read(&mut reading) {
        if is_closed.load(Ordering::SeqCst) || !answers.answer(request, &mut writing) {
            let _ = writing.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}

/// Reads one request; nothing at the end of the connection.
fn read(reading: &mut impl BufRead) -> Option<Received> {
    let mut line = String::new();
    reading.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reading.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reading.read_exact(&mut body).ok()?;
    Some(Received {
        path,
        headers,
        body: String::from_utf8(body).ok()?,
    })
}
