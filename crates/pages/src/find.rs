//! Which page a picture shows, among all pages that are known.
