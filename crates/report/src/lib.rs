//! Findings and plans as self-contained HTML and SVG.
