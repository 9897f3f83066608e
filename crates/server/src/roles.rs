//! Who may do what: one table, through which every route goes.

use serde::Serialize;

/// What somebody is in the office. The ledger spells it as [`Role::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Does everything, and decides who else does what.
    Owner,
    /// Writes, seals and hands out documents. Does not trace.
    Author,
    /// Agrees to what needs two, hands the evidence out, and decides who had access and how long.
    Custodian,
    /// Follows sources and traces leaks. Sees no copy and no list of holders.
    Investigator,
    /// Reads the log.
    Auditor,
}

impl Role {
    /// All roles, in the order of the table.
    pub const ALL: [Role; 5] =
        [Role::Owner, Role::Author, Role::Custodian, Role::Investigator, Role::Auditor];

    /// As the ledger and forms spell it.
    pub fn name(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Author => "author",
            Role::Custodian => "custodian",
            Role::Investigator => "investigator",
            Role::Auditor => "auditor",
        }
    }

    /// What somebody with this role does, in a few words.
    pub fn does(self) -> &'static str {
        match self {
            Role::Owner => "does everything, and invites people",
            Role::Author => "writes, seals and hands out documents",
            Role::Custodian => "agrees to what needs two people, hands evidence out, keeps who had access",
            Role::Investigator => "follows sources and traces leaks",
            Role::Auditor => "reads the log",
        }
    }

    /// The role that is spelled so.
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What a route does, as far as permission goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Action {
    /// What anybody may ask for: the page to sign in, the style sheet, whether the server is well.
    Public,
    /// What the recipient of a link may do: the link's own secret decides, never an account.
    Recipient,
    /// Figures for an operator's monitoring: from this machine, or with the token for it.
    Measure,
    /// What concerns oneself alone.
    Own,
    /// See which documents there are, how they were sealed, and what a draft carries.
    ReadDocuments,
    /// See who holds which copy, and who signed for it.
    ReadHolders,
    /// Lay documents on the desk, decide about their sites, and import rosters.
    Prepare,
    /// Make copies.
    Seal,
    /// Take copies out: whoever has one sees its codeword.
    TakeCopies,
    /// Record holders and receipts, and withdraw copies.
    Hold,
    /// Make and end links for recipients.
    Share,
    /// See cases, looks and findings.
    ReadCases,
    /// Trace exhibits.
    Trace,
    /// Take the evidence of a finding out: it opens the codewords of all tested copies at the places that were read.
    Prove,
    /// See what was seen in followed sources, and which they are.
    ReadSightings,
    /// Add and remove sources.
    Follow,
    /// Read the log, and what people did here.
    ReadLog,
    /// See and answer requests for consent.
    Consent,
    /// Keep the list of who had access, and until when copies can be told apart.
    Keep,
    /// Invite people, give them roles, and close their accounts.
    People,
    /// Take a backup out: it holds everything, and the key.
    BackUp,
}

/// Which roles may do what. What is in no row nobody may do.
pub const TABLE: &[(Action, &[Role])] = {
    use Role::{Auditor, Author, Custodian, Investigator, Owner};
    &[
        (Action::Own, &[Owner, Author, Custodian, Investigator, Auditor]),
        (Action::ReadDocuments, &[Owner, Author, Custodian, Investigator]),
        (Action::ReadHolders, &[Owner, Author, Custodian]),
        (Action::Prepare, &[Owner, Author]),
        (Action::Seal, &[Owner, Author]),
        (Action::TakeCopies, &[Owner, Author]),
        (Action::Hold, &[Owner, Author]),
        (Action::Share, &[Owner, Author]),
        (Action::ReadCases, &[Owner, Custodian, Investigator]),
        (Action::Trace, &[Owner, Investigator]),
        (Action::Prove, &[Owner, Custodian]),
        (Action::ReadSightings, &[Owner, Investigator]),
        (Action::Follow, &[Owner, Investigator]),
        (Action::ReadLog, &[Owner, Custodian, Investigator, Auditor]),
        (Action::Consent, &[Owner, Custodian]),
        (Action::Keep, &[Owner, Custodian]),
        (Action::People, &[Owner]),
        (Action::BackUp, &[Owner]),
    ]
};

impl Action {
    /// Whether a role may do it.
    pub fn is_allowed(self, role: Role) -> bool {
        TABLE.iter().any(|(action, roles)| *action == self && roles.contains(&role))
    }

    /// Whether it takes an account.
    pub fn needs_account(self) -> bool {
        !matches!(self, Action::Public | Action::Recipient | Action::Measure)
    }

    /// The scope that a program's token needs for it; `None` for what no program does.
    pub fn scope(self) -> Option<&'static str> {
        match self {
            Action::ReadDocuments | Action::ReadHolders => Some("documents:read"),
            Action::Prepare | Action::Seal | Action::Hold | Action::TakeCopies | Action::Share => {
                Some("documents:write")
            }
            Action::ReadCases | Action::Prove | Action::ReadSightings => Some("cases:read"),
            Action::Trace | Action::Follow => Some("cases:write"),
            Action::ReadLog => Some("log:read"),
            Action::Consent => Some("consent"),
            Action::People => Some("people"),
            _ => None,
        }
    }
}

/// All scopes with what they allow, in words.
pub const SCOPES: [(&str, &str); 7] = [
    ("documents:read", "see documents, drafts, copies and holders"),
    ("documents:write", "lay documents on the desk, seal, take copies, make links, record holders, withdraw"),
    ("cases:read", "see cases, sightings and sources, take bundles"),
    ("cases:write", "trace, add and remove sources"),
    ("log:read", "read the log"),
    ("consent", "see what waits for consent, and record what custodians signed"),
    ("people", "invite people, give roles, close accounts"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separations_of_the_house_hold() {
        for action in [Action::Trace, Action::ReadCases, Action::Prove] {
            assert!(!action.is_allowed(Role::Author), "authors cannot trace");
        }
        for action in [Action::TakeCopies, Action::Seal, Action::ReadHolders, Action::Share, Action::Prove] {
            assert!(!action.is_allowed(Role::Investigator), "investigators see no codewords and no holders");
        }
        let auditors: Vec<_> = TABLE.iter().filter(|(_, roles)| roles.contains(&Role::Auditor)).collect();
        assert_eq!(
            auditors.iter().map(|(action, _)| *action).collect::<Vec<_>>(),
            [Action::Own, Action::ReadLog]
        );
    }

    #[test]
    fn the_relay_takes_mail_from_those_who_seal() {
        let seal: Vec<&str> =
            Role::ALL.into_iter().filter(|role| Action::Seal.is_allowed(*role)).map(Role::name).collect();
        assert_eq!(seal, tellmark_app::people::SEALING_ROLES);
    }

    #[test]
    fn names_come_back_and_nobody_else_may() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.name()), Some(role));
            assert!(!Action::Public.is_allowed(role), "what needs no account is in no row");
        }
        assert_eq!(Role::parse("Owner"), None);
        assert!(
            SCOPES.iter().all(|(scope, _)| TABLE.iter().any(|(action, _)| action.scope() == Some(scope)))
        );
    }
}
