//! A scratch PostgreSQL cluster, shared by all test processes of a run.
//!
//! The first test that asks starts the cluster, with the server programs installed on this machine; the last one out
//! turns off the light: a small watchdog (`postgres/watchdog.sh`) stops the cluster and removes its folder some twenty
//! seconds after no test process uses it any more. The next run within that time finds it warm.
//!
//! **Invariants:**
//! - The cluster is ours alone. It has no TCP port, only a socket in its own folder (but for [`ExclusiveCluster::serve_tls`]), and the environment variables of
//!   PostgreSQL clients are ignored, so no service that happens to run is ever touched.
//! - Whoever uses the cluster holds a shared lock on the folder's `users` file; whoever starts or stops it holds the
//!   folder's `lock`. Both are released by the operating system, so a killed test leaves nothing behind for long.
//! - Data in the shared cluster may be lost in a crash of the server, which makes it fast. Tests of faults take
//!   [`exclusive_cluster`], which loses nothing that was acknowledged as long as the machine stays up.
//!
//! Needs Linux, the PostgreSQL server and client programs, and `flock` from util-linux.
//!
//! ```no_run
//! let database = testkit::postgres::database().expect("a scratch database");
//! assert_eq!(database.query("select 1 + 1").expect("an answer"), "2");
//! ```

mod certificate;
mod cluster;
mod folder;
mod processes;
mod tools;

pub use certificate::{Authority, Certificate};

use anyhow::anyhow;
use cluster::Cluster;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, OnceLock};

/// A fresh, empty database in the cluster that all tests share.
///
/// # Errors
///
/// When PostgreSQL is not installed or the cluster does not start; the message says which and shows the server's log.
pub fn database() -> anyhow::Result<Database> {
    static SHARED: OnceLock<Result<Arc<Cluster>, String>> = OnceLock::new();
    let cluster = SHARED
        .get_or_init(|| {
            Cluster::shared()
                .map(Arc::new)
                .map_err(|error| format!("{error:#}"))
        })
        .as_ref()
        .map_err(|message| anyhow!("{message}"))?;
    Database::create(Arc::clone(cluster))
}

/// A cluster that nobody else uses, for tests that stop or kill it. Starting one takes about a second.
///
/// # Errors
///
/// As [`database`].
pub fn exclusive_cluster() -> anyhow::Result<ExclusiveCluster> {
    Cluster::exclusive().map(|cluster| ExclusiveCluster(Arc::new(cluster)))
}

/// A database of a scratch cluster, dropped with the value, together with whatever is still connected to it.
#[derive(Debug)]
pub struct Database {
    cluster: Arc<Cluster>,
    name: String,
    url: String,
}

impl Database {
    /// The URL, as `tokio-postgres` and `libpq` take it: the folder of the socket, percent-encoded, is the host.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name inside the cluster.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs SQL with `psql` and gives what it prints: one line per row, columns separated by `|`.
    ///
    /// # Errors
    ///
    /// When the server refuses the SQL, with its message.
    pub fn query(&self, sql: &str) -> anyhow::Result<String> {
        self.cluster.query(&self.name, sql)
    }

    fn create(cluster: Arc<Cluster>) -> anyhow::Result<Database> {
        let name = unique_name();
        cluster.query(cluster::MAINTENANCE, &format!("create database {name}"))?;
        let url = cluster.url(&name);
        Ok(Database { cluster, name, url })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("drop database if exists {} with (force)", self.name);
        // A cluster that a test has stopped cannot drop anything; the database goes with the cluster's folder.
        let _ = self.cluster.query(cluster::MAINTENANCE, &sql);
    }
}

/// A private cluster that can be stopped, killed and started again. It goes with the value and its databases.
#[derive(Debug)]
pub struct ExclusiveCluster(Arc<Cluster>);

impl ExclusiveCluster {
    /// A fresh, empty database in this cluster.
    ///
    /// # Errors
    ///
    /// When the cluster is down.
    pub fn database(&self) -> anyhow::Result<Database> {
        Database::create(Arc::clone(&self.0))
    }

