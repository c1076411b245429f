//! What a server says is counted before the protocol's machinery sees it.
//!
//! **Invariant:** between two questions a server says at most
//! [`limits::MCP_SAID_BYTES`] and [`limits::MCP_ASIDES`] messages that are no
//! answers; with more its connection ends. Of those messages only pings pass:
//! nothing else is offered to servers, and whatever is passed on costs a task
//! and an answer that they may never read.

use std::borrow::Cow;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use domain::limits;
use rmcp::RoleClient;
use rmcp::model::{JsonRpcMessage, NumberOrString, ServerRequest};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::watch;

/// Characters of the id of a ping that is answered.
const ID_CHARS: usize = 64;

/// What went wrong on the way to a server, where the machinery only says that
/// it did, and whether it is over. Cheap to clone; clones are the same.
#[derive(Clone)]
pub(super) struct Trouble {
    noted: Arc<Mutex<Option<Cow<'static, str>>>>,
    is_over: watch::Sender<bool>,
}

impl Default for Trouble {
    fn default() -> Self {
        Self {
            noted: Arc::default(),
            is_over: watch::Sender::new(false),
        }
    }
}

impl Trouble {
    /// Keeps the first that happened.
    pub(super) fn note(&self, what: impl Into<Cow<'static, str>>) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.get_or_insert(what.into());
    }

    /// What happened, and forgets it.
    pub(super) fn take(&self) -> Option<Cow<'static, str>> {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.take()
    }

    /// Comes when nothing more will be heard of the server. The machinery may
    /// learn of it much later: it first writes to who does not read.
    pub(super) async fn over(&self) {
        // The sender is there as long as this is.
        let _ = self.is_over.subscribe().wait_for(|is_over| *is_over).await;
    }
}

/// Bytes that a server may still say.
#[derive(Clone)]
pub(super) struct Allowance(Arc<AtomicUsize>);

impl Default for Allowance {
    fn default() -> Self {
        Self(Arc::new(AtomicUsize::new(limits::MCP_SAID_BYTES)))
    }
}

impl Allowance {
    fn renew(&self) {
        self.0.store(limits::MCP_SAID_BYTES, Ordering::Relaxed);
    }

    fn covers(&self, bytes: usize) -> bool {
        let less = |left: usize| left.checked_sub(bytes);
        let spent = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        spent.is_ok()
    }
}

/// A transport that lets through what is wanted.
pub(super) struct Gate<T> {
    inner: T,
    allowance: Allowance,
    asides: usize,
    trouble: Trouble,
}

impl<T> Gate<T> {
    pub(super) fn new(inner: T, allowance: Allowance, trouble: &Trouble) -> Self {
        Self {
            inner,
            allowance,
            asides: 0,
            trouble: trouble.clone(),
        }
    }
}

impl<T: Transport<RoleClient>> Transport<RoleClient> for Gate<T> {
    type Error = T::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        if matches!(message, JsonRpcMessage::Request(_)) {
            self.asides = 0;
            self.allowance.renew();
        }
        self.inner.send(message)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        let message = self.wanted().await;
        if message.is_none() {
            self.trouble.is_over.send_replace(true);
        }
        message
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}

impl<T: Transport<RoleClient>> Gate<T> {
    async fn wanted(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            let message = self.inner.receive().await?;
            if matches!(
                message,
                JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_)
            ) {
                return Some(message);
            }
            self.asides += 1;
            if self.asides > limits::MCP_ASIDES {
                self.trouble.note("it says much and does not answer");
                return None;
            }
            if is_ping(&message) {
                return Some(message);
            }
        }
    }
}

fn is_ping(message: &RxJsonRpcMessage<RoleClient>) -> bool {
    let JsonRpcMessage::Request(request) = message else {
        return false;
    };
    let is_short = match &request.id {
        NumberOrString::Number(_) => true,
        NumberOrString::String(id) => id.len() <= ID_CHARS,
    };
    is_short && matches!(request.request, ServerRequest::PingRequest(_))
}

/// The output of a program: it ends where a line is too long or too much is
/// said.
pub(super) struct Metered<R> {
    inner: R,
    allowance: Allowance,
    /// Bytes of the line that has begun.
    line: usize,
    is_over: bool,
    trouble: Trouble,
}

impl<R> Metered<R> {
    pub(super) fn new(inner: R, allowance: Allowance, trouble: &Trouble) -> Self {
        Self {
            inner,
            allowance,
            line: 0,
            is_over: false,
            trouble: trouble.clone(),
        }
    }

    fn admits(&mut self, read: &[u8]) -> bool {
        if !self.allowance.covers(read.len()) {
            self.trouble.note("it says much and does not answer");
            return false;
        }
        for part in read.split_inclusive(|byte| *byte == b'\n') {
            self.line += part.len();
            if self.line > limits::MCP_MESSAGE_BYTES {
                self.trouble.note("its answer is too long");
                return false;
            }
            if part.ends_with(b"\n") {
                self.line = 0;
            }
        }
        true
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Metered<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_over {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        let read = buffer.filled().get(before..).unwrap_or_default();
        if !self.admits(read) {
            // Nothing more, as at the end of the stream.
            self.is_over = true;
            buffer.set_filled(before);
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use domain::limits;
    use tokio::io::AsyncReadExt;

    use super::{Allowance, Metered, Trouble};

    async fn read(said: &[u8]) -> (usize, Option<String>) {
        let trouble = Trouble::default();
        let mut metered = Metered::new(said, Allowance::default(), &trouble);
        let mut read = Vec::new();
        metered.read_to_end(&mut read).await.expect("read");
        (read.len(), trouble.take().map(Into::into))
    }

    #[tokio::test]
    async fn a_program_may_say_so_much() {
        let mut line = vec![b'x'; limits::MCP_MESSAGE_BYTES - 1];
        line.push(b'\n');
        let lines = limits::MCP_SAID_BYTES / limits::MCP_MESSAGE_BYTES;
        let whole = line.repeat(lines);
        assert_eq!(read(&whole).await, (limits::MCP_SAID_BYTES, None));
        let (length, trouble) = read(&line.repeat(lines + 1)).await;
        assert!(length <= limits::MCP_SAID_BYTES);
        assert!(trouble.is_some_and(|why| why.contains("says much")));
        let long = vec![b'x'; limits::MCP_MESSAGE_BYTES + 1];
        let (length, trouble) = read(&long).await;
        assert!(length <= limits::MCP_MESSAGE_BYTES);
        assert!(trouble.is_some_and(|why| why.contains("too long")));
    }
}
