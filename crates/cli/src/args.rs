//! The command line, as clap reads it. The contract is in ARCHITECTURE.md.

mod evidence;
mod relaying;
mod serving;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use tellmark_core::Channel;

pub use evidence::{
    AccessArgs, ApproveArgs, CustodiansArgs, KeyAction, KeyArgs, ProveArgs, ReceiptsArgs, RereadArgs,
    RetentionArgs, TimestampArgs, WitnessArgs,
};
pub use relaying::{RelayAction, RelayArgs};
pub use serving::ServeArgs;

/// Share a confidential document, follow it, and when it leaks know which copy the leak derives from, or that
/// no copy can be named.
#[derive(Debug, Parser)]
#[command(name = "tellmark", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Begin with:
  tellmark demo                                 the whole way on samples, in a folder to look at
  tellmark init                                 make a vault
  tellmark plan minutes.docx                    what this document can carry
  tellmark seal minutes.docx --to people.csv --out copies
  tellmark trace article.html --report report.html

Exit codes: 0 done, and for trace a copy or group is named; 1 for trace nobody is named;
2 bad usage or input; 3 anything else.")]
pub struct Cli {
    /// The vault's directory [default: ./tellmark-vault]
    #[arg(long, global = true, env = "TELLMARK_VAULT", value_name = "DIR", hide_env_values = true)]
    pub vault: Option<PathBuf>,
    /// Give the command to a server instead: `https://tell.example`; a token of yours is taken from TELLMARK_TOKEN
    #[arg(long, global = true, env = "TELLMARK_SERVER", value_name = "URL", hide_env_values = true)]
    pub server: Option<String>,
    /// A share of the vault's key, where that was split; name two (in the variable with a colon between them)
    #[arg(
        long,
        global = true,
        env = "TELLMARK_SHARES",
        value_delimiter = ':',
        value_name = "FILE",
        hide_env_values = true
    )]
    pub share: Vec<PathBuf>,
    /// Say nothing on standard error but warnings and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Do the whole way on samples written for it, and leave the files to look at
    #[command(after_help = "Example:\n  tellmark demo --out somewhere")]
    Demo(DemoArgs),
    /// Make a vault: the directory with the key, the ledger and the originals
    #[command(
        after_help = "Examples:\n  tellmark init\n  tellmark init --passphrase\n  tellmark --vault talks init --database postgres://localhost/talks"
    )]
    Init(InitArgs),
    /// Show what a document can carry, and what an excerpt of it would name
    #[command(after_help = "Examples:
  tellmark plan minutes.md
  tellmark plan minutes.md --copies 40 --alpha 1e-3
  tellmark plan minutes.docx --html plan.html
  tellmark plan minutes.docx --html plan.html --watch
  tellmark plan minutes.docx --json | jq .bits")]
    Plan(PlanArgs),
    /// Decide about every site of a document before it is sealed
    #[command(after_help = "Examples:
  tellmark review minutes.docx                       ask about each site in turn
  tellmark review minutes.docx --list                show them, with what was decided
  tellmark review minutes.docx --accept all          accept what no rule wants a second look at
  tellmark review minutes.docx --reject optional-that
  tellmark review minutes.docx --suggest http://127.0.0.1:11434/v1 --model mistral-small

The decisions are written into FILE.sites.toml, beside the document, after every answer; edit it by hand if you \
like (docs/formats/sites.md). With such a file seal and plan use accepted sites only. A rejected wording is \
remembered in the vault, if there is one, and left out of later documents. Nothing is sent anywhere but with \
--suggest, which says what it sends before it does, and sends nothing of a locked passage; suggestions that do not surely \
keep numbers, names, negations, modal verbs, persons, times, their order, the signs and the language are refused with a \
reason, the others wait for your decision.")]
    Review(ReviewArgs),
    /// Make one copy for each line of a roster, or add copies to a release
    #[command(after_help = "Examples:
  tellmark seal minutes.docx --to people.csv --out copies
  tellmark seal minutes2.docx --to people.csv --out copies2 --revises minutes.docx
  tellmark seal --extend minutes.docx --to late.csv --out copies
  tellmark seal minutes.docx --numbered 12 --out room
  tellmark seal minutes.docx --to people.csv --out copies --visible \"Copy {id} · {name}\"
  tellmark seal minutes.docx --to people.csv --out copies --mail cover.eml

