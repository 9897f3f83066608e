//! The finding as the report shows it.

use std::collections::BTreeMap;

use tellmark_codes::{Reach, single_p};
use tellmark_core::fixed::Log2;
use tellmark_core::{Channel, Erasure, Gray, Likelihood, Outcome, Site, SiteReading};
use tellmark_report::Log10;
use tellmark_report::finding as page;

use super::evidence::Suspect;
use super::finding::{Context, Finding, Verdict};
use super::gather::Seen;
use crate::{Result, Vault};

pub(super) async fn page(vault: &Vault, context: &Context<'_>, finding: &Finding) -> Result<page::Page> {
    let mut key_hashes = Vec::new();
    for lineage in context.evidence.views.keys() {
        key_hashes.push(vault.store.lineage(*lineage).await?.key_hash.to_string());
    }
    let mut withdrawn = Vec::new();
    for seen in &context.gathered.seen {
        let of_release = vault.store.withdrawals(seen.release.id).await?;
        withdrawn.extend(of_release.into_iter().map(|w| (seen.release.lineage, w.copy)));
    }
    let is_withdrawn = |s: &Suspect| {
        withdrawn.iter().any(|(lineage, copy)| *lineage == s.lineage && *copy == s.recipient.id)
    };
    let releases = releases(vault, context).await?;
    Ok(page::Page {
        verdict: verdict(context, finding, &is_withdrawn),
        case: finding.case.clone(),
        look: finding.look,
        looks_of_case: finding.look,
        cases_of_vault: vault.store.cases().await?.len() as u64,
        date: date(context.now),
        alpha: context.evidence.bars.bound.clone(),
        tested: finding.tested as u64,
        threshold: threshold(context),
        ranking: ranking(context, &is_withdrawn),
        identities: context.request.identities.then(|| context.request.because.clone()),
        decoys: page::Decoys::of(context.evidence.decoys.iter().map(|score| log10(score.e))),
        replay: (finding.tested > 0).then(|| page::Replay {
            keys: u64::from(context.evidence.replay.keys),
            named: u64::from(context.evidence.replay.named),
            best: context.evidence.replay.best.map_or(Log10(0), log10),
        }),
        reach: reach(context.evidence.reach).into(),
        releases,
        read_in_all: Some(read_in_all(context)),
        exhibits: exhibits(context),
        marks: context.gathered.seen.iter().flat_map(marks).collect(),
        sheets: sheets(context),
        erased: erased(context),
        alpha_shares: shares(context),
        access: context.access.clone(),
        parameters: page::Parameters {
            program: concat!("tellmark ", env!("CARGO_PKG_VERSION")).into(),
            derivation_version: tellmark_codes::DERIVATION_VERSION,
            reader_version: tellmark_wording::READER_VERSION,
            tracer_version: tellmark_codes::TRACER_VERSION,
            key_hashes,
            reading_hash: context.reading_hash.to_string(),
            command: context.request.command.clone(),
            other: finding
                .recognised_by
                .iter()
                .map(|program| ("Text in pictures recognised by".to_owned(), program.clone()))
                .collect(),
        },
        warnings: warnings(context, finding),
    })
}

fn read_in_all(context: &Context<'_>) -> u64 {
    let whole = context.evidence.views.keys().filter_map(|&lineage| context.evidence.whole(lineage));
    whole.map(|sites| sites.len() as u64).sum()
}

fn log10(e: Log2) -> Log10 {
    Log10(e.log10_hundredths())
}

fn reach(reach: Reach) -> &'static str {
    match reach {
        Reach::Alone => "copies alone, with partners that may be anybody",
        Reach::PairsListed => "pairs with the strongest other copies",
        Reach::Pairs => "pairs of all copies",
        Reach::TriplesListed => "pairs of all copies, and triples with the strongest others",
        Reach::Triples => "pairs and triples of all copies",
    }
}

/// Rounded up, for thresholds.
fn log10_up(e: Log2) -> Log10 {
    Log10(-(-e).log10_hundredths())
}

fn chance(p: Log2) -> String {
    format!("{:.1e}", p.to_decimal_up())
}

/// Seconds since 1970 as people write a date.
fn date(seconds: i64) -> String {
    let written =
        jiff::Timestamp::from_second(seconds).map(|t| t.strftime("%-d %B %Y, %H:%M UTC").to_string());
    written.unwrap_or_else(|_| seconds.to_string())
}

