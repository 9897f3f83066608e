//! An operator's desk in small: a release, a leak, the log and the bundle, all seeded. Whatever an operator could forge
//! can be forged here, since the desk has all keys.

use std::collections::BTreeMap;

use tellmark_codes::{Observed, Reach};
use tellmark_core::{ReleaseId, SiteId};
use tellmark_evidence::bundle::{Anchor, Bundle, Entry, Exhibit, NamedCopy, OpenCopy, Parts};
use tellmark_evidence::encode::to_hex;
use tellmark_evidence::entry::{Envelope, Kind, Opening, Statement};
use tellmark_evidence::json::{Json, count, map};
use tellmark_evidence::merkle::{self, Hash, leaf_hash, sha256};
use tellmark_evidence::note::{Checkpoint, Note, Role, SecretKey};
use tellmark_evidence::policy::Policy;
use tellmark_evidence::reading::{OfRelease, ReadSite, Reading};
use tellmark_evidence::recount::{Holding, Look, Question, recount};
use tellmark_evidence::release::{
    OpenCodeword, OpenSite, Seed, Standing, codeword_half, copy_leaf, groups_leaf, id_half,
};

/// What happens at the desk.
#[derive(Debug, Clone)]
pub struct Story {
    /// How many copies there are.
    pub copies: usize,
    /// How many places they differ in.
    pub sites: usize,
    /// How many of these the exhibit shows.
    pub shown: usize,
    /// Which copy leaks, and whether anybody does.
    pub leaker: Option<usize>,
    /// A second copy that shows every other place.
    pub second: Option<usize>,
    /// What is different from one desk to another.
    pub seed: u64,
}

impl Default for Story {
    fn default() -> Story {
        Story { copies: 12, sites: 80, shown: 60, leaker: Some(3), second: None, seed: 1 }
    }
}

/// All that is needed to make the bundle and to forge it.
pub struct Desk {
    pub log: SecretKey,
    pub witness: SecretKey,
    pub release: String,
    pub case: String,
    pub sites: Vec<OpenSite>,
    pub codewords: Vec<Vec<u8>>,
    pub seeds: Vec<Seed>,
    pub text: String,
    pub reading: Reading,
    pub entries: Vec<(Statement, Option<Opening>)>,
    /// The size of the log that the witness saw first, and when.
    pub anchor: (u64, i64),
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }
    pub fn bytes(&mut self) -> [u8; 32] {
        let words = [self.next(), self.next(), self.next(), self.next()];
        sha256(&words.map(u64::to_le_bytes).each_ref().map(|word| word.as_slice()))
    }
}

pub const SEALED_AT: i64 = 1_790_000_000;

impl Desk {
    pub fn new(story: &Story) -> Desk {
        let mut random = Random(story.seed);
        let origin = ReleaseId([7; 8]);
        let secret = random.bytes();
        let sites: Vec<OpenSite> = (0..story.sites)
            .map(|index| {
                let variants = [2, 2, 2, 3, 4][index % 5];
                let forms = (0..variants).map(|v| format!("form{v} of {index}")).collect();
                let standing =
                    Standing { before: format!("left{index} "), after: format!(" right{index}."), forms };
                // Ids in another order than places, as after a redraft.
                let id = SiteId { origin, ordinal: (index as u32 * 37) % 1009 };
                OpenSite::new(&secret, index, id, "author", variants, vec![standing])
            })
            .collect();
        let codewords: Vec<Vec<u8>> = (0..story.copies)
            .map(|_| sites.iter().map(|site| random.below(site.variants) as u8).collect())
            .collect();
        let seeds: Vec<Seed> = (0..story.copies).map(|_| Seed(random.bytes())).collect();
        let shown = |index: usize, random: &mut Random| match (story.leaker, story.second) {
            (Some(_), Some(second)) if index % 2 == 1 => codewords[second][index],
            (Some(leaker), _) => codewords[leaker][index],
            (None, _) => random.below(sites[index].variants) as u8,
        };
        let mut text = String::from("An article.\n");
        let mut read = Vec::new();
        for site in sites.iter().take(story.shown) {
            let variant = shown(site.index, &mut random);
            text.push_str(&site.standings[0].before);
            let from = text.len();
            text.push_str(&site.standings[0].forms[usize::from(variant)]);
            read.push(ReadSite {
                id: site.id,
                index: site.index,
                observed: soft(site.variants, variant, site.index),
                places: vec![(0, from, text.len())],
            });
            text.push_str(&site.standings[0].after);
            text.push('\n');
        }
        let release = to_hex(&[7; 8]);
        let reading = Reading {
            exhibits: 1,
            reader: 1,
            ledger: to_hex(&random.bytes()),
            texts: vec![to_hex(&sha256(&[text.as_bytes()]))],
            together: vec![OfRelease { release: release.clone(), sites: read }],
            alone: vec![],
            tested: vec![(release.clone(), 1)],
        };
        let mut desk = Desk {
            log: SecretKey::new("tellmark/test", Role::Log, &[1; 32]).unwrap(),
            witness: SecretKey::new("witness/test", Role::Witness, &[2; 32]).unwrap(),
            release,
            case: to_hex(&[9; 16]),
            sites,
            codewords,
            seeds,
            text,
            reading,
            entries: vec![],
            anchor: (0, 0),
        };
        desk.write(&mut random);
        desk
    }

