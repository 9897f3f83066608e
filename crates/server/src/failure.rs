//! What goes wrong, and what it is over HTTP: the one place that maps errors to statuses.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tellmark_app::Error;

/// Why a request was not done: a status, and words for whoever asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The status.
    pub status: StatusCode,
    /// What happened, in a few words.
    pub title: &'static str,
    /// Why, and what to do.
    pub detail: String,
    /// Seconds to wait before it is tried again; 0 for nothing to say.
    pub retry_after: u64,
    /// Which defect it is, for the operator's log; nothing that a person wrote.
    pub kind: &'static str,
}

impl Failure {
    fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Failure {
        Failure { status, title, detail: detail.into(), retry_after: 0, kind: "" }
    }

    /// There is no such thing, or none that this person may know of.
    pub fn missing() -> Failure {
        let detail = "There is nothing at this address. It may have been removed, or the address was copied incompletely.";
        Failure::new(StatusCode::NOT_FOUND, "Nothing is here", detail)
    }

    /// There is something here, and it is not for this method, but for others.
    pub fn no_method(tried: &str, others: &[&str]) -> Failure {
        let detail = format!("This address takes {}, and not {tried}.", others.join(", "));
        Failure::new(StatusCode::METHOD_NOT_ALLOWED, "Not in this way", detail)
    }

    /// Somebody has to sign in first.
    pub fn unknown() -> Failure {
        Failure::new(
            StatusCode::UNAUTHORIZED,
            "Sign in first",
            "This needs an account, or a token that works.",
        )
    }

    /// The account may not do this.
    pub fn forbidden(detail: impl Into<String>) -> Failure {
        Failure::new(StatusCode::FORBIDDEN, "Not yours to do", detail)
    }

    /// A request that did not come from one of this server's own pages.
    pub fn foreign() -> Failure {
        let detail = "This form was not sent from a page of this server, or the page is from before you signed in. Load the page again and repeat.";
        Failure::new(StatusCode::FORBIDDEN, "The form was not accepted", detail)
    }

    /// What was sent cannot be used.
    pub fn input(detail: impl Into<String>) -> Failure {
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "That cannot be done", detail)
    }

    /// What was sent is no request.
    pub fn malformed(detail: impl Into<String>) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, "The request was not understood", detail)
    }

    /// More was sent than is taken.
    pub fn too_large(detail: impl Into<String>) -> Failure {
        Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "That is too much", detail)
    }

    /// It took too long to arrive.
    pub fn too_slow() -> Failure {
        let detail =
            "What you sent did not arrive in time. Try again over a faster line, or send less at once.";
        Failure::new(StatusCode::REQUEST_TIMEOUT, "It took too long", detail)
    }

    /// It takes longer than anybody waits for an answer, and is done to its end. No status that browsers take for a reason to send it
    /// again.
    pub fn goes_on() -> Failure {
        let detail = "It goes on, and is done to its end: look for what comes of it in a while, a look in its case. Do not send it again.";
        Failure::new(StatusCode::GATEWAY_TIMEOUT, "It takes long", detail)
    }

    /// It was tried too often.
    pub fn too_often(seconds: u64) -> Failure {
        let detail =
            format!("This was tried too often. Wait {} minutes and try again.", seconds.div_ceil(60));
        Failure {
            retry_after: seconds,
            ..Failure::new(StatusCode::TOO_MANY_REQUESTS, "Too many tries", detail)
        }
    }

    /// Something else is being done to the same thing.
    pub fn conflict(detail: impl Into<String>) -> Failure {
        Failure::new(StatusCode::CONFLICT, "It changed meanwhile", detail)
    }

    /// The name by which the server was asked is not its own.
    pub fn other_host() -> Failure {
        let detail = "This server does not answer to that name. Use the address that its operator gave you.";
        Failure::new(StatusCode::MISDIRECTED_REQUEST, "Not this server", detail)
    }

    /// The server is being stopped.
    pub fn ending() -> Failure {
        let detail = "The server is being stopped. Try again in a minute.";
        Failure { retry_after: 60, ..Failure::new(StatusCode::SERVICE_UNAVAILABLE, "Not now", detail) }
    }

    /// The ledger does not answer.
    pub fn silent(detail: impl Into<String>) -> Failure {
        Failure { kind: "the ledger does not answer", detail: detail.into(), ..Failure::ending() }
    }

    /// A defect, or something that only an operator can mend. What it was is in the log, without what anybody wrote.
    pub fn broken(kind: &'static str) -> Failure {
        let detail =
            "This could not be done, or not to its end. Whoever runs the server finds the reason in its log.";
        Failure {
            kind,
            ..Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "Something failed on the server", detail)
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match &error {
            Error::Store(tellmark_app::StoreError::Missing { .. }) => Failure::missing(),
            Error::Store(tellmark_app::StoreError::Busy) => {
                Failure { kind: "the ledger is busy", detail: error.to_string(), ..Failure::ending() }
            }
            Error::Store(tellmark_app::StoreError::Silent) => Failure::silent(error.to_string()),
            Error::Store(
                tellmark_app::StoreError::Conflict { .. } | tellmark_app::StoreError::Changed { .. },
            ) => Failure::conflict(error.to_string()),
            Error::Store(tellmark_app::StoreError::Invalid { .. }) => Failure::input(error.to_string()),
            Error::Stopped => Failure::conflict(error.to_string()),
            Error::File { .. } => Failure::broken("a file could not be read or written"),
            Error::Key(_) => Failure::broken("the key could not be used"),
            Error::Damaged(_) => Failure::broken("the vault is damaged"),
            Error::Store(_) => Failure::broken("the ledger failed"),
            Error::Codes(_) => Failure::broken("the tracer refused its input"),
            error if error.is_input() => Failure::input(error.to_string()),
            _ => Failure::broken("an unknown error"),
        }
    }
}

impl IntoResponse for Failure {
    /// The outermost layer fills in the words, as a page or for a program.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if self.retry_after > 0
            && let Ok(value) = self.retry_after.to_string().parse()
        {
            response.headers_mut().insert("retry-after", value);
        }
        response.extensions_mut().insert(self);
        response
    }
}
