//! `palisade.tx.v1`: the envelope and the body of a transaction.

use crate::fee::Fee;
use crate::modules::Message;
use crate::transaction::{Body, MAX_MEMO_BYTES, MAX_MESSAGES, TransactionError};
use crate::wire::canonical;
use crate::wire::fields::{FieldError, account, amount, array, invalid, small};
use crate::wire::schema::{BODY, ENVELOPE};
use crate::wire::{assets, bank, delegation, govern, oracle, reward, service, slash, staking, vaults};
use primitives::{Gas, Height};
use prost::Message as _;
use prost::encoding::{WireType, decode_key, decode_varint};
use proto::tx::v1 as pb;
use proto::tx::v1::message::Message as Kind;

/// What stands around a body.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    /// The encoded body, as it was signed.
    pub(crate) body: Vec<u8>,
    /// How many keys must sign.
    pub(crate) threshold: u8,
    /// The account's keys, in the order sent.
    pub(crate) keys: Vec<[u8; 32]>,
    /// Key index and signature, in the order sent.
    pub(crate) signatures: Vec<(u32, [u8; 64])>,
}

/// Reads an envelope and the body in it.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Envelope, Body), TransactionError> {
    let signed: pb::SignedTransaction = canonical::decode(bytes, &ENVELOPE)?;
    let missing = invalid("authorization", "must be there");
    let authorization = signed.authorization.ok_or(missing)?;
    let key = |key: &prost::bytes::Bytes| array("public_keys", key, "a key has 32 bytes");
    let signature = |s: &pb::Signature| {
        Ok((
            s.key_index,
            array("signatures.signature", &s.signature, "a signature has 64 bytes")?,
        ))
    };
    let envelope = Envelope {
        threshold: small("authorization.threshold", authorization.threshold)?,
        keys: authorization
            .public_keys
            .iter()
            .map(key)
            .collect::<Result<_, FieldError>>()?,
        signatures: authorization
            .signatures
            .iter()
            .map(signature)
            .collect::<Result<_, FieldError>>()?,
        body: signed.body.into(),
    };
    let body = read_body(&envelope.body)?;
    Ok((envelope, body))
}

/// The encoded body within the bytes of a transaction, found without reading the rest; `None` where there is none.
pub(crate) fn find_body(mut bytes: &[u8]) -> Option<&[u8]> {
    let (tag, wire) = decode_key(&mut bytes).ok()?;
    if (tag, wire) != (1, WireType::LengthDelimited) {
        return None;
    }
    let length = usize::try_from(decode_varint(&mut bytes).ok()?).ok()?;
    bytes.get(..length)
}

/// Reads an encoded `TransactionBody`: its form and its fields, not what the messages' modules say.
///
/// # Errors
/// [`TransactionError`] says what is wrong with it.
pub fn read_body(bytes: &[u8]) -> Result<Body, TransactionError> {
    let body: pb::TransactionBody = canonical::decode(bytes, &BODY)?;
    let count = body.messages.len();
    if !(1..=MAX_MESSAGES).contains(&count) {
        return Err(TransactionError::MessageCount { count });
    }
    if body.memo.len() > MAX_MEMO_BYTES {
        return Err(invalid("memo", "at most 256 bytes").into());
    }
    let fee = body.fee.ok_or(invalid("fee", "must be there"))?;
    Ok(Body {
        sender: account("sender", &body.sender)?,
        messages: body
            .messages
            .into_iter()
            .map(|message| {
                message
                    .message
                    .ok_or(invalid("messages", "each says what is to be done"))
            })
            .map(|kind| read_message(kind?))
            .collect::<Result<_, _>>()?,
        fee: Fee {
            gas_limit: Gas::new(fee.gas_limit),
            max_price: amount("fee.max_price", &fee.max_price)?,
            tip: amount("fee.tip", &fee.tip)?,
        },
        sequence: body.sequence,
        unordered: body.unordered,
        timeout_height: Height::new(body.timeout_height),
        memo: body.memo,
    })
}