    pub fn id(copy: usize) -> String {
        format!("r{copy:03}")
    }

    fn add(&mut self, statement: Statement, opening: Option<Opening>) {
        self.entries.push((statement, opening));
    }

    fn said<const N: usize>(
        &mut self,
        kind: Kind,
        at: i64,
        open: [(&str, Json); N],
        details: Json,
        salt: [u8; 32],
    ) {
        let opening = Opening { salt, details };
        self.add(Statement::new(kind, at, open, opening.sealed()), Some(opening));
    }

    pub fn roster_root(&self) -> Hash {
        let copies = self.codewords.iter().zip(&self.seeds).enumerate();
        let leaves: Vec<Hash> = copies
            .map(|(copy, (codeword, seed))| {
                copy_leaf(
                    &id_half(&seed.of_id(), &Desk::id(copy)),
                    &codeword_half(&seed.of_codeword(), codeword),
                )
            })
            .collect();
        merkle::root(&leaves)
    }

    /// The log from the release to the finding, with entries of other matters between.
    fn write(&mut self, random: &mut Random) {
        let other = Statement::new(Kind::Withdrawal, SEALED_AT - 100, [("release", "00".into())], [5; 32]);
        self.add(other.clone(), None);
        let site_root = merkle::root(&self.sites.iter().map(OpenSite::leaf).collect::<Vec<_>>());
        let groups: Vec<Hash> = self.seeds.iter().map(|seed| groups_leaf(&seed.of_groups(), &[])).collect();
        let release = self.release.clone();
        let open = [
            ("alpha", "1e-6".into()),
            ("copies", count(self.codewords.len())),
            ("decoys", map([("count", count(10_000)), ("root", to_hex(&[3; 32]).into())])),
            ("derivation", count(1)),
            ("groups", to_hex(&merkle::root(&groups)).into()),
            ("key", to_hex(&random.bytes()).into()),
            ("lineage", to_hex(&[8; 8]).into()),
            ("nonce", to_hex(&random.bytes()).into()),
            ("reader", count(1)),
            ("release", release.as_str().into()),
            ("roster", to_hex(&self.roster_root()).into()),
            ("shares", map([("copies", "9/10".into()), ("groups", "1/10".into())])),
            ("sites", map([("count", count(self.sites.len())), ("root", to_hex(&site_root).into())])),
            ("tracer", count(tellmark_codes::TRACER_VERSION as usize)),
            ("validated", count(47_033_000)),
        ];
        let details = map([
            ("document", to_hex(&random.bytes()).into()),
            ("file", "minutes.txt".into()),
            ("name", "minutes".into()),
        ]);
        self.said(Kind::Release, SEALED_AT, open, details, random.bytes());
        let open = [
            ("batch", count(1)),
            ("copies", count(self.codewords.len())),
            ("files", to_hex(&random.bytes()).into()),
            ("release", release.as_str().into()),
        ];
        self.said(Kind::Delivery, SEALED_AT + 5, open, map([]), random.bytes());
        self.anchor = (self.entries.len() as u64, SEALED_AT + 60);
        self.add(
            Statement {
                open: [("at".to_owned(), Json::Int(SEALED_AT + 70)), ("release".into(), "00".into())].into(),
                ..other
            },
            None,
        );
        let case = self.case.clone();
        let details = map([
            ("because", "sent in by a reader".into()),
            ("name", "article.txt".into()),
            ("sha256", to_hex(&sha256(&[self.text.as_bytes()])).into()),
            ("size", count(self.text.len())),
        ]);
        let open = [("case", case.as_str().into()), ("look", count(1)), ("number", count(0))];
        self.said(Kind::Exhibit, SEALED_AT + 1000, open, details, random.bytes());
        let open = [("case", case.as_str().into()), ("look", count(1))];
        self.said(Kind::Reading, SEALED_AT + 1010, open.clone(), self.reading.to_json(), random.bytes());
        let look = [
            ("case", case.as_str().into()),
            ("count", count(1)),
            ("look", count(1)),
            ("release", release.as_str().into()),
        ];
        self.said(Kind::Look, SEALED_AT + 1010, look, map([]), random.bytes());
        let finding = self.finding();
        self.said(Kind::Finding, SEALED_AT + 1020, open, finding, random.bytes());
    }

