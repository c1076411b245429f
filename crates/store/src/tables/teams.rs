//! Teams: the positions of projects, applications for them, and who has a
//! seat.

use domain::id::{AccountId, ApplicationId, PositionId, ProjectId};
use domain::team::{ApplicationStatus, Level, PayType, PositionStatus};
use domain::{Error, Result, Time};
use uuid::Uuid;

use super::profiles::{add_skills, asked};
use crate::{Row, Tx, Val, lists};

/// A position as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its id.
    pub id: PositionId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// What it is called.
    pub title: String,
    /// What its holder does.
    pub description: String,
    /// Its level.
    pub level: Level,
    /// What its holder must be able to do.
    pub skills: Vec<String>,
    /// What it is paid, in US cents.
    pub pay_cents: Option<i64>,
    /// How it is paid.
    pub pay_type: PayType,
    /// How many it seats.
    pub seats: i64,
    /// How many seats are taken.
    pub taken: i64,
    /// How it stands.
    pub status: PositionStatus,
    /// The position above it.
    pub reports_to: Option<PositionId>,
    /// Its place among the project's positions.
    pub sort_order: i64,
    /// When it was opened.
    pub created_at: Time,
}

/// A position with its project's title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The position.
    pub position: Position,
    /// That project's title.
    pub project_title: String,
}

/// An application as stored, with what is shown beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// The position it is for.
    pub position: PositionId,
    /// That position's project.
    pub project: ProjectId,
    /// Who applied.
    pub account: AccountId,
    /// What the applicant wrote.
    pub letter: String,
    /// How it stands.
    pub status: ApplicationStatus,
    /// When it was made.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// The position's title.
    pub position_title: String,
    /// The position's level.
    pub level: Level,
    /// How the position stands.
    pub position_status: PositionStatus,
    /// The applicant's name.
    pub account_handle: String,
}

/// A seat taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// In which project.
    pub project: ProjectId,
    /// That project's title.
    pub project_title: String,
    /// By whom.
    pub account: AccountId,
    /// In which position.
    pub position: PositionId,
    /// That position's title.
    pub position_title: String,
    /// That position's level.
    pub level: Level,
    /// Since when.
    pub joined_at: Time,
}

macro_rules! position {
    () => {
        "select p.id, p.project, p.title, p.description, p.level, p.skills, p.pay_cents, p.pay_type, p.seats, p.taken, \
         p.status, p.reports_to, p.sort_order, p.created_at, \
         (select title from projects where id = p.project) from positions p "
    };
}

/// The projects that an account plans: those it owns, manages or leads in.
macro_rules! planned {
    () => {
        "(select project from memberships where account = $1 and level in ('pm', 'lead') \
         union select id from projects where owner = $1)"
    };
}
pub(super) use planned;

macro_rules! application {
    () => {
        concat!(application!(columns), "from applications a join positions p on p.id = a.position ")
    };
    (columns) => {
        "select a.id, a.position, a.project, a.account, a.letter, a.status, a.created_at, a.updated_at, p.title, \
         p.level, p.status, (select handle from accounts where id = a.account) "
    };
}

macro_rules! membership {
    () => {
        "select m.project, (select title from projects where id = m.project), m.account, m.position, p.title, m.level, \
         m.joined_at from memberships m join positions p on p.id = m.position "
    };
}

statements! {
    FIND_POSITION = concat!(position!(), "where p.id = $1");
    POSITIONS = concat!(position!(), "where p.project = $1 order by p.sort_order, p.id");
    OFFERED = concat!(position!(), "where p.status = 'open' and (p.level = $1 or cast($2 as bigint) = 1) \
        order by p.id desc limit $3 offset $4");
    OFFERED_SKILLED = concat!(position!(), "where p.status = 'open' and (p.level = $1 or cast($2 as bigint) = 1) \
        and exists (select 1 from skills s where s.owner = p.id and s.skill in ($3, $4, $5, $6, $7, $8, $9, $10)) \
        order by p.id desc limit $11 offset $12");
    COUNT_POSITIONS = "select count(*) from positions where project = $1";
    INSERT_POSITION = "insert into positions (id, project, title, description, level, skills, pay_cents, pay_type, seats, \
        taken, status, reports_to, sort_order, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13)";
    SEAT = "update positions set taken = taken + $1, status = $2 where id = $3";
    FIND_APPLICATION = concat!(application!(), "where a.id = $1");
    APPLICATIONS_BY = concat!(application!(), "where a.account = $1 and (a.status = $2 or cast($3 as bigint) = 1) \
        order by a.id desc limit $4 offset $5");
    APPLICATIONS_OF = concat!(application!(), "where a.project = $1 and (a.status = $2 or cast($3 as bigint) = 1) \
        order by a.id desc limit $4 offset $5");
    PENDING_WITH = concat!(application!(columns), "from ", planned!(), " w cross join applications a cross join positions p \
        where a.project = w.project and p.id = a.position and a.status = 'pending' and a.created_at >= $2 \
        order by a.id limit $3");
    ENGAGED = "select (select count(*) from (select 1 from memberships where account = $1 limit 1) m) \
        + (select count(*) from (select 1 from projects where owner = $1 limit 1) o)";
    PENDING_FOR = concat!(application!(), "where a.position = $1 and a.status = 'pending' order by a.id");
    INSERT_APPLICATION = "insert into applications (id, position, project, account, letter, status, created_at, updated_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";
    DECIDE = "update applications set status = $1, updated_at = $2 where id = $3 and status = 'pending'";
    JOIN = "insert into memberships (project, account, position, level, joined_at) values ($1, $2, $3, $4, $5) \
        on conflict do nothing";
    LEAVE = "delete from memberships where project = $1 and account = $2";
    MEMBERSHIP = concat!(membership!(), "where m.project = $1 and m.account = $2");
    MEMBERSHIPS = concat!(membership!(), "where m.account = $1 order by m.project limit $2");
    MEMBERS = concat!(membership!(), "where m.project = $1 order by m.account limit $2");
}

