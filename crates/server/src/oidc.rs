//! Signing in by the office's own accounts: OpenID Connect, the authorization code flow with PKCE.
//!
//! Nothing of a sign-in under way is kept here. The browser holds one random secret in a cookie, and what goes to the
//! provider (state, nonce, the challenge) follows from it, so that any server of the office can end what another began.
//!
//! # Source
//! OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9700, 2.1.

use std::time::Duration;

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
};
use tellmark_app::people;
use url::Url;

use crate::Error;

/// Bytes of an answer of the provider at most.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// Time for one answer of the provider.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);
/// Characters of a name that is taken from the provider at most.
const NAME_CHARS_MAX: usize = 80;

/// The office's own sign-in, as the operator gave it.
#[derive(Clone)]
pub struct Provider {
    issuer: IssuerUrl,
    client: ClientId,
    secret: Option<ClientSecret>,
    /// What people call it: the host of its address.
    pub name: String,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.issuer.as_str()).finish_non_exhaustive()
    }
}

/// Whom the provider names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who it is, as the ledger keeps it.
    pub identity: String,
    /// What they are called; empty where the provider does not say.
    pub name: String,
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl Provider {
    /// A provider by its issuer's address, and what it calls this server.
    ///
    /// # Errors
    /// When the address is no https one, and none of this machine.
    pub fn new(issuer: &Url, client: &str, secret: Option<&str>) -> Result<Provider, Error> {
        let refused = |why: &str| {
            Error::Refused(format!("{issuer} is no address of a sign-in that can be trusted: {why}"))
        };
        if issuer.host().is_none() {
            return Err(refused("it names no host"));
        }
        if issuer.scheme() != "https" && !tellmark_app::is_this_machine(issuer) {
            return Err(refused("who somebody is would cross the network in the clear; write https://"));
        }
        if issuer.query().is_some() || issuer.fragment().is_some() || issuer.password().is_some() {
            return Err(refused("an issuer has no query, no fragment and no password"));
        }
        // Issuers are compared letter by letter, and most have no slash at the end.
        let spelled = match issuer.path() {
            "/" => issuer.as_str().trim_end_matches('/'),
            _ => issuer.as_str(),
        };
        Ok(Provider {
            issuer: IssuerUrl::new(spelled.to_owned()).map_err(|error| refused(&error.to_string()))?,
            client: ClientId::new(client.to_owned()),
            secret: secret.map(|secret| ClientSecret::new(secret.to_owned())),
            name: issuer.host_str().unwrap_or_default().to_owned(),
        })
    }

    /// Where a browser goes that holds this cookie.
    ///
    /// # Errors
    /// In words for the log, when the provider does not answer as it should.
    pub fn begin(&self, base: &str, cookie: &str) -> Result<Url, String> {
        let verifier = PkceCodeVerifier::new(derived("pkce", cookie));
        let (state, nonce) = (derived("state", cookie), derived("nonce", cookie));
        let (address, _, _) = self
            .client(base)?
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(state),
                || Nonce::new(nonce),
            )
            .add_scope(Scope::new("profile".into()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(address)
    }

    /// Whom the provider names to a browser that came back with this code.
    ///
    /// # Errors
    /// In words for the log, when it names nobody, or what it says does not hold.
    pub fn end(&self, base: &str, cookie: &str, code: &str) -> Result<Person, String> {
        let client = self.client(base)?;
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let request = request.map_err(|error| format!("it takes no codes: {error}"))?;
        let answer = request
            .set_pkce_verifier(PkceCodeVerifier::new(derived("pkce", cookie)))
            .request(&|request| self.ask(request))
            .map_err(|error| format!("it did not take the code: {error}"))?;
        let token = openidconnect::TokenResponse::id_token(&answer).ok_or("it gave no identity")?;
        let claims = token
            .claims(&client.id_token_verifier(), &Nonce::new(derived("nonce", cookie)))
            .map_err(|error| format!("what it said does not hold: {error}"))?;
        let said = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str());
        let said = said.or_else(|| claims.preferred_username().map(|name| name.as_str()));
        Ok(Person {
            identity: people::identity(claims.issuer().as_str(), claims.subject().as_str()),
            name: said.unwrap_or_default().trim().chars().take(NAME_CHARS_MAX).collect(),
        })
    }

    /// Whether a browser that holds this cookie began what came back with this state.
    pub fn began(cookie: &str, state: &str) -> bool {
        crate::guard::is_equal(&derived("state", cookie), state)
    }

    fn client(&self, base: &str) -> Result<Client, String> {
        let metadata = CoreProviderMetadata::discover(&self.issuer, &|request| self.ask(request));
        let metadata = metadata.map_err(|error| format!("it says nothing of itself: {error}"))?;
        let back =
            RedirectUrl::new(format!("{base}/sign-in/office/back")).map_err(|error| error.to_string())?;
        let client = CoreClient::from_provider_metadata(metadata, self.client.clone(), self.secret.clone());
        Ok(client.set_redirect_uri(back))
    }

    /// Asks the provider something: over https, but on this machine, without following it anywhere else.
    fn ask(&self, request: HttpRequest) -> Result<HttpResponse, ureq::Error> {
        let is_https = self.issuer.as_str().starts_with("https://");
        let mut config = ureq::Agent::config_builder();
        if !is_https {
            // Through a proxy it would leave this machine in the clear.
            config = config.proxy(None);
        }
        let config = config
            .https_only(is_https)
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_TIME_MAX))
            .build();
        let answer = ureq::Agent::from(config).run(request)?;
        let (parts, mut body) = answer.into_parts();
        let bytes = body.with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
        Ok(HttpResponse::from_parts(parts, bytes))
    }
}

/// What follows from a browser's cookie for one use: 64 hexadecimal digits.
fn derived(what: &str, cookie: &str) -> String {
    people::hash(&format!("tellmark sign-in v1 {what} {cookie}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_can_be_trusted_are_taken() {
        for (issuer, is_fine) in [
            ("https://id.example", true),
            ("https://id.example/realms/office", true),
            ("http://127.0.0.1:8090", true),
            ("http://localhost:8090", true),
            ("http://id.example", false),
            ("http://127.0.0.1.evil.example", false),
            ("https://id.example/?x=1", false),
            ("https://me:secret@id.example", false),
            ("mailto:me@id.example", false),
        ] {
            let made = Provider::new(&issuer.parse().unwrap(), "tellmark", None);
            assert_eq!(made.is_ok(), is_fine, "{issuer}");
        }
        let bare = Provider::new(&"https://id.example".parse().unwrap(), "tellmark", None).unwrap();
        assert_eq!(bare.issuer.as_str(), "https://id.example");
        assert!(!format!("{bare:?}").contains("secret"));
    }

    #[test]
    fn what_goes_out_follows_from_the_cookie_alone() {
        assert!(Provider::began("cookie", &derived("state", "cookie")));
        assert!(!Provider::began("another", &derived("state", "cookie")));
        assert!(!Provider::began("cookie", &derived("nonce", "cookie")) && !Provider::began("", ""));
    }
}
