//! The derivation against vectors that another language computed from its specification alone.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

use std::collections::BTreeMap;

use serde::Deserialize;
use tellmark_codes::{Codebook, Column, LineageKey};
use tellmark_core::{CopyId, Hash};

#[derive(Deserialize)]
struct Vectors {
    lineage_key: Hash,
    columns: Vec<VectorColumn>,
    copies: BTreeMap<String, Vec<u8>>,
    decoys: BTreeMap<String, Vec<u8>>,
}

#[derive(Deserialize)]
struct VectorColumn {
    nonce: Hash,
    ordinal: u32,
    variants: u8,
}

#[test]
fn codewords_are_those_that_the_specification_gives() {
    let vectors: Vectors = serde_json::from_str(include_str!("vectors/codeword_v1.json")).unwrap();
    let column = |c: &VectorColumn| Column { nonce: c.nonce.0, ordinal: c.ordinal, variants: c.variants };
    let columns: Vec<Column> = vectors.columns.iter().map(column).collect();
    let book = Codebook::new(&LineageKey::new(vectors.lineage_key.0), &columns).unwrap();
    let mut drawn = vec![0; columns.len()];
    for (copy, expected) in &vectors.copies {
        book.codeword(&CopyId::parse(copy).unwrap(), &mut drawn);
        assert_eq!(&drawn, expected, "{copy}");
    }
    for (decoy, expected) in &vectors.decoys {
        book.decoy(decoy.parse().unwrap(), &mut drawn);
        assert_eq!(&drawn, expected, "decoy {decoy}");
    }
}
