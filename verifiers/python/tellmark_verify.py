#!/usr/bin/env python3
"""A second verifier of evidence bundles, written from docs/formats/log.md, bundle.md and score.md.

    python3 tellmark_verify.py FILE --trust POLICY [--holder=KEY ...] [--custodian=KEY ...] \
        [--published=2026-03-14] [--copy=DELIVERED ...] [--accept-reading] [--json]

--copy is a file that was delivered, a text without markup: whether it shows what the release committed to.

Needs Python 3.9 or newer and the package `cryptography`, nothing else. Exit code: 0 proven, 1 not proven, 2 bad input.
"""

import datetime
import hashlib
import json
import re
import sys

import tracer
from bundle import (
    Bad, Bundle, Note, Policy, PublicKey, count, fields, from_hex, is_consistent, items, leaf_hash, number, root, root_from_inclusion,
    root_from_several, sha256, signed_holds, site_id, text, write_json, SITES_MAX, COPIES_MAX,
)

PROVEN, CANNOT, NOT = "PROVEN", "CANNOT CHECK", "NOT PROVEN"
CLAIMS = [
    ("signatures", True), ("quorum", True), ("inclusion", True), ("consistency", True), ("release", True),
    ("order", True), ("before", True), ("published", True), ("sites", True), ("copies", True), ("named", True), ("exhibit", True),
    ("shown", True), ("whole", True), ("tracer", True), ("figures", True), ("looks", True), ("delivered", False), ("holds", False),
    ("received", False), ("approved", False), ("nonce", False), ("stamped", False), ("groups", False), ("decoys", False),
    ("complete", False), ("planted", False),
]
LOOKS_OF_RELEASE, APPROVALS = 20, 2
LOOKS_MAX = 1_000_000
# Named copies times deliveries and receipts; bytes that are compared to look up places.
SIGNED_MAX, BYTES_MAX, MARKUP_MAX = 10_000_000, 4_000_000_000, 4 << 20
# At so many places a delivered file has to show a codeword; a file is at most so long.
HELD_MIN, HELD_TIMES, COPY_BYTES_MAX = 20, 9, 1 << 30
_RECOUNTS = {}


class Told(dict):
    """Claims; of several words on one the worst stays."""

    def tell(self, claim, verdict, says=""):
        worse = [PROVEN, CANNOT, NOT].index
        if claim not in self or worse(verdict) > worse(self[claim][0]):
            self[claim] = (verdict, says)


def verify(bundle, policy, accept_reading=False, holders=(), custodians=(), published=None, copies=()):
    """Keys are compared without their names, which anybody can choose."""
    told, figures = Told(), {}
    check_log(bundle, policy, published, told)
    committed = check_commitments(bundle, told)
    if committed:
        check_receipts(bundle, committed, {key.data for key in holders}, told)
        check_approvals(bundle, committed, [key.data for key in custodians], told)
        check_nonce(bundle, committed, policy, told)
        check_holds(bundle, copies, told)
        figures = check_tracer(bundle, committed, told)
    check_shown(bundle, committed, told)
    told.tell("whole", CANNOT, "whoever reads and has the key could leave out what speaks against a name")
    told.tell("decoys", CANNOT, "codewords of copies that were never made follow from the key")
    told.tell("complete", CANNOT, "an entry that was never written is missing nowhere")
    told.tell("planted", CANNOT, "whoever could make the copy could have put it there")
    claims = [(claim, *told.get(claim, (NOT, "what it stands on is missing or wrong"))) for claim, _ in CLAIMS]
    proven = all(
        (not needed and verdict != NOT) or verdict == PROVEN or (claim in ("shown", "whole") and verdict == CANNOT and accept_reading)
        for (claim, verdict, _), (_, needed) in zip(claims, CLAIMS)
    )
    return {
        "claims": [{"id": claim, "verdict": verdict, "says": says} for claim, verdict, says in claims],
        "figures": figures,
        "proven": proven,
    }


# The log


def check_log(bundle, policy, published, told):
    try:
        head = bundle.checkpoint.checkpoint()
    except Bad as error:
        return told.tell("signatures", NOT, str(error))
    key = policy.log(head[0])
    if key is None:
        return told.tell("signatures", NOT, "the log is none that you trust")
    check_signatures(bundle, key, told)
    for entry in bundle.entries:
        leaf = leaf_hash(entry.envelope.data)
        if root_from_inclusion(leaf, entry.index, head[1], entry.proof) != head[2]:
            told.tell("inclusion", NOT, f"the log does not hold entry {entry.index}")
    if not bundle.entries:
        told.tell("inclusion", NOT, "there is no entry")
    told.tell("inclusion", PROVEN)
    check_quorum(bundle, policy, told)
    seen = anchor_seen(bundle, policy, key, head, told)
    check_published(policy, seen, published, told)
    check_before(bundle, policy, seen, told)
    check_stamped(bundle, key, head, told)
    check_order(bundle, told)


def check_stamped(bundle, key, head, told):
    """What an authority signed is about heads of this log; its signature is for a tool that knows certificates."""
    for note, proof, answer in bundle.stamped:
        try:
            origin, size, root_ = note.checkpoint()
            is_own = origin == key.name and is_consistent(size, root_, head[1], head[2], proof)
            is_own = is_own and note.is_signed_by(key)
        except Bad:
            is_own = False
        if not is_own or not is_granted(answer):
            return told.tell("stamped", NOT, "a stamped head is not of this log, or no stamp was granted")
        if b"\x04\x20" + sha256(note.text.encode()) not in answer:
            return told.tell("stamped", NOT, "a stamp is about something else")
        told.tell("stamped", CANNOT, "whose stamp it is, a tool that knows certificates says")
    told.tell("stamped", CANNOT, "no authority stamped it")


def is_granted(answer):
    for _ in range(2):
        if len(answer) < 2 or answer[0] != 0x30:
            return False
        length = answer[1]
        if length <= 0x7f:
            answer = answer[2:]
        elif 0x81 <= length <= 0x84 and len(answer) >= 2 + (length & 0x7f):
            answer = answer[2 + (length & 0x7f):]
        else:
            return False
    return answer[:3] in (b"\x02\x01\x00", b"\x02\x01\x01")


def check_signatures(bundle, key, told):
    notes = [bundle.checkpoint] + ([bundle.anchor[0]] if bundle.anchor else [])
    for note in notes:
        try:
            if not note.is_signed_by(key):
                told.tell("signatures", NOT, "a head of the log is not signed")
        except Bad as error:
            told.tell("signatures", NOT, str(error))
    if not key.verifies(bundle.signed, bundle.signature):
        told.tell("signatures", NOT, "the bundle was changed after it was signed")
    for entry in bundle.entries:
        if not entry.envelope.is_signed_by(key):
            told.tell("signatures", NOT, f"entry {entry.index} is not signed")
        if len(entry.envelope.signatures) > 1:
            told.tell("signatures", NOT, f"entry {entry.index} has another signature")
    told.tell("signatures", PROVEN)


def check_quorum(bundle, policy, told):
    last = latest(bundle, None)
    try:
        seen = policy.seen_at(bundle.checkpoint)
    except Bad as error:
        # A policy without a quorum asks for no witness, but none of those it names may have signed wrongly.
        return told.tell("quorum", CANNOT if policy.quorum is None else NOT, str(error))
    if policy.quorum is None:
        told.tell("quorum", CANNOT, "your policy names no witness")
    elif seen is None:
        told.tell("quorum", NOT, "too few of your witnesses saw this head of the log")
    elif seen < last:
        told.tell("quorum", NOT, "witnesses saw the head before an entry in it was made")
    else:
        told.tell("quorum", PROVEN)


