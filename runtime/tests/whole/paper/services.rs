//! Members, seats, requests, proofs and tasks of services.

use super::{ALL, BOND, CLIENT, Change, Done, LEAVING, LONGEST_TASK, Paper, RULES, Request, SLASHER, Snap};
use super::{Standing, Task, VETOER, WINDOW, ceil, floor};
use std::collections::BTreeMap;

/// What an amount of an asset is worth to a service.
pub(crate) type Worth<'a> = &'a dyn Fn(u32, usize, u128) -> u128;

/// What a reporter gets of the offender's own part, in basis points; at most how much; and when.
const REPORTER: u128 = 500;
const REPORTER_MOST: u128 = 1_000_000_000;
const REPORTER_DELAY: u64 = 60_000;
/// Length of a task of this world.
const TASK: u64 = 10_000;

/// What is to be taken of whom.
#[derive(Clone, Copy)]
struct Sentence {
    service: u32,
    bps: u128,
    at: u64,
    reporter: u128,
}

impl Paper {
    pub(crate) fn leave(&mut self, operator: u8, service: u32) -> Done {
        let now = self.now;
        let until = now + LEAVING;
        match self.members.get_mut(&(operator, service)) {
            Some(standing) if *standing == Standing::Active => *standing = Standing::Leaving(until),
            Some(_) | None => return Err("NOT_SERVING"),
        }
        self.leaves.insert((until, operator, service));
        for at in 0..self.vaults.len() {
            let vault = &self.vaults[at];
            if vault.operator == operator {
                let (up, by, due) = (false, vault.pledges[service as usize].now, now + super::DOWN);
                self.ask(
                    at,
                    service,
                    Change {
                        up,
                        by,
                        asked: now,
                        due,
                    },
                );
            }
        }
        Ok(())
    }

    pub(crate) fn join(&mut self, operator: u8, service: u32) -> Done {
        match self.members.get(&(operator, service)) {
            Some(Standing::Active) => return Err("ALREADY_SERVING"),
            Some(Standing::Leaving(_)) => return Err("STILL_LIABLE"),
            Some(Standing::Left) | None => {}
        }
        self.members.insert((operator, service), Standing::Active);
        Ok(())
    }

    pub(super) fn ends(&mut self, operator: u8, service: u32) {
        let until = self.now + 10_000;
        let pledges = self.pledges(operator, service);
        if pledges {
            self.leaves.insert((until, operator, service));
        }
        if let Some(standing) = self.members.get_mut(&(operator, service)) {
            *standing = if pledges {
                Standing::Leaving(until)
            } else {
                Standing::Left
            };
        }
    }

    /// The seats of the epoch, which are fixed by whoever needs them first.
    fn seats(&mut self, service: u32, worth: Worth<'_>) -> Done {
        if self.snaps.contains_key(&(service, self.epoch)) {
            return Ok(());
        }
        let mut seats: BTreeMap<u8, u128> = BTreeMap::new();
        for ((operator, of), standing) in &self.members {
            if *of != service || *standing != Standing::Active {
                continue;
            }
            let own = self.vaults.iter().filter(|vault| vault.operator == *operator);
            let value = own.fold(0u128, |sum, vault| {
                sum.saturating_add(worth(service, vault.asset, vault.backing(service)))
            });
            if value > 0 {
                seats.insert(*operator, value);
            }
        }
        let total = seats
            .values()
            .fold(0u128, |sum, value| sum.saturating_add(*value));
        if total == 0 {
            return Err("TOO_FEW_OPERATORS");
        }
        let at = self.now;
        self.pinned = true;
        self.snaps
            .insert((service, self.epoch), Snap { at, seats, total });
        Ok(())
    }

    pub(crate) fn post(&mut self, service: u32, fee: u128, worth: Worth<'_>) -> Done {
        // Refused, it leaves no seats either.
        let (before, pinned) = (self.snaps.len(), self.pinned);
        self.seats(service, worth)?;
        if let Err(refusal) = self.take(CLIENT, 0, fee) {
            if self.snaps.len() > before {
                self.snaps.remove(&(service, self.epoch));
                self.pinned = pinned;
            }
            return Err(refusal);
        }
        self.fees += fee;
        self.task_queue.insert((self.now + TASK, self.tasks.len() as u64));
        self.tasks.push(Task {
            service,
            epoch: self.epoch,
            poster: CLIENT,
            fee,
            settled: false,
            gone: false,
        });
        Ok(())
    }

