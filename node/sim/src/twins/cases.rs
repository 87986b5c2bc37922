//! The cases: all of a small size but for renaming, and samples of larger ones.

use super::Case;
use crate::dice::Dice;

/// The cell of each machine; cells are numbered in the order in which they first appear.
pub type Partition = Vec<u8>;

/// Seats of the whole enumeration.
const SEATS: usize = 4;
/// Its machines: one seat has two.
const MACHINES: usize = SEATS + 1;

/// All partitions of so many machines.
#[must_use]
pub fn partitions(machines: usize) -> Vec<Partition> {
    let mut all = vec![Vec::new()];
    for _ in 0..machines {
        all = all
            .into_iter()
            .flat_map(|cells: Partition| {
                let fresh = cells.iter().max().map_or(0, |most| most + 1);
                (0..=fresh).map(move |cell| {
                    let mut longer = cells.clone();
                    longer.push(cell);
                    longer
                })
            })
            .collect();
    }
    all
}

/// Numbers cells anew, in the order of machines that `order` gives.
fn renamed(cells: &[u8], order: &[usize]) -> Partition {
    let mut names = Vec::new();
    order
        .iter()
        .map(|machine| {
            let cell = cells[*machine];
            let place = names.iter().position(|name| *name == cell);
            place.unwrap_or_else(|| {
                names.push(cell);
                names.len() - 1
            }) as u8
        })
        .collect()
}

/// Every case of four seats, one of them (seat 0) running twice, and so many rounds, once for all that differ only in
/// the names of the other seats or of the two machines.
#[derive(Debug)]
pub struct Cases {
    partitions: Vec<Partition>,
    /// Leaders, and the renamings of machines that leave them as they are, as maps of partitions' numbers.
    words: Vec<(Vec<usize>, Vec<Vec<usize>>)>,
    rounds: usize,
}

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (place, first) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(place);
        for mut tail in permutations(&rest) {
            tail.insert(0, *first);
            all.push(tail);
        }
    }
    all
}

/// Sequences of leaders in which the seats that do not run twice appear in order.
fn words(rounds: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..rounds {
        all = all
            .into_iter()
            .flat_map(|word: Vec<usize>| {
                let next = word.iter().max().map_or(1, |most| most + 1).min(SEATS - 1);
                (0..=next).map(move |leader| [word.clone(), vec![leader]].concat())
            })
            .collect();
    }
    all
}

impl Cases {
    /// The cases of so many rounds.
    #[must_use]
    pub fn new(rounds: usize) -> Self {
        let partitions = partitions(MACHINES);
        let words = words(rounds)
            .into_iter()
            .map(|word| {
                let named = word.iter().max().copied().unwrap_or(0);
                let free: Vec<usize> = (named + 1..SEATS).collect();
                let renamings = permutations(&free)
                    .into_iter()
                    .flat_map(|tail| {
                        let fixed: Vec<usize> = (1..=named).chain(tail).collect();
                        // The two machines of seat 0 are the first and the last.
                        [
                            [vec![0], fixed.clone(), vec![SEATS]].concat(),
                            [vec![SEATS], fixed, vec![0]].concat(),
                        ]
                    })
                    .map(|order| {
                        let image = |cells: &Partition| renamed(cells, &order);
                        let number = |cells: &Partition| partitions.iter().position(|p| *p == image(cells));
                        partitions.iter().filter_map(number).collect()
                    })
                    .collect();
                (word, renamings)
            })
            .collect();
        Self {
            partitions,
            words,
            rounds,
        }
    }

    /// How many there would be with every name counted: sequences of leaders times partitions per round.
    #[must_use]
    pub fn raw(&self) -> u64 {
        let per_round = (SEATS * self.partitions.len()) as u64;
        (0..self.rounds).fold(SEATS as u64, |all, _| all * per_round)
    }

    /// Every case, in two modes: with votes to leave a view held back by the partition, and without.
    pub fn all(&self) -> impl Iterator<Item = Case> + '_ {
        let count = self.partitions.len();
        let combinations = (0..self.rounds).fold(1, |all, _| all * count);
        self.words.iter().flat_map(move |(word, renamings)| {
            (0..combinations)
                .map(move |mut number| {
                    (0..self.rounds)
                        .map(|_| {
                            let digit = number % count;
                            number /= count;
                            digit
                        })
                        .collect::<Vec<usize>>()
                })
                .filter(move |digits| {
                    renamings
                        .iter()
                        .all(|map| digits.iter().map(|digit| map[*digit]).ge(digits.iter().copied()))
                })
                .flat_map(move |digits| {
                    [false, true].map(|open| Case {
                        seats: SEATS,
                        twins: vec![0],
                        leaders: word.clone(),
                        cells: digits
                            .iter()
                            .map(|digit| self.partitions[*digit].clone())
                            .collect(),
                        open,
                    })
                })
        })
    }
}

/// A case of five to ten seats by chance: as many twins as a third allows, five rounds, two or three cells.
#[must_use]
pub fn sampled(seed: u64) -> Case {
    let mut dice = Dice::new(seed, "twins");
    let seats = dice.between(5, 10) as usize;
    let rounds = dice.between(3, 6);
    let mut nodes: Vec<usize> = (0..seats).collect();
    dice.shuffle(&mut nodes);
    let twins = nodes[..(seats - 1) / 3].to_vec();
    let machines = seats + twins.len();
    let leaders = (0..rounds)
        .map(|_| {
            // Twins lead often: an honest leader can do little harm.
            let from = if dice.percent(60) { &twins } else { &nodes };
            dice.pick(from, 0)
        })
        .collect();
    let cells = (0..rounds)
        .map(|_| {
            let cells = dice.between(1, 3);
            (0..machines).map(|_| dice.below(cells) as u8).collect()
        })
        .collect();
    Case {
        seats,
        twins,
        leaders,
        cells,
        open: dice.percent(50),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_fifty_two_partitions_of_five_and_fifteen_words_of_three() {
        assert_eq!(partitions(5).len(), 52);
        assert_eq!(words(3).len(), 15);
    }

    #[test]
    fn of_those_that_differ_in_names_alone_one_is_left() {
        let cases = Cases::new(1);
        // Partitions of {T, T', a, b, c}, but for the names of T, T' and of b, c (and of a, where T leads).
        let count = cases.all().count();
        let whole = cases.raw();
        assert!(count < 2 * 2 * 52 && count > 2 * 52 / 2, "{count} of {whole}");
        let merged: Vec<u8> = vec![0, 0, 1, 1, 0];
        assert_eq!(renamed(&merged, &[4, 2, 1, 3, 0]), [0, 1, 0, 1, 0]);
    }
}
