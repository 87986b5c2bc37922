//! The rules of the crate's documentation, checked on the descriptors.
#![cfg(test)]

use prost::Message;
use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, FileDescriptorProto, FileDescriptorSet};
use std::collections::{BTreeMap, BTreeSet};

fn files() -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(palisade_proto::FILE_DESCRIPTOR_SET).unwrap();
    set.file
        .into_iter()
        .filter(|file| file.package().starts_with("palisade."))
        .collect()
}

/// All messages by their full names, as fields refer to them.
fn messages() -> BTreeMap<String, DescriptorProto> {
    let mut all = BTreeMap::new();
    for file in files() {
        for message in file.message_type.clone() {
            let name = format!(".{}.{}", file.package(), message.name());
            for nested in message.nested_type.clone() {
                all.insert(format!("{name}.{}", nested.name()), nested);
            }
            all.insert(name, message);
        }
    }
    all
}

/// The messages that a transaction is made of.
fn of_transactions() -> BTreeMap<String, DescriptorProto> {
    let all = messages();
    let mut open = vec![
        ".palisade.tx.v1.SignedTransaction".to_owned(),
        ".palisade.tx.v1.TransactionBody".to_owned(),
    ];
    let mut found = BTreeMap::new();
    while let Some(name) = open.pop() {
        let message = all[&name].clone();
        let parts = message
            .field
            .iter()
            .filter(|field| field.r#type() == Type::Message);
        open.extend(parts.map(|field| field.type_name().to_owned()));
        found.insert(name, message);
    }
    found
}

#[test]
fn a_oneofs_tags_are_contiguous_so_that_every_encoder_writes_it_at_the_same_place() {
    let mut seen = 0;
    for (name, message) in of_transactions() {
        let mut tags: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
        for field in message.field.iter().filter(|field| field.oneof_index.is_some()) {
            tags.entry(field.oneof_index()).or_default().push(field.number());
        }
        for mut oneof in tags.into_values() {
            oneof.sort_unstable();
            seen += 1;
            assert!(
                oneof
                    .windows(2)
                    .all(|pair| pair[1] == pair[0].checked_add(1).unwrap()),
                "{name}: {oneof:?}"
            );
        }
    }
    assert_eq!(
        seen, 4,
        "the messages of a transaction are a oneof, and so are what a proposal is to do and, asked for and decided on, where a \
         price comes from"
    );
}

#[test]
fn a_transaction_has_no_maps_no_floats_and_nothing_optional() {
    for (name, message) in of_transactions() {
        let is_map = message
            .options
            .as_ref()
            .is_some_and(|options| options.map_entry());
        assert!(!is_map, "{name} is a map entry");
        for field in &message.field {
            let kind = field.r#type();
            assert!(
                !matches!(kind, Type::Float | Type::Double | Type::Sint32 | Type::Sint64),
                "{name}.{}",
                field.name()
            );
            assert!(!field.proto3_optional(), "{name}.{}", field.name());
        }
    }
}

#[test]
fn only_what_a_call_takes_and_gives_ends_in_request_or_response() {
    let calls: BTreeSet<String> = files()
        .iter()
        .flat_map(|file| &file.service)
        .flat_map(|service| &service.method)
        .flat_map(|method| [method.input_type().to_owned(), method.output_type().to_owned()])
        .collect();
    for name in messages().into_keys() {
        let like_a_call = name.ends_with("Request") || name.ends_with("Response");
        assert_eq!(like_a_call, calls.contains(&name), "{name}");
    }
}

#[test]
fn a_transaction_comes_back_from_its_bytes() {
    use palisade_proto::bank::v1::Transfer;
    use palisade_proto::tx::v1::{self as tx, TransactionBody};
    let transfer = Transfer {
        recipient: vec![7; 32].into(),
        asset_id: 0,
        amount: "5".into(),
    };
    let message = tx::Message {
        message: Some(tx::message::Message::Transfer(transfer)),
    };
    let body = TransactionBody {
        messages: vec![message],
        timeout_height: 9,
        ..TransactionBody::default()
    };
    let bytes = body.encode_to_vec();
    assert_eq!(TransactionBody::decode(&bytes[..]).unwrap(), body);
    // Written out once by hand: messages = 2, transfer = 1, recipient = 1 and amount = 3, timeout_height = 6.
    let expected = [
        &[0x12, 39, 0x0a, 37, 0x0a, 32][..],
        &[7; 32],
        &[0x1a, 1, b'5', 0x30, 9],
    ]
    .concat();
    assert_eq!(bytes, expected);
}
