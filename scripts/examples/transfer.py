#!/usr/bin/env python3
"""Makes a transfer on a Palisade testnet, waits until it is final, and checks the proof of it.

Nothing of Palisade's own code is used: messages come from the .proto files (or, with --reflection, from the node
itself), keys and hashes from public libraries, and every rule that is checked is written out below.

Needs: grpcio, cryptography, and grpcio-tools to compile the .proto files (not with --reflection).
With py_ecc installed the validators' BLS signatures are checked too.
"""

import argparse
import hashlib
import pathlib
import struct
import sys
import tempfile

import grpc
from cryptography.hazmat.primitives import serialization
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"
SERVICES = [
    "palisade.node.v1.NodeService",
    "palisade.account.v1.AccountService",
    "palisade.tx.v1.TransactionService",
    "palisade.ledger.v1.LedgerService",
]
TIMEOUT_BLOCKS = 200
NPAL = 10**9


def fail(text):
    sys.exit(f"transfer.py: {text}")


# --- Messages and calls -----------------------------------------------------------------------------------------


class Api:
    """Calls by name, with messages from a pool of descriptors."""

    def __init__(self, channel, pool):
        self.channel, self.pool = channel, pool

    def new(self, name, **fields):
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))(**fields)

    def call(self, service, method, **fields):
        found = self.pool.FindServiceByName(service).FindMethodByName(method)
        request = message_factory.GetMessageClass(found.input_type)(**fields)
        answer = message_factory.GetMessageClass(found.output_type)
        make = self.channel.unary_stream if found.server_streaming else self.channel.unary_unary
        return make(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString,
        )(request, timeout=60)


def pool_of(files):
    """A pool of file descriptors, each added after those that it imports."""
    pool, waiting = descriptor_pool.DescriptorPool(), {file.name: file for file in files}

    def add(name):
        file = waiting.pop(name, None)
        if file is not None:
            for needed in file.dependency:
                add(needed)
            pool.Add(file)

    for name in list(waiting):
        add(name)
    return pool


def pool_from_files():
    """Compiles the .proto files that are shipped."""
    try:
        from grpc_tools import protoc
    except ImportError:
        fail("grpcio-tools is missing: pip install grpcio-tools, or ask the node with --reflection")
    sources = sorted(str(path.relative_to(PROTO)) for path in PROTO.glob("palisade/**/*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "all.bin"
        if protoc.main(["protoc", f"-I{PROTO}", "--include_imports", f"--descriptor_set_out={out}", *sources]):
            fail("the .proto files do not compile")
        return pool_of(descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file)


def reflection_messages():
    """The part of grpc.reflection.v1 that is needed, written out: no generated code for it has to be installed."""
    file = descriptor_pb2.FileDescriptorProto(
        name="reflection_part.proto", package="grpc.reflection.v1", syntax="proto3"
    )
    text, raw, nested = 9, 12, 11

    def message(name, *fields):
        added = file.message_type.add(name=name)
        for field, number, kind, label, type_name in fields:
            added.field.add(name=field, number=number, type=kind, label=label, type_name=type_name)

    message("ServerReflectionRequest", ("file_by_filename", 3, text, 1, None), ("file_containing_symbol", 4, text, 1, None))
    message("FileDescriptorResponse", ("file_descriptor_proto", 1, raw, 3, None))
    message("ErrorResponse", ("error_code", 1, 5, 1, None), ("error_message", 2, text, 1, None))
    message(
        "ServerReflectionResponse",
        ("file_descriptor_response", 4, nested, 1, ".grpc.reflection.v1.FileDescriptorResponse"),
        ("error_response", 7, nested, 1, ".grpc.reflection.v1.ErrorResponse"),
    )
    pool = pool_of([file])
    return [
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"grpc.reflection.v1.{name}"))
        for name in ("ServerReflectionRequest", "ServerReflectionResponse")
    ]


def pool_from_reflection(channel):
    """Asks the node for the files that describe its services, and for those that they import."""
    request, response = reflection_messages()
    call = channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=response.FromString,
    )

    def ask(**fields):
        answer = next(call(iter([request(**fields)]), timeout=10))
        if answer.HasField("error_response"):
            fail(f"the node does not describe itself: {answer.error_response.error_message}")
        return [
            descriptor_pb2.FileDescriptorProto.FromString(raw)
            for raw in answer.file_descriptor_response.file_descriptor_proto
        ]

    found = {}

    def keep(files):
        for file in files:
            if file.name not in found:
                found[file.name] = file
                for needed in file.dependency:
                    if needed not in found:
                        keep(ask(file_by_filename=needed))

    for service in SERVICES:
        keep(ask(file_containing_symbol=service))
    return pool_of(found.values())


# --- Palisade's hashes, as README.md says them ------------------------------------------------------------------


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def account_id(public_key):
    """The account of a single key: threshold 1, one key."""
    return sha256(b"palisade/account/v1", b"\x01", public_key)


