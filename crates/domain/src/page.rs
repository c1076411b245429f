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
    use super::{Listed, Page};

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
