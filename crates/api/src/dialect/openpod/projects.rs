//! Projects, positions, applications and money into projects at this door
//! (OpenPod 2.5 to 2.8, 3.3).

use app::Answer;
use app::ops::teams::{
    Applications, Apply, Browse, Browsed, Credit, Credited, Decide, Decision, Found, Founded, Fund,
    Funded, Leave, Look, NewPosition, Offered, Open, Withdraw,
};
use app::tables::projects::{Wanted, Workplace};
use app::tables::teams::{Application as Stored, Membership, Offered as Offer, Position as Seat};
use domain::id::ProjectId;
use domain::project::Stage;
use domain::team::{ApplicationStatus, Level, PayType, PositionStatus};
use domain::{Error, Result, Time, limits, text};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::agents::role;
use super::envelope::{At, data};
use super::{Openpod, level, read_level};
use crate::dialect::{Text, Wire};
use crate::input::{Input, read_id};

const LEVELS: &str = "pm, lead, worker";

fn status(stage: Stage) -> &'static str {
    match stage {
        Stage::Live => "completed",
        Stage::Idea | Stage::Voting | Stage::Development | Stage::Testing => "open",
    }
}

#[derive(Serialize)]
struct Position<'a> {
    id: Text,
    project_id: Text,
    title: &'a str,
    description: &'a str,
    role_level: &'static str,
    required_capabilities: &'a [String],
    pay_rate_cents: Option<i64>,
    budget_cap_cents: Option<i64>,
    pay_type: &'static str,
    max_agents: i64,
    filled_seats: i64,
    status: &'static str,
    reports_to: Option<Text>,
    sort_order: i64,
    created_at: At,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<ProjectRef<'a>>,
}

#[derive(Serialize)]
struct ProjectRef<'a> {
    id: Text,
    title: &'a str,
}

impl<'a> Position<'a> {
    fn of(position: &'a Seat) -> Self {
        let Seat {
            id,
            project,
            title,
            description,
            level: of_level,
            skills,
            pay_cents,
            pay_type,
            seats,
            taken,
            status,
            reports_to,
            sort_order,
            created_at,
        } = position;
        Self {
            id: Text::of(*id),
            project_id: Text::of(*project),
            title,
            description,
            role_level: level(*of_level),
            required_capabilities: skills,
            pay_rate_cents: *pay_cents,
            budget_cap_cents: *pay_cents,
            pay_type: pay_type.as_str(),
            max_agents: *seats,
            filled_seats: *taken,
            status: status.as_str(),
            reports_to: reports_to.map(Text::of),
            sort_order: *sort_order,
            created_at: At(*created_at),
            project: None,
        }
    }

    fn offered(offer: &'a Offer) -> Self {
        Self {
            project: Some(ProjectRef {
                id: Text::of(offer.position.project),
                title: &offer.project_title,
            }),
            ..Self::of(&offer.position)
        }
    }
}

#[derive(Serialize)]
struct Project<'a> {
    id: Text,
    title: &'a str,
    description: &'a str,
    budget_cents: Option<i64>,
    deadline: Option<&'a str>,
    status: &'static str,
    visibility: &'static str,
    tags: &'a [String],
    github_repo: Option<&'a str>,
    owner: Owner<'a>,
    positions: Vec<Position<'a>>,
    open_position_count: usize,
    total_position_count: usize,
    created_at: At,
    updated_at: At,
}

#[derive(Serialize)]
struct Owner<'a> {
    id: Text,
    display_name: &'a str,
    avatar_url: Option<()>,
}

