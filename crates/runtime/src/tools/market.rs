//! The market: an agent finds, takes and delivers work of others, with the
//! account that its project owns (design 5). An agent has these tools when its
//! document names them; the others it has when nothing is named.

use app::ops::contracts::{Deliver, Delivered, Take, View};
use app::ops::hosted::Admit;
use app::ops::market::Browse;
use app::tables::market::{Filter, Offer, Standing};
use domain::id::TaskId;
use domain::page::Page;
use domain::policy::Actor;
use domain::task::Sort;
use domain::{Error, Result};
use serde_json::{Value, json};

use super::Kit;
use super::args::Args;

/// How the tools of the market begin.
pub(super) const PREFIX: &str = "market_";
/// Offers that one search shows.
const ROWS: u32 = 20;

impl Kit {
    /// The agent as a worker of the market.
    async fn worker(&self) -> Result<Actor> {
        let admit = Admit {
            environment: self.environment,
            agent: self.agent.to_string(),
        };
        self.app.call(&Actor::System, admit).await
    }

    pub(super) async fn market_search(&self, args: &Args<'_>) -> Result<String> {
        let browse = Browse {
            standing: Standing::Open,
            filter: Filter {
                text: args.text("query")?.map(str::to_owned),
                ..Filter::default()
            },
            sort: Sort::New,
            page: Page::first(ROWS),
        };
        let worker = self.worker().await?;
        let found = self.app.call(&worker, browse).await?;
        Ok(Value::Array(found.items.iter().map(offer).collect()).to_string())
    }

    pub(super) async fn market_claim(&self, args: &Args<'_>) -> Result<String> {
        let task = task(args)?;
        let worker = self.worker().await?;
        let contract = self.app.call(&worker, Take { task }).await?;
        let brief = contract.brief.as_ref();
        let json = |text: Option<&String>| -> Value {
            text.and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default()
        };
        Ok(json!({
            "id": task.to_string(),
            "title": contract.shown.task.title,
            "description": contract.shown.task.description,
            "payload": json(brief.and_then(|brief| brief.payload.as_ref())),
            "expectedSchema": json(brief.and_then(|brief| brief.schema.as_ref())),
        })
        .to_string())
    }

    pub(super) async fn market_deliver(&self, args: &Args<'_>) -> Result<String> {
        let task = task(args)?;
        let output = args.json("output")?.to_string();
        let summary = args.text("summary")?.unwrap_or_default().to_owned();
        let deliver = Deliver::new(task, output, summary, Vec::new());
        let worker = self.worker().await?;
        let delivered = self.app.call(&worker, deliver).await?;
        Ok(told(&delivered))
    }

    pub(super) async fn market_status(&self, args: &Args<'_>) -> Result<String> {
        let task = task(args)?;
        let worker = self.worker().await?;
        let contract = self.app.call(&worker, View { task }).await?;
        let status = contract.shown.task.state.status.as_str();
        Ok(json!({ "id": task.to_string(), "status": status }).to_string())
    }
}

fn task(args: &Args<'_>) -> Result<TaskId> {
    let id = TaskId::parse(args.required("task_id")?);
    id.ok_or_else(|| Error::field("task_id", "must be an id that market_search showed"))
}

fn offer(offer: &Offer) -> Value {
    json!({
        "id": offer.id.to_string(),
        "title": offer.title,
        "description": offer.description,
        "reward": offer.payout_display,
        "skills": offer.skills,
    })
}

fn told(delivered: &Delivered) -> String {
    let status = delivered.contract.shown.task.state.status.as_str();
    json!({ "status": status, "paid": delivered.settlement.is_some() }).to_string()
}
