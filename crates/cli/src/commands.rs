//! What each command does: take arguments, make one call, show the result.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::CommandFactory;
use tellmark_app::form::Answers;
use tellmark_app::promise::Case;
use tellmark_app::review::{ReviewFile, remembered};
use tellmark_app::seal::{SealRequest, SealSummary};
use tellmark_app::trace::{ExhibitFile, TraceRequest, Traced, Verdict};
use tellmark_app::{
    Access, Error, MailModel, MarkOptions, Ports, Vault, archive, check, copies, files, keys, plan,
    retention, seal, spot, trace,
};
use tellmark_core::limits;

use crate::args::*;
use crate::finding::show_finding;
use crate::progress::Line;
use crate::{
    EXIT_DONE, EXIT_FAILURE, EXIT_INPUT, EXIT_NOBODY, cases, demo, diff, follow, form, holders, keeping,
    persons, planned, prove, relay, remote, review, say, serve,
};

/// Copies that a plan reckons with where only the bound is given.
const COPIES: u64 = 20;
/// How often a watched document is looked at.
const WATCH_PAUSE: std::time::Duration = std::time::Duration::from_millis(300);
const DEFAULT_VAULT: &str = "tellmark-vault";
const PASSPHRASE: &str = "TELLMARK_PASSPHRASE";

/// Runs a command and returns its exit code.
///
/// # Errors
/// Whatever the use case could not do.
pub async fn run(cli: Cli) -> Result<u8> {
    let line = Line::new(cli.quiet);
    if let Some(server) = cli.server.as_deref().filter(|server| !server.is_empty())
        && !remote::is_local(&cli.command)
    {
        let client = remote::Client::new(server, std::env::var(remote::TOKEN).ok())?;
        return remote::run(&client, cli.command, cli.quiet, &line);
    }
    let folder = cli.vault.clone().unwrap_or_else(|| DEFAULT_VAULT.into());
    let place = Access { folder: folder.clone(), passphrase: None, shares: cli.share.clone() };
    match cli.command {
        Command::Demo(args) => demo::run(&args, &line).await,
        Command::Init(args) => init(folder, &args).await,
        Command::Plan(args) => plan_document(&folder, args).await,
        Command::Review(args) => review::run(&folder, &args, &line),
        Command::Seal(args) => seal_copies(place, args, cli.quiet, &line).await,
        Command::Check(args) => check_copies(place, &args, &line).await,
        Command::Withdraw(args) => withdraw(place, &args).await,
        Command::Copy(args) => copy(place, &args).await,
        Command::Holders(args) => holders::run(&open(place).await?, &args).await,
        Command::Diff(args) => diff::run(&open(place).await?, &args).await,
        Command::Form(args) => match args.fill.clone() {
            Some(blank) => form::fill(&args, &blank),
            None => form::make_forms(&open(place).await?, &args).await,
        },
        Command::Trace(args) => trace_exhibits(place, args, cli.quiet, &line).await,
        Command::Spot(args) => spot_passages(place, &args, cli.quiet).await,
        Command::Follow(args) => follow::run(&open(place).await?, &args.action, cli.quiet).await,
        Command::Sightings(args) => follow::sightings(&open(place).await?, &args).await,
        Command::Sighting(args) => sighting(place, args, cli.quiet, &line).await,
        Command::Cases(args) => cases::run(&open(place).await?, &args).await,
        Command::Prove(args) => prove::run(&open(place).await?, &args).await,
        Command::Reread(args) => prove::reread(&args, &line).await,
        Command::Witness(args) => prove::witness(&open(place).await?, &args).await,
        Command::Key(args) => keeping::key(&open(place).await?, &args),
        Command::Access(args) => keeping::access(&open(place).await?, &args),
        Command::Retention(args) => keeping::retention(&open(place).await?, &args).await,
        Command::Timestamp(args) => prove::timestamp(&open(place).await?, &args),
        Command::Receipts(args) => persons::receipts(&open(place).await?, &args).await,
        Command::Custodians(args) => persons::custodians(&open(place).await?, &args),
        Command::Approve(args) => persons::approve(&open(place).await?, &args),
        Command::Releases(args) => releases(place, &args).await,
        Command::Copies(args) => list_copies(place, &args).await,
        Command::Backup(args) => backup(place, &args).await,
        Command::Restore(args) => restore(folder, &args).await,
        Command::Relay(args) => relay::run(place, args.action, cli.quiet).await,
        Command::Serve(args) => serve::run(open(place).await?, args, cli.quiet).await,
        Command::Completions { shell } => completions(shell),
        Command::Man { dir } => man(&dir),
    }
}