    pub fn question(&self) -> Question {
        let holding = |codeword: &Vec<u8>| Holding {
            batch: 1,
            symbols: self.sites.iter().zip(codeword).map(|(site, symbol)| (site.id, *symbol)).collect(),
        };
        Question {
            release: self.release.clone(),
            alpha: "1e-6".into(),
            looks: vec![Look { number: 1, reading: self.reading.clone() }],
            copies: self.codewords.iter().map(holding).collect(),
        }
    }

    fn finding(&self) -> Json {
        let counted = recount(&self.question()).unwrap();
        let named: Vec<Json> = (0..)
            .zip(&counted.lines)
            .filter(|(_, line)| line.is_named)
            .map(|(leaf, line)| {
                map([
                    ("batch", count(1)),
                    ("e", line.e.0.into()),
                    ("leaf", count(leaf)),
                    ("p", line.p.0.into()),
                    ("w", line.w.0.into()),
                ])
            })
            .collect();
        let reach = match counted.reach {
            Reach::Triples => "triples",
            Reach::Pairs => "pairs",
            _ => "alone",
        };
        map([
            ("alpha", "1e-6".into()),
            ("before", Json::List(vec![])),
            ("decoys", map([("best_e", count(0)), ("count", count(10_000))])),
            ("groups", Json::List(vec![])),
            ("holders", Json::List(if named.is_empty() { vec![] } else { vec!["r003: somebody".into()] })),
            ("reach", reach.into()),
            ("release", self.release.as_str().into()),
            ("replayed", map([("best_e", count(0)), ("keys", count(100_000)), ("named", count(0))])),
            ("sites", count(counted.sites)),
            ("tested", count(self.codewords.len())),
            ("verdict", if named.is_empty() { "nobody" } else { "copy" }.into()),
            ("named", Json::List(named)),
        ])
    }

    pub fn policy(&self, end: &str) -> Policy {
        Policy::read(&self.policy_text(end)).unwrap()
    }

    pub fn policy_text(&self, end: &str) -> String {
        let (log, witness) = (self.log.public().to_text(), self.witness.public().to_text());
        format!("log {log}\nwitness w {witness}\nquorum {end}\n")
    }

    /// The log's leaves.
    pub fn envelopes(&self) -> Vec<Envelope> {
        self.entries.iter().map(|(statement, _)| Envelope::sign(statement.clone(), &self.log)).collect()
    }

