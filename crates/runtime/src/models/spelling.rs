//! The three spellings of a model (Polpo 4): `provider:model`,
//! `provider/model`, or the bare name of one whose provider everybody knows.

/// How the names of models begin whose provider goes without saying.
const KNOWN: &[(&str, &str)] = &[
    ("claude-", "anthropic"),
    ("gpt-", "openai"),
    ("o1-", "openai"),
    ("o3-", "openai"),
    ("o4-", "openai"),
    ("gemini-", "google"),
    ("grok-", "xai"),
    ("llama-", "groq"),
    ("mistral-", "mistral"),
];

/// The provider, in small letters, and what it calls the model.
pub(super) fn read(model: &str) -> Option<(String, &str)> {
    if let Some((provider, rest)) = model.split_once([':', '/']) {
        let is_whole = !provider.is_empty() && !rest.is_empty();
        return is_whole.then(|| (provider.to_ascii_lowercase(), rest));
    }
    let known = KNOWN.iter().find(|(start, _)| model.starts_with(start));
    known.map(|(_, provider)| ((*provider).to_owned(), model))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn the_first_separator_counts() {
        for (model, provider, rest) in [
            ("openai:gpt-4o", "openai", "gpt-4o"),
            ("OpenAI/gpt-4o", "openai", "gpt-4o"),
            (
                "openrouter/anthropic/claude",
                "openrouter",
                "anthropic/claude",
            ),
            ("ollama:llama3:8b", "ollama", "llama3:8b"),
            ("openrouter/x:free", "openrouter", "x:free"),
            ("claude-sonnet", "anthropic", "claude-sonnet"),
            ("grok-2", "xai", "grok-2"),
        ] {
            assert_eq!(read(model), Some((provider.to_owned(), rest)), "{model}");
        }
        for bad in ["", "sonnet", ":x", "x:", "/"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
