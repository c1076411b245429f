//! Server-sent events out of bytes, as they come.
//!
//! **Invariant:** nothing waits for bytes that are not needed: an event is
//! given as soon as its blank line is there.

use bytes::{Buf, Bytes, BytesMut};
use domain::limits;

/// An event that is longer than any real one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Bytes that are being cut into events.
#[derive(Default)]
pub(super) struct Events {
    buffer: BytesMut,
    /// Bytes of the buffer without a line's end.
    looked_at: usize,
    /// The data of the event so far.
    data: Option<BytesMut>,
}

impl Events {
    /// More bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The data of the next event, when it is there.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, TooLong> {
        while let Some(line) = self.line() {
            if line.is_empty() {
                if let Some(data) = self.data.take() {
                    return Ok(Some(data.freeze()));
                }
                continue;
            }
            self.take(line);
        }
        let waiting = self.buffer.len() + self.data.as_ref().map_or(0, BytesMut::len);
        if waiting > limits::UPSTREAM_EVENT_BYTES {
            return Err(TooLong);
        }
        Ok(None)
    }

    /// The last event, where the stream ended without a blank line.
    pub(super) fn rest(&mut self) -> Option<Bytes> {
        let line = self.buffer.split();
        self.take(line);
        self.data.take().map(BytesMut::freeze)
    }

    fn take(&mut self, mut line: BytesMut) {
        if !line.starts_with(b"data:") {
            return;
        }
        line.advance(5);
        if line.first() == Some(&b' ') {
            line.advance(1);
        }
        match &mut self.data {
            Some(data) => {
                data.extend_from_slice(b"\n");
                data.extend_from_slice(&line);
            }
            None => self.data = Some(line),
        }
    }

    fn line(&mut self) -> Option<BytesMut> {
        let fresh = self.buffer.get(self.looked_at..)?;
        let Some(place) = fresh.iter().position(|byte| *byte == b'\n') else {
            self.looked_at = self.buffer.len();
            return None;
        };
        let mut line = self.buffer.split_to(self.looked_at + place + 1);
        self.looked_at = 0;
        line.truncate(line.len() - 1);
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::{Events, TooLong};
    use domain::limits;

    fn events(pieces: &[&str]) -> Vec<String> {
        let mut events = Events::default();
        let mut found = Vec::new();
        for piece in pieces {
            events.feed(piece.as_bytes());
            while let Some(data) = events.next().expect("short") {
                found.push(String::from_utf8_lossy(&data).into_owned());
            }
        }
        let rest = events.rest();
        found.extend(rest.map(|data| String::from_utf8_lossy(&data).into_owned()));
        found
    }

    #[test]
    fn events_are_found_however_the_bytes_are_cut() {
        let text =
            ": hello\r\nevent: x\r\ndata: one\r\n\r\n\ndata:two\ndata: lines\nid: 3\n\ndata: three";
        let expected = ["one", "two\nlines", "three"];
        assert_eq!(events(&[text]), expected);
        for cut in 0..text.len() {
            let (head, tail) = text.split_at(cut);
            assert_eq!(events(&[head, tail]), expected, "{cut}");
        }
    }

    #[test]
    fn an_event_has_a_bound() {
        let mut events = Events::default();
        events.feed(&vec![b'x'; limits::UPSTREAM_EVENT_BYTES + 1]);
        assert_eq!(events.next(), Err(TooLong));
    }
}
