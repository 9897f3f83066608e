//! What people who filled in forms agree on. Nothing in here sees a key or a codeword.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_core::{Erasure, Likelihood, Marking, Outcome, Reading, ReleaseId};
use tellmark_wording::POINT;

use super::material::Material;
use crate::form::{Answers, Form};
use crate::holders::day;
use crate::{Error, Result, Vault};

/// How likely it is, beside the variant on which all agree, that the leak came from another one: one in 64.
const OTHERS: Likelihood = Likelihood(Likelihood::ONE.0 >> 6);

/// The points on which all forms of a release agree, by the site's name.
type Agreed = BTreeMap<String, String>;

/// What forms say, release by release.
#[derive(Debug, Default)]
pub struct Forms {
    agreed: BTreeMap<ReleaseId, Agreed>,
    /// By exhibit: whose form it is, when it was given out, and what of it counts.
    pub notes: Vec<(usize, String)>,
}

impl Forms {
    /// Holds the forms among the exhibits against each other.
    ///
    /// # Errors
    /// When a form is of a release that is not here, was not given out by this vault, or answers what it does not ask; when one
    /// person alone filled it in.
    pub async fn of(vault: &Vault, exhibits: &[Material]) -> Result<Forms> {
        let mut by_release: BTreeMap<ReleaseId, Vec<(usize, &Answers)>> = BTreeMap::new();
        for (index, exhibit) in exhibits.iter().enumerate() {
            if let Some(answers) = &exhibit.answers {
                by_release.entry(answers.release).or_default().push((index, answers));
            }
        }
        let mut forms = Forms::default();
        for (id, own) in by_release {
            let all: Vec<&Answers> = own.iter().map(|(_, answers)| *answers).collect();
            let release = match vault.store.releases().await?.into_iter().find(|release| release.id == id) {
                Some(release) => release,
                None => {
                    return Err(Error::input(format!(
                        "the form is of release {id}, which this vault does not hold"
                    )));
                }
            };
            let readers: BTreeSet<String> =
                all.iter().map(|form| form.reader.trim().to_lowercase()).collect();
            let numbers: BTreeSet<&str> = all.iter().map(|form| form.form.as_str()).collect();
            if readers.len() < 2 || readers.len() < all.len() || numbers.len() < all.len() {
                return Err(Error::input(format!(
                    "the points of {} need the forms of two people, each on a form of their own: one person alone may hear what they expect",
                    release.name
                )));
            }
            let marking: Marking = vault.json(release.marking).await?;
            check(&marking, &all)?;
            let agreed = agreed(&all);
            for (index, answers) in own {
                let (form, given_at) = given(vault, answers, &release.name).await?;
                let note = format!(
                    "form {} of {}, given out by this vault on {}, filled in by {}; all {} readers say the same of {} of its {} points, \
                     and these count",
                    form.form,
                    release.name,
                    day(given_at),
                    answers.reader.trim(),
                    all.len(),
                    agreed.len(),
                    form.points.len(),
                );
                forms.notes.push((index, note));
            }
            forms.agreed.insert(id, agreed);
        }
        Ok(forms)
    }

    /// The releases that forms are about.
    pub fn releases(&self) -> impl Iterator<Item = ReleaseId> + '_ {
        self.agreed.keys().copied()
    }

    /// Adds what forms say to what texts and pictures of the same leak show. Where both tell of a point and differ, it
    /// tells nothing.
    pub fn add_to(&self, marking: &Marking, reading: &mut Reading) {
        let Some(agreed) = self.agreed.get(&reading.release) else { return };
        for (site, entry) in marking.sites.iter().zip(&mut reading.sites) {
            let forms = site.occurrences.first().map(|first| first.forms.as_slice()).unwrap_or_default();
            let said = agreed.get(&site.id.to_string());
            let Some(variant) = said.and_then(|said| forms.iter().position(|form| form == said)) else {
                continue;
            };
            entry.outcome = match (&entry.outcome, entry.best()) {
                // Texts that contradict each other are not outvoted.
                (Outcome::Erased(Erasure::Public | Erasure::Conflict), _) | (Outcome::Read { .. }, None) => {
                    continue;
                }
                (Outcome::Read { .. }, Some(best)) if best == variant => continue,
                (Outcome::Read { .. }, Some(_)) => Outcome::Erased(Erasure::Conflict),
                _ => {
                    let mut likelihoods = vec![OTHERS; forms.len()];
                    likelihoods[variant] = Likelihood::ONE;
                    Outcome::Read { likelihoods, places: Vec::new() }
                }
            };
        }
    }
}

/// The form that somebody filled in, as it was given out, and when.
async fn given(vault: &Vault, answers: &Answers, document: &str) -> Result<(Form, i64)> {
    let refused = |why: &str| {
        Error::input(format!(
            "the form of {} for {document}, number {:?}: {why}",
            answers.reader, answers.form
        ))
    };
    let given = vault.store.given_form(&answers.form).await?;
    let Some(given) = given.filter(|given| given.release == answers.release) else {
        return Err(refused(
            "this vault gave out no such form, so anybody may have made it; make forms with `tellmark form` (those of older versions \
             were not recorded)",
        ));
    };
    let form: Form = vault.json(given.content).await?;
    let asks = |(point, said): (&String, &Option<String>)| {
        let question = form.points.iter().find(|question| question.point == *point);
        question.is_some_and(|question| said.as_ref().is_none_or(|said| question.options.contains(said)))
    };
    match answers.answers.iter().all(asks) {
        true => Ok((form, given.given_at)),
        false => Err(refused("it answers what it does not ask; was it edited by hand?")),
    }
}

fn check(marking: &Marking, all: &[&Answers]) -> Result<()> {
    for answers in all {
        for (point, said) in &answers.answers {
            let site = marking.sites.iter().find(|site| site.rule == POINT && site.id.to_string() == *point);
            let forms = site.and_then(|site| site.occurrences.first()).map(|first| &first.forms);
            let fits = forms.is_some_and(|forms| said.as_ref().is_none_or(|said| forms.contains(said)));
            if !fits {
                return Err(Error::input(format!(
                    "the form of {} answers {point} in a way that the release does not have; was it edited by hand?",
                    answers.reader
                )));
            }
        }
    }
    Ok(())
}

/// What all say; a point that one leaves open, or on which two differ, is not in it.
fn agreed(all: &[&Answers]) -> Agreed {
    let Some((first, others)) = all.split_first() else { return Agreed::new() };
    let said = first.answers.iter().filter_map(|(point, said)| Some((point, said.as_ref()?)));
    let by_all = |(point, said): &(&String, &String)| {
        others.iter().all(|form| form.answers.get(*point).is_some_and(|other| other.as_ref() == Some(*said)))
    };
    said.filter(by_all).map(|(point, said)| (point.clone(), said.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(reader: &str, answers: &[Option<&str>]) -> Answers {
        let answers = answers.iter().enumerate().map(|(at, said)| (at.to_string(), said.map(String::from)));
        Answers {
            tellmark_answers: 1,
            release: ReleaseId([1; 8]),
            form: reader.into(),
            reader: reader.into(),
            answers: answers.collect(),
        }
    }

    #[test]
    fn only_what_all_say_counts() {
        let one = form("a", &[Some("31"), Some("noon"), None, Some("Bern")]);
        let other = form("b", &[Some("31"), Some("midday"), Some("two"), None]);
        assert_eq!(agreed(&[&one, &other]), Agreed::from([("0".into(), "31".into())]));
        assert!(agreed(&[]).is_empty());
    }
}