impl<'a> Project<'a> {
    fn of(browsed: &'a Browsed) -> Self {
        let Browsed { project, positions } = browsed;
        let open = positions
            .iter()
            .filter(|position| position.status == PositionStatus::Open);
        let open: Vec<_> = open.map(Position::of).collect();
        let workplace = &project.workplace;
        Self {
            id: Text::of(project.id),
            title: &project.pitch.title,
            description: &project.pitch.description,
            budget_cents: workplace.budget_cents,
            deadline: workplace.deadline.as_deref(),
            status: status(project.stage),
            visibility: "public",
            tags: &workplace.tags,
            github_repo: workplace.repository.as_deref(),
            owner: Owner {
                id: Text::of(project.owner),
                display_name: &project.owner_handle,
                avatar_url: None,
            },
            open_position_count: open.len(),
            total_position_count: positions.len(),
            positions: open,
            created_at: At(project.created_at),
            updated_at: At(project.updated_at),
        }
    }
}

impl Wire<Openpod> for Browse {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (rows, offset) = input.stretch(20, 50);
        let asked = input.query("status");
        let live = match asked.as_deref() {
            None | Some("open" | "in_progress") => Some(false),
            Some("completed") => Some(true),
            Some("all") => None,
            Some(_) => {
                return Err(Error::field(
                    "status",
                    "must be one of: open, in_progress, completed, all",
                ));
            }
        };
        Ok(Self {
            wanted: Wanted {
                skills: input.listed(&["capability", "capabilities"])?,
                budget_from: input.number("min_budget")?,
                budget_to: input.number("max_budget")?,
                live,
            },
            rows,
            offset,
        })
    }

    fn encode(browsed: Vec<Browsed>, _: Time) -> Answer {
        let projects: Vec<_> = browsed.iter().map(Project::of).collect();
        data(200, &projects)
    }
}

impl Wire<Openpod> for Look {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            project: input.path_id("id")?,
        })
    }

    fn encode((browsed, members): (Browsed, Vec<Membership>), _: Time) -> Answer {
        let members: Vec<_> = members.iter().map(Member::of).collect();
        let project = serde_json::to_value(Project::of(&browsed)).unwrap_or_default();
        data(200, &json!({ "project": project, "members": members }))
    }
}

#[derive(Serialize)]
struct Member<'a> {
    agent_key_id: Text,
    position_id: Text,
    position_title: &'a str,
    role: &'static str,
    role_level: &'static str,
    joined_at: At,
}

impl<'a> Member<'a> {
    fn of(membership: &'a Membership) -> Self {
        Self {
            agent_key_id: Text::of(membership.account),
            position_id: Text::of(membership.position),
            position_title: &membership.position_title,
            role: role(membership.level),
            role_level: level(membership.level),
            joined_at: At(membership.joined_at),
        }
    }
}

#[derive(Deserialize)]
struct PositionIn {
    title: String,
    description: Option<String>,
    role_level: Option<String>,
    required_capabilities: Option<Vec<String>>,
    pay_rate_cents: Option<i64>,
    budget_cap_cents: Option<i64>,
    pay_type: Option<String>,
    max_agents: Option<i64>,
}

impl PositionIn {
    /// `forgiving` reads an unknown level as worker (OpenPod 2.6).
    fn read(self, forgiving: bool) -> Result<NewPosition> {
        let given = match self.role_level.as_deref() {
            None => Some(Level::Worker),
            Some(word) => read_level(word).or(forgiving.then_some(Level::Worker)),
        };
        let unknown = || Error::field("role_level", format!("must be one of: {LEVELS}"));
        let pay_type = self.pay_type.as_deref().unwrap_or("fixed");
        Ok(NewPosition {
            title: self.title,
            description: self.description.unwrap_or_default(),
            level: given.ok_or_else(unknown)?,
            skills: self.required_capabilities.unwrap_or_default(),
            pay_cents: self.pay_rate_cents.or(self.budget_cap_cents),
            pay_type: PayType::parse(pay_type)
                .ok_or_else(|| Error::field("pay_type", "must be one of: fixed, hourly"))?,
            seats: self.max_agents.unwrap_or(1),
        })
    }
}

#[derive(Deserialize)]
struct FoundIn {
    title: String,
    description: String,
    budget_cents: Option<i64>,
    github_repo: Option<String>,
    deadline: Option<String>,
    tags: Option<Vec<String>>,
    positions: Option<Vec<PositionIn>>,
}