The roster is CSV with a header: id (required), name, email, group. Copies are DIR/<id>/<FILE's own name>. \
The same document, roster and options finish the same release, byte for byte; --new makes another.")]
    Seal(SealArgs),
    /// Read every file of a folder again: is each the copy that its folder says?
    #[command(after_help = "Example:\n  tellmark check copies")]
    Check(CheckArgs),
    /// Record that a copy was returned, destroyed or never sent; it is still tested
    #[command(after_help = "Example:\n  tellmark withdraw minutes.docx r017 --because \"returned on 3 May\"")]
    Withdraw(WithdrawArgs),
    /// Make one copy again, byte for byte
    #[command(after_help = "Example:\n  tellmark copy minutes.docx r017 --out r017.docx")]
    Copy(CopyArgs),
    /// List who holds which copy, or record a holder
    #[command(after_help = "Examples:
  tellmark holders minutes.docx
  tellmark holders minutes.docx --give 03 --to \"Ada Lindqvist\" --because \"signed for it\"
  tellmark holders minutes.docx --give r017 --to \"her assistant, who prints\" --assumed

The roster names one holder of a copy. Others are added here and never taken away: a finding prints all holders of a \
copy it names, or that they are unknown.")]
    Holders(HoldersArgs),
    /// Show how two copies of a release differ
    #[command(after_help = "Example:\n  tellmark diff minutes.docx r017 r021")]
    Diff(DiffArgs),
    /// Make forms on which two people say what a spoken or rewritten leak shows of a release's barium points
    #[command(after_help = "Examples:
  tellmark form minutes.md --out forms             form-1.html, form-2.html: one for each reader
  tellmark form --fill forms/form-1.json --out answers-1.json
  tellmark trace --form answers-1.json --form answers-2.json --case talks

A barium point is a fact that may be told in several ways, all true, in a document as {? about thirty | 31 ?}. It survives \
retelling. Whoever fills in a form needs no vault and sees no copy; the answers stand in another order on each form. A point \
counts only where all forms say the same (docs/formats/form.md).")]
    Form(FormArgs),
    /// Find out which copy leaked material derives from, or that no copy can be named
    #[command(after_help = "Examples:
  tellmark trace article.html --report report.html
  pbpaste | tellmark trace -
  tellmark trace screenshot.png newspaper.jpg
  tellmark trace page1.txt page2.txt --case talks --because \"sent by the ministry\"
  tellmark trace article.html --release memo.docx --case proof    # one draft alone, for `prove`

An exhibit is text, HTML, DOCX, ODT, EML, PDF or a picture; several belong to one look. A picture of a page of a sealed PDF is \
read by the places of its words; the text in any other picture is recognised by the program tesseract, if it is installed. Each look of a case spends a part of the \
case's alpha; a second crop of the same material is a new look. After 20 looks at a release, in all cases together, more need consent: \
two custodians', or, where none are appointed, that of one key that somebody else made with tellmark-verify --new-key; verifiers take only the former for proven.")]
    Trace(TraceArgs),
    /// Find passages of the vault's documents, or of a file of documents, in a stream of texts
    #[command(after_help = "Examples:
  tellmark spot < articles.jsonl > hits.jsonl
  tellmark spot --documents protected.jsonl --background last-week.jsonl < articles.jsonl

Every line of the input is a JSON object with `id` and `text`, as in the files. Every line of the \
output is {\"id\", \"document\", \"query\": [start, end], \"source\": [start, end], \"weight\", \
\"false_alarms_per_million\"}: bytes of the article's and of the document's text in UTF-8, and bits; \
the last is null without a background in the document's language. A line that cannot be read is told on standard error and does not \
stop the others; the exit code is then 2.")]
    Spot(SpotArgs),
    /// Follow feeds, pages, sitemaps, folders and mailboxes, and see passages of the vault's documents in them
    #[command(after_help = "Examples:
  tellmark follow add https://paper.example/feed.xml
  tellmark follow add /srv/clippings
  tellmark follow add imaps://desk@mail.example.org/INBOX
  tellmark follow list
  tellmark follow run --once
  tellmark follow run

