//! What may happen, at random.

/// The vaults of the world.
pub(crate) const VAULTS: usize = 4;

/// SplitMix64: small, and the same everywhere.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn wide(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }

    fn account(&mut self) -> u8 {
        // Operators 1 and 2, stakers 3 to 7.
        1 + self.below(7) as u8
    }

    fn vault(&mut self) -> usize {
        self.below(VAULTS as u64) as usize
    }

    fn service(&mut self) -> u32 {
        1 + self.below(3) as u32
    }

    /// A service, or the chain.
    fn any_service(&mut self) -> u32 {
        self.below(4) as u32
    }

    fn asset(&mut self) -> usize {
        self.below(3) as usize
    }

    fn rate(&mut self) -> u16 {
        match self.below(4) {
            0 => 0,
            1 => 10_000,
            _ => self.below(10_001) as u16,
        }
    }

    fn operator(&mut self) -> u8 {
        1 + self.below(2) as u8
    }

    fn amount(&mut self) -> u128 {
        match self.below(24) {
            0 => self.below(3).into(),
            1..=6 => self.below(5_000).into(),
            7..=14 => self.wide() % (1 << 30),
            15..=22 => self.wide() % (1 << 70),
            _ => u128::MAX - u128::from(self.below(2)),
        }
    }

    fn fraction(&mut self) -> u16 {
        match self.below(6) {
            0 => 1,
            1 => 5_000,
            2 => 10_000,
            3 => 9_999,
            _ => self.below(5_001) as u16,
        }
    }

    /// One of `most` parts, and all of them often.
    fn part(&mut self, most: u64) -> u8 {
        match self.below(4) {
            0 => most as u8,
            _ => self.below(most + 1) as u8,
        }
    }
}

/// One thing that happens. Parts are sixteenths of what there is.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Deposit {
        who: u8,
        vault: usize,
        amount: u128,
        least: bool,
        open: u16,
    },
    Withdraw {
        who: u8,
        vault: usize,
        part: u8,
        to: u8,
    },
    /// The withdrawal so many before the newest.
    Claim {
        back: u64,
    },
    Sell {
        who: u8,
        vault: usize,
        part: u8,
    },
    Fund {
        who: u8,
        vault: usize,
        amount: u128,
    },
    Unfund {
        who: u8,
        vault: usize,
        part: u8,
    },
    /// So many eighths of the vault, and a bit.
    Allocate {
        by: u8,
        vault: usize,
        service: u32,
        eighths: u8,
        bit: u8,
    },
    /// To so many quarters of a unit's pledging once.
    Amend {
        vault: usize,
        quarters: u8,
    },
    Limits {
        by: u8,
        vault: usize,
        cap: Option<u128>,
        least: u128,
        listed: bool,
    },
    Allow {
        vault: usize,
        who: u8,
        allowed: bool,
    },
    Rebase {
        vault: usize,
    },
    Leave {
        operator: u8,
        service: u32,
    },
    Join {
        operator: u8,
        service: u32,
    },
    Post {
        service: u32,
        fee: u128,
    },
    /// For an offence so many epochs ago.
    Request {
        who: u8,
        service: u32,
        operator: u8,
        fraction: u16,
        ago: u64,
    },
    /// Of the request so many before the newest.
    Veto {
        who: u8,
        back: u64,
    },
    /// Two answers to the task so many before the newest.
    Prove {
        who: u8,
        operator: u8,
        back: u64,
    },
    /// By a proof, of any fraction, for the start of the epoch so many ago.
    Slash {
        vault: usize,
        service: u32,
        fraction: u16,
        ago: u64,
    },
    Compound {
        vault: usize,
        amount: u128,
    },
    /// Funds a service's pools.
    Reward {
        who: u8,
        service: u32,
        asset: usize,
        amount: u128,
        epochs: u16,
    },
    /// Claims what shares have earned.
    Collect {
        who: u8,
        vault: usize,
    },
    Commission {
        operator: u8,
        service: u32,
        rate: u16,
    },
    /// An operator is paid for its work at once.
    Earn {
        from: u8,
        operator: u8,
        service: u32,
        asset: usize,
        amount: u128,
    },
    /// A service counts work that it gave out by itself.
    Work {
        service: u32,
        operator: u8,
        right: bool,
    },
    /// A validator has earned something, of which its bonds have a part.
    Wage {
        operator: u8,
        bonded: u128,
        amount: u128,
    },
    /// Two votes of a validator in one view of the epoch so many ago.
    Convict {
        operator: u8,
        ago: u64,
    },
    /// What an asset is worth from the epoch's end on.
    Price {
        asset: usize,
        sixteenths: u8,
    },
    Block {
        ms: u64,
    },
    Pass {
        ms: u64,
    },
}

