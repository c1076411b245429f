//! Token launches, which happen elsewhere and are recorded here (POLT 2.4).

mod list;
mod record;

pub use list::List;
pub use record::{Of, Record};
