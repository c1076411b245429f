//! TLS with the certificates that the system trusts, read when the first
//! connection needs them.

use std::sync::Arc;

use domain::target::Host;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::Failure;

/// Whom we trust.
#[derive(Default)]
pub(super) struct Trust {
    connector: OnceCell<TlsConnector>,
}

impl Trust {
    /// TLS over a connection to this host.
    pub(super) async fn secure(
        &self,
        host: &Host,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let connector = self.connector.get_or_try_init(read).await?;
        let name = match host {
            Host::Address(address) => ServerName::from(*address),
            Host::Name(name) => ServerName::try_from(name.clone())
                .map_err(|cause| Failure::Refused(cause.to_string()))?,
        };
        let connected = connector.connect(name, stream).await;
        connected.map_err(|cause| Failure::Unreachable(format!("TLS: {cause}")))
    }
}

/// Reads the system's certificates, beside the runtime because it reads files.
async fn read() -> Result<TlsConnector, Failure> {
    let read = tokio::task::spawn_blocking(configure).await;
    read.unwrap_or_else(|cause| Err(Failure::Unreachable(cause.to_string())))
}

fn configure() -> Result<TlsConnector, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        tracing::warn!(
            "no certificates of the system were found: nothing can be called over https"
        );
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|cause| Failure::Unreachable(format!("TLS: {cause}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
