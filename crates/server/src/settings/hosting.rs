//! `[hosting]` and `[vault]`: where hosted agents work, and where the key of
//! their credentials is.

use std::path::{Path, PathBuf};

use runtime::vault::KeyFile;
use runtime::workspace::Workspaces;
use serde::{Deserialize, Serialize};
use store::Location;

/// What hosted agents work with.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hosting {
    /// The model to ask where nobody names one.
    pub default_model: Option<String>,
    /// The folder of their files; `guildhall-work` beside the database, or in
    /// the working directory with PostgreSQL, when not set.
    pub folder: Option<PathBuf>,
    /// Whether commands of agents may reach the network, where the agent's
    /// document asks for it (`allowNetwork`).
    pub network: bool,
    /// Whether MCP servers that are programs may be started, in the sandbox.
    pub mcp_stdio: bool,
}

/// The vault.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vault {
    /// The file with its key, 64 hexadecimal digits; made beside the database,
    /// or in the working directory with PostgreSQL, when not set.
    pub key_file: Option<PathBuf>,
}

impl Hosting {
    /// The work folders.
    pub(crate) fn workspaces(&self, location: &Location) -> Workspaces {
        let Self {
            default_model: _,
            folder,
            network,
            mcp_stdio,
        } = self;
        let folder = folder.clone();
        let folder = folder.unwrap_or_else(|| beside(location).join("guildhall-work"));
        Workspaces::new(folder, *network, *mcp_stdio)
    }
}

impl Vault {
    /// The keeper of the key.
    pub(crate) fn keeper(&self, location: &Location) -> KeyFile {
        match (&self.key_file, location) {
            (Some(file), _) => KeyFile::named(file),
            (None, Location::Sqlite(database)) => {
                let mut path = database.clone().into_os_string();
                path.push(".vault-key");
                KeyFile::made(path)
            }
            (None, Location::Postgres(_)) => KeyFile::made("guildhall.vault-key"),
        }
    }
}

/// The folder of an embedded database, otherwise the working directory.
fn beside(location: &Location) -> &Path {
    match location {
        Location::Sqlite(path) => path.parent().unwrap_or(Path::new("")),
        Location::Postgres(_) => Path::new(""),
    }
}

#[cfg(test)]
mod tests {
    use store::Location;

    use super::beside;

    #[test]
    fn files_are_beside_the_database() {
        for (url, folder) in [
            ("sqlite:/var/lib/guildhall/g.db", "/var/lib/guildhall"),
            ("sqlite:g.db", ""),
            ("postgres://h/d", ""),
        ] {
            let location = Location::parse(url).expect("a location");
            assert_eq!(beside(&location).to_str(), Some(folder), "{url}");
        }
    }
}