def latest(bundle, size):
    """The latest time that an entry among the log's first ones says of itself."""
    return max((entry.envelope.at for entry in bundle.entries if size is None or entry.index < size), default=0)


def anchor_seen(bundle, policy, key, head, told):
    if bundle.anchor is None:
        told.tell("consistency", PROVEN)
        try:
            seen = policy.seen_at(bundle.checkpoint)
        except Bad:
            return None
        return None if seen is None else (head[1], seen)
    note, proof = bundle.anchor
    try:
        earlier = note.checkpoint()
    except Bad:
        earlier = None
    if earlier is None or earlier[0] != key.name:
        told.tell("consistency", NOT, "the earlier head is not one of this log")
        return None
    if not is_consistent(earlier[1], earlier[2], head[1], head[2], proof):
        told.tell("consistency", NOT, "the log was rewritten between the two heads")
        return None
    told.tell("consistency", PROVEN)
    try:
        seen = policy.seen_at(note)
    except Bad as error:
        told.tell("before", NOT, str(error))
        return None
    return None if seen is None else (earlier[1], seen)


def check_published(policy, seen, published, told):
    """What was committed to after the text was public could have been made to fit it."""
    if policy.quorum is None:
        told.tell("published", CANNOT, "your policy names no witness")
    elif seen is None:
        told.tell("published", NOT, "too few of your witnesses saw a head of the log with the release")
    elif published is None:
        told.tell("published", CANNOT, "when the text became public you have to say")
    else:
        told.tell("published", PROVEN if seen[1] < published else NOT, "by the witnesses' time and what you say")


def check_before(bundle, policy, seen, told):
    if policy.quorum is None:
        return told.tell("before", CANNOT, "your policy names no witness")
    if seen is None:
        return told.tell("before", NOT, "too few of your witnesses saw a head of the log with the release")
    size, time = seen
    committed = [entry for entry in bundle.entries if entry.envelope.kind in ("release", "extension")]
    if any(entry.index >= size for entry in committed):
        return told.tell("before", NOT, "the head that they saw does not hold the release")
    if latest(bundle, size) > time:
        return told.tell("before", NOT, "an entry in the head is of later than they saw it")
    leaks = [(entry.index, entry.envelope.at) for entry in bundle.of_kind("exhibit")]
    if not leaks:
        return told.tell("before", NOT, "no exhibit was registered")
    if size > min(index for index, _ in leaks):
        return told.tell("before", NOT, "an exhibit stands in the head that they saw")
    told.tell("before", PROVEN if time <= min(at for _, at in leaks) else NOT, "by the witnesses' time")


def check_order(bundle, told):
    ranks = {"release": 0, "extension": 1, "delivery": 2, "exhibit": 3, "reading": 3, "look": 3, "finding": 3}
    last = 0
    for entry in bundle.entries:
        rank = ranks.get(entry.envelope.kind)
        if rank is None:
            continue
        if rank < last and not (rank > 0 and last == 3) and not (rank == 1 and last == 2):
            told.tell("order", NOT, f"entry {entry.index} comes too late")
        last = max(last, rank)
    if is_late(bundle):
        told.tell("order", NOT, "what is named was not delivered before the exhibit that it was tested with")
    first = [[entry.index for entry in bundle.of_kind(kind)][:1] for kind in ("delivery", "exhibit")]
    if all(first) and first[0] > first[1]:
        told.tell("order", NOT, "an exhibit was registered before the first copies were delivered")
    for kind in ("release", "delivery", "exhibit", "reading", "look", "finding"):
        if not bundle.of_kind(kind):
            told.tell("order", NOT, f"there is no entry of the kind {kind}")
    told.tell("order", PROVEN)


def is_late(bundle):
    """Whether the first delivery of a named copy's batch is missing, or comes after the first exhibit."""
    exhibits = bundle.of_kind("exhibit")[:1]
    for batch in {named.place[0] for named in bundle.named}:
        delivered = [entry.index for entry in bundle.of_kind("delivery") if same(entry.envelope.said.get("batch"), batch)]
        if exhibits and not (delivered and delivered[0] < exhibits[0].index):
            return True
    return False


# What was committed to

SAID = {
    "key": ["at", "key", "lineage"],
    "custodians": ["at", "keys"], "access": ["at"], "retention": ["at", "lineage", "until"],
    "destruction": ["at", "lineage"],
    "release": [
        "alpha", "at", "copies", "decoys", "derivation", "groups", "key", "lineage", "nonce", "reader", "release",
        "roster", "shares", "sites", "tracer", "validated",
    ],
    "extension": ["at", "batch", "copies", "groups", "release", "roster"],
    "delivery": ["at", "batch", "copies", "files", "release"],
    "receipt": ["at", "batch", "leaf", "nonce", "release"],
    "withdrawal": ["at", "release"], "copy": ["at", "release"], "holder": ["at", "release"],
    "exhibit": ["at", "case", "look", "number"],
    "reading": ["at", "case", "look"], "finding": ["at", "case", "look"],
    "look": ["at", "case", "count", "look", "release"],
    "approval": ["act", "at", "request"],
}
MAY_SAY = {
    "key": ["copies", "sites"], "custodians": ["request"], "destruction": ["request"], "release": ["checkpoint", "request"],
    "extension": ["request"], "copy": ["request"], "look": ["request"], "reading": ["request"], "retention": ["request"],
}


def check_commitments(bundle, told):
    try:
        check_about_one(bundle)
        release = read_release(bundle)
        batches = read_batches(bundle)
        looks = read_looks(bundle)
        earlier, finding = read_findings(bundle, looks)
    except Bad as error:
        told.tell("release", NOT, str(error))
        return None
    told.tell("release", PROVEN)
    check_looks(bundle, told)
    if bundle.original is not None and hashlib.sha256(bundle.original).hexdigest() != release["document"]:
        return told.tell("release", NOT, "the enclosed original is not the document that was committed to")
    for entry, (_, reading) in zip(bundle.of_kind("reading"), looks):
        for of, batch in reading["tested"]:
            if of == bundle.release and (batch not in batches or batches[batch][2] > entry.index):
                return told.tell("copies", NOT, f"batch {batch} was tested and is not here, or came later")
    sites = check_sites(bundle, release, looks, told)
    if sites is None:
        return None
    copies = check_copies(bundle, release, batches, told)
    if copies is None:
        return None
    names = check_named(bundle, finding, told)
    if names is None:
        return None
    return {
        "release": release, "looks": looks, "finding": finding, "earlier": earlier, "sites": sites, "names": names,
        "places": [(copy.batch, copy.leaf) for copy in bundle.copies],
        "question": {
            "release": bundle.release, "alpha": release["alpha"], "looks": looks, "copies": copies,
        },
    }


def check_about_one(bundle):
    for entry in bundle.entries:
        envelope = entry.envelope
        if entry.opening is not None and entry.sealed() != envelope.sealed:
            raise Bad(f"entry {entry.index} does not commit to what is shown of it")
        names = SAID[envelope.kind]
        fields(envelope.said, names, MAY_SAY.get(envelope.kind, []))
        for name, expected in (("release", bundle.release), ("case", bundle.case)):
            # Looks of other cases count, too.
            is_free = name == "case" and envelope.kind == "look"
            if name in names and text(envelope.said[name]) != expected and not is_free:
                raise Bad(f"entry {entry.index} is about another {name}")


