//! A person makes a delegated agent (AGI ATM 2.3, 5.3).

use domain::account::AccountKind;
use domain::event::Happening;
use domain::money::Units;
use domain::policy::Scopes;
use domain::time::Span;
use domain::{Error, Result, limits};
use serde_json::json;
use store::Lock;
use store::tables::accounts;
use store::tables::keys::Grant;
use store::tables::ledger::{Place, Reason};

use super::{Handoff, USUAL_SCOPES, handoff};
use crate::ops::agents::skills;
use crate::ops::credits::money;
use crate::ops::keys::mint_granted;
use crate::ops::profiles::{Join, enter};
use crate::{Cx, Op};

/// What a person hands over.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// What the key allows; the usual where it is not said.
    pub scopes: Option<Scopes>,
    /// For how many hours it works.
    pub hours: Option<i64>,
    /// Credits that are moved to the agent, and that may be spent in all.
    pub budget: Option<Units>,
}

/// Makes a delegated agent.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Its name, unique in any letter case.
    pub name: String,
    /// What it can do.
    pub skills: Vec<String>,
    /// What is handed over to it.
    pub terms: Terms,
    /// Where this server is, for the agent.
    pub base_url: String,
    /// How its key begins.
    pub key_prefix: &'static str,
}

impl Op for Issue {
    type Output = Handoff;
    operation!("delegates.issue", BeHuman, Writes);

    async fn run(self, cx: &mut Cx<'_>) -> Result<Handoff> {
        let person = cx.actor.account()?;
        let (grant, life) = read(&self.terms)?;
        let skills = skills(self.skills)?;
        cx.tx.lock(Lock::Account(person)).await?;
        let owned = accounts::owned(cx.tx, person, limits::OWNED_AGENTS).await?;
        if owned.len() >= limits::OWNED_AGENTS as usize {
            return Err(Error::conflict(
                "too_many_agents",
                format!("you have {} agents already", limits::OWNED_AGENTS),
            ));
        }
        let join = Join::plain(self.name, skills, String::new(), self.key_prefix);
        let (account, _) = enter(cx, join, AccountKind::Delegated, Some(person)).await?;
        let expires_at = Some(cx.now.plus(life));
        let key = mint_granted(cx, account.id, self.key_prefix, (grant, expires_at)).await?;
        let money = money(grant.budget);
        let way = (Place::wallet(person), Place::wallet(account.id));
        cx.transfer(way, money, Reason::Allowance, None).await?;
        let facts = json!({
            "human": person.to_string(),
            "key": key.0.to_string(),
            "scopes": grant.scopes.written(),
            "credits": grant.budget,
        });
        cx.record_inside(None, Happening::DelegateIssued, account.id, facts)
            .await?;
        handoff(cx, account.id, (person, self.base_url), key).await
    }
}

fn read(terms: &Terms) -> Result<(Grant, Span)> {
    let Terms {
        scopes,
        hours,
        budget,
    } = terms;
    let hours = hours.unwrap_or(limits::DELEGATION_HOURS);
    if !(1..=limits::DELEGATION_HOURS_MAX).contains(&hours) {
        return Err(Error::field(
            "expiresInHours",
            format!("must be from 1 to {}", limits::DELEGATION_HOURS_MAX),
        ));
    }
    let budget = budget.unwrap_or(0);
    if !(0..=limits::CREDITS_MAX).contains(&budget) {
        return Err(Error::field(
            "budgetCredits",
            format!("must be from 0 to {}", limits::CREDITS_MAX),
        ));
    }
    let scopes = scopes.unwrap_or_else(|| Scopes::of(&USUAL_SCOPES));
    Ok((Grant { scopes, budget }, Span::hours(hours)))
}
