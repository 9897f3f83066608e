//! Text, Markdown and HTML: every byte of the copies is written out.

use tellmark_core::BlockKind;
use tellmark_formats::{Document, Format, read_exhibit};

use crate::samples::{copies, copy, expected_text, marking, marking_of};

/// Original with the author's braces, and its two copies.
fn check(format: Format, original: &[u8], first: &[u8], second: &[u8]) {
    let made = copies(format, original);
    let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for (made, expected) in made.iter().zip([first, second]) {
        assert_eq!(show(made), show(expected), "{format}: {}", show(original));
        assert_eq!(made, expected);
    }
}

/// The bytes that `[` and `]` stand around in `frame` differ; everything else must stay.
fn check_frame(format: Format, frame: &str) {
    let (before, rest) = frame.split_once("[[").unwrap();
    let (_, after) = rest.split_once("]]").unwrap();
    let with = |middle: &str| format!("{before}{middle}{after}").into_bytes();
    check(format, &with("{met|convened}"), &with("met"), &with("convened"));
}

#[test]
fn text_keeps_marks_and_line_ends() {
    for frame in [
        "They [[x]] at noon.",
        "\u{feff}They [[x]] at noon.\r\nThen\nthey left.\r\n",
        "Old Macs\rwrote [[x]]\r\rlike this\r",
        "[[x]]",
        "\n\n  [[x]] \t\n\n",
        "emoji 👩‍👩‍👧 and é (e\u{301}) [[x]] \u{202e}x\u{202c}",
        "form feed \u{c}\n[[x]]",
        "see https://a.example/{b|c}x/[[x]] and {d@e.example",
    ] {
        let frame = frame.replace("{b|c}", "b");
        check_frame(Format::Text, &frame);
    }
    check(Format::Text, b"a{| b}{c|}d{e|f g|h}", b"acde", b"a bdf g");
}

#[test]
fn paragraphs_of_old_macs_are_apart() {
    let document = Document::parse(Format::Text, b"One\rline.\r\rTwo\r\nlines.\n\nThree").unwrap();
    let blocks: Vec<_> =
        document.prose().blocks.iter().map(|b| &document.prose().text[b.range.clone()]).collect();
    assert_eq!(blocks, ["One\rline.", "Two\r\nlines.", "Three"]);
}

#[test]
fn markdown_keeps_everything_that_is_no_prose() {
    for frame in [
        "\u{feff}---\ntitle: \"{a|b}\"\n---\n\n# Head\n\nThey [[x]].\n",
        "---\r\ntitle: {a|b}\r\n...\r\nThey [[x]].\r\n",
        "+++\nt = \"{a|b}\"\n+++\nThey [[x]].",
        "They [[x]] `{a|b}` and ``{c|`d}``.",
        "```sh\n{a|b}\n```\n\nThey [[x]].\n\n    {indented|code}\n",
        "~~~\n{a|b}\n\n~~~\nThey [[x]].",
        "[text {a|b}](http://x.example/{c|d} \"{e|f}\") [[x]] ![alt {g|h}](i.png)",
        "<http://x.example/{a|b}> [[x]] http://y.example",
        "[id]: http://x.example/{a|b} \"{c|d}\"\n\nThey [[x]] [id].",
        "They <span title=\"{a|b}\">[[x]]</span> <code>{c|d}</code> <script>var x = {a|b};</script>.",
        "<div class=\"{a|b}\">\n{c|d}\n</div>\n\nThey [[x]].\n\n<!-- {e|f} -->\n\n<pre>\n\n{g|h}\n\n</pre>",
        "<details><pre>\n\n{a|b} stays\n\n</pre></details>\n",
        "| a | b |\r\n|---|:--|\r\n| [[x]] | `{c\\|d}` |\r\n",
        "* item\n* [[x]]\n  more\n\n1. [[loose\n\n2. two",
        "Hard  \nbreak\\\n[[x]] *a* **b** ~~c~~ &amp; &nbsp; \\* end  \n",
        "Head [[x]]\n=====\n\n***\n",
        "- [ ] task [[x]]\n  > quoted\n",
        "Note[^1] [[x]].\n\n[^1]: The note.\n",
    ] {
        let frame = match frame.contains("]]") {
            true => frame.replace("1. [[loose", "1. loose"),
            false => format!("They [[x]].\n\n{frame}"),
        };
        check_frame(Format::Markdown, &frame);
    }
}

