CREATE TABLE forms (
    form {text} NOT NULL PRIMARY KEY,
    release {text} NOT NULL REFERENCES releases (id),
    content {text} NOT NULL REFERENCES blobs (hash),
    given_at BIGINT NOT NULL
);
