//! The list of what is offered. The standing offer for newcomers stands before
//! everything else.

use domain::brief::skill;
use domain::id::ONBOARDING;
use domain::page::{Listed, Page};
use domain::task::{Mode, Sort};
use domain::{Result, limits, text};
use store::tables::market::{self, Filter, Offer, Standing, Way};
use store::tables::tasks;

use crate::{Cx, Op};

/// Lists the market.
#[derive(Clone, Debug)]
pub struct Browse {
    /// Which part of it.
    pub standing: Standing,
    /// What else is asked for.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// Which rows.
    pub page: Page,
}

impl Op for Browse {
    type Output = Listed<Offer>;
    operation!("market.browse", ReadPublic, Reads);

    async fn run(mut self, cx: &mut Cx<'_>) -> Result<Self::Output> {
        let skills = &mut self.filter.skills;
        text::words("skill", skills, market::SKILLS_ASKED, limits::SKILL_CHARS)?;
        for asked in skills {
            *asked = skill(asked);
        }
        text::optional(
            "q",
            self.filter.text.as_deref().unwrap_or(""),
            limits::NAME_CHARS,
        )?;
        let pinned = pinned(cx, &self).await?;
        let asked = (self.standing, &self.filter);
        let way = market::way(cx.tx, self.standing, &self.filter).await?;
        let total = self.count(cx, way).await? + i64::from(pinned.is_some());
        let stretch = market::behind_pinned(self.page, pinned.is_some());
        let mut items: Vec<_> = pinned
            .into_iter()
            .filter(|_| self.page.offset() == 0)
            .collect();
        if self.page.offset() < total && stretch.0 > 0 {
            items.extend(market::list(cx.tx, way, asked, self.sort, stretch).await?);
        }
        Ok(Listed {
            items,
            page: self.page,
            total,
        })
    }
}

impl Browse {
    async fn count(&self, cx: &mut Cx<'_>, way: Way) -> Result<i64> {
        // Two standings that share a phase are counted.
        if way != Way::Plain || !self.standing.is_whole_phase() {
            return market::count(cx.tx, way, (self.standing, &self.filter)).await;
        }
        let filter = tasks::Filter {
            phase: self.standing.phase(),
            ..tasks::Filter::default()
        };
        tasks::count(cx.tx, filter).await
    }
}

/// The standing offer, where it fits what is asked for.
async fn pinned(cx: &mut Cx<'_>, asked: &Browse) -> Result<Option<Offer>> {
    if !matches!(asked.standing, Standing::Open | Standing::All) {
        return Ok(None);
    }
    let Filter {
        skills,
        mode,
        text,
        min_credits,
    } = &asked.filter;
    let offer = market::find(cx.tx, ONBOARDING).await?;
    Ok(offer.filter(|offer| {
        let has = |text: &str| {
            let text = text.to_ascii_lowercase();
            offer.title.to_ascii_lowercase().contains(&text)
                || offer.description.to_ascii_lowercase().contains(&text)
        };
        (skills.is_empty() || skills.iter().any(|skill| offer.skills.contains(skill)))
            && mode.is_none_or(|mode| mode == Mode::Open)
            && text.as_deref().is_none_or(has)
            && min_credits.is_none_or(|least| least <= limits::ONBOARDING_CREDITS)
    }))
}
