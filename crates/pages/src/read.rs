//! What a picture shows at each word of a page.
