//! Certificates for a server of tests, made by the `openssl` program.

use super::tools::output;
use anyhow::Context;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A certificate and its key, both PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate.
    pub chain: String,
    /// Its private key.
    pub key: String,
}

/// Somebody who signs certificates. It goes with the value.
#[derive(Debug)]
pub struct Authority {
    folder: TempDir,
}

impl Authority {
    /// A new one, whom nobody trusts yet.
    ///
    /// # Errors
    ///
    /// When there is no `openssl`.
    pub fn new() -> anyhow::Result<Authority> {
        let authority = Authority {
            folder: tempfile::tempdir()?,
        };
        authority.openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            "/CN=Authority of a test",
            "-days",
            "2",
            "-keyout",
            "ca.key",
            "-out",
            "ca.crt",
        ])?;
        Ok(authority)
    }

    /// Its own certificate, for `sslrootcert`.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// Signs a certificate for a host.
    ///
    /// # Errors
    ///
    /// When `openssl` refuses.
    pub fn sign(&self, host: &str) -> anyhow::Result<Certificate> {
        self.openssl(&[
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            "/CN=Server of a test",
            "-keyout",
            "server.key",
            "-out",
            "server.csr",
        ])?;
        fs::write(self.path("names"), format!("subjectAltName=DNS:{host}\n"))?;
        self.openssl(&[
            "x509",
            "-req",
            "-in",
            "server.csr",
            "-CA",
            "ca.crt",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            "names",
            "-out",
            "server.crt",
        ])?;
        Ok(Certificate {
            chain: fs::read_to_string(self.path("server.crt"))?,
            key: fs::read_to_string(self.path("server.key"))?,
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let mut command = Command::new(Path::new("openssl"));
        command.args(arguments).current_dir(self.folder.path());
        output(command).map(drop).context("a certificate")
    }
}
