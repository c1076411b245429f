//! What happens in an environment, as a stream that can be taken up again
//! (Polpo 2.11).

mod listen;
mod log;
mod since;

pub use listen::{Beats, Listen, Listening};
pub use log::{Entries, Log, Logs};
pub use since::{End, Since};