    /// The parts of a bundle on what the entries say now.
    pub fn parts(&self) -> Parts {
        let envelopes = self.envelopes();
        let leaves: Vec<Hash> = envelopes.iter().map(|envelope| leaf_hash(&envelope.to_bytes())).collect();
        let head = |size: usize, at: i64| {
            let root = merkle::root(&leaves[..size]);
            let checkpoint = Checkpoint { origin: self.log.public().name.clone(), size: size as u64, root };
            let mut note = Note::of(&checkpoint, &self.log);
            note.cosign(&self.witness, at);
            note
        };
        let anchor = Anchor {
            note: head(self.anchor.0 as usize, self.anchor.1),
            proof: merkle::consistency(&leaves, self.anchor.0 as usize),
        };
        let is_own = |statement: &Statement| {
            let own = |name: &str, value: &str| {
                statement.open.get(name).is_none_or(|found| *found == Json::from(value))
            };
            own("release", &self.release) && own("case", &self.case)
        };
        let entries = self.entries.iter().zip(envelopes).enumerate();
        let entries = entries.filter(|(_, ((statement, _), _))| is_own(statement)).map(
            |(index, ((_, opening), envelope))| Entry {
                index: index as u64,
                envelope,
                proof: merkle::inclusion(&leaves, index),
                opening: opening.clone(),
            },
        );
        let read: Vec<usize> = self.reading.together[0].sites.iter().map(|site| site.index).collect();
        let site_leaves: Vec<Hash> = self.sites.iter().map(OpenSite::leaf).collect();
        let copies = self.codewords.iter().zip(&self.seeds).enumerate();
        let finding = self.entries.iter().rev().find_map(|(statement, opening)| {
            (statement.kind == Kind::Finding).then(|| opening.clone().unwrap().details)
        });
        let named = finding.unwrap();
        let named = named
            .fields(
                "",
                &["named"],
                &[
                    "alpha", "before", "decoys", "groups", "holders", "reach", "release", "replayed",
                    "sites", "tested", "verdict",
                ],
            )
            .unwrap()
            .list("named", 100)
            .unwrap();
        let leaf = |copy: &Json| {
            copy.fields("", &["leaf"], &["batch", "e", "p", "w"]).unwrap().count("leaf", 100).unwrap()
        };
        let end = self.entries.last().unwrap().0.at() + 30;
        Parts {
            case: self.case.clone(),
            release: self.release.clone(),
            checkpoint: head(leaves.len(), end),
            anchor: Some(anchor),
            entries: entries.collect(),
            sites: read.iter().map(|&index| self.sites[index].clone()).collect(),
            site_nodes: merkle::several(&site_leaves, &read),
            copies: copies
                .map(|(leaf, (codeword, seed))| OpenCopy {
                    batch: 1,
                    leaf,
                    half: id_half(&seed.of_id(), &Desk::id(leaf)),
                    codeword: OpenCodeword::new(&seed.of_codeword(), codeword, &read),
                })
                .collect(),
            named: named
                .iter()
                .map(leaf)
                .map(|leaf| NamedCopy {
                    batch: 1,
                    leaf,
                    copy: Desk::id(leaf),
                    salt: self.seeds[leaf].of_id(),
                })
                .collect(),
            exhibits: vec![Exhibit {
                look: 1,
                number: 0,
                bytes: self.text.clone().into_bytes(),
                text: Some(self.text.clone()),
            }],
        }
    }

    pub fn bundle(&self) -> Bundle {
        Bundle::sign(self.parts(), &self.log)
    }
}

/// A reading that is sure of one variant, more or less.
fn soft(variants: usize, shown: u8, index: usize) -> Observed {
    let mut observed = Observed::hard(variants as u8, shown);
    let rest = [1 << 11, 1 << 14, 1 << 17][index % 3];
    for likelihood in observed.likelihoods.iter_mut().filter(|l| l.0 == 0) {
        likelihood.0 = rest;
    }
    observed
}

/// The verdicts by name.
pub fn verdicts(report: &tellmark_evidence::verify::Report) -> BTreeMap<&'static str, &'static str> {
    report.claims.iter().map(|claim| (claim.id, claim.verdict.text())).collect()
}
