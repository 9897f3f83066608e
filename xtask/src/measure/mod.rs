//! Measurements on documents given by path: what is read of a copy after an attack, and who is named.

pub mod judge;
pub mod power;
pub mod rates;
pub mod read;
mod sealed;
mod truth;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, bail};

/// A document on which something is measured.
pub struct Source {
    /// The file's own name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Paths and one option with a number, for example `a.txt b.docx --seeds 20`.
///
/// # Errors
/// When a file cannot be read, or the arguments are not of that form.
pub fn arguments(arguments: &[&str], option: &str, default: u64) -> anyhow::Result<(Vec<Source>, u64)> {
    let mut sources = Vec::new();
    let mut number = default;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if *argument == option {
            let value = rest.next().with_context(|| format!("{option} needs a number"))?;
            number = value.parse().with_context(|| format!("{option} {value}: a number is needed"))?;
        } else if argument.starts_with("--") {
            bail!("unknown option {argument}; there is {option} N");
        } else {
            let bytes = std::fs::read(argument).with_context(|| format!("reading {argument}"))?;
            let name = Path::new(argument).file_name().unwrap_or_default().to_string_lossy();
            sources.push(Source { name: name.into_owned(), bytes });
        }
    }
    if sources.is_empty() {
        bail!("name at least one document (text, Markdown, HTML, DOCX, ODT or EML)");
    }
    Ok((sources, number))
}

/// Runs numbered jobs on all processors; the results are in the order of the jobs. Says on standard error how
/// far it is.
///
/// # Errors
/// The error of the first job that failed.
pub fn in_parallel<T: Send>(
    what: &str,
    jobs: usize,
    job: impl Fn(usize) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(jobs));
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.max(1));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= jobs {
                        break;
                    }
                    let result = job(number);
                    let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    done.push((number, result));
                    if done.len() * 10 / jobs > (done.len() - 1) * 10 / jobs {
                        eprintln!("{what}: {} of {jobs}", done.len());
                    }
                }
            });
        }
    });
    let mut results = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_their_jobs() {
        let results = in_parallel("test", 50, |i| Ok(i * i)).unwrap();
        assert_eq!(results, (0..50).map(|i| i * i).collect::<Vec<_>>());
        assert!(in_parallel("test", 3, |i| if i == 1 { bail!("no") } else { Ok(()) }).is_err());
        assert!(in_parallel("test", 0, |_| Ok(())).unwrap().is_empty());
    }

    #[test]
    fn arguments_are_checked() {
        assert!(arguments(&[], "--seeds", 3).is_err());
        assert!(arguments(&["--trials", "3"], "--seeds", 3).is_err());
        assert!(arguments(&["/no/such/file"], "--seeds", 3).is_err());
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let (sources, seeds) = arguments(&[manifest, "--seeds", "9"], "--seeds", 3).unwrap();
        assert_eq!((sources[0].name.as_str(), seeds), ("Cargo.toml", 9));
    }
}
