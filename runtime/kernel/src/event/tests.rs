use super::*;
use crate::{MAX_BYTES, ShortBytes};
use primitives::codec::{decode, encode};
use primitives::{AccountId, Amount, AssetId};
use proptest::prelude::*;

struct Minted {
    to: AccountId,
    asset: AssetId,
    amount: Amount,
}

impl EventType for Minted {
    const MODULE: ModuleId = ModuleId::new(9, "mint");
    const NAME: &'static str = "Minted";
    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("to", self.to),
            Attribute::new("asset", self.asset),
            Attribute::new("amount", self.amount),
        ]
    }
}

struct Crowded(usize, &'static str);

impl EventType for Crowded {
    const MODULE: ModuleId = ModuleId::new(9, "mint");
    const NAME: &'static str = "Crowded";
    fn attributes(&self) -> Vec<Attribute> {
        (0..self.0).map(|_| Attribute::new(self.1, true)).collect()
    }
}

fn minted() -> Event {
    let minted = Minted {
        to: AccountId::new([1; 32]),
        asset: AssetId::new(2),
        amount: Amount::new(3),
    };
    Event::new(&minted).unwrap()
}

#[test]
fn an_event_says_by_itself_what_it_means() {
    let event = minted();
    assert!(event.is::<Minted>() && !event.is::<Crowded>());
    assert_eq!(event.attribute("amount"), Some(&Value::Amount(Amount::new(3))));
    assert_eq!(event.attribute("amounts"), None);
    let keys: Vec<_> = event.keys().map(|(name, _)| name.as_str()).collect();
    assert_eq!(keys, ["to", "asset"]);
    let back: Event = decode(&encode(&event)).unwrap();
    assert_eq!(back, event);
}

#[test]
fn the_encoding_is_what_the_documentation_says() {
    let mut expected = vec![9, 6];
    expected.extend(b"Minted");
    expected.extend(3u32.to_le_bytes());
    expected.extend([2, b't', b'o', 0]);
    expected.extend([1; 32]);
    expected.extend([5, b'a', b's', b's', b'e', b't', 5, 2, 0, 0, 0]);
    expected.extend([6, b'a', b'm', b'o', b'u', b'n', b't', 7]);
    expected.extend(3u128.to_le_bytes());
    assert_eq!(encode(&minted()), expected);
}

#[test]
fn names_and_counts_are_bounded() {
    assert!(Event::new(&Crowded(MAX_ATTRIBUTES, "more")).is_some());
    assert!(Event::new(&Crowded(MAX_ATTRIBUTES + 1, "more")).is_none());
    assert!(Event::new(&Crowded(1, "no spaces")).is_none());
    for bad in [
        "",
        "1a",
        "_a",
        "a-b",
        "ä",
        "a1234567890123456789012345678901234567890",
    ] {
        assert!(Name::new(bad).is_none(), "{bad:?}");
        let mut bytes = vec![u8::try_from(bad.len()).unwrap()];
        bytes.extend(bad.bytes());
        assert!(decode::<Name>(&bytes).is_err(), "{bad:?}");
    }
    let mut crowded = Event::new(&Crowded(MAX_ATTRIBUTES, "more")).unwrap();
    crowded.attributes.push(crowded.attributes[0].clone());
    assert!(decode::<Event>(&encode(&crowded)).is_err());
}

#[test]
fn foreign_bytes_are_cut() {
    let long = [7; MAX_BYTES + 1];
    assert_eq!(ShortBytes::truncated(&long).as_slice(), &long[..MAX_BYTES]);
    assert!(decode::<ShortBytes>(&encode(&long.to_vec())).is_err());
}

proptest! {
    #[test]
    fn decoding_accepts_only_what_encoding_gives(bytes in proptest::collection::vec(any::<u8>(), 0..48), cut in 0usize..90) {
        let mut start = encode(&minted());
        start.truncate(cut);
        start.extend(bytes);
        if let Ok(event) = decode::<Event>(&start) {
            prop_assert_eq!(encode(&event), start);
        }
    }
}