fn verdict(context: &Context<'_>, finding: &Finding, withdrawn: &dyn Fn(&Suspect) -> bool) -> page::Verdict {
    let groups = || finding.groups.iter().map(group).collect();
    match finding.verdict {
        Verdict::Copy => {
            let named = context.evidence.suspects.iter().filter(|s| context.decision.is_named_now(s));
            let copies = named.zip(&finding.named).map(|(s, n)| named_copy(context, s, n, withdrawn(s)));
            page::Verdict::Copy { copies: copies.collect(), groups: groups() }
        }
        Verdict::Group => page::Verdict::Group { groups: groups() },
        Verdict::Nobody => page::Verdict::Nobody {
            sites_needed: Some(finding.sites_needed).filter(|&n| n > 0 && finding.tested > 0),
        },
    }
}

fn named_copy(
    context: &Context<'_>,
    suspect: &Suspect,
    named: &super::Named,
    withdrawn: bool,
) -> page::NamedCopy {
    let score = &suspect.score;
    page::NamedCopy {
        copy: named.copy.clone(),
        holders: named.holders.clone(),
        received: named.received,
        group: named.group.clone(),
        release: named.document.clone(),
        e_log10: hundredths(named.e_log10),
        p: format!("{:.1e}", named.p),
        p_familywise: format!("{:.1e}", named.p_familywise),
        grounds: match (named.by.contains(&"ratio"), named.by.contains(&"tail")) {
            (true, true) => page::Grounds::Both,
            (true, false) => page::Grounds::Ratio,
            (false, true) => page::Grounds::Tail,
            (false, false) => page::Grounds::Series,
        },
        read: context.evidence.best_view(suspect).map_or(0, |view| view.observed.len() as u32),
        read_in: Some(named.read_in.clone()).filter(|_| suspect.view > 0),
        agree: score.agree,
        against: score.against,
        withdrawn,
        spent: (u64::from(named.cases), named.alpha_spent.clone()),
    }
}

fn group(group: &super::finding::NamedGroup) -> page::NamedGroup {
    page::NamedGroup {
        names: group.names.clone(),
        copies: group.copies as u64,
        members: group.members.clone(),
        e_log10: hundredths(group.e_log10),
        threshold_e_log10: hundredths(group.threshold_e_log10),
    }
}

fn hundredths(log10: f64) -> Log10 {
    Log10((log10 * 100.0).round() as i64)
}

fn threshold(context: &Context<'_>) -> Option<page::Threshold> {
    let entered = &context.evidence.entered;
    let entry = (0..entered.len()).max_by_key(|&i| (entered[i], std::cmp::Reverse(i)))?;
    let p = context.evidence.bars.thresholds[entry].p;
    Some(page::Threshold {
        e_log10: log10_up(context.evidence.bars.e_needed(entry)),
        // The tail has a quarter of the share: what is printed of a copy is four times its chance.
        p: chance(p + Log2::from_bits(2)),
        w_log10: log10_up(context.evidence.bars.thresholds[entry].w),
    })
}

fn ranking(context: &Context<'_>, withdrawn: &dyn Fn(&Suspect) -> bool) -> Vec<page::Evidence> {
    let suspects = context.evidence.suspects.iter().enumerate();
    let is_one = context.evidence.views.len() < 2;
    let label = |s: &Suspect| match is_one {
        true => s.recipient.id.to_string(),
        false => format!("{} of {}", s.recipient.id, super::whose::document_of(context, s)),
    };
    suspects
        .map(|(index, s)| page::Evidence {
            label: if context.shows_identity(s) { label(s) } else { format!("#{}", index + 1) },
            e_log10: log10(s.score.e),
            p: chance(single_p(&s.score, s.w())),
            agree: s.score.agree,
            against: s.score.against,
            contradicted: s.score.contradicted,
            growth: s.process.iter().copied().map(log10).collect(),
            named: context.decision.is_named(s),
            withdrawn: withdrawn(s),
        })
        .collect()
}

async fn releases(vault: &Vault, context: &Context<'_>) -> Result<Vec<page::Release>> {
    let mut releases = Vec::new();
    for seen in &context.gathered.seen {
        let release = &seen.release;
        let batches = vault.store.batches(release.id).await?;
        let mut channels: BTreeMap<Channel, page::ChannelSites> = BTreeMap::new();
        for (site, reading) in seen.marking.sites.iter().zip(&seen.reading.sites) {
            let empty = page::ChannelSites { channel: site.channel, total: 0, read: 0, erased: 0 };
            let counts = channels.entry(site.channel).or_insert(empty);
            counts.total += 1;
            match reading.outcome {
                Outcome::Read { .. } => counts.read += 1,
                Outcome::Erased(_) => counts.erased += 1,
            }
        }
        releases.push(page::Release {
            id: release.id.to_string(),
            name: release.name.clone(),
            document: release.file_name.clone(),
            copies: batches.iter().map(|batch| batch.copies).sum(),
            nonce_hash: tellmark_core::Hash::of(&release.nonce).to_string(),
            channels: channels.into_values().collect(),
        });
    }
    Ok(releases)
}