def read_release(bundle):
    entries = bundle.of_kind("release")
    if len(entries) != 1:
        raise Bad("there is not one release")
    said = entries[0].envelope.said
    sites = fields(said["sites"], ["count", "root"])
    if said["shares"] != {"copies": "9/10", "groups": "1/10"}:
        raise Bad("alpha is shared out in another way")
    from_hex(fields(said["decoys"], ["count", "root"])["root"], 32)
    from_hex(said["key"], 32)
    details = fields(entries[0].details(), ["document", "file", "name"])
    from_hex(details["document"], 32)
    return {
        "alpha": text(said["alpha"]),
        "sites": (count(sites["count"], SITES_MAX), from_hex(sites["root"], 32)),
        "tracer": count(said["tracer"], 1_000_000),
        "validated": count(said["validated"], 1 << 60),
        "file": text(details["file"]),
        "document": text(details["document"]),
        "copies": count(said["copies"], COPIES_MAX),
        "nonce": from_hex(said["nonce"], 32),
        "checkpoint": text(said["checkpoint"]) if "checkpoint" in said else None,
        "key": (text(said["lineage"]), text(said["key"])),
        "index": entries[0].index,
    }


def read_batches(bundle):
    batches = {}
    for entry in bundle.of_kind("release") + bundle.of_kind("extension"):
        said = entry.envelope.said
        batch = 1 if entry.envelope.kind == "release" else count(said["batch"], 1_000)
        copies = count(said["copies"], COPIES_MAX)
        from_hex(said["groups"], 32)
        roster = from_hex(said["roster"], 32)
        if batch in batches or copies == 0:
            raise Bad(f"batch {batch} is committed to twice, or empty")
        batches[batch] = (copies, roster, entry.index)
    return batches


def own_looks(bundle):
    """The looks at the release that are of this case."""
    return [entry for entry in bundle.of_kind("look") if same(entry.envelope.said["case"], bundle.case)]


def numbered(entries):
    found = []
    for entry in entries:
        look = entry.envelope.said.get("look")
        if isinstance(look, bool) or not isinstance(look, int) or not 1 <= look <= LOOKS_MAX:
            raise Bad("a look has no number")
        found.append((look, entry))
    return found


def by_look(entries):
    found = {}
    for look, entry in entries:
        found.setdefault(look, []).append(entry)
    return found


def read_looks(bundle):
    readings = numbered(bundle.of_kind("reading"))
    exhibits = by_look(numbered(bundle.of_kind("exhibit")))
    counts, findings = by_look(numbered(own_looks(bundle))), by_look(numbered(bundle.of_kind("finding")))
    looks = []
    for look, entry in readings:
        if looks and looks[-1][0] >= look:
            raise Bad("the looks are not in their order")
        own = [group.get(look, []) for group in (exhibits, counts, findings)]
        early = all(other.index < entry.index for other in own[0])
        late = all(other.index > entry.index for other in own[1])
        late = late and all(one.index > other.index for one in own[2] for other in own[1])
        if not early or not late or not own[0] or len(own[1]) > 1 or len(own[2]) > 1:
            raise Bad(f"look {look} is not in its order")
        if look == readings[-1][0] and (not own[1] or not own[2]):
            raise Bad("the last look has no finding")
        reading = read_reading(entry.details())
        if len(own[0]) != reading["exhibits"]:
            raise Bad(f"look {look} read another number of exhibits")
        if not own[1] and any(of == bundle.release for of, _ in reading["tested"]):
            raise Bad(f"look {look} tested copies and was not counted")
        looks.append((look, reading))
    if not looks:
        raise Bad("nothing was read")
    known = {look for look, _ in readings}
    if any(look not in known for look in [*counts, *findings]):
        raise Bad("a look has no reading")
    # Each look raises the bar: none of before may be left out. One that failed has exhibits alone.
    if sorted(exhibits) != list(range(1, looks[-1][0] + 1)):
        raise Bad("a look of the case is missing")
    return looks


def read_reading(value):
    fields(value, ["alone", "exhibits", "ledger", "reader", "tested", "texts", "together"])
    exhibits = count(value["exhibits"], 64)
    alone = []
    for one in items(value["alone"], 64):
        fields(one, ["exhibit", "readings"])
        exhibit = count(one["exhibit"], 64)
        if exhibit >= exhibits or (alone and alone[-1][0] >= exhibit):
            raise Bad("single exhibits are not in their order")
        alone.append((exhibit, [read_of_release(of) for of in items(one["readings"], 64)]))
        if any(place[0] != exhibit for of in alone[-1][1] for site in of["sites"] for place in site["places"]):
            raise Bad("a place is in another exhibit")
    tested = []
    for batch in items(value["tested"], 1000):
        fields(batch, ["batch", "release"])
        tested.append((text(batch["release"]), count(batch["batch"], 1000)))
    count(value["reader"], (1 << 32) - 1)
    text(value["ledger"])
    texts = [text(one) for one in items(value["texts"], 64)]
    if len(texts) != exhibits:
        raise Bad("a reading has as many texts as exhibits")
    together = [read_of_release(of) for of in items(value["together"], 64)]
    for of in together:
        for site in of["sites"]:
            if any(place[0] >= exhibits for place in site["places"]):
                raise Bad("a place is in an exhibit that there is not")
    return {"exhibits": exhibits, "alone": alone, "tested": tested, "texts": texts, "together": together}


def read_of_release(value):
    fields(value, ["release", "sites"])
    sites = []
    for site in items(value["sites"], SITES_MAX):
        fields(site, ["id", "index", "likelihoods", "places"])
        likelihoods = tuple(number(l) for l in items(site["likelihoods"], 16))
        if any(not 1 <= l <= 1 << 24 for l in likelihoods) or len(likelihoods) < 2 or max(likelihoods) != 1 << 24:
            raise Bad("likelihoods out of range")
        places = []
        for place in items(site["places"], 10_000):
            if len(items(place, 3)) != 3:
                raise Bad("a place is an exhibit and two ends")
            exhibit, start, end = count(place[0], 64), count(place[1], 1 << 30), count(place[2], 1 << 30)
            if start > end:
                raise Bad("a place ends before it begins")
            places.append((exhibit, start, end))
        index = count(site["index"], SITES_MAX)
        sites.append({"id": site_id(site["id"]), "index": index, "likelihoods": likelihoods, "places": places})
    indices = [site["index"] for site in sites]
    if any(one >= other for one, other in zip(indices, indices[1:])) or len({s["id"] for s in sites}) != len(sites):
        raise Bad("sites are not in their order, or twice")
    return {"release": text(value["release"]), "sites": sites}


FINDING = [
    "access", "alpha", "before", "decoys", "groups", "holders", "named", "reach", "release", "replayed", "sites",
    "tested", "verdict",
]


def read_findings(bundle, looks):
    """Earlier findings that name a copy which the last one says was named before, and the last one."""
    found, at = [], {look: at for at, (look, _) in enumerate(looks)}
    for look, entry in numbered(bundle.of_kind("finding")):
        if look not in at:
            raise Bad("a finding has no reading")
        found.append((at[look], read_finding(entry)))
    if not found:
        raise Bad("there is no finding")
    _, last = found.pop()
    if last["release"] != bundle.release:
        raise Bad("the finding is about another release")
    if not last["before"] <= {place for _, one in found for place in one["named"]}:
        raise Bad("an earlier look is said to have named a copy which none did")
    return [(at, one) for at, one in found if last["before"] & set(one["named"])], last


