//! Putting the parts together and taking them apart again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use api::Api;
use app::ops::contracts::Ensure;
use app::ops::keys::EnsureOperator;
use app::ports::Ports;
use app::{App, Clock, Entropy, Secret};
use domain::Kind;
use domain::policy::Actor;
use runtime::agents::Hosted;
use runtime::models::Models;
use runtime::{Runtime, github};
use store::exclusive::{self, Exclusive};
use store::{Location, Store};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::{Settings, instruments, listen};

/// How keys begin that this crate mints for the operator.
pub(crate) const KEY_PREFIX: &str = "polt_";
const TIDY_EVERY: Duration = Duration::from_secs(60);
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// A running server.
pub struct Running {
    address: SocketAddr,
    generated_key: Option<Secret>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
    runtime: Runtime,
    app: App,
    _exclusive: Exclusive,
}

/// Opens the application on the settings' database, for commands that ask
/// nobody outside.
///
/// # Errors
/// When the database cannot be opened.
pub(crate) async fn open(settings: &Settings) -> Result<App> {
    open_at(Ports::default(), settings, Clock::system()).await
}

async fn open_at(ports: Ports, settings: &Settings, clock: Clock) -> Result<App> {
    let location = location(settings)?;
    let settings = settings.app()?;
    let store = Store::open(&location).await.map_err(told)?;
    let entropy = Entropy::system();
    Ok(App::reaching(ports, store, settings, clock, entropy))
}

/// What the settings put in reach.
fn ports(settings: &Settings, clock: &Clock) -> Result<Ports> {
    let location = location(settings)?;
    let mut ports = Ports {
        files: Some(Arc::new(settings.hosting.workspaces(&location))),
        vault: Some(Arc::new(settings.vault.keeper(&location))),
        ..Ports::default()
    };
    if let Some(configured) = settings.github.configured()? {
        let github = github::Client::new(configured, clock.clone());
        ports.github = Some(Arc::new(github.map_err(anyhow::Error::msg)?));
    }
    let models = Models::new(&settings.models()?).map_err(anyhow::Error::msg)?;
    ports.agents = Some(Arc::new(Hosted::new(models)));
    Ok(ports)
}

pub(crate) fn location(settings: &Settings) -> Result<Location> {
    Location::parse(&settings.database).map_err(told)
}

/// The sentence of an error, for the command line.
pub(crate) fn told(error: domain::Error) -> anyhow::Error {
    anyhow::anyhow!("{}", error.message)
}

/// Starts a server and answers when it takes requests.
///
/// # Errors
/// When the database or the port is taken or cannot be opened.
pub async fn start(settings: Settings) -> Result<Running> {
    start_at(settings, Clock::system()).await
}

/// As [`start`], by a clock that the caller may move.
///
/// # Errors
/// As [`start`].
pub async fn start_at(settings: Settings, clock: Clock) -> Result<Running> {
    let exclusive = exclusive::take(&location(&settings)?).map_err(told)?;
    let app = open_at(ports(&settings, &clock)?, &settings, clock).await?;
    let metrics = instruments::metrics()?;
    let listen = settings.server.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr()?;
    let api = Api::new(
        app.clone(),
        settings.api(),
        instruments::probes(metrics.clone()),
    );
    // The last step that can fail: a generated key is shown this once.
    let generated_key = ensure_operator(&app, &settings).await.map_err(told)?;
    app.call(&Actor::System, Ensure).await.map_err(told)?;
    let mut runtime = Runtime::start(&app);
    let router = api.router();
    runtime.also_every(TIDY_EVERY, move || api.tidy());
    runtime.also_every(UPKEEP_EVERY, move || metrics.run_upkeep());
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(listen::serve(listener, router, stopped));
    Ok(Running {
        address,
        generated_key,
        stop,
        serving,
        runtime,
        app,
        _exclusive: exclusive,
    })
}

/// Makes sure that there is an operator. Another node that starts at the same
/// moment on the same database may make it first; then it is there.
pub(crate) async fn ensure_operator(
    app: &App,
    settings: &Settings,
) -> domain::Result<Option<Secret>> {
    let ensure = EnsureOperator {
        configured: settings.operator.key.clone(),
        prefix: KEY_PREFIX,
    };
    match app.call(&Actor::System, ensure.clone()).await {
        Err(error) if error.kind == Kind::Conflict => app.call(&Actor::System, ensure).await,
        ensured => ensured,
    }
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The operator's key, when one had to be generated: shown this once.
    pub fn generated_key(&self) -> Option<&Secret> {
        self.generated_key.as_ref()
    }

    /// Lets requests that are being answered finish, then closes the database.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        self.app.end_streams();
        let _ = self.serving.await;
        self.runtime.stop(&self.app).await;
        self.app.store().close().await;
    }
}
