CREATE TABLE accounts (
    number BIGINT NOT NULL PRIMARY KEY,
    name {text} NOT NULL,
    folded {text} NOT NULL UNIQUE,
    role {text} NOT NULL,
    password {text} NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT NOT NULL
);
CREATE TABLE acts (
    number BIGINT NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    what {text} NOT NULL,
    about {text} NOT NULL,
    at BIGINT NOT NULL
);
CREATE TABLE reports (
    case_name {text} NOT NULL,
    look BIGINT NOT NULL,
    content {text} NOT NULL REFERENCES blobs (hash),
    made_at BIGINT NOT NULL,
    PRIMARY KEY (case_name, look)
);
CREATE TABLE shares (
    number BIGINT NOT NULL PRIMARY KEY,
    token {text} NOT NULL UNIQUE,
    release {text} NOT NULL REFERENCES releases (id),
    copy {text} NOT NULL,
    email {text} NOT NULL,
    made_by BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX shares_release ON shares (release);
CREATE TABLE ended_shares (
    share BIGINT NOT NULL PRIMARY KEY REFERENCES shares (number),
    ended_at BIGINT NOT NULL
);
CREATE TABLE share_visits (
    number BIGINT NOT NULL PRIMARY KEY,
    share BIGINT NOT NULL REFERENCES shares (number),
    what {text} NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX share_visits_share ON share_visits (share);
CREATE TABLE share_codes (
    share BIGINT NOT NULL PRIMARY KEY REFERENCES shares (number),
    code {text} NOT NULL,
    expires_at BIGINT NOT NULL,
    tries BIGINT NOT NULL
);
CREATE TABLE invitations (
    token {text} NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    role {text} NOT NULL,
    made_by BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE TABLE sessions (
    token {text} NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    share BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE TABLE tokens (
    token {text} NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    account BIGINT NOT NULL,
    name {text} NOT NULL,
    scopes {text} NOT NULL,
    made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
);
CREATE TABLE desk (
    id {text} NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    file_name {text} NOT NULL,
    state {text} NOT NULL,
    options {text} NOT NULL,
    message {text} NOT NULL,
    release {text},
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE TABLE answered (
    key_hash {text} NOT NULL PRIMARY KEY,
    request {text} NOT NULL,
    status BIGINT NOT NULL,
    body {text} NOT NULL,
    at BIGINT NOT NULL
);