def read_finding(entry):
    details = fields(entry.details(), FINDING)
    named = {}
    for copy in items(details["named"], COPIES_MAX):
        fields(copy, ["batch", "e", "leaf", "p", "w"])
        place = count(copy["batch"], COPIES_MAX), count(copy["leaf"], COPIES_MAX)
        if place in named:
            raise Bad("the finding names a copy twice")
        named[place] = [number(copy["e"]), number(copy["p"]), number(copy["w"])]
    before = set()
    for copy in items(details["before"], COPIES_MAX):
        fields(copy, ["batch", "leaf"])
        before.add((count(copy["batch"], COPIES_MAX), count(copy["leaf"], COPIES_MAX)))
    if text(details["reach"]) not in ("alone", "pairs-listed", "pairs", "triples-listed", "triples"):
        raise Bad("the finding says something unknown of partners")
    verdict = text(details["verdict"])
    groups = [text(group) for group in items(details["groups"], COPIES_MAX)]
    fits = {"copy": bool(named), "group": bool(groups) and not named, "nobody": not groups and not named}
    if not fits.get(verdict, False):
        raise Bad("the finding's verdict does not fit whom it names")
    for holder in items(details["holders"], COPIES_MAX) + items(details["access"], COPIES_MAX):
        text(holder)
    return {
        "release": text(details["release"]), "before": before, "groups": groups, "named": named,
        "reach": text(details["reach"]), "verdict": verdict, "tested": count(details["tested"], COPIES_MAX),
        "sites": count(details["sites"], SITES_MAX), "alpha": text(details["alpha"]),
    }


def check_looks(bundle, told):
    counts = []
    for entry in bundle.of_kind("look"):
        value = entry.envelope.said["count"]
        counts.append(value if isinstance(value, int) and not isinstance(value, bool) else -1)
    most = max(counts, default=-1)
    if counts != list(range(1, len(counts) + 1)):
        told.tell("looks", NOT, "a look at this release is missing, of this case or of another")
    if most <= LOOKS_OF_RELEASE:
        told.tell("looks", PROVEN)


# What persons signed


def check_receipts(bundle, committed, holders, told):
    if len(bundle.named) * (len(bundle.of_kind("delivery")) + len(bundle.of_kind("receipt"))) > SIGNED_MAX:
        for claim in ("delivered", "received"):
            told.tell(claim, CANNOT, "too many deliveries and receipts for so many named copies")
        return
    if not bundle.named:
        told.tell("delivered", PROVEN, "none is named")
        told.tell("received", CANNOT, "none is named, and nobody was asked")
    for named in bundle.named:
        try:
            known = is_delivered(bundle, named)
            told.tell("delivered", PROVEN if known else CANNOT, "" if known else "a file is not opened")
        except Bad as error:
            told.tell("delivered", NOT, str(error))
        try:
            keys = receipt_keys(bundle, committed, named)
            if not keys:
                told.tell("received", CANNOT, "delivery unconfirmed")
            else:
                is_known = any(key.data in holders for key in keys)
                told.tell("received", PROVEN if is_known else CANNOT, "by a key")
        except Bad as error:
            told.tell("received", NOT, str(error))
    places = [named.place for named in bundle.named]
    for entry in bundle.of_kind("receipt"):
        said = entry.envelope.said
        if not any(same(said["batch"], batch) and same(said["leaf"], leaf) for batch, leaf in places):
            told.tell("received", NOT, "a receipt of a copy that is not named")


def check_holds(bundle, copies, told):
    """What was delivered shows the codeword that the release committed to: nothing else binds files to codewords."""
    if not bundle.named:
        told.tell("holds", CANNOT, "none is named: that copies hold what was committed to, only their files show")
    shown = [(sha256(data), text_of(data)) for data in copies]
    symbols = {(copy.batch, copy.leaf): copy.symbols for copy in bundle.copies}
    for named in bundle.named:
        own = symbols[named.place]
        given = [words_ for hash_, words_ in shown if named.file is not None and hash_ == named.file.sha256]
        found = [held(bundle.sites, own, words_) for words_ in given]
        if any(differ for _, differ, _ in found):
            told.tell("holds", NOT, f"the file that was delivered for copy {named.copy} shows another codeword")
        elif any(is_enough(*of) for of in found):
            told.tell("holds", PROVEN, f"copy {named.copy}")
        elif found:
            told.tell("holds", CANNOT, f"too little can be seen in the file that was delivered for copy {named.copy}")
        else:
            told.tell("holds", CANNOT, f"nobody gave the file that was delivered for copy {named.copy} (--copy=FILE)")


def text_of(data):
    """The words of a file, each between two separators; nothing where it is no text, or has markup, which could hide some."""
    try:
        value = data.decode()
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in value or _MARKUP.search(value) else row(words(value))


_MARKUP = re.compile(r"<[A-Za-z!/?]|&[A-Za-z0-9#]{1,32};")


def held(sites, symbols, shown):
    """At how many places a text shows a codeword, another, or neither."""
    said = [is_shown(site, symbol, shown) for site, symbol in zip(sites, symbols)]
    return said.count(True), said.count(False), said.count(None)


def is_enough(agree, differ, unseen):
    return not differ and agree >= HELD_MIN and agree >= HELD_TIMES * unseen


def is_shown(site, variant, shown):
    """Everywhere that variant and no other; or another in its stead somewhere; or nobody can see."""
    if site.channel == "layout":
        return None
    everywhere = True
    for standing in site.standings:
        own = is_there(standing, variant, shown)
        other = any(is_there(standing, v, shown) for v in range(site.variants) if v != variant)
        if other and not own:
            return False
        everywhere = everywhere and own and not other
    return True if everywhere else None


def is_there(standing, variant, shown):
    """A wording alone may stand anywhere: only with words beside it does it show anything."""
    before, after = words(standing[0])[-2:], words(standing[1])[:2]
    return bool(before or after) and row(before + words(standing[2][variant]) + after) in shown


def is_delivered(bundle, named):
    if named.file is None:
        return False
    for entry in bundle.of_kind("delivery"):
        said = entry.envelope.said
        if count(said["batch"], COPIES_MAX) == named.place[0]:
            if named.file.root(count(said["copies"], COPIES_MAX), named.place[1]) != from_hex(said["files"], 32):
                raise Bad("a named copy was delivered as another file")
            return True
    return False


def receipt_keys(bundle, committed, named):
    """Who signed for a named copy: several may, and all receipts have to hold."""
    found = []
    for entry in bundle.of_kind("receipt"):
        said = entry.envelope.said
        if (count(said["batch"], COPIES_MAX), count(said["leaf"], COPIES_MAX)) != named.place:
            continue
        details = fields(entry.details(), ["file", "key", "signature"])
        statement = {
            "batch": said["batch"], "file": details["file"], "leaf": said["leaf"],
            "log": bundle.checkpoint.checkpoint()[0], "nonce": said["nonce"], "release": text(said["release"]),
        }
        nonce, file = from_hex(said["nonce"], 32), from_hex(details["file"], 32)
        key = signed_holds("receipt", statement, details["key"], details["signature"])
        if nonce != committed["release"]["nonce"]:
            raise Bad("the receipt is of another release")
        if named.file is None or named.file.sha256 != file:
            raise Bad("the receipt is for another file")
        found.append(key)
    return found


