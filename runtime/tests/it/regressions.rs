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
    for (id, test, why) in rows().filter(|(id, ..)| id.contains('-') && !id.starts_with('-')) {
        assert!(known.insert(id), "{id} stands twice");
        let tested = test.starts_with('`');
        assert!(tested || !why.is_empty(), "{id} says nothing");
        let grave = id.starts_with("K-H") || id.starts_with("K-M");
        assert!(tested || !grave, "{id} has no test");
    }
    for (letter, last) in [('H', 4), ('M', 7)] {
        for number in 1..=last {
            assert!(known.contains(format!("K-{letter}{number:02}").as_str()));
        }
    }
}
