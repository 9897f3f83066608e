//! How many widths the fonts of a PDF say they have.
//!
//! A range of codes with one width takes a few bytes, and a reader writes down a width for each code in it.

use hayro_syntax::Pdf;
use hayro_syntax::object::{Array, Dict, MaybeRef, Object};

use crate::Error;

/// Widths of one font: each code of two bytes, and some of them again.
const WIDTHS_MAX: u64 = 1 << 18;
/// Widths of all fonts.
const ALL_MAX: u64 = 1 << 24;
/// A font's dictionary may stand in another one's.
const DEPTH_MAX: usize = 8;

/// Refuses a file with a font that has more widths than codes.
pub fn refuse_many(pdf: &Pdf) -> Result<(), Error> {
    let mut all = 0;
    for object in pdf.objects() {
        let of_object = widths(&object, DEPTH_MAX);
        all += of_object;
        if of_object > WIDTHS_MAX || all > ALL_MAX {
            return Err(Error::Limit { what: "the number of widths of a font in it", limit: WIDTHS_MAX });
        }
    }
    Ok(())
}

/// How many widths an object and what it holds itself say they have; what it refers to is asked on its own.
fn widths(object: &Object<'_>, depth: usize) -> u64 {
    let Some(depth) = depth.checked_sub(1) else { return 0 };
    let held = |value: MaybeRef<Object<'_>>| match value {
        MaybeRef::NotRef(inner) => widths(&inner, depth),
        MaybeRef::Ref(_) => 0,
    };
    match object {
        Object::Dict(dict) => {
            let own = before_first(dict).saturating_add(across(dict)).saturating_add(down(dict));
            dict.entries().map(|(_, value)| held(value)).fold(own, u64::saturating_add)
        }
        Object::Array(array) => array.raw_iter().map(held).fold(0, u64::saturating_add),
        _ => 0,
    }
}

/// The codes before the first one that a simple font has a width for.
fn before_first(dict: &Dict<'_>) -> u64 {
    dict.get::<usize>("FirstChar").unwrap_or(0) as u64
}

/// The widths in an array of codes and arrays, and of ranges of codes.
fn across(dict: &Dict<'_>) -> u64 {
    let Some(array) = dict.get::<Array<'_>>("W") else { return 0 };
    let (mut items, mut count) = (array.flex_iter(), 0u64);
    loop {
        let more = match items.next::<(u32, Array<'_>)>() {
            Some((_, each)) => each.raw_iter().count() as u64,
            None => match items.next::<(u32, u32, f32)>() {
                Some((first, last, _)) => u64::from(last.saturating_sub(first)) + 1,
                None => return count,
            },
        };
        count = count.saturating_add(more);
    }
}

/// The same for vertical writing, which says three numbers of each code.
fn down(dict: &Dict<'_>) -> u64 {
    let Some(array) = dict.get::<Array<'_>>("W2") else { return 0 };
    let (mut items, mut count) = (array.flex_iter(), 0u64);
    loop {
        let more = match items.next::<(u32, Array<'_>)>() {
            Some((_, each)) => each.raw_iter().count() as u64,
            None => match items.next::<(u32, u32, f32, f32, f32)>() {
                Some((first, last, ..)) => u64::from(last.saturating_sub(first)) + 1,
                None => return count,
            },
        };
        count = count.saturating_add(more);
    }
}
