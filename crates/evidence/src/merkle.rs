//! Merkle trees as certificates use them: hashes, proofs that an entry is in one, that one grew from another, and
//! that several leaves are in one.
//!
//! # Source
//! RFC 6962, section 2.1; the checks of proofs are those of RFC 9162, sections 2.1.3.2 and 2.1.4.2.

use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// A SHA-256 hash.
pub type Hash = [u8; 32];
/// No proof has more hashes than a tree of 2^62 leaves needs.
pub const PROOF_MAX: usize = 124;

/// The SHA-256 hash of parts, one after the other.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

/// The hash of a leaf.
pub fn leaf_hash(data: &[u8]) -> Hash {
    sha256(&[&[0], data])
}

/// The hash over two subtrees.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The root over these leaf hashes; for none the hash of nothing.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
            node_hash(&root(left), &root(right))
        }
    }
}

/// The largest power of two below `count`, which is 2 at least.
pub fn split(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}

/// The proof that leaf `index` is in the tree over these leaves; empty for a leaf that is not there.
pub fn inclusion(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() <= 1 || index >= leaves.len() {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
    let (mut proof, other) = match index < left.len() {
        true => (inclusion(left, index), root(right)),
        false => (inclusion(right, index - left.len()), root(left)),
    };
    proof.push(other);
    proof
}

/// The root that follows from a leaf, its place, the size of the tree and a proof; `None` where the proof has
/// another length than it must have.
pub fn root_from_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// The proof that the tree over the first `old` leaves is a part of that over all; empty where nothing is to prove.
pub fn consistency(leaves: &[Hash], old: usize) -> Vec<Hash> {
    if old == 0 || old >= leaves.len() { Vec::new() } else { subproof(leaves, old, true) }
}

fn subproof(leaves: &[Hash], old: usize, is_whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if is_whole { Vec::new() } else { vec![root(leaves)] };
    }
    let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
    let (mut proof, other) = match old <= left.len() {
        true => (subproof(left, old, is_whole), root(right)),
        false => (subproof(right, old - left.len(), false), root(left)),
    };
    proof.push(other);
    proof
}

