//! `guildhall verify` repeats a verdict.

use serde_json::{Value, json};
use testkit::process::{Output, run};

use super::terms::accepting;
use crate::program::BINARY;

struct Files(tempfile::TempDir);

impl Files {
    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path.to_str().expect("a path").to_owned()
    }
}

fn verify(arguments: &[&str]) -> Output {
    run(BINARY, &[&["verify"], arguments].concat(), &[])
}

fn receipt(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{}", output.stderr))
}

#[test]
fn a_receipt_is_repeated_and_the_exit_says_whether_it_passes() {
    let files = Files(tempfile::tempdir().expect("a folder"));
    let module = files.put("verifier.wasm", accepting());
    let schema = files.put("schema.json", r#"{"type":"object","required":["a"]}"#);
    let rules = files.put(
        "rules.json",
        r#"{"checks":[{"type":"count","pointer":"/a","value":2}]}"#,
    );
    let (good, bad) = (
        files.put("good.json", r#"{"a":[1,2]}"#),
        files.put("bad.json", "[]"),
    );
    let short = files.put("short.json", r#"{"a":[1]}"#);
    let all = |input: &str| {
        verify(&[
            "--module", &module, "--schema", &schema, "--rules", &rules, "--input", input,
        ])
    };

    let passed = all(&good);
    assert!(passed.status.success(), "{}", passed.stderr);
    let told = receipt(&passed);
    assert_eq!(
        (&told["schemaValid"], &told["errors"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(told["verifier"]["verdict"], json!({ "pass": true }));
    assert!(told["verifier"]["fuelUsed"].as_u64() > Some(0));
    assert_eq!(told["acceptanceHash"].as_str().map(str::len), Some(64));
    assert_eq!(all(&good).stdout, passed.stdout);

    let failed = all(&bad);
    assert_eq!(failed.status.code(), Some(1));
    let told = receipt(&failed);
    assert_eq!(
        (&told["schemaValid"], &told["verifier"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(told["errors"][0]["rule"], "type");
    let failed = receipt(&all(&short));
    assert_eq!(
        (&failed["schemaValid"], &failed["errors"][0]["path"]),
        (&json!(true), &json!("/a"))
    );

    let spins = wat::parse_str(
        r#"(module (memory (export "memory") 1) (func (export "verify") (loop $l (br $l))))"#,
    );
    let spins = files.put("spins.wasm", spins.expect("a module"));
    let stopped = verify(&["--module", &spins, "--input", &good]);
    assert!(
        !stopped.status.success() && stopped.stderr.contains("no verdict"),
        "{}",
        stopped.stderr
    );
    let nonsense = files.put("nonsense.json", "{\"type\":7}");
    let refused = verify(&["--schema", &nonsense, "--input", &good]);
    assert!(
        !refused.status.success() && refused.stderr.contains("expectedSchema"),
        "{}",
        refused.stderr
    );
}
