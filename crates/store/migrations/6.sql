-- Who somebody is to the office's own sign-in (OpenID Connect), by a hash of issuer and subject.
CREATE TABLE identities (
    identity {text} NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL UNIQUE REFERENCES accounts (number),
    tied_at BIGINT NOT NULL
);
CREATE TABLE orders (
    number BIGINT NOT NULL PRIMARY KEY,
    case_name {text} NOT NULL,
    look BIGINT NOT NULL,
    because {text} NOT NULL,
    asked_by BIGINT NOT NULL,
    asked_at BIGINT NOT NULL
);
-- The newest order at the moment when an account was made, or given a new way in by a link: whoever opens a link may be anybody.
CREATE TABLE arrivals (
    account BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (number),
    last_order BIGINT NOT NULL
);
CREATE TABLE order_answers (
    ordered BIGINT NOT NULL REFERENCES orders (number),
    account BIGINT NOT NULL,
    agrees BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (ordered, account)
);
CREATE TABLE carried_out_orders (
    ordered BIGINT NOT NULL PRIMARY KEY REFERENCES orders (number),
    look BIGINT NOT NULL,
    account BIGINT NOT NULL,
    at BIGINT NOT NULL
);
-- Of an account, or of whoever has a link (the other is 0).
CREATE TABLE passkeys (
    number BIGINT NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    share BIGINT NOT NULL,
    credential {text} NOT NULL UNIQUE,
    public_key {text} NOT NULL,
    name {text} NOT NULL,
    counter BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    removed_at BIGINT NOT NULL
);
-- Questions that wait for what a device with a passkey signs, by their SHA-256; account 0 without a link is
-- whoever signs in.
CREATE TABLE questions (
    question {text} NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    share BIGINT NOT NULL,
    until BIGINT NOT NULL
);
-- What several programs on one ledger share, and which of them does it at the moment: reading a source, telling of sightings.
CREATE TABLE holds (
    what {text} NOT NULL PRIMARY KEY,
    owner {text} NOT NULL,
    held_at BIGINT NOT NULL
);
-- The name of the queue between those who fetch articles and those who search them: one row at most.
CREATE TABLE queues (
    name {text} NOT NULL PRIMARY KEY
);