Channels in which people may speak without being traced are never followed: whistleblowing, ombudsman, regulator, \
union, counsel, press contacts. follow.toml in the vault names yours (docs/follow.md).")]
    Follow(FollowArgs),
    /// List what was seen in the sources that are followed
    #[command(after_help = "Examples:
  tellmark sightings
  tellmark sightings --json | jq '.sightings[].address'")]
    Sightings(SightingsArgs),
    /// Show one sighting, or trace it as an exhibit of a case
    #[command(after_help = "Examples:
  tellmark sighting 3
  tellmark sighting 3 --case talks --trace --report report.html

The exhibit is the text that was searched, or the file as it was fetched; its reason names the address, the time and \
the hash. Exit codes of --trace are those of trace.")]
    Sighting(SightingArgs),
    /// List the cases, show one with its looks, or say what of alpha they spent on a copy
    #[command(after_help = "Examples:
  tellmark cases
  tellmark cases talks
  tellmark cases --copy r017 --release minutes.docx
  tellmark cases --json | jq '.cases[].case'

There is no command to delete a case, or a look of one. Each look spends a part of the bound on \
naming an innocent copy, and the bound holds only while all of them stay in the count, those too \
that failed or named nobody. Whoever could delete looks could look until somebody is named, and \
show the last look alone.")]
    Cases(CasesArgs),
    /// Write the evidence of a case's finding into one file, for somebody who trusts neither side
    #[command(
        after_help = "Example:\n  tellmark witness /media/stick/witness\n  tellmark prove talks --out talks.bundle\n  tellmark-verify talks.bundle --trust policy"
    )]
    Prove(ProveArgs),
    /// Read the exhibits of a bundle again, where it encloses the original; needs no vault
    #[command(after_help = "Examples:
  tellmark prove talks --out talks.bundle --enclose-original
  tellmark reread talks.bundle

For the accused person's own expert: the enclosed document and its places are held against what the release committed to, \
the exhibits are read again, and each place is compared. Exit code 0: all is read as the bundle says; 1: not.")]
    Reread(RereadArgs),
    /// Let a witness see the log, so that nothing in it can be changed or put in afterwards unseen
    #[command(
        after_help = "The witness is a folder with a key: somebody else's, on another machine or a stick. Let it see the log after each document that is sealed, before the copies are sent, and after each finding. \
--policy FILE writes the policy for tellmark-verify."
    )]
    Witness(WitnessArgs),
    /// Let a time-stamping authority say when the log was as it is (RFC 3161)
    #[command(after_help = "Example:
  tellmark timestamp --request head.tsq
  curl -H 'Content-Type: application/timestamp-query' --data-binary @head.tsq https://authority.example -o head.tsr
  tellmark timestamp --attach head.tsr

Nothing is sent by this program. Bundles carry the answer; tellmark-verify --stamps DIR writes it out with the head that it is \
about, for openssl ts -verify.")]
    Timestamp(TimestampArgs),
    /// Say who signed for which copy, make slips for holders, or record what they signed
    #[command(after_help = "Examples:
  tellmark receipts minutes.docx --slips slips        one slip a copy, to go with it
  tellmark receipts minutes.docx
  tellmark receipts --record r017.receipt

A slip shows a holder that the log holds their file and no other. Its holder compares and signs it, with a key of their own:
  tellmark-verify --new-key me.key
  tellmark-verify r017.slip --copy minutes.docx --trust policy --sign me.key --out r017.receipt
A finding about a copy for which nobody signed says \"delivery unconfirmed\" (docs/formats/signed.md).")]
    Receipts(ReceiptsArgs),
    /// Say who has to agree before copies are made and leaks traced, or appoint them
    #[command(after_help = "Examples:
  tellmark custodians --appoint KEY --appoint KEY --appoint KEY
  tellmark custodians                       who they are, and what waits for them

Each makes a key of their own with tellmark-verify --new-key and gives you its public half. From then on sealing, making a \
copy again, tracing and showing names stop and leave a request; when two have signed it (tellmark approve), the \
same command goes on.")]
    Custodians(CustodiansArgs),
    /// Split the vault's key into three shares of which any two open it, or put it together again
    #[command(after_help = "Examples:
  tellmark key split --out /media/stick
  tellmark --share a/share-1.key --share b/share-3.key trace article.html
  tellmark --share a/share-1.key --share b/share-3.key key join

