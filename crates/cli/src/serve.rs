//! `tellmark serve`: the server, until somebody ends it.

use anyhow::Result;
use tellmark_app::{Error, Vault};
use tellmark_server::{Provider, Server, Settings, bind, first_link, serve};

use crate::args::ServeArgs;
use crate::{EXIT_DONE, say, signals};

/// Serves a vault until SIGINT or SIGTERM.
///
/// # Errors
/// When it would be unsafe, the address is taken, or the vault cannot be used.
pub async fn run(vault: Vault, args: ServeArgs, quiet: bool) -> Result<u8> {
    let mut settings = Settings::new(args.listen, vault.folder());
    settings.url = args.url;
    settings.behind_proxy = args.behind_proxy;
    settings.metrics_token = args.metrics_token;
    settings.follows = !args.no_follow;
    if let Some(copies) = args.copies {
        settings.copies = copies;
    }
    let secret = std::env::var("TELLMARK_OIDC_SECRET").ok().filter(|secret| !secret.is_empty());
    let refused = |error: tellmark_server::Error| match error {
        tellmark_server::Error::Refused(why) => anyhow::Error::new(Error::Input(why)),
        other => other.into(),
    };
    if let (Some(issuer), Some(client)) = (&args.oidc_issuer, &args.oidc_client) {
        settings.provider = Some(Provider::new(issuer, client, secret.as_deref()).map_err(refused)?);
    }
    settings.check().map_err(refused)?;
    let listener = bind(settings.listen).await.map_err(refused)?;
    settings.listen = listener.local_addr()?;
    if !quiet {
        tracing_subscriber::fmt().json().with_writer(std::io::stderr).init();
    }
    let address = settings.base();
    let server = Server::new(vault, settings).map_err(refused)?;
    say::line(&format!("Serving {} at {address} (Ctrl-C ends it)", server.vault.folder().display()));
    if let Some(link) = first_link(&server).await? {
        say::line(
            "Nobody has an account yet. Whoever opens this link becomes the owner; it works once, for three days:",
        );
        say::line(&format!("  {link}"));
    }
    serve(server, listener, signals::ended()).await;
    say::line("Ended.");
    Ok(EXIT_DONE)
}