pub async fn open(place: Access) -> Result<Vault> {
    let passphrase = match keys::needs_passphrase(&place.folder.join("keys")) {
        true => Some(passphrase("Passphrase of the vault's key: ")?),
        false => None,
    };
    Ok(Vault::open(&Access { passphrase, ..place }).await?)
}

/// Warns of documents whose keys should be gone, or go soon.
async fn warn_of_retention(vault: &Vault) -> Result<()> {
    for line in retention::list(vault, Ports::system()?.now).await? {
        let (until, name) = (line.until.unwrap_or_default(), line.releases.join(", "));
        match line.due {
            retention::Due::No => {}
            retention::Due::Soon => say::warning(&format!("{name} can be traced until {until} only")),
            retention::Due::Now => say::warning(&format!(
                "the key of {name} was to be destroyed on {until}: tellmark retention {} --destroy",
                line.lineage
            )),
        }
    }
    Ok(())
}

fn passphrase(prompt: &str) -> Result<String> {
    if let Ok(given) = std::env::var(PASSPHRASE) {
        return Ok(given);
    }
    if !std::io::stdin().is_terminal() {
        return Err(
            Error::Input(format!("nobody is there to type the passphrase; give it in {PASSPHRASE}")).into()
        );
    }
    Ok(rpassword::prompt_password(prompt)?)
}

pub fn new_passphrase() -> Result<String> {
    let first = passphrase("Passphrase for the vault's key: ")?;
    if first.is_empty() {
        return Err(Error::Input(
            "an empty passphrase protects nothing; leave --passphrase away instead".into(),
        )
        .into());
    }
    if std::env::var(PASSPHRASE).is_err() && passphrase("Once more: ")? != first {
        return Err(Error::Input("the two differ; nothing was made".into()).into());
    }
    Ok(first)
}

async fn init(folder: PathBuf, args: &InitArgs) -> Result<u8> {
    let passphrase = if args.passphrase { Some(new_passphrase()?) } else { None };
    let protected = passphrase.is_some();
    let access = Access { folder, passphrase, ..Access::default() };
    let vault = Vault::create(&access, args.database.as_deref(), &mut Ports::system()?).await?;
    say::line(&format!("Made the vault {}.", vault.folder().display()));
    match protected {
        true => say::line(
            "Its key is under your passphrase: without the passphrase nobody can trace, you neither.",
        ),
        false => say::line(
            "Its key is in keys/master.key: whoever has it can make anybody's copy. Keep a backup elsewhere.",
        ),
    }
    Ok(EXIT_DONE)
}

/// What the options and the review beside the document say of its sites.
///
/// # Errors
/// When there is a review that cannot be read.
pub fn mark_options(args: &MarkArgs, document: Option<&Path>) -> Result<MarkOptions> {
    let beside = document.map(tellmark_app::review::beside).filter(|path| path.exists());
    if let Some(path) = beside.as_ref().filter(|_| args.no_review) {
        let locks = ReviewFile::load(path)?.review.locks.len();
        if locks > 0 {
            let path = path.display();
            return Err(Error::Input(format!(
                "{path} locks {locks} passages, which --no-review would open; leave --no-review away, or lock them in the document: {{= … =}}"
            ))
            .into());
        }
    }
    let review = match args.sites.clone().or(beside).filter(|_| !args.no_review) {
        Some(path) => Some(tellmark_app::review::settled(ReviewFile::load(&path)?.review)),
        None => None,
    };

    let verbatim = match (args.verbatim, args.reported) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let named = !args.channels.is_empty();
    let mut channels = if named { args.channels.clone() } else { MarkOptions::default().channels };
    channels.sort();
    channels.dedup();
    Ok(MarkOptions {
        channels,
        named,
        verbatim,
        allow_speech: args.allow_speech,
        shift: args.shift.map(|points| (points * 1000.0).round() as i32),
        accepts_signed: args.accept_signed,
        review,
        rejected: Vec::new(),
        decided: None,
    })
}

