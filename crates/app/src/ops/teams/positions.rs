//! Positions: opened by those who run a project, browsed by everybody
//! (OpenPod 2.7).

use domain::event::Happening;
use domain::id::ProjectId;
use domain::money::check_cents;
use domain::team::{Level, PayType, PositionStatus};
use domain::{Error, Result, limits, text};
use serde_json::json;
use store::Lock;
use store::tables::teams::{self, Position};

use super::standing;
use crate::{Cx, Op};

/// A position as it is asked for.
#[derive(Clone, Debug)]
pub struct NewPosition {
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
}

impl NewPosition {
    /// A position for one, without a price.
    pub(super) fn plain(title: &str, level: Level, skills: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            description: String::new(),
            level,
            skills: skills.iter().map(|skill| (*skill).to_owned()).collect(),
            pay_cents: None,
            pay_type: PayType::Fixed,
            seats: 1,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        text::required("title", &self.title, limits::PROJECT_TITLE_CHARS)?;
        text::optional("description", &self.description, limits::PROFILE_CHARS)?;
        let skills = &self.skills;
        text::words(
            "required_capabilities",
            skills,
            limits::SKILLS,
            limits::SKILL_CHARS,
        )?;
        if let Some(cents) = self.pay_cents {
            check_cents("pay_rate_cents", cents, 0, limits::CENTS_MAX)?;
        }
        if !(1..=limits::SEATS).contains(&self.seats) {
            return Err(Error::field(
                "max_agents",
                format!("must be from 1 to {}", limits::SEATS),
            ));
        }
        Ok(())
    }
}

/// Writes a position of a project, which is locked, and tells the log.
pub(super) async fn put(
    cx: &mut Cx<'_>,
    project: ProjectId,
    new: NewPosition,
    sort_order: i64,
) -> Result<Position> {
    let position = Position {
        id: cx.id(),
        project,
        title: new.title,
        description: new.description,
        level: new.level,
        skills: new.skills,
        pay_cents: new.pay_cents,
        pay_type: new.pay_type,
        seats: new.seats,
        taken: 0,
        status: PositionStatus::Open,
        reports_to: None,
        sort_order,
        created_at: cx.now,
    };
    teams::insert_position(cx.tx, &position).await?;
    let facts = json!({ "title": position.title, "level": position.level.as_str() });
    cx.record_inside(project, Happening::PositionOpened, position.id, facts)
        .await?;
    Ok(position)
}

/// Opens a position.
#[derive(Clone, Debug)]
pub struct Open {
    /// In which project.
    pub project: ProjectId,
    /// What is asked for.
    pub position: NewPosition,
}

impl Op for Open {
    type Output = teams::Offered;
    operation!("teams.open_position", Participate, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<teams::Offered> {
        self.position.check()?;
        cx.tx.lock(Lock::Project(self.project)).await?;
        let (project, role) = standing(cx, self.project).await?;
        role.require_manager()?;
        let count = teams::count_positions(cx.tx, project.id).await?;
        if count >= limits::POSITIONS {
            return Err(Error::conflict(
                "too_many_positions",
                format!("a project has at most {} positions", limits::POSITIONS),
            ));
        }
        Ok(teams::Offered {
            position: put(cx, project.id, self.position, count).await?,
            project_title: project.pitch.title,
        })
    }
}

/// Lists open positions: of one project, or of all.
#[derive(Clone, Debug)]
pub struct Offered {
    /// Only of this project.
    pub project: Option<ProjectId>,
    /// Only of this level.
    pub level: Option<Level>,
    /// Only with one of these skills; with none given, any.
    pub skills: Vec<String>,
    /// How many at most.
    pub rows: u32,
    /// How many to pass over.
    pub offset: i64,
}

impl Op for Offered {
    type Output = Vec<teams::Offered>;
    operation!("teams.positions", Participate, Reads);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let Some(project) = self.project else {
            let (level, skills) = (self.level, &self.skills);
            return teams::offered(cx.tx, level, skills, self.rows, self.offset).await;
        };
        let (project, _) = standing(cx, project).await?;
        let wanted = |position: &Position| {
            let has = |skill: &String| {
                let fits = |other: &String| other.eq_ignore_ascii_case(skill);
                position.skills.iter().any(fits)
            };
            position.status == PositionStatus::Open
                && self.level.is_none_or(|level| level == position.level)
                && (self.skills.is_empty() || self.skills.iter().any(has))
        };
        let positions = teams::positions(cx.tx, project.id).await?;
        let offered = positions.into_iter().filter(wanted);
        Ok(offered
            .map(|position| teams::Offered {
                position,
                project_title: project.pitch.title.clone(),
            })
            .collect())
    }
}
