//! Commands that are given to a server.

use std::fs;

use crate::serving::Serving;
use crate::{CALL, Desk, Outcome, read};

const SCOPES: &str =
    "scope=documents:read&scope=documents:write&scope=cases:read&scope=cases:write&scope=log:read";

fn run(desk: &Desk, (server, token): (&str, &str), args: &[&str]) -> Outcome {
    desk.run_under(&[("TELLMARK_SERVER", server), ("TELLMARK_TOKEN", token)], args, "")
}

#[test]
fn commands_work_on_a_server_as_on_a_vault() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    let serving = Serving::start(&desk);
    let token = serving.owner(SCOPES);
    let at = (&*format!("http://{}", serving.address), &*token);
    // What is asked of the server needs no vault here.
    fs::create_dir(desk.path("elsewhere")).unwrap();
    let plan = run(&desk, at, &["plan", "call.md", "--json"]);
    assert_eq!(plan.json()["words"], 1115, "{}", plan.err);
    // In the words of the command that works on a vault, also where there is nothing to mark.
    fs::write(desk.path("thin.md"), "Yes.").unwrap();
    for file in ["call.md", "thin.md"] {
        for more in [&[][..], &["--alpha", "1e-3"]] {
            let args = [&["plan", file], more].concat();
            let (here, there) = (desk.run(&args), run(&desk, at, &args));
            assert_eq!((there.code, &there.out), (here.code, &here.out), "{args:?}: {}", there.err);
        }
        let args = ["plan", file, "--json"];
        let (here, there) = (desk.run(&args), run(&desk, at, &args));
        let fields = |outcome: &Outcome| -> Vec<String> {
            outcome.json().as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(fields(&there), fields(&here), "{}", there.err);
        for said in [&here.out, &there.out] {
            assert!(!said.contains("-0.0"), "a chance or bits below nothing: {said}");
        }
    }
    assert!(run(&desk, at, &["plan", "call.md"]).out.contains("What an excerpt would name"));
    let sealed = run(&desk, at, &["seal", "call.md", "--to", "roster.csv", "--out", "copies", "--json"]);
    assert_eq!(sealed.code, 0, "{}", sealed.err);
    let release = sealed.json()["release"].as_str().unwrap().to_owned();
    assert_eq!((sealed.json()["copies"].as_u64(), sealed.json()["written"].as_u64()), (Some(24), Some(24)));
    let copy = read(&desk.path("copies/r17/call.md"));
    assert_ne!(copy, CALL);
    let again = run(&desk, at, &["seal", "call.md", "--to", "roster.csv", "--out", "copies", "--json"]);
    assert_eq!(
        (again.json()["written"].as_u64(), again.json()["release"].as_str()),
        (Some(0), Some(&*release))
    );
    let said = run(&desk, at, &["seal", "call.md", "--to", "roster.csv", "--out", "copies"]);
    assert!(said.out.contains("was sealed before") && said.out.contains("0 written"), "{}", said.out);
    fs::write(desk.path("late.csv"), "id,name\nl1,Late Person\n").unwrap();
    let late = run(&desk, at, &["seal", "--extend", &release, "--to", "late.csv", "--out", "late", "--json"]);
    assert_eq!(late.json()["written"], 1, "{}", late.err);
    assert!(desk.path("late/l1/call.md").exists() && !desk.path("late/r17").exists());
    assert_eq!(run(&desk, at, &["releases", "--json"]).json()["releases"].as_array().unwrap().len(), 1);
    let held = run(&desk, at, &["copies", "call.md", "--json"]);
    assert_eq!(held.json()["copies"].as_array().unwrap().len(), 25, "{}", held.err);
    assert_eq!(run(&desk, at, &["copy", "call.md", "r17", "--out", "one.md"]).code, 0);
    assert_eq!(read(&desk.path("one.md")), copy);
    assert_eq!(run(&desk, at, &["withdraw", "call.md", "r04", "--because", "returned"]).code, 0);
    assert!(run(&desk, at, &["holders", "call.md"]).out.contains("withdrawn: returned"));
    let given = run(&desk, at, &["holders", "call.md", "--give", "r17", "--to", "a room", "--assumed"]);
    assert!(given.out.contains("a room (assumed)"), "{}{}", given.out, given.err);

    fs::write(desk.path("leak.txt"), &copy).unwrap();
    let trace = ["trace", "leak.txt", "--case", "press", "--report", "report.html", "--json"];
    let traced = run(&desk, at, &trace);
    assert_eq!((traced.code, traced.json()["named"][0]["copy"].as_str()), (0, Some("r17")), "{}", traced.err);
    assert!(read(&desk.path("report.html")).contains("r17"));
    assert_eq!(run(&desk, at, &trace).code, 2, "the report is in the way, and nothing was looked at");
    fs::write(desk.path("other.txt"), "Nothing of it stands here.").unwrap();
    let nobody = run(&desk, at, &["trace", "other.txt", "--case", "press"]);
    assert!(nobody.code == 1 && nobody.out.contains("Nobody is named"), "{}{}", nobody.out, nobody.err);
    let case = run(&desk, at, &["cases", "press", "--json"]);
    assert_eq!(case.json()["looks"].as_array().unwrap().len(), 2);
    // Against one document alone; one that is not there is no look.
    fs::write(desk.path("second.md"), CALL.replace("14 March", "15 March")).unwrap();
    let second = ["seal", "second.md", "--to", "roster.csv", "--revises", "call.md", "--out", "second"];
    assert_eq!(run(&desk, at, &second).code, 0);
    let alone = ["trace", "leak.txt", "--case", "proof", "--release", "call.md", "--json"];
    let alone = run(&desk, at, &alone);
    assert_eq!((alone.code, alone.json()["tested"].as_u64()), (0, Some(25)), "{}{}", alone.out, alone.err);
    let none = run(&desk, at, &["trace", "leak.txt", "--case", "proof", "--release", "none"]);
    assert!(none.code == 2 && none.err.contains("no release is called"), "{}", none.err);
    let case = run(&desk, at, &["cases", "proof", "--json"]);
    assert_eq!(case.json()["looks"].as_array().unwrap().len(), 1);
    assert_eq!(run(&desk, at, &["prove", "press", "--out", "press.bundle"]).code, 0);
    assert!(desk.path("press.bundle").metadata().unwrap().len() > 1_000);
    assert!(run(&desk, at, &["cases"]).out.contains("press"));
    serving.end();
}

