//! How the prior belief is shared out before anything is read. Together at most the whole.

/// What the shares of e-values are parts of.
pub const WHOLE: u128 = 40;
/// Coalitions of 1..=4 of whom nobody else is on the list, or that no partner is looked for.
pub const ALONE: [u128; 4] = [16, 4, 4, 4];
/// Coalitions of two with a partner on the list.
pub const PAIRS: u128 = 4;
/// Coalitions of three, and of four of whom one is unknown, with two partners on the list: each.
pub const TRIPLES: u128 = 4;

/// Of the tail, what goes to a sole source and pairs, in quarters; the rest goes to triples.
pub const TAIL_PAIRS: u128 = 3;
/// What these are parts of.
pub const TAIL_WHOLE: u128 = 4;

/// Of what is bet on a series of looks: a sole source.
pub const SERIES_SOLE: u128 = 26;
/// Coalitions of two to four of whom nobody else is known.
pub const SERIES_UNKNOWN: u128 = 4;
/// Coalitions of two with a known partner.
pub const SERIES_PAIRS: u128 = 2;
/// A known partner who leaks whole looks in turn with the copy.
pub const SERIES_TURNS: u128 = 8;
