//! Where the application checks: terms when a task is published, outputs when
//! they are handed in. Both outside of any transaction.

use domain::brief::Brief;
use domain::policy::Actor;
use domain::{Kind, Result};

use super::Report;
use super::checks::{Checks, Code};
use crate::App;
use crate::ops::contracts::Verifier;

/// Steps that a check may take where it stands in the way of others.
const STEPS_AT_ONCE: u64 = 20_000;
/// Bytes of an output that is checked where it stands in the way of others.
const BYTES_AT_ONCE: usize = 16 << 10;

impl App {
    /// Refuses acceptance terms that make no sense or could not be checked
    /// within bounds. `module` is the verifier's code, where it is new.
    ///
    /// # Errors
    /// `Unsatisfied` with code `invalid_schema`, `invalid_rules` or
    /// `invalid_verifier`.
    pub(crate) async fn admit_terms(&self, brief: &Brief, module: Option<&[u8]>) -> Result<()> {
        if !brief.is_checked() || self.checks().at_hand(brief).is_some() {
            return Ok(());
        }
        let code = match module {
            Some(module) => Code::Bytes(module.to_vec()),
            None => self.code(brief).await?,
        };
        let brief = brief.clone();
        let compiling = move |checks: &Checks| checks.compile(&brief, code).map(|_| ());
        self.checks().in_turn(compiling).await
    }

    /// Checks an output.
    ///
    /// # Errors
    /// `Unsatisfied` with code `verifier_failed` where the verifier itself broke
    /// its bounds, `schema_too_costly` where the schema did; `Unavailable` when
    /// too much is being checked.
    pub(crate) async fn examine(&self, brief: &Brief, output: &str) -> Result<Report> {
        let checks = self.checks();
        if output.len() <= BYTES_AT_ONCE
            && let Some(terms) = checks.at_hand(brief)
            && let Ok(judgement) = terms.check(output, STEPS_AT_ONCE)
        {
            return Ok(terms.report(judgement));
        }
        let code = self.code(brief).await?;
        let (brief, output) = (brief.clone(), output.to_owned());
        let checking = move |checks: &Checks| checks.compile(&brief, code)?.examine(&output);
        checks.in_turn(checking).await
    }

    /// The code of a brief's verifier.
    async fn code(&self, brief: &Brief) -> Result<Code> {
        let Some(hash) = brief.verifier else {
            return Ok(Code::Unknown);
        };
        if let Some(module) = self.checks().module_at_hand(&hash) {
            return Ok(Code::Compiled(module));
        }
        match self.call(&Actor::System, Verifier { hash }).await {
            Ok(module) => Ok(Code::Bytes(module)),
            Err(error) if error.kind == Kind::NotFound => Ok(Code::Unknown),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::brief::Brief;
    use domain::id::{AccountId, PLATFORM};
    use domain::{Kind, Time};
    use serde_json::json;
    use sha2::{Digest, Sha256};
    use store::tables::verifiers;
    use store::{Location, Store};
    use testkit::engine::Engine;

    use crate::verification::verify;
    use crate::{App, Clock, Entropy, Settings};

    const ACCEPTS: &str = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "{\22pass\22:true}")
        (func (export "verify")
            (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 13))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;
    const SPINS: &str =
        r#"(module (memory (export "memory") 1) (func (export "verify") (loop $l (br $l))))"#;

    async fn open(url: &str) -> App {
        let location = Location::parse(url).expect("a location");
        let store = Store::open(&location).await.expect("the store opens");
        let settings = Settings::default();
        App::new(store, settings, Clock::fixed(Time(1)), Entropy::sequence())
    }

    /// A brief with this stored verifier.
    async fn judged_by(app: &App, module: &[u8]) -> Brief {
        let hash = Sha256::digest(module).into();
        let module = module.to_vec();
        let stored = app.store().write(move |tx| {
            let module = module.clone();
            let by = AccountId(PLATFORM);
            Box::pin(async move { verifiers::insert(tx, hash, module, by, Time(1)).await })
        });
        stored.await.expect("stored");
        let brief = Brief {
            schema: Some(json!({ "type": "array", "items": { "type": "integer" } }).to_string()),
            verifier: Some(hash),
            ..Brief::default()
        };
        Brief {
            acceptance: crate::verification::acceptance(&brief),
            ..brief
        }
    }

    testkit::on_both_engines! {
        /// Whoever has the terms and the output comes to the same receipt.
        fn a_stored_verifier_judges_and_anybody_can_repeat_it(engine: Engine) {
            let scratch = engine.scratch();
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(async {
                let app = open(scratch.url()).await;
                let module = wat::parse_str(ACCEPTS).expect("a module");
                let brief = judged_by(&app, &module).await;
                for output in ["[1,2]", "[\"a\"]", "no JSON"] {
                    let report = app.examine(&brief, output).await.expect("a report");
                    let repeated = verify(&brief, Some(&module), output).expect("a report");
                    assert_eq!(report.receipt, repeated.receipt);
                    assert_eq!(report.causes.is_empty(), output == "[1,2]", "{}", report.receipt);
                }
                let spins = judged_by(&app, &wat::parse_str(SPINS).expect("a module")).await;
                let broken = app.examine(&spins, "[1]").await.expect_err("no verdict");
                assert_eq!((broken.kind, broken.code), (Kind::Unsatisfied, "verifier_failed"));
                app.store().close().await;
            });
        }
    }

    #[tokio::test]
    async fn a_check_that_takes_too_long_is_refused_and_harms_nobody() {
        let scratch = Engine::Sqlite.scratch();
        let app = open(scratch.url()).await;
        let of = |schema: serde_json::Value| Brief {
            schema: Some(schema.to_string()),
            ..Brief::default()
        };
        let mut defs = serde_json::Map::new();
        for at in 0..40 {
            let next = json!({ "$ref": format!("#/$defs/a{}", at + 1) });
            defs.insert(format!("a{at}"), json!({ "allOf": [next, next] }));
        }
        defs.insert("a40".into(), json!({ "type": "object" }));
        let bomb = of(json!({ "$ref": "#/$defs/a0", "$defs": defs }));
        let plain = of(json!({ "type": "object" }));
        let (one, two, other) = tokio::join!(
            app.examine(&bomb, "{}"),
            app.examine(&bomb, "{}"),
            app.examine(&plain, "{}"),
        );
        for refused in [one, two] {
            assert_eq!(refused.expect_err("refused").code, "schema_too_costly");
        }
        assert!(other.expect("a report").causes.is_empty());
        // The same for a small output that is checked at once and for a large one.
        let numbers = of(json!({ "items": { "type": "integer" } }));
        let large = format!("[{}1]", "1,".repeat(60_000));
        for output in ["[1]", &large, "[1]"] {
            let report = app.examine(&numbers, output).await.expect("a report");
            assert!(report.causes.is_empty(), "{}", report.receipt);
        }
        // Nothing was to be checked.
        let unchecked = app.examine(&Brief::default(), "in words").await;
        assert!(unchecked.expect("a report").causes.is_empty());
        app.store().close().await;
    }
}