fn exhibits(context: &Context<'_>) -> Vec<page::Exhibit> {
    let found = !context.gathered.seen.is_empty();
    let files = context.request.exhibits.iter().zip(context.materials);
    files
        .map(|(file, material)| page::Exhibit {
            name: file.name.clone(),
            hashes: vec![("BLAKE3".into(), super::exhibit_hash(file).to_string())],
            bytes: file.bytes.len() as u64,
            registered: date(context.now),
            reason: context.request.because.clone(),
            text: if found { material.exhibit.text.clone() } else { String::new() },
        })
        .collect()
}

/// Longer sides of pictures in a report are halved until they are this long, in pixels.
const REPORT_SIDE_MAX: usize = 1800;

/// A page is drawn beside the one of which its picture says most if that is at most so many times as much: pages of other
/// documents with the same text, set otherwise, say little.
const WEAKER_TIMES: f64 = 4.0;

fn sheets(context: &Context<'_>) -> Vec<page::Sheet> {
    let mut most: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for sheet in &context.gathered.sheets {
        let of_picture = most.entry((sheet.exhibit, sheet.picture)).or_default();
        *of_picture = of_picture.max(strength(sheet));
    }
    let drawn = context.gathered.sheets.iter().filter_map(|sheet| {
        let is_drawn = WEAKER_TIMES * strength(sheet) >= most[&(sheet.exhibit, sheet.picture)];
        let raster = |gray: &Gray| if is_drawn { raster(gray) } else { page::Raster::default() };
        let seen = context.gathered.seen.iter().find(|seen| seen.release.id == sheet.release)?;
        let file = context.request.exhibits.get(sheet.exhibit)?;
        let picture = context.materials.get(sheet.exhibit)?.pictures.get(sheet.picture)?;
        let words = sheet.reading.words.iter().zip(&sheet.sites).filter(|(_, site)| site.is_some());
        Some(page::Sheet {
            exhibit: file.name.clone(),
            document: seen.release.name.clone(),
            page: sheet.page,
            picture: raster(picture),
            registered: raster(&sheet.reading.registered),
            words: words.map(|(w, _)| page::SheetWord { outline: w.outline, llr: w.llr }).collect(),
        })
    });
    drawn.collect()
}

/// How much a page's words say in all.
fn strength(sheet: &super::sheets::Sheet) -> f64 {
    sheet.shifts().map(|shift| shift.llr.abs().min(6.0)).sum()
}

/// A picture for the report, made smaller where it is large; one that cannot be encoded is left out.
fn raster(gray: &Gray) -> page::Raster {
    let (width, height) = (gray.width, gray.height);
    let mut small = std::borrow::Cow::Borrowed(gray);
    while small.width.max(small.height) > REPORT_SIDE_MAX {
        small = std::borrow::Cow::Owned(small.halved());
    }
    page::Raster { width, height, png: tellmark_formats::picture::to_png(&small).unwrap_or_default() }
}

fn marks(seen: &Seen) -> Vec<page::Mark> {
    let mut marks = Vec::new();
    for (site, reading) in seen.marking.sites.iter().zip(&seen.reading.sites) {
        if let Outcome::Read { likelihoods, places } = &reading.outcome {
            for (exhibit, range) in places {
                marks.push(page::Mark {
                    exhibit: *exhibit as usize,
                    range: range.clone(),
                    site: site.id.to_string(),
                    rule: site.rule.clone(),
                    channel: site.channel,
                    variants: variants(site, likelihoods),
                    bits: bits(likelihoods),
                });
            }
        }
    }
    marks
}

fn variants(site: &Site, likelihoods: &[Likelihood]) -> Vec<page::Variant> {
    let forms = site.occurrences.first().map(|o| o.forms.as_slice()).unwrap_or_default();
    let each = forms.iter().zip(likelihoods);
    each.map(|(text, &likelihood)| page::Variant { text: text.clone(), likelihood }).collect()
}

/// What a reading tells: log2 of the number of variants, less the entropy of the normalised likelihoods.
#[allow(clippy::disallowed_methods)] // A figure for people; nothing in the finding depends on it.
fn bits(likelihoods: &[Likelihood]) -> f64 {
    let total: f64 = likelihoods.iter().map(|l| f64::from(l.0)).sum();
    let entropy: f64 =
        likelihoods.iter().map(|l| f64::from(l.0) / total).filter(|p| *p > 0.0).map(|p| -p * p.log2()).sum();
    ((likelihoods.len() as f64).log2() - entropy).max(0.0)
}

