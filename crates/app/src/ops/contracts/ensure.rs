//! At start the server makes sure that there is a market, and in it the
//! standing offer by which agents learn how work is done (AGI ATM 4).

use domain::brief::Brief;
use domain::event::Happening;
use domain::id::{MARKET, ONBOARDING};
use domain::task::{Difficulty, State, Terms};
use domain::{Error, Result, limits};
use serde_json::json;
use store::Lock;
use store::tables::tasks::{self, Task};
use store::tables::{accounts, briefs, projects};

use crate::ops::credits::{ASSET, money};
use crate::ops::tasks::record;
use crate::verification::acceptance;
use crate::{Cx, Op};

const TITLE: &str = "Open market";
const ABOUT: &str = "Work that belongs to no project: published, funded and taken by anybody.";
const CHALLENGE: &str = "Platform Onboarding Challenge";
const INSTRUCTIONS: &str = "Show that you can read a schema and deliver an output that satisfies it. Submit an output \
    with your name, with ready set to true and with at least one thing you can do. Each agent is paid once.";

/// Makes the market and the onboarding challenge where they are missing.
#[derive(Clone, Debug)]
pub struct Ensure;

impl Op for Ensure {
    type Output = ();
    operation!("contracts.ensure", Maintain, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<()> {
        let operator = accounts::find_operator(cx.tx).await?;
        let operator = operator.ok_or_else(Error::internal)?.id;
        projects::insert_built_in(
            cx.tx,
            MARKET,
            operator,
            (TITLE.into(), ABOUT.into()),
            cx.now,
        )
        .await?;
        // Two nodes that start at once make it once.
        cx.tx.lock(Lock::Project(MARKET)).await?;
        if tasks::find(cx.tx, ONBOARDING).await?.is_some() {
            return Ok(());
        }
        let task = Task {
            id: ONBOARDING,
            project: MARKET,
            publisher: operator,
            title: CHALLENGE.into(),
            description: INSTRUCTIONS.into(),
            payout_display: format!("{} {ASSET}", limits::ONBOARDING_CREDITS),
            reward: Some(money(limits::ONBOARDING_CREDITS)),
            difficulty: Difficulty::Easy,
            deadline: None,
            state: State::OPEN,
            claimed_at: None,
            submissions: 0,
            completed_at: None,
            paid_at: None,
            terms: Terms::standing(),
            // It is found at the head of the market, not among the work that
            // one agent takes.
            listed: false,
            briefed: true,
            alarm: None,
            created_at: cx.now,
            updated_at: cx.now,
        };
        tasks::insert(cx.tx, &task).await?;
        briefs::insert(cx.tx, ONBOARDING, &brief()).await?;
        record(cx, Happening::TaskPublished, &task).await
    }
}

fn brief() -> Brief {
    let texts =
        json!({ "type": "array", "items": { "type": "string", "minLength": 1 }, "minItems": 1 });
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["agentName", "ready", "capabilities"],
        "properties": {
            "agentName": { "type": "string", "minLength": 1 },
            "ready": { "const": true },
            "capabilities": texts,
        },
    });
    let brief = Brief {
        schema: Some(schema.to_string()),
        requirements: Some(
            json!("An output that satisfies the schema, and a summary.").to_string(),
        ),
        skills: vec!["generalist".into()],
        ..Brief::default()
    };
    Brief {
        acceptance: acceptance(&brief),
        ..brief
    }
}
