-- Who somebody is to the office's own sign-in (OpenID Connect), by a hash of issuer and subject.
CREATE TABLE identities (
    identity {text} NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL UNIQUE REFERENCES accounts (number),
    tied_at BIGINT NOT NULL
);