    pub(super) fn settle_task(&mut self, number: u64) {
        let now = self.now;
        let (settled, epoch) = (
            self.tasks[number as usize].settled,
            self.tasks[number as usize].epoch,
        );
        if settled && self.counts(epoch) {
            // Asked again later: what shows a fault of it must be heard.
            self.task_queue.insert((now + 10_000, number));
            return;
        }
        let task = &mut self.tasks[number as usize];
        if task.settled {
            task.gone = true;
            return;
        }
        task.settled = true;
        let (poster, fee, service) = (task.poster, task.fee, task.service);
        // Nobody answers tasks here: all that were asked have missed it.
        let asked = self.snaps.get(&(service, epoch)).map(|snap| snap.seats.clone());
        for operator in asked.unwrap_or_default().into_keys() {
            self.works(service, operator, false);
        }
        self.fees -= fee;
        self.pay(poster, 0, fee);
        self.task_queue.insert((now + WINDOW + LONGEST_TASK, number));
    }

    pub(crate) const fn tasks(&self) -> u64 {
        self.tasks.len() as u64
    }

    /// The service and the epoch of a task, as far as its seats are known.
    pub(crate) fn task(&self, number: u64) -> Option<(u32, u64)> {
        self.tasks
            .get(number as usize)
            .map(|task| (task.service, task.epoch))
    }

    /// The epoch of a service's reading so many before the last.
    pub(crate) fn read(&self, service: u32, back: u64) -> Option<u64> {
        let all = self.snaps.range((service, 0)..=(service, u64::MAX)).rev();
        all.skip(back as usize).map(|((_, epoch), _)| *epoch).next()
    }

    /// Whether faults of an epoch count.
    fn counts(&self, epoch: u64) -> bool {
        let ended = self.ends.get(&epoch).copied();
        epoch == self.epoch || ended.is_some_and(|ended| self.now <= ended + WINDOW)
    }

