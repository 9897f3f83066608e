//! Use case: signing in, or opening a link, with a passkey, a key pair whose private half never leaves somebody's device. It signs a challenge of ours
//! together with the name of this server, so that nothing is gained by a page of another name.
//!
//! Kept is what verifying takes: the key as SubjectPublicKeyInfo, P-256 alone (ES256), which every device has. Attestations, which
//! tell a device's maker, are not asked for.
//!
//! # Source
//! W3C, Web Authentication Level 3: 7.1 (registering, without an attestation), 7.2 (verifying an assertion).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::DecodePublicKey;
use sha2::{Digest, Sha256};
pub use tellmark_store::{Keeper, Passkey};
use tellmark_store::{NewPasskey, Share};

use crate::people::{self, Account};
use crate::{Error, Ports, Result, Vault, share};

/// Passkeys of one account, or of one link.
const KEYS_MAX: usize = 20;
/// Bytes of what a device says.
const SAID_BYTES_MAX: usize = 16 << 10;
/// Bytes of the name that a device gives a passkey.
const CREDENTIAL_BYTES_MAX: usize = 1_023;
/// A question waits so long for its answer, in seconds.
const WAITS_SECONDS: i64 = 300;
/// Questions that wait at once; beyond it those that were asked first are forgotten.
const WAITING_MAX: u32 = 20_000;
/// The flags of an authenticator: somebody was there, and showed who they are.
const PRESENT_AND_VERIFIED: u8 = 0b101;

/// Where browsers reach this server: its origin, `https://tell.example`, and the host in it.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Scheme, host and port.
    pub origin: &'a str,
    /// The host alone.
    pub host: &'a str,
}

/// What a device made: a passkey.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// How the device calls it, base64url.
    pub credential: String,
    /// What the browser says that was asked, base64url.
    pub client: String,
    /// What the device says, base64url.
    pub device: String,
    /// The public key as SubjectPublicKeyInfo, base64url.
    pub public_key: String,
}

/// What a device signed.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// How the device calls the passkey, base64url.
    pub credential: String,
    /// What the browser says that was asked, base64url.
    pub client: String,
    /// What the device says, base64url.
    pub device: String,
    /// Its signature over both, base64url.
    pub signature: String,
}

/// Asks a question, 256 bits in base64url, of an account, of whoever signs in, or of whoever has a link. It waits for some minutes, for all servers on
/// this ledger, which has its SHA-256.
///
/// # Errors
/// Only those of the ledger.
pub async fn ask(vault: &Vault, keeper: Keeper, ports: &mut Ports) -> Result<String> {
    let challenge = URL_SAFE_NO_PAD.encode(ports.random::<32>());
    let times = (ports.now, ports.now + WAITS_SECONDS);
    vault.store.ask_question(&people::hash(&challenge), keeper, times, WAITING_MAX).await?;
    Ok(challenge)
}

/// Whether a question was asked of them and waits for its answer; it does not wait any more then.
///
/// # Errors
/// Only those of the ledger.
pub async fn take(vault: &Vault, challenge: &str, keeper: Keeper, now: i64) -> Result<bool> {
    Ok(vault.store.take_question(&people::hash(challenge), keeper, now).await?)
}

