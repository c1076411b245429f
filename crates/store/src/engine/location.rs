//! Where the database is.

use std::path::PathBuf;

use domain::{Error, Result};

/// A database, by URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// `sqlite:PATH`: a file, made when it is not there.
    Sqlite(PathBuf),
    /// `postgres://...` or `postgresql://...`.
    Postgres(String),
}

impl Location {
    /// Reads a URL.
    ///
    /// # Errors
    /// `Invalid` when it names neither engine.
    pub fn parse(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            // `sqlite://host` is not a thing, but `sqlite:///abs` is commonly written.
            let path = path.strip_prefix("//").unwrap_or(path);
            if !path.is_empty() {
                return Ok(Self::Sqlite(PathBuf::from(path)));
            }
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err(Error::invalid(
            "invalid_database_url",
            "the database must be 'sqlite:PATH' or 'postgres://user@host/name'",
        ))
    }

    /// For commands that look at a database and must not make an empty one
    /// where a path is mistyped.
    ///
    /// # Errors
    /// `NotFound` when it names a file that is not there.
    pub fn require_existing(&self) -> Result<()> {
        match self {
            Self::Sqlite(path) if !path.exists() => Err(Error::not_found(
                "no_database",
                format!("there is no database {}: check --database", path.display()),
            )),
            Self::Sqlite(_) | Self::Postgres(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Location;

    #[test]
    fn urls_name_an_engine() {
        assert_eq!(
            Location::parse("sqlite:a.db"),
            Ok(Location::Sqlite("a.db".into()))
        );
        assert_eq!(
            Location::parse("sqlite:///tmp/a.db"),
            Ok(Location::Sqlite("/tmp/a.db".into()))
        );
        assert!(matches!(
            Location::parse("postgres://h/d"),
            Ok(Location::Postgres(_))
        ));
        for bad in ["", "sqlite:", "mysql://x", "a.db"] {
            assert!(Location::parse(bad).is_err(), "{bad}");
        }
    }
}
