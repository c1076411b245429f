//! Files that come with chats (Polpo 2.14): their bytes are in the work folder,
//! what is known of them is in the database.

mod attach;
mod detach;
mod look;

pub use attach::Attach;
pub use detach::Detach;
pub use look::{Find, Get, List, Open};

use domain::Error;

fn unknown() -> Error {
    Error::not_found("attachment_not_found", "there is no such attachment")
}