def read_consents(bundle):
    """What was agreed to, by the hashes of requests: act, about, and (index, key) of those who agreed."""
    origin, consents = bundle.checkpoint.checkpoint()[0], {}
    for entry in bundle.of_kind("approval"):
        said = entry.envelope.said
        details = fields(entry.details(), ["key", "request", "signature"])
        request = fields(details["request"], ["about", "act", "at", "log", "salt"])
        act = text(request["act"])
        number(request["at"])
        from_hex(request["salt"], 32)
        key = signed_holds("approval", request, details["key"], details["signature"])
        digest = from_hex(said["request"], 32)
        if sha256(b"tellmark request v1\n", write_json(request)) != digest:
            raise Bad("an approval is of another request")
        if text(said["act"]) != act or text(request["log"]) != origin:
            raise Bad("an approval is of another act or log")
        consents.setdefault(digest, (act, request["about"], []))[2].append((entry.index, key.data))
    return consents


def check_approvals(bundle, committed, custodians, told):
    try:
        consents = read_consents(bundle)
    except Bad as error:
        told.tell("looks", NOT, str(error))
        return told.tell("approved", NOT, str(error))
    check_many_looks(bundle, consents, custodians, told)
    appointed = [entry.index for entry in bundle.of_kind("custodians")]
    used, unasked, early = set(), False, False
    for reading in bundle.of_kind("reading"):
        own = reading.envelope.said
        looks = [look.envelope.said for look in own_looks(bundle)]
        if "request" in own and not any(
                "request" in said and same(said["request"], own["request"]) and same(said["look"], own["look"])
                for said in looks):
            told.tell("approved", NOT, f"entry {reading.index} names another consent than the looks at what it read")
    acts = [entry for entry in bundle.entries if entry.envelope.kind in ("release", "extension", "copy")] + own_looks(bundle)
    acts.sort(key=lambda entry: entry.index)
    known = {entry.index for entry in acts}
    named = {write_json(entry.envelope.said["request"]) for entry in acts if "request" in entry.envelope.said}
    for look in bundle.of_kind("look"):
        if look.index not in known and "request" in look.envelope.said and write_json(look.envelope.said["request"]) in named:
            told.tell("approved", NOT, "a look of another case is by a consent that serves this one")
    for entry in acts:
        try:
            consent = asked(bundle, committed, entry, consents, used)
        except Bad as error:
            told.tell("approved", NOT, str(error))
            continue
        if consent is None:
            if entry.index < min(appointed, default=0):
                early = True
            else:
                unasked = True
        elif custodians and agreed(consent, custodians, entry.index) < APPROVALS:
            told.tell("approved", NOT, f"entry {entry.index} was done without the consent of two")
    if unasked:
        told.tell("approved", CANNOT if len(custodians) < APPROVALS else NOT, "something was done without asking")
    elif early:
        told.tell("approved", CANNOT, "something was made before custodians were appointed")
    elif len(custodians) < APPROVALS:
        told.tell("approved", CANNOT, "whose keys are the custodians', you did not say")
    else:
        told.tell("approved", PROVEN if appointed else NOT, "")


def agreed(consent, custodians, before):
    return len({key for index, key in consent[2] if index < before and key in custodians})


def asked(bundle, committed, entry, consents, used):
    said, kind = entry.envelope.said, entry.envelope.kind
    if "request" not in said:
        return None
    digest = from_hex(said["request"], 32)
    if digest not in consents:
        raise Bad("nobody agreed to the request of an act")
    act, about, _ = consents[digest]
    # A consent to several copies serves each of them once.
    one = (digest, text(fields(entry.details(), ["copy"])["copy"]) if (act, kind) == ("again", "copy") else "")
    if one in used:
        raise Bad("a consent was used before")
    used.add(one)
    release = committed["release"]
    if kind == "release":
        fields(about, ["copies", "document", "file", "options"], ["holders"])
        fits = act == "seal" and count(about["copies"], COPIES_MAX) == release["copies"] \
            and text(about["document"]) == release["document"] and text(about["file"]) == release["file"]
    elif kind == "extension":
        fields(about, ["copies", "options", "release"], ["holders"])
        fits = act == "extend" and text(about["release"]) == bundle.release and same(about["copies"], said["copies"])
    elif kind == "copy" and act == "again":
        fields(about, ["copies", "release"])
        copies = about["copies"]
        if not isinstance(copies, list) or len(copies) > COPIES_MAX:
            raise Bad("the copies of a request are no list")
        fits = text(about["release"]) == bundle.release and one[1] in copies
    elif kind == "copy":
        fields(about, ["copy", "release"])
        details = fields(entry.details(), ["copy"])
        fits = act == "copy" and text(about["release"]) == bundle.release \
            and text(about["copy"]) == text(details["copy"])
    else:
        fields(about, ["exhibits", "identities"], ["release"])
        own = sorted((place[1], hashlib.sha256(data).hexdigest()) for place, data, _ in bundle.exhibits
                     if same(place[0], said["look"]))
        is_this = same(about.get("release", bundle.release), bundle.release)
        fits = act == "trace" and is_this and same(about["exhibits"], [digest for _, digest in own])
    if not fits:
        raise Bad("a consent is to something else")
    return consents[digest]


def same(one, other):
    """Whether two values of JSON are spelled alike: True is not 1."""
    return write_json(one) == write_json(other)


def check_many_looks(bundle, consents, custodians, told):
    for entry in bundle.of_kind("look"):
        looked = entry.envelope.said["count"]
        if isinstance(looked, bool) or not isinstance(looked, int):
            looked = (1 << 63) - 1
        if looked <= LOOKS_OF_RELEASE:
            continue
        own = [consent for consent in consents.values() if allows(consent, bundle.release, looked)]
        if any(agreed(consent, custodians, entry.index) >= APPROVALS for consent in own):
            told.tell("looks", PROVEN)
        elif any(index < entry.index for consent in own for index, _ in consent[2]):
            told.tell("looks", CANNOT, "whose keys agreed is not known")
        else:
            told.tell("looks", NOT, "more looks than are allowed")


def allows(consent, release, looked):
    act, about, _ = consent
    try:
        fields(about, ["release", "until"])
        return act == "looks" and text(about["release"]) == release and number(about["until"]) >= looked
    except Bad:
        return False


# What codewords follow from


def check_nonce(bundle, committed, policy, told):
    if committed["release"]["checkpoint"] is None:
        return told.tell("nonce", CANNOT, "no witness was there when the document was sealed")
    try:
        seen = nonce_follows(bundle, committed, policy)
    except Bad as error:
        return told.tell("nonce", NOT, str(error))
    if policy.quorum is None:
        told.tell("nonce", CANNOT, "your policy names no witness")
    elif seen is None:
        told.tell("nonce", CANNOT, "too few of your witnesses saw the head that it follows from")
    elif any(batch > 1 for batch, _ in committed["finding"]["named"]):
        told.tell("nonce", CANNOT, "a named copy was added later")
    elif any(site.id[0] != from_hex(bundle.release, 8) for site in bundle.sites):
        told.tell("nonce", CANNOT, "places that were read stand in an earlier draft already")
    else:
        told.tell("nonce", PROVEN, "it follows from what witnesses signed")


