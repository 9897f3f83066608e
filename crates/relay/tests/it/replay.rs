//! The fuzzer's corpus, replayed.

use tellmark_relay::fuzz::TARGETS;

#[test]
fn the_corpus_of_every_target_passes() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, target) in TARGETS {
        let files: Vec<_> = std::fs::read_dir(corpus.join(name)).unwrap().flatten().collect();
        assert!(files.len() >= 3, "{name}");
        files.iter().for_each(|file| target(&std::fs::read(file.path()).unwrap()));
    }
}
