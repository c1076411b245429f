//! The smallest HTTP/1.1 client that can fill a database: one request at a time over a kept-alive connection, and many
//! such connections on threads.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Connections used to fill a database: enough for the writer to work in full batches.
const SEED_CONNECTIONS: usize = 64;
const REPORT_EVERY: Duration = Duration::from_secs(3);

/// What the server answered.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// A kept-alive connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
}

/// How the length of a body is told.
enum Length {
    Known(usize),
    Chunked,
}

/// A request as bytes. Without a body there is no content type either (contract POLT, 2.1).
pub fn request(method: &str, path: &str, key: Option<&str>, body: Option<&str>) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: bench\r\n");
    if let Some(key) = key {
        text += &format!("Authorization: Bearer {key}\r\n");
    }
    match body {
        None => text += "\r\n",
        Some(body) => {
            let length = body.len();
            text += &format!(
                "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            );
        }
    }
    text
}

impl Connection {
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, CONNECT_WITHIN)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        Ok(Self {
            stream: BufReader::with_capacity(16 * 1024, stream),
            line: String::new(),
        })
    }

    /// Sends one request and reads the whole answer.
    pub fn call(&mut self, request: &str) -> Result<Answer> {
        self.stream.get_mut().write_all(request.as_bytes())?;
        let status = self.status()?;
        let body = match self.headers()? {
            Length::Known(length) => self.exactly(length)?,
            Length::Chunked => self.chunks()?,
        };
        Ok(Answer { status, body })
    }

    fn next_line(&mut self) -> Result<&str> {
        self.line.clear();
        if self.stream.read_line(&mut self.line)? == 0 {
            bail!("the server closed the connection");
        }
        Ok(self.line.trim_end())
    }

    fn status(&mut self) -> Result<u16> {
        let line = self.next_line()?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        status.with_context(|| format!("not a status line: {line}"))
    }

    fn headers(&mut self) -> Result<Length> {
        let mut length = Length::Known(0);
        loop {
            let line = self.next_line()?;
            if line.is_empty() {
                return Ok(length);
            }
            let (name, value) = line.split_once(':').context("not a header")?;
            if name.eq_ignore_ascii_case("content-length") {
                length = Length::Known(value.trim().parse()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                length = Length::Chunked;
            }
        }
    }

    fn exactly(&mut self, length: usize) -> Result<Vec<u8>> {
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(body)
    }

    fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(self.next_line()?, 16)?;
            body.extend(self.exactly(size)?);
            self.next_line()?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
}

/// Does `work` for 0..total over many connections. What it returns comes back in that order, `None` left out; the first
/// error ends it.
pub fn in_parallel<T: Send>(
    address: SocketAddr,
    label: &str,
    total: usize,
    work: impl Fn(&mut Connection, usize) -> Result<Option<T>> + Sync,
) -> Result<Vec<T>> {
    let counter = Counter::new(total);
    let mut found = thread::scope(|scope| {
        let workers: Vec<_> = (0..SEED_CONNECTIONS.min(total))
            .map(|_| scope.spawn(|| counter.work_off(address, &work)))
            .collect();
        counter.report(label, || workers.iter().all(|worker| worker.is_finished()));
        let mut found = Vec::new();
        for worker in workers {
            found.extend(worker.join().map_err(|_| anyhow!("{label}: a panic"))??);
        }
        anyhow::Ok(found)
    })
    .with_context(|| format!("while seeding {label}"))?;
    found.sort_unstable_by_key(|(index, _)| *index);
    Ok(found.into_iter().map(|(_, value)| value).collect())
}

/// What is left to do, shared by the workers.
struct Counter {
    total: usize,
    next: AtomicUsize,
    failed: AtomicBool,
}

impl Counter {
    fn new(total: usize) -> Self {
        Self {
            total,
            next: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
        }
    }

    fn work_off<T>(
        &self,
        address: SocketAddr,
        work: impl Fn(&mut Connection, usize) -> Result<Option<T>>,
    ) -> Result<Vec<(usize, T)>> {
        let result = self.take_turns(address, work);
        if result.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        result
    }

    fn take_turns<T>(
        &self,
        address: SocketAddr,
        work: impl Fn(&mut Connection, usize) -> Result<Option<T>>,
    ) -> Result<Vec<(usize, T)>> {
        let mut connection = Connection::open(address)?;
        let mut found = Vec::new();
        while !self.failed.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.total {
                break;
            }
            let value = work(&mut connection, index)?;
            found.extend(value.map(|value| (index, value)));
        }
        Ok(found)
    }

    fn report(&self, label: &str, is_done: impl Fn() -> bool) {
        let started = Instant::now();
        let mut last = started;
        while !is_done() {
            thread::sleep(Duration::from_millis(2));
            if last.elapsed() >= REPORT_EVERY {
                last = Instant::now();
                let done = self.next.load(Ordering::Relaxed).min(self.total);
                let rate = done as f64 / started.elapsed().as_secs_f64();
                super::progress(&format!("{label}: {done}/{} ({rate:.0}/s)", self.total));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers every connection with `answer` after the first line that ends a request's head.
    fn serve(answer: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            while head.read_line(&mut line).unwrap() > 2 {
                line.clear();
            }
            stream.write_all(answer.as_bytes()).unwrap();
        });
        address
    }

    fn get(answer: &'static str) -> Answer {
        let mut connection = Connection::open(serve(answer)).unwrap();
        connection.call(&request("GET", "/", None, None)).unwrap()
    }

    #[test]
    fn a_body_of_known_length_is_read() {
        let answer = get("HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nhi");
        assert_eq!((answer.status, answer.body.as_slice()), (201, &b"hi"[..]));
    }

    #[test]
    fn a_chunked_body_is_put_together() {
        let answer = get(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n",
        );
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"hi!"[..]));
    }

    #[test]
    fn a_request_without_a_body_has_no_content_type() {
        let text = request("POST", "/x", Some("k"), None);
        assert_eq!(
            text,
            "POST /x HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer k\r\n\r\n"
        );
    }
}