def nonce_follows(bundle, committed, policy):
    release = committed["release"]
    note, head = Note(release["checkpoint"]), bundle.checkpoint.checkpoint()
    origin, size, root_ = note.checkpoint()
    key = policy.log(head[0])
    if key is None or origin != head[0] or not note.is_signed_by(key):
        raise Bad("the head that the nonce follows from is not one of this log")
    if release["nonce"] != sha256(b"tellmark nonce v1\n", release["checkpoint"].encode()):
        raise Bad("the nonce does not follow from the head that the release names")
    if bundle.bound is None or release["index"] < size \
            or not is_consistent(size, root_, head[1], head[2], bundle.bound):
        raise Bad("the log did not grow from the head that the nonce follows from")
    last = [entry for entry in bundle.of_kind("key") if entry.index + 1 == size]
    if not last:
        raise Bad("that head does not end with the key's entry")
    entry = last[0]
    said = fields(entry.envelope.said, ["at", "copies", "key", "lineage", "sites"])
    halves = [half for _, half in sorted((copy.leaf, copy.half) for copy in bundle.copies if copy.batch == 1)]
    details = fields(entry.details(), ["document"])
    fixed = {
        "copies": {"count": len(halves), "root": root([leaf_hash(half) for half in halves]).hex()},
        "sites": {"count": release["sites"][0], "root": release["sites"][1].hex()},
    }
    if (text(said["lineage"]), text(said["key"])) != release["key"] \
            or any(not same(said[name], value) for name, value in fixed.items()) \
            or not same(details["document"], release["document"]):
        raise Bad("document, places or copies are others than when the witnesses signed")
    seen = policy.seen_at(note)
    if seen is not None and seen < entry.envelope.at:
        raise Bad("witnesses signed that head before its last entry was made")
    return seen


def check_sites(bundle, release, looks, told):
    size, expected = release["sites"]
    if root_from_several(size, [(site.index, site.leaf) for site in bundle.sites], bundle.site_nodes) != expected:
        return told.tell("sites", NOT, "they are not those that the release committed to")
    sites = {site.id: site for site in bundle.sites}
    if len(sites) != len(bundle.sites):
        return told.tell("sites", NOT, "two of them have one id")
    read = set()
    for _, reading in looks:
        readings = reading["together"] + [of for _, own in reading["alone"] for of in own]
        for of in readings:
            for site in of["sites"]:
                known = sites.get(site["id"])
                if known is None or of["release"] != bundle.release or known.index != site["index"] \
                        or known.variants != len(site["likelihoods"]):
                    return told.tell("sites", NOT, f"place {site['index']} was read and is not opened")
                read.add(site["id"])
    if len(read) != len(sites):
        return told.tell("sites", NOT, "a place is opened that nobody read")
    told.tell("sites", PROVEN)
    return sites


def check_copies(bundle, release, batches, told):
    indices = [site.index for site in bundle.sites]
    leaves, holdings = {}, []
    for copy in bundle.copies:
        half = copy.code_half(release["sites"][0], indices)
        if half is None:
            return told.tell("copies", NOT, "a codeword is not opened at the places that were read")
        fits = all(symbol < site.variants for site, symbol in zip(bundle.sites, copy.symbols))
        own = leaves.setdefault(copy.batch, {})
        if not fits or copy.leaf in own:
            return told.tell("copies", NOT, "a copy stands here twice, or holds a variant that there is not")
        own[copy.leaf] = leaf_hash(copy.half + half)
        symbols = {site.id: symbol for site, symbol in zip(bundle.sites, copy.symbols)}
        holdings.append({"batch": copy.batch, "symbols": symbols})
    for batch, (copies, expected, _) in batches.items():
        own = leaves.pop(batch, {})
        if sorted(own) != list(range(copies)) or root([own[at] for at in range(copies)]) != expected:
            return told.tell("copies", NOT, f"those of batch {batch} are not those that the log committed to")
    if leaves:
        return told.tell("copies", NOT, "there are copies of a batch that the log does not know")
    told.tell("copies", PROVEN)
    return holdings


def check_named(bundle, finding, told):
    names, ids = {}, set()
    halves = {}
    for copy in bundle.copies:
        halves.setdefault((copy.batch, copy.leaf), copy.half)
    for named in bundle.named:
        place, name, salt = named.place, named.copy, named.salt
        if halves.get(place) != sha256(b"tellmark copy v1\n", salt, name.encode()):
            return told.tell("named", NOT, f"{name} is not the copy that the release committed to")
        if place in names or name.translate(_SMALL) in ids:
            return told.tell("named", NOT, "a copy is opened twice, or two have one id")
        ids.add(name.translate(_SMALL))
        names[place] = name
    if set(names) != set(finding["named"]):
        return told.tell("named", NOT, "the copies that are opened are not those of the finding")
    if finding["tested"] != len(bundle.copies):
        return told.tell("named", NOT, "the finding tested another number of copies")
    told.tell("named", PROVEN)
    return names


# The tracer


def check_tracer(bundle, committed, told):
    if committed["release"]["tracer"] != tracer.TRACER_VERSION:
        told.tell("tracer", CANNOT, "another version of the tracer was promised")
        return {}
    steps = 0
    # A name that an earlier look gave stays, so it has to be one.
    for at, finding in committed["earlier"]:
        looks = committed["looks"][:at + 1]
        tested = {batch for _, reading in looks for _, batch in reading["tested"]}
        own = [at for at, (batch, _) in enumerate(committed["places"]) if batch in tested]
        question = dict(committed["question"], looks=looks, copies=[committed["question"]["copies"][at] for at in own])
        counted, steps = judged(finding, question, [committed["places"][at] for at in own], steps, told)
        if counted is None:
            return {}
    counted, steps = judged(committed["finding"], committed["question"], committed["places"], steps, told)
    if counted is None:
        return {}
    lines, reach, _ = counted
    by_place = dict(zip(committed["places"], lines))
    told.tell("tracer", PROVEN)
    check_groups(bundle, committed, lines, reach, told)
    told.tell("figures", PROVEN)
    figures = {}
    for place in committed["finding"]["named"]:
        line = by_place.get(place)
        if line:
            figures[committed["names"][place]] = {"e": line["e"], "p": line["p"], "w": line["w"]}
    return figures


def counted_again(question):
    key = hashlib.sha256(repr(question).encode()).digest()
    if key not in _RECOUNTS:
        try:
            _RECOUNTS[key] = tracer.recount(question)
        except tracer.Wrong as error:
            _RECOUNTS[key] = error
    return _RECOUNTS[key]


def judged(finding, question, places, steps, told):
    """A finding, counted again and compared: what was counted, and the steps so far."""
    counted = counted_again(question)
    if isinstance(counted, tracer.Wrong):
        told.tell("tracer", CANNOT, f"it cannot be run again: {counted}")
        return None, steps
    lines, reach, sites, more = counted
    if steps + more > tracer.STEPS_MAX:
        told.tell("tracer", CANNOT, "the looks together take more steps than are taken for one bundle")
        return None, steps
    by_place = dict(zip(places, lines))
    named = {place for place, line in by_place.items() if line["named"]}
    for place in finding["named"]:
        if place not in named:
            told.tell("tracer", NOT if reach == tracer.TRIPLES else CANNOT, "a copy is not named when it is run again")
    if any(place not in finding["named"] and place not in finding["before"] for place in named):
        told.tell("tracer", NOT, "a copy is named too, and the finding does not say so")
    is_same = finding["reach"] == tracer.REACHES[reach] or sites == 0
    for place, said in finding["named"].items():
        line = by_place.get(place)
        found = line and [line["e"], line["p"], line["w"]]
        lower = found and not is_same and found[0] <= said[0] and found[2] == said[2]
        if found != said and not lower:
            told.tell("figures", NOT, "they are others when the tracer is run again")
    if finding["alpha"] != question["alpha"]:
        told.tell("figures", NOT, "the finding says another bound than the release was sealed with")
    if finding["sites"] != sites:
        told.tell("figures", NOT, "the finding says another number of places than are read")
    return (lines, reach, sites), steps + more