fn erased(context: &Context<'_>) -> Vec<page::Erased> {
    let mut counts: BTreeMap<Erasure, BTreeMap<(Channel, String), u64>> = BTreeMap::new();
    let sites =
        context.gathered.seen.iter().flat_map(|seen| seen.marking.sites.iter().zip(&seen.reading.sites));
    for (site, SiteReading { outcome, .. }) in sites {
        if let Outcome::Erased(reason) = outcome {
            *counts.entry(*reason).or_default().entry((site.channel, site.rule.clone())).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .map(|(reason, rules)| page::Erased {
            reason,
            rules: rules.into_iter().map(|((channel, rule), count)| (channel, rule, count)).collect(),
        })
        .collect()
}

fn shares(context: &Context<'_>) -> Vec<page::AlphaShare> {
    let batches = context.evidence.bars.batches.iter().zip(&context.evidence.bars.thresholds);
    let copies = batches.map(|(batch, threshold)| page::AlphaShare {
        what: format!("copies, batch {}, look {} since it entered", batch.number, batch.look),
        copies: batch.copies,
        // The threshold of p times four times the copies: a_b v_t.
        alpha: chance(threshold.p + Log2::ceil_ratio(u128::from(batch.copies), 1) + Log2::from_bits(2)),
    });
    copies.collect()
}

fn warnings(context: &Context<'_>, finding: &Finding) -> Vec<String> {
    let of_exhibit = |said: &super::finding::Note| format!("{}: {}.", said.exhibit, said.note);
    let mut warnings: Vec<String> = finding.notes.iter().map(of_exhibit).collect();
    if context.case.look() > 1 {
        warnings.push(format!(
            "This is look {} of the case: what earlier looks read is counted too, and each look spends a part of alpha.",
            context.case.look()
        ));
    }
    if !finding.named_before.is_empty() {
        let each = finding.named_before.iter().map(|named| format!("{} (look {})", named.copy, named.look));
        warnings.push(format!(
            "Earlier looks of this case named {}. They stay named for the case; this look by itself does not speak for them.",
            each.collect::<Vec<_>>().join(", ")
        ));
    }
    if !finding.groups_before.is_empty() {
        warnings.push(format!(
            "Earlier looks of this case named a copy of {}; this look does not.",
            finding.groups_before.join(", ")
        ));
    }
    if let Some(contrary) = &finding.contrary {
        warnings.push(format!(
            "At {} of {} sites that earlier looks read, this one shows another variant. If it comes from another copy, a case of its own weighs it by itself.",
            contrary.other, contrary.shared
        ));
    }
    for named in &finding.named {
        for also in &named.also {
            let holders =
                if also.holders.is_empty() { "holders unknown".into() } else { also.holders.join(", ") };
            warnings.push(format!(
                "Copy {} of {} ({holders}) has {} of the {} sites that name copy {} of {}: it is the same copy in another draft.",
                named.copy, also.document, also.sites, also.of, named.copy, named.document
            ));
        }
    }
    if let Some(before) = &finding.read_before {
        warnings.push(format!(
            "{} of the {} sites read here were read alike in other cases before ({}). The bound holds if nobody chose or made this exhibit by what was found there.",
            before.sites, before.of, before.said()
        ));
    }
    let spare = context.decision.withheld.len();
    if spare > 0 && finding.verdict == Verdict::Copy {
        warnings.push(format!(
            "{spare} further {} the threshold too, but what was read is explained as well without {}: not named.",
            if spare == 1 { "copy reached" } else { "copies reached" },
            if spare == 1 { "it" } else { "them" },
        ));
    } else if spare > 0 {
        warnings.push(format!(
            "{spare} copies reached the threshold and none explains what was read better than another: they cannot be told apart, so none is named."
        ));
    }
    for release in &finding.releases {
        if let Some(line) = &release.visible {
            warnings.push(format!(
                "Copies of {} show the line “{line}”. Anybody can write or take away such a line: it was not weighed.",
                release.document
            ));
        }
    }
    if finding.named.len() > 1 {
        warnings.push(
            "More than one copy is named: the leak may be a mixture, or they may have shared one.".into(),
        );
    }
    let lineages: std::collections::BTreeSet<_> =
        context.gathered.seen.iter().map(|s| s.release.lineage).collect();
    if lineages.len() > 1 {
        warnings.push(
            "The exhibits carry passages of several documents; each copy is judged by its own document."
                .into(),
        );
    }
    warnings
}
