//! Points of a picture that are found again in another picture of the same page, and what surrounds them.