/// The name of a file, without its folder.
///
/// # Errors
/// When it has none in UTF-8.
pub fn file_name(path: &Path) -> Result<String> {
    match path.file_name().and_then(|name| name.to_str()) {
        Some(name) => Ok(name.to_owned()),
        None => Err(Error::Input(format!("{} does not name a file in UTF-8", path.display())).into()),
    }
}

async fn plan_document(vault: &Path, mut args: PlanArgs) -> Result<u8> {
    let done = show_plan(vault, &args)?;
    if !args.watch {
        return Ok(done);
    }
    args.force = true;
    let changed = |path: &Path| path.metadata().and_then(|about| about.modified()).ok();
    let review = args.mark.sites.clone().unwrap_or_else(|| tellmark_app::review::beside(&args.file));
    let state = || (changed(&args.file), changed(&review));
    let mut seen = state();
    say::status("Watching; Ctrl-C ends it.");
    loop {
        tokio::time::sleep(WATCH_PAUSE).await;
        let now = state();
        // An editor may take the file away for a moment.
        if now == seen || now.0.is_none() {
            continue;
        }
        seen = now;
        say::line("");
        if let Err(error) = show_plan(vault, &args) {
            say::error(&error);
        }
    }
}

fn show_plan(vault: &Path, args: &PlanArgs) -> Result<u8> {
    let bytes = files::read_limited(&args.file, limits::DOCUMENT_BYTES_MAX)?;
    let name = file_name(&args.file)?;
    let mut mark = mark_options(&args.mark, Some(&args.file))?;
    mark.rejected = tellmark_app::review::concerning(&name, &bytes, &mark, remembered(vault)?)?;
    let asked = (args.copies.is_some() || args.alpha.is_some()).then(|| {
        let alpha = args.alpha.as_deref().unwrap_or(tellmark_app::DEFAULT_ALPHA);
        Case::new(args.copies.unwrap_or(COPIES), alpha)
    });
    let summary = plan::plan(&name, bytes, &mark, asked)?;
    if let Some(out) = &args.html {
        files::write_whole(out, plan::html(&name, &summary).as_bytes(), args.force)?;
    }
    if args.json {
        say::json(&summary)?;
        return Ok(EXIT_DONE);
    }
    planned::show(&name, &planned::Shown::of(&summary)?);
    Ok(EXIT_DONE)
}

