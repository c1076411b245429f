//! Encrypted connections to PostgreSQL: who is trusted, and what is said when
//! it is not the server that answered.

use domain::Result;
use store::{Location, Store};
use testkit::postgres::{Authority, Database, ExclusiveCluster, exclusive_cluster};

use super::run;

/// A cluster that takes encrypted connections alone, as `localhost`.
struct World {
    authority: Authority,
    database: Database,
    port: u16,
    // Behind its database, which it must outlive.
    _cluster: ExclusiveCluster,
}

impl World {
    fn new() -> Self {
        let authority = Authority::new().expect("an authority");
        let certificate = authority.sign("localhost").expect("a certificate");
        let cluster = exclusive_cluster().expect("a cluster");
        let port = cluster.serve_tls(&certificate).expect("a port");
        Self {
            authority,
            database: cluster.database().expect("a database"),
            port,
            _cluster: cluster,
        }
    }

    /// Opens a store; answers whether all its connections are encrypted.
    fn open(&self, host: &str, query: &str) -> Result<bool> {
        let name = self.database.name();
        let url = format!("postgres://postgres@{host}:{}/{name}{query}", self.port);
        run(async {
            let store = Store::open(&Location::parse(&url)?).await?;
            let encrypted = self.database.query(
                "select bool_and(s.ssl) from pg_stat_ssl s join pg_stat_activity a using (pid) \
                 where a.application_name = 'guildhall'",
            );
            store.close().await;
            Ok(encrypted.expect("an answer") == "t")
        })
    }

    #[track_caller]
    fn refused(&self, host: &str, query: &str, says: &str) {
        let refusal = self.open(host, query).expect_err("refused");
        assert!(refusal.message.contains(says), "{refusal}");
    }
}

#[test]
fn connections_are_encrypted_and_the_server_is_known() {
    let world = World::new();
    let trusted = format!("sslrootcert={}", world.authority.file().display());
    let stranger = Authority::new().expect("another authority");
    let wrong = format!("sslrootcert={}", stranger.file().display());
    for query in ["", "?sslmode=prefer", "?sslmode=require"] {
        assert_eq!(world.open("127.0.0.1", query), Ok(true), "{query}");
    }
    for (host, mode) in [
        ("127.0.0.1", "require"),
        ("127.0.0.1", "verify-ca"),
        ("localhost", "verify-full"),
    ] {
        let query = format!("?sslmode={mode}&{trusted}");
        assert_eq!(world.open(host, &query), Ok(true), "{mode}");
        let query = format!("?sslmode={mode}&{wrong}");
        world.refused(host, &query, "sslrootcert must name the authority");
    }
    world.refused(
        "127.0.0.1",
        &format!("?sslmode=verify-full&{trusted}"),
        "sslrootcert must",
    );
    // Whom the system trusts did not sign it.
    world.refused("localhost", "?sslmode=verify-full", "sslrootcert must");
    world.refused("127.0.0.1", "?sslmode=disable", "no encryption");
    world.refused("127.0.0.1", "?sslmode=maybe", "is one of");
    world.refused(
        "127.0.0.1",
        "?sslmode=verify-ca&sslrootcert=/nowhere.pem",
        "/nowhere.pem cannot be read",
    );
}

#[test]
fn where_there_is_no_tls_only_who_does_not_need_it_connects() {
    let database = testkit::postgres::database().expect("a database");
    let open = |mode: &str| {
        let url = format!("{}?sslmode={mode}", database.url());
        run(async {
            let store = Store::open(&Location::parse(&url)?).await?;
            store.close().await;
            Ok::<_, domain::Error>(())
        })
    };
    assert_eq!(open("disable"), Ok(()));
    assert_eq!(open("prefer"), Ok(()));
    let refusal = open("require").expect_err("refused");
    assert!(
        refusal.message.contains("does not support TLS"),
        "{refusal}"
    );
}
