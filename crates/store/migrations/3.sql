CREATE TABLE holders (
    release {text} NOT NULL REFERENCES releases (id),
    number BIGINT NOT NULL CHECK (number >= 1),
    copy {text} NOT NULL,
    holder {text} NOT NULL,
    since {text} NOT NULL,
    known BIGINT NOT NULL CHECK (known IN (0, 1)),
    because {text} NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (release, number)
);