def bech32m_data(address):
    """The bytes of a bech32m address (BIP-350)."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    prefix, _, data = address.rpartition("1")
    if not prefix or any(c not in letters for c in data):
        fail(f"`{address}` is not an address")
    values = [letters.index(c) for c in data]
    check = 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate([0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3]):
            check ^= generator if top >> bit & 1 else 0
    if check != 0x2BC830A3:
        fail(f"`{address}` is mistyped: its checksum does not hold")
    bits = "".join(f"{value:05b}" for value in values[:-6])
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) // 8 * 8, 8))


def encode_header(header):
    """The header's canonical encoding: fixed-width fields in order, numbers little-endian."""
    return b"".join(
        [
            struct.pack("<H", header.version),
            header.chain_hash,
            struct.pack("<QQQ", header.height, header.epoch, header.view),
            header.parent,
            struct.pack("<HQQ", header.proposer, header.time_ms, header.chain_clock_ms),
            header.transactions_root,
            header.justification_root,
            header.evidence_root,
            header.validators_root,
            header.next_validators_root,
            header.state_root,
            header.receipts_root,
            header.outbox_root,
            header.seed,
        ]
    )


def header_hash(header):
    encoded = encode_header(header)
    if header.encoded != encoded:
        fail(f"the header at height {header.height} is not encoded as its fields say")
    return sha256(b"palisade/header/v1", encoded)


def node(left, right):
    return sha256(b"\x03", left, right)


def path_root(leaf, proof):
    """The root that a leaf and the hashes beside its path lead to: the tree of RFC 6962, section 2.1."""
    if proof.index >= proof.count:
        fail("the proof's index lies beyond its count")
    went_left, position, size = [], proof.index, proof.count
    while size > 1:
        middle = 1 << (size - 1).bit_length() - 1
        went_left.append(position < middle)
        position, size = (position, middle) if position < middle else (position - middle, size - middle)
    if len(went_left) != len(proof.siblings):
        fail("the proof has not as many hashes as its place needs")
    top = leaf
    for left, sibling in zip(reversed(went_left), proof.siblings):
        top = node(top, sibling) if left else node(sibling, top)
    return sha256(b"\x03", struct.pack(">I", proof.count), top)


def list_root(leaves):
    """The root over a list of leaves."""

    def top(part):
        if len(part) == 1:
            return part[0]
        middle = 1 << (len(part) - 1).bit_length() - 1
        return node(top(part[:middle]), top(part[middle:]))

    return sha256(b"\x03", struct.pack(">I", len(leaves)), top(leaves))


# --- What is checked --------------------------------------------------------------------------------------------


def check_finality(chain_hash, finality):
    """That the certificate is for the header, or for the last of its descendants. Gives that certificate's block."""
    header, certificate = finality.header, finality.certificate
    if header.chain_hash != chain_hash:
        fail("the header belongs to another chain")
    last = header_hash(header)
    for descendant in finality.descendants:
        if descendant.parent != last:
            fail(f"the header at height {descendant.height} does not follow the one before")
        last = header_hash(descendant)
    if certificate.kind != 3 or certificate.block_hash != last:
        fail("the certificate does not finalize this block")
    return last