fn read_position(row: &Row<'_>) -> Result<Offered> {
    Ok(Offered {
        position: Position {
            id: row.id(0)?,
            project: row.id(1)?,
            title: row.text(2)?,
            description: row.text(3)?,
            level: row.word(4, Level::parse)?,
            skills: lists::split(row, 5)?,
            pay_cents: row.opt_int(6)?,
            pay_type: row.word(7, PayType::parse)?,
            seats: row.int(8)?,
            taken: row.int(9)?,
            status: row.word(10, PositionStatus::parse)?,
            reports_to: row.opt_id(11)?,
            sort_order: row.int(12)?,
            created_at: row.time(13)?,
        },
        project_title: row.opt_text(14)?.unwrap_or_default(),
    })
}

fn read_application(row: &Row<'_>) -> Result<Application> {
    Ok(Application {
        id: row.id(0)?,
        position: row.id(1)?,
        project: row.id(2)?,
        account: row.id(3)?,
        letter: row.text(4)?,
        status: row.word(5, ApplicationStatus::parse)?,
        created_at: row.time(6)?,
        updated_at: row.time(7)?,
        position_title: row.text(8)?,
        level: row.word(9, Level::parse)?,
        position_status: row.word(10, PositionStatus::parse)?,
        account_handle: row.opt_text(11)?.unwrap_or_default(),
    })
}

fn read_membership(row: &Row<'_>) -> Result<Membership> {
    Ok(Membership {
        project: row.id(0)?,
        project_title: row.opt_text(1)?.unwrap_or_default(),
        account: row.id(2)?,
        position: row.id(3)?,
        position_title: row.text(4)?,
        level: row.word(5, Level::parse)?,
        joined_at: row.time(6)?,
    })
}

/// The position with this id.
pub async fn find_position(tx: &mut Tx, id: PositionId) -> Result<Option<Offered>> {
    tx.row(FIND_POSITION, vec![Val::id(id)], read_position)
        .await
}

/// Every position of a project, in its order.
pub async fn positions(tx: &mut Tx, project: ProjectId) -> Result<Vec<Position>> {
    tx.rows(POSITIONS, vec![Val::id(project)], |row| {
        read_position(row).map(|offered| offered.position)
    })
    .await
}

/// Open positions of all projects, the newest first: of a level, and with one
/// of some skills, where any are asked for.
pub async fn offered(
    tx: &mut Tx,
    level: Option<Level>,
    skills: &[String],
    rows: u32,
    offset: i64,
) -> Result<Vec<Offered>> {
    let mut params: Vec<Val> = vec![
        level.map_or("", Level::as_str).into(),
        i64::from(level.is_none()).into(),
    ];
    let sql = if skills.is_empty() {
        OFFERED
    } else {
        params.extend(asked(skills));
        OFFERED_SKILLED
    };
    params.extend([Val::from(rows), Val::from(offset)]);
    tx.rows(sql, params, read_position).await
}

/// How many positions a project has.
pub async fn count_positions(tx: &mut Tx, project: ProjectId) -> Result<i64> {
    let count = tx.row(COUNT_POSITIONS, vec![Val::id(project)], |row| row.int(0));
    Ok(count.await?.unwrap_or(0))
}

/// Opens a position.
pub async fn insert_position(tx: &mut Tx, position: &Position) -> Result<()> {
    let Position {
        id,
        project,
        title,
        description,
        level,
        skills,
        pay_cents,
        pay_type,
        seats,
        taken: _,
        status,
        reports_to,
        sort_order,
        created_at,
    } = position;
    let params = vec![
        Val::id(*id),
        Val::id(*project),
        title.into(),
        description.into(),
        level.as_str().into(),
        lists::joined(skills),
        (*pay_cents).into(),
        pay_type.as_str().into(),
        (*seats).into(),
        status.as_str().into(),
        reports_to.map(Val::id).unwrap_or(Val::Null),
        (*sort_order).into(),
        (*created_at).into(),
    ];
    tx.write(INSERT_POSITION, params).await?;
    add_skills(tx, Val::id(*id), skills).await
}

