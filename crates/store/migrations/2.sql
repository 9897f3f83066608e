CREATE TABLE sources (
    number BIGINT NOT NULL PRIMARY KEY CHECK (number >= 1),
    address {text} NOT NULL,
    added_at BIGINT NOT NULL
);

CREATE TABLE removed_sources (
    source BIGINT NOT NULL PRIMARY KEY REFERENCES sources (number),
    removed_at BIGINT NOT NULL
);

CREATE TABLE source_states (
    source BIGINT NOT NULL PRIMARY KEY REFERENCES sources (number),
    etag {text},
    last_modified {text},
    polled_at BIGINT NOT NULL,
    succeeded_at BIGINT NOT NULL,
    failures BIGINT NOT NULL CHECK (failures >= 0),
    last_error {text} NOT NULL,
    next_at BIGINT NOT NULL
);

CREATE TABLE seen_articles (
    source BIGINT NOT NULL REFERENCES sources (number),
    article {text} NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (source, article)
);

CREATE TABLE background (
    source BIGINT NOT NULL REFERENCES sources (number),
    article {text} NOT NULL,
    content {text} NOT NULL,
    fetched_at BIGINT NOT NULL,
    PRIMARY KEY (source, article)
);

CREATE TABLE sightings (
    number BIGINT NOT NULL PRIMARY KEY CHECK (number >= 1),
    source BIGINT NOT NULL REFERENCES sources (number),
    article {text} NOT NULL,
    address {text} NOT NULL,
    title {text} NOT NULL,
    kind {text} NOT NULL,
    note {text} NOT NULL,
    is_shared BIGINT NOT NULL CHECK (is_shared IN (0, 1)),
    page {text} NOT NULL REFERENCES blobs (hash),
    content {text} NOT NULL REFERENCES blobs (hash),
    found {text} NOT NULL REFERENCES blobs (hash),
    fetched_at BIGINT NOT NULL,
    UNIQUE (source, article)
);

CREATE INDEX sightings_by_address ON sightings (address);

CREATE TABLE alerts (
    sighting BIGINT NOT NULL REFERENCES sightings (number),
    channel {text} NOT NULL,
    PRIMARY KEY (sighting, channel)
);

CREATE TABLE sent_alerts (
    sighting BIGINT NOT NULL,
    channel {text} NOT NULL,
    sent_at BIGINT NOT NULL,
    PRIMARY KEY (sighting, channel),
    FOREIGN KEY (sighting, channel) REFERENCES alerts (sighting, channel)
);