impl Step {
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Deposit { .. } => "deposit",
            Self::Withdraw { .. } => "withdraw",
            Self::Claim { .. } => "claim",
            Self::Sell { .. } => "sell",
            Self::Fund { .. } => "fund",
            Self::Unfund { .. } => "unfund",
            Self::Allocate { .. } => "allocate",
            Self::Amend { .. } => "amend",
            Self::Limits { .. } => "limits",
            Self::Allow { .. } => "allow",
            Self::Rebase { .. } => "rebase",
            Self::Leave { .. } => "leave",
            Self::Join { .. } => "join",
            Self::Post { .. } => "post",
            Self::Request { .. } => "request",
            Self::Veto { .. } => "veto",
            Self::Prove { .. } => "prove",
            Self::Slash { .. } => "slash",
            Self::Compound { .. } => "compound",
            Self::Reward { .. } => "reward",
            Self::Collect { .. } => "collect",
            Self::Commission { .. } => "commission",
            Self::Earn { .. } => "earn",
            Self::Work { .. } => "work",
            Self::Wage { .. } => "wage",
            Self::Convict { .. } => "convict",
            Self::Price { .. } => "price",
            Self::Block { .. } | Self::Pass { .. } => "time",
        }
    }

    /// At least `least` of them: one at a time, and now and then several that lead somewhere together.
    pub(crate) fn sequence(rng: &mut Rng, least: usize) -> Vec<Self> {
        let mut steps = Vec::new();
        while steps.len() < least {
            match rng.below(150) {
                0 => Self::clear(rng, &mut steps),
                1 => Self::come_back(rng, &mut steps),
                2 => Self::empty(rng, &mut steps),
                3..=7 => Self::judge(rng, &mut steps),
                8 => Self::contradict(rng, &mut steps),
                9..=11 => Self::reward(rng, &mut steps),
                _ => steps.push(Self::random(rng)),
            }
        }
        steps
    }

    /// A vault pledges nothing any more, for so long that it may start anew.
    fn clear(rng: &mut Rng, steps: &mut Vec<Self>) {
        let vault = rng.vault();
        let take_back = |service| Self::Allocate {
            by: 0,
            vault,
            service,
            eighths: 0,
            bit: 0,
        };
        steps.extend((0..=3).map(take_back));
        steps.push(Self::random(rng));
        steps.extend([
            Self::Pass { ms: 120_000 },
            Self::Pass { ms: 135_001 },
            Self::Rebase { vault },
        ]);
    }

    /// An operator leaves a service, and joins it again when it may.
    fn come_back(rng: &mut Rng, steps: &mut Vec<Self>) {
        let (operator, service) = (rng.operator(), rng.service());
        steps.push(Self::Leave { operator, service });
        steps.push(Self::random(rng));
        steps.extend([Self::Pass { ms: 120_000 }, Self::Join { operator, service }]);
        steps.extend([Self::Pass { ms: 20_001 }, Self::Join { operator, service }]);
    }

    /// A vault loses everything that it pledged, to all.
    fn empty(rng: &mut Rng, steps: &mut Vec<Self>) {
        let vault = rng.vault();
        for service in 1..=3 {
            steps.push(Self::Allocate {
                by: 0,
                vault,
                service,
                eighths: 8,
                bit: 0,
            });
        }
        steps.push(Self::Pass { ms: 45_000 });
        for service in 1..=3 {
            steps.push(Self::Slash {
                vault,
                service,
                fraction: 10_000,
                ago: 0,
            });
        }
        steps.push(Self::Deposit {
            who: rng.account(),
            vault,
            amount: 1 << 20,
            least: false,
            open: 10_000,
        });
    }

    /// Both operators' validators contradict themselves in one epoch, one after the other.
    fn contradict(rng: &mut Rng, steps: &mut Vec<Self>) {
        steps.push(Self::Pass { ms: 45_000 });
        for operator in [1, 2] {
            steps.push(Self::Convict { operator, ago: 0 });
            steps.push(Self::random(rng));
        }
    }

    /// A service is funded and works, and an owner claims what comes of it.
    fn reward(rng: &mut Rng, steps: &mut Vec<Self>) {
        let (service, vault) = (rng.service(), rng.vault());
        steps.push(Self::Reward {
            who: rng.account(),
            service,
            asset: rng.asset(),
            amount: u128::from(rng.below(1 << 40)),
            epochs: 1 + rng.below(5) as u16,
        });
        steps.push(Self::Post { service, fee: 5 });
        steps.push(Self::Pass { ms: 20_000 });
        steps.push(Self::random(rng));
        steps.push(Self::Pass { ms: 20_000 });
        steps.extend((3..=5).map(|who| Self::Collect { who, vault }));
    }

    /// What a slasher asks for, with what comes of it.
    fn judge(rng: &mut Rng, steps: &mut Vec<Self>) {
        let (service, operator) = (rng.service(), rng.operator());
        steps.push(Self::Post { service, fee: 3 });
        for _ in 0..=rng.below(4) {
            let fraction = rng.fraction() / 4;
            steps.push(Self::Request {
                who: 9,
                service,
                operator,
                fraction,
                ago: 0,
            });
            steps.push(Self::random(rng));
        }
        steps.push(Self::Pass {
            ms: 19_000 + rng.below(2_000),
        });
        steps.push(Self::Claim { back: 3 });
        steps.push(Self::Veto {
            who: 10,
            back: 1 + rng.below(2),
        });
    }

    fn random(rng: &mut Rng) -> Self {
        match rng.below(116) {
            0..=13 => Self::Deposit {
                who: rng.account(),
                vault: rng.vault(),
                amount: rng.amount(),
                least: rng.below(8) == 0,
                open: if rng.below(4) == 0 { rng.fraction() } else { 10_000 },
            },
            14..=21 => Self::Withdraw {
                who: rng.account(),
                vault: rng.vault(),
                part: rng.part(16),
                to: rng.account(),
            },
            22..=23 => Self::Claim { back: rng.below(4) },
            24..=27 => Self::Sell {
                who: rng.account(),
                vault: rng.vault(),
                part: rng.part(16),
            },
            28..=30 => Self::Fund {
                who: rng.account(),
                vault: rng.vault(),
                amount: rng.amount(),
            },
            31..=32 => Self::Unfund {
                who: rng.account(),
                vault: rng.vault(),
                part: rng.part(16),
            },
            33..=44 => Self::Allocate {
                by: if rng.below(12) == 0 { rng.account() } else { 0 },
                vault: rng.vault(),
                service: rng.any_service(),
                eighths: rng.below(9) as u8,
                bit: rng.below(4) as u8,
            },
            45..=46 => Self::Amend {
                vault: rng.vault(),
                quarters: rng.below(17) as u8,
            },
            47 => Self::Limits {
                by: rng.operator(),
                vault: rng.vault(),
                cap: (rng.below(2) == 0).then(|| rng.amount()),
                least: u128::from(rng.below(100)),
                listed: rng.below(4) == 0,
            },
            48 => Self::Allow {
                vault: rng.vault(),
                who: rng.account(),
                allowed: rng.below(2) == 0,
            },
            49 => Self::Rebase { vault: rng.vault() },
            more @ 50..=99 => Self::of_services(rng, more),
            more => Self::of_rewards(rng, more),
        }
    }

    fn of_services(rng: &mut Rng, which: u64) -> Self {
        match which {
            50 => Self::Leave {
                operator: rng.operator(),
                service: rng.any_service(),
            },
            51 => Self::Join {
                operator: rng.operator(),
                service: rng.any_service(),
            },
            52..=56 => Self::Post {
                service: rng.service(),
                fee: u128::from(rng.below(1_000)),
            },
            57..=63 => Self::Request {
                who: if rng.below(12) == 0 { rng.account() } else { 9 },
                service: rng.service(),
                operator: rng.operator(),
                fraction: rng.fraction(),
                ago: rng.below(5),
            },
            64..=66 => Self::Veto {
                who: if rng.below(6) == 0 { rng.account() } else { 10 },
                back: rng.below(3),
            },
            67 => Self::Prove {
                who: rng.account(),
                operator: rng.operator(),
                back: rng.below(4),
            },
            68..=75 => Self::Slash {
                vault: rng.vault(),
                service: rng.any_service(),
                fraction: rng.fraction(),
                ago: rng.below(5),
            },
            76..=77 => Self::Compound {
                vault: rng.vault(),
                amount: rng.amount() % (1 << 71),
            },
            78..=82 => Self::Block {
                ms: 1 + rng.below(100),
            },
            83..=87 => Self::Block {
                ms: 1 + rng.below(10_000),
            },
            88..=93 => Self::Pass {
                ms: 1 + rng.below(30_000),
            },
            94..=96 => Self::Pass { ms: 20_000 },
            97..=98 => Self::Pass { ms: 120_000 },
            _ => Self::Pass { ms: 130_001 },
        }
    }

    fn of_rewards(rng: &mut Rng, which: u64) -> Self {
        match which {
            100..=102 => Self::Reward {
                who: rng.account(),
                service: rng.service(),
                asset: rng.asset(),
                amount: rng.amount(),
                epochs: rng.below(6) as u16,
            },
            103..=106 => Self::Collect {
                who: rng.account(),
                vault: rng.vault(),
            },
            107 => Self::Commission {
                operator: rng.operator(),
                service: rng.any_service(),
                rate: rng.rate(),
            },
            108..=110 => Self::Earn {
                from: rng.account(),
                operator: rng.operator(),
                service: rng.service(),
                asset: rng.asset(),
                amount: rng.amount() % (1 << 71),
            },
            111 => Self::Work {
                service: rng.service(),
                operator: rng.operator(),
                right: rng.below(3) > 0,
            },
            112..=113 => Self::Wage {
                operator: rng.operator(),
                bonded: rng.amount() % (1 << 71),
                amount: rng.amount() % (1 << 44),
            },
            114 => Self::Convict {
                operator: rng.operator(),
                ago: rng.below(6),
            },
            _ => Self::Price {
                asset: 1 + rng.below(2) as usize,
                sixteenths: 1 + rng.below(64) as u8,
            },
        }
    }
}
