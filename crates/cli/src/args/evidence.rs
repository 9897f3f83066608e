//! The commands about evidence: what is proved, who saw, signed and agreed.

use std::path::PathBuf;

use clap::Args;

/// `tellmark prove`
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// The case
    pub case: String,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
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
