//! TLS to PostgreSQL: `sslmode` and `sslrootcert` of the database's URL, in
//! the meaning that libpq gives them.
//!
//! | `sslmode` | encrypted | the server's certificate |
//! |---|---|---|
//! | `disable` | no | |
//! | `prefer`, or none | where the server offers it | is not looked at |
//! | `require` | yes | is not looked at, unless there is an `sslrootcert`: then as `verify-ca` |
//! | `verify-ca` | yes | was signed by whom is trusted |
//! | `verify-full` | yes | the same, and names the host |
//!
//! Trusted is who stands in the file `sslrootcert`, or, without one, whom the
//! system trusts.

use std::path::Path;
use std::sync::Arc;

use domain::{Error, Result};
use percent_encoding::percent_decode_str;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What a URL asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The URL without what is read here.
    pub(super) url: String,
    /// Whether there is TLS.
    pub(super) mode: SslMode,
    check: Check,
    /// The file of who is trusted; the system's are without one.
    roots: Option<String>,
}

/// What must be true of the server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Nothing,
    Signature,
    SignatureAndName,
}

impl Wanted {
    /// Reads a URL.
    ///
    /// # Errors
    /// `Invalid` when a mode is none.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut roots, mut kept) = (None, None, Vec::new());
        for parameter in query.split('&').filter(|one| !one.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", value)) => mode = Some(decoded(value)),
                Some(("sslrootcert", value)) => roots = Some(decoded(value)),
                _ => kept.push(parameter),
            }
        }
        let roots = roots.filter(|file| !file.is_empty() && file != "system");
        let (mode, check) = match (mode.as_deref().unwrap_or("prefer"), &roots) {
            ("disable", _) => (SslMode::Disable, Check::Nothing),
            ("prefer", _) => (SslMode::Prefer, Check::Nothing),
            ("require", None) => (SslMode::Require, Check::Nothing),
            ("require" | "verify-ca", _) => (SslMode::Require, Check::Signature),
            ("verify-full", _) => (SslMode::Require, Check::SignatureAndName),
            (other, _) => return Err(unknown_mode(other)),
        };
        let separator = if kept.is_empty() { "" } else { "?" };
        Ok(Self {
            url: format!("{base}{separator}{}", kept.join("&")),
            mode,
            check,
            roots,
        })
    }

    /// What makes the connections.
    ///
    /// # Errors
    /// When nobody can be trusted: a file that is missing or holds no
    /// certificate.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier {
            chain: match self.check {
                Check::Nothing => None,
                Check::Signature | Check::SignatureAndName => Some(self.chain(&provider)?),
            },
            looks_at_name: self.check == Check::SignatureAndName,
            provider: Arc::clone(&provider),
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| Error::internal())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }

    fn chain(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>> {
        let roots = match &self.roots {
            Some(file) => roots_in(Path::new(file))?,
            None => {
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                roots
            }
        };
        let chain = WebPkiServerVerifier::builder_with_provider(roots.into(), provider.clone());
        chain
            .build()
            .map_err(|_| untrusted("this system trusts nobody: name a file with sslrootcert"))
    }
}

/// What to do about a handshake that failed; nothing, where it was something
/// else that failed.
pub(super) fn hint(failed: &(dyn std::error::Error + 'static)) -> &'static str {
    let mut causes = std::iter::successors(Some(failed), |error| error.source());
    let is_tls = |cause: &(dyn std::error::Error + 'static)| {
        let within = cause.downcast_ref::<std::io::Error>();
        let within = within.and_then(std::io::Error::get_ref);
        cause.is::<rustls::Error>() || within.is_some_and(|inner| inner.is::<rustls::Error>())
    };
    if causes.any(is_tls) {
        ": sslrootcert must name the authority that signed the server's certificate, and with \
         sslmode=verify-full the certificate must name the host"
    } else {
        ""
    }
}

fn roots_in(file: &Path) -> Result<RootCertStore> {
    let shown = file.display();
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let found: Vec<CertificateDer<'_>> =
        read.map_err(|cause| untrusted(format!("sslrootcert {shown} cannot be read: {cause}")))?;
    let mut roots = RootCertStore::empty();
    if roots.add_parsable_certificates(found).0 == 0 {
        return Err(untrusted(format!(
            "sslrootcert {shown} holds no certificate"
        )));
    }
    Ok(roots)
}

fn decoded(value: &str) -> String {
    percent_decode_str(value).decode_utf8_lossy().into_owned()
}

fn unknown_mode(mode: &str) -> Error {
    Error::invalid(
        "invalid_database_url",
        format!(
            "sslmode={mode} is not known: it is one of disable, prefer, require, verify-ca, verify-full"
        ),
    )
}

fn untrusted(why: impl Into<String>) -> Error {
    Error::invalid("invalid_database_url", why.into())
}

/// Looks at the server's certificate as far as it is to.
#[derive(Debug)]
struct Verifier {
    chain: Option<Arc<WebPkiServerVerifier>>,
    looks_at_name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        // The name is looked at last: what fails for it alone is signed well.
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.looks_at_name => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let known = &self.provider.signature_verification_algorithms;
        known.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::{Check, Wanted};

    #[test]
    fn modes_are_read_and_taken_out() {
        let plain = "postgres://u@h/d";
        for (query, mode, check, kept) in [
            ("", SslMode::Prefer, Check::Nothing, ""),
            ("?sslmode=disable", SslMode::Disable, Check::Nothing, ""),
            ("?sslmode=require", SslMode::Require, Check::Nothing, ""),
            (
                "?sslmode=require&sslrootcert=a.pem",
                SslMode::Require,
                Check::Signature,
                "",
            ),
            (
                "?a=b&sslmode=verify-ca&c=d",
                SslMode::Require,
                Check::Signature,
                "?a=b&c=d",
            ),
            (
                "?sslmode=verify-full&target_session_attrs=read-write",
                SslMode::Require,
                Check::SignatureAndName,
                "?target_session_attrs=read-write",
            ),
        ] {
            let wanted = Wanted::parse(&format!("{plain}{query}")).expect("a URL");
            assert_eq!((wanted.mode, wanted.check), (mode, check), "{query}");
            assert_eq!(wanted.url, format!("{plain}{kept}"));
        }
        let wanted = Wanted::parse("postgres://h/d?sslmode=verify-ca&sslrootcert=%2Fa%20b.pem");
        assert_eq!(wanted.map(|it| it.roots), Ok(Some("/a b.pem".into())));
        let refused = Wanted::parse("postgres://h/d?sslmode=allow").expect_err("no mode");
        assert!(refused.message.contains("verify-full"), "{refused}");
    }

    #[test]
    fn nobody_is_trusted_by_mistake() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("roots.pem");
        let connector = || {
            let url = format!(
                "postgres://h/d?sslmode=verify-full&sslrootcert={}",
                file.display()
            );
            Wanted::parse(&url).expect("a URL").connector().map(drop)
        };
        assert!(
            connector()
                .expect_err("no file")
                .message
                .contains("cannot be read")
        );
        std::fs::write(&file, "nothing").expect("written");
        let refused = connector().expect_err("no certificate");
        assert!(
            refused.message.contains("holds no certificate"),
            "{refused}"
        );
    }
}
