use super::*;
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;

mod generated;

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A program whose `fault` has this body.
fn program(body: &str) -> Vec<u8> {
    wasm(&format!(
        r#"(module
            (import "palisade" "size" (func $size (param i32) (result i32)))
            (import "palisade" "read" (func $read (param i32 i32 i32 i32) (result i32)))
            (import "palisade" "sha256" (func $sha256 (param i32 i32 i32)))
            (import "palisade" "ed25519" (func $ed25519 (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (func $deep (result i32) (call $deep))
            (func (export "fault") (result i32) {body}))"#
    ))
}

fn outcome(body: &str, inputs: &[&[u8]]) -> Result<Verdict, Trap> {
    let inputs = inputs.iter().map(|input| input.to_vec()).collect();
    run(&program(body), inputs, MAX_FUEL).outcome
}

#[test]
fn a_program_reads_its_parts_and_gives_a_verdict() {
    let class = "(drop (call $read (i32.const 2) (i32.const 1) (i32.const 8) (i32.const 9)))
                 (i32.load8_u (i32.const 8))";
    assert_eq!(outcome(class, &[b"", b"", b"\x01\x07"]), Ok(Verdict::Guilty(7)));
    assert_eq!(outcome("(i32.const -1)", &[]), Ok(Verdict::Innocent));
    assert_eq!(outcome("(i32.const 256)", &[]), Err(Trap::NoVerdict));
    assert_eq!(outcome("(i32.const -2)", &[]), Err(Trap::NoVerdict));
    assert_eq!(
        outcome("(call $size (i32.const 1))", &[b"", b"abc"]),
        Ok(Verdict::Guilty(3))
    );
    assert_eq!(
        outcome("(call $size (i32.const 4))", &[b"", b"abc"]),
        Ok(Verdict::Innocent)
    );
}

#[test]
fn a_program_hashes_and_checks_signatures() {
    let hash = "(call $sha256 (i32.const 0) (i32.const 0) (i32.const 0)) (i32.load8_u (i32.const 0))";
    assert_eq!(outcome(hash, &[]), Ok(Verdict::Guilty(0xe3)));
    let key = SigningKey::from_bytes(&[7; 32]);
    let signature = key.sign(b"said").to_bytes();
    let check = "(drop (call $read (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32)))
                 (drop (call $read (i32.const 1) (i32.const 0) (i32.const 32) (i32.const 64)))
                 (drop (call $read (i32.const 2) (i32.const 0) (i32.const 96) (i32.const 4)))
                 (call $ed25519 (i32.const 0) (i32.const 96) (i32.const 4) (i32.const 32))";
    let public = key.verifying_key().to_bytes();
    assert_eq!(
        outcome(check, &[&public, &signature, b"said"]),
        Ok(Verdict::Guilty(1))
    );
    assert_eq!(
        outcome(check, &[&public, &signature, b"sand"]),
        Ok(Verdict::Guilty(0))
    );
    assert_eq!(
        outcome(check, &[&[0; 32], &signature, b"said"]),
        Ok(Verdict::Guilty(0))
    );
}

#[test]
fn what_never_ends_shows_nothing_and_costs_all_its_fuel() {
    let forever = program("(loop (br 0)) (i32.const 0)");
    for fuel in [0, 1, 1_000, MAX_FUEL, u64::MAX] {
        let ran = run(&forever, Vec::new(), fuel);
        let expected = Run {
            outcome: Err(Trap::OutOfFuel),
            fuel: fuel.min(MAX_FUEL),
        };
        assert_eq!(ran, expected);
    }
    assert_eq!(outcome("(call $deep)", &[]), Err(Trap::Trapped));
    let hash = "(call $sha256 (i32.const 0) (i32.const 65536) (i32.const 0)) (i32.const 0)";
    let ran = run(&program(hash), Vec::new(), 100_000);
    assert_eq!(ran.outcome, Err(Trap::OutOfFuel));
}

#[test]
fn an_address_outside_memory_is_a_trap_and_never_the_hosts() {
    for body in [
        "(i32.load (i32.const 65536))",
        "(call $read (i32.const 0) (i32.const 0) (i32.const 65535) (i32.const 9))",
        "(call $sha256 (i32.const -1) (i32.const 1) (i32.const 0)) (i32.const 0)",
        "(call $sha256 (i32.const 0) (i32.const 1) (i32.const 65505)) (i32.const 0)",
        "(call $ed25519 (i32.const 65530) (i32.const 0) (i32.const 0) (i32.const 0))",
        "(unreachable)",
    ] {
        assert_eq!(outcome(body, &[b"0123456789"]), Err(Trap::Trapped), "{body}");
    }
    // An offset behind the end reads nothing.
    let nothing = "(call $read (i32.const 0) (i32.const -1) (i32.const 0) (i32.const -1))";
    assert_eq!(outcome(nothing, &[b"abc"]), Err(Trap::OutOfFuel));
    let nothing = "(call $read (i32.const 0) (i32.const -1) (i32.const 0) (i32.const 9))";
    assert_eq!(outcome(nothing, &[b"abc"]), Ok(Verdict::Guilty(0)));
}

#[test]
fn memory_grows_to_its_limit_and_no_further() {
    let grow = "(memory.grow (i32.const 15))";
    assert_eq!(outcome(grow, &[]), Ok(Verdict::Guilty(1)));
    for pages in [16, 1_000, 65_000] {
        let grow = format!("(drop (memory.grow (i32.const {pages}))) (i32.const 1)");
        assert_eq!(outcome(&grow, &[]), Err(Trap::OutOfMemory), "{pages}");
    }
    // One by one, without looking at what is given.
    let grow = "(loop (drop (memory.grow (i32.const 1))) (br 0)) (i32.const 1)";
    assert_eq!(outcome(grow, &[]), Err(Trap::OutOfMemory));
    // What it declares itself is the program's own affair, and so is what cannot be addressed.
    let own = r#"(module (memory (export "memory") 1 2)
        (func (export "fault") (result i32) (memory.grow (i32.const 2))))"#;
    assert_eq!(
        run(&wasm(own), Vec::new(), MAX_FUEL).outcome,
        Ok(Verdict::Innocent)
    );
    assert_eq!(
        outcome("(memory.grow (i32.const -1))", &[]),
        Ok(Verdict::Innocent)
    );
}

#[test]
fn what_is_no_fault_program_is_refused_before_it_is_stored() {
    let memory = r#"(memory (export "memory") 1)"#;
    let entry = r#"(func (export "fault") (result i32) (i32.const 0))"#;
    assert_eq!(check(&wasm(&format!("(module {memory} {entry})"))), Ok(()));
    let refused = [
        (format!("(module {entry})"), Refused::Memory),
        (
            format!(r#"(module (memory (export "memory") 17) {entry})"#),
            Refused::TooMuchMemory,
        ),
        (format!("(module {memory})"), Refused::Entry),
        (
            format!(r#"(module {memory} (func (export "fault") (param i32) (result i32) (i32.const 0)))"#),
            Refused::Entry,
        ),
        (
            format!(r#"(module {memory} (func (export "fault") (result i64) (i64.const 0)))"#),
            Refused::Entry,
        ),
        (
            format!(r#"(module (import "env" "now" (func (result i64))) {memory} {entry})"#),
            Refused::Import,
        ),
        (
            format!(r#"(module (import "palisade" "size" (func (result i32))) {memory} {entry})"#),
            Refused::Import,
        ),
        (
            format!(r#"(module (import "palisade" "m" (memory 1)) {entry})"#),
            Refused::Malformed,
        ),
        (
            format!("(module {memory} (func $f) (start $f) {entry})"),
            Refused::Malformed,
        ),
        (
            format!("(module {memory} (func (param f64)) {entry})"),
            Refused::Malformed,
        ),
        (
            format!("(module {memory} (func (drop (f32.const 1))) {entry})"),
            Refused::Malformed,
        ),
        (
            format!(r#"(module {memory} (data (i32.const 65535) "ab") {entry})"#),
            Refused::DoesNotStart,
        ),
        (
            format!("(module {memory} (table 1025 funcref) {entry})"),
            Refused::DoesNotStart,
        ),
    ];
    for (text, expected) in refused {
        let found = check(&wasm(&text));
        let allowed = expected == Refused::Malformed && found.is_err();
        assert!(allowed || found == Err(expected), "{text}: {found:?}");
    }
    assert_eq!(check(&vec![0; MAX_BYTES + 1]), Err(Refused::TooLong));
    assert_eq!(check(b"\0asm"), Err(Refused::Malformed));
    assert_eq!(run(b"", Vec::new(), 9).outcome, Err(Trap::Refused));
}

#[test]
fn fuel_is_the_same_cold_and_warm() {
    let bytes = program("(call $size (i32.const 0))");
    let first = run(&bytes, Vec::new(), MAX_FUEL);
    assert!(first.fuel > 0);
    for _ in 0..3 {
        assert_eq!(run(&bytes, Vec::new(), MAX_FUEL), first);
    }
    // A change of this figure is a change of consensus: every program's fuel is counted by it.
    assert_eq!(first.fuel, PINNED_FUEL);
}

/// What calling one import and giving its answer costs.
const PINNED_FUEL: u64 = 4;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_and_changed_programs_do_no_harm(
        noise in proptest::collection::vec(any::<u8>(), 0..256),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        prop_assert!(agrees_with_itself(&noise, &noise));
        let mut changed = program(
            "(drop (call $read (i32.const 2) (i32.const 1) (i32.const 8) (i32.const 9)))
             (call $sha256 (i32.const 0) (i32.const 9) (i32.const 32)) (i32.load8_u (i32.const 8))",
        );
        let at = at.index(changed.len());
        changed[at] = byte;
        prop_assert!(agrees_with_itself(&changed, &noise));
    }
}

/// A program whose function `fault` has these locals and this code, whatever they are.
fn raw(body: &[u8]) -> Vec<u8> {
    let size = |length: usize| {
        [
            u8::try_from(length & 0x7f).unwrap() | 0x80,
            u8::try_from(length >> 7).unwrap(),
        ]
    };
    let mut bytes = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\x05\x03\x01\0\x01".to_vec();
    bytes.extend(b"\x07\x12\x02\x06memory\x02\0\x05fault\0\0");
    bytes.push(10);
    bytes.extend(size(body.len().saturating_add(3)));
    bytes.push(1);
    bytes.extend(size(body.len()));
    bytes.extend(body);
    bytes
}

#[test]
fn code_behind_the_end_of_a_function_is_refused() {
    const WHOLE: [u8; 4] = [0, 0x41, 0, 0x0b];
    assert_eq!(check(&raw(&WHOLE)), Ok(()));
    // Every instruction of one byte, with what may follow it; the reader sees an end of the function twice.
    for code in 0..=u8::MAX {
        for rest in [
            &[][..],
            &[0],
            &[0, 0],
            &[0x40],
            &[0, 0, 0x0b],
            &[0x0b],
            &[0x40, 0x0b],
        ] {
            let bytes = raw(&[&WHOLE[..], &[code], rest].concat());
            assert_eq!(check(&bytes), Err(Refused::Malformed), "{code:02x} {rest:02x?}");
            assert_eq!(run(&bytes, Vec::new(), 9).outcome, Err(Trap::Refused));
        }
    }
}
