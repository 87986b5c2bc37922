#!/usr/bin/env python3
"""Writes bodies.txt: transaction bodies as Python's protobuf encodes them, one a line: name, hex, transaction id.

Needs `pip install protobuf grpcio-tools`, which compile the .proto files themselves. Run from the repository's root:
    python3 runtime/tests/vectors/make.py > runtime/tests/vectors/bodies.txt
runtime/tests/it/vectors.rs builds the same bodies in Rust and compares.
"""
import hashlib
import pathlib
import sys
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

CHAIN_HASH = bytes([9]) * 32
ROOT = pathlib.Path(__file__).resolve().parents[3]


def pool():
    proto = ROOT / "proto"
    with tempfile.NamedTemporaryFile() as out:
        files = ["palisade/tx/v1/transaction.proto"]
        options = [f"-I{proto}", "--include_imports", f"--descriptor_set_out={out.name}"]
        if protoc.main(["protoc", *options, *files]) != 0:
            sys.exit("the .proto files do not compile")
        described = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(out.name).read_bytes())
    made = descriptor_pool.DescriptorPool()
    for file in described.file:
        made.Add(file)
    return made


POOL = pool()


def message(name):
    return message_factory.GetMessageClass(POOL.FindMessageTypeByName(name))()


def body(sequence, *messages, **fields):
    made = message("palisade.tx.v1.TransactionBody")
    made.sender = bytes([1]) * 32
    for one in messages:
        made.messages.add().CopyFrom(one)
    made.fee.gas_limit = fields.pop("gas_limit", 300_000)
    made.fee.max_price = fields.pop("max_price", "10")
    made.fee.tip = fields.pop("tip", "1")
    made.sequence = sequence
    made.timeout_height = fields.pop("timeout_height", 100)
    made.memo = fields.pop("memo", "")
    assert not fields
    return made


def wrapped(field, **values):
    made = message("palisade.tx.v1.Message")
    inner = getattr(made, field)
    inner.SetInParent()
    for name, value in values.items():
        setattr(inner, name, value)
    return made


TO = bytes([2]) * 32
TRANSFER = wrapped("transfer", recipient=TO, asset_id=0, amount="5")
OTHER = wrapped("transfer", recipient=TO, asset_id=4_294_967_295, amount="340282366920938463463374607431768211455")
BURN = wrapped("burn", asset_id=3, amount="7")
REGISTER_ASSET = wrapped("register_asset", asset_id=7, symbol="WBTC", decimals=8, name="Wrapped Bitcoin, äöü")
REGISTER_VALIDATOR = wrapped(
    "register_validator", moniker="node ü", consensus_key=bytes([3]) * 96, proof_of_possession=bytes([4]) * 48,
    p2p_key=bytes([5]) * 32, bond="1000000000",
)
BOND = wrapped("bond", validator=TO, amount="1")
UNBOND = wrapped("unbond", validator=TO, amount="1")
CLAIM = wrapped("claim_rewards", validator=TO)

BODIES = {
    "transfer": body(0, TRANSFER),
    "large": body(2**64 - 1, OTHER, gas_limit=2**64 - 1, max_price="18446744073709551615", tip="0",
                  timeout_height=2**64 - 1),
    "memo": body(1, TRANSFER, memo="thanks – and ☕"),
    "burn": body(127, BURN),
    "register_asset": body(128, REGISTER_ASSET),
    "register_validator": body(16384, REGISTER_VALIDATOR),
    "bond": body(3, BOND),
    "unbond": body(4, UNBOND),
    "claim_rewards": body(5, CLAIM),
    "all": body(6, TRANSFER, BURN, REGISTER_ASSET, REGISTER_VALIDATOR, BOND, UNBOND, CLAIM, OTHER, memo="all"),
}

for name, one in BODIES.items():
    # Deterministic or not, Python writes the same: there are no maps.
    assert one.SerializeToString() == one.SerializeToString(deterministic=True)
    encoded = one.SerializeToString()
    print(name, encoded.hex(), hashlib.sha256(b"palisade/tx/v1" + CHAIN_HASH + encoded).hexdigest())
