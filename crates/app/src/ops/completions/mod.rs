//! Chat completions: somebody talks to a hosted agent, or to a model as it is
//! (Polpo 2.6).
//!
//! ```text
//! complete.rs  the errand: check, look, open, begin the turn
//! said.rs      what was said, checked and put into the form for models
//! attached.rs  attachments that it names, read
//! wanted.rs    the other fields, checked
//! look.rs      one snapshot: agent, prompt, budget
//! prompt.rs    what an agent is told about itself
//! open.rs      a stream's session and question, stored before its first byte
//! attend.rs    the turn, piece by piece, whether its caller stays or not
//! tally.rs     what comes of the pieces: the answer, its tools, its end
//! close.rs     session, answer, run and costs, in one transaction
//! frame.rs     what a caller is told on the way
//! ```
//!
//! **Invariant:** what was said is stored whatever happens to the caller, the
//! model or the turn; where no answer came, that stands in its place.

mod attached;
mod attend;
mod close;
mod complete;
mod frame;
mod look;
mod open;
mod prompt;
mod said;
mod suggest;
mod tally;
mod wanted;

pub use complete::{Complete, Completion, Told};
pub use frame::{Failure, Finished, Frame, Numbered};
pub use tally::Whole;
pub use wanted::Wishes;

pub(crate) use prompt::prompt;
pub(crate) use tally::redacted;

/// What stands where an answer never came (Polpo 2.6).
pub(crate) const INTERRUPTED: &str = "[Response interrupted]";
