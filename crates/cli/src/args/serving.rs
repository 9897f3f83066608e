//! The arguments of `tellmark serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use url::Url;

/// `tellmark serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// How people reach it, where a proxy stands before it: `https://tell.example`
    #[arg(long, value_name = "URL")]
    pub url: Option<Url>,
    /// A proxy that ends TLS stands before it, and says who asks (X-Forwarded-For)
    #[arg(long)]
    pub behind_proxy: bool,
    /// Where sealed copies are kept [default: the vault's folder with -copies behind its name]
    #[arg(long, value_name = "DIR")]
    pub copies: Option<PathBuf>,
    /// Read no sources here: another program follows them (`tellmark follow run`)
    #[arg(long)]
    pub no_follow: bool,
    /// A token with which monitoring may read /metrics from elsewhere
    #[arg(long, env = "TELLMARK_METRICS_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub metrics_token: Option<String>,
    /// The office's own sign-in (OpenID Connect), by the address of its issuer
    #[arg(long, value_name = "URL", requires = "oidc_client")]
    pub oidc_issuer: Option<Url>,
    /// What that sign-in calls this server; its secret is read from TELLMARK_OIDC_SECRET, where it has one
    #[arg(long, value_name = "ID", requires = "oidc_issuer")]
    pub oidc_client: Option<String>,
}
