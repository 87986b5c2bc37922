//! Every state that four validators, one of them malicious, can come to in a few views: explicit-state search of the
//! production core itself.
//!
//! What makes it finite and small enough, and why nothing is lost:
//!
//! - **Messages are never consumed.** Whatever was said can be told to anybody at any later time, in any order, or
//!   never. So what is on its way is what was said, and needs no place in the state.
//! - **Votes are told as certificates.** Votes that decide nothing change nothing but a tally. A certificate of a
//!   statement can reach a validator as soon as a quorum, with the malicious one, has signed it; each time it can, or
//!   cannot quite, the core is also told the votes themselves and must come to the same conclusion.
//! - **One certificate per statement, one block per header.** Who signed a quorum makes no difference to a core.
//! - **Any view may take too long at any time**, which covers all timers, clocks and delays; a standstill tick may
//!   come at any time too.
//! - **The application answers at once**, bodies are fetched at once: to delay an answer is to delay what caused it.
//! - **The malicious validator** signs everything, to anybody, at any time; in its views it proposes two blocks on
//!   every base that certificates justify. What breaks a rule is refused without a trace and is left to the
//!   simulator's actors.
//! - **States are told apart by a core's digest**, and what its validator has said and logged. A validator's steps are
//!   computed once for each of its own states; the search is over triples of them, but for the names of validators
//!   that never lead.
//!
//! # Source
//! consensus.md, sections 1.3 and 3, point 6.

mod local;
mod universe;

use light_palisade::{Statement, VoteKind};
use local::{Happening, Local};
use primitives::{BlockHash, Digest};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use universe::{Id, SEATS, Universe};

/// Honest validators.
const HONEST: usize = SEATS - 1;

/// What is searched.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Weights of the seats.
    pub weights: [u64; SEATS],
    /// The malicious seat.
    pub byzantine: usize,
    /// Views.
    pub views: u64,
    /// Whether the first block ends the epoch, so that it alone can be proposed again.
    pub boundary: bool,
    /// Whether honest validators may crash and restart.
    pub crashes: bool,
    /// How many views each honest validator may give up by its own clock; standstill ticks come only without such a
    /// bound.
    pub give_ups: Option<u8>,
    /// States after which the search gives up.
    pub most: usize,
}

/// A rule that a reachable state breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// A view can be finalized and nullified (L1).
    FinalOrNull(u64),
    /// Two blocks can be notarized or finalized in one view (L2).
    TwoBlocks(u64),
    /// A block can be finalized that cannot be notarized (L3).
    NotNotarized(u64),
    /// Two validators have different blocks final at one height.
    Agreement,
    /// A validator wants to sign what contradicts what it signed.
    Contradiction(usize, String),
    /// A validator wants to notarize in a view that it has voted to leave (rule 5).
    AfterNullify(usize, String),
    /// A validator was given a final block out of order.
    Order(usize),
    /// A validator stopped for good.
    Diverged(usize, String),
    /// A validator shut out an honest one.
    Accused(usize, usize),
    /// A validator, told votes, did not count them as their weight says.
    Miscounted(usize, String),
    /// A validator did not start from its own log.
    Start(String),
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// States of the network.
    pub states: usize,
    /// Steps between them.
    pub steps: u64,
    /// States of single validators.
    pub locals: usize,
    /// Most blocks that anybody had final.
    pub height: usize,
    /// Times that votes were told one by one.
    pub counted: usize,
    /// Whether every state was reached; else the bound was.
    pub complete: bool,
}

/// A broken rule, and how it came to it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub broken: Broken,
    /// What happened, from the start, to whom.
    pub story: Vec<String>,
}

/// The numbers of the honest validators' states.
type State = [u32; HONEST];
type Step = (u8, Happening);

struct Search {
    universe: Universe,
    seats: [usize; HONEST],
    locals: Vec<Local>,
    index: HashMap<(usize, Digest), u32>,
    memo: HashMap<(u32, Happening), u32>,
    offers: BTreeMap<Vec<Id>, Vec<Id>>,
    counted: HashSet<(u32, Id, u8)>,
    found: Option<Broken>,
}

