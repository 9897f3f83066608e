"""Canonical JSON, signed notes, policies, entries and bundles, from docs/formats/log.md and docs/formats/bundle.md."""

import base64
import hashlib
import json
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

DEPTH_MAX = 16
VALUES_MAX = 4_000_000
ENTRY_BYTES_MAX = 65_535
NOTE_BYTES_MAX = 64 << 10
BUNDLE_BYTES_MAX = 256 << 20
I64_MAX = (1 << 63) - 1


class Bad(Exception):
    """Something that is not as it has to be."""


class BadSignature(Bad):
    """A signature that does not hold."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# Canonical JSON


def _no(_):
    raise Bad("no whole number")


def read_json(data):
    try:
        text = data.decode("utf-8", "strict")
        value = json.loads(text, parse_float=_no, parse_constant=_no)
        _measure(value)
        spelled = write_json(value)
    except (ValueError, RecursionError, UnicodeError) as error:
        raise Bad(f"no canonical JSON: {error}") from None
    if spelled != data:
        raise Bad("not spelled as it has to be")
    return value


def write_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "strict")


def _measure(value):
    count, rest = 0, [(value, 0)]
    while rest:
        value, depth = rest.pop()
        count += 1
        if depth > DEPTH_MAX or count > VALUES_MAX:
            raise Bad("too deep or too large")
        if isinstance(value, dict):
            rest.extend((inner, depth + 1) for inner in value.values())
        elif isinstance(value, list):
            rest.extend((inner, depth + 1) for inner in value)
        elif value is None:
            raise Bad("null")
        elif isinstance(value, int) and not isinstance(value, bool) and not -I64_MAX - 1 <= value <= I64_MAX:
            raise Bad("more than 64 bits")


def fields(value, required, optional=()):
    if not isinstance(value, dict):
        raise Bad("no map")
    for name in required:
        if name not in value:
            raise Bad(f"{name} is missing")
    for name in value:
        if name not in required and name not in optional:
            raise Bad(f"{name} is unknown")
    return value


def text(value):
    if not isinstance(value, str):
        raise Bad("no text")
    return value


def number(value):
    if not isinstance(value, int) or isinstance(value, bool):
        raise Bad("no number")
    return value


def count(value, most):
    if not 0 <= number(value) <= most:
        raise Bad(f"{value} is not from 0 to {most}")
    return value


def items(value, most):
    if not isinstance(value, list) or len(value) > most:
        raise Bad("no list, or too long")
    return value


def from_hex(value, length=None):
    if not re.fullmatch(r"(?:[0-9a-f]{2})*", text(value)) or "\n" in value:
        raise Bad("not hexadecimal")
    data = bytes.fromhex(value)
    if length is not None and len(data) != length:
        raise Bad("of another length")
    return data


def hashes(value):
    data = from_hex(value)
    if len(data) % 32:
        raise Bad("no whole number of hashes")
    return [data[at:at + 32] for at in range(0, len(data), 32)]


def proof(value):
    found = hashes(value)
    if len(found) > 124:
        raise Bad("a proof is too long")
    return found


def from_base64(value):
    try:
        data = base64.b64decode(text(value).encode("ascii"), validate=True)
    except ValueError:
        raise Bad("no base64") from None
    if base64.b64encode(data).decode() != value:
        raise Bad("no base64 as it is spelled")
    return data


# Trees: RFC 6962


def leaf_hash(data):
    return sha256(b"\0", data)


def node_hash(left, right):
    return sha256(b"\1", left, right)


def split(size):
    return 1 << (size - 1).bit_length() - 1


def root(leaves):
    if not leaves:
        return sha256()
    level = leaves
    while len(level) > 1:
        paired = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) - 1:] if len(level) % 2 else paired
    return level[0]


def root_from_inclusion(leaf, index, size, hashes_):
    if index >= size:
        return None
    at, last, found = index, size - 1, leaf
    for sibling in hashes_:
        if last == 0:
            return None
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return found if last == 0 else None


def is_consistent(old_size, old_root, size, new_root, hashes_):
    if old_size > size:
        return False
    if old_size == size:
        return not hashes_ and old_root == new_root
    if old_size == 0:
        return not hashes_ and old_root == root([])
    path = list(hashes_)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    at, last = old_size - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def root_from_several(size, opened, nodes):
    """opened: (index, hash) in rising order."""
    if any(one[0] >= other[0] for one, other in zip(opened, opened[1:])) or size == 0:
        return None
    if opened and opened[-1][0] >= size:
        return None
    rest = iter(nodes)

    def found(start, size, low, high):
        if low == high:
            return next(rest)
        if size == 1:
            return opened[low][1]
        left = split(size)
        middle = low
        while middle < high and opened[middle][0] < start + left:
            middle += 1
        one = found(start, left, low, middle)
        return node_hash(one, found(start + left, size - left, middle, high))

    try:
        result = found(0, size, 0, len(opened))
    except StopIteration:
        return None
    return result if next(rest, None) is None else None


# Keys and notes

LOG, WITNESS = 1, 4
_P = (1 << 255) - 19
# The second coordinates of the points of small order.
_SMALL = {
    0, 1, _P - 1,
    int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
    int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
}


def _is_small(point):
    return (int.from_bytes(point, "little") & ((1 << 255) - 1)) % _P in _SMALL


def is_name(name):
    return re.fullmatch(r"[!-*,-~]{1,255}", name) is not None and "\n" not in name


class PublicKey:
    def __init__(self, spelled):
        parts = spelled.split("+", 2)
        if len(parts) != 3 or not is_name(parts[0]):
            raise Bad(f"{spelled} is no key")
        self.name, data = parts[0], from_base64(parts[2])
        if len(data) != 33 or data[0] not in (LOG, WITNESS):
            raise Bad("a key of an unknown algorithm")
        self.role, self.data = data[0], data[1:]
        number_ = int.from_bytes(self.data, "little") & ((1 << 255) - 1)
        if number_ >= _P or _is_small(self.data):
            raise Bad("a weak key")
        self.id = sha256(self.name.encode(), b"\n", data)[:4]
        if from_hex(parts[1]) != self.id:
            raise Bad("a key with the number of another")
        self.key = Ed25519PublicKey.from_public_bytes(self.data)
        self.key_id = sha256(self.data)[:8]

    def verifies(self, message, signature):
        if len(signature) != 64 or _is_small(signature[:32]):
            return False
        try:
            self.key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


class Note:
    def __init__(self, spelled):
        if len(spelled.encode()) > NOTE_BYTES_MAX:
            raise Bad("a note is too long")
        end = spelled.rfind("\n\n")
        if end < 0 or not spelled.endswith("\n") or len(spelled) < end + 3:
            raise Bad("no note")
        self.text, lines = spelled[:end + 1], spelled[end + 2:-1].split("\n")
        if len(lines) > 64:
            raise Bad("too many signatures")
        self.lines = [self._line(line) for line in lines]

    @staticmethod
    def _line(line):
        if not line.startswith("\u2014 "):
            raise Bad("no signature's line")
        name, space, data = line[2:].partition(" ")
        data = from_base64(data)
        if not space or not is_name(name) or not 5 <= len(data) <= 260:
            raise Bad("no signature's line")
        return name, data[:4], data[4:]

    def checkpoint(self):
        """origin, size, root"""
        parts = self.text[:-1].split("\n") if self.text.endswith("\n") else []
        if len(parts) != 3 or not is_name(parts[0]) or not re.fullmatch(r"0|[1-9][0-9]{0,15}", parts[1]):
            raise Bad("no checkpoint")
        found = from_base64(parts[2])
        if int(parts[1]) > 1 << 40 or len(found) != 32:
            raise Bad("no checkpoint")
        return parts[0], int(parts[1]), found

    def _of(self, key):
        found = [data for name, id_, data in self.lines if name == key.name and id_ == key.id]
        if len(found) > 1:
            raise BadSignature("signed twice")
        return found[0] if found else None

    def is_signed_by(self, log):
        data = self._of(log)
        if data is None:
            return False
        if not log.verifies(self.text.encode(), data):
            raise BadSignature("a signature does not hold")
        return True

    def seen_by(self, witness):
        data = self._of(witness)
        if data is None:
            return None
        time = int.from_bytes(data[:8], "big")
        message = f"cosignature/v1\ntime {time}\n{self.text}".encode()
        if len(data) != 72 or time > I64_MAX or not witness.verifies(message, data[8:]):
            raise BadSignature("a cosignature does not hold")
        return time


class Policy:
    def __init__(self, spelled):
        self.logs, self.witnesses, self.groups, self.quorum = [], {}, {}, None
        has_quorum = False
        for line in spelled.split("\n"):
            # Blanks are those of ASCII.
            words = [word for word in re.split("[ \t\r\f]", line) if word]
            if not words or words[0].startswith("#"):
                continue
            if words[0] == "log" and len(words) in (2, 3):
                self.logs.append(self._key(words[1], LOG))
            elif words[0] == "witness" and len(words) in (3, 4):
                self._refuse_known(words[1])
                self.witnesses[words[1]] = self._key(words[2], WITNESS)
            elif words[0] == "group" and len(words) > 3:
                self._group(words[1], words[2], words[3:])
            elif words[0] == "quorum" and len(words) == 2 and not has_quorum:
                has_quorum = True
                if words[1] != "none":
                    self._known(words[1])
                    self.quorum = words[1]
            else:
                raise Bad(f"not understood: {line}")
        if not self.logs or not has_quorum:
            raise Bad("a policy names a log and a quorum")
        if len({key.data for key in self.witnesses.values()}) != len(self.witnesses):
            raise Bad("two witnesses have one key")

    @staticmethod
    def _key(spelled, role):
        key = PublicKey(spelled)
        if key.role != role:
            raise Bad("a key of another kind")
        return key

    def _refuse_known(self, name):
        if name == "none" or name in self.witnesses or name in self.groups:
            raise Bad(f"{name} is taken")

    def _known(self, name):
        if name not in self.witnesses and name not in self.groups:
            raise Bad(f"{name} is not defined")

    def _group(self, name, needed, members):
        self._refuse_known(name)
        for member in members:
            self._known(member)
        words = {"any": 1, "all": len(members)}
        needed = words.get(needed) or (int(needed) if needed.isascii() and needed.isdigit() and len(needed) < 10 else 0)
        if not 1 <= needed <= len(members) or len(set(members)) != len(members):
            raise Bad("a group needs 1 to all of its members")
        self.groups[name] = (needed, members)

    def log(self, origin):
        return next((key for key in self.logs if key.name == origin), None)

    def seen_at(self, note):
        seen = []
        for name in sorted(self.witnesses):
            time = note.seen_by(self.witnesses[name])
            if time is not None:
                seen.append((time, name))
        seen.sort()
        if self.quorum is None:
            return None
        for at in range(len(seen)):
            if self._is_met(self.quorum, {name for _, name in seen[:at + 1]}):
                return seen[at][0]
        return None

    def _is_met(self, name, seen):
        if name not in self.groups:
            return name in seen
        needed, members = self.groups[name]
        return sum(self._is_met(member, seen) for member in members) >= needed


# Entries

KINDS = [
    "key", "custodians", "release", "extension", "delivery", "receipt", "withdrawal", "holder", "access", "retention",
    "destruction", "copy", "exhibit", "reading", "look",
    "approval", "finding",
]


class Envelope:
    def __init__(self, spelled):
        self.data = spelled.encode("utf-8")
        if len(self.data) > ENTRY_BYTES_MAX:
            raise Bad("an entry is too long")
        envelope = fields(read_json(self.data), ["payload", "payloadType", "signatures"])
        if envelope["payloadType"] != "application/vnd.in-toto+json":
            raise Bad("no statement")
        self.payload = from_base64(envelope["payload"])
        self.signatures = []
        for signature in items(envelope["signatures"], 8):
            fields(signature, ["keyid", "sig"])
            data = from_base64(signature["sig"])
            if len(data) != 64:
                raise Bad("no signature")
            self.signatures.append((from_hex(signature["keyid"], 8), data))
        statement = fields(read_json(self.payload), ["_type", "predicate", "predicateType", "subject"])
        kind = re.fullmatch(r"urn:tellmark:log:([a-z]+):1", text(statement["predicateType"]))
        if kind is None or kind[1] not in KINDS or text(statement["_type"]) != "https://in-toto.io/Statement/v1":
            raise Bad("a statement of an unknown type")
        if "\n" in statement["predicateType"]:
            raise Bad("a statement of an unknown type")
        self.kind = kind[1]
        subject = items(statement["subject"], 1)
        if not subject or text(fields(subject[0], ["digest", "name"])["name"]) != self.kind:
            raise Bad("a statement without its subject")
        self.sealed = from_hex(fields(subject[0]["digest"], ["sha256"])["sha256"], 32)
        self.said = statement["predicate"]
        if not isinstance(self.said, dict) or "at" not in self.said:
            raise Bad("a statement does not say when it was made")
        self.at = number(self.said["at"])

    def is_signed_by(self, key):
        if not self.signatures or self.signatures[0][0] != key.key_id:
            return False
        kind = b"application/vnd.in-toto+json"
        message = b"DSSEv1 %d %s %d " % (len(kind), kind, len(self.payload)) + self.payload
        return key.verifies(message, self.signatures[0][1])


class Entry:
    def __init__(self, value):
        fields(value, ["envelope", "index", "proof"], ["opening"])
        self.envelope = Envelope(text(value["envelope"]))
        self.index = count(value["index"], 1 << 40)
        self.proof = proof(value["proof"])
        self.opening = None
        if "opening" in value:
            opening = fields(value["opening"], ["details", "salt"])
            self.opening = (from_hex(opening["salt"], 32), opening["details"])

    def sealed(self):
        salt, details = self.opening
        return sha256(b"tellmark sealed v1\n", salt, write_json(details))

    def details(self):
        if self.opening is None:
            raise Bad(f"entry {self.index} is not opened")
        return self.opening[1]


# Bundles

SITES_MAX, COPIES_MAX, TESTED_MAX = 100_000, 1_000_000, 20_000


def site_id(spelled):
    origin, colon, ordinal = text(spelled).partition(":")
    if not colon or not re.fullmatch(r"0|[1-9][0-9]{0,9}", ordinal) or "\n" in ordinal or int(ordinal) >= 1 << 32:
        raise Bad("no site's id")
    return from_hex(origin, 8), int(ordinal)


class Site:
    def __init__(self, value, release):
        fields(value, ["channel", "id", "index", "salt", "standings", "variants"])
        self.variants = count(value["variants"], 16)
        self.standings = []
        for standing in items(value["standings"], 100_000):
            fields(standing, ["after", "before", "forms"])
            forms = [text(form) for form in items(standing["forms"], 16)]
            if len(forms) != self.variants:
                raise Bad("forms of another number than variants")
            self.standings.append((text(standing["before"]), text(standing["after"]), forms))
        if self.variants < 2 or not self.standings:
            raise Bad("a site has two variants or more, and stands somewhere")
        self.index, name = count(value["index"], SITES_MAX), text(value["id"])
        # A site that first appeared in this release is spelled without it, and in no other way.
        own = name.startswith("-:")
        self.id = site_id(release.hex() + name[1:] if own else name)
        if self.id[0] == release and not own:
            raise Bad("a site's id has another spelling")
        self.channel = text(value["channel"])
        from_hex(value["salt"], 16)
        self.leaf = leaf_hash(write_json(value))


class Copy:
    def __init__(self, value):
        fields(value, ["batch", "codeword", "half", "leaf"], ["groups"])
        self.groups = None
        if "groups" in value:
            groups = fields(value["groups"], ["names", "salt"])
            names = [text(name) for name in items(groups["names"], 1_000)]
            self.groups = (names, from_hex(groups["salt"], 32))
        self.batch, self.leaf = count(value["batch"], COPIES_MAX), count(value["leaf"], COPIES_MAX)
        self.half = from_hex(value["half"], 32)
        codeword = fields(value["codeword"], ["nodes", "salts", "symbols"])
        if not re.fullmatch(r"[0-9a-f]*", text(codeword["symbols"])) or "\n" in codeword["symbols"]:
            raise Bad("a symbol is no digit")
        self.symbols = [int(digit, 16) for digit in codeword["symbols"]]
        salts = from_hex(codeword["salts"])
        if len(salts) % 16:
            raise Bad("salts of another length")
        self.salts = [salts[at:at + 16] for at in range(0, len(salts), 16)]
        self.nodes = hashes(codeword["nodes"])

    def code_half(self, size, sites):
        if len(self.symbols) != len(sites) or len(self.salts) != len(sites):
            return None
        opened = [
            (site, leaf_hash(salt + bytes([symbol]))) for site, salt, symbol in zip(sites, self.salts, self.symbols)
        ]
        return root_from_several(size, opened, self.nodes)


class File:
    """The file of a copy, opened."""

    def __init__(self, value):
        fields(value, ["nodes", "salt", "sha256"])
        self.sha256, self.salt = from_hex(value["sha256"], 32), from_hex(value["salt"], 32)
        self.nodes = hashes(value["nodes"])

    def root(self, size, leaf):
        own = leaf_hash(sha256(b"tellmark file v1\n", self.salt, self.sha256))
        return root_from_several(size, [(leaf, own)], self.nodes)


UNSEEN = [
    (0x00, 0xA9), (0xAB, 0xB1), (0xB4, 0xB4), (0xB6, 0xB8), (0xBB, 0xBB), (0xBF, 0xBF), (0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x2000, 0x206F), (0x2800, 0x2800), (0x3000, 0x3000), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFF), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]


def is_unseen(char):
    """Whether a character cannot stand in a copy's id: of ASCII all but letters, digits, - _ and ., and what has no shape."""
    return not re.fullmatch(r"[A-Za-z0-9_.-]", char) and any(low <= ord(char) <= high for low, high in UNSEEN)