/// Keeps a passkey that was made for a challenge.
///
/// # Errors
/// When it was made for another challenge or server, is of another kind, or there are too many.
pub async fn add(
    vault: &Vault,
    keeper: Keeper,
    name: &str,
    (site, challenge): (Site<'_>, &str),
    made: &Made,
    now: i64,
) -> Result<()> {
    check_client(&decode(&made.client)?, "webauthn.create", challenge, site)?;
    let counter = check_device(&decode(&made.device)?, site)?;
    let credential = decode(&made.credential)?;
    if credential.is_empty() || credential.len() > CREDENTIAL_BYTES_MAX {
        return Err(wrong("the passkey has no name of the usual length"));
    }
    key(&made.public_key)?;
    if vault.store.passkeys(keeper).await?.len() >= KEYS_MAX {
        let whose = if matches!(keeper, Keeper::Account(_)) { "an account" } else { "a link" };
        return Err(Error::input(format!("{whose} has at most {KEYS_MAX} passkeys; remove one first")));
    }
    let name = if name.trim().is_empty() { "a passkey" } else { name.trim() };
    let public_key = made.public_key.as_str();
    let credential = &URL_SAFE_NO_PAD.encode(credential);
    vault.store.add_passkey(&NewPasskey { keeper, credential, public_key, name, counter, at: now }).await?;
    if let Keeper::Share(share) = keeper {
        vault.store.record_visit(share, "added a passkey", now).await?;
    }
    Ok(())
}

/// Signs somebody in by what their device signed: the account and the session's secret; `None` for a passkey that is nobody's, a
/// closed account, or a device that counts back, as a copy of it would.
///
/// # Errors
/// When what was signed is for another challenge or server, or the signature does not hold.
pub async fn sign_in(
    vault: &Vault,
    (site, challenge): (Site<'_>, &str),
    shown: &Shown,
    ports: &mut Ports,
) -> Result<Option<(Account, String)>> {
    let Some(passkey) = verified(vault, (site, challenge), shown).await? else { return Ok(None) };
    let Keeper::Account(number) = passkey.keeper else { return Ok(None) };
    let account = vault.store.account(number).await?;
    if account.disabled_at > 0 || !vault.store.use_passkey(passkey.number, passkey.counter, ports.now).await?
    {
        return Ok(None);
    }
    let secret = people::begin(vault, (account.number, 0), people::SESSION_SECONDS, ports).await?;
    Ok(Some((account, secret)))
}

/// Lets a recipient in by what their device signed, in place of a one-time code. Returns the secret of a session; `None` for a
/// passkey that is not this link's, or a device that counts back.
///
/// # Errors
/// When what was signed is for another challenge or server, or the signature does not hold.
pub async fn enter(
    vault: &Vault,
    share: &Share,
    (site, challenge): (Site<'_>, &str),
    shown: &Shown,
    ports: &mut Ports,
) -> Result<Option<String>> {
    let Some(passkey) = verified(vault, (site, challenge), shown).await? else { return Ok(None) };
    let is_own = passkey.keeper == Keeper::Share(share.number);
    if !is_own || !vault.store.use_passkey(passkey.number, passkey.counter, ports.now).await? {
        return Ok(None);
    }
    share::let_in(vault, share, "opened with a passkey", ports).await.map(Some)
}

/// The passkey that signed, with the count that its device told now; `None` where it is nobody's.
async fn verified(
    vault: &Vault,
    (site, challenge): (Site<'_>, &str),
    shown: &Shown,
) -> Result<Option<Passkey>> {
    let (client, device) = (decode(&shown.client)?, decode(&shown.device)?);
    check_client(&client, "webauthn.get", challenge, site)?;
    let counter = check_device(&device, site)?;
    let credential = URL_SAFE_NO_PAD.encode(decode(&shown.credential)?);
    let Some(mut passkey) = vault.store.passkey(&credential).await? else { return Ok(None) };
    let signed = [device.as_slice(), &Sha256::digest(&client)].concat();
    let signature = Signature::from_der(&decode(&shown.signature)?);
    let holds = signature.is_ok_and(|signature| {
        key(&passkey.public_key).is_ok_and(|key| key.verify(&signed, &signature).is_ok())
    });
    if !holds {
        return Err(wrong("the signature does not hold"));
    }
    passkey.counter = counter;
    Ok(Some(passkey))
}

/// The passkeys of an account or a link.
///
/// # Errors
/// Only those of the ledger.
pub async fn list(vault: &Vault, keeper: Keeper) -> Result<Vec<Passkey>> {
    Ok(vault.store.passkeys(keeper).await?)
}

/// Removes a passkey of an account.
///
/// # Errors
/// When the account has none of this number.
pub async fn remove(vault: &Vault, account: u32, number: u32, now: i64) -> Result<()> {
    Ok(vault.store.remove_passkey(account, number, now).await?)
}

fn wrong(why: &str) -> Error {
    Error::input(format!("the passkey was not accepted: {why}; try again"))
}

/// The bytes of a base64url text that a browser sent.
///
/// # Errors
/// When it is none, or too long.
pub fn decode(text: &str) -> Result<Vec<u8>> {
    let short = Some(text.trim_end_matches('=')).filter(|text| text.len() <= SAID_BYTES_MAX);
    let bytes = short.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    bytes.ok_or_else(|| wrong("the browser sent something else"))
}

fn key(spelled: &str) -> Result<VerifyingKey> {
    VerifyingKey::from_public_key_der(&decode(spelled)?).map_err(|_| wrong("its key is none of P-256"))
}

/// What the browser says that was asked of the device: by which page, and for what.
fn check_client(bytes: &[u8], kind: &str, challenge: &str, site: Site<'_>) -> Result<()> {
    let said: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|_| wrong("the browser sent something else"))?;
    match () {
        () if said["type"] != kind => Err(wrong("it was made for something else")),
        () if said["challenge"] != challenge || challenge.is_empty() => {
            Err(wrong("it answers another question, or one that is too old"))
        }
        () if said["origin"] != site.origin => Err(wrong("it was made on a page of another server")),
        () if said["crossOrigin"] == true => Err(wrong("it was made within a page of another server")),
        () => Ok(()),
    }
}

/// What the device says: for which server, that somebody was there and showed who they are, and its count of signatures.
fn check_device(bytes: &[u8], site: Site<'_>) -> Result<u32> {
    let (Some(host), Some(&flags), Some(count)) = (bytes.get(..32), bytes.get(32), bytes.get(33..37)) else {
        return Err(wrong("the device said too little"));
    };
    if host != Sha256::digest(site.host.as_bytes()).as_slice() {
        return Err(wrong("it is for another server"));
    }
    if flags & PRESENT_AND_VERIFIED != PRESENT_AND_VERIFIED {
        return Err(wrong("the device did not ask who is there"));
    }
    Ok(u32::from_be_bytes([count[0], count[1], count[2], count[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: Site<'_> = Site { origin: "https://tell.example", host: "tell.example" };

    fn client(kind: &str, challenge: &str, origin: &str) -> Vec<u8> {
        serde_json::json!({ "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    #[test]
    fn a_browser_says_what_was_asked_and_where() {
        let good = client("webauthn.get", "c", SITE.origin);
        assert!(check_client(&good, "webauthn.get", "c", SITE).is_ok());
        for (bytes, kind, challenge) in [
            (good.clone(), "webauthn.create", "c"),
            (good.clone(), "webauthn.get", "d"),
            (client("webauthn.get", "", SITE.origin), "webauthn.get", ""),
            (client("webauthn.get", "c", "https://tell.example.org"), "webauthn.get", "c"),
            (client("webauthn.get", "c", "http://tell.example"), "webauthn.get", "c"),
            (br#"{"type":"webauthn.get","challenge":"c","origin":"https://tell.example","crossOrigin":true}"#.to_vec(), "webauthn.get", "c"),
            (b"{".to_vec(), "webauthn.get", "c"),
        ] {
            assert!(check_client(&bytes, kind, challenge, SITE).is_err(), "{}", String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn a_device_says_for_whom_and_that_somebody_was_there() {
        let said =
            |host: &str, flags: u8| [&Sha256::digest(host.as_bytes())[..], &[flags, 0, 0, 1, 2]].concat();
        assert_eq!(check_device(&said(SITE.host, 0b101), SITE).unwrap(), 258);
        for bad in
            [said("tell.example.org", 0b101), said(SITE.host, 0b001), said(SITE.host, 0b100), vec![0; 36]]
        {
            assert!(check_device(&bad, SITE).is_err());
        }
        assert!(decode("a b").is_err() && decode(&"A".repeat(SAID_BYTES_MAX + 4)).is_err());
        assert!(key("AAAA").is_err());
    }
}
