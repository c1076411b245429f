//! What the operator sets: defaults, then a TOML file, then the environment
//! (`GUILDHALL_SECTION__KEY`), then flags.

mod github;
mod hosting;
mod providers;
mod redemption;
mod unknown;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use api::{Rates, TrustedProxies};
use domain::limits;
use domain::money::Assets;
use domain::policy::Policy;
use domain::time::Span;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

pub use github::GitHub;
pub use hosting::{Hosting, Vault};
pub use providers::{Price, Provider};
pub use redemption::{Item as CatalogueItem, Redemption};
pub(crate) use unknown::remarks;

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The database: `sqlite:PATH` or `postgres://...`.
    pub database: String,
    /// For development: no limits, webhooks to this machine, human-readable logs.
    pub dev: bool,
    /// The server itself.
    pub server: Server,
    /// The operator.
    pub operator: Operator,
    /// Rate limits.
    pub limits: Limits,
    /// The POLT door.
    pub polt: Polt,
    /// The operator's App at GitHub.
    pub github: GitHub,
    /// Further assets of the ledger: code to number of decimals.
    pub assets: BTreeMap<String, u32>,
    /// Webhooks.
    pub webhooks: Webhooks,
    /// Who may register how.
    pub registration: Registration,
    /// What can be bought with credits.
    pub redemption: Redemption,
    /// Providers of models, by name.
    pub providers: BTreeMap<String, Provider>,
    /// Hosted agents.
    pub hosting: Hosting,
    /// Where the key of their credentials is.
    pub vault: Vault,
    /// Logs.
    pub log: Log,
}

/// The server itself.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Where clients reach this server, such as `https://guild.example.org`;
    /// where it was asked, when it is not set.
    pub public_url: Option<String>,
    /// Origins whose pages may call this server from a browser.
    pub cors_origins: Vec<String>,
}

/// The operator.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Operator {
    /// The operator's key; generated and printed once when it is not set.
    pub key: Option<String>,
}

// The key is a secret and stays out of every log.
impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator")
            .field("key", &self.key.as_ref().map(|_| ".."))
            .finish()
    }
}

/// Rate limits (POLT 2.6).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Whether there are any.
    pub enabled: bool,
    /// Writes per key and minute.
    pub requests_per_minute: u32,
    /// Reads per address and minute.
    pub reads_per_minute: u32,
    /// Registrations per address and hour.
    pub registrations_per_hour: u32,
    /// Requests per key of a project that hosts agents, and minute.
    pub hosting_per_minute: u32,
}

/// The POLT door.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Polt {
    /// Whether every agent may propose projects.
    pub open_projects: bool,
    /// Hours after which a commitment runs out; never when not set.
    pub lease_hours: Option<u32>,
}

/// Who may register how.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registration {
    /// Zero bits that a proof of work must begin with; 0 asks for none
    /// (AGI ATM 8).
    pub pow_bits: u32,
}

/// Webhooks.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Whether they may lead to this machine, also without TLS; for development.
    pub allow_loopback: bool,
}

/// Logs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// What is logged, such as `info` or `guildhall::request=off,info`.
    pub filter: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            database: "sqlite:guildhall.db".into(),
            dev: false,
            server: Server::default(),
            operator: Operator::default(),
            limits: Limits::default(),
            polt: Polt::default(),
            registration: Registration::default(),
            github: GitHub::default(),
            assets: BTreeMap::new(),
            webhooks: Webhooks::default(),
            redemption: Redemption::default(),
            providers: BTreeMap::new(),
            hosting: Hosting::default(),
            vault: Vault::default(),
            log: Log {
                filter: "info".into(),
            },
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 4300)),
            trusted_proxies: Vec::new(),
            public_url: None,
            cors_origins: Vec::new(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            enabled: true,
            requests_per_minute: 120,
            reads_per_minute: 600,
            registrations_per_hour: 10,
            hosting_per_minute: 600,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: "info".into(),
        }
    }
}

/// How the variables of the environment begin.
const PREFIX: &str = "GUILDHALL_";
/// The operator's key has a short form beside the regular one.
const OPERATOR_KEY_VARIABLES: [&str; 2] = ["GUILDHALL_OPERATOR_KEY", "GUILDHALL_OPERATOR__KEY"];

/// Ports of pages that are being written.
const DEV_PORTS: [u16; 8] = [3000, 3001, 3890, 3891, 5173, 5174, 5175, 5176];

/// What flags override.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--listen`
    pub listen: Option<SocketAddr>,
    /// `--database`
    pub database: Option<String>,
    /// `--dev`
    pub dev: bool,
}

