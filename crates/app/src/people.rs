//! Use case: people who work with the vault over the network. How they come in, and what is kept of it.
//!
//! Every secret that lets somebody in (a link, a session, a program's token) is 32 random bytes that are shown once; the
//! ledger holds its SHA-256. Passwords are kept as Argon2id hashes.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use sha2::{Digest, Sha256};
use tellmark_evidence::encode::to_hex;
pub use tellmark_store::{Account, Act, Invited, Session, Token};
use tellmark_store::{Invitation, Way};

use crate::{Error, Ports, Result, Vault};

/// Characters that a password has at least.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Bytes that a password has at most: more would only cost work.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// A link by which somebody comes in works so long, in seconds.
pub const INVITATION_SECONDS: i64 = 3 * 86_400;
/// A session ends after so many seconds, whatever is done in it.
pub const SESSION_SECONDS: i64 = 12 * 3_600;
/// A session that nobody uses ends after so many seconds.
pub const IDLE_SECONDS: i64 = 2 * 3_600;
/// How long a session's last use may be out of date, in seconds: not every page is worth a write.
const SEEN_SECONDS: i64 = 300;
/// Days that a program's token works at most.
pub const TOKEN_DAYS_MAX: i64 = 366;

/// The roles that may seal, as the ledger spells them: those whose mail is taken, since each marked message is a release.
pub const SEALING_ROLES: [&str; 2] = ["owner", "author"];

/// A fresh secret: 256 bits as 64 hexadecimal digits.
pub fn secret(ports: &mut Ports) -> String {
    to_hex(&ports.random::<32>())
}

/// What is kept of a secret.
pub fn hash(secret: &str) -> String {
    to_hex(&Sha256::digest(secret.as_bytes()))
}

/// Makes a link's secret by which somebody becomes an account with a role, or an account (its number) gets a new
/// password.
///
/// # Errors
/// Only those of the ledger.
pub async fn invite(vault: &Vault, role: &str, account: u32, by: u32, ports: &mut Ports) -> Result<String> {
    let secret = secret(ports);
    let invitation = Invitation {
        token: &hash(&secret),
        account,
        role,
        made_by: by,
        made_at: ports.now,
        expires_at: ports.now + INVITATION_SECONDS,
    };
    vault.store.invite(&invitation).await?;
    Ok(secret)
}

/// What a link is for, if it still works.
///
/// # Errors
/// Only those of the ledger.
pub async fn invited(vault: &Vault, secret: &str, now: i64) -> Result<Option<Invited>> {
    Ok(vault.store.invitation(&hash(secret), now).await?)
}

/// Uses a link up: makes the account, or gives it its new password.
///
/// # Errors
/// When the link works no more, the name is taken or none, or the password is too short.
pub async fn accept(
    vault: &Vault,
    secret: &str,
    name: &str,
    password: &str,
    ports: &mut Ports,
) -> Result<Account> {
    let hashed = kept(name, password, ports)?;
    accepted(vault, secret, name, Way::Password(&hashed), ports).await
}

/// Uses a link up for somebody whom the office's own sign-in knows: makes the account, or ties it to them. `identity` is what
/// [`identity`] gives.
///
/// # Errors
/// When the link works no more, the name is taken or none, or they have another account here.
pub async fn accept_as(
    vault: &Vault,
    secret: &str,
    name: &str,
    identity: &str,
    ports: &mut Ports,
) -> Result<Account> {
    accepted(vault, secret, name, Way::Identity(identity), ports).await
}

/// Who somebody is, from who says it (the issuer of OpenID Connect) and what it calls them (the subject). Names and addresses
/// pass from one person to another; these do not.
pub fn identity(issuer: &str, subject: &str) -> String {
    hash(&format!("tellmark identity v1\n{}\n{issuer}\n{subject}", issuer.len()))
}

async fn accepted(vault: &Vault, secret: &str, name: &str, way: Way<'_>, ports: &Ports) -> Result<Account> {
    if name.chars().any(tellmark_core::text::is_unseen) {
        return Err(Error::input("the name has a character that nobody sees; type it again"));
    }
    if let Some(word) = name.split_whitespace().find(|word| mixes_alphabets(word)) {
        return Err(Error::input(format!(
            "{word:?} has letters of two alphabets, which look like those of one; type it again"
        )));
    }
    match vault.store.accept_invitation(&hash(secret), name, way, ports.now).await {
        Err(tellmark_store::Error::Missing { .. }) => {
            Err(Error::input("this link works no more; ask whoever sent it for a new one"))
        }
        Err(error @ (tellmark_store::Error::Conflict { .. } | tellmark_store::Error::Invalid { .. })) => {
            Err(Error::input(error.to_string()))
        }
        accepted => Ok(accepted?),
    }
}