def check_groups(bundle, committed, lines, reach, told):
    finding = committed["finding"]
    if not finding["groups"]:
        return told.tell("groups", PROVEN, "no group is named")
    if any(copy.groups is None for copy in bundle.copies):
        verdict = CANNOT
    else:
        try:
            check_open_groups(bundle)
            fits = are_groups_named(bundle, committed, lines)
        except Bad as error:
            return told.tell("groups", NOT, str(error))
        verdict = PROVEN if fits else NOT if reach == tracer.TRIPLES else CANNOT
    told.tell("groups", verdict, ", ".join(finding["groups"]))
    if verdict == CANNOT and finding["verdict"] == "group":
        told.tell("figures", CANNOT, "a group is named that cannot be counted here")


def check_open_groups(bundle):
    for entry in bundle.of_kind("release") + bundle.of_kind("extension"):
        said = entry.envelope.said
        batch = said.get("batch", 1)
        own = sorted((copy.leaf, copy.groups) for copy in bundle.copies if copy.batch == batch)
        leaves = [leaf_hash(sha256(b"tellmark groups v1\n", salt, write_json(names))) for _, (names, salt) in own]
        if root(leaves) != from_hex(said["groups"], 32):
            raise Bad("groups are not those that were committed to")


def are_groups_named(bundle, committed, lines):
    finding, members = committed["finding"], {}
    beside = finding["named"] or finding["before"]
    for copy, place, line in zip(bundle.copies, committed["places"], lines):
        spare = beside and line["reached"] and not line["named"] and place not in finding["before"]
        for name in copy.groups[0]:
            members.setdefault(name, []).append(tracer.NEG_INFINITY if spare else line["e"])
    look = max(committed["looks"][-1][0], 1)
    bar = tracer.group_threshold(tracer.alpha_of(committed["release"]["alpha"]), len(members), look)
    for name in finding["groups"]:
        if name not in members:
            raise Bad(f"no copy is of the group {name}")
    return all(tracer.group_e(members[name]) >= bar for name in finding["groups"])


# What the exhibits show


def check_shown(bundle, committed, told):
    if not check_exhibits(bundle, told) or committed is None:
        return
    read = {(look, at): one for look, reading in committed["looks"] for at, one in enumerate(reading["texts"])}
    for place, _, shown in bundle.exhibits:
        if shown is not None and read.get(place) != hashlib.sha256(shown.encode()).hexdigest():
            return told.tell("exhibit", NOT, "the text of an exhibit is not the one that was read")
    if is_read_twice(committed):
        return told.tell("shown", NOT, "two places are read in the same words")
    if bytes_compared(bundle, committed) > BYTES_MAX:
        return told.tell("shown", CANNOT, "there are more places, or longer ones, than are looked up for one bundle")
    exhibits = {place: Text(data, shown) for place, data, shown in bundle.exhibits}
    for look, of in readings(committed):
        for site in of["sites"]:
            verdict = seen(exhibits, look, site, committed["sites"][site["id"]])
            if verdict != PROVEN:
                told.tell("shown", verdict, f"place {site['index']}")
    if are_alike(committed):
        told.tell("shown", CANNOT, "two places have the same words and the same words beside")
    told.tell("shown", PROVEN)


def readings(committed):
    """With the numbers of the looks: what single exhibits show is weighed by itself, too."""
    for look, reading in committed["looks"]:
        for of in reading["together"] + [of for _, own in reading["alone"] for of in own]:
            yield look, of


def is_read_twice(committed):
    """One word is one site's: of one reading no two sites have places that are one, or overlap."""
    for _, of in readings(committed):
        places = sorted(
            (*place, site["index"]) for site in of["sites"] if committed["sites"][site["id"]].channel != "layout"
            for place in site["places"]
        )
        # By site the place that reaches farthest; of all sites the two that reach farthest are enough.
        reached = []
        for exhibit, start, end, index in places:
            reached = [one for one in reached if one[0] == exhibit]
            if any(
                other != index and (to > start or (from_, to) == (start, end)) for _, from_, to, other in reached
            ):
                return True
            reached.append((exhibit, start, end, index))
            best = {}
            for one in reached:
                if one[3] not in best or one[2] >= best[one[3]][2]:
                    best[one[3]] = one
            reached = sorted(best.values(), key=lambda one: one[2])[-2:]
    return False


def are_alike(committed):
    """Whether nothing tells two sites apart: what stands there and beside is the same."""
    known = {}
    for site in sorted(committed["sites"].values(), key=lambda site: site.index):
        for before, after, forms in site.standings if site.channel != "layout" else ():
            if known.setdefault((before, after, tuple(forms)), site.index) != site.index:
                return True
    return False


def bytes_compared(bundle, committed):
    def length(value):
        return len(value.encode())

    each = {
        id_: 1000 + sum(length(before) + length(after) + sum(map(length, forms)) for before, after, forms in site.standings)
        for id_, site in committed["sites"].items()
    }
    marked_up = {
        place: min(len(data), MARKUP_MAX) // 16
        for place, data, shown in bundle.exhibits if shown is not None and shown.encode() != data
    }
    return sum(
        each[site["id"]] + marked_up.get((look, exhibit), 0) + end - start
        for look, of in readings(committed) for site in of["sites"] for exhibit, start, end in site["places"]
    )


def check_exhibits(bundle, told):
    # Those of a look that failed were not read; they stand here so that the look is not left out.
    entries, looks = [], {write_json(entry.envelope.said.get("look")) for entry in bundle.of_kind("reading")}
    try:
        for entry in bundle.of_kind("exhibit"):
            if write_json(entry.envelope.said.get("look")) not in looks:
                continue
            said = fields(entry.envelope.said, SAID["exhibit"])
            details = fields(entry.details(), ["because", "name", "sha256", "size"])
            place = count(said["look"], 1_000_000), count(said["number"], 1_000)
            entries.append((place, text(details["sha256"]), count(details["size"], 1 << 40)))
    except Bad as error:
        told.tell("exhibit", NOT, str(error))
        return False
    own = sorted((place, hashlib.sha256(data).hexdigest(), len(data)) for place, data, _ in bundle.exhibits)
    entries.sort()
    numbered = True
    for ((look, at), _, _), ((following, then), _, _) in zip(entries, entries[1:]):
        numbered = numbered and (then == at + 1 if look == following else then == 0)
    if own != entries or not entries or not numbered or entries[0][0][1] != 0:
        told.tell("exhibit", NOT, "the exhibits are not those that were registered")
        return False
    told.tell("exhibit", PROVEN)
    return True


def seen(exhibits, look, site, known):
    likelihoods = site["likelihoods"]
    best = [variant for variant, l in enumerate(likelihoods) if l == max(likelihoods)]
    if len(best) != 1 or known.channel == "layout":
        return CANNOT
    agree = other = 0
    for exhibit, start, end in site["places"]:
        text_ = exhibits.get((look, exhibit))
        if text_ is None or text_.shown is None:
            return CANNOT
        parts = text_.around(start, end)
        if parts is None:
            return NOT
        if is_inside(parts[0], parts[1]) or is_inside(parts[1], parts[2]):
            return NOT
        if not text_.holds(*parts):
            return CANNOT
        there, own = spelled(parts[1]), standing_there(known, parts[0], parts[2])
        agree += stands(own, best[0], there)
        other += any(stands(own, variant, there) for variant in range(known.variants) if variant != best[0])
    if agree == 0 and other == 0:
        return CANNOT
    return PROVEN if agree > other else NOT


