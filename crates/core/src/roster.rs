//! Who gets a copy.

use crate::CopyId;

/// One line of a roster: a copy and who holds it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Recipient {
    /// The copy's id, unique in its lineage without regard to case.
    pub id: CopyId,
    /// The holder's name; empty when it is not known.
    #[serde(default)]
    pub name: String,
    /// The holder's address; empty when it is not known.
    #[serde(default)]
    pub email: String,
    /// The party, delegation or department; empty for none.
    #[serde(default)]
    pub group: String,
}

/// The copies of one batch, in the order of their roster.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Roster {
    /// The copies.
    pub recipients: Vec<Recipient>,
}

impl Roster {
    /// The groups that appear, sorted, each once.
    pub fn groups(&self) -> Vec<&str> {
        let set: std::collections::BTreeSet<&str> =
            self.recipients.iter().map(|r| r.group.as_str()).filter(|g| !g.is_empty()).collect();
        set.into_iter().collect()
    }
}