Give each share to another person. One share says nothing about the key; without two of them nobody can seal or trace, you neither.")]
    Key(KeyArgs),
    /// Say who besides the holders could make or take a copy: with the key, the folder, the mail server, or by copying
    #[command(after_help = "Examples:
  tellmark access
  tellmark access --add \"Ada Lindqvist\" --to key --since 2026-01-10
  tellmark access --add \"Print shop\" --to copying --until 2026-06-30

The list stands in every finding with its number. The last word on a person and a thing counts.")]
    Access(AccessArgs),
    /// Say for how long documents can be traced, fix a day, or destroy a document's key
    #[command(after_help = "Examples:
  tellmark retention
  tellmark retention minutes.docx --until 2027-12-31
  tellmark retention minutes.docx --destroy

With the key of a document go the salts behind its entries in the log: no copy of it can be made or told apart any more, and \
its entries in the log can be linked to nobody, nor can those of cases in which copies of no other document were tested. The ledger keeps the rosters, \
exhibits and findings, and backups hold everything until they are destroyed, too.")]
    Retention(RetentionArgs),
    /// Record what custodians signed
    #[command(after_help = "Example:
  tellmark-verify tellmark-vault/requests/trace-1a2b3c4d5e6f.json --sign me.key --out approval.json
  tellmark approve approval.json")]
    Approve(ApproveArgs),
    /// Serve the vault to an office's browsers, and to programs
    #[command(after_help = "Examples:
  tellmark serve
  tellmark --vault talks serve --listen 127.0.0.1:9000
  tellmark serve --listen 0.0.0.0:8080 --behind-proxy --url https://tell.example

The first start prints a link: whoever opens it becomes the owner and invites the others. The server speaks no TLS: it listens to \
this machine only, unless a proxy that does stands before it. Its log goes to standard error, a JSON object a line, without names \
and texts. A sealing that is cut off goes on after the next start (docs/server.md).")]
    Serve(ServeArgs),
    /// Take mail in, give every recipient a marked copy, and hand it to the office's own server
    #[command(after_help = "Examples:
  tellmark relay run
  tellmark relay run --policy /etc/tellmark/relay.toml
  tellmark relay queue
  tellmark relay retry 0006421f5c2b7a3e
  tellmark relay drop 0006421f5c2b7a3e
  tellmark relay user ada >> tellmark-vault/users

Mail programs submit to it as to any server; relay.toml in the vault says where it listens, where mail goes, who may send as whom, and which messages are marked (docs/relay.md). A message that is to be marked and cannot be is refused with the reason, never sent unmarked; a field `Tellmark: mark` asks for marks in any case. What was acknowledged is on the disk: end it at any moment. Its log goes to standard error, a JSON object a line, without names, addresses and texts.")]
    Relay(RelayArgs),
    /// List the releases
    Releases(ListArgs),
    /// List the copies of a release, or of all
    Copies(CopiesArgs),
    /// Write one file with everything that the vault holds, its key included unless that was split
    #[command(after_help = "Example:\n  tellmark backup talks-2026-05-03.tar")]
    Backup(BackupArgs),
    /// Make a vault from a backup
    #[command(after_help = "Example:\n  tellmark --vault talks-restored restore talks-2026-05-03.tar")]
    Restore(RestoreArgs),
    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  tellmark completions bash > ~/.local/share/bash-completion/completions/tellmark"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// The folder
        dir: PathBuf,
    },
}

/// `tellmark demo`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where to leave the files
    #[arg(long, value_name = "DIR", default_value = "tellmark-demo")]
    pub out: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Keep the key under a passphrase: asked for, or taken from TELLMARK_PASSPHRASE
    #[arg(long)]
    pub passphrase: bool,
    /// Keep the ledger in PostgreSQL: postgres://user@host/database
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
}

