//! Passages that no run of equal words gives away, and those that look like passages and are none.

use tellmark_spotting::{Background, Hit, Protected};

const MINUTES: &str = "The envoys met at Tolmouth on the ninth of May, two days after the barrage at Karrow had been closed \
     without notice. Ambassador Harrow opened by reading out the gauge at Velden bridge, which had fallen by eleven \
     inches since the last session. She proposed that both banks publish their pumping hours every Friday, and that an \
     engineer from Quellin inspect the eastern sluice before the herring run. The envoy of Quellin answered that his \
     engineers had never refused an inspection, but that nobody had asked them in writing. After the recess he accepted \
     the Friday tables on condition that the tolls for eel boats be halved until autumn. The secretary was told to \
     circulate a draft to both capitals by Monday, and to keep the matter of the tolls out of the communiqué.\n\n\
     This record is issued to members of the standing committee only. It may not be copied, quoted or circulated outside \
     the committee without the written consent of its chair.";

const ACCOUNTS: &str = "The orchard society counted four hundred pear trees on the northern slope, a third of them older \
     than the chapel. Canker was found on nineteen, all near the old lime kiln, and the pruning party burnt what it cut. \
     The treasurer reported that cider brought in less than honey for the second year running.\n\n\
     This record is issued to members of the standing committee only. It may not be copied, quoted or circulated outside \
     the committee without the written consent of its chair.";

fn spot(documents: &[&str], article: &str) -> Vec<Hit> {
    Protected::new(documents.iter().copied()).spotter().spot(article)
}

/// Each document that is named, once, in order.
fn named(hits: &[Hit]) -> Vec<usize> {
    let mut named: Vec<usize> = Vec::new();
    for hit in hits {
        if !named.contains(&hit.document) {
            named.push(hit.document);
        }
    }
    named
}

#[test]
fn a_passage_rewritten_sentence_by_sentence_is_spotted() {
    let article = "Fishermen in the bay had other worries. According to people in the room, Harrow, the ambassador, began \
                   with the gauge at the Velden bridge: it stands eleven inches lower than at the previous session. Her \
                   proposal was for each bank to publish its pumping hours on Fridays and to let an engineer sent by \
                   Quellin inspect the eastern sluice ahead of the herring run. Quellin's envoy said an inspection had \
                   never been refused by his engineers; it was just that nobody asked in writing. He later accepted the \
                   Friday tables, provided tolls on eel boats are halved until the autumn. Shops stay open on Sunday.";
    let hits = spot(&[MINUTES, ACCOUNTS], article);
    assert_eq!(named(&hits), [0]);
    let found = &article[hits[0].query.clone()];
    assert!(found.contains("Velden bridge") && found.contains("eel boats"), "{found}");
    assert!(!found.contains("Fishermen") && !found.contains("Shops"), "{found}");
}

#[test]
fn the_order_of_sentences_does_not_matter() {
    let mut sentences: Vec<&str> = MINUTES.split("\n\n").next().unwrap_or("").split_inclusive(". ").collect();
    sentences.reverse();
    let hits = spot(&[ACCOUNTS, MINUTES], &sentences.concat());
    assert_eq!(named(&hits), [1]);
    let covered: usize = hits.iter().map(|hit| hit.query.len()).sum();
    assert!(covered > 600, "{covered}");
}

#[test]
fn a_quote_of_nine_words_is_spotted_where_it_stands() {
    let quote = "the tolls for eel boats be halved until autumn";
    let article =
        format!("Trams were late again. One delegate wants “{quote}”, we hear. Rain is likely tomorrow.");
    let hits = spot(&[ACCOUNTS, MINUTES], &article);
    assert_eq!(named(&hits), [1]);
    assert!(MINUTES[hits[0].source.clone()].contains("eel boats"));
    let query = &article[hits[0].query.clone()];
    assert!(query.contains("tolls for eel boats be halved until autumn") && query.len() < 60, "{query}");
}

#[test]
fn shared_boilerplate_names_both_and_what_is_one_documents_own_names_one() {
    let boilerplate = MINUTES.split("\n\n").nth(1).unwrap_or("");
    assert_eq!(named(&spot(&[MINUTES, ACCOUNTS], boilerplate)), [0, 1]);
    assert_eq!(named(&spot(&[MINUTES, ACCOUNTS], ACCOUNTS)), [1]);
}

#[test]
fn of_two_drafts_both_are_named_the_closer_first() {
    let later = MINUTES
        .replace("eleven inches", "fourteen inches")
        .replace("every Friday", "at the end of each week");
    let quoted = |text: &str| text.split("\n\n").next().unwrap_or("").to_owned();
    assert_eq!(named(&spot(&[MINUTES, &later, ACCOUNTS], &quoted(&later))), [1, 0]);
    assert_eq!(named(&spot(&[MINUTES, &later, ACCOUNTS], &quoted(MINUTES))), [0, 1]);
}

#[test]
fn other_languages_are_spotted_in_themselves_and_not_in_each_other() {
    let german = "Die Gesandten trafen sich am neunten Mai in Tolmouth, zwei Tage nachdem das Wehr bei Karrow ohne Ankündigung \
                  geschlossen worden war. Botschafterin Harrow verlas den Pegelstand an der Brücke von Velden, der seit der \
                  letzten Sitzung um elf Zoll gefallen war. Sie schlug vor, dass beide Ufer ihre Pumpzeiten jeden Freitag \
                  veröffentlichen.";
    let russian = "Посланники встретились девятого мая, через два дня после закрытия плотины без предупреждения. Посол \
                   зачитала показания водомера у старого моста и предложила публиковать часы работы насосов каждую пятницу.";
    let other = "Der Verein zählte vierhundert Birnbäume am Nordhang, ein Drittel davon älter als die Kapelle. Der Kassenwart \
                 berichtete, dass der Most zum zweiten Mal weniger einbrachte als der Honig.";
    let documents = [MINUTES, german, russian];
    let quoted = "Wie wir hören, war der Pegelstand an der Brücke von Velden seit der letzten Sitzung um elf Zoll gefallen.";
    assert_eq!(named(&spot(&documents, quoted)), [1]);
    let quoted = "Говорят, посол зачитала показание водомера у старого моста и предлагает публиковать часы работы насосов.";
    assert_eq!(named(&spot(&documents, quoted)), [2]);
    assert_eq!(spot(&documents, other), []);
}

#[test]
fn the_same_input_gives_the_same_hits() {
    let background = [ACCOUNTS, "Nobody on the quay would comment on the weather or the tolls."];
    let all = [MINUTES, ACCOUNTS].map(|article| {
        let hits =
            || Protected::with_background([MINUTES], Background::of(&background)).spotter().spot(article);
        assert_eq!(hits(), hits());
        hits()
    });
    assert!(!all[0].is_empty());
    let protected = Protected::new([MINUTES, ACCOUNTS]);
    let mut spotter = protected.spotter();
    let first = spotter.spot(MINUTES);
    spotter.spot(ACCOUNTS);
    assert_eq!(spotter.spot(MINUTES), first);
}

#[test]
fn hostile_texts_take_bounded_time() {
    let repeated = "the Karrow sluices opened. ".repeat(20_000);
    let protected = Protected::new([MINUTES, repeated.as_str(), "", "a", &"x".repeat(100_000)]);
    let mut spotter = protected.spotter();
    spotter.spot(&repeated);
    spotter.spot(&"x ".repeat(100_000));
    spotter.spot("");
    assert!(Protected::new([]).spotter().spot(MINUTES).is_empty());
}
