//! Limits on everything that comes from outside. A file that exceeds one is refused with its name.

/// Bytes of a document that can be sealed.
pub const DOCUMENT_BYTES_MAX: u64 = 64 << 20;
/// Bytes of an exhibit.
pub const EXHIBIT_BYTES_MAX: u64 = 64 << 20;
/// Bytes of text in a document or an exhibit after decoding.
pub const TEXT_BYTES_MAX: usize = 16 << 20;
/// Bytes of a roster.
pub const ROSTER_BYTES_MAX: u64 = 256 << 20;
/// Copies of one release, over all its batches.
pub const COPIES_MAX: usize = 1_000_000;
/// Characters of a name, an address or a group in a roster.
pub const ROSTER_FIELD_CHARS_MAX: usize = 500;
/// Sites of one release.
pub const SITES_MAX: usize = 1 << 16;
/// Variants of one site: at least 2.
pub const VARIANTS_MAX: usize = 16;
/// Bytes of one variant's text.
pub const VARIANT_BYTES_MAX: usize = 4096;
/// Entries of a zip container.
pub const ZIP_ENTRIES_MAX: usize = 10_000;
/// Bytes of all parts of a zip container after decompression.
pub const ZIP_BYTES_MAX: u64 = 256 << 20;
/// Depth of nested markup or message parts.
pub const DEPTH_MAX: usize = 256;
/// Exhibits in one look.
pub const EXHIBITS_MAX: usize = 100;
/// Pages of a document or an exhibit.
pub const PAGES_MAX: usize = 2000;
/// Pixels of one picture.
pub const PICTURE_PIXELS_MAX: u64 = 120_000_000;
