//! Paging by number, as the bounty board's contract has it (POLT 2.2, 2.5).

use crate::{Error, Result, limits};

/// Which rows a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// From 1.
    pub number: u32,
    /// Rows per page.
    pub rows: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            number: 1,
            rows: limits::PAGE_ROWS_DEFAULT,
        }
    }
}

impl Page {
    /// Page `number` of `rows` rows; more rows than allowed are clamped.
    ///
    /// # Errors
    /// `Invalid` when the number is not between 1 and the last page, or the
    /// rows are fewer than 1.
    pub fn new(number: Option<i64>, rows: Option<i64>) -> Result<Self> {
        let number = number.unwrap_or(1);
        let rows = rows.unwrap_or(i64::from(limits::PAGE_ROWS_DEFAULT));
        let last = i64::from(limits::PAGE_LAST);
        if !(1..=last).contains(&number) {
            return Err(Error::field(
                "page",
                format!("must be between 1 and {last}"),
            ));
        }
        if rows < 1 {
            return Err(Error::field("limit", "must be 1 or more"));
        }
        let clamped = rows.min(i64::from(limits::PAGE_ROWS_MAX));
        let narrow = |n: i64| u32::try_from(n).map_err(|_| Error::internal());
        Ok(Self {
            number: narrow(number)?,
            rows: narrow(clamped)?,
        })
    }

    /// The first `rows` rows of something that is not paged.
    pub fn first(rows: u32) -> Self {
        Self { number: 1, rows }
    }

    /// Rows before this page.
    pub fn offset(self) -> i64 {
        i64::from(self.number.saturating_sub(1)).saturating_mul(i64::from(self.rows))
    }
}

/// A part of a list that is shown whole unless somebody asks for less
/// (Polpo 2.4, 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    rows: Option<u32>,
    skip: i64,
}

impl Part {
    /// At most `limit` rows, behind the first `offset`.
    ///
    /// # Errors
    /// `Invalid` when one of them is out of bounds.
    pub fn new(limit: Option<i64>, offset: Option<i64>) -> Result<Self> {
        let most = limits::PART_ROWS;
        let rows = |limit: i64| {
            let rows = u32::try_from(limit).ok();
            rows.filter(|rows| (1..=most).contains(rows))
                .ok_or_else(|| {
                    Error::field("limit", format!("must be a whole number from 1 to {most}"))
                })
        };
        let last = limits::PART_OFFSET;
        let skip = offset.unwrap_or(0);
        if !(0..=last).contains(&skip) {
            let problem = format!("must be a whole number from 0 to {last}");
            return Err(Error::field("offset", problem));
        }
        let rows = limit.map(rows).transpose()?;
        Ok(Self {
            rows: rows.or(offset.map(|_| most)),
            skip,
        })
    }

    /// How many rows, where the whole list has at most `whole`.
    pub fn rows(self, whole: i64) -> i64 {
        self.rows.map_or(whole, |rows| i64::from(rows).min(whole))
    }

    /// How many rows are passed over.
    pub fn skip(self) -> i64 {
        self.skip
    }

    /// This part of a whole list.
    pub fn of<T>(self, all: Vec<T>) -> Vec<T> {
        let skip = usize::try_from(self.skip).unwrap_or(usize::MAX);
        let rows = self.rows.map_or(usize::MAX, |rows| rows as usize);
        all.into_iter().skip(skip).take(rows).collect()
    }
}

/// One page of a list, with the size of the whole.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Which page it is.
    pub page: Page,
    /// Rows in the whole list.
    pub total: i64,
}

impl<T> Listed<T> {
    /// Pages in the whole list.
    pub fn pages(&self) -> i64 {
        let rows = i64::from(self.page.rows.max(1));
        self.total
            .saturating_add(rows.saturating_sub(1))
            .div_euclid(rows)
    }

    /// The same page of something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Listed<U> {
        Listed {
            items: self.items.into_iter().map(f).collect(),
            page: self.page,
            total: self.total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Listed, Page, Part};

    #[test]
    fn parts_are_bounded_and_whole_unless_asked_for() {
        let all = vec![1, 2, 3];
        let part = |limit, offset| Part::new(limit, offset).map(|part| part.of(all.clone()));
        for (limit, offset, expected) in [
            (None, None, vec![1, 2, 3]),
            (Some(2), None, vec![1, 2]),
            (Some(2), Some(2), vec![3]),
            (None, Some(1), vec![2, 3]),
            (Some(1), Some(9), vec![]),
        ] {
            assert_eq!(part(limit, offset), Ok(expected), "{limit:?} {offset:?}");
        }
        for (limit, offset) in [(Some(0), None), (Some(1_001), None), (Some(1), Some(-1))] {
            assert!(part(limit, offset).is_err(), "{limit:?} {offset:?}");
        }
        assert_eq!(Part::default().rows(7), 7);
    }

    #[test]
    fn pages_are_bounded() {
        assert_eq!(
            Page::new(None, None),
            Ok(Page {
                number: 1,
                rows: 20
            })
        );
        assert_eq!(Page::new(Some(3), Some(1000)).map(Page::offset), Ok(200));
        for (number, rows) in [(0, 20), (-1, 20), (i64::MAX, 20), (1, 0), (1, -5)] {
            assert!(
                Page::new(Some(number), Some(rows)).is_err(),
                "{number} {rows}"
            );
        }
    }

    #[test]
    fn the_last_page_may_be_short() {
        for (total, pages) in [(0, 0), (1, 1), (20, 1), (21, 2), (57, 3)] {
            let list = Listed::<()> {
                items: vec![],
                page: Page::default(),
                total,
            };
            assert_eq!(list.pages(), pages);
        }
    }
}