/// Whether a proof shows that a tree grew from an older one.
pub fn is_consistent(old_size: u64, old_root: &Hash, size: u64, new_root: &Hash, proof: &[Hash]) -> bool {
    if old_size > size {
        return false;
    }
    if old_size == size {
        return proof.is_empty() && old_root == new_root;
    }
    if old_size == 0 {
        return proof.is_empty() && *old_root == root(&[]);
    }
    let mut path = proof.iter();
    let first = if old_size.is_power_of_two() { Some(old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut at, mut last) = (old_size - 1, size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut old, mut new) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old == *old_root && new == *new_root
}

/// The hashes that are needed beside these leaves (indices in rising order) to find the root: those of the largest
/// subtrees without any of them, from left to right.
pub fn several(leaves: &[Hash], opened: &[usize]) -> Vec<Hash> {
    let mut nodes = Vec::new();
    missing(leaves, 0, opened, &mut nodes);
    nodes
}

fn missing(leaves: &[Hash], from: usize, opened: &[usize], out: &mut Vec<Hash>) {
    match (leaves.len(), opened.is_empty()) {
        (0, _) => {}
        (_, true) => out.push(root(leaves)),
        (1, false) => {}
        (count, false) => {
            let (left, right) = leaves.split_at(split(count as u64) as usize);
            let (before, after) = opened.split_at(opened.partition_point(|&index| index < from + left.len()));
            missing(left, from, before, out);
            missing(right, from + left.len(), after, out);
        }
    }
}

/// The root that follows from some leaves (with their indices in rising order), the size of the tree and what
/// [`several`] gave; `None` where these do not fit together.
pub fn root_from_several(size: usize, opened: &[(usize, Hash)], nodes: &[Hash]) -> Option<Hash> {
    let is_rising = opened.windows(2).all(|pair| pair[0].0 < pair[1].0);
    if !is_rising || size == 0 || opened.last().is_some_and(|(index, _)| *index >= size) {
        return None;
    }
    let mut nodes = nodes.iter();
    let root = found(0, size, opened, &mut nodes)?;
    nodes.next().is_none().then_some(root)
}

fn found(
    from: usize,
    count: usize,
    opened: &[(usize, Hash)],
    nodes: &mut std::slice::Iter<'_, Hash>,
) -> Option<Hash> {
    match (opened.first(), count) {
        (None, _) => nodes.next().copied(),
        (Some((_, leaf)), 1) => Some(*leaf),
        _ => {
            let left = split(count as u64) as usize;
            let (before, after) = opened.split_at(opened.partition_point(|(index, _)| *index < from + left));
            let one = found(from, left, before, nodes)?;
            let other = found(from + left, count - left, after, nodes)?;
            Some(node_hash(&one, &other))
        }
    }
}

/// Hashes one after the other, as a bundle holds them.
///
/// # Errors
/// When the bytes are no whole number of hashes.
pub fn hashes(bytes: &[u8]) -> Result<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    match rest.is_empty() {
        true => Ok(hashes.to_vec()),
        false => Err(Error::format("hashes of another length than 32 bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{from_hex, to_hex};
    use proptest::prelude::*;

    /// The leaves and roots that implementations of RFC 6962 are tested with.
    const LEAVES: [&str; 8] =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn leaves() -> Vec<Hash> {
        LEAVES.iter().map(|leaf| leaf_hash(&from_hex(leaf).unwrap())).collect()
    }

    #[test]
    fn roots_are_those_of_the_known_vectors() {
        assert_eq!(to_hex(&root(&[])), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        for (count, expected) in (1..).zip(ROOTS) {
            assert_eq!(to_hex(&root(&leaves()[..count])), expected);
        }
    }

    #[test]
    fn proofs_are_those_of_the_known_vectors() {
        let leaves = leaves();
        let proof = inclusion(&leaves[..5], 1);
        let expected = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ];
        assert_eq!(proof.iter().map(|hash| to_hex(hash)).collect::<Vec<_>>(), expected);
        let proof = consistency(&leaves, 6);
        let expected = [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ];
        assert_eq!(proof.iter().map(|hash| to_hex(hash)).collect::<Vec<_>>(), expected);
    }

    fn numbered(count: usize) -> Vec<Hash> {
        (0..count).map(|i| leaf_hash(&i.to_le_bytes())).collect()
    }

    #[test]
    fn every_proof_of_small_trees_holds_and_no_other() {
        for size in 1..40usize {
            let leaves = numbered(size);
            let whole = root(&leaves);
            for index in 0..size {
                let proof = inclusion(&leaves, index);
                let from = |leaf, at, size| root_from_inclusion(leaf, at, size, &proof);
                assert_eq!(from(&leaves[index], index as u64, size as u64), Some(whole));
                let elsewhere = (index + 1) % size;
                if elsewhere != index {
                    assert_ne!(from(&leaves[index], elsewhere as u64, size as u64), Some(whole));
                    assert_ne!(from(&leaves[elsewhere], index as u64, size as u64), Some(whole));
                }
            }
            for old in 0..=size {
                let proof = consistency(&leaves, old);
                let old_root = root(&leaves[..old]);
                assert!(is_consistent(old as u64, &old_root, size as u64, &whole, &proof), "{old} {size}");
                for other in (0..=size).filter(|&other| other != old) {
                    assert!(!is_consistent(other as u64, &old_root, size as u64, &whole, &proof));
                }
                assert!(!is_consistent(old as u64, &leaf_hash(b"x"), size as u64, &whole, &proof));
            }
        }
    }

    proptest! {
        #[test]
        fn several_leaves_give_the_root(size in 1usize..70, chosen in prop::collection::btree_set(0usize..70, 0..20)) {
            let leaves = numbered(size);
            let chosen: Vec<usize> = chosen.into_iter().filter(|&index| index < size).collect();
            let mut nodes = several(&leaves, &chosen);
            let opened: Vec<(usize, Hash)> = chosen.iter().map(|&index| (index, leaves[index])).collect();
            prop_assert_eq!(root_from_several(size, &opened, &nodes), Some(root(&leaves)));
            nodes.push([0; 32]);
            prop_assert_eq!(root_from_several(size, &opened, &nodes), None);
        }
    }
}
