//! An address on the web that the server is asked to call: what its text may
//! say (OpenPod 4.3). Where the name leads is checked again when it is called,
//! by [`crate::address::is_public`] on every address it resolves to.
//!
//! **Invariant:** a [`Target`] has a host that is either an address or a name
//! that no resolver reads as an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::address::is_public;
use crate::{Error, Result, limits, text};

/// Names that lead inside, with everything below them.
const INSIDE: [&str; 7] = [
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "lan",
    "home.arpa",
];

/// The host of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name, in lower case, without a dot at its end.
    Name(String),
    /// An address.
    Address(IpAddr),
}

/// An address that may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whether with TLS.
    pub is_secure: bool,
    /// Where.
    pub host: Host,
    /// At which port.
    pub port: u16,
}

impl Target {
    /// Reads a URL that somebody gave. Plain http is taken for loopback
    /// addresses alone, and those only where the operator allows it.
    ///
    /// # Errors
    /// `Invalid` naming the field and what is wrong.
    pub fn parse(field: &'static str, url: &str, allow_loopback: bool) -> Result<Self> {
        text::required(field, url, limits::LINK_CHARS)?;
        let target = Self::read(url).ok_or_else(|| {
            Error::field(field, "must be a URL such as https://agent.example/hook, without user, password or fragment")
        })?;
        if allow_loopback && target.is_loopback() {
            return Ok(target);
        }
        if !target.is_secure {
            return Err(Error::field(field, "must begin with https://"));
        }
        let is_fine = match &target.host {
            Host::Name(name) => is_outside(name),
            Host::Address(address) => is_public(*address),
        };
        if is_fine {
            return Ok(target);
        }
        Err(Error::field(
            field,
            "must lead to the public internet: local names and private addresses are not called",
        ))
    }

    /// Whether the text itself says that it stays on this machine.
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Name(name) => name == "localhost",
            Host::Address(address) => address.is_loopback(),
        }
    }

    fn read(url: &str) -> Option<Self> {
        let fits = |byte: u8| {
            byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#' | b'"' | b'<' | b'>')
        };
        if !url.bytes().all(fits) {
            return None;
        }
        let (scheme, rest) = url.split_once("://")?;
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, port) = split(rest.get(..end)?)?;
        let port = match port {
            Some(digits) => read_port(digits)?,
            None if is_secure => 443,
            None => 80,
        };
        Some(Self {
            is_secure,
            host: read_host(host)?,
            port,
        })
    }
}

/// Host and port of an authority.
fn split(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.starts_with('[') {
        let end = authority.find(']')?.checked_add(1)?;
        let (host, rest) = authority.split_at_checked(end)?;
        return match rest {
            "" => Some((host, None)),
            rest => Some((host, Some(rest.strip_prefix(':')?))),
        };
    }
    match authority.split_once(':') {
        Some((host, port)) => Some((host, Some(port))),
        None => Some((authority, None)),
    }
}

fn read_port(digits: &str) -> Option<u16> {
    let is_number = digits.bytes().all(|b| b.is_ascii_digit());
    is_number
        .then(|| digits.parse().ok())
        .flatten()
        .filter(|port| *port > 0)
}

fn read_host(host: &str) -> Option<Host> {
    if let Some(inner) = host.strip_prefix('[') {
        let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
        return Some(Host::Address(address.into()));
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Some(Host::Address(address.into()));
    }
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    is_name(&name).then_some(Host::Name(name))
}

/// Whether this is a name and not one of the old spellings of an address
/// (`127.1`, `0x7f.1`, `2130706433`), which some resolvers read.
fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let is_label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(fits);
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_number = last.bytes().all(|b| b.is_ascii_digit())
        || last
            .strip_prefix("0x")
            .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()));
    name.len() <= 253 && name.split('.').all(is_label) && !is_number
}

/// Whether a name may lead outside: it has a dot, and does not end in a word
/// that stays inside.
fn is_outside(name: &str) -> bool {
    let is_below = |inside: &&str| {
        name.strip_suffix(*inside)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    name.contains('.') && !INSIDE.iter().any(is_below)
}

#[cfg(test)]
mod tests {
    use super::{Host, Target};

    fn host(url: &str, allow_loopback: bool) -> Option<String> {
        let target = Target::parse("url", url, allow_loopback).ok()?;
        let host = match target.host {
            Host::Name(name) => name,
            Host::Address(address) => address.to_string(),
        };
        Some(format!("{host}:{}", target.port))
    }

    #[test]
    fn public_https_is_taken() {
        for (url, expected) in [
            ("https://agent.example", "agent.example:443"),
            ("HTTPS://Agent.Example./hook?a=b", "agent.example:443"),
            ("https://agent.example:8443/hook", "agent.example:8443"),
            ("https://8.8.8.8/hook", "8.8.8.8:443"),
            ("https://[2606:4700::1111]:444/", "2606:4700::1111:444"),
            (
                "https://xn--bcher-kva.example/",
                "xn--bcher-kva.example:443",
            ),
            ("https://internal.example/", "internal.example:443"),
            ("https://notlocalhost.example/", "notlocalhost.example:443"),
        ] {
            assert_eq!(host(url, false).as_deref(), Some(expected), "{url}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        for url in [
            "",
            "agent.example",
            "ftp://agent.example",
            "http://agent.example",
            "https://",
            "https:///hook",
            "https://user@agent.example/",
            "https://user:word@agent.example/",
            "https://agent.example:0/",
            "https://agent.example:65536/",
            "https://agent.example:+1/",
            "https://agent.example:/",
            "https://a b.example/",
            "https://agent.example/#x",
            "https://agent.example\\@10.0.0.1/",
            "https://b\u{fc}cher.example/",
            "https://agent..example/",
            "https://.example/",
            "https://agent",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://a.localhost./",
            "https://db.internal/",
            "https://db.internal./",
            "https://printer.local/",
            "https://printer.local./",
            "https://router.lan/",
            "https://x.home.arpa/",
            "https://127.0.0.1/",
            "https://127.0.0.2/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://127.0.0.1./",
            "https://10.0.0.1.:443/",
            "https://0.0.0.0/",
            "https://10.1.2.3/",
            "https://169.254.169.254/latest",
            "https://192.168.1.1/",
            "https://100.64.1.1/",
            "https://224.0.0.1/",
            "https://[::1]/",
            "https://[::]/",
            "https://[::ffff:8.8.8.8]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[64:ff9b::808:808]/",
            "https://[fd00::1]/",
            "https://[fe80::1%25eth0]/",
            "https://[::1/",
            "https://[::1]x/",
            "http://127.0.0.1:8080/",
        ] {
            assert_eq!(host(url, false), None, "{url}");
        }
    }

    #[test]
    fn loopback_is_taken_where_it_is_allowed_and_nothing_else_inside() {
        for (url, expected) in [
            ("http://127.0.0.1:8080/hook", "127.0.0.1:8080"),
            ("http://localhost/hook", "localhost:80"),
            ("https://[::1]:1/", "::1:1"),
        ] {
            assert_eq!(host(url, true).as_deref(), Some(expected), "{url}");
        }
        for url in [
            "http://agent.example/",
            "http://10.0.0.1/",
            "https://10.0.0.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://0.0.0.0/",
            "https://a.localhost/",
        ] {
            assert_eq!(host(url, true), None, "{url}");
        }
    }
}