/// Searches every state.
///
/// # Errors
/// [`Finding`]: a rule that some state breaks.
pub fn search(setup: Setup) -> Result<Outcome, Box<Finding>> {
    let alone = |broken| {
        Box::new(Finding {
            broken,
            story: Vec::new(),
        })
    };
    let finding = match Search::new(setup).map_err(alone)?.run(&mut Unseen::default()) {
        Ok(outcome) => return Ok(outcome),
        Err(broken) => broken,
    };
    // The same search again, which remembers how it came to each state.
    let mut told = Told::default();
    let mut search = Search::new(setup).map_err(alone)?;
    let again = search.run(&mut told).err();
    let story = told.story(&search);
    let broken = again.unwrap_or(finding);
    Err(Box::new(Finding { broken, story }))
}

/// What a search remembers of the states that it has seen.
trait Memory {
    /// Notes a state and the step to it; false when it was seen before.
    fn note(&mut self, state: State, from: (State, Step)) -> bool;
    /// The step in which something was found broken.
    fn fail(&mut self, state: State, step: Option<Step>);
    fn count(&self) -> usize;
}

/// The states alone, in few bytes: there may be a hundred million.
#[derive(Default)]
struct Unseen(HashSet<[u32; HONEST]>);

impl Memory for Unseen {
    fn note(&mut self, state: State, _: (State, Step)) -> bool {
        self.0.insert(state)
    }

    fn fail(&mut self, _: State, _: Option<Step>) {}

    fn count(&self) -> usize {
        self.0.len()
    }
}

/// How the search came to each state.
#[derive(Default)]
struct Told {
    seen: HashMap<State, (State, Step)>,
    failed: Option<(State, Option<Step>)>,
}

impl Memory for Told {
    fn note(&mut self, state: State, from: (State, Step)) -> bool {
        let known = self.seen.contains_key(&state);
        self.seen.entry(state).or_insert(from);
        !known
    }

    fn fail(&mut self, state: State, step: Option<Step>) {
        self.failed = Some((state, step));
    }

    fn count(&self) -> usize {
        self.seen.len()
    }
}

impl Told {
    fn story(&self, search: &Search) -> Vec<String> {
        let Some((mut state, step)) = self.failed else {
            return Vec::new();
        };
        let mut lines: Vec<String> = step.map(|step| search.line(step)).into_iter().collect();
        while let Some((before, step)) = self.seen.get(&state).filter(|(before, _)| *before != state) {
            lines.push(search.line(*step));
            state = *before;
        }
        lines.reverse();
        lines
    }
}

impl Search {
    fn new(setup: Setup) -> Result<Self, Broken> {
        let universe = Universe::new(setup).ok_or_else(|| Broken::Start("the set is refused".to_owned()))?;
        let mut seats = [0; HONEST];
        let honest = (0..SEATS).filter(|seat| *seat != setup.byzantine);
        for (place, seat) in seats.iter_mut().zip(honest) {
            *place = seat;
        }
        Ok(Self {
            universe,
            seats,
            locals: Vec::new(),
            index: HashMap::new(),
            memo: HashMap::new(),
            offers: BTreeMap::new(),
            counted: HashSet::new(),
            found: None,
        })
    }

    /// Validators of one class differ in nothing but their names.
    fn class(&self, seat: usize) -> usize {
        if self.universe.leaders.contains(&seat) {
            seat
        } else {
            SEATS + self.universe.setup.weights[seat] as usize
        }
    }

    fn intern(&mut self, local: Local) -> u32 {
        let key = (self.class(local.seat), local.digest());
        let next = self.locals.len() as u32;
        let id = *self.index.entry(key).or_insert(next);
        if id == next {
            self.locals.push(local);
        }
        id
    }

    fn start(&mut self) -> Result<State, Broken> {
        let mut state = [0; HONEST];
        for (place, seat) in self.seats.into_iter().enumerate() {
            let local = Local::new(&mut self.universe, seat);
            let (local, broken) = local.map_err(|error| Broken::Start(error.to_string()))?;
            self.found = self.found.take().or(broken.into_iter().next());
            state[place] = self.intern(local);
        }
        Ok(self.named(state))
    }