/// Which sites are used.
#[derive(Debug, Clone, Args)]
pub struct MarkArgs {
    /// The channels to use [default: wording,author,style; of a PDF layout,stamp]
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub channels: Vec<Channel>,
    /// The text is a transcript: keep every spoken word (found out by itself otherwise)
    #[arg(long, conflicts_with = "reported")]
    pub verbatim: bool,
    /// The text is no transcript, whatever it looks like
    #[arg(long)]
    pub reported: bool,
    /// Let spoken words differ too, by the same rules as other prose
    #[arg(long)]
    pub allow_speech: bool,
    /// How far words of a PDF move, in points: 0.05 to 0.6 [default: 0.15]
    #[arg(long, value_name = "POINTS")]
    pub shift: Option<f64>,
    /// Seal a PDF that is signed: its signature will cover the original only
    #[arg(long)]
    pub accept_signed: bool,
    /// What was decided about the sites [default: FILE.sites.toml, if it is there]
    #[arg(long, value_name = "TOML", conflicts_with = "no_review")]
    pub sites: Option<PathBuf>,
    /// Use the rules that need no second look, although FILE.sites.toml is there
    #[arg(long)]
    pub no_review: bool,
}

/// `tellmark review`
#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// The document: text, Markdown, HTML, DOCX or EML
    pub file: PathBuf,
    /// Which sites are used.
    #[command(flatten)]
    pub mark: MarkArgs,
    /// Go through what was decided before, too
    #[arg(long, conflicts_with_all = ["accept", "reject", "json"])]
    pub all: bool,
    /// Accept all open sites of these rules; `all` for every rule that needs no second look
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    pub accept: Vec<String>,
    /// Reject all open sites of these rules
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    pub reject: Vec<String>,
    /// Show the sites and write nothing
    #[arg(long, conflicts_with_all = ["accept", "reject", "suggest", "all"])]
    pub list: bool,
    /// Ask the model behind this address (OpenAI's chat completions) for other wordings of sentences that carry nothing;
    /// sends those sentences there
    #[arg(long, value_name = "URL", requires = "model")]
    pub suggest: Option<String>,
    /// What the model is called there; its key is taken from TELLMARK_MODEL_KEY
    #[arg(long, value_name = "M", requires = "suggest")]
    pub model: Option<String>,
    /// Ask about so many sentences at most
    #[arg(long, value_name = "N", default_value_t = 40, requires = "suggest")]
    pub suggest_max: usize,
    /// Print one JSON object instead of asking
    #[arg(long)]
    pub json: bool,
}

/// `tellmark plan`
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The document: text, Markdown, HTML, DOCX, ODT, EML or PDF
    pub file: PathBuf,
    /// Which sites are used.
    #[command(flatten)]
    pub mark: MarkArgs,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Write the plan as a page
    #[arg(long, value_name = "OUT")]
    pub html: Option<PathBuf>,
    /// Overwrite the page
    #[arg(long)]
    pub force: bool,
    /// How many copies there will be [default: tells of 20 and of 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub copies: Option<u64>,
    /// The bound on naming any innocent copy [default: tells of 1e-3 and 1e-6]
    #[arg(long)]
    pub alpha: Option<String>,
    /// Plan again whenever the document or its review changes, until Ctrl-C
    #[arg(long, conflicts_with = "json")]
    pub watch: bool,
}

