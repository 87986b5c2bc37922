//! The list of regressions names tests that exist.

use std::collections::BTreeSet;
use std::path::Path;

const LIST: &str = include_str!("../../docs/regressions.md");

/// Identifier, test and place of each line of the list's tables.
fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    LIST.lines().filter_map(|line| {
        let mut cells = line
            .strip_prefix('|')?
            .strip_suffix('|')?
            .split('|')
            .map(str::trim);
        Some((cells.next()?, cells.next()?, cells.next()?))
    })
}

#[test]
fn every_regression_has_its_test_where_the_list_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = 0;
    for (id, test, place) in rows().filter(|(_, test, _)| test.starts_with('`')) {
        let text = std::fs::read_to_string(root.join(place));
        let text = text.unwrap_or_else(|error| panic!("{id}: {place}: {error}"));
        let start = format!("fn {}(", test.trim_matches('`'));
        assert!(text.contains(&start), "{id}: {place} has no {test}");
        found += 1;
    }
    assert!(found > 100, "{found} tests");
}

#[test]
fn every_high_and_medium_has_a_test_and_no_statement_stands_twice() {
    let mut known = BTreeSet::new();
    let numbered = |id: &str| ["K-", "E-", "S-"].iter().any(|letter| id.starts_with(letter));
    for (id, test, why) in rows().filter(|(id, ..)| numbered(id)) {
        assert!(known.insert(id), "{id} stands twice");
        let tested = test.starts_with('`');
        assert!(tested || !why.is_empty(), "{id} says nothing");
        let grave = id.starts_with("K-H") || id.starts_with("K-M");
        assert!(tested || !grave, "{id} has no test");
    }
    for id in statements() {
        assert!(known.contains(id.as_str()), "{id} is not in the list");
    }
    assert_eq!(known.len(), statements().count(), "nothing else is a statement");
}

/// Every statement that others' audits and code have given, by its number.
fn statements() -> impl Iterator<Item = String> {
    let of = |letter: &'static str, first: u8, last: u8| {
        (first..=last).map(move |number| format!("{letter}{number:02}"))
    };
    let karak = of("K-H", 1, 4).chain(of("K-M", 1, 7)).chain(of("K-D", 1, 1));
    let karak = karak.chain(of("K-Q", 1, 16)).chain(of("K-", 17, 20));
    let karak = karak
        .chain(of("K-R", 1, 16))
        .chain(of("K-N", 1, 21))
        .chain(of("K-S", 1, 6));
    // 38 and 39 were never given.
    let eigenlayer = of("E-", 1, 37).chain(of("E-", 40, 67));
    karak.chain(eigenlayer).chain(of("S-", 1, 16))
}

/// What was found on paper before the first line, in the words of the design.
const BREAKS: [&str; 15] = [
    "exit escrowed but still voting",
    "leader stamping ten days ahead",
    "slashing oneself through one's own service",
    "caps that hand power to dust",
    "unbacked power kept by a change bound",
    "a second old proof after a re-base",
    "a 1 bps slash on a vault with M = 1",
    "pending values above M after a slash",
    "a request that matures after its window",
    "fault programs naming strangers or reading mutable state",
    "beacon loss pooled over unpooled custody",
    "receipts counted twice",
    "an oracle weighing itself",
    "windows shortened retroactively",
    "reporter paying himself from his delegators",
];

#[test]
fn every_break_that_was_found_on_paper_has_a_test() {
    for what in BREAKS {
        let found = rows().find(|(id, ..)| *id == what);
        assert!(found.is_some_and(|(_, test, _)| test.starts_with('`')), "{what}");
    }
}
