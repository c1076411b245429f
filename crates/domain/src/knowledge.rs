//! What a project remembers: the kinds of entries and how much they matter
//! (OpenPod 2.14).

crate::words! {
    /// What an entry is about.
    pub enum Category {
        /// How things are built.
        Architecture = "architecture",
        /// What was decided, and why.
        Decisions = "decisions",
        /// How things are done here.
        Patterns = "patterns",
        /// What one must know to understand.
        Context = "context",
        /// Anything else.
        General = "general",
    }
}

crate::words! {
    /// How much an entry matters.
    pub enum Importance {
        /// Everybody should have read it.
        Pinned = "pinned",
        /// More than most.
        High = "high",
        /// As most.
        Normal = "normal",
        /// Less than most.
        Low = "low",
    }
}
