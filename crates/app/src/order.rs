//! Use case: an order to show who is who although nobody is named. Somebody asks with a reason, two others who answer for it agree, and
//! the exhibits are looked at once more, with names. Every step of it is recorded for ever.
//!
//! That look is one of its case and counts as every other: whoever sees names may look for more, and the bound holds for all looks
//! together. Where custodians are appointed by their keys, their consent is asked for besides ([`crate::consent`]).

use tellmark_store::{Order, OrderAnswer, OrderState};

use crate::cases::LookVerdict;
use crate::trace::{self, ExhibitFile, TraceRequest, Traced};
use crate::{Error, Ports, Progress, Result, Vault, cases};

/// So many accounts agree to an order, none of them the one that asked.
pub const NEEDED: usize = 2;
/// Bytes of a reason.
const BECAUSE_BYTES_MAX: usize = 2_000;
/// How long other programs on the ledger leave an order alone that somebody began to carry out: longer than any look takes.
const LEASE_SECONDS: i64 = 30 * 60;

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Others have to agree still.
    Waits,
    /// Enough agreed: it can be carried out.
    Agreed,
    /// Somebody refused it. Whoever needs it asks again, with a better reason.
    Refused,
    /// It was carried out.
    Shown,
}

/// An order as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Line {
    /// Its number.
    pub order: u32,
    /// The case.
    pub case: String,
    /// The look that named nobody.
    pub look: u32,
    /// Why names are asked for.
    pub because: String,
    /// The account that asked.
    pub asked_by: u32,
    /// When: seconds since 1970, UTC.
    pub asked_at: i64,
    /// What became of it.
    pub state: State,
    /// The accounts that agreed.
    pub agreed: Vec<u32>,
    /// The accounts that refused.
    pub refused: Vec<u32>,
    /// The look that shows who is who.
    pub shown_in: Option<u32>,
}

impl Line {
    fn new((order, answers, done): OrderState) -> Line {
        let Order { number, case, look, because, asked_by, asked_at, .. } = order;
        let of = |agrees: bool| -> Vec<u32> {
            let own = answers.iter().filter(|answer: &&OrderAnswer| answer.agrees == agrees);
            own.map(|answer| answer.account).collect()
        };
        let (agreed, refused, shown_in) = (of(true), of(false), done.map(|done| done.look));
        let state = match () {
            () if shown_in.is_some() => State::Shown,
            () if !refused.is_empty() => State::Refused,
            () if agreed.len() >= NEEDED => State::Agreed,
            () => State::Waits,
        };
        Line { order: number, case, look, because, asked_by, asked_at, state, agreed, refused, shown_in }
    }

    /// Whether an account may answer it: nobody agrees to what they asked for, or answers twice.
    pub fn may_answer(&self, account: u32) -> bool {
        let answered = self.agreed.iter().chain(&self.refused).any(|own| *own == account);
        self.state == State::Waits && self.asked_by != account && !answered
    }
}

/// Asks to see who is who in a look that named nobody.
///
/// # Errors
/// When there is no such look, it named somebody, the reason is missing, or the same was asked and is open still.
pub async fn ask(
    vault: &Vault,
    case: &str,
    look: u32,
    because: &str,
    account: u32,
    now: i64,
) -> Result<Line> {
    let because = because.trim();
    if because.is_empty() || because.len() > BECAUSE_BYTES_MAX {
        return Err(Error::input(format!(
            "say why names are needed although nobody is named, in at most {BECAUSE_BYTES_MAX} bytes: those who agree to it read that"
        )));
    }
    let found = cases::case(vault, case).await?;
    let missing = || tellmark_store::Error::Missing { what: format!("look {look} of {case}") };
    let own = found.looks.iter().find(|line| line.look == look).ok_or_else(missing)?;
    if own.verdict != LookVerdict::Nobody {
        return Err(Error::input("this look named somebody; an order is for one that named nobody"));
    }
    let open = [State::Waits, State::Agreed];
    if list(vault, Some(case), 0, u32::MAX)
        .await?
        .iter()
        .any(|line| line.look == look && open.contains(&line.state))
    {
        return Err(Error::input("the same was asked before and is open still"));
    }
    let number = vault.store.record_order((case, look), because, account, now).await?;
    one(vault, number).await
}