class Named:
    def __init__(self, value):
        fields(value, ["batch", "copy", "leaf", "salt"], ["file"])
        self.place = count(value["batch"], COPIES_MAX), count(value["leaf"], COPIES_MAX)
        self.copy, self.salt = text(value["copy"]), from_hex(value["salt"], 32)
        if not 1 <= len(self.copy) <= 64 or any(map(is_unseen, self.copy)):
            raise Bad("a copy's id is none")
        self.file = File(value["file"]) if "file" in value else None


def signed_holds(act, statement, spelled, signature):
    """The key of a person who signed a statement; an error where the signature does not hold."""
    key, data = PublicKey(text(spelled)), from_base64(text(signature))
    if len(data) != 64:
        raise Bad("a signature has another length")
    if not key.verifies(b"tellmark %s v1\n" % act.encode() + write_json(statement), data):
        raise Bad("a signature does not hold")
    return key


class Bundle:
    def __init__(self, data):
        if len(data) > BUNDLE_BYTES_MAX:
            raise Bad("the bundle is too large")
        value = read_json(data)
        names = [
            "case", "checkpoint", "copies", "entries", "exhibits", "format", "named", "release", "signature", "sites",
        ]
        fields(value, names, ["anchor", "bound", "original", "stamped"])
        if text(value["format"]) != "tellmark bundle 1":
            raise Bad("the bundle is of another version")
        self.anchor = None
        if "anchor" in value:
            anchor = fields(value["anchor"], ["note", "proof"])
            self.anchor = (Note(text(anchor["note"])), proof(anchor["proof"]))
        self.stamped = []
        if "stamped" in value:
            for one in items(value["stamped"], 16):
                fields(one, ["answer", "note", "proof"])
                answer = from_base64(one["answer"])
                if len(answer) > 64 << 10:
                    raise Bad("an authority's answer is too long")
                self.stamped.append((Note(text(one["note"])), proof(one["proof"]), answer))
            if not self.stamped:
                raise Bad("an empty list of stamped heads")
        self.original = None
        if "original" in value:
            original = fields(value["original"], [
                "document", "file", "format", "marking", "prose", "public", "secret", "text",
            ])
            for name in ("file", "format", "marking", "prose", "text"):
                text(original[name])
            for name in items(original["public"], SITES_MAX):
                text(name)
            from_hex(original["secret"], 32)
            self.original = from_base64(original["document"])
        self.bound = proof(value["bound"]) if "bound" in value else None
        self.entries = [Entry(one) for one in items(value["entries"], 10_000)]
        self._rising([one.index for one in self.entries])
        sites = fields(value["sites"], ["nodes", "open"])
        own = from_hex(value["release"], 8)
        self.sites = [Site(one, own) for one in items(sites["open"], SITES_MAX)]
        self._rising([one.index for one in self.sites])
        self.site_nodes = hashes(sites["nodes"])
        self.copies = [Copy(one) for one in items(value["copies"], TESTED_MAX)]
        self.named = [Named(one) for one in items(value["named"], TESTED_MAX)]
        self.exhibits = []
        for one in items(value["exhibits"], 1_000):
            fields(one, ["bytes", "look", "number"], ["text"])
            place = count(one["look"], 1_000_000), count(one["number"], 1_000)
            shown = text(one["text"]) if "text" in one else None
            self.exhibits.append((place, from_base64(one["bytes"]), shown))
        self.case, self.release = text(value["case"]), text(value["release"])
        self.checkpoint = Note(text(value["checkpoint"]))
        self.signature = from_hex(value["signature"], 64)
        unsigned = {name: inner for name, inner in value.items() if name != "signature"}
        self.signed = b"tellmark bundle v1\n" + sha256(write_json(unsigned))

    @staticmethod
    def _rising(numbers):
        if any(one >= other for one, other in zip(numbers, numbers[1:])):
            raise Bad("not in their order")

    def of_kind(self, kind):
        return [entry for entry in self.entries if entry.envelope.kind == kind]