impl Wire<Openpod> for Found {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let given: FoundIn = input.json()?;
        let title = given.title.trim();
        let description = given.description.trim();
        for (field, text, least) in [("title", title, 2), ("description", description, 10)] {
            if text.chars().count() < least {
                return Err(Error::field(
                    field,
                    format!("must be at least {least} characters long"),
                ));
            }
        }
        let positions = given.positions.unwrap_or_default();
        let positions = positions.into_iter().map(|position| position.read(true));
        Ok(Self {
            title: text::cut(title.to_owned(), limits::PROJECT_TITLE_CHARS),
            description: text::cut(description.to_owned(), limits::PROFILE_CHARS),
            workplace: Workplace {
                budget_cents: given.budget_cents,
                deadline: given.deadline,
                tags: given.tags.unwrap_or_default(),
                repository: given.github_repo.filter(|link| !link.is_empty()),
            },
            positions: positions.collect::<Result<_>>()?,
        })
    }

    fn encode(founded: Founded, _: Time) -> Answer {
        let Founded {
            project,
            manager,
            channel,
        } = founded;
        let (id, title) = (Text::of(project.id), &project.pitch.title);
        data(
            201,
            &json!({
                "project": { "id": id, "title": title, "status": status(project.stage) },
                "pm_position": { "id": Text::of(manager.id), "title": manager.title },
                "channel": { "id": Text::of(channel.id), "name": channel.name },
                "project_id": id,
                "title": title,
                "status": status(project.stage),
                "message": "The project is open. You own it and may do what its manager may.",
            }),
        )
    }
}

impl Wire<Openpod> for Offered {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (rows, offset) = input.stretch(50, 100);
        Ok(Self {
            project: input.query_id("project_id")?,
            level: input.word("role_level", read_level, LEVELS)?,
            skills: input.listed(&["capability", "capabilities"])?,
            rows,
            offset,
        })
    }

    fn encode(offered: Vec<Offer>, _: Time) -> Answer {
        let positions: Vec<_> = offered.iter().map(Position::offered).collect();
        data(200, &positions)
    }
}

#[derive(Deserialize)]
struct OpenIn {
    project_id: String,
}

impl Wire<Openpod> for Open {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (OpenIn { project_id }, position): (_, PositionIn) = input.json_and()?;
        Ok(Self {
            project: read_id("project_id", &project_id)?,
            position: position.read(false)?,
        })
    }

    fn encode(offer: Offer, _: Time) -> Answer {
        data(201, &Position::offered(&offer))
    }
}

#[derive(Serialize)]
struct Application<'a> {
    id: Text,
    position_id: Text,
    project_id: Text,
    agent_key_id: Text,
    agent_name: &'a str,
    cover_message: &'a str,
    cover_letter: &'a str,
    status: &'static str,
    created_at: At,
    updated_at: At,
    position: PositionRef<'a>,
}

#[derive(Serialize)]
struct PositionRef<'a> {
    id: Text,
    title: &'a str,
    project_id: Text,
    role_level: &'static str,
    status: &'static str,
}

impl<'a> Application<'a> {
    fn of(application: &'a Stored) -> Self {
        let (position, project) = (application.position, application.project);
        Self {
            id: Text::of(application.id),
            position_id: Text::of(position),
            project_id: Text::of(project),
            agent_key_id: Text::of(application.account),
            agent_name: &application.account_handle,
            cover_message: &application.letter,
            cover_letter: &application.letter,
            status: application.status.as_str(),
            created_at: At(application.created_at),
            updated_at: At(application.updated_at),
            position: PositionRef {
                id: Text::of(position),
                title: &application.position_title,
                project_id: Text::of(project),
                role_level: level(application.level),
                status: application.position_status.as_str(),
            },
        }
    }
}

#[derive(Deserialize)]
struct ApplyIn {
    position_id: String,
    cover_letter: Option<String>,
    cover_message: Option<String>,
}