/// `tellmark seal`
#[derive(Debug, Args)]
pub struct SealArgs {
    /// The document: text, Markdown, HTML, DOCX, ODT, EML or PDF
    #[arg(required_unless_present = "extend", conflicts_with = "extend")]
    pub file: Option<PathBuf>,
    /// Who gets a copy
    #[arg(
        long,
        value_name = "ROSTER.csv",
        required_unless_present = "numbered",
        conflicts_with = "numbered"
    )]
    pub to: Option<PathBuf>,
    /// Make so many numbered copies, 01, 02 and so on, whose holders are told later (tellmark holders)
    #[arg(long, value_name = "N", conflicts_with = "extend")]
    pub numbered: Option<u64>,
    /// Where the copies go
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// What to call the release [default: the file's name]
    #[arg(long, conflicts_with = "extend")]
    pub name: Option<String>,
    /// The bound on naming any innocent copy, over a whole case
    #[arg(long, default_value = tellmark_app::DEFAULT_ALPHA, conflicts_with = "extend")]
    pub alpha: String,
    /// Which sites are used.
    #[command(flatten)]
    pub mark: MarkArgs,
    /// The release that this document is a redraft of: its id, the beginning of it, or its name
    #[arg(long, value_name = "RELEASE", conflicts_with = "extend")]
    pub revises: Option<String>,
    /// A line that every copy shows to its reader: {id}, {name} and {group} are filled in from the roster
    #[arg(long, value_name = "TEXT", conflicts_with = "extend")]
    pub visible: Option<String>,
    /// A message as the model of a ready draft for each copy, in its folder under MESSAGE.eml's own name, with the copy attached;
    /// {name}, {id} and {group} in its subject and text are filled in
    #[arg(long, value_name = "MESSAGE.eml")]
    pub mail: Option<PathBuf>,
    /// Make another release although this document was sealed for this roster before
    #[arg(long, conflicts_with = "extend")]
    pub new: bool,
    /// Add copies to a release instead: late ones, with a share of alpha of their own
    #[arg(long, value_name = "RELEASE")]
    pub extend: Option<String>,
    /// Overwrite files that are in the way
    #[arg(long)]
    pub force: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The folder with the copies
    pub dir: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark withdraw`
#[derive(Debug, Args)]
pub struct WithdrawArgs {
    /// The release: its id, the beginning of it, or its name
    pub release: String,
    /// The copy's id
    pub copy: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub because: String,
}

/// `tellmark copy`
#[derive(Debug, Args)]
pub struct CopyArgs {
    /// The release: its id, the beginning of it, or its name
    pub release: String,
    /// The copy's id
    pub copy: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Overwrite it
    #[arg(long)]
    pub force: bool,
}

/// `tellmark holders`
#[derive(Debug, Args)]
pub struct HoldersArgs {
    /// The release: its id, the beginning of it, or its name [default: all]
    pub release: Option<String>,
    /// The copy that somebody holds
    #[arg(long, value_name = "COPY", requires = "to")]
    pub give: Option<String>,
    /// Who holds it: a person, an assistant who prints, a room
    #[arg(long, value_name = "NAME", requires = "give")]
    pub to: Option<String>,
    /// The day from which they hold it [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "give")]
    pub since: Option<String>,
    /// It is assumed, not known
    #[arg(long, requires = "give")]
    pub assumed: bool,
    /// How it is known, or why it is assumed
    #[arg(long, value_name = "TEXT", default_value = "", requires = "give")]
    pub because: String,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark diff`
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The release: its id, the beginning of it, or its name
    pub release: String,
    /// A copy's id
    pub one: String,
    /// Another copy's id
    pub other: String,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark form`
#[derive(Debug, Args)]
pub struct FormArgs {
    /// The release whose points are asked: its id, the beginning of it, or its name
    #[arg(required_unless_present = "fill", conflicts_with = "fill")]
    pub release: Option<String>,
    /// Fill in this form in the terminal; needs no vault
    #[arg(long, value_name = "FORM.json")]
    pub fill: Option<PathBuf>,
    /// The folder for the forms, or the file for the answers
    #[arg(long, value_name = "OUT")]
    pub out: PathBuf,
    /// How many people fill in a form
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub readers: usize,
    /// Overwrite files that are in the way
    #[arg(long)]
    pub force: bool,
}

/// `tellmark trace`
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// Leaked material: text, HTML, DOCX, ODT, EML or PDF, or a picture (PNG, JPEG, WebP, TIFF); - reads standard input
    #[arg(required_unless_present = "form", value_name = "EXHIBIT")]
    pub exhibits: Vec<PathBuf>,
    /// What people say of the leak on a form of `tellmark form`; once for each of them
    #[arg(long, value_name = "ANSWERS.json")]
    pub form: Vec<PathBuf>,
    /// The case to add this look to [default: a new case]
    #[arg(long, value_name = "NAME")]
    pub case: Option<String>,
    /// Test the copies of this release alone, and of no other document or draft: what `prove` needs
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<String>,
    /// Why the exhibits are here
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub because: String,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Write the report
    #[arg(long, value_name = "OUT.html")]
    pub report: Option<PathBuf>,
    /// Show who is who although nobody is named; needs --because, and is recorded
    #[arg(long)]
    pub identities: bool,
    /// Languages of text in pictures, as tesseract calls them: eng+ukr [default: eng]
    #[arg(long, value_name = "LANGUAGES")]
    pub languages: Option<String>,
    /// Overwrite the report
    #[arg(long)]
    pub force: bool,
}

/// `tellmark spot`
#[derive(Debug, Args)]
pub struct SpotArgs {
    /// The documents to look for; no vault is needed [default: the vault's releases]
    #[arg(long, value_name = "FILE.jsonl")]
    pub documents: Option<PathBuf>,
    /// Unrelated texts of the kind that is searched: they say which wordings are common
    #[arg(long, value_name = "FILE.jsonl")]
    pub background: Option<PathBuf>,
}

/// `tellmark follow`
#[derive(Debug, Args)]
pub struct FollowArgs {
    /// What to do
    #[command(subcommand)]
    pub action: FollowAction,
}

/// What to do with sources.
#[derive(Debug, Subcommand)]
pub enum FollowAction {
    /// Follow a source from now on
    Add {
        /// https://… (a feed, a page or a sitemap), a folder, an mbox file, a Maildir,
        /// imaps://user@host/Mailbox, or - for standard input
        source: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// List the sources, with how reading them goes
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Follow a source no more; what was seen in it stays
    Remove {
        /// The source's number, as `list` shows it
        id: u32,
    },
    /// Read the sources as they come due, until Ctrl-C
    Run {
        /// Read each source once, due or not, and end
        #[arg(long)]
        once: bool,
        /// Print one JSON object for each sighting, a line each
        #[arg(long)]
        json: bool,
        /// Hand what is fetched to workers (`follow work`), by this NATS server with JetStream: tls://nats.example:4222
        #[arg(long, value_name = "URL", env = "TELLMARK_NATS", hide_env_values = true)]
        nats: Option<String>,
        /// The NATS server's credentials, a file as nsc writes it
        #[arg(long, value_name = "FILE", requires = "nats")]
        nats_creds: Option<PathBuf>,
    },
    /// Search what `follow run --nats` fetched, until Ctrl-C; as many may work as there are processors
    Work {
        /// The NATS server with JetStream: tls://nats.example:4222, or nats://127.0.0.1:4222 on this machine
        #[arg(long, value_name = "URL", env = "TELLMARK_NATS", hide_env_values = true)]
        nats: String,
        /// Its credentials, a file as nsc writes it
        #[arg(long, value_name = "FILE")]
        nats_creds: Option<PathBuf>,
        /// End when nothing waits any more
        #[arg(long)]
        once: bool,
        /// Print one JSON object for each sighting, a line each
        #[arg(long)]
        json: bool,
    },
}

/// `tellmark sightings`
#[derive(Debug, Args)]
pub struct SightingsArgs {
    /// Those of shared wording, too
    #[arg(long)]
    pub shared: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark sighting`