    /// Stops the server; open connections are ended ("fast" shutdown), the data is kept.
    ///
    /// # Errors
    ///
    /// When it does not stop.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.0.stop()
    }

    /// Starts the server again, after [`stop`](Self::stop) or [`kill`](Self::kill); returns when it accepts connections.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start(&self) -> anyhow::Result<()> {
        self.0.start()
    }

    /// Starts the server anew with this certificate; from now on it takes encrypted connections, and no others, on the
    /// port of 127.0.0.1 that is answered.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn serve_tls(&self, certificate: &Certificate) -> anyhow::Result<u16> {
        self.0.serve_tls(certificate)
    }

    /// Kills every process of the server at once (SIGKILL), as a crash would. What was committed is there after
    /// [`start`](Self::start).
    ///
    /// # Errors
    ///
    /// When the server is not running.
    pub fn kill(&self) -> anyhow::Result<()> {
        self.0.kill()
    }
}

/// A name no other test has, in any process, and that needs no quoting.
fn unique_name() -> String {
    let random = RandomState::new().build_hasher().finish();
    format!("test_{}_{random:016x}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::{Database, cluster, database, exclusive_cluster};
    use std::io::Write;
    use std::process::{Command, Stdio};

    fn exists(name: &str, witness: &Database) -> bool {
        let sql = format!("select count(*) from pg_database where datname = '{name}'");
        witness.query(&sql).expect("an answer") == "1"
    }

    #[test]
    fn a_database_is_made_and_removed() {
        let witness = database().expect("a database");
        let database = database().expect("another database");
        let name = database.name().to_owned();
        assert_ne!(name, witness.name());
        assert_eq!(
            database
                .query("select current_database()")
                .expect("an answer"),
            name
        );
        assert!(exists(&name, &witness));
        drop(database);
        assert!(!exists(&name, &witness));
    }

    #[test]
    fn the_url_works_for_libpq() {
        let database = database().expect("a database");
        let answer = database.query_url("select current_user, inet_server_addr() is null");
        assert_eq!(answer.expect("an answer"), "postgres|t");
    }

    impl Database {
        fn query_url(&self, sql: &str) -> anyhow::Result<String> {
            self.cluster.query(&self.url, sql)
        }
    }

    #[test]
    fn a_refused_statement_is_an_error() {
        let error = database()
            .expect("a database")
            .query("select no_such_column")
            .expect_err("a refusal");
        assert!(error.to_string().contains("no_such_column"), "{error}");
    }

    #[test]
    fn the_shared_cluster_listens_on_no_port() {
        let database = database().expect("a database");
        assert_eq!(
            database.query("show listen_addresses").expect("an answer"),
            ""
        );
    }

    const IDENTITY: &str = "select system_identifier from pg_control_system()";
    const HELPER: &str = "postgres::tests::helper_prints_the_identity_of_the_cluster";

    #[test]
    fn two_processes_share_the_cluster() {
        let mine = database()
            .expect("a database")
            .query(IDENTITY)
            .expect("an identity");
        let other = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", HELPER, "--ignored", "--nocapture"])
            .stdin(Stdio::null())
            .output()
            .expect("a second process");
        let printed = String::from_utf8_lossy(&other.stdout);
        assert!(printed.contains(&format!("identity={mine}\n")), "{printed}");
    }

    #[test]
    #[ignore = "the second process of two_processes_share_the_cluster"]
    fn helper_prints_the_identity_of_the_cluster() {
        let identity = database()
            .expect("a database")
            .query(IDENTITY)
            .expect("an identity");
        writeln!(std::io::stdout(), "identity={identity}").expect("standard output");
    }

    #[test]
    fn an_exclusive_cluster_keeps_its_data_over_a_stop_and_a_kill() {
        let exclusive = exclusive_cluster().expect("a cluster");
        let folder = exclusive.0.folder().to_owned();
        let database = exclusive.database().expect("a database");
        let query = |sql: &str| database.query(sql);
        query("create table words (word text)").expect("a table");

        exclusive.stop().expect("stopped");
        assert!(query("select 1").is_err());
        exclusive.start().expect("started");
        query("insert into words values ('kept')").expect("a row");

        exclusive.kill().expect("killed");
        assert!(query("select 1").is_err());
        exclusive.start().expect("started");
        assert_eq!(query("select word from words").expect("an answer"), "kept");

        drop((exclusive, database));
        assert!(!folder.exists());
    }

    #[test]
    fn the_environment_does_not_choose_the_server() {
        let cluster = database().expect("a database").cluster.clone();
        let answer = cluster.query(cluster::MAINTENANCE, "show unix_socket_directories");
        assert!(
            answer
                .expect("an answer")
                .starts_with(&cluster.folder().display().to_string())
        );
    }
}
