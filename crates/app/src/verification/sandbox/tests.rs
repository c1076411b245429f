use std::fmt::Write;
use std::time::{Duration, Instant};

use domain::brief::Brief;
use sha2::{Digest, Sha256};

use super::{Broken, Sandbox, Verdict};

/// A module around the body of its `verify`; `$say` prints a text that is in
/// its memory.
fn module(data: &str, body: &str) -> Vec<u8> {
    let data = data.replace('"', "\\22");
    let text = format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 2)
            (data (i32.const 1024) "{data}")
            (func $say (param $fd i32) (param $at i32) (param $len i32)
                (i32.store (i32.const 0) (local.get $at))
                (i32.store (i32.const 4) (local.get $len))
                (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
            (func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
            (func (export "verify") {body}))"#
    );
    wat::parse_str(text).expect("a module")
}

fn run(code: &[u8], output: &str) -> Result<Verdict, Broken> {
    let sandbox = Sandbox::new();
    let module = sandbox
        .compile(code)
        .unwrap_or_else(|cause| panic!("{cause}"));
    sandbox.run(&module, output.as_bytes())
}

fn broken(data: &str, body: &str) -> Broken {
    run(&module(data, body), "{}").err().expect("no verdict")
}

const PASS: &str = r#"{"pass":true}"#;
const FAIL: &str = r#"{"pass":false,"errors":[{"path":"/a","message":"too small"}],"score":3}"#;

/// Says all of a text.
fn say(text: &str) -> String {
    format!(
        "(call $say (i32.const 1) (i32.const 1024) (i32.const {}))",
        text.len()
    )
}

#[test]
fn a_verifier_passes_and_fails_outputs() {
    let passed = run(&module(PASS, &say(PASS)), "{}").expect("a verdict");
    assert!(passed.causes.is_empty() && passed.fuel_used > 0);
    let failed = run(&module(FAIL, &say(FAIL)), "{}").expect("a verdict");
    assert_eq!(failed.causes.len(), 1);
    assert_eq!(
        (
            failed.causes[0].field.as_ref(),
            failed.causes[0].problem.as_ref()
        ),
        ("/a", "too small")
    );
    assert_eq!(failed.said["score"], 3);
    let silent = r#"{"pass":false}"#;
    let failed = run(&module(silent, &say(silent)), "{}").expect("a verdict");
    assert_eq!(failed.causes.len(), 1);
}

