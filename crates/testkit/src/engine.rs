//! The two storage engines, for tests that have one body and run on both.
//!
//! **Invariant:** a [`Scratch`] is an empty database that nobody else uses and that disappears with the value.
//! The usual entry is [`on_both_engines!`](crate::on_both_engines). A third engine would be a new variant here and a
//! new line in the macro.

use crate::postgres;
use std::fmt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A storage engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Embedded, one file.
    Sqlite,
    /// The scratch cluster of [`crate::postgres`].
    Postgres,
}

impl Engine {
    /// Every engine.
    pub const ALL: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

    /// A new, empty database.
    ///
    /// # Panics
    ///
    /// When it cannot be made, for instance because PostgreSQL is not installed.
    #[must_use]
    pub fn scratch(self) -> Scratch {
        let folder = tempfile::Builder::new()
            .prefix("guildhall-scratch-")
            .tempdir()
            .expect("a temporary folder");
        let database = match self {
            Engine::Sqlite => sqlite(folder.path()),
            Engine::Postgres => postgres(),
        };
        Scratch { database, folder }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        })
    }
}

/// An empty database of one engine. Dropping it removes the database, so it must outlive what is connected to it.
#[derive(Debug)]
pub struct Scratch {
    database: Database,
    folder: TempDir,
}

#[derive(Debug)]
enum Database {
    Sqlite { url: String },
    Postgres(postgres::Database),
}

impl Scratch {
    /// The database URL, as `--database` takes it.
    #[must_use]
    pub fn url(&self) -> &str {
        match &self.database {
            Database::Sqlite { url } => url,
            Database::Postgres(database) => database.url(),
        }
    }

    /// A folder that goes with the database: what a server keeps beside it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file with the key of the vault; any key will do, as long as every node of the test has the same.
    ///
    /// # Panics
    ///
    /// When it cannot be written.
    #[must_use]
    pub fn vault_key(&self) -> PathBuf {
        let key = self.folder().join("vault-key");
        if !key.exists() {
            std::fs::write(&key, "5e".repeat(32)).expect("the key of the vault");
        }
        key
    }

    /// The database itself, where it is one of PostgreSQL's.
    #[must_use]
    pub fn postgres(&self) -> Option<&postgres::Database> {
        match &self.database {
            Database::Sqlite { .. } => None,
            Database::Postgres(database) => Some(database),
        }
    }

    /// The engine the database belongs to.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.database {
            Database::Sqlite { .. } => Engine::Sqlite,
            Database::Postgres(_) => Engine::Postgres,
        }
    }
}

fn sqlite(folder: &Path) -> Database {
    let url = format!("sqlite:{}", folder.join("guildhall.db").display());
    Database::Sqlite { url }
}

fn postgres() -> Database {
    let database = postgres::database();
    Database::Postgres(database.unwrap_or_else(|error| panic!("no scratch database: {error:#}")))
}

/// Runs each test function on both engines.
///
/// ```
/// use testkit::engine::Engine;
///
/// testkit::on_both_engines! {
///     fn an_empty_database_has_a_url(engine: Engine) {
///         assert!(engine.scratch().url().starts_with(&engine.to_string()));
///     }
/// }
/// ```
///
/// gives the tests `an_empty_database_has_a_url::sqlite` and `an_empty_database_has_a_url::postgres`. Attributes
/// (`#[ignore]`, `#[should_panic]`, documentation) apply to both, and a function may return a `Result`. The function
/// itself stays where it was written and sees what is in scope there.
#[macro_export]
macro_rules! on_both_engines {
    ($(
        $(#[$attribute:meta])*
        fn $name:ident($engine:ident: $type:ty $(,)?) $(-> $result:ty)? $body:block
    )+) => {
        $(
            #[cfg(test)]
            fn $name($engine: $type) $(-> $result)? $body

            #[cfg(test)]
            mod $name {
                #[test]
                $(#[$attribute])*
                fn sqlite() $(-> $result)? {
                    super::$name($crate::engine::Engine::Sqlite)
                }

                #[test]
                $(#[$attribute])*
                fn postgres() $(-> $result)? {
                    super::$name($crate::engine::Engine::Postgres)
                }
            }
        )+
    };
}

#[cfg(test)]
mod tests {
    use super::Engine;

    crate::on_both_engines! {
        fn a_scratch_knows_its_engine(engine: Engine) {
            assert_eq!(engine.scratch().engine(), engine);
        }

        /// Attributes reach both tests.
        #[should_panic(expected = "on purpose")]
        fn attributes_are_kept(engine: Engine) {
            assert_eq!(engine.to_string(), "none", "on purpose");
        }

        fn two_scratches_differ(engine: Engine) -> Result<(), std::convert::Infallible> {
            assert_ne!(engine.scratch().url(), engine.scratch().url());
            Ok(())
        }
    }

    #[test]
    fn the_sqlite_folder_goes_with_the_value() {
        let scratch = Engine::Sqlite.scratch();
        let file = scratch.url().strip_prefix("sqlite:").expect("the scheme");
        let folder = std::path::Path::new(file)
            .parent()
            .expect("a folder")
            .to_owned();
        assert!(folder.is_dir());
        drop(scratch);
        assert!(!folder.exists());
    }
}
