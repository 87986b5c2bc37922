//! PriceService: feeds, rounds, prices and valuations of an oracle that runs.

use super::{WHOLE, World, bps};
use crate::support::check;
use crypto::statement::{Quote, commitment, quote_slots, sign_bytes};
use primitives::codec::decode;
use primitives::{Amount, AssetId, Bps, Coin, Digest, Millis, Ratio, ServiceId};
use proto::oracle::v1::asset_valuation::Source as WireSource;
use proto::oracle::v1::price_service_client::PriceServiceClient;
use proto::oracle::v1::{
    GetFeedRequest, GetPriceRequest, GetRoundRequest, ListFeedsRequest, ListPricesRequest, ListRoundsRequest,
    ListValuationsRequest, Weighing as WireWeighing,
};
use runtime::assets::{
    Msg as AssetMsg, Name, Register, Rules as AssetRules, SetPriceSource, SetTerms, Source, Symbol,
};
use runtime::delegation::{Allocate, Magnitude, Msg as PledgeMsg};
use runtime::dss::{Accepted, Class, Destination, Join, Kind, Metadata, Msg as ServiceMsg, Nature, Terms};
use runtime::oracle::{Bounds, Commit, CreateFeed, Msg as OracleMsg, Pair, Reveal, Rules, Weighing, query};
use runtime::{Message, oracle};
use testing::{Account, ValidatorKeys};
use tonic::Code;

const SERVICE: ServiceId = ServiceId::new(2);
const TOKEN: AssetId = AssetId::new(7);

fn terms() -> Terms {
    let class = |least, most| Class {
        nature: Nature::Objective,
        least: bps(least),
        most: bps(most),
        cooldown: Millis::new(5_000),
        rise: None,
    };
    Terms {
        kind: Kind::Oracle,
        accepted: vec![Accepted {
            asset: AssetId::PAL,
            haircut: Bps::ZERO,
        }],
        min_operators: 2,
        max_operators: 8,
        min_stake: Amount::new(1),
        min_self_stake: Amount::ZERO,
        min_reputation: Bps::ZERO,
        quorum: bps(6_667),
        classes: vec![class(500, 5_000), class(300, 3_000), class(200, 2_000)],
        equivocation: Some(0),
        destination: Destination::Burn,
        slasher: None,
        vetoers: Vec::new(),
        profit_cap: Amount::ZERO,
        metadata: Metadata::new("prices").unwrap(),
    }
}

fn feed() -> Message {
    let rules = Rules {
        pair: Pair {
            base: TOKEN,
            quote: AssetId::PAL,
        },
        decimals: 2,
        bounds: Bounds {
            least: 10,
            most: 1_000_000,
        },
        every: Millis::new(8_000),
        commit: Millis::new(3_000),
        reveal: Millis::new(3_000),
        tolerance: bps(100),
        fee: Coin {
            asset: AssetId::PAL,
            amount: Amount::ZERO,
        },
        weighing: Weighing::Stake,
    };
    let service = SERVICE;
    Message::Oracle(OracleMsg::CreateFeed(Box::new(CreateFeed { service, rules })))
}

/// A chain whose first two operators serve an oracle with one feed.
struct Oracle {
    world: World,
    operators: Vec<ValidatorKeys>,
}

impl Oracle {
    async fn new() -> Self {
        let world = World::new().await;
        let operators = world.chain.validators()[..2].iter();
        let operators = operators.map(|keys| keys.rotated(&format!("oracle of {}", keys.name())));
        let mut all = Self {
            operators: operators.collect(),
            world,
        };
        let alice = Account::named("alice");
        all.send(&alice, Message::Dss(ServiceMsg::Register(Box::new(terms()))));
        for keys in all.operators.clone() {
            let join = Join {
                service: SERVICE,
                key: keys.consensus_key(),
                possession: keys.possession(),
            };
            all.send(&keys.operator, Message::Dss(ServiceMsg::Join(join)));
            let vaults = runtime::vaults::query::vaults_of(all.world.chain.state(), &keys.operator.id());
            let allocate = Allocate {
                vault: vaults.unwrap()[0],
                service: SERVICE,
                magnitude: Magnitude::new(WHOLE / 2),
            };
            all.send(&keys.operator, Message::Delegation(PledgeMsg::Allocate(allocate)));
        }
        all.world.chain.advance(Millis::new(25_000));
        all.send(&alice, Message::Dss(ServiceMsg::Activate { service: SERVICE }));
        let register = Register {
            asset: TOKEN,
            symbol: Symbol::new("TOKEN").unwrap(),
            name: Name::new("A token").unwrap(),
            decimals: 8,
        };
        let (asset, rules) = (TOKEN, AssetRules::WHOLE);
        all.send(&alice, Message::Assets(AssetMsg::Register(register)));
        all.send(
            &alice,
            Message::Assets(AssetMsg::SetTerms(SetTerms { asset, rules })),
        );
        let source = Some(Source::Stated(Ratio::ONE));
        let stated = AssetMsg::SetPriceSource(SetPriceSource { asset, source });
        all.send(&alice, Message::Assets(stated));
        all.send(&alice, feed());
        all
    }