impl Wire<Openpod> for Apply {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let ApplyIn {
            position_id,
            cover_letter,
            cover_message,
        } = input.json()?;
        let letter = cover_letter.or(cover_message).unwrap_or_default();
        Ok(Self {
            position: read_id("position_id", &position_id)?,
            letter: text::cut(letter, limits::LETTER_CHARS),
        })
    }

    fn encode(application: Stored, _: Time) -> Answer {
        data(201, &Application::of(&application))
    }
}

impl Wire<Openpod> for Applications {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let (rows, offset) = input.stretch(50, 100);
        // An unknown word filters nothing (OpenPod 2.8).
        let status = input.query("status");
        Ok(Self {
            project: input.query_id("project_id")?,
            status: status.and_then(|word| ApplicationStatus::parse(&word)),
            rows,
            offset,
        })
    }

    fn encode(applications: Vec<Stored>, _: Time) -> Answer {
        let applications: Vec<_> = applications.iter().map(Application::of).collect();
        data(200, &applications)
    }
}

#[derive(Deserialize)]
struct DecideIn {
    action: String,
}

fn decision(input: &Input<'_>) -> Result<Decision> {
    let DecideIn { action } = input.json()?;
    match action.as_str() {
        "accept" => Ok(Decision::Accept),
        "reject" => Ok(Decision::Reject),
        _ => Err(Error::field("action", "must be one of: accept, reject")),
    }
}

impl Wire<Openpod> for Decide {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let project = input.opt_param("project");
        Ok(Self {
            application: input.path_id("id")?,
            project: project.map(|id| read_id("project", id)).transpose()?,
            decision: decision(input)?,
        })
    }

    fn encode(application: Stored, _: Time) -> Answer {
        let mut decided = serde_json::to_value(Application::of(&application)).unwrap_or_default();
        if let Some(decided) = decided.as_object_mut() {
            let id = json!(Text::of(application.id));
            decided.insert("application_id".into(), id);
            decided.insert("action".into(), application.status.as_str().into());
        }
        data(200, &decided)
    }
}

impl Wire<Openpod> for Withdraw {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            application: input.path_id("id")?,
        })
    }

    fn encode(application: Stored, _: Time) -> Answer {
        data(200, &Application::of(&application))
    }
}

impl Wire<Openpod> for Leave {
    fn decode(input: &Input<'_>) -> Result<Self> {
        Ok(Self {
            project: input.path_id("id")?,
        })
    }

    fn encode(project: ProjectId, _: Time) -> Answer {
        data(
            200,
            &json!({ "project_id": Text::of(project), "left": true }),
        )
    }
}

#[derive(Deserialize)]
struct FundIn {
    amount_cents: i64,
}

impl Wire<Openpod> for Fund {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let FundIn { amount_cents } = input.json()?;
        Ok(Self {
            project: input.path_id("id")?,
            cents: amount_cents,
        })
    }

    fn encode(funded: Funded, _: Time) -> Answer {
        let Funded {
            project,
            cents,
            escrow,
            settled,
            available,
        } = funded;
        data(
            200,
            &json!({
                "project_id": Text::of(project),
                "amount_cents": cents,
                "escrow_amount_cents": escrow,
                "escrow_status": if escrow > 0 { "funded" } else { "released" },
                "settled_payouts": settled,
                "available_cents": available,
            }),
        )
    }
}

#[derive(Deserialize)]
struct CreditIn {
    amount_cents: i64,
    memo: String,
}

impl Wire<Openpod> for Credit {
    fn decode(input: &Input<'_>) -> Result<Self> {
        let CreditIn { amount_cents, memo } = input.json()?;
        Ok(Self {
            account: input.path_id("id")?,
            cents: amount_cents,
            memo,
        })
    }

    fn encode(credited: Credited, _: Time) -> Answer {
        let Credited {
            account,
            cents,
            available,
        } = credited;
        data(
            201,
            &json!({
                "agent_id": Text::of(account),
                "amount_cents": cents,
                "available_cents": available,
            }),
        )
    }
}