/// Takes or frees seats of a position, whose project is locked.
pub async fn seat(tx: &mut Tx, id: PositionId, delta: i64, status: PositionStatus) -> Result<()> {
    let params = vec![delta.into(), status.as_str().into(), Val::id(id)];
    tx.write(SEAT, params).await
}

/// The application with this id.
pub async fn find_application(tx: &mut Tx, id: ApplicationId) -> Result<Option<Application>> {
    tx.row(FIND_APPLICATION, vec![Val::id(id)], read_application)
        .await
}

/// Whose applications a list shows.
#[derive(Clone, Copy, Debug)]
pub enum Applications {
    /// Those an account made.
    By(AccountId),
    /// Those for a project.
    Of(ProjectId),
}

/// Applications, the newest first.
pub async fn applications(
    tx: &mut Tx,
    whose: Applications,
    status: Option<ApplicationStatus>,
    rows: u32,
    offset: i64,
) -> Result<Vec<Application>> {
    let (sql, id): (_, Uuid) = match whose {
        Applications::By(account) => (APPLICATIONS_BY, account.0),
        Applications::Of(project) => (APPLICATIONS_OF, project.0),
    };
    let params = vec![
        id.into(),
        status.map_or("", ApplicationStatus::as_str).into(),
        i64::from(status.is_none()).into(),
        rows.into(),
        offset.into(),
    ];
    tx.rows(sql, params, read_application).await
}

/// Undecided applications for the projects that an account plans, made since a
/// time, oldest first.
pub async fn pending_with(
    tx: &mut Tx,
    account: AccountId,
    since: Time,
    rows: u32,
) -> Result<Vec<Application>> {
    let params = vec![Val::id(account), since.into(), rows.into()];
    tx.rows(PENDING_WITH, params, read_application).await
}

/// Whether an account has a seat or a project at all.
pub async fn is_engaged(tx: &mut Tx, account: AccountId) -> Result<bool> {
    let found = tx.row(ENGAGED, vec![Val::id(account)], |row| row.int(0));
    Ok(found.await?.is_some_and(|n| n > 0))
}

/// Undecided applications for a position, oldest first.
pub async fn pending_for(tx: &mut Tx, position: PositionId) -> Result<Vec<Application>> {
    tx.rows(PENDING_FOR, vec![Val::id(position)], read_application)
        .await
}

/// Adds an application.
///
/// # Errors
/// `Conflict` when the account applied for the position before.
pub async fn insert_application(tx: &mut Tx, application: &Application) -> Result<()> {
    let params = vec![
        Val::id(application.id),
        Val::id(application.position),
        Val::id(application.project),
        Val::id(application.account),
        (&application.letter).into(),
        application.status.as_str().into(),
        application.created_at.into(),
        application.updated_at.into(),
    ];
    tx.write_or(INSERT_APPLICATION, params, || {
        Error::conflict(
            "already_applied",
            "you applied for this position before: GET /apply shows how it stands",
        )
    })
    .await
}

/// Writes what became of an undecided application.
///
/// # Errors
/// `Conflict` when it is decided already.
pub async fn decide(
    tx: &mut Tx,
    id: ApplicationId,
    status: ApplicationStatus,
    now: Time,
) -> Result<()> {
    let params = vec![status.as_str().into(), now.into(), Val::id(id)];
    tx.write_or(DECIDE, params, || {
        Error::conflict(
            "application_decided",
            "this application is not pending any more",
        )
    })
    .await
}

/// Seats an account.
///
/// # Errors
/// `Conflict` when it is a member already.
pub async fn join(
    tx: &mut Tx,
    project: ProjectId,
    account: AccountId,
    position: PositionId,
    level: Level,
    now: Time,
) -> Result<()> {
    let params = vec![
        Val::id(project),
        Val::id(account),
        Val::id(position),
        level.as_str().into(),
        now.into(),
    ];
    tx.write_or(JOIN, params, || {
        Error::conflict(
            "already_a_member",
            "this agent has a seat in the project already",
        )
    })
    .await
}

/// Frees an account's seat.
pub async fn leave(tx: &mut Tx, project: ProjectId, account: AccountId) -> Result<()> {
    tx.write(LEAVE, vec![Val::id(project), Val::id(account)])
        .await
}

/// An account's seat in a project.
pub async fn membership(
    tx: &mut Tx,
    project: ProjectId,
    account: AccountId,
) -> Result<Option<Membership>> {
    let params = vec![Val::id(project), Val::id(account)];
    tx.row(MEMBERSHIP, params, read_membership).await
}

/// Every seat of an account.
pub async fn memberships(tx: &mut Tx, account: AccountId, rows: u32) -> Result<Vec<Membership>> {
    tx.rows(
        MEMBERSHIPS,
        vec![Val::id(account), rows.into()],
        read_membership,
    )
    .await
}

/// The members of a project.
pub async fn members(tx: &mut Tx, project: ProjectId, rows: u32) -> Result<Vec<Membership>> {
    tx.rows(
        MEMBERS,
        vec![Val::id(project), rows.into()],
        read_membership,
    )
    .await
}
