//! Limits on what comes from outside.

use std::time::Duration;

/// Bytes of an answer, as it is sent and after decompression.
pub const ANSWER_BYTES_MAX: usize = 32 << 20;
/// Bytes of a page whose article is taken out.
pub const PAGE_BYTES_MAX: usize = 8 << 20;
/// Bytes of robots.txt that are read.
pub const ROBOTS_BYTES_MAX: usize = 512 << 10;
/// Bytes of one message or file.
pub const FILE_BYTES_MAX: usize = 32 << 20;
/// Time for one answer, from the name's look-up to its last byte.
pub const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
/// Bytes of an address that is asked for.
pub const ADDRESS_BYTES_MAX: usize = 8 << 10;
/// Redirects that are followed.
pub const REDIRECTS_MAX: usize = 5;
/// Bytes of a document in which its root stands, after what may stand before it.
pub const HEAD_BYTES_MAX: usize = 1 << 20;
/// Entries of a feed, and addresses of a sitemap.
pub const ENTRIES_MAX: usize = 50_000;
/// Sitemaps that an index of sitemaps leads to.
pub const SITEMAPS_MAX: usize = 50;
/// Articles that one poll opens; the others wait for the next one. Standard input has none and is read to its end.
pub const ARTICLES_A_POLL_MAX: usize = 500;
/// Pictures of a page that are fetched, where a source's pictures are wanted.
pub const PICTURES_A_PAGE_MAX: usize = 12;
/// Folders in folders.
pub const FOLDER_DEPTH_MAX: usize = 16;
/// Files of a folder and what is below it.
pub const FILES_MAX: usize = 200_000;
/// Attachments of a message that are read.
pub const ATTACHMENTS_MAX: usize = 20;
/// Bytes of an article's title, address and note; what is longer is cut.
pub const FIELD_BYTES_MAX: usize = 4 << 10;
/// Bytes of an article's text.
pub const TEXT_BYTES_MAX: usize = tellmark_core::limits::TEXT_BYTES_MAX;
