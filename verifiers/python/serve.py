#!/usr/bin/env python3
"""Verifies many bundles: reads frames of four bytes (length, big endian) and a bundle, answers a line for each.

    python3 serve.py POLICY [--holder=KEY ...] [--custodian=KEY ...] [--published=DAY] [--copy=FILE ...]

A line is `bad`, or a letter for each claim (P proven, N not proven, C cannot check), whether all is proven, and figures.
"""

import sys

from bundle import Bad, Bundle, Policy
from tellmark_verify import given_copies, known_keys, published_at, verify

LETTERS = {"PROVEN": "P", "NOT PROVEN": "N", "CANNOT CHECK": "C"}


def answer(data, policy, holders, custodians, published, copies):
    try:
        bundle = Bundle(data)
    except Bad:
        return "bad"
    report = verify(bundle, policy, published is not None, holders, custodians, published, copies)
    letters = "".join(LETTERS[claim["verdict"]] for claim in report["claims"])
    figures = " ".join(
        f"{name} {of['e']} {of['p']} {of['w']}" for name, of in sorted(report["figures"].items())
    )
    return f"{letters} {'yes' if report['proven'] else 'no'} {figures}".strip()


def main():
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        policy = Policy(file.read())
    holders, custodians = known_keys(sys.argv, "--holder"), known_keys(sys.argv, "--custodian")
    published, copies = published_at(sys.argv), given_copies(sys.argv)
    source, sink = sys.stdin.buffer, sys.stdout
    while True:
        head = source.read(4)
        if len(head) < 4:
            return
        said = answer(source.read(int.from_bytes(head, "big")), policy, holders, custodians, published, copies)
        sink.write(said.replace("\n", " ") + "\n")
        sink.flush()


if __name__ == "__main__":
    main()