async fn seal_copies(place: Access, args: SealArgs, quiet: bool, line: &Line) -> Result<u8> {
    let started = std::time::Instant::now();
    let vault = open(place).await?;
    let (roster, roster_name) = match (&args.to, args.numbered) {
        (Some(path), _) => (files::read_limited(path, limits::ROSTER_BYTES_MAX)?, path.display().to_string()),
        (None, count) => {
            (tellmark_app::holders::numbered(count.unwrap_or_default())?, "--numbered".to_owned())
        }
    };
    let mail = args.mail.as_deref().map(mail_model).transpose()?;
    let mut ports = Ports::system()?;
    let mut summary = match (&args.extend, &args.file) {
        (Some(release), _) => {
            let late = seal::ExtendRequest {
                release: release.clone(),
                roster,
                roster_name,
                out: args.out.clone(),
                mail,
                force: args.force,
                kept: None,
            };
            seal::extend(&vault, &late, &mut ports, line).await?
        }
        (None, Some(file)) => {
            let request = SealRequest {
                file_name: file_name(file)?,
                document: files::read_limited(file, limits::DOCUMENT_BYTES_MAX)?,
                roster,
                roster_name,
                out: args.out.clone(),
                name: args.name,
                alpha: args.alpha,
                mark: mark_options(&args.mark, Some(file))?,
                revises: args.revises,
                visible: args.visible,
                mail,
                new: args.new,
                draft: None,
                force: args.force,
                kept: None,
            };
            seal::seal(&vault, &request, &mut ports, line).await?
        }
        (None, None) => bail!("neither a document nor --extend was given"),
    };
    summary.seconds = (started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    if args.json {
        say::json(&summary)?;
    } else {
        show_seal(&summary, &args.out);
    }
    if !quiet {
        summary.notes.iter().for_each(|note| say::warning(note));
    }
    Ok(EXIT_DONE)
}

fn mail_model(path: &Path) -> Result<MailModel> {
    Ok(MailModel {
        file_name: file_name(path)?,
        bytes: files::read_limited(path, limits::DOCUMENT_BYTES_MAX)?,
    })
}

fn show_seal(summary: &SealSummary, out: &Path) {
    let SealSummary { release, name, copies, written, .. } = summary;
    let what = match (summary.resumed, summary.batch) {
        (true, _) if *written == 0 => {
            format!("Release {release} ({name}) was sealed before, and is delivered")
        }
        (true, _) => format!("Release {release} ({name}) was sealed before; its copies are delivered again"),
        (false, 1) => format!("Sealed {name} as release {release}"),
        (false, batch) => format!("Extended release {release} ({name}) by batch {batch}"),
    };
    say::headline(&what);
    let there = match copies - written {
        0 => String::new(),
        there => format!(", {there} were there already, byte for byte"),
    };
    let copies = if *copies == 1 { "1 copy".to_owned() } else { format!("{copies} copies") };
    say::line(&format!("{copies} in {}: {written} written{there}.", out.display()));
    match summary.drafts {
        0 => {}
        1 => say::line("1 draft was written beside its copy: open it, look at it, and send it."),
        drafts => say::line(&format!(
            "{drafts} drafts were written beside their copies: open them, look at them, and send them."
        )),
    }
    let counts: Vec<String> =
        summary.sites.iter().filter(|(_, n)| **n > 0).map(|(c, n)| format!("{n} {c}")).collect();
    say::line(&format!("Sites: {} ({:.1} bits).", counts.join(", "), summary.bits));
    say::line(&format!("What an excerpt would name, {}.", summary.promise));
    if summary.bare_passages > 0 {
        let bare = summary.bare_passages;
        let carry = if bare == 1 { "passage carries" } else { "passages carry" };
        say::line(&format!("{bare} {carry} nothing; `tellmark plan` lists them."));
    }
    if let Some(revision) = &summary.revision {
        let (kept, added, dropped) = (revision.kept, revision.added, revision.dropped);
        say::line(&format!(
            "Against release {}: {kept} sites keep every copy's variant, {added} are new, {dropped} are gone, {} became public.",
            revision.revises,
            revision.public.len()
        ));
        if !revision.public.is_empty() {
            say::line(
                "  A public site shows what may have come back from a copy: it tells nothing any more, in earlier drafts neither.",
            );
        }
        revision.changes.iter().for_each(|change| say::line(&format!("  {change}")));
    }
}

async fn check_copies(place: Access, args: &CheckArgs, line: &Line) -> Result<u8> {
    let vault = open(place).await?;
    let summary = check::check(&vault, &args.dir, line).await?;
    if args.json {
        say::json(&summary)?;
    } else {
        say::headline(&match summary.wrong.is_empty() {
            true => format!("{}: each is the copy that its folder says.", files_of(summary.right)),
            false => format!("Right: {}. Wrong: {}.", files_of(summary.right), files_of(summary.wrong.len())),
        });
        for wrong in &summary.wrong {
            let file = wrong.file.display();
            say::line(&match &wrong.state {
                check::State::Mixed { is: Some(is), .. } => {
                    format!("  {file}: this is the copy of {is}; sending it would accuse the wrong one")
                }
                check::State::Mixed { is: None, .. } => {
                    format!("  {file}: not the copy of its folder; sending it would accuse the wrong one")
                }
                check::State::Changed => {
                    format!("  {file}: no copy of this vault; it was changed, or made elsewhere")
                }
                check::State::Missing { release } => format!("  {file}: missing (release {release})"),
                check::State::Unreadable { because } => format!("  {because}"),
                check::State::Right { .. } => continue,
            });
        }
    }
    Ok(if summary.wrong.is_empty() { EXIT_DONE } else { EXIT_FAILURE })
}

fn files_of(count: usize) -> String {
    if count == 1 { "1 file".into() } else { format!("{count} files") }
}

async fn withdraw(place: Access, args: &WithdrawArgs) -> Result<u8> {
    let vault = open(place).await?;
    let copy = copies::withdraw(&vault, &args.release, &args.copy, &args.because, &Ports::system()?).await?;
    say::line(&format!("Copy {copy} is withdrawn. It is still tested when something leaks."));
    Ok(EXIT_DONE)
}

async fn copy(place: Access, args: &CopyArgs) -> Result<u8> {
    let vault = open(place).await?;
    let now = Ports::system()?.now;
    let release = copies::copy_again(&vault, &args.release, &args.copy, &args.out, args.force, now).await?;
    say::line(&format!("Made copy {} of {} again: {}.", args.copy, release.name, args.out.display()));
    Ok(EXIT_DONE)
}

async fn trace_exhibits(place: Access, args: TraceArgs, quiet: bool, line: &Line) -> Result<u8> {
    let out = Out::new(args.report, args.force, args.json)?;
    let files = args.exhibits.iter().chain(&args.form);
    let mut exhibits = files.clone().map(|path| exhibit(path)).collect::<Result<Vec<_>>>()?;
    tell_apart(&mut exhibits, files);
    let mut filled = exhibits.iter().skip(args.exhibits.len());
    if let Some(other) = filled.find(|file| !Answers::is_answers(&file.bytes)) {
        let why = format!(
            "{} holds no answers to a form; `tellmark form --help` says how they are made",
            other.name
        );
        return Err(Error::Input(why).into());
    }
    let vault = open(place).await?;
    let request = TraceRequest {
        exhibits,
        case: args.case,
        because: args.because,
        identities: args.identities,
        languages: args.languages,
        release: args.release,
        command: command(),
    };
    trace_request(&vault, &request, &out, quiet, line).await
}

/// The command as it was given, for the report.
fn command() -> String {
    std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Where a finding goes.
struct Out {
    report: Option<PathBuf>,
    force: bool,
    json: bool,
}

impl Out {
    /// Fails where a report is in the way: nothing is traced for a report that cannot be written.
    fn new(report: Option<PathBuf>, force: bool, json: bool) -> Result<Out> {
        match report.as_deref().filter(|out| !force && out.exists()) {
            Some(out) => Err(files::exists(out).into()),
            None => Ok(Out { report, force, json }),
        }
    }
}

async fn trace_request(
    vault: &Vault,
    request: &TraceRequest,
    out: &Out,
    quiet: bool,
    line: &Line,
) -> Result<u8> {
    let Traced { finding, page } = trace::trace(vault, request, &Ports::system()?, line).await?;
    if let Some(path) = &out.report {
        files::write_whole(path, tellmark_app::trace::html(&page).as_bytes(), out.force)?;
    }
    if out.json {
        say::json(&finding)?;
    } else {
        show_finding(&finding);
        if !quiet && let Some(path) = &out.report {
            say::line(&format!("\nThe report: {}", path.display()));
        }
    }
    Ok(if finding.verdict == Verdict::Nobody { EXIT_NOBODY } else { EXIT_DONE })
}

/// Shows a sighting, or traces it like any other exhibit.
async fn sighting(place: Access, args: SightingArgs, quiet: bool, line: &Line) -> Result<u8> {
    let out = Out::new(args.report, args.force, args.json)?;
    let vault = open(place).await?;
    if !args.trace {
        return follow::sighting(&vault, args.id, args.json).await;
    }
    let exhibited = tellmark_app::follow::exhibit(&vault, args.id).await?;
    let request = TraceRequest {
        exhibits: vec![exhibited.file],
        case: args.case,
        because: exhibited.because,
        command: command(),
        ..TraceRequest::default()
    };
    trace_request(&vault, &request, &out, quiet, line).await
}

async fn spot_passages(place: Access, args: &SpotArgs, quiet: bool) -> Result<u8> {
    let background = args.background.as_deref();
    let watched = match &args.documents {
        Some(documents) => spot::Watched::from_file(documents, background)?,
        None => spot::Watched::from_vault(&open(place).await?, background).await?,
    };
    if watched.is_blank() {
        say::warning(match args.documents {
            Some(_) => "there is nothing to look for: the file of documents holds no words",
            None => {
                "there is nothing to look for: this vault has no release; seal a document, or give --documents"
            }
        });
    }
    let input = std::io::BufReader::with_capacity(1 << 20, std::io::stdin().lock());
    let output = std::io::BufWriter::new(std::io::stdout().lock());
    let refuse = |line: u64, because: &str| say::warning(&format!("line {line}: {because}"));
    let summary = watched.search(input, output, refuse)?;
    if summary.refused > 0 && !quiet {
        let lines = summary.articles + summary.refused;
        say::warning(&format!(
            "{} of {lines} lines could not be read; the others were searched",
            summary.refused
        ));
    }
    Ok(if summary.refused == 0 { EXIT_DONE } else { EXIT_INPUT })
}

/// Exhibits of one name, as copies have, are called by the paths that were given.
fn tell_apart<'a>(exhibits: &mut [ExhibitFile], paths: impl Iterator<Item = &'a PathBuf>) {
    let names: Vec<String> = exhibits.iter().map(|exhibit| exhibit.name.clone()).collect();
    for (exhibit, path) in exhibits.iter_mut().zip(paths) {
        if names.iter().filter(|name| **name == exhibit.name).count() > 1 {
            exhibit.name = path.display().to_string();
        }
    }
}

/// A file, or standard input, as an exhibit.
///
/// # Errors
/// When it cannot be read, or is too large.
pub fn exhibit(path: &Path) -> Result<ExhibitFile> {
    if path.as_os_str() == "-" {
        let bytes =
            files::read_stream_limited(std::io::stdin().lock(), "standard input", limits::EXHIBIT_BYTES_MAX)?;
        return Ok(ExhibitFile { name: "standard input".into(), bytes });
    }
    let bytes = files::read_limited(path, limits::EXHIBIT_BYTES_MAX)?;
    Ok(ExhibitFile { name: file_name(path)?, bytes })
}

async fn releases(place: Access, args: &ListArgs) -> Result<u8> {
    let vault = open(place).await?;
    let lines = copies::releases(&vault).await?;
    warn_of_retention(&vault).await?;
    if args.json {
        say::json(&serde_json::json!({ "releases": lines }))?;
        return Ok(EXIT_DONE);
    }
    let rows = lines.iter().map(|r| {
        let revises = r.revises.map_or(String::new(), |id| id.to_string());
        let copies = r.copies.to_string();
        vec![r.release.to_string(), r.name.clone(), copies, r.alpha.clone(), say::date(r.created_at), revises]
    });
    say::table(&["release", "name", "copies", "alpha", "sealed (UTC)", "revises"], rows.collect());
    Ok(EXIT_DONE)
}

async fn list_copies(place: Access, args: &CopiesArgs) -> Result<u8> {
    let lines = copies::copies(&open(place).await?, args.release.as_deref()).await?;
    if args.json {
        say::json(&serde_json::json!({ "copies": lines }))?;
        return Ok(EXIT_DONE);
    }
    let rows = lines.iter().map(|c| {
        let withdrawn = c.withdrawn.as_ref().map_or(String::new(), |because| format!("withdrawn: {because}"));
        vec![
            c.release.to_string(),
            c.copy.to_string(),
            c.name.clone(),
            c.group.clone(),
            c.batch.to_string(),
            withdrawn,
        ]
    });
    say::table(&["release", "copy", "holder", "group", "batch", ""], rows.collect());
    Ok(EXIT_DONE)
}

async fn backup(place: Access, args: &BackupArgs) -> Result<u8> {
    let vault = open(place).await?;
    archive::backup(&vault, &args.file, Ports::system()?.now).await?;
    let key = match vault.is_split() {
        true => "It holds no key: two shares open it, as they open the vault",
        false => "It holds the vault's key: keep it as you keep the vault",
    };
    say::line(&format!("Wrote {}. {key}.", args.file.display()));
    Ok(EXIT_DONE)
}

async fn restore(folder: PathBuf, args: &RestoreArgs) -> Result<u8> {
    let access = Access { folder, passphrase: None, ..Access::default() };
    archive::restore(&access, args.database.as_deref(), &args.file).await?;
    say::line(&format!("Restored the vault {}.", access.folder.display()));
    say::warning(
        "what was recorded after the backup is not in it, and keys that were destroyed after it are: let the witness see the log before you go on (`tellmark witness DIR`; it refuses a log that is older than it saw), and destroy those keys again (`tellmark retention`)",
    );
    Ok(EXIT_DONE)
}

fn completions(shell: clap_complete::Shell) -> Result<u8> {
    clap_complete::generate(shell, &mut Cli::command(), "tellmark", &mut std::io::stdout());
    Ok(EXIT_DONE)
}

fn man(dir: &Path) -> Result<u8> {
    std::fs::create_dir_all(dir)?;
    clap_mangen::generate_to(Cli::command(), dir)?;
    say::line(&format!("Wrote the manual pages into {}.", dir.display()));
    Ok(EXIT_DONE)
}