    fn submit(&mut self, who: &Account, message: Message) {
        let draft = self.world.chain.draft(who, vec![message]);
        self.world.chain.submit(&draft.with_fee(95_000_000, 100, 1));
    }

    fn send(&mut self, who: &Account, message: Message) {
        self.submit(who, message);
        let receipts = &self.world.chain.next_block().executed.receipts;
        assert!(receipts.iter().all(|one| one.failure.is_none()), "{receipts:?}");
        self.world.show();
    }

    fn sign(&self, keys: &ValidatorKeys, slot: u64, said: &Digest) -> crypto::bls::SignatureBytes {
        let statement = sign_bytes(&self.world.chain.hash(), SERVICE, 0, slot, said);
        keys.sign(statement.as_bytes()).to_bytes()
    }

    fn open(&self) -> Option<(u64, oracle::Round)> {
        query::open_round(self.world.chain.state(), 0).unwrap()
    }

    /// Lets everybody state a value in the next round; its number.
    fn play(&mut self, value: u128) -> u64 {
        let (number, round) = loop {
            match self.open() {
                Some((number, round)) if round.opened_at == self.world.chain.tip().chain_clock => {
                    break (number, round);
                }
                Some(_) | None => {
                    self.world.chain.next_block();
                }
            }
        };
        let quote = |keys: &ValidatorKeys| Quote {
            feed: 0,
            round: number,
            value,
            salt: Digest::new(*keys.operator.id().as_bytes()),
        };
        for keys in self.operators.clone() {
            let quote = quote(&keys);
            let hidden = commitment(&keys.operator.id(), 0, &quote.hash(), &quote.salt);
            let commit = Commit {
                feed: 0,
                round: number,
                commitment: hidden,
                signature: self.sign(&keys, quote_slots(number).0, &hidden),
            };
            self.submit(&keys.operator, Message::Oracle(OracleMsg::Commit(commit)));
        }
        self.world.chain.next_block();
        while self.world.chain.tip().chain_clock.after(Millis::new(1_000)) < round.commit_until {
            self.world.chain.next_block();
        }
        for keys in self.operators.clone() {
            let quote = quote(&keys);
            let reveal = Reveal {
                feed: 0,
                round: number,
                value,
                salt: quote.salt,
                signature: self.sign(&keys, quote_slots(number).1, &quote.hash()),
            };
            self.submit(&keys.operator, Message::Oracle(OracleMsg::Reveal(reveal)));
        }
        while self.open().is_some_and(|(open, _)| open == number) {
            self.world.chain.next_block();
        }
        self.world.show();
        number
    }
}

#[tokio::test]
async fn a_feed_its_rounds_and_its_prices_tell_what_operators_stated() {
    let mut oracle = Oracle::new().await;
    let mut client = PriceServiceClient::new(oracle.world.running.channel().await);
    let ask = || GetFeedRequest {
        feed_id: 0,
        prove: true,
        ..GetFeedRequest::default()
    };
    let price = || GetPriceRequest {
        prove: true,
        ..GetPriceRequest::default()
    };
    let none = client.get_price(price()).await.unwrap_err();
    check(&none, Code::NotFound, "PRICE_NOT_FOUND", &[("feed", "0")]);
    let first = oracle.play(10_000);
    let second = oracle.play(9_000);

    let answer = client.get_feed(ask()).await.unwrap().into_inner();
    let root = Digest::from_slice(&answer.context.unwrap().state_root).unwrap();
    assert_eq!(answer.proofs.len(), 2);
    for entry in &answer.proofs {
        let proof: light_palisade::StateProof = decode(&entry.proof.as_ref().unwrap().encoded).unwrap();
        proof.verify(&root, &entry.key, entry.value.as_deref()).unwrap();
    }
    let found = answer.feed.unwrap();
    assert_eq!(
        (found.service_id, found.base_asset_id, found.quote_asset_id),
        (2, 7, 0)
    );
    assert_eq!((found.weighing(), found.ended), (WireWeighing::Stake, false));
    assert_eq!(found.price.unwrap().value, "9000");

    let answer = client.get_price(price()).await.unwrap().into_inner();
    let last = answer.price.unwrap();
    assert_eq!(
        (last.value.as_str(), last.decimals, last.round),
        ("9000", 2, second)
    );
    assert_eq!((answer.lowest.as_str(), answer.stale), ("9000", false));
    let round = GetRoundRequest {
        round: first,
        ..GetRoundRequest::default()
    };
    let found = client.get_round(round).await.unwrap().into_inner().round.unwrap();
    let outcome = found.outcome.unwrap();
    assert_eq!(
        (outcome.price.as_str(), outcome.shown, outcome.near),
        ("10000", 2, 2)
    );
    let missing = GetRoundRequest {
        round: 999,
        ..GetRoundRequest::default()
    };
    let status = client.get_round(missing).await.unwrap_err();
    check(&status, Code::NotFound, "ROUND_NOT_FOUND", &[("round", "999")]);

    // Old prices are too old.
    oracle.world.chain.advance(Millis::new(31_000));
    oracle.world.show();
    let late = client.get_price(price()).await.unwrap().into_inner();
    assert!(late.stale && late.age_ms > 30_000, "{late:?}");
}

