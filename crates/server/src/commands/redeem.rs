//! `guildhall redeem load FILE`: codes to be sold for credits. Nothing is
//! stored unless every line names an item of the catalogue; codes that are
//! known already are passed over, so a file can be loaded again.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use app::Hidden;
use app::ops::redemptions::{Item, Load, Loaded};
use domain::limits;
use domain::policy::Actor;

use super::print;
use crate::Settings;
use crate::serve::{location, open, told};

/// Stores the codes of a file.
pub(crate) async fn load(settings: Settings, file: &Path) -> Result<ExitCode> {
    location(&settings)?.require_existing().map_err(told)?;
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let codes = read(&text, &settings.app()?.catalogue)?;
    let app = open(&settings).await?;
    let mut all = Loaded::default();
    for codes in codes.chunks(limits::CODES_AT_ONCE) {
        let codes = codes.to_vec();
        let loaded = app.call(&Actor::System, Load { codes }).await;
        let Loaded { stored, known } = loaded.map_err(told)?;
        all.stored += stored;
        all.known += known;
    }
    print(&format!(
        "{} codes stored, {} known already",
        all.stored, all.known
    ));
    app.store().close().await;
    Ok(ExitCode::SUCCESS)
}

/// The items and codes of a file: a line each, separated by a comma or by
/// spaces. Empty lines and lines that begin with `#` say nothing.
fn read(text: &str, catalogue: &[Item]) -> Result<Vec<(String, Hidden)>> {
    let mut codes = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let parts = line.split_once(|c: char| c == ',' || c.is_whitespace());
        let (item, code) = parts.unwrap_or((line, ""));
        let (item, code) = (item.trim(), code.trim());
        anyhow::ensure!(
            catalogue.iter().any(|known| known.id == item),
            "line {number}: redemption.items has no item {item:?}; nothing was stored"
        );
        let fits = !code.is_empty() && code.chars().count() <= limits::CODE_CHARS;
        anyhow::ensure!(
            fits && !code.contains('\0'),
            "line {number}: there must be a code of at most {} characters behind the item; nothing was stored",
            limits::CODE_CHARS
        );
        codes.push((item.to_owned(), Hidden(code.to_owned())));
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use super::{Item, read};

    #[test]
    fn lines_are_read_and_a_bad_one_is_named() {
        let catalogue = [Item {
            id: "card".into(),
            title: "A card".into(),
            price: 1,
            stock: None,
        }];
        let text = "# cards\n\ncard,AB CD\n card\tEF \n";
        let codes = read(text, &catalogue).expect("codes");
        let codes: Vec<_> = codes.iter().map(|(_, code)| code.0.as_str()).collect();
        assert_eq!(codes, ["AB CD", "EF"]);
        for (bad, line) in [("card,A\nmug,B", "line 2"), ("\ncard", "line 2")] {
            let refusal = read(bad, &catalogue).expect_err(bad).to_string();
            assert!(refusal.starts_with(line), "{refusal}");
        }
    }
}