/// Passes where the first byte of the output is a bracket of a list.
#[test]
fn a_verifier_reads_the_output() {
    let body = format!(
        "(i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 8))
         (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
         (if (i32.eq (i32.load8_u (i32.const 16)) (i32.const 91)) (then {}) (else (call $exit (i32.const 3))))",
        say(PASS)
    );
    let code = module(PASS, &body);
    assert!(run(&code, "[1]").expect("a verdict").causes.is_empty());
    assert_eq!(run(&code, "{}").err(), Some(Broken::Exited(3)));
}

#[test]
fn the_same_run_takes_the_same_fuel() {
    let body = format!(
        "(local $i i32) (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1)))
         (br_if $l (i32.lt_u (local.get $i) (i32.const 3000000)))) {}",
        say(PASS)
    );
    let code = module(PASS, &body);
    let sandbox = Sandbox::new();
    let compiled = sandbox.compile(&code).expect("a module");
    let fuel = |verdict: Result<Verdict, Broken>| verdict.expect("a verdict").fuel_used;
    let first = fuel(sandbox.run(&compiled, b"{}"));
    assert!(first > 5_000_000, "over several portions of fuel: {first}");
    assert_eq!(fuel(sandbox.run(&compiled, b"{}")), first);
    assert_eq!(fuel(run(&code, "{}")), first);
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a bound in time is what is tested"
)]
fn a_verifier_that_misbehaves_is_stopped() {
    let exits = format!("{} (call $exit (i32.const 0))", say(PASS));
    assert!(run(&module(PASS, &exits), "{}").is_ok());
    let began = Instant::now();
    let spun = broken("", "(loop $l (br $l))");
    println!("spins: {spun} after {:?}", began.elapsed());
    assert!(matches!(spun, Broken::Fuel | Broken::Time), "{spun}");
    for (body, why) in [
        (
            "(loop $l (drop (memory.grow (i32.const 64))) (br $l))",
            Broken::Memory,
        ),
        ("(drop (call $deep (i32.const 0)))", Broken::Stack),
        (
            "(loop $l (call $say (i32.const 1) (i32.const 0) (i32.const 65000)) (br $l))",
            Broken::Printed,
        ),
        (
            "(loop $l (call $say (i32.const 2) (i32.const 0) (i32.const 65000)) (br $l))",
            Broken::Printed,
        ),
        ("(call $exit (i32.const 7))", Broken::Exited(7)),
        ("", Broken::Verdict),
        (
            "(call $say (i32.const 1) (i32.const 1024) (i32.const 3))",
            Broken::Verdict,
        ),
    ] {
        assert_eq!(broken("{a}", body), why, "{body}");
    }
    let fills = broken(
        "",
        "(drop (memory.grow (i32.const 900))) (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 59000000)) (br $l))",
    );
    assert!(matches!(fills, Broken::Fuel | Broken::Time), "{fills}");
    assert!(matches!(broken("", "unreachable"), Broken::Trapped(_)));
    assert!(matches!(
        broken("", "(drop (i32.load (i32.const -4)))"),
        Broken::Trapped(_)
    ));
    for verdict in [
        r#"{"pass":"yes"}"#,
        r#"{"pass":false,"errors":7}"#,
        r#"{"pass":false,"errors":[{}]}"#,
        "[]",
    ] {
        assert_eq!(broken(verdict, &say(verdict)), Broken::Verdict, "{verdict}");
    }
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_module_that_does_not_fit_is_refused() {
    let sandbox = Sandbox::new();
    let refusal = |text: &str| {
        let code = wat::parse_str(text).expect("a module");
        sandbox.compile(&code).err().unwrap_or_default()
    };
    assert!(sandbox.compile(b"not a module").is_err());
    assert!(sandbox.compile(&vec![0; 3 << 20]).is_err());
    for (text, why) in [
        (
            r#"(module (import "wasi_snapshot_preview1" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32))) (memory (export "memory") 1) (func (export "verify")))"#,
            "path_open",
        ),
        (
            r#"(module (import "wasi_snapshot_preview1" "sock_send" (func)) (memory (export "memory") 1) (func (export "verify")))"#,
            "sock_send",
        ),
        (
            r#"(module (import "env" "now" (func)) (memory (export "memory") 1) (func (export "verify")))"#,
            "env.now",
        ),
        (
            r#"(module (import "wasi_snapshot_preview1" "fd_write" (func)) (memory (export "memory") 1) (func (export "verify")))"#,
            "cannot be started",
        ),
        (r#"(module (func (export "verify")))"#, "memory"),
        (r#"(module (memory (export "memory") 1))"#, "verify"),
        (
            r#"(module (memory (export "memory") 1) (func (export "verify") (param i32)))"#,
            "cannot be started",
        ),
        (
            r#"(module (memory (export "memory") 2000) (func (export "verify")))"#,
            "cannot be started",
        ),
        (
            r#"(module (memory (export "memory") 1) (func $s) (start $s) (func (export "verify")))"#,
            "start",
        ),
    ] {
        let told = refusal(text);
        assert!(told.contains(why), "{told}");
    }
}

/// A module of about 1 MiB, most of it code.
fn large() -> Vec<u8> {
    let mut functions = String::new();
    for at in 0..4_000 {
        let _ = write!(functions, "(func $f{at} (param i32) (result i32)");
        for step in 0..30 {
            let _ = write!(
                functions,
                "(i32.mul (local.get 0) (i32.const {}))",
                70_000 + at * 31 + step
            );
            functions.push_str("(local.set 0)");
        }
        functions.push_str("(local.get 0))");
    }
    let text = PASS.replace('"', "\\22");
    let len = PASS.len();
    wat::parse_str(format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 16)
            (data (i32.const 1024) "{text}")
            {functions}
            (func (export "verify")
                (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const {len}))
                (drop (call $f0 (i32.const 1)))
                (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#
    ))
    .expect("a module")
}

#[test]
fn a_large_module_stays_compiled() {
    use crate::verification::checks::{Checks, Code};
    let (checks, code) = (Checks::default(), large());
    let hash = Sha256::digest(&code).into();
    let brief = Brief {
        verifier: Some(hash),
        ..Brief::default()
    };
    assert!(checks.compile(&brief, Code::Bytes(code)).is_ok());
    assert!(checks.module_at_hand(&hash).is_some());
}

/// In release: `cargo test --release -p app --lib one_mebibyte -- --nocapture`.
#[test]
#[expect(clippy::disallowed_methods, reason = "a time is what is tested")]
fn one_mebibyte_starts_soon() {
    let code = large();
    let sandbox = Sandbox::new();
    let began = Instant::now();
    let module = sandbox.compile(&code).expect("a module");
    let compiled = began.elapsed();
    let began = Instant::now();
    let runs = 20;
    for _ in 0..runs {
        assert!(sandbox.run(&module, b"{}").is_ok());
    }
    let each = began.elapsed() / runs;
    println!(
        "{} KiB: compiled in {compiled:?}, run in {each:?}",
        code.len() >> 10
    );
    assert!(code.len() > 1 << 20, "{}", code.len());
    // In release it is five milliseconds; a debug build is slower.
    assert!(each < Duration::from_millis(if cfg!(debug_assertions) { 200 } else { 5 }));
}
