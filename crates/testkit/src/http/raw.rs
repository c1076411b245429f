//! Bytes as they are, for requests that no client would send.
//!
//! **Invariant:** what the test wrote is what the server reads; nothing is added.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// After this time without a byte the answer counts as complete.
const SILENCE: Duration = Duration::from_secs(10);

/// Writes these bytes to a server and gives the first answer, head and body, as it came.
///
/// The end of the answer is its declared length, the last chunk, the end of the connection or ten seconds of silence.
/// A server that answers before it has read everything is listened to.
///
/// # Panics
///
/// When the address is not a loopback address or refuses the connection.
pub fn raw(address: SocketAddr, request: impl AsRef<[u8]>) -> String {
    assert!(
        address.ip().is_loopback(),
        "not a loopback address: {address}"
    );
    let request = request.as_ref();
    let mut stream = TcpStream::connect(address).expect("the server accepts connections");
    stream
        .set_read_timeout(Some(SILENCE))
        .expect("a timeout above zero");
    // A server may refuse, answer and close while we still write.
    let _ = stream.write_all(request);
    let answer = read_answer(&mut stream, request.starts_with(b"HEAD "));
    String::from_utf8_lossy(&answer).into_owned()
}

fn read_answer(stream: &mut TcpStream, head_only: bool) -> Vec<u8> {
    let mut answer = Vec::new();
    let mut buffer = [0; 16 << 10];
    while !is_complete(&answer, head_only) {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
        }
    }
    answer
}

fn is_complete(answer: &[u8], head_only: bool) -> bool {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let body = &answer[end + 4..];
    if let Some(length) = header(&head, "content-length") {
        return head_only
            || length
                .parse()
                .is_ok_and(|length: usize| body.len() >= length);
    }
    let chunked =
        header(&head, "transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
    head_only || (chunked && (body == b"0\r\n\r\n" || body.ends_with(b"\r\n0\r\n\r\n")))
}

/// A header's value in a head that is in lower case.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(str::trim)
}
