//! The connector: resolves, checks, connects to what was checked.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use domain::address::is_public;
use domain::target::{Host, Target};
use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tower_service::Service;

use super::Failure;
use super::trust::Trust;

/// Makes connections to public addresses alone; to loopback ones where that is
/// allowed.
#[derive(Clone)]
pub(super) struct Guarded {
    allow_loopback: bool,
    trust: Arc<Trust>,
}

impl Guarded {
    pub(super) fn new(allow_loopback: bool) -> Self {
        Self {
            allow_loopback,
            trust: Arc::default(),
        }
    }

    async fn connect(self, uri: Uri) -> Result<TokioIo<Wire>, Failure> {
        let target = Target::parse("the address", &uri.to_string(), self.allow_loopback);
        let target = target.map_err(|error| Failure::Refused(error.message.into_owned()))?;
        let addresses = resolve(&target).await?;
        check(&target, &addresses, self.allow_loopback)?;
        // Every one of them is checked, so any will do.
        let stream = TcpStream::connect(addresses.as_slice()).await;
        let stream = stream.map_err(|cause| Failure::Unreachable(cause.to_string()))?;
        // Without it the connection works, only more slowly.
        let _ = stream.set_nodelay(true);
        let wire = if target.is_secure {
            Wire(Box::new(self.trust.secure(&target.host, stream).await?))
        } else {
            Wire(Box::new(stream))
        };
        Ok(TokioIo::new(wire))
    }
}

async fn resolve(target: &Target) -> Result<Vec<SocketAddr>, Failure> {
    let name = match &target.host {
        Host::Address(address) => return Ok(vec![SocketAddr::new(*address, target.port)]),
        Host::Name(name) => name,
    };
    let found = lookup_host((name.as_str(), target.port)).await;
    let found: Vec<_> = match found {
        Ok(found) => found.collect(),
        Err(cause) => return Err(Failure::Unreachable(format!("{name}: {cause}"))),
    };
    if found.is_empty() {
        return Err(Failure::Unreachable(format!("{name} has no address")));
    }
    Ok(found)
}

/// One address inside is enough to refuse: a name that leads in and out is not
/// an honest one.
fn check(target: &Target, addresses: &[SocketAddr], allow_loopback: bool) -> Result<(), Failure> {
    let is_fine = |address: &SocketAddr| {
        let address = address.ip();
        (target.is_secure && is_public(address)) || (allow_loopback && address.is_loopback())
    };
    if addresses.iter().all(is_fine) {
        return Ok(());
    }
    Err(Failure::Refused(
        "the name leads to an address that is not public".into(),
    ))
}

impl Service<Uri> for Guarded {
    type Response = TokioIo<Wire>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection, with TLS or without.
pub(super) struct Wire(Box<dyn Duplex>);

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut *self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut *self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut *self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut *self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use domain::target::Target;

    use super::check;

    fn is_called(url: &str, addresses: &[&str], allow_loopback: bool) -> bool {
        let target = Target::parse("url", url, allow_loopback).expect("a target");
        let addresses: Vec<SocketAddr> = addresses
            .iter()
            .map(|text| text.parse().expect("an address"))
            .collect();
        check(&target, &addresses, allow_loopback).is_ok()
    }

    #[test]
    fn what_a_name_leads_to_is_checked() {
        let url = "https://agent.example/";
        assert!(is_called(
            url,
            &["8.8.8.8:443", "[2606:4700::1]:443"],
            false
        ));
        for inside in [
            "127.0.0.1:443",
            "10.0.0.1:443",
            "169.254.169.254:443",
            "[::1]:443",
            "[::ffff:8.8.8.8]:443",
            "[fd00::1]:443",
        ] {
            assert!(!is_called(url, &[inside], false), "{inside}");
            assert!(!is_called(url, &["8.8.8.8:443", inside], false), "{inside}");
        }
    }

    #[test]
    fn where_loopback_is_allowed_nothing_else_inside_is() {
        let local = "http://localhost:1/";
        assert!(is_called(local, &["127.0.0.1:1", "[::1]:1"], true));
        assert!(!is_called(local, &["8.8.8.8:1"], true));
        assert!(!is_called(
            "https://agent.example/",
            &["10.0.0.1:443"],
            true
        ));
    }
}