fn read_message(kind: Kind) -> Result<Message, FieldError> {
    Ok(match kind {
        Kind::Transfer(message) => Message::Bank(bank::transfer(&message)?),
        Kind::Burn(message) => Message::Bank(bank::burn(&message)?),
        Kind::RegisterAsset(message) => Message::Assets(assets::register(message)?),
        Kind::RegisterValidator(message) => Message::Staking(staking::register_validator(&message)?),
        Kind::Bond(message) => Message::Staking(staking::bond(&message)?),
        Kind::Unbond(message) => Message::Staking(staking::unbond(&message)?),
        Kind::ClaimRewards(message) => Message::Staking(staking::claim_rewards(&message)?),
        Kind::Unjail(_) => Message::Staking(::staking::Msg::Unjail(::staking::Unjail)),
        Kind::Heartbeat(_) => Message::Staking(::staking::Msg::Heartbeat(::staking::Heartbeat)),
        Kind::RotateConsensusKey(message) => Message::Staking(staking::rotate_consensus_key(&message)?),
        Kind::CreateVault(message) => Message::Vaults(vaults::create(&message)?),
        Kind::Deposit(message) => Message::Vaults(vaults::deposit(&message)?),
        Kind::Withdraw(message) => Message::Vaults(vaults::withdraw(&message)?),
        Kind::ClaimWithdrawal(message) => Message::Vaults(vaults::claim(&message)),
        Kind::InstantWithdraw(message) => Message::Vaults(vaults::instant(&message)?),
        Kind::FundBuffer(message) => Message::Vaults(vaults::fund(&message)?),
        Kind::LeaveBuffer(message) => Message::Vaults(vaults::leave(&message)?),
        Kind::AmendCharter(message) => Message::Vaults(vaults::amend(&message)?),
        Kind::SetVaultLimits(message) => Message::Vaults(vaults::set_limits(&message)?),
        Kind::AllowDepositor(message) => Message::Vaults(vaults::allow(&message)?),
        Kind::RebaseVault(message) => Message::Vaults(vaults::rebase(&message)?),
        Kind::RegisterOperator(message) => Message::Delegation(delegation::register(&message)?),
        Kind::SetOperatorMetadata(message) => Message::Delegation(delegation::set_metadata(&message)?),
        Kind::SetServiceKey(message) => Message::Delegation(delegation::set_key(&message)?),
        Kind::SetCommission(message) => Message::Delegation(delegation::set_commission(&message)?),
        Kind::Allocate(message) => Message::Delegation(delegation::allocate(&message)?),
        Kind::SetAssetTerms(message) => Message::Assets(assets::set_terms(&message)?),
        Kind::RegisterService(message) => Message::Dss(service::register(&message)?),
        Kind::ActivateService(message) => Message::Dss(service::activate(&message)),
        Kind::ChangeFaultClass(message) => Message::Dss(service::change_class(&message)?),
        Kind::UnwindService(message) => Message::Dss(service::unwind(&message)),
        Kind::CloseService(message) => Message::Dss(service::close(&message)),
        Kind::JoinService(message) => service::join(&message)?,
        Kind::LeaveService(message) => service::leave(&message),
        Kind::EjectOperator(message) => Message::Dss(service::eject(&message)?),
        Kind::PostTask(message) => Message::Dss(service::post_task(&message)?),
        Kind::CommitAnswer(message) => Message::Dss(service::commit(&message)?),
        Kind::ShowAnswer(message) => Message::Dss(service::show(&message)?),
        Kind::AbstainFromTask(message) => Message::Dss(service::abstain(&message)),
        Kind::SubmitCertificate(message) => Message::Dss(service::certificate(&message)?),
        Kind::SetFaultProgram(message) => Message::Attested(service::set_program(&message)),
        Kind::ProveFault(message) => Message::Slashing(slash::prove(&message)?),
        Kind::RequestSlash(message) => Message::Slashing(slash::request(&message)?),
        Kind::VetoSlash(message) => Message::Slashing(slash::veto(&message)),
        Kind::FundRewards(message) => Message::Rewards(reward::fund(&message)?),
        Kind::ClaimVaultRewards(message) => Message::Rewards(reward::claim(&message)?),
        Kind::Propose(message) => Message::Governance(govern::propose(message)?),
        Kind::CastVote(message) => Message::Governance(govern::vote(&message)?),
        Kind::CreateFeed(message) => Message::Oracle(oracle::create(&message)?),
        Kind::SetFeedBounds(message) => Message::Oracle(oracle::set_bounds(&message)?),
        Kind::EndFeed(message) => Message::Oracle(oracle::end(&message)),
        Kind::FundFeed(message) => Message::Oracle(oracle::fund(&message)?),
        Kind::WithdrawFeedDeposit(message) => Message::Oracle(oracle::withdraw(&message)),
        Kind::CommitPrice(message) => Message::Oracle(oracle::commit(&message)?),
        Kind::RevealPrice(message) => Message::Oracle(oracle::reveal(&message)?),
        Kind::SetPriceSource(message) => Message::Assets(assets::set_source(&message)?),
    })
}

