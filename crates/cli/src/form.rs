//! `tellmark form`: make forms for a release's barium points, or fill one in.

use std::io::{BufRead, Write};

use anyhow::Result;
use tellmark_app::form::{Form, make};
use tellmark_app::{Error, Ports, Vault, files};

use crate::EXIT_DONE;
use crate::args::FormArgs;
use crate::say;

/// Makes forms.
///
/// # Errors
/// When the release has no such points, or a file is in the way.
pub async fn make_forms(vault: &Vault, args: &FormArgs) -> Result<u8> {
    let Some(release) = &args.release else {
        return Err(
            Error::Input("name the release whose points are asked, or --fill FORM.json".into()).into()
        );
    };
    let mut ports = Ports::system()?;
    for path in make(vault, release, &args.out, args.readers, &mut ports, args.force).await? {
        say::line(&path.display().to_string());
    }
    say::line(
        "Give each reader one form, as .html (a browser saves the answers) or as .json (tellmark form --fill).",
    );
    Ok(EXIT_DONE)
}

/// Asks the points of a form in the terminal, and writes the answers. Needs no vault.
///
/// # Errors
/// When the form cannot be read, the input ends early, or the file is in the way.
pub fn fill(args: &FormArgs, form: &std::path::Path) -> Result<u8> {
    let form = Form::load(form)?;
    if !args.force && args.out.symlink_metadata().is_ok() {
        return Err(files::exists(&args.out).into());
    }
    let mut input = std::io::stdin().lock();
    say::headline(&format!("Points of {}", say::name(&form.document)));
    say::line(
        "Read or hear the leaked material first. For each point give the number of what it says, or 0 where it is unclear or not said.",
    );
    let reader = ask("Your name: ", &mut input, |said| (!said.is_empty()).then(|| said.to_owned()))?;
    let mut answers = Vec::new();
    for (index, question) in form.points.iter().enumerate() {
        say::line(&format!(
            "\n{} of {}: … {} [ ? ] {} …",
            index + 1,
            form.points.len(),
            say::name(&question.before),
            say::name(&question.after)
        ));
        for (number, option) in question.options.iter().enumerate() {
            let shown = if option.is_empty() { "(nothing stands there)" } else { option };
            say::line(&format!("  {}  {}", number + 1, say::name(shown)));
        }
        say::line("  0  unclear, or not said");
        let count = question.options.len();
        let chosen = ask("  number: ", &mut input, |said| {
            said.parse().ok().filter(|&number: &usize| number <= count)
        })?;
        answers.push(chosen.checked_sub(1).map(|index| question.options[index].clone()));
    }
    let mut text = serde_json::to_vec_pretty(&form.filled(&reader, answers))?;
    text.push(b'\n');
    files::write_whole(&args.out, &text, args.force)?;
    say::line(&format!("\nWrote {}. Give it to whoever gave you the form.", args.out.display()));
    Ok(EXIT_DONE)
}

/// Asks until an answer can be used.
fn ask<T>(prompt: &str, input: &mut impl BufRead, take: impl Fn(&str) -> Option<T>) -> Result<T> {
    const LINE_BYTES_MAX: u64 = 4096;
    loop {
        print!("{prompt}");
        std::io::stdout().flush()?;
        let mut line = Vec::new();
        if std::io::Read::take(&mut *input, LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            return Err(Error::Input(
                "the input ended before the form was filled in; nothing was written".into(),
            )
            .into());
        }
        if let Some(taken) = take(String::from_utf8_lossy(&line).trim()) {
            return Ok(taken);
        }
    }
}
