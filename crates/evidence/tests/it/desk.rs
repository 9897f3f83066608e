//! An operator's desk in small: a release, a leak, the log and the bundle, all seeded. Whatever an operator could forge
//! can be forged here, since the desk has all keys.

use std::collections::{BTreeMap, BTreeSet};

use tellmark_codes::{Observed, Reach, group_e, group_threshold};
use tellmark_core::fixed::Log2;
use tellmark_core::{ReleaseId, SiteId};
use tellmark_evidence::bundle::{Anchor, Bundle, Entry, Exhibit, NamedCopy, OpenCopy, Parts, Stamped};
use tellmark_evidence::encode::to_hex;
use tellmark_evidence::entry::{Envelope, Kind, Opening, Statement};
use tellmark_evidence::json::{Json, count, map};
use tellmark_evidence::merkle::{self, Hash, leaf_hash, sha256};
use tellmark_evidence::note::{Checkpoint, Note, Role, SecretKey};
use tellmark_evidence::policy::Policy;
use tellmark_evidence::reading::{OfRelease, ReadSite, Reading};
use tellmark_evidence::recount::{Holding, Look, Question, recount};
use tellmark_evidence::release::{
    OpenCodeword, OpenFile, OpenGroups, OpenSite, Seed, Standing, codeword_half, copy_leaf, file_leaf,
    groups_leaf, halves_root, id_half, nonce,
};
use tellmark_evidence::signed::{Act, Receipt, Request, Signed};
use tellmark_evidence::verify::{Accepted, read_moment};

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
    /// How many looks were taken of the release; custodians agreed to 40.
    pub looks: i64,
    /// Copies that are made again by one consent, which is to the second and the fourth.
    pub again: &'static [usize],
    /// What is different from one desk to another.
    pub seed: u64,
}

impl Default for Story {
    fn default() -> Story {
        Story {
            copies: 12,
            sites: 80,
            shown: 60,
            leaker: Some(3),
            second: None,
            looks: 1,
            again: &[],
            seed: 1,
        }
    }
}

