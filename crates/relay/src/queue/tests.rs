use super::*;
use files::To;

fn envelope(number: u64, copies: usize) -> Envelope {
    Envelope {
        id: format!("{number:016x}"),
        at_ms: now_ms() - 1,
        from: "a@n.example".into(),
        to: (0..copies).map(|n| To { address: format!("r{n}@n.example"), copy: String::new() }).collect(),
        smtputf8: false,
        received: String::new(),
        sealed: None,
    }
}

fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue");
    (folder, path)
}

#[tokio::test]
async fn what_was_not_handed_over_waits_after_a_restart() {
    let (_folder, path) = folder();
    let queue = Queue::open(&path).unwrap();
    queue.put(envelope(1, 4), b"x").unwrap();
    assert_eq!(queue.waiting(), 4);
    let jobs = [queue.next().await.unwrap(), queue.next().await.unwrap(), queue.next().await.unwrap()];
    assert_eq!(jobs.iter().map(|job| job.to).collect::<Vec<_>>(), [0, 1, 2]);
    queue.trying(&jobs[0]).unwrap();
    queue.sent(&jobs[0]).await.unwrap();
    queue.trying(&jobs[1]).unwrap();
    queue.later(&jobs[2], now_ms() + 60_000, "451 later").await.unwrap();
    assert!(Queue::open(&path).is_err(), "one relay a queue");
    drop(queue);
    let queue = Queue::open(&path).unwrap();
    // The second is in doubt and comes first; the third waits for its time.
    assert_eq!((queue.waiting(), queue.in_doubt()), (3, 1));
    assert_eq!(queue.next().await.unwrap().to, 1);
    assert_eq!(queue.next().await.unwrap().to, 3);
    assert!(queue.try_next().is_err());
    assert!(queue.retry(&envelope(1, 4).id));
    let third = queue.next().await.unwrap();
    assert_eq!((third.to, third.tries), (2, 1));
}

#[tokio::test]
async fn a_message_goes_when_all_of_it_is_settled() {
    let (_folder, path) = folder();
    let queue = Queue::open(&path).unwrap();
    queue.put(envelope(1, 3), b"x").unwrap();
    let id = envelope(1, 3).id;
    let first = queue.next().await.unwrap();
    queue.never(&first, "550 no\r\nsuch user").await.unwrap();
    assert!(queue.to_tell(&id).is_empty(), "others are new");
    for _ in 0..2 {
        let job = queue.next().await.unwrap();
        queue.sent(&job).await.unwrap();
    }
    assert_eq!(queue.to_tell(&id), [(0, "550 no  such user".to_owned())]);
    drop(queue);
    let queue = Queue::open(&path).unwrap();
    assert_eq!(queue.untold(), [id.as_str()]);
    queue.told(&id, vec![0]).await.unwrap();
    assert!(look(&path).unwrap().is_empty() && queue.bytes(&id).is_err());
}

#[tokio::test]
async fn marked_messages_stay_until_their_deliveries_are_entered() {
    let (_folder, path) = folder();
    let queue = Queue::open(&path).unwrap();
    let sealed = Sealed { text: Some(tellmark_core::ReleaseId([7; 8])), documents: Vec::new() };
    queue.put(Envelope { sealed: Some(sealed.clone()), ..envelope(1, 1) }, b"x").unwrap();
    assert!(queue.to_enter(10).is_empty());
    let job = queue.next().await.unwrap();
    queue.sent(&job).await.unwrap();
    drop(queue);
    let queue = Queue::open(&path).unwrap();
    assert_eq!(queue.to_enter(10), [(envelope(1, 1).id, sealed)]);
    queue.entered(&[envelope(1, 1).id]).await.unwrap();
    assert!(look(&path).unwrap().is_empty());
}

#[tokio::test]
async fn an_operator_retries_and_drops() {
    let (_folder, path) = folder();
    let queue = Queue::open(&path).unwrap();
    queue.put(envelope(1, 2), b"x").unwrap();
    queue.put(envelope(2, 1), b"x").unwrap();
    let job = queue.next().await.unwrap();
    queue.later(&job, now_ms() + 3_600_000, "451 later").await.unwrap();
    // A relay works on it: it is asked.
    let (first, second) = (envelope(1, 2).id, envelope(2, 1).id);
    assert!(!ask(&path, "drop", &first).await.unwrap());
    assert_eq!(queue.requests(), [("drop".to_owned(), first.clone())]);
    assert!(queue.requests().is_empty());
    assert!(queue.drop_message(&second).await.unwrap());
    assert_eq!(queue.waiting(), 2);
    drop(queue);
    // None does: it is done at once.
    assert!(ask(&path, "retry", &first).await.unwrap());
    assert!(ask(&path, "drop", &second).await.is_err());
    let queue = Queue::open(&path).unwrap();
    assert_eq!((queue.next().await.unwrap().to, queue.next().await.unwrap().to), (0, 1));
    drop(queue);
    assert!(ask(&path, "drop", &first).await.unwrap());
    assert!(look(&path).unwrap().is_empty());
}

