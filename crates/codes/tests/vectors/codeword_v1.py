"""Codewords by docs/formats/codeword.md alone, in another language: pip install blake3 cryptography.

Prints codeword_v1.json, against which the crate is tested.
"""
import hashlib
import hmac
import json
import struct

from blake3 import blake3
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms


def copy_key(lineage_key, domain, nonce, copy):
    message = b"tellmark codeword v1" + bytes([domain])
    for field in (nonce, copy):
        message += struct.pack("<Q", len(field)) + field
    return blake3(message, key=lineage_key).digest()


def keystream_byte(key, attempt, place):
    nonce = struct.pack("<I", 0) + struct.pack("<I", attempt) + bytes(8)
    cipher = Cipher(algorithms.ChaCha20(key, nonce), mode=None).encryptor()
    return cipher.update(bytes(place + 1))[-1]


def variant(key, ordinal, variants):
    attempt = 0
    while True:
        byte = keystream_byte(key, attempt, ordinal)
        if byte < 256 - 256 % variants:
            return byte % variants
        attempt += 1


def lineage_key(master, lineage):
    pseudorandom = hmac.new(bytes(32), master, hashlib.sha256).digest()
    return hmac.new(pseudorandom, b"tellmark lineage key v1" + lineage + b"\x01", hashlib.sha256).digest()


def main():
    master, lineage = bytes(range(32)), bytes(range(8))
    key = lineage_key(master, lineage)
    nonces = [bytes([7]) * 32, bytes(range(100, 132))]
    # Few and many variants, in two releases, over block borders, with gaps.
    columns = [(nonces[i % 2], ordinal, 2 + i % 15) for i, ordinal in enumerate([0, 0, 1, 2, 63, 64, 65, 127, 128, 500, 3, 5000, 7, 9, 40, 41, 42])]
    copies = {}
    for copy in ["r1", "R1", "ün-7", "x" * 64]:
        copies[copy] = [variant(copy_key(key, 0, nonce, copy.encode()), ordinal, q) for nonce, ordinal, q in columns]
    decoys = {}
    for decoy in [0, 1, 9999]:
        copy = struct.pack("<I", decoy)
        decoys[decoy] = [variant(copy_key(key, 1, nonce, copy), ordinal, q) for nonce, ordinal, q in columns]
    print(json.dumps({
        "master_key": master.hex(), "lineage": lineage.hex(), "lineage_key": key.hex(),
        "columns": [{"nonce": nonce.hex(), "ordinal": ordinal, "variants": q} for nonce, ordinal, q in columns],
        "copies": copies, "decoys": decoys,
    }, indent=1, ensure_ascii=False))


main()