#[derive(Debug, Args)]
pub struct SightingArgs {
    /// The sighting's number
    pub id: u32,
    /// Trace it
    #[arg(long)]
    pub trace: bool,
    /// The case to which the look is added [default: a new case]
    #[arg(long, value_name = "NAME", requires = "trace")]
    pub case: Option<String>,
    /// Write the report
    #[arg(long, value_name = "OUT.html", requires = "trace")]
    pub report: Option<PathBuf>,
    /// Overwrite the report
    #[arg(long, requires = "report")]
    pub force: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark cases`
#[derive(Debug, Args)]
pub struct CasesArgs {
    /// The case to show [default: a list of all]
    #[arg(value_name = "NAME")]
    pub case: Option<String>,
    /// Say what of alpha all cases together spent on the copy of this id
    #[arg(long, value_name = "ID", conflicts_with = "case")]
    pub copy: Option<String>,
    /// Of this release's document alone: its id, the beginning of it, or its name [default: every document]
    #[arg(long, value_name = "RELEASE", requires = "copy")]
    pub release: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark releases`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark copies`
#[derive(Debug, Args)]
pub struct CopiesArgs {
    /// The release: its id, the beginning of it, or its name [default: all]
    pub release: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark backup`
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write
    pub file: PathBuf,
}

/// `tellmark restore`
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup
    pub file: PathBuf,
    /// Keep the ledger in PostgreSQL: postgres://user@host/database
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
