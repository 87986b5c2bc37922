//! Transactions: what their bytes say, and where they stand.

use crate::backend::{Accepted, Admitted, Place, PriceOption, Priority};
use crate::convert::{hash, receipt};
use crate::refusal::Refusal;
use light_palisade::limits::MAX_TRANSACTION_SIZE;
use primitives::address::Network;
use primitives::{Amount, Gas};
use prost::Message;
use proto::tx::v1 as wire;
use runtime::Receipt;

/// Decodes what must be its own only encoding.
fn decode<M: Message + Default>(field: &'static str, bytes: &[u8]) -> Result<M, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::field(field, "must not be empty"));
    }
    if bytes.len() > MAX_TRANSACTION_SIZE {
        let problem = format!(
            "{} bytes where at most {MAX_TRANSACTION_SIZE} are allowed",
            bytes.len()
        );
        return Err(Refusal::field(field, problem));
    }
    let message = M::decode(bytes).map_err(|error| Refusal::field(field, error.to_string()))?;
    if message.encode_to_vec() != bytes {
        let problem =
            "decoding and encoding it again gives other bytes: unknown fields, or not the canonical order";
        return Err(Refusal::field(field, problem));
    }
    Ok(message)
}

/// The body that canonical bytes hold.
pub(crate) fn decode_body(field: &'static str, bytes: &[u8]) -> Result<wire::TransactionBody, Refusal> {
    decode(field, bytes)
}

/// The envelope that canonical bytes hold, and the body within.
pub(crate) fn decode_signed(
    bytes: &[u8],
) -> Result<(wire::SignedTransaction, wire::TransactionBody), Refusal> {
    let signed: wire::SignedTransaction = decode("tx", bytes)?;
    let body = decode_body("tx.body", &signed.body)?;
    Ok((signed, body))
}

pub(crate) fn broadcast(accepted: &Accepted) -> wire::Broadcast {
    let (outcome, height) = match accepted.admitted {
        Admitted::New => (wire::BroadcastOutcome::Accepted, 0),
        Admitted::Pending => (wire::BroadcastOutcome::AlreadyPending, 0),
        Admitted::Committed(height) => (wire::BroadcastOutcome::AlreadyCommitted, height.get()),
    };
    wire::Broadcast {
        tx_hash: hash(&accepted.id),
        outcome: outcome.into(),
        height,
    }
}

/// A transaction in a block that is not final yet. Its events are numbered from its own first.
pub(crate) fn included(network: Network, place: Place, of: &Receipt) -> wire::Included {
    wire::Included {
        height: place.height.get(),
        index: place.index,
        receipt: Some(receipt::receipt(network, of, place, 0)),
    }
}

pub(crate) fn fee_option(option: &PriceOption, gas: Gas) -> wire::FeeOption {
    let priority = match option.priority {
        Priority::Low => wire::Priority::Low,
        Priority::Normal => wire::Priority::Normal,
        Priority::High => wire::Priority::High,
    };
    wire::FeeOption {
        priority: priority.into(),
        fee: Some(wire::Fee {
            gas_limit: gas.get(),
            max_price: option.max_price.to_string(),
            tip: option.tip.to_string(),
        }),
        max_total: gas.cost(option.max_price).unwrap_or(Amount::MAX).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_encoding_is_taken() {
        let body = wire::TransactionBody {
            sequence: 7,
            timeout_height: 9,
            ..wire::TransactionBody::default()
        };
        let bytes = body.encode_to_vec();
        assert_eq!(decode_body("body", &bytes), Ok(body));
        // An unknown field, a field twice, a field out of order, a default written out, an overlong number.
        let spoilt: [&[u8]; 5] = [
            &[0xf8, 0x01, 0x01],
            &[0x20, 0x07],
            &[0x20, 0x08],
            &[0x28, 0x00],
            &[0x30, 0x89, 0x00],
        ];
        for tail in spoilt {
            let mut other = bytes.clone();
            other.extend(tail);
            assert!(decode_body("body", &other).is_err(), "{tail:?}");
        }
        assert!(decode_body("body", &[]).is_err());
        assert!(decode_body("body", &vec![0; MAX_TRANSACTION_SIZE + 1]).is_err());
    }
}
