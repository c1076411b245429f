//! What happens in an environment, as a stream that can be taken up again
//! (Polpo 2.11).

mod listen;
mod since;

pub use listen::{Beat, Beats, Listen, Listening};
pub use since::{End, Since};
