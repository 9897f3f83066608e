//! Writes invented findings and a plan, to be looked at: `cargo run --example sample_report -- DIR`.

use std::path::Path;

use tellmark_report::finding::{Verdict, html};
use tellmark_report::plan;

#[path = "../tests/it/sample.rs"]
mod sample;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "sample-report".into());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let mut three = sample::finding(
        Verdict::Copy {
            copies: ["r017", "r018", "r019"].map(sample::named).to_vec(),
            groups: vec![sample::group(&["Northern delegation"])],
        },
        10_000,
    );
    three.warnings.push("More than one copy is named: the leak may be a mixture of several.".into());
    let pages = [
        ("copy.html", html(&sample::one_copy())),
        ("nobody.html", html(&sample::nobody())),
        ("group.html", html(&sample::groups())),
        ("three.html", html(&three)),
        ("full.html", html(&sample::full())),
        ("nothing.html", html(&Default::default())),
        ("plan.html", plan::html(&sample::plan())),
    ];
    pages.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text))
}