/// Whether a word has Latin letters beside Cyrillic or Greek ones, many of which look the same: it may pass for another's name.
fn mixes_alphabets(word: &str) -> bool {
    let has_latin = word.chars().any(|c| c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}'));
    has_latin && word.chars().any(|c| matches!(c, '\u{370}'..='\u{52f}'))
}

/// Gives an account another password; ends its sessions.
///
/// # Errors
/// When the old one is wrong, or the new one too short.
pub async fn change_password(
    vault: &Vault,
    account: u32,
    old: &str,
    new: &str,
    ports: &mut Ports,
) -> Result<()> {
    let account = vault.store.account(account).await?;
    refuse_weak(&account.name, new)?;
    if !is_password(old, &account.password) {
        return Err(Error::input("the old password is another one; nothing was changed"));
    }
    let hashed = hash_password(new, ports)?;
    Ok(vault.store.set_password(account.number, &hashed).await?)
}

/// Whether a password is an account's: asked once more before something that a borrowed browser must not do.
///
/// # Errors
/// Only those of the ledger.
pub async fn is_password_of(vault: &Vault, account: u32, password: &str) -> Result<bool> {
    let account = vault.store.account(account).await?;
    Ok(verify(password, Some(&account.password)))
}

/// Signs somebody in: the account and the session's secret; `None` when there is no such account, it is closed, or the
/// password is wrong, after the same work.
///
/// # Errors
/// Only those of the ledger.
pub async fn sign_in(
    vault: &Vault,
    name: &str,
    password: &str,
    ports: &mut Ports,
) -> Result<Option<(Account, String)>> {
    let Some(account) = known(vault, name, password).await? else { return Ok(None) };
    let secret = begin(vault, (account.number, 0), SESSION_SECONDS, ports).await?;
    Ok(Some((account, secret)))
}

/// Signs in whom the office's own sign-in knows: the account and the session's secret; `None` when they have no account here,
/// or it is closed.
///
/// # Errors
/// Only those of the ledger.
pub async fn sign_in_as(
    vault: &Vault,
    identity: &str,
    ports: &mut Ports,
) -> Result<Option<(Account, String)>> {
    let account = vault.store.account_of(identity).await?.filter(|account| account.disabled_at == 0);
    let Some(account) = account else { return Ok(None) };
    let secret = begin(vault, (account.number, 0), SESSION_SECONDS, ports).await?;
    Ok(Some((account, secret)))
}

/// The account of a name and its password, without a session; `None` when there is no such account, it is closed, or the
/// password is wrong, after the same work.
///
/// # Errors
/// Only those of the ledger.
pub async fn known(vault: &Vault, name: &str, password: &str) -> Result<Option<Account>> {
    let account = vault.store.account_named(name).await?.filter(|account| account.disabled_at == 0);
    let is_right = verify(password, account.as_ref().map(|account| account.password.as_str()));
    Ok(account.filter(|_| is_right))
}

/// Whether an account may send mail to be marked now: it is open, and its role may seal.
///
/// # Errors
/// Only those of the ledger.
pub async fn still_seals(vault: &Vault, account: u32) -> Result<bool> {
    Ok(seals(&vault.store.account(account).await?))
}

/// Whether an account is open and its role may seal.
pub fn seals(account: &Account) -> bool {
    account.disabled_at == 0 && SEALING_ROLES.contains(&account.role.as_str())
}

/// Whether a password is the one of which this hash was kept; `None`, for a name that nobody has, takes as long and is
/// never right.
pub fn verify(password: &str, kept: Option<&str>) -> bool {
    let is_right = password.len() <= PASSWORD_BYTES_MAX && is_password(password, kept.unwrap_or(NOBODYS));
    is_right && kept.is_some()
}

/// What is kept of a password: an Argon2id hash in the PHC format.
///
/// # Errors
/// When the password is too short or easy to guess.
pub fn kept(name: &str, password: &str, ports: &mut Ports) -> Result<String> {
    refuse_weak(name, password)?;
    hash_password(password, ports)
}