    /// The seats of an epoch while its faults count.
    fn current(&self, service: u32, epoch: u64) -> Result<&Snap, &'static str> {
        let counts = self.counts(epoch);
        self.snaps
            .get(&(service, epoch))
            .filter(|_| counts)
            .ok_or("EVIDENCE_EXPIRED")
    }

    fn cools(&self, service: u32, operator: u8, class: u8) -> Done {
        match self.cooldowns.get(&(service, operator, class)) {
            Some(until) if self.now < *until => Err("COOLING_DOWN"),
            Some(_) | None => Ok(()),
        }
    }

    fn cool(&mut self, service: u32, operator: u8, class: u8, rest: u64) {
        if rest > 0 {
            self.cooldowns.insert((service, operator, class), self.now + rest);
        }
    }

    pub(crate) fn request(
        &mut self,
        who: u8,
        (service, operator): (u32, u8),
        fraction: u128,
        epoch: u64,
    ) -> Done {
        let (cap, rest) = RULES[service as usize].judged;
        if fraction == 0 {
            return Err("ZERO_FRACTION");
        }
        if who != SLASHER {
            return Err("NOT_SLASHER");
        }
        let snap = self.current(service, epoch)?;
        if !snap.seats.contains_key(&operator) {
            return Err("NOT_SEATED");
        }
        let at = snap.at;
        if fraction > cap {
            return Err("ABOVE_CAP");
        }
        self.cools(service, operator, 1)?;
        let named = |at: &usize| {
            let vault = &self.vaults[*at];
            let pledge = &vault.pledges[service as usize];
            vault.operator == operator && (pledge.now > 0 || pledge.change.is_some())
        };
        let vaults: Vec<usize> = (0..self.vaults.len()).filter(named).collect();
        if vaults.is_empty() {
            return Err("NOTHING_PLEDGED");
        }
        self.take(who, 0, BOND)?;
        self.bonds += BOND;
        self.cool(service, operator, 1, rest);
        let due = self.veto_until();
        self.request_queue.insert((due, self.count));
        let request = Request {
            service,
            fraction,
            cap,
            at,
            vaults,
            slasher: who,
            due,
            open: true,
        };
        self.requests.insert(self.count, request);
        self.count += 1;
        Ok(())
    }

    pub(crate) fn veto(&mut self, who: u8, number: u64) -> Done {
        let request = self.requests.get_mut(&number).ok_or("UNKNOWN_REQUEST")?;
        if who != VETOER {
            return Err("NOT_VETOER");
        }
        if !request.open {
            return Err("ENDED");
        }
        if self.now >= request.due {
            return Err("TOO_LATE");
        }
        request.open = false;
        let (due, named) = (request.due, request.vaults.clone());
        self.request_queue.remove(&(due, number));
        self.bonds -= BOND;
        // Those whom it was to hurt get it, each vault as much; the first what does not divide; nobody's is destroyed.
        let each = BOND / named.len() as u128;
        for (place, vault) in named.iter().enumerate() {
            let part = if place == 0 {
                BOND - each * (named.len() as u128 - 1)
            } else {
                each
            };
            let refused = self.credit_vault(*vault, 0, part);
            self.burned[0] += refused;
            self.rewards.funded[0] += part - refused;
        }
        Ok(())
    }

    pub(super) fn carry_out(&mut self, number: u64, worth: Worth<'_>) {
        let Some(request) = self.requests.get(&number).cloned() else {
            return;
        };
        let sentence = Sentence {
            service: request.service,
            bps: request.fraction.min(request.cap),
            at: request.at,
            reporter: 0,
        };
        self.sentence(sentence, &request.vaults, 0, worth);
        self.bonds -= BOND;
        self.pay(request.slasher, 0, BOND);
        self.request_queue.remove(&(request.due, number));
        if let Some(request) = self.requests.get_mut(&number) {
            assert!(request.open, "a request ends once");
            request.open = false;
        }
    }

    pub(crate) fn prove(&mut self, who: u8, operator: u8, number: u64, worth: Worth<'_>) -> Done {
        let task = self
            .tasks
            .get(number as usize)
            .filter(|task| !task.gone)
            .ok_or("UNKNOWN_SLOT")?;
        let (service, epoch) = (task.service, task.epoch);
        let snap = self.current(service, epoch)?;
        if self.guilty.contains_key(&(service, epoch, operator)) {
            return Err("ALREADY_CONVICTED");
        }
        let value = *snap.seats.get(&operator).ok_or("NOT_SEATED")?;
        let (at, total) = (snap.at, snap.total);
        let others = self.guilty.range((service, epoch, 0)..=(service, epoch, u8::MAX));
        let others = others.fold(0u128, |sum, (_, value)| sum + value);
        let Some(together) = others.checked_add(value) else {
            return Err("OVERFLOW");
        };
        self.cools(service, operator, 0)?;
        let (least, most, rest) = RULES[service as usize].proven;
        let bps = if others == 0 {
            least
        } else {
            least + ceil(most - least, together.saturating_mul(3).min(total), total).min(most - least)
        };
        self.guilty.insert((service, epoch, operator), value);
        self.cool(service, operator, 0, rest);
        let paid = who != operator && RULES[service as usize].recipient.is_none();
        let reporter = if paid { REPORTER } else { 0 };
        let own: Vec<usize> = (0..self.vaults.len())
            .filter(|at| self.vaults[*at].operator == operator)
            .collect();
        self.sentence(
            Sentence {
                service,
                bps,
                at,
                reporter,
            },
            &own,
            who,
            worth,
        );
        Ok(())
    }

    /// Takes from every one of `vaults`, and gives it to whom it is due.
    fn sentence(&mut self, sentence: Sentence, vaults: &[usize], reporter: u8, worth: Worth<'_>) {
        let mut parts = Vec::new();
        for place in vaults {
            let (taken, own) = self.slash(*place, sentence.service, (sentence.bps, ALL), sentence.at);
            let asset = self.vaults[*place].asset;
            let part = floor(own, sentence.reporter, ALL).min(taken);
            match RULES[sentence.service as usize].recipient {
                Some(who) => self.pay(who, asset, taken - part),
                None => self.burned[asset] += taken - part,
            }
            parts.push((asset, part));
        }
        let mut room = REPORTER_MOST;
        for (asset, part) in parts.into_iter().filter(|(_, part)| *part > 0) {
            let value = worth(0, asset, part);
            let paid = match value {
                0 => 0,
                value if value <= room => part,
                value => floor(part, room, value),
            };
            self.burned[asset] += part - paid;
            if paid > 0 {
                self.owed
                    .insert((self.now + REPORTER_DELAY, self.count), (reporter, asset, paid));
                self.count += 1;
            }
            room = room.saturating_sub(value);
        }
    }

    /// The number of the next request.
    pub(crate) const fn numbers(&self) -> u64 {
        self.count
    }
}