def check_signatures(api, chain_hash, finality):
    """That validators of more than two thirds of the weight have signed. Needs py_ecc; says whether it was done."""
    try:
        from py_ecc.bls.hash_to_curve import hash_to_G1
        from py_ecc.bls.point_compression import decompress_G1, decompress_G2
        from py_ecc.optimized_bls12_381 import G2, add, pairing
    except ImportError:
        return False
    certificate = finality.certificate
    answer = api.call("palisade.ledger.v1.LedgerService", "GetValidatorSet", epoch=certificate.epoch)
    encoded = answer.validator_set.encoded
    epoch, ends_at, count = struct.unpack_from("<QQI", encoded)
    members = [encoded[20 + 168 * i : 188 + 168 * i] for i in range(count)]
    weights = [struct.unpack_from("<Q", member, 96)[0] for member in members]
    leaves = [sha256(b"palisade/validator/v1", struct.pack("<H", i), member) for i, member in enumerate(members)]
    bound = struct.pack("<QQQ", epoch, ends_at, sum(weights)) + list_root(leaves)
    root = sha256(b"palisade/validator-set/v1", bound)
    if finality.header.epoch == certificate.epoch and root != finality.header.validators_root:
        fail("the validators are not those that the header names")
    signed = [i for i in range(count) if certificate.signers[i // 8] >> i % 8 & 1]
    if 3 * sum(weights[i] for i in signed) <= 2 * sum(weights):
        fail("the signers have not more than two thirds of the weight")
    total = None
    for i in signed:
        key = members[i][:96]
        point = decompress_G2((int.from_bytes(key[:48], "big"), int.from_bytes(key[48:], "big")))
        total = point if total is None else add(total, point)
    message = b"".join(
        [
            b"palisade/finalize/v1",
            chain_hash,
            struct.pack(">QQQ", certificate.epoch, certificate.view, certificate.parent_view),
            certificate.block_hash,
        ]
    )
    signature = decompress_G1(int.from_bytes(certificate.signature, "big"))
    hashed = hash_to_G1(message, b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_", hashlib.sha256)
    if pairing(G2, signature) != pairing(total, hashed):
        fail("the aggregate signature does not hold")
    return True


# --- The transfer -----------------------------------------------------------------------------------------------


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--node", default="127.0.0.1:26600", help="host and port of a node")
    parser.add_argument("--key", default=".palisade/testnets/default/accounts/alice.pem", help="the sender's key file")
    parser.add_argument("--to", help="the recipient's address; the testnet's bob when left out")
    parser.add_argument("--amount", type=int, default=10 * NPAL, help="how much, in npal")
    parser.add_argument("--reflection", action="store_true", help="use no .proto files, ask the node")
    return parser.parse_args()


def recipient_of(options):
    if options.to:
        return bech32m_data(options.to)
    bob = pathlib.Path(options.key).with_name("bob.pem")
    return account_id(public_bytes(load_key(bob)))


def load_key(path):
    try:
        return serialization.load_pem_private_key(pathlib.Path(path).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        fail(f"{path}: {error}")


def public_bytes(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def build(api, key, recipient, amount, chain_hash):
    """A signed transfer: its id and its bytes."""
    public = public_bytes(key)
    sender = account_id(public)
    tx = "palisade.tx.v1.TransactionService"
    account = api.call("palisade.account.v1.AccountService", "GetAccount", address=sender.hex()).account
    height = api.call("palisade.node.v1.NodeService", "GetSyncStatus").height
    prices = api.call(tx, "EstimateFee").options
    price = next((option.fee for option in prices if option.priority == 2), prices[0].fee)
    transfer = api.new("palisade.bank.v1.Transfer", recipient=recipient, asset_id=0, amount=str(amount))

    def body(gas):
        return api.new(
            "palisade.tx.v1.TransactionBody",
            sender=sender,
            messages=[api.new("palisade.tx.v1.Message", transfer=transfer)],
            fee=api.new("palisade.tx.v1.Fee", gas_limit=gas, max_price=price.max_price, tip=price.tip),
            sequence=account.pending_sequence,
            timeout_height=height + TIMEOUT_BLOCKS,
        ).SerializeToString(deterministic=True)

    def envelope(encoded, signature):
        one = api.new("palisade.tx.v1.Signature", key_index=0, signature=signature)
        authorization = api.new(
            "palisade.tx.v1.Authorization", threshold=1, public_keys=[public], signatures=[one]
        )
        signed = api.new("palisade.tx.v1.SignedTransaction", body=encoded, authorization=authorization)
        return signed.SerializeToString(deterministic=True)

    # A simulation does not check signatures.
    simulated = api.call(tx, "SimulateTransaction", tx=envelope(body(10_000_000), bytes(64)))
    encoded = body(simulated.suggested_gas_limit)
    # What is signed is also the transaction's id.
    identity = sha256(b"palisade/tx/v1", chain_hash, encoded)
    return identity, envelope(encoded, key.sign(identity))


def main():
    options = arguments()
    key, recipient = load_key(options.key), recipient_of(options)
    channel = grpc.insecure_channel(options.node)
    try:
        api = Api(channel, pool_from_reflection(channel) if options.reflection else pool_from_files())
        chain_hash = api.call("palisade.node.v1.NodeService", "GetNodeInfo").chain_hash
        identity, encoded = build(api, key, recipient, options.amount, chain_hash)
        print(f"transaction  {identity.hex()}")
        tx = "palisade.tx.v1.TransactionService"
        offered = api.call(tx, "BroadcastTransaction", tx=encoded).broadcast
        if offered.tx_hash != identity:
            fail("the node computes another id")
        state = None
        for frame in api.call(tx, "WaitTransaction", tx_hash=identity, until=2):
            name = frame.status.WhichOneof("state")
            if name != state:
                print(f"state        {name.upper()}")
            state = name
        if state != "finalized":
            fail(f"the transaction ended as {state}: {frame.status}")
        final = frame.status.finalized
        check_finality(chain_hash, final.finality)
        header = final.finality.header
        leaf = sha256(b"palisade/tx-leaf/v1", identity, sha256(encoded))
        if path_root(leaf, final.inclusion) != header.transactions_root:
            fail("the inclusion proof leads to another root")
        print(f"block        {header.height} {header_hash(header).hex()}")
        print("inclusion    proven under the header's transactions root")
        done = check_signatures(api, chain_hash, final.finality)
        print("signatures   " + ("proven: more than two thirds of the weight" if done else "not checked: pip install py_ecc"))
    except grpc.RpcError as error:
        fail(f"{options.node}: {error.code().name}: {error.details()}")


if __name__ == "__main__":
    main()