class Text:
    """An exhibit's text, and what it is compared with."""

    def __init__(self, data, shown):
        self.shown, self.marked_up = None, None
        if shown is None:
            return
        if shown.encode() == data:
            self.shown = data
            return
        try:
            whole = data.decode()
        except UnicodeDecodeError:
            return
        if len(data) <= MARKUP_MAX:
            self.shown, self.marked_up = shown.encode(), row(words(without_markup(whole)))

    def around(self, start, end):
        """A place, and as much on both sides of it as is ever looked at."""
        data = self.shown
        if end > len(data) or any(at < len(data) and data[at] & 0xc0 == 0x80 for at in (start, end)):
            return None
        # Characters have four bytes at most; a character that is cut is left out.
        before = data[max(start - 1024, 0):start].decode("utf-8", "ignore")
        return before, data[start:end].decode(), data[end:end + 1024].decode("utf-8", "ignore")

    def holds(self, before, at, after):
        if self.marked_up is None:
            return True
        near, far = before[-60:], after[:60]
        window = words(near + at + far)
        start, end = int(len(near) < len(before)), len(window) - int(len(far) < len(after))
        window = window[start:max(end, 0)]
        return bool(window) and row(window) in self.marked_up


def row(found):
    return "\n" + "".join(word + "\n" for word in found)


_NAMES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": "\xa0"}


def without_markup(value):
    out, at = [], 0
    while True:
        marks = [place for place in (value.find("<", at), value.find("&", at)) if place >= 0]
        if not marks:
            return "".join(out) + value[at:]
        place = min(marks)
        out.append(value[at:place])
        if value[place] == "<":
            out.append(" ")
            end = value.find(">", place)
            at = len(value) if end < 0 else end + 1
            continue
        end = value[place:place + 12].encode()[:12].find(b";")
        name = value[place:place + 12].encode()[1:end].decode("utf-8", "replace") if end > 0 else ""
        resolved_ = resolved(name) if end > 0 else None
        out.append("&" if resolved_ is None else resolved_)
        at = place + 1 if resolved_ is None else place + end + 1


def resolved(name):
    if name in _NAMES:
        return _NAMES[name]
    found = re.fullmatch(r"#(?:[xX]([0-9a-fA-F]{1,10})|([0-9]{1,10}))", name)
    if found is None or "\n" in name:
        return None
    point = int(found[1], 16) if found[1] else int(found[2])
    return chr(point) if point < 0x110000 and not 0xD800 <= point < 0xE000 else None


def stands(own, variant, there):
    return any(spelled(forms[variant]) == there for forms in own)


def standing_there(known, before, after):
    """The forms of the standings beside which two of the words are the original's, in a row from the place outward."""
    near = words(before[-200:])[::-1], words(after[:200])
    return [forms for own_before, own_after, forms in known.standings if is_beside(own_before, own_after, forms, near)]


def is_beside(own_before, own_after, forms, near):
    own = words(own_before)[::-1], words(own_after)
    there = [min(len(side), 2) for side in own]
    equal = []
    for side, other in zip(own, near):
        count_ = 0
        while count_ < 2 and count_ < len(side) and count_ < len(other) and side[count_] == other[count_]:
            count_ += 1
        equal.append(count_)
    if any(not words(form) for form in forms) and any(n and not same_ for n, same_ in zip(there, equal)):
        return False
    return sum(equal) >= min(2, sum(there)) and sum(equal) > 0


def is_inside(one, following):
    """Whether a word goes on from one text to the next."""
    return bool(one and following) and not _SIGNS.match(one[-1]) and not _SIGNS.match(following[0])


_SIGNS = re.compile("[\x00-/:-@\\[-`{-\x7f\x80-\xbf\u2000-\u206f\u3000\ufeff]+")
_SMALL = {ord(c): ord(c) + 32 for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def words(value):
    return [word.translate(_SMALL) for word in _SIGNS.split(value) if word]


def spelled(value):
    return " ".join(part for part in re.split("[ \t\n\r]", value) if part).translate(_SMALL)


def known_keys(args, option):
    return [PublicKey(arg[len(option) + 1:]) for arg in args if arg.startswith(f"{option}=")]


def published_at(args):
    """When the exhibits became public: a day, or a minute of it, in seconds since 1970 (UTC)."""
    said = [arg[12:] for arg in args if arg.startswith("--published=")]
    if not said:
        return None
    form = "%Y-%m-%d" if len(said[0]) == 10 else "%Y-%m-%dT%H:%M"
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?", said[0], re.ASCII) or "\n" in said[0]:
        raise Bad(f"{said[0]} is no day")
    try:
        when = datetime.datetime.strptime(said[0], form).replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        raise Bad(f"{said[0]} is no day") from None
    return int(when.timestamp())


def given_copies(args):
    copies = []
    for name in [arg[7:] for arg in args if arg.startswith("--copy=")]:
        with open(name, "rb") as file:
            copies.append(file.read(COPY_BYTES_MAX + 1))
        if len(copies[-1]) > COPY_BYTES_MAX:
            raise Bad(f"{name} is too long")
    return copies


def main(args):
    files = [arg for at, arg in enumerate(args) if not arg.startswith("--") and args[at - 1] != "--trust"]
    known = {"--json", "--accept-reading", "--trust"}
    named = ("--holder=", "--custodian=", "--published=", "--copy=")
    unknown = [arg for arg in args if arg.startswith("--") and arg not in known and not arg.startswith(named)]
    if len(files) != 1 or "--trust" not in args[:-1] or unknown:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(args[args.index("--trust") + 1], encoding="utf-8", newline="") as file:
            policy = Policy(file.read(64 << 10))
        with open(files[0], "rb") as file:
            bundle = Bundle(file.read())
        holders, custodians = known_keys(args, "--holder"), known_keys(args, "--custodian")
        published, copies = published_at(args), given_copies(args)
    except (Bad, OSError, UnicodeError) as error:
        print(f"tellmark_verify: {error}", file=sys.stderr)
        return 2
    report = verify(bundle, policy, "--accept-reading" in args, holders, custodians, published, copies)
    if "--json" in args:
        print(json.dumps(report))
    else:
        for claim in report["claims"]:
            print(f"{claim['verdict']:13} {claim['id']:12} {claim['says']}")
        held = all(claim["verdict"] == PROVEN for claim in report["claims"] if claim["id"] == "holds")
        of = "" if held else " of what the release committed to (nobody held the file that was delivered against that)"
        print(f"\nPROVEN{of}" if report["proven"] else "\nNOT PROVEN")
    # Each file that was given says something about a named copy, or the whole is not settled.
    return 0 if report["proven"] and all(says_something(bundle, data) for data in copies) else 1


def says_something(bundle, data):
    """Whether a file is the delivered one of a named copy, and shows its codeword; nothing is asked where none is named."""
    words_, hash_ = text_of(data), sha256(data)
    own = {(copy.batch, copy.leaf): copy.symbols for copy in bundle.copies}
    for named in bundle.named:
        if named.file is not None and named.file.sha256 == hash_:
            if is_enough(*held(bundle.sites, own.get(named.place, []), words_)):
                return True
    return not bundle.named


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