#[tokio::test]
async fn feeds_rounds_and_prices_are_listed_page_by_page() {
    let mut oracle = Oracle::new().await;
    let mut client = PriceServiceClient::new(oracle.world.running.channel().await);
    let rounds: Vec<u64> = [10_000, 9_000, 9_500].map(|value| oracle.play(value)).into();
    oracle.send(&Account::named("alice"), feed());

    let mut request = ListPricesRequest {
        page_size: 2,
        ..ListPricesRequest::default()
    };
    let page = client.list_prices(request.clone()).await.unwrap().into_inner();
    request.page_token = page.next_page_token;
    let rest = client.list_prices(request).await.unwrap().into_inner();
    assert!(rest.next_page_token.is_empty());
    let all = page.prices.into_iter().chain(rest.prices);
    let all: Vec<(u64, String)> = all.map(|one| (one.round, one.value)).collect();
    let expected: Vec<(u64, String)> = rounds
        .iter()
        .rev()
        .zip(["9500", "9000", "10000"])
        .map(|(round, value)| (*round, value.to_owned()))
        .collect();
    assert_eq!(all, expected);

    let mut request = ListRoundsRequest {
        page_size: 2,
        ..ListRoundsRequest::default()
    };
    let mut seen = Vec::new();
    loop {
        let page = client.list_rounds(request.clone()).await.unwrap().into_inner();
        seen.extend(page.rounds.into_iter().map(|one| one.round));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    let state = query::feed(oracle.world.chain.state(), 0).unwrap().unwrap();
    assert_eq!(seen, (0..state.rounds).collect::<Vec<_>>());

    let list = |service_id| ListFeedsRequest {
        service_id,
        page_size: 1,
        ..ListFeedsRequest::default()
    };
    let first = client.list_feeds(list(Some(2))).await.unwrap().into_inner();
    assert_eq!((first.feeds.len(), first.feeds[0].feed_id), (1, 0));
    let next = ListFeedsRequest {
        page_token: first.next_page_token,
        ..list(Some(2))
    };
    let next = client.list_feeds(next).await.unwrap().into_inner();
    assert_eq!((next.feeds.len(), next.feeds[0].feed_id), (1, 1));
    let none = client.list_feeds(list(Some(1))).await.unwrap().into_inner();
    assert!(none.feeds.is_empty() && none.next_page_token.is_empty());
}

#[tokio::test]
async fn valuations_say_what_stake_counts_for_and_what_is_missing_is_refused() {
    let oracle = Oracle::new().await;
    let mut client = PriceServiceClient::new(oracle.world.running.channel().await);
    let request = ListValuationsRequest::default();
    let answer = client.list_valuations(request).await.unwrap().into_inner();
    assert_eq!(answer.stale_after_ms, 30_000);
    let found = answer.valuations.iter().find(|one| one.asset_id == 7).unwrap();
    let one = Ratio::ONE.raw().to_string();
    assert_eq!(found.source, Some(WireSource::Stated(one)));
    assert_eq!((found.haircut_bps, found.power_cap_bps), (0, 10_000));
    let absent = GetFeedRequest {
        feed_id: 9,
        ..GetFeedRequest::default()
    };
    let status = client.get_feed(absent).await.unwrap_err();
    check(&status, Code::NotFound, "FEED_NOT_FOUND", &[("feed", "9")]);
    let absent = ListPricesRequest {
        feed_id: 9,
        ..ListPricesRequest::default()
    };
    let status = client.list_prices(absent).await.unwrap_err();
    check(&status, Code::NotFound, "FEED_NOT_FOUND", &[("feed", "9")]);
    let token = ListRoundsRequest {
        page_token: "00".into(),
        ..ListRoundsRequest::default()
    };
    let status = client.list_rounds(token).await.unwrap_err();
    check(&status, Code::InvalidArgument, "PAGE_TOKEN_INVALID", &[]);
}
