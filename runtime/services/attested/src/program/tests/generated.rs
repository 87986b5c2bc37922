//! Valid programs made of random steps: what passes validation is translated and run without a panic.

use super::*;

/// What a generated body is made of: how many numbers it takes and gives, and its bytes.
const STEPS: [(usize, usize, &[u8]); 26] = [
    (0, 1, &[0x41, 0x05]),
    (0, 1, &[0x41, 0x7f]),
    (1, 0, &[0x1a]),
    (2, 1, &[0x6a]),
    (2, 1, &[0x6d]),
    (2, 1, &[0x46]),
    (1, 1, &[0x45]),
    (3, 1, &[0x1b]),
    (0, 1, &[0x20, 0]),
    (1, 0, &[0x21, 0]),
    (1, 1, &[0x22, 1]),
    (1, 1, &[0x28, 2, 0]),
    (2, 0, &[0x36, 2, 0]),
    (0, 1, &[0x3f, 0]),
    (1, 1, &[0x40, 0]),
    (1, 1, &[0xac, 0x50]),
    (1, 1, &[0xc0]),
    (3, 0, &[0xfc, 0x0b, 0]),
    (3, 0, &[0xfc, 0x0a, 0, 0]),
    (0, 0, &[0x01]),
    (0, 0, &[0x00]),
    (1, 0, &[0x0d, 0]),
    (1, 0, &[0x0e, 1, 0, 0]),
    (0, 1, &[0x10, 0]),
    (0, 0, &[0x0c, 0]),
    (0, 0, &[0xd0, 0x70, 0xd1, 0x1a]),
];

/// A valid body of these steps: numbers that lack are put there, blocks that are open are closed.
fn body(steps: &[(u8, u8)]) -> Vec<u8> {
    let mut bytes = vec![1, 2, 0x7f];
    let mut open: Vec<(usize, bool)> = vec![(0, false)];
    let close = |bytes: &mut Vec<u8>, (height, _): (usize, bool)| {
        bytes.extend(core::iter::repeat_n(0x1a, height));
        bytes.push(0x0b);
    };
    for &(kind, which) in steps {
        let inside = open.len() > 1;
        match kind % 8 {
            0 if open.len() < 20 => {
                bytes.extend([[0x02, 0x40], [0x03, 0x40]][usize::from(which) & 1]);
                open.push((0, false));
            }
            1 if open.len() < 20 => {
                bytes.extend([0x41, which & 0x3f, 0x04, 0x40]);
                open.push((0, true));
            }
            2 if inside => close(&mut bytes, open.pop().unwrap()),
            3 if open.last().unwrap().1 => {
                let (height, _) = open.pop().unwrap();
                bytes.extend(core::iter::repeat_n(0x1a, height));
                bytes.push(0x05);
                open.push((0, false));
            }
            _ => {
                let (takes, gives, code) = STEPS[usize::from(which & 31).min(25)];
                // A branch out of the function itself would have to bring its answer.
                if matches!(code[0], 0x0c..=0x0e) && !inside {
                    continue;
                }
                let height = &mut open.last_mut().unwrap().0;
                for _ in *height..takes {
                    bytes.extend([0x41, 0x03]);
                }
                *height = height.saturating_sub(takes).saturating_add(gives);
                bytes.extend(code);
            }
        }
    }
    while open.len() > 1 {
        close(&mut bytes, open.pop().unwrap());
    }
    bytes.extend(core::iter::repeat_n(0x1a, open.pop().unwrap().0));
    bytes.extend([0x41, 0x07, 0x0b]);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_048))]

    #[test]
    fn whatever_is_valid_is_translated_and_ends(steps in proptest::collection::vec(any::<(u8, u8)>(), 0..200)) {
        let bytes = raw(&body(&steps));
        prop_assert_eq!(check(&bytes), Ok(()));
        prop_assert!(agrees_with_itself(&bytes, &[1, 2, 3]));
    }

    #[test]
    fn a_change_of_what_is_valid_does_no_harm(
        steps in proptest::collection::vec(any::<(u8, u8)>(), 0..60),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = raw(&body(&steps));
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        prop_assert!(agrees_with_itself(&bytes, &[1, 2, 3]));
    }
}