/// Agrees to an order, or refuses it.
///
/// # Errors
/// When there is no such order, it is not open any more, or the account asked for it or answered before.
pub async fn answer(vault: &Vault, number: u32, account: u32, agrees: bool, now: i64) -> Result<Line> {
    let line = one(vault, number).await?;
    if line.state != State::Waits {
        return Err(Error::input("this order waits for nobody any more"));
    }
    if line.asked_by == account {
        return Err(Error::input("nobody agrees to what they asked for: two others have to"));
    }
    // Who asks could make an account for the answer, or open a link to somebody else's.
    let is_newer = vault.store.account(account).await?.created_at > line.asked_at;
    if is_newer || !vault.store.arrived_before(account, number).await? {
        return Err(Error::input(
            "your account was made after this was asked for, or came by a new password through a link; whoever had one before answers",
        ));
    }
    if !line.may_answer(account) {
        return Err(Error::input("you answered this before; somebody else has to agree as well"));
    }
    vault.store.answer_order(number, account, agrees, now).await?;
    one(vault, number).await
}

/// An order.
///
/// # Errors
/// When there is none of this number.
pub async fn one(vault: &Vault, number: u32) -> Result<Line> {
    Ok(Line::new(vault.store.order(number).await?))
}

/// Orders, the newest first: at most `limit` behind the `skip` newest, those of a case where one is given.
///
/// # Errors
/// Only those of the ledger.
pub async fn list(vault: &Vault, case: Option<&str>, skip: u32, limit: u32) -> Result<Vec<Line>> {
    Ok(vault.store.orders(case, skip, limit).await?.into_iter().map(Line::new).collect())
}

/// Carries an order out: looks at the exhibits of its look once more, keeps the report of that, and shows who is who.
///
/// # Errors
/// When others have to agree first, it was carried out before, or as [`trace::trace`].
pub async fn show(
    vault: &Vault,
    number: u32,
    account: u32,
    languages: Option<String>,
    ports: &Ports,
    progress: &dyn Progress,
) -> Result<Traced> {
    // One after the other: an order shows names once, also to whoever asks twice at the same time.
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = TURN.lock().await;
    let owner = tellmark_evidence::encode::to_hex(&crate::ports::salt()?);
    let what = format!("order {number}");
    if !vault.store.hold(&what, &owner, ports.now, ports.now.saturating_sub(LEASE_SECONDS)).await? {
        return Err(Error::input(
            "another server carries this order out at the moment; look for it in the case. If it was ended, half an hour later it can be carried out again",
        ));
    }
    let shown = show_now(vault, number, account, languages, ports, progress).await;
    // Where that fails, it is let go of when the lease ends.
    _ = vault.store.let_go(Some(&what), &owner).await;
    shown
}

/// Carries an order out that nobody else does at the moment.
async fn show_now(
    vault: &Vault,
    number: u32,
    account: u32,
    languages: Option<String>,
    ports: &Ports,
    progress: &dyn Progress,
) -> Result<Traced> {
    let line = one(vault, number).await?;
    match line.state {
        State::Agreed => {}
        State::Waits => {
            let missing = NEEDED - line.agreed.len();
            return Err(Error::input(format!("{missing} more have to agree first, on the page of consents")));
        }
        State::Refused => return Err(Error::input("this order was refused; nothing is shown")),
        State::Shown => return Err(Error::input("this order was carried out; one order shows names once")),
    }
    let mut exhibits = Vec::new();
    for exhibit in vault.store.exhibits(&line.case, line.look).await? {
        exhibits.push(ExhibitFile { bytes: vault.store.blob(exhibit.content).await?, name: exhibit.name });
    }
    let request = TraceRequest {
        exhibits,
        case: Some(line.case.clone()),
        because: format!("order {number} on look {}: {}", line.look, line.because),
        identities: true,
        languages,
        release: trace::case::only_tested(vault, &line.case, line.look).await?.map(|id| id.to_string()),
        command: "the server".into(),
    };
    let traced = trace::trace(vault, &request, ports, progress).await?;
    let report = trace::html(&traced.page);
    vault.store.carry_out_order(number, traced.finding.look, account, ports.now, report.as_bytes()).await?;
    Ok(traced)
}