/// Begins a session of an account, or of a share's recipient (account 0). Returns its secret.
pub(crate) async fn begin(
    vault: &Vault,
    whose: (u32, u32),
    seconds: i64,
    ports: &mut Ports,
) -> Result<String> {
    let secret = secret(ports);
    vault.store.begin_session(&hash(&secret), whose, ports.now, ports.now + seconds).await?;
    Ok(secret)
}

/// Whose session a secret is, if it goes on and the account is open; and when it began (seconds since 1970, UTC).
///
/// # Errors
/// Only those of the ledger.
pub async fn session(vault: &Vault, secret: &str, now: i64) -> Result<Option<(Account, i64)>> {
    let hash = hash(secret);
    let Some(session) = vault.store.session(&hash, now).await? else { return Ok(None) };
    if session.account == 0 {
        return Ok(None);
    }
    if session.seen_at + IDLE_SECONDS <= now {
        vault.store.end_session(&hash).await?;
        return Ok(None);
    }
    if session.seen_at + SEEN_SECONDS <= now {
        vault.store.touch_session(&hash, now).await?;
    }
    let account = vault.store.account(session.account).await?;
    Ok(Some((account, session.made_at)).filter(|(account, _)| account.disabled_at == 0))
}

/// Makes a token for a program. Returns its secret.
///
/// # Errors
/// When it has no name, or is to work for no day or for more than [`TOKEN_DAYS_MAX`].
pub async fn add_token(
    vault: &Vault,
    account: u32,
    (name, scopes): (&str, &str),
    days: i64,
    ports: &mut Ports,
) -> Result<String> {
    if !(1..=TOKEN_DAYS_MAX).contains(&days) {
        return Err(Error::input(format!("a token works for 1 to {TOKEN_DAYS_MAX} days")));
    }
    let secret = secret(ports);
    let token = Token::new(account, name, scopes, ports.now, ports.now + days * 86_400);
    match vault.store.add_token(&hash(&secret), &token).await {
        Err(error @ tellmark_store::Error::Invalid { .. }) => Err(Error::input(error.to_string())),
        added => added.map(|_| secret).map_err(Error::from),
    }
}

/// Whose program a token's secret is, if it still works and the account is open.
///
/// # Errors
/// Only those of the ledger.
pub async fn token(vault: &Vault, secret: &str, now: i64) -> Result<Option<(Account, Token)>> {
    let Some(token) = vault.store.token(&hash(secret), now).await? else { return Ok(None) };
    let account = vault.store.account(token.account).await?;
    Ok(Some((account, token)).filter(|(account, _)| account.disabled_at == 0))
}

fn refuse_weak(name: &str, password: &str) -> Result<()> {
    if password.chars().count() < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        return Err(Error::input(format!(
            "a password has at least {PASSWORD_CHARS_MIN} characters, for example four words that nobody says together"
        )));
    }
    let folded = password.to_lowercase();
    let mut characters: Vec<char> = folded.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    if characters.len() < 5
        || (!name.trim().is_empty() && folded.replace(&name.trim().to_lowercase(), "").len() < 8)
    {
        return Err(Error::input("this password is easy to guess; choose another"));
    }
    Ok(())
}

/// Argon2id with 19 MiB and two passes: what OWASP asks for.
fn hash_password(password: &str, ports: &mut Ports) -> Result<String> {
    let salt: [u8; 16] = ports.random();
    let failed =
        |error: argon2::password_hash::Error| Error::Key(format!("the password cannot be kept: {error}"));
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    Ok(Argon2::default().hash_password(password.as_bytes(), &salt).map_err(failed)?.to_string())
}

/// A hash of no password, so that an account that is not there takes as long as one that is.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn is_password(password: &str, kept: &str) -> bool {
    PasswordHash::new(kept)
        .is_ok_and(|kept| Argon2::default().verify_password(password.as_bytes(), &kept).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hashed_and_verified() {
        let mut ports = Ports::seeded(1, 0);
        let kept = hash_password("four words nobody says", &mut ports).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(is_password("four words nobody says", &kept) && !is_password("four words", &kept));
        assert!(PasswordHash::new(NOBODYS).is_ok() && !is_password("", NOBODYS));
    }

    #[test]
    fn weak_passwords_are_refused() {
        for weak in ["", "short", "aaaaaaaaaaaaaaaa", "ada lindqvist1"] {
            assert!(refuse_weak("Ada Lindqvist", weak).is_err(), "{weak}");
        }
        assert!(refuse_weak("Ada", &"x".repeat(PASSWORD_BYTES_MAX + 1)).is_err());
        refuse_weak("Ada", "correct horse battery").unwrap();
    }
}
