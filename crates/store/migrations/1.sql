-- Version 1. {text} and {bytes} stand for the backend's types; specified in docs/formats/ledger.md.

CREATE TABLE ledger_schema (
    version BIGINT PRIMARY KEY
);

CREATE TABLE blobs (
    hash {text} NOT NULL PRIMARY KEY,
    bytes {bytes} NOT NULL
);

CREATE TABLE lineages (
    id {text} NOT NULL PRIMARY KEY,
    key_hash {text} NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE releases (
    id {text} NOT NULL PRIMARY KEY,
    lineage {text} NOT NULL REFERENCES lineages (id),
    number BIGINT NOT NULL CHECK (number >= 1),
    revises {text} REFERENCES releases (id),
    name {text} NOT NULL,
    file_name {text} NOT NULL,
    format {text} NOT NULL,
    nonce {text} NOT NULL UNIQUE,
    document {text} NOT NULL REFERENCES blobs (hash),
    rendered {text} NOT NULL REFERENCES blobs (hash),
    prose {text} NOT NULL REFERENCES blobs (hash),
    marking {text} NOT NULL REFERENCES blobs (hash),
    template {text} NOT NULL REFERENCES blobs (hash),
    options {text} NOT NULL,
    fingerprint {text} NOT NULL UNIQUE,
    alpha {text} NOT NULL,
    derivation_version BIGINT NOT NULL,
    reader_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (lineage, number)
);

CREATE TABLE batches (
    release {text} NOT NULL REFERENCES releases (id),
    number BIGINT NOT NULL CHECK (number >= 1),
    roster {text} NOT NULL REFERENCES blobs (hash),
    copies BIGINT NOT NULL CHECK (copies >= 0),
    fingerprint {text} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (release, number),
    UNIQUE (release, fingerprint)
);

CREATE TABLE withdrawals (
    release {text} NOT NULL REFERENCES releases (id),
    copy {text} NOT NULL,
    because {text} NOT NULL,
    withdrawn_at BIGINT NOT NULL,
    PRIMARY KEY (release, copy)
);

CREATE TABLE public_sites (
    lineage {text} NOT NULL REFERENCES lineages (id),
    site {text} NOT NULL,
    since BIGINT NOT NULL,
    because {text} NOT NULL,
    release {text} REFERENCES releases (id),
    PRIMARY KEY (lineage, site, since)
);

CREATE TABLE cases (
    name {text} NOT NULL PRIMARY KEY,
    alpha {text} NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE looks (
    case_name {text} NOT NULL REFERENCES cases (name),
    number BIGINT NOT NULL CHECK (number >= 1),
    because {text} NOT NULL,
    begun_at BIGINT NOT NULL,
    PRIMARY KEY (case_name, number)
);

CREATE TABLE exhibits (
    case_name {text} NOT NULL,
    look BIGINT NOT NULL,
    number BIGINT NOT NULL CHECK (number >= 1),
    content {text} NOT NULL REFERENCES blobs (hash),
    size BIGINT NOT NULL CHECK (size >= 0),
    name {text} NOT NULL,
    reason {text} NOT NULL,
    PRIMARY KEY (case_name, look, number),
    FOREIGN KEY (case_name, look) REFERENCES looks (case_name, number)
);

CREATE TABLE steps (
    case_name {text} NOT NULL,
    look BIGINT NOT NULL,
    step {text} NOT NULL CHECK (step IN ('read', 'found', 'failed')),
    content {text} REFERENCES blobs (hash),
    because {text} NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (case_name, look, step),
    FOREIGN KEY (case_name, look) REFERENCES looks (case_name, number),
    CHECK ((step = 'failed') = (content IS NULL))
);
