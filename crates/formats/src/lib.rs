//! Documents in and out: plain text, Markdown, HTML, DOCX, EML, rosters; all parsing of untrusted files.