/// All that is needed to make the bundle and to forge it.
pub struct Desk {
    pub log: SecretKey,
    pub witness: SecretKey,
    pub holder: SecretKey,
    pub custodians: [SecretKey; 2],
    pub release: String,
    pub case: String,
    pub sites: Vec<OpenSite>,
    pub codewords: Vec<Vec<u8>>,
    pub seeds: Vec<Seed>,
    pub text: String,
    pub reading: Reading,
    pub entries: Vec<(Statement, Option<Opening>)>,
    /// The files of the copies, by their hashes.
    pub files: Vec<Hash>,
    /// The size of the log from which the nonce follows.
    pub bound: usize,
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
/// When the article appeared: a minute or two before it was registered.
pub const PUBLIC: &str = "2026-09-21T14:28";
/// The copy whose holder signs.
const LEAF_RECEIVED: usize = 3;

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
                OpenSite::new((&secret, origin), index, id, "author", variants, vec![standing])
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
            holder: SecretKey::new("person/holder", Role::Log, &[3; 32]).unwrap(),
            custodians: [4, 5]
                .map(|seed| SecretKey::new(&format!("person/{seed}"), Role::Log, &[seed; 32]).unwrap()),
            release,
            case: to_hex(&[9; 16]),
            sites,
            codewords,
            seeds,
            text,
            reading,
            entries: vec![],
            files: vec![],
            bound: 0,
            anchor: (0, 0),
        };
        desk.write(story.looks, story.again, &mut random);
        desk
    }

    /// The parties, and one copy without.
    pub fn groups(copy: usize) -> Vec<String> {
        ["north", "south"].get(copy % 3).map(|name| (*name).to_owned()).into_iter().collect()
    }

    pub fn id(copy: usize) -> String {
        format!("r{copy:03}")
    }

    pub fn add(&mut self, statement: Statement, opening: Option<Opening>) {
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

    /// Two custodians agree to an act; what the act's entry names is returned.
    fn agree(&mut self, act: &str, about: Json, at: i64, random: &mut Random) -> String {
        let log = self.log.public().name.clone();
        let request = Request { act: act.into(), about, at, log, salt: random.bytes() };
        let hash = to_hex(&request.hash());
        for custodian in 0..2 {
            let signed = Signed::sign(Act::Approval, request.to_json(), &self.custodians[custodian]);
            let [key, signature] = signed.parts();
            let details = map([key, ("request", request.to_json()), signature]);
            let open = [("act", act.into()), ("request", hash.as_str().into())];
            self.said(Kind::Approval, at, open, details, random.bytes());
        }
        hash
    }

    /// The log from the release to the finding, with entries of other matters between.
    fn write(&mut self, looks: i64, again: &[usize], random: &mut Random) {
        let other = Statement::new(Kind::Withdrawal, SEALED_AT - 100, [("release", "00".into())], [5; 32]);
        self.add(other.clone(), None);
        let keys: Vec<String> = self.custodians.iter().map(|key| key.public().to_text()).collect();
        self.said(Kind::Custodians, SEALED_AT - 90, [("keys", keys.into())], map([]), random.bytes());
        let site_root = merkle::root(&self.sites.iter().map(OpenSite::leaf).collect::<Vec<_>>());
        let sites = map([("count", count(self.sites.len())), ("root", to_hex(&site_root).into())]);
        let groups = (0..).zip(&self.seeds);
        let groups: Vec<Hash> =
            groups.map(|(copy, seed)| groups_leaf(&seed.of_groups(), &Desk::groups(copy))).collect();
        let halves: Vec<Hash> =
            (0..).zip(&self.seeds).map(|(copy, seed)| id_half(&seed.of_id(), &Desk::id(copy))).collect();
        let release = self.release.clone();
        let (document, key) = (to_hex(&random.bytes()), to_hex(&random.bytes()));
        let about = map([
            ("copies", count(self.codewords.len())),
            ("document", document.as_str().into()),
            ("file", "minutes.txt".into()),
            ("options", "00".into()),
        ]);
        let request = self.agree("seal", about, SEALED_AT - 60, random);
        let open = [
            ("copies", map([("count", count(halves.len())), ("root", to_hex(&halves_root(&halves)).into())])),
            ("key", key.as_str().into()),
            ("lineage", to_hex(&[8; 8]).into()),
            ("sites", sites.clone()),
        ];
        let details = map([("document", document.as_str().into())]);
        self.said(Kind::Key, SEALED_AT - 50, open, details, random.bytes());
        self.bound = self.entries.len();
        let checkpoint = self.head(self.bound, SEALED_AT - 40).to_text();
        let open = [
            ("alpha", "1e-6".into()),
            ("checkpoint", checkpoint.as_str().into()),
            ("copies", count(self.codewords.len())),
            ("decoys", map([("count", count(10_000)), ("root", to_hex(&[3; 32]).into())])),
            ("derivation", count(1)),
            ("groups", to_hex(&merkle::root(&groups)).into()),
            ("key", key.as_str().into()),
            ("lineage", to_hex(&[8; 8]).into()),
            ("nonce", to_hex(&nonce(&checkpoint)).into()),
            ("reader", count(1)),
            ("release", release.as_str().into()),
            ("request", request.into()),
            ("roster", to_hex(&self.roster_root()).into()),
            ("shares", map([("copies", "9/10".into()), ("groups", "1/10".into())])),
            ("sites", sites),
            ("tracer", count(tellmark_codes::TRACER_VERSION as usize)),
            ("validated", count(47_033_000)),
        ];
        let details =
            map([("document", document.into()), ("file", "minutes.txt".into()), ("name", "minutes".into())]);
        self.said(Kind::Release, SEALED_AT, open, details, random.bytes());
        self.files = (0..self.seeds.len()).map(|copy| sha256(&[self.copy_text(copy).as_bytes()])).collect();
        let salts = self.seeds.iter().zip(&self.files);
        let leaves: Vec<Hash> = salts.map(|(seed, file)| file_leaf(&seed.of_file(), file)).collect();
        let open = [
            ("batch", count(1)),
            ("copies", count(self.codewords.len())),
            ("files", to_hex(&merkle::root(&leaves)).into()),
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
        if !again.is_empty() {
            // Somebody else signs first.
            let role = tellmark_evidence::note::Role::Log;
            let stranger = SecretKey::new("tellmark-person/stranger", role, &[99; 32]).unwrap();
            let own = std::mem::replace(&mut self.holder, stranger);
            self.receive(&nonce(&checkpoint), random);
            self.holder = own;
            let ids = Json::List(vec![Desk::id(1).into(), Desk::id(3).into()]);
            let about = map([("copies", ids), ("release", release.as_str().into())]);
            let request = self.agree("again", about, SEALED_AT + 75, random);
            for &copy in again {
                let open = [("release", release.as_str().into()), ("request", request.as_str().into())];
                let details = map([("copy", Desk::id(copy).into())]);
                self.said(Kind::Copy, SEALED_AT + 76, open, details, random.bytes());
            }
        }
        self.receive(&nonce(&checkpoint), random);
        if looks > 20 {
            let about = map([("release", release.as_str().into()), ("until", 40_u32.into())]);
            self.agree("looks", about, SEALED_AT + 980, random);
        }
        // Looks of another case at the release.
        for count in 1..looks {
            let look = [
                ("case", to_hex(&[11; 16]).into()),
                ("count", count.into()),
                ("look", count.into()),
                ("release", release.as_str().into()),
            ];
            self.said(Kind::Look, SEALED_AT + 985, look, map([]), random.bytes());
        }
        let case = self.case.clone();
        let exhibit = to_hex(&sha256(&[self.text.as_bytes()]));
        let about =
            map([("exhibits", Json::List(vec![exhibit.as_str().into()])), ("identities", Json::Bool(false))]);
        let request = self.agree("trace", about, SEALED_AT + 990, random);
        let details = map([
            ("because", "sent in by a reader".into()),
            ("name", "article.txt".into()),
            ("sha256", exhibit.into()),
            ("size", count(self.text.len())),
        ]);
        let open = [("case", case.as_str().into()), ("look", count(1)), ("number", count(0))];
        self.said(Kind::Exhibit, SEALED_AT + 1000, open, details, random.bytes());
        let open = [("case", case.as_str().into()), ("look", count(1))];
        let read = [open[0].clone(), open[1].clone(), ("request", request.as_str().into())];
        self.said(Kind::Reading, SEALED_AT + 1010, read, self.reading.to_json(), random.bytes());
        let look = [
            ("case", case.as_str().into()),
            ("count", looks.into()),
            ("look", count(1)),
            ("release", release.as_str().into()),
            ("request", request.into()),
        ];
        self.said(Kind::Look, SEALED_AT + 1010, look, map([]), random.bytes());
        let finding = self.finding();
        self.said(Kind::Finding, SEALED_AT + 1020, open, finding, random.bytes());
    }

    /// The holder of the fourth copy signs for it.
    fn receive(&mut self, nonce: &Hash, random: &mut Random) {
        let Some(file) = self.files.get(LEAF_RECEIVED).copied() else { return };
        let receipt = Receipt {
            log: self.log.public().name.clone(),
            release: self.release.clone(),
            nonce: *nonce,
            batch: 1,
            leaf: LEAF_RECEIVED,
            file,
        };
        let [key, signature] = Signed::sign(Act::Receipt, receipt.to_json(), &self.holder).parts();
        let open = [
            ("batch", count(1)),
            ("leaf", count(LEAF_RECEIVED)),
            ("nonce", to_hex(nonce).into()),
            ("release", self.release.as_str().into()),
        ];
        let details = map([("file", to_hex(&file).into()), key, signature]);
        self.said(Kind::Receipt, SEALED_AT + 80, open, details, random.bytes());
    }

    /// A head of the log of so many entries that the witness saw at a time.
    fn head(&self, size: usize, at: i64) -> Note {
        let leaves: Vec<Hash> =
            self.envelopes()[..size].iter().map(|envelope| leaf_hash(&envelope.to_bytes())).collect();
        let origin = self.log.public().name.clone();
        let checkpoint = Checkpoint { origin, size: size as u64, root: merkle::root(&leaves) };
        let mut note = Note::of(&checkpoint, &self.log);
        note.cosign(&self.witness, at);
        note
    }

    /// What was delivered for a copy.
    pub fn copy_text(&self, copy: usize) -> String {
        let mut text = String::from("Minutes.\n");
        for (site, symbol) in self.sites.iter().zip(&self.codewords[copy]) {
            let standing = &site.standings[0];
            text.extend([&standing.before, &standing.forms[usize::from(*symbol)], &standing.after, "\n"]);
        }
        text
    }

    /// What the log commits to follows from what the desk has now: roster and sites.
    pub fn recommit(&mut self) {
        let roster = to_hex(&self.roster_root());
        let root = merkle::root(&self.sites.iter().map(OpenSite::leaf).collect::<Vec<_>>());
        let sites = map([("count", count(self.sites.len())), ("root", to_hex(&root).into())]);
        for (statement, _) in &mut self.entries {
            if statement.kind == Kind::Release {
                statement.open.insert("roster".into(), roster.as_str().into());
                statement.open.insert("sites".into(), sites.clone());
            }
        }
    }

    /// The details of an entry of a kind, the last one, are changed.
    pub fn reseal(&mut self, kind: Kind, change: impl Fn(&mut Json)) {
        let own = self.entries.iter_mut().rev().find(|(statement, _)| statement.kind == kind).unwrap();
        let mut details = own.1.clone().unwrap();
        change(&mut details.details);
        own.0.sealed = details.sealed();
        own.1 = Some(details);
    }

    /// The reading and the finding that follow from what the desk has now.
    pub fn read_again(&mut self) {
        let (reading, finding) = (self.reading.to_json(), self.finding());
        self.reseal(Kind::Reading, |details| *details = reading.clone());
        self.reseal(Kind::Finding, |details| *details = finding.clone());
    }

    /// Another look at the same exhibit, which reads its first places; its finding says that copies were named before, and
    /// names none. Nobody is asked.
    pub fn look_again(&mut self, before: &[usize]) {
        let mut random = Random(23);
        let entries: Vec<_> = [Kind::Exhibit, Kind::Reading, Kind::Look, Kind::Finding]
            .map(|kind| self.entries.iter().rev().find(|(own, _)| own.kind == kind).cloned().unwrap())
            .into();
        let mut reading = self.reading.clone();
        reading.together[0].sites.truncate(2);
        let before = before.iter().map(|leaf| map([("batch", count(1)), ("leaf", count(*leaf))]));
        let before = Json::List(before.collect());
        for (statement, opening) in entries {
            let Some(Opening { mut details, .. }) = opening else { panic!() };
            let mut open = statement.open.clone();
            open.insert("look".into(), count(2));
            open.remove("request");
            open.remove("at");
            if statement.kind == Kind::Look {
                open.insert("count".into(), count(2));
            }
            if statement.kind == Kind::Reading {
                details = reading.to_json();
            }
            if statement.kind == Kind::Finding {
                let Json::Map(fields) = &mut details else { panic!() };
                fields.insert("named".into(), Json::List(vec![]));
                fields.insert("groups".into(), Json::List(vec![]));
                fields.insert("before".into(), before.clone());
                fields.insert("verdict".into(), "nobody".into());
            }
            let opening = Opening { salt: random.bytes(), details };
            let mut own = Statement::new(statement.kind, statement.at() + 100, [], opening.sealed());
            own.open.extend(open);
            self.add(own, Some(opening));
        }
        self.unask(Kind::Look);
    }

    /// The exhibit once for each look that has it registered.
    fn exhibits(&self) -> Vec<Exhibit> {
        let looks = self.entries.iter().filter(|(statement, _)| statement.kind == Kind::Exhibit);
        let look = |statement: &Statement| statement.open["look"].int("look").unwrap() as usize;
        looks
            .map(|(statement, _)| Exhibit {
                look: look(statement),
                number: 0,
                bytes: self.text.clone().into_bytes(),
                text: Some(self.text.clone()),
            })
            .collect()
    }

    /// Acts of a kind are done without asking: a look with its reading.
    pub fn unask(&mut self, kind: Kind) {
        let is_own = |other: Kind| other == kind || (kind == Kind::Look && other == Kind::Reading);
        let own = self.entries.iter_mut().filter(|(statement, _)| is_own(statement.kind));
        own.for_each(|(statement, _)| drop(statement.open.remove("request")));
    }

    /// What an authority says of the head that the witness saw first; not signed by anybody.
    fn stamp(&self) -> Vec<u8> {
        let hash = sha256(&[self.head(self.anchor.0 as usize, self.anchor.1).text.as_bytes()]);
        [&[0x30, 0x82, 0, 44, 0x30, 3, 2, 1, 0, 0x30, 37, 4, 32], hash.as_slice()].concat()
    }

    /// What a verifier knows who knows everybody.
    pub fn accepted(&self) -> Accepted {
        Accepted {
            reading: true,
            copies: vec![],
            published: read_moment(PUBLIC),
            holders: vec![self.holder.public().clone()],
            custodians: self.custodians.iter().map(|key| key.public().clone()).collect(),
        }
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
        let groups: Vec<String> = ["north", "south"]
            .into_iter()
            .filter(|name| {
                let own = (0..)
                    .zip(&counted.lines)
                    .filter(|(copy, _)| Desk::groups(*copy).iter().any(|g| g == name));
                let spare = |line: &tellmark_evidence::recount::Line| {
                    !named.is_empty() && line.has_reached && !line.is_named
                };
                let each: Vec<Log2> =
                    own.map(|(_, line)| if spare(line) { Log2::NEG_INFINITY } else { line.e }).collect();
                let all = (0..self.codewords.len()).flat_map(Desk::groups).collect::<BTreeSet<_>>().len();
                !each.is_empty()
                    && group_e(&each) >= group_threshold("1e-6".parse().unwrap(), all as u64, 1).e
            })
            .map(str::to_owned)
            .collect();
        let verdict = match (named.is_empty(), groups.is_empty()) {
            (false, _) => "copy",
            (true, false) => "group",
            (true, true) => "nobody",
        };
        let reach = match counted.reach {
            Reach::Triples => "triples",
            Reach::Pairs => "pairs",
            _ => "alone",
        };
        map([
            ("access", vec!["the printer's apprentice: copying"].into()),
            ("alpha", "1e-6".into()),
            ("before", Json::List(vec![])),
            ("decoys", map([("best_e", count(0)), ("count", count(10_000))])),
            ("groups", groups.into()),
            ("holders", Json::List(if named.is_empty() { vec![] } else { vec!["r003: somebody".into()] })),
            ("reach", reach.into()),
            ("release", self.release.as_str().into()),
            ("replayed", map([("best_e", count(0)), ("keys", count(100_000)), ("named", count(0))])),
            ("sites", count(counted.sites)),
            ("tested", count(self.codewords.len())),
            ("verdict", verdict.into()),
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
        let anchor = Anchor {
            note: self.head(self.anchor.0 as usize, self.anchor.1),
            proof: merkle::consistency(&leaves, self.anchor.0 as usize),
        };
        let leaf = |copy: &Json| {
            copy.fields("", &["leaf"], &["batch", "e", "p", "w"]).unwrap().count("leaf", 100).unwrap()
        };
        let finding = self.entries.iter().rev().find_map(|(statement, opening)| {
            (statement.kind == Kind::Finding).then(|| opening.clone().unwrap().details)
        });
        let finding = finding.unwrap();
        let Json::Map(finding) = &finding else { panic!() };
        let named = finding["named"].list("named", 100).unwrap();
        let has_groups = !finding["groups"].list("groups", 100).unwrap().is_empty();
        let is_received = named.iter().map(leaf).any(|leaf| leaf == LEAF_RECEIVED);
        let is_own = |statement: &Statement| {
            if statement.kind == Kind::Receipt && !is_received {
                return false;
            }
            let own = |name: &str, value: &str| {
                statement.open.get(name).is_none_or(|found| *found == Json::from(value))
            };
            own("release", &self.release) && (own("case", &self.case) || statement.kind == Kind::Look)
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
        let salts: Vec<[u8; 32]> = self.seeds.iter().map(Seed::of_file).collect();
        let end = self.entries.last().unwrap().0.at() + 30;
        Parts {
            original: None,
            stamped: vec![Stamped {
                note: self.head(self.anchor.0 as usize, self.anchor.1),
                proof: merkle::consistency(&leaves, self.anchor.0 as usize),
                answer: self.stamp(),
            }],
            case: self.case.clone(),
            release: self.release.clone(),
            checkpoint: self.head(leaves.len(), end),
            anchor: Some(anchor),
            bound: Some(merkle::consistency(&leaves, self.bound)),
            entries: entries.collect(),
            sites: read.iter().map(|&index| self.sites[index].clone()).collect(),
            site_nodes: merkle::several(&site_leaves, &read),
            copies: copies
                .map(|(leaf, (codeword, seed))| OpenCopy {
                    batch: 1,
                    leaf,
                    half: id_half(&seed.of_id(), &Desk::id(leaf)),
                    codeword: OpenCodeword::new(&seed.of_codeword(), codeword, &read),
                    groups: has_groups
                        .then(|| OpenGroups { names: Desk::groups(leaf), salt: seed.of_groups() }),
                })
                .collect(),
            named: named
                .iter()
                .map(leaf)
                .map(|leaf| NamedCopy {
                    batch: 1,
                    leaf,
                    copy: Desk::id(leaf),
                    salt: self.seeds.get(leaf).map_or([0; 32], Seed::of_id),
                    file: OpenFile::new(&salts, &self.files, leaf),
                })
                .collect(),
            exhibits: self.exhibits(),
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
