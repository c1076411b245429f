//! A model that answers at once: what stands behind the server when its own share of a chat turn is measured.
//!
//! It is a process of its own (`cargo xtask upstream`), a thread per connection, and answers every request with the same
//! few chunks.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result};

use crate::process::{Guarded, Signal};

const STACK: usize = 128 * 1024;

/// What it says, as a model would: a role, two bits of text, the end, what it cost.
const CHUNKS: [&str; 4] = [
    r#"{"index":0,"delta":{"role":"assistant","content":"It is"},"finish_reason":null}"#,
    r#"{"index":0,"delta":{"content":" done."},"finish_reason":null}"#,
    r#"{"index":0,"delta":{},"finish_reason":"stop"}"#,
    "",
];

/// A running model, ended when dropped.
pub struct Upstream {
    _process: Guarded,
    pub address: SocketAddr,
}

impl Upstream {
    pub fn start(port: u16) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args(["upstream", &port.to_string()])
            .stdout(Stdio::null());
        let process = Guarded::start(command, Signal::Term)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        for _ in 0..1_000 {
            if TcpStream::connect(address).is_ok() {
                return Ok(Self {
                    _process: process,
                    address,
                });
            }
            thread::sleep(std::time::Duration::from_millis(2));
        }
        anyhow::bail!("the upstream does not listen")
    }
}

/// Serves until the process ends.
pub fn serve(port: u16) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).context("cannot listen")?;
    let answer = answer();
    for stream in listener.incoming().flatten() {
        let answer = answer.clone();
        let serve = move || {
            // A client that goes away ends its thread.
            let _ = talk(stream, &answer);
        };
        thread::Builder::new().stack_size(STACK).spawn(serve)?;
    }
    Ok(())
}

fn answer() -> Vec<u8> {
    let mut body = String::new();
    for choice in CHUNKS {
        let rest = match choice {
            "" => r#""choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}"#.to_owned(),
            choice => format!(r#""choices":[{choice}]"#),
        };
        body += &format!(
            "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"instant\",{rest}}}\n\n"
        );
    }
    body += "data: [DONE]\n\n";
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

fn talk(stream: TcpStream, answer: &[u8]) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    let mut line = String::new();
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        writer.write_all(answer)?;
    }
}