#[test]
fn what_a_server_does_not_do_is_said() {
    let desk = Desk::new();
    let at = ("http://127.0.0.1:1", "token");
    fs::write(desk.path("call.md.sites.toml"), "").unwrap();
    for (args, why) in [
        (&["backup", "b.tar"][..], "does not do `backup`"),
        (&["init"], "does not do `init`"),
        (&["check", "copies"], "does not do `check`"),
        (&["follow", "run"], "does not do `follow run`"),
        (&["sighting", "3"], "does not do `sighting without --trace`"),
        (&["plan", "call.md", "--no-review", "--html", "x.html"], "does not take --html"),
        (&["plan", "call.md"], "call.md.sites.toml decides"),
        (&["trace", "call.md", "--identities", "--because", "x"], "does not take --identities"),
        (&["relay", "run"], "does not do `relay`"),
        (
            &["seal", "call.md", "--no-review", "--shift", "0.2", "--to", "roster.csv", "--out", "o"],
            "does not take --shift",
        ),
    ] {
        let refused = run(&desk, at, args);
        assert!(refused.code == 2 && refused.err.contains(why), "{args:?}: {} {}", refused.code, refused.err);
    }
    assert!(!desk.path("tellmark-vault").exists() && !desk.path("o").exists());
    // What needs neither goes on.
    assert_eq!(run(&desk, at, &["completions", "bash"]).code, 0);
    for (server, token, why) in [
        ("http://tell.example", "t", "could be read on the way"),
        ("http://10.0.0.1:8080", "t", "could be read on the way"),
        ("https://tell.example", "", "TELLMARK_TOKEN"),
        ("tell.example", "t", "https://tell.example"),
    ] {
        let refused = run(&desk, (server, token), &["releases"]);
        assert!(refused.code == 2 && refused.err.contains(why), "{server}: {} {}", refused.code, refused.err);
    }
    let unreached = run(&desk, at, &["releases"]);
    assert!(unreached.code == 3 && unreached.err.contains("could not be asked"), "{}", unreached.err);
    assert!(!unreached.err.contains("token"), "{}", unreached.err);
}

/// What goes to this machine in the clear goes through no proxy, wherever it may stand: neither commands for a server, nor what
/// the server asks the office's own sign-in, nor sentences for a model.
#[test]
fn nothing_goes_through_a_proxy_in_the_clear() {
    let proxy = Listening::start();
    let proxied = format!("http://{}", proxy.address);
    let mut variables: Vec<(&str, &str)> =
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
            .map(|name| (name, proxied.as_str()))
            .to_vec();
    let desk = Desk::new();
    assert_eq!(desk.run(&["init"]).code, 0);
    let issuer = Listening::start();
    let provider = format!("http://{}", issuer.address);
    let with = ["--oidc-issuer", &provider, "--oidc-client", "tellmark"];
    let secret = [&variables[..], &[("TELLMARK_OIDC_SECRET", "a secret of the client")]].concat();
    let serving = Serving::start_under(&desk, &secret, &with);
    let token = serving.owner(SCOPES);
    let server = format!("http://{}", serving.address);
    variables.extend([("TELLMARK_SERVER", server.as_str()), ("TELLMARK_TOKEN", &token)]);
    let releases = desk.run_under(&variables, &["releases", "--json"], "");
    assert_eq!(releases.code, 0, "{}", releases.err);
    let (status, _, _) = serving.get("/sign-in/office");
    assert_eq!(status, 502, "the provider says nothing of itself");
    assert!(issuer.said().iter().any(|line| line.starts_with("GET /.well-known/openid-configuration ")));
    serving.end();
    let model = Listening::start();
    let url = format!("http://{}/v1", model.address);
    fs::write(
        desk.path("note.md"),
        "The guests came to the old stone house by the river and stayed there.\n",
    )
    .unwrap();
    let review = ["review", "note.md", "--suggest", &url, "--model", "m"];
    assert_eq!(desk.run_under(&variables[..6], &review, "").code, 2);
    assert!(model.said().iter().any(|line| line.starts_with("POST /v1/chat/completions ")));
    assert_eq!(proxy.said(), Vec::<String>::new());
}

/// Something that listens, keeps the first line of what it is asked, and answers that there is nothing.
struct Listening {
    address: std::net::SocketAddr,
    said: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
}

impl Listening {
    fn start() -> Listening {
        use std::io::{BufRead, BufReader, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let said: std::sync::Arc<std::sync::Mutex<Vec<String>>> = std::sync::Arc::default();
        let own = said.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut line = String::new();
                let _ = BufReader::new(&stream).read_line(&mut line);
                own.lock().unwrap().push(line);
                let _ = (&stream).write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
            }
        });
        Listening { address, said }
    }

    fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }
}