    /// Orders validators of one class, so that their names make no difference.
    fn named(&self, mut state: State) -> State {
        for a in 0..HONEST {
            for b in a + 1..HONEST {
                if self.class(self.seats[a]) == self.class(self.seats[b]) && state[a] > state[b] {
                    state.swap(a, b);
                }
            }
        }
        state
    }

    fn run(&mut self, seen: &mut impl Memory) -> Result<Outcome, Broken> {
        let first = self.start()?;
        seen.note(first, (first, (0, Happening::Timeout)));
        let mut open = VecDeque::from([first]);
        let (mut steps, mut height) = (0u64, 0);
        while let Some(state) = open.pop_front() {
            let certifiable = self.certifiable(&state);
            self.check(&state, &certifiable);
            if let Some(broken) = self.found.take() {
                seen.fail(state, None);
                return Err(broken);
            }
            let committed = state.iter().map(|id| self.locals[*id as usize].committed.len());
            height = committed.fold(height, usize::max);
            if seen.count() >= self.universe.setup.most {
                open.push_front(state);
                break;
            }
            for step in self.steps(&state, &certifiable) {
                let next = self.after(state, step);
                if let Some(broken) = self.found.take() {
                    seen.fail(state, Some(step));
                    return Err(broken);
                }
                if next != state {
                    steps += 1;
                    if seen.note(next, (state, step)) {
                        open.push_back(next);
                    }
                }
            }
        }
        Ok(Outcome {
            states: seen.count(),
            steps,
            locals: self.locals.len(),
            height,
            counted: self.counted.len(),
            complete: open.is_empty(),
        })
    }

    fn decides(&self, weight: u64) -> bool {
        let total: u64 = self.universe.setup.weights.iter().sum();
        u128::from(weight) * 3 > u128::from(total) * 2
    }

    /// Who, of the honest, said a statement: a bit for each place.
    fn speakers(&self, state: &State, id: Id) -> u8 {
        let said = |place: &usize| self.locals[state[*place] as usize].said.contains(&id);
        (0..HONEST).filter(said).fold(0, |bits, place| bits | 1 << place)
    }

    fn weight(&self, speakers: u8) -> u64 {
        let weights = self.universe.setup.weights;
        let honest = (0..HONEST).filter(|place| speakers >> place & 1 == 1);
        let sum: u64 = honest.map(|place| weights[self.seats[place]]).sum();
        sum + weights[self.universe.setup.byzantine]
    }

    /// Statements of the views that are searched, that a quorum has signed if the malicious validator signs them too.
    fn certifiable(&mut self, state: &State) -> Vec<Id> {
        let mut heard: Vec<Id> = state
            .iter()
            .flat_map(|id| self.locals[*id as usize].said.iter().copied())
            .collect();
        heard.sort_unstable();
        heard.dedup();
        heard.retain(|id| self.universe.statement(*id).view().get() <= self.universe.setup.views);
        for id in &heard {
            let speakers = self.speakers(state, *id);
            (0..HONEST).for_each(|place| self.count(state, place, *id, speakers));
        }
        heard.retain(|id| self.decides(self.weight(self.speakers(state, *id))));
        heard
    }

    /// Tells a validator the votes for a statement one by one: it must certify it exactly when they are a quorum.
    fn count(&mut self, state: &State, place: usize, id: Id, speakers: u8) {
        let local = &self.locals[state[place] as usize];
        let statement = self.universe.statement(id);
        let view = statement.view().get();
        let skip = local.held.contains(&id) || view <= local.decided || !local.committed.is_empty();
        if skip || !self.counted.insert((state[place], id, speakers)) {
            return;
        }
        // The state may be another's of the same class: then the two change names.
        let name = |seat: usize| match seat {
            seat if seat == self.seats[place] => local.seat,
            seat if seat == local.seat => self.seats[place],
            seat => seat,
        };
        let honest = (0..HONEST).filter(|place| speakers >> place & 1 == 1);
        let mut voters: Vec<usize> = honest.map(|place| name(self.seats[place])).collect();
        voters.push(self.universe.setup.byzantine);
        let expected = self.decides(self.weight(speakers));
        match local.certifies(&self.universe, statement, &voters) {
            Ok(certified) if certified == expected => {}
            Ok(_) => {
                let what = format!("{statement:?} by {voters:?}");
                self.found = Some(Broken::Miscounted(local.seat, what));
            }
            Err(error) => self.found = Some(Broken::Start(error.to_string())),
        }
    }