impl Settings {
    /// Reads the file, if one is named, and the environment.
    ///
    /// # Errors
    /// When the file cannot be read, a name is not that of a setting or a value
    /// is not of its kind; the message names them.
    pub fn load(file: Option<&Path>, flags: Flags) -> Result<Self> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            anyhow::ensure!(
                file.is_file(),
                "there is no configuration file {}",
                file.display()
            );
            figment = figment.merge(Toml::file_exact(file));
        }
        let keys = OPERATOR_KEY_VARIABLES
            .into_iter()
            .chain([github::SECRET_VARIABLE]);
        let provider_keys = providers::key_variables();
        let keys = keys.chain(provider_keys.iter().map(String::as_str));
        let strays = unknown::strays()?;
        let keys = keys.map(|name| name.trim_start_matches(PREFIX));
        let keys: Vec<_> = keys.chain(strays.iter().map(String::as_str)).collect();
        let environment = Env::prefixed(PREFIX).ignore(&keys).split("__");
        let read = figment.merge(environment).extract();
        let read = read.map_err(|error| match unknown::field(&error) {
            Some(told) => anyhow::anyhow!(told),
            None => error.into(),
        });
        let mut settings: Self = read.with_context(|| {
            let named = file.map(|file| format!(" {}", file.display()));
            format!(
                "the configuration{} cannot be read",
                named.unwrap_or_default()
            )
        })?;
        // Taken as it is: a key of digits only is a text all the same.
        let key = OPERATOR_KEY_VARIABLES
            .into_iter()
            .find_map(|name| std::env::var(name).ok());
        settings.operator.key = key.or(settings.operator.key);
        let secret = std::env::var(github::SECRET_VARIABLE).ok();
        settings.github.webhook_secret = secret.or(settings.github.webhook_secret);
        providers::take_keys(&mut settings.providers, &provider_keys);
        let model = &mut settings.hosting.default_model;
        *model = model
            .take()
            .or_else(|| std::env::var(providers::MODEL_VARIABLE).ok());
        let Flags {
            listen,
            database,
            dev,
        } = flags;
        settings.server.listen = listen.unwrap_or(settings.server.listen);
        settings.database = database.unwrap_or(settings.database);
        settings.dev |= dev;
        settings.operator.key = settings.operator.key.filter(|key| !key.is_empty());
        Ok(settings)
    }

    /// For a test's server: any free port, no limits, quiet.
    pub fn for_tests(database: &str) -> Self {
        let limits = Limits {
            enabled: false,
            ..Limits::default()
        };
        let server = Server {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            ..Server::default()
        };
        Self {
            database: database.into(),
            limits,
            server,
            ..Self::default()
        }
    }

    /// What operations look at.
    ///
    /// # Errors
    /// When an asset or an item of the catalogue is not well-formed, or a
    /// proof of work is asked for that nobody finds.
    pub fn app(&self) -> Result<app::Settings> {
        let mut assets = Assets::default();
        for (code, scale) in &self.assets {
            assets
                .add(code, *scale)
                .map_err(|error| anyhow::anyhow!("assets: {}", error.message))?;
        }
        Ok(app::Settings {
            policy: Policy {
                open_projects: self.polt.open_projects,
            },
            assets,
            operator_key: self.operator.key.as_deref().map(app::hash_secret),
            allow_loopback: self.webhooks.allow_loopback || self.dev,
            github: self.github.identity(),
            pow_bits: self.pow_bits()?,
            catalogue: self.redemption.catalogue()?,
            test_clock: self.dev,
        })
    }

    /// What models are asked with.
    ///
    /// # Errors
    /// When a provider is set up halfway.
    pub(crate) fn models(&self) -> Result<runtime::models::Configured> {
        providers::configured(&self.providers, &self.hosting)
    }

    fn pow_bits(&self) -> Result<u32> {
        let (bits, most) = (self.registration.pow_bits, limits::POW_BITS_MAX);
        anyhow::ensure!(
            bits <= most,
            "registration.pow_bits: {bits} zero bits are more than anybody finds; at most {most}"
        );
        Ok(bits)
    }

    /// What the doors look at.
    pub fn api(&self) -> api::Settings {
        let Limits {
            enabled,
            requests_per_minute,
            reads_per_minute,
            registrations_per_hour,
            hosting_per_minute,
        } = self.limits;
        let rates = Rates {
            writes_per_minute: requests_per_minute,
            reads_per_minute,
            registrations_per_hour,
            hosting_per_minute,
        };
        api::Settings {
            rates: if enabled && !self.dev {
                rates
            } else {
                Rates::OFF
            },
            trusted_proxies: TrustedProxies::new(self.server.trusted_proxies.clone()),
            bounty_lease: self
                .polt
                .lease_hours
                .filter(|hours| *hours > 0)
                .map(|hours| Span::hours(hours.into())),
            public_url: self
                .server
                .public_url
                .as_deref()
                .map(|url| url.trim().trim_end_matches('/').to_owned())
                .filter(|url| !url.is_empty()),
            pow_bits: self.registration.pow_bits,
            cors_origins: self.cors_origins(),
        }
    }

    /// Those that are set; for development also where pages are usually served
    /// from while they are written (Polpo 2.4).
    fn cors_origins(&self) -> Vec<String> {
        let local = DEV_PORTS.map(|port| format!("http://localhost:{port}"));
        let local = local.into_iter().filter(|_| self.dev);
        self.server
            .cors_origins
            .iter()
            .cloned()
            .chain(local)
            .collect()
    }

    /// The database without its password, for people to read.
    pub fn database_shown(&self) -> String {
        match self
            .database
            .split_once("://")
            .and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)))
        {
            Some((scheme, (_, host))) => format!("{scheme}://..@{host}"),
            None => self.database.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn a_password_is_not_shown() {
        let shown = |url: &str| {
            Settings {
                database: url.into(),
                ..Settings::default()
            }
            .database_shown()
        };
        assert_eq!(shown("postgres://u:secret@h/d"), "postgres://..@h/d");
        assert_eq!(shown("sqlite:guildhall.db"), "sqlite:guildhall.db");
    }

    #[test]
    fn the_operators_key_is_not_printed() {
        let mut settings = Settings::default();
        settings.operator.key = Some("hush".into());
        assert!(!format!("{settings:?}").contains("hush"));
    }

    #[test]
    fn development_has_no_limits() {
        let rates = |dev| {
            let settings = Settings {
                dev,
                ..Settings::default()
            };
            settings.api().rates
        };
        assert_eq!(
            (
                rates(false).writes_per_minute,
                rates(true).writes_per_minute
            ),
            (120, 0)
        );
    }
}
