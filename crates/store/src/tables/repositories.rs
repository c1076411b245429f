//! Repositories of projects: linked, or on their way there.

use domain::id::ProjectId;
use domain::repository::Slug;
use domain::{Result, Time, limits};

use crate::{Row, Tx, Val};

/// The repository of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The project.
    pub project: ProjectId,
    /// The installation of the GitHub App that reaches it.
    pub installation: i64,
    /// The repository.
    pub repository: Slug,
    /// What must stand in the repository to prove control of it.
    pub challenge: String,
    /// Whether control was proven and the link not undone since.
    pub active: bool,
    /// When control was proven.
    pub linked_at: Option<Time>,
    /// When the row last changed.
    pub changed_at: Time,
}

macro_rules! link {
    () => {
        "select project, installation, owner, name, challenge, active, linked_at, changed_at from repositories "
    };
}

statements! {
    FIND = concat!(link!(), "where project = $1");
    LINKED_TO = concat!(link!(), "where key = $1 and active = 1 order by project limit $2");
    REACHED_BY = concat!(link!(), "where installation = $1 and active = 1 order by project limit $2");
    PUT = "insert into repositories (project, installation, owner, name, key, challenge, active, linked_at, changed_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (project) do update set \
        installation = excluded.installation, owner = excluded.owner, name = excluded.name, key = excluded.key, \
        challenge = excluded.challenge, active = excluded.active, linked_at = excluded.linked_at, \
        changed_at = excluded.changed_at";
}

fn read(row: &Row<'_>) -> Result<Link> {
    let (owner, name) = (row.text(2)?, row.text(3)?);
    Ok(Link {
        project: row.id(0)?,
        installation: row.int(1)?,
        repository: Slug::new(&owner, &name)?,
        challenge: row.text(4)?,
        active: row.int(5)? == 1,
        linked_at: row.opt_time(6)?,
        changed_at: row.time(7)?,
    })
}

/// The repository of a project, linked or on its way there.
pub async fn find(tx: &mut Tx, project: ProjectId) -> Result<Option<Link>> {
    tx.row(FIND, vec![Val::id(project)], read).await
}

/// The active links to a repository.
pub async fn linked_to(tx: &mut Tx, repository: &Slug) -> Result<Vec<Link>> {
    let params = vec![repository.key().into(), limits::REPOSITORY_PROJECTS.into()];
    tx.rows(LINKED_TO, params, read).await
}

/// Active links that need an installation, some at a time.
pub async fn reached_by(tx: &mut Tx, installation: i64, rows: u32) -> Result<Vec<Link>> {
    let params = vec![installation.into(), rows.into()];
    tx.rows(REACHED_BY, params, read).await
}

/// Writes a project's link, whether it has one or not. The project is locked.
pub async fn put(tx: &mut Tx, link: &Link) -> Result<()> {
    let Link {
        project,
        installation,
        repository,
        challenge,
        active,
        linked_at,
        changed_at,
    } = link;
    let params = vec![
        Val::id(*project),
        (*installation).into(),
        repository.owner().to_owned().into(),
        repository.name().to_owned().into(),
        repository.key().into(),
        challenge.into(),
        i64::from(*active).into(),
        (*linked_at).into(),
        (*changed_at).into(),
    ];
    tx.write(PUT, params).await
}
