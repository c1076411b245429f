//! The work folders of hosted agents, as the bearers of an environment's keys
//! see and change them (Polpo 2.14). The files are not in the database: all of
//! this goes through the port `ports::files`.

mod change;
mod look;
mod note;

pub(crate) use change::check_name;
pub use change::{Alter, Upload, Uploaded};
pub use look::{Find, List, Open, Preview, Previewed, Roots};
pub use note::{Action, Note};
