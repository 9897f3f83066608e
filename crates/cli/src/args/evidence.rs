//! The commands about evidence: what is proved, who saw, signed and agreed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `tellmark prove`
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// The case
    pub case: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Enclose the original and all of its places, with its owner's consent: then anybody can read the exhibits again
    #[arg(long)]
    pub enclose_original: bool,
    /// Overwrite the file
    #[arg(long)]
    pub force: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark witness`
#[derive(Debug, Args)]
pub struct WitnessArgs {
    /// The witness's folder; a new witness is made where it is empty or missing
    pub dir: PathBuf,
    /// Write the policy that trusts this log and this witness into a file, for tellmark-verify
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Overwrite the policy
    #[arg(long, requires = "policy")]
    pub force: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark receipts`
#[derive(Debug, Args)]
pub struct ReceiptsArgs {
    /// The release: its id, the beginning of it, or its name
    #[arg(required_unless_present = "record", conflicts_with = "record")]
    pub release: Option<String>,
    /// Write a slip for each copy into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "record")]
    pub slips: Option<PathBuf>,
    /// For this copy only
    #[arg(long, value_name = "COPY", requires = "slips")]
    pub copy: Option<String>,
    /// Record receipts that holders signed
    #[arg(long, value_name = "RECEIPT", num_args = 1..)]
    pub record: Vec<PathBuf>,
    /// Overwrite slips
    #[arg(long, requires = "slips")]
    pub force: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark custodians`
#[derive(Debug, Args)]
pub struct CustodiansArgs {
    /// Appoint the custodian with this public key; twice or more, in the place of those before
    #[arg(long, value_name = "KEY")]
    pub appoint: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark approve`
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// What custodians signed
    #[arg(required = true, value_name = "APPROVAL")]
    pub files: Vec<PathBuf>,
}

/// `tellmark key`
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// What to do
    #[command(subcommand)]
    pub action: KeyAction,
}

/// What to do with the vault's key.
#[derive(Debug, Subcommand)]
pub enum KeyAction {
    /// Write share-1.key, share-2.key and share-3.key, and remove the key from the vault
    Split {
        /// The folder for the shares
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Put the key into the vault again
    Join {
        /// Keep it under a passphrase
        #[arg(long)]
        passphrase: bool,
    },
}

/// `tellmark access`
#[derive(Debug, Args)]
pub struct AccessArgs {
    /// Record that this person or office has access
    #[arg(long, value_name = "WHO", requires = "to")]
    pub add: Option<String>,
    /// To what: key, folder, mail, copying
    #[arg(long, value_delimiter = ',', value_name = "WHAT", requires = "add", value_parser = ["key", "folder", "mail", "copying"])]
    pub to: Vec<String>,
    /// From which day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "add", default_value = "")]
    pub since: String,
    /// Until which day [default: it lasts]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "add", default_value = "")]
    pub until: String,
    /// Why, or how it is known
    #[arg(long, value_name = "TEXT", requires = "add", default_value = "")]
    pub because: String,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark retention`
#[derive(Debug, Args)]
pub struct RetentionArgs {
    /// The release: its id, the beginning of it, or its name [default: lists all]
    pub release: Option<String>,
    /// Fix the day on which the key of its document is to be destroyed
    #[arg(long, value_name = "YYYY-MM-DD", requires = "release", conflicts_with = "destroy")]
    pub until: Option<String>,
    /// Destroy the key of its document, now that the day has come
    #[arg(long, requires = "release")]
    pub destroy: bool,
    /// Although the day has not come
    #[arg(long, requires = "destroy")]
    pub early: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark reread`
#[derive(Debug, Args)]
pub struct RereadArgs {
    /// The bundle
    pub bundle: PathBuf,
    /// A copy as it was delivered, to be held against what the release committed to for the copy that is named; may be
    /// given several times
    #[arg(long, value_name = "FILE")]
    pub copy: Vec<PathBuf>,
    /// Languages of text in pictures, as tesseract calls them: eng+ukr [default: eng]
    #[arg(long, value_name = "LANGUAGES")]
    pub languages: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `tellmark timestamp`
#[derive(Debug, Args)]
pub struct TimestampArgs {
    /// Write a request for the head of the log, to be sent to a time-stamping authority
    #[arg(long, value_name = "FILE.tsq", required_unless_present = "attach", conflicts_with = "attach")]
    pub request: Option<PathBuf>,
    /// Keep the authority's answer
    #[arg(long, value_name = "FILE.tsr")]
    pub attach: Option<PathBuf>,
    /// Overwrite the request
    #[arg(long, requires = "request")]
    pub force: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}