#[tokio::test]
async fn a_long_journal_is_written_anew_and_forgets_nothing() {
    let (_folder, path) = folder();
    let queue = Queue::open(&path).unwrap();
    queue.put(envelope(1, 40), b"x").unwrap();
    for _ in 0..20 {
        let job = queue.next().await.unwrap();
        queue.sent(&job).await.unwrap();
    }
    let records = queue.state().records();
    queue.journal.renew(&records).unwrap();
    let job = queue.next().await.unwrap();
    queue.sent(&job).await.unwrap();
    drop(queue);
    assert_eq!(Queue::open(&path).unwrap().waiting(), 19);
}

#[tokio::test]
async fn what_became_of_a_message_that_cannot_be_read_once_is_not_forgotten() {
    let (_folder, path) = folder();
    let queue = Queue::open(&path).unwrap();
    queue.put(envelope(1, 3), b"x").unwrap();
    for _ in 0..2 {
        let job = queue.next().await.unwrap();
        queue.sent(&job).await.unwrap();
    }
    drop(queue);
    // In its place lies something that cannot be read.
    let (file, aside) = (path.join("messages").join(envelope(1, 3).id), path.join("aside"));
    std::fs::rename(&file, &aside).unwrap();
    std::fs::create_dir(&file).unwrap();
    for _ in 0..2 {
        let queue = Queue::open(&path).unwrap();
        assert_eq!(queue.waiting(), 0, "others go on, and this one waits");
        let records = queue.state().records();
        assert_eq!(records.len(), 2);
        queue.journal.renew(&records).unwrap();
    }
    std::fs::remove_dir(&file).unwrap();
    std::fs::rename(&aside, &file).unwrap();
    let queue = Queue::open(&path).unwrap();
    assert_eq!((queue.waiting(), queue.next().await.unwrap().to), (1, 2));
    drop(queue);
    // What is known of a message that is gone is not kept.
    std::fs::remove_file(&file).unwrap();
    assert!(Queue::open(&path).unwrap().state().records().is_empty());
}

#[tokio::test]
async fn deliveries_that_cannot_be_entered_keep_no_others_out() {
    let (_folder, path) = folder();
    let queue = Queue::open(&path).unwrap();
    let sealed = Sealed { text: Some(tellmark_core::ReleaseId([7; 8])), documents: Vec::new() };
    for number in 1..4 {
        queue.put(Envelope { sealed: Some(sealed.clone()), ..envelope(number, 1) }, b"x").unwrap();
        let job = queue.next().await.unwrap();
        queue.sent(&job).await.unwrap();
    }
    let first = |queue: &Queue| queue.to_enter(1).first().map(|(id, _)| id.clone());
    let id = |number: u64| envelope(number, 1).id;
    queue.enter_later(&[id(1)], now_ms() + 60_000);
    assert_eq!(first(&queue), Some(id(2)));
    queue.unentered(&[id(2)]).await.unwrap();
    assert_eq!(first(&queue), Some(id(3)));
    assert!(queue.bytes(&id(2)).is_err(), "it is done with");
    drop(queue);
    // At the next start what failed is tried at once.
    let queue = Queue::open(&path).unwrap();
    assert_eq!(queue.to_enter(9).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [id(1), id(3)]);
}

#[tokio::test]
async fn what_is_never_entered_stays_so_while_copies_wait() {
    let (_folder, path) = folder();
    let queue = Queue::open(&path).unwrap();
    let sealed = Sealed { text: Some(tellmark_core::ReleaseId([7; 8])), documents: Vec::new() };
    queue.put(Envelope { sealed: Some(sealed), ..envelope(1, 2) }, b"x").unwrap();
    let job = queue.next().await.unwrap();
    queue.sent(&job).await.unwrap();
    queue.unentered(&[envelope(1, 2).id]).await.unwrap();
    for _ in 0..2 {
        let (entries, _) = read_entries(&Files::of(&path)).unwrap();
        assert_eq!(entries[&envelope(1, 2).id].deliveries, Deliveries::Never);
        assert_eq!(queue.waiting(), 1);
        let records = queue.state().records();
        queue.journal.renew(&records).unwrap();
    }
}
