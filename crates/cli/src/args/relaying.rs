//! The arguments of `tellmark relay`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `tellmark relay`
#[derive(Debug, Args)]
pub struct RelayArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: RelayAction,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum RelayAction {
    /// Relay until somebody ends it
    Run {
        /// What it is to do [default: relay.toml in the vault]
        #[arg(long, value_name = "TOML")]
        policy: Option<PathBuf>,
        /// Where mail waits [default: the folder queue in the vault]
        #[arg(long, value_name = "DIR")]
        queue: Option<PathBuf>,
    },
    /// List what waits, whether or not a relay runs
    Queue {
        /// Where mail waits [default: the folder queue in the vault]
        #[arg(long, value_name = "DIR")]
        queue: Option<PathBuf>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Try a message that waits again, now
    Retry {
        /// The message, as `queue` lists it
        id: String,
        /// Where mail waits [default: the folder queue in the vault]
        #[arg(long, value_name = "DIR")]
        queue: Option<PathBuf>,
    },
    /// Take what waits of a message from the queue; nobody is told
    Drop {
        /// The message, as `queue` lists it
        id: String,
        /// Where mail waits [default: the folder queue in the vault]
        #[arg(long, value_name = "DIR")]
        queue: Option<PathBuf>,
    },
    /// Print a line for the file of those who may send; the password is asked for, or taken from standard input
    User {
        /// The name by which they sign in; one that is an address is their only sender, unless the policy says otherwise
        name: String,
    },
}