    fn check(&mut self, state: &State, certifiable: &[Id]) {
        let all: Vec<Statement> = certifiable
            .iter()
            .map(|id| self.universe.statement(*id))
            .collect();
        for (place, a) in all.iter().enumerate() {
            let view = a.view().get();
            let (kind, block) = (a.kind(), a.block());
            for b in all[..place].iter().filter(|b| b.view() == a.view()) {
                let kinds = [kind, b.kind()];
                if kinds.contains(&VoteKind::Nullify) {
                    if kinds.contains(&VoteKind::Finalize) {
                        self.found = Some(Broken::FinalOrNull(view));
                    }
                } else if block != b.block() {
                    self.found = Some(Broken::TwoBlocks(view));
                }
            }
            let notarized = |b: &&Statement| b.kind() == VoteKind::Notarize && b.view() == a.view();
            if kind == VoteKind::Finalize && !all.iter().filter(notarized).any(|b| b.block() == block) {
                self.found = Some(Broken::NotNotarized(view));
            }
        }
        let chains: Vec<&Vec<BlockHash>> = state
            .iter()
            .map(|id| &self.locals[*id as usize].committed)
            .collect();
        for (place, a) in chains.iter().enumerate() {
            if chains[..place]
                .iter()
                .any(|b| a.iter().zip(b.iter()).any(|(a, b)| a != b))
            {
                self.found = Some(Broken::Agreement);
            }
        }
    }

    /// Everything that can happen next.
    fn steps(&mut self, state: &State, certifiable: &[Id]) -> Vec<Step> {
        if !self.offers.contains_key(certifiable) {
            let offers = self.universe.malicious(certifiable);
            self.offers.insert(certifiable.to_vec(), offers);
        }
        let mut offered = self.offers.get(certifiable).cloned().unwrap_or_default();
        offered.extend(state.iter().flat_map(|id| &self.locals[*id as usize].proposed));
        let mut steps = Vec::new();
        for (place, id) in state.iter().enumerate() {
            let twin = place > 0 && state[place - 1] == *id;
            if twin {
                continue;
            }
            let local = &self.locals[*id as usize];
            let who = place as u8;
            let told = certifiable.iter().filter(|id| !local.held.contains(id));
            steps.extend(told.map(|id| (who, Happening::Certificate(*id))));
            if local.view() <= self.universe.setup.views {
                let new = offered.iter().filter(|id| !local.proposed.contains(id));
                steps.extend(new.map(|id| (who, Happening::Proposal(*id))));
                if self
                    .universe
                    .setup
                    .give_ups
                    .is_none_or(|most| local.given_up < most)
                {
                    steps.push((who, Happening::Timeout));
                }
            }
            if self.universe.setup.give_ups.is_none() {
                steps.push((who, Happening::Standstill));
            }
            if self.universe.setup.crashes {
                steps.push((who, Happening::Crash));
            }
        }
        steps
    }

    fn after(&mut self, mut state: State, (who, what): Step) -> State {
        let place = usize::from(who);
        let id = state[place];
        let known = self.memo.get(&(id, what)).copied();
        let next = known.unwrap_or_else(|| {
            let mut local = self.locals[id as usize].clone();
            match local.happen(&mut self.universe, what) {
                Ok(broken) => self.found = broken.into_iter().next(),
                Err(error) => self.found = Some(Broken::Start(error.to_string())),
            }
            let next = self.intern(local);
            self.memo.insert((id, what), next);
            next
        });
        state[place] = next;
        self.named(state)
    }

    fn line(&self, (who, what): Step) -> String {
        let what = match what {
            Happening::Certificate(id) => format!("is told a certificate: {:?}", self.universe.statement(id)),
            Happening::Proposal(id) => format!("is told {:?}", self.universe.proposals[id as usize].message),
            Happening::Timeout => "gives its view up".to_owned(),
            Happening::Standstill => "stands still".to_owned(),
            Happening::Crash => "crashes and restarts".to_owned(),
        };
        format!("validator {} {what}", self.seats[usize::from(who)])
    }
}
