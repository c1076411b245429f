//! The connection to PostgreSQL breaks while an answer is on its way.
//!
//! Between the store and the server stands a gate that swallows answers on
//! command. **Invariant:** when the server may have committed, the caller hears
//! "outcome unknown", never "nothing was changed".

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::Kind;
use store::{Location, Store};
use testkit::postgres::Database;

use super::{count, put, put_one, run};

#[test]
fn a_commit_whose_answer_is_lost_has_an_unknown_outcome() {
    let (gate, database) = gated();
    run(async {
        let store = open(gate.url()).await;
        put_one(&store, "first".into())
            .await
            .expect("the gate is open");

        gate.swallow_answers();
        let writing = tokio::spawn({
            let store = store.clone();
            async move { put_one(&store, "second".into()).await }
        });
        // It is committed, and its caller does not know.
        while database
            .query("select count(*) from meta")
            .expect("a count")
            != "2"
        {}
        gate.cut();
        let error = writing.await.expect("no panic").expect_err("a lost answer");
        assert_eq!(
            (error.kind, error.retry_after_s),
            (Kind::OutcomeUnknown, Some(1))
        );

        gate.open();
        put_one(&store, "third".into())
            .await
            .expect("a new connection");
        let counted = store.read(|tx| Box::pin(count(tx)));
        assert_eq!(counted.await, Ok(3));
        store.close().await;
    });
}

#[test]
fn a_connection_lost_before_the_commit_changed_nothing() {
    let (gate, _database) = gated();
    run(async {
        let store = open(gate.url()).await;
        let gate = Arc::new(gate);
        let cutting = Arc::clone(&gate);
        let written = store.write(move |tx| {
            let gate = Arc::clone(&cutting);
            Box::pin(async move {
                put(tx, "lost").await?;
                count(tx).await?;
                gate.cut();
                count(tx).await
            })
        });
        let error = written.await.expect_err("a lost connection");
        assert_eq!(
            (error.kind, error.code),
            (Kind::Unavailable, "database_unreachable")
        );
        let counted = store.read(|tx| Box::pin(count(tx)));
        assert_eq!(counted.await, Ok(0));
        store.close().await;
    });
}

async fn open(url: String) -> Store {
    let store = Store::open(&Location::Postgres(url)).await;
    store.expect("the store opens")
}

/// A gate before a fresh database.
fn gated() -> (Gate, Database) {
    let database = testkit::postgres::database().expect("a database");
    (Gate::before(database.url()), database)
}

/// A socket that passes everything on to the server's, both ways.
struct Gate {
    folder: tempfile::TempDir,
    database: String,
    swallows: Arc<AtomicBool>,
    connections: Arc<std::sync::Mutex<Vec<UnixStream>>>,
}

impl Gate {
    fn before(url: &str) -> Self {
        let rest = url
            .strip_prefix("postgres://postgres@")
            .expect("a url of the tests");
        let (host, name) = rest.split_once(":5432/").expect("a port and a name");
        let server = PathBuf::from(host.replace("%2F", "/")).join(".s.PGSQL.5432");
        let folder = tempfile::tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket");
        let gate = Self {
            folder,
            database: name.to_owned(),
            swallows: Arc::default(),
            connections: Arc::default(),
        };
        let (swallows, connections) = (Arc::clone(&gate.swallows), Arc::clone(&gate.connections));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(std::io::Result::ok) {
                let server = UnixStream::connect(&server).expect("the server is there");
                let copy = |stream: &UnixStream| stream.try_clone().expect("a handle");
                connections
                    .lock()
                    .expect("no panic")
                    .extend([copy(&client), copy(&server)]);
                let (from_client, to_server) = (copy(&client), copy(&server));
                std::thread::spawn(move || {
                    pass_on(from_client, to_server, &AtomicBool::new(false))
                });
                let swallows = Arc::clone(&swallows);
                std::thread::spawn(move || pass_on(server, client, &swallows));
            }
        });
        gate
    }

    fn url(&self) -> String {
        let host = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{host}:5432/{}", self.database)
    }

    fn open(&self) {
        self.swallows.store(false, Ordering::SeqCst);
    }

    fn swallow_answers(&self) {
        self.swallows.store(true, Ordering::SeqCst);
    }

    /// Breaks every connection.
    fn cut(&self) {
        for connection in self.connections.lock().expect("no panic").drain(..) {
            let _ = connection.shutdown(std::net::Shutdown::Both);
        }
    }
}

fn pass_on(mut from: UnixStream, mut to: UnixStream, swallows: &AtomicBool) {
    let mut buffer = [0; 8192];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 || (!swallows.load(Ordering::SeqCst) && to.write_all(&buffer[..read]).is_err())
        {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}