#[test]
fn html_keeps_everything_that_is_no_prose() {
    for frame in [
        "\u{feff}<!DOCTYPE html>\r\n<HTML><head><title>{a|b}</title><style>p{a|b}</style></head>\r\n<body>They [[x]].</body></html>",
        "<p class='{a|b}' title=\"x > {c|d}\">They [[x]] &amp; &nbsp;&#8217;&#x2019; &lt;b&gt; &unknown; &copy 2020</p>",
        "<script>let x = '<p>{a|b}</p>';</script><p>[[x]]<script src=x></script>",
        "<!-- {a|b} --><p>[[x]]<!-- c --></p><![CDATA[{d|e}]]>",
        "<pre>{a|b}</pre><p>[[x]] <code>{c|d}</code> <kbd>{e|f}</kbd><p>x",
        "<textarea>{a|b}</textarea><svg><text>{c|d}</text></svg><p>[[x]]<select><option>{e|f}</select>",
        "<TABLE><TR><TD>[[x]]<TD>two<TR><TH>three</TABLE>",
        "<p>1 < 2 & 3 > [[x]] <3 a<b",
        "<p>said <q>{a|b}</q> [[x]] <cite>{c|d}</cite>",
        "<p>https://x.example/?a=b&amp;c=d [[x]] &lt;d@e.example&gt;",
        "<p>a<br/>[[x]]<br >c<img alt='{a|b}'>",
        "<p><code>one<p>{a|b} still code</code><p>[[x]]",
        "<?php {a|b} ?><p>[[x]]",
        "<noscript>{a|b}</noscript><template>{c|d}</template><p>[[x]]<iframe>{e|f}</iframe><xmp>{g|h}</xmp>",
        "<p>[[x]]<plaintext>{a|b}</p><p>{c|d}",
    ] {
        check_frame(Format::Html, frame);
    }
}

#[test]
fn forms_are_written_as_the_file_writes_text() {
    check(
        Format::Html,
        b"<p>{A &amp; B|C &lt; caf&eacute;|x} and</p>",
        b"<p>A &amp; B and</p>",
        b"<p>C &lt; caf&#233; and</p>",
    );
    check(
        Format::Html,
        "<p>«x» {a|caf&eacute;}</p>".as_bytes(),
        "<p>«x» a</p>".as_bytes(),
        "<p>«x» café</p>".as_bytes(),
    );
    check(Format::Html, b"<p>{a|Malaga &aacute; &#146;s}", b"<p>a", b"<p>Malaga &#225; &#8217;s");
    check(Format::Markdown, b"{A & B|C < D}", b"A & B", b"C < D");
}

#[test]
fn the_original_form_leaves_references_and_markup_alone() {
    let html = b"<p>They don&rsquo;t <b>ne</b>ed&nbsp;it.</p>";
    let document = Document::parse(Format::Html, html).unwrap();
    let marking = marking_of(
        &document,
        &[("don’t", &["don’t", "do not"]), ("need\u{a0}it", &["need\u{a0}it", "want <it>"])],
    );
    assert_eq!(copy(&document, &marking, 0), html);
    assert_eq!(copy(&document, &marking, 1), b"<p>They do not <b>want &lt;it&gt;</b>.</p>");
}

#[test]
fn blocks_say_what_they_are() {
    let html = "<h2>Head</h2><ul><li><p>item<li>two</ul><table><tr><th>top<td>cell</table><blockquote>said</blockquote>";
    let document = Document::parse(Format::Html, html.as_bytes()).unwrap();
    let kinds: Vec<BlockKind> = document.prose().blocks.iter().map(|block| block.kind).collect();
    use BlockKind::{Cell, Heading, Item, Quote};
    assert_eq!(kinds, [Heading, Item, Item, Heading, Cell, Quote]);
}

#[test]
fn copies_are_read_as_what_they_show() {
    let html = "<p>They {met|convened} &amp; left.</p><p>Then {|all }went &lt;home&gt;.</p>";
    let document = Document::parse(Format::Html, html.as_bytes()).unwrap();
    let marking = marking(&document);
    for variant in 0..2 {
        let exhibit = read_exhibit("leak", &copy(&document, &marking, variant)).unwrap();
        assert_eq!(exhibit.text, expected_text(&document, &marking, variant));
    }
}

#[test]
fn exhibits_are_read_in_their_encoding() {
    let check = |bytes: &[u8], expected: &str| {
        assert_eq!(read_exhibit("x", bytes).unwrap().text.trim(), expected);
    };
    check(b"caf\xe9 \x93x\x94", "café “x”");
    check(b"\xff\xfec\x00a\x00f\x00\xe9\x00", "café");
    check(b"\xfe\xff\x00c\x00a\x00f\x00\xe9", "café");
    check(b"\xff\xfe<\x00p\x00>\x00x\x00<\x00/\x00p\x00>\x00", "x");
    check(b"<html><meta charset=\"windows-1251\"><p>\xe4\xe0</p>", "да");
    check(b"\xef\xbb\xbfplain", "plain");
}
