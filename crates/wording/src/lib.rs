//! Carrier sites in prose and the author's; reads which variant a text shows.