/// The canonical bytes of a body: what is signed.
#[must_use]
pub fn write_body(body: &Body) -> Vec<u8> {
    pb::TransactionBody {
        sender: body.sender.as_bytes().to_vec().into(),
        messages: body.messages.iter().map(write_message).collect(),
        fee: Some(pb::Fee {
            gas_limit: body.fee.gas_limit.get(),
            max_price: body.fee.max_price.to_string(),
            tip: body.fee.tip.to_string(),
        }),
        sequence: body.sequence,
        unordered: body.unordered,
        timeout_height: body.timeout_height.get(),
        memo: body.memo.clone(),
    }
    .encode_to_vec()
}

fn write_message(message: &Message) -> pb::Message {
    use ::staking::Msg as Staking;
    let kind = match message {
        Message::Bank(::bank::Msg::Transfer(message)) => Kind::Transfer(bank::write_transfer(message)),
        Message::Bank(::bank::Msg::Burn(message)) => Kind::Burn(bank::write_burn(message)),
        Message::Assets(::assets::Msg::Register(message)) => {
            Kind::RegisterAsset(assets::write_register(message))
        }
        Message::Assets(::assets::Msg::SetTerms(message)) => {
            Kind::SetAssetTerms(assets::write_set_terms(message))
        }
        Message::Assets(::assets::Msg::SetPriceSource(message)) => {
            Kind::SetPriceSource(assets::write_set_source(message))
        }
        Message::Vaults(message) => vaults::write(message),
        Message::Delegation(message) => delegation::write(message),
        Message::Staking(Staking::RegisterValidator(message)) => {
            Kind::RegisterValidator(staking::write_register_validator(message))
        }
        Message::Staking(Staking::Bond(message)) => Kind::Bond(staking::write_bond(message)),
        Message::Staking(Staking::Unbond(message)) => Kind::Unbond(staking::write_unbond(message)),
        Message::Staking(Staking::ClaimRewards(message)) => {
            Kind::ClaimRewards(staking::write_claim_rewards(message))
        }
        Message::Staking(Staking::Unjail(_)) => Kind::Unjail(proto::staking::v1::Unjail {}),
        Message::Staking(Staking::Heartbeat(_)) => Kind::Heartbeat(proto::staking::v1::Heartbeat {}),
        Message::Staking(Staking::RotateConsensusKey(message)) => {
            Kind::RotateConsensusKey(staking::write_rotate_consensus_key(message))
        }
        Message::Dss(message) => service::write(message),
        Message::Consensus(message) => service::write_membership(*message),
        Message::Slashing(message) => slash::write(message),
        Message::Rewards(message) => reward::write(message),
        Message::Governance(message) => govern::write(message),
        Message::Attested(message) => service::write_program(message),
        Message::Oracle(message) => oracle::write(message),
    };
    pb::Message { message: Some(kind) }
}

/// The bytes of a transaction: an encoded body, and who stands for it: the account's threshold and keys, ascending,
/// and signatures with their key's position, ascending.
#[must_use]
pub fn write_signed(
    body: &[u8],
    threshold: u8,
    keys: &[[u8; 32]],
    signatures: &[(u32, [u8; 64])],
) -> Vec<u8> {
    let signature = |(key_index, bytes): &(u32, [u8; 64])| pb::Signature {
        key_index: *key_index,
        signature: bytes.to_vec().into(),
    };
    pb::SignedTransaction {
        body: body.to_vec().into(),
        authorization: Some(pb::Authorization {
            threshold: u32::from(threshold),
            public_keys: keys.iter().map(|key| key.to_vec().into()).collect(),
            signatures: signatures.iter().map(signature).collect(),
        }),
    }
    .encode_to_vec()
}
