//! A day in a real browser: every main page on a desk, on a phone and in the dark, by mouse and by keyboard.

use std::net::SocketAddr;

use serde_json::json;
use tellmark_app::{Access, Ports, Vault};
use tellmark_evidence::encode::from_hex_exact;
use tellmark_evidence::note::{Role, SecretKey};
use tellmark_evidence::signed::Signed;
use tellmark_server::{Server, Settings, bind, first_link, serve};
use tellmark_testkit::{document, print};

use crate::chromium::Chromium;
use crate::office::{CALL, PASSWORD, ROSTER, copy_of, middle};

/// What is wrong with a page that an automatic check sees: contrast below AA, fields without a label, no landmark, two
/// headings of the first rank, pictures without a text, a page that is wider than its window.
const CHECK: &str = r#"(() => {
  const found = [];
  const channel = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const parse = (text) => { const n = text.match(/[\d.]+/g).map(Number); return { r: n[0], g: n[1], b: n[2], a: n[3] ?? 1 }; };
  const light = ({ r, g, b }) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a > 0.99) return c; }
    return { r: 255, g: 255, b: 255 };
  };
  const name = (e) => `${e.tagName.toLowerCase()}${e.className ? "." + e.className : ""} “${(e.innerText || e.value || "").slice(0, 40)}”`;
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest("[disabled]")) continue;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const [a, b] = [light(parse(style.color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05), needed = size >= 24 || (size >= 18.66 && bold) ? 3 : 4.5;
    if (ratio < needed) found.push(`contrast ${ratio.toFixed(2)} of ${name(e)}`);
  }
  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (!e.labels?.length && !e.ariaLabel && e.checkVisibility()) found.push(`no label: ${name(e)} ${e.name}`);
  }
  for (const e of document.querySelectorAll("button, a[href]")) {
    if (!(e.innerText.trim() || e.ariaLabel) && e.checkVisibility()) found.push(`no name: ${e.outerHTML.slice(0, 80)}`);
  }
  for (const e of document.querySelectorAll("img:not([alt]), iframe:not([title])")) found.push(`no text: ${e.outerHTML.slice(0, 80)}`);
  if (document.querySelectorAll("main h1").length !== 1) found.push("not one h1");
  for (const tag of ["main", "header", "footer"]) if (!document.querySelector(`body > ${tag}`)) found.push(`no ${tag}`);
  if (!document.documentElement.lang) found.push("no language");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) found.push(`twice the id ${id}`);
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) found.push(`${wide} wide in ${innerWidth}`);
  return found.join("\n");
})()"#;

/// Looks at a page on a desk, on a phone and in the dark.
fn look(chromium: &mut Chromium, name: &str) {
    for (kind, width, height, is_dark) in
        [("desk", 1200, 900, false), ("phone", 360, 740, false), ("dark", 1200, 900, true)]
    {
        chromium.window(width, height, is_dark);
        // What is enclosed is laid out by a process of its own.
        let is_enclosing =
            chromium.eval("Boolean(document.querySelector('details[open] iframe, main > iframe'))") == true;
        std::thread::sleep(std::time::Duration::from_millis(if is_enclosing { 700 } else { 0 }));
        let found = chromium.eval(CHECK);
        let found = found.as_str().unwrap().lines().map(|line| format!("{name} ({kind}): {line}"));
        chromium.complaints.extend(found);
        chromium.shot(&format!("{name}-{kind}"));
    }
    chromium.window(1200, 900, false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_in_the_browser() {
    let folder = tempfile::tempdir().unwrap();
    let access = Access { folder: folder.path().join("vault"), passphrase: None, ..Access::default() };
    let vault = Vault::create(&access, None, &mut Ports::seeded(1, 1_770_000_000)).await.unwrap();
    let listener = bind("127.0.0.1:0".parse::<SocketAddr>().unwrap()).await.unwrap();
    let settings = Settings::new(listener.local_addr().unwrap(), &access.folder);
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::new(vault, settings).unwrap();
    let link = first_link(&server).await.unwrap().unwrap();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(serve(server.clone(), listener, async { _ = ended.await }));
    let copies = folder.path().join("vault-copies");
    let printed = print::pdf(&[print::lines(&document::prose(3, 480, 0.0))]);
    let files = [("call.md", CALL.as_bytes()), ("people.csv", ROSTER.as_bytes()), ("minutes.pdf", &printed)];
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let place = folder.path().to_owned();
    tokio::task::spawn_blocking(move || day(&base, &link, &place, &copies)).await.unwrap();
    end.send(()).unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(30), serving)
        .await
        .expect("it ends in order")
        .unwrap();
}

fn day(base: &str, link: &str, folder: &std::path::Path, copies: &std::path::Path) {
    let mut chromium = Chromium::start();
    let c = &mut chromium;
    c.open(link);
    look(c, "01-welcome");
    c.fill("#name", "Ada Lindqvist");
    c.fill("#password", PASSWORD);
    c.fill("#again", PASSWORD);
    c.go("document.querySelector('main button').click()");
    c.wait("document.querySelector('h1').innerText.includes('Ada Lindqvist')");
    look(c, "02-home-empty");
    for (path, name) in [
        ("documents", "03-documents-empty"),
        ("cases", "04-cases-empty"),
        ("sightings", "05-sightings"),
        ("people", "06-people"),
        ("access", "07-access"),
        ("consent", "08-consent"),
        ("account", "09-account"),
        ("backup", "36-backup"),
    ] {
        c.open(&format!("{base}/{path}"));
        look(c, name);
    }

    // By keyboard: the first stop is the way past the navigation.
    c.open(&format!("{base}/desk"));
    c.press("Tab");
    assert_eq!(c.eval("document.activeElement.className"), "skip");
    c.choose("#file", &folder.join("call.md"));
    c.wait("document.querySelector('.drop li')?.innerText.includes('call.md')");
    look(c, "10-desk");
    c.go("document.querySelector('.drop button').click()");
    c.choose("form[action$=roster] #file", &folder.join("people.csv"));
    c.go("document.querySelector('form[action$=roster] button').click()");
    look(c, "11-draft");
    let draft = c.eval("location.href").as_str().unwrap().to_owned();

    // The text, with numbers that follow what is written.
    c.open(&format!("{draft}/text"));
    c.eval("(() => { const area = document.querySelector('#text'); const at = area.value.indexOf('15:00'); area.focus(); area.setSelectionRange(at, at + 5); document.querySelector('[data-wrap*=\"?\"]').click(); area.setRangeText('3 p.m.', area.selectionStart, area.selectionStart, 'end'); area.dispatchEvent(new Event('input')); })()");
    c.wait("document.querySelector('[data-number=points]').innerText === '1'");
    assert_eq!(c.eval("document.querySelector('#text').value.includes('{? 15:00 | 3 p.m. ?}')"), true);
    look(c, "34-text");

    // The sites by keyboard alone: accept, reject, leave, save.
    c.open(&format!("{draft}/sites"));
    for key in ["j", "a", "r", "l"] {
        c.press(key);
    }
    let decided = "[...document.querySelectorAll('.site')].slice(0, 3).map(s => s.dataset.verdict).join()";
    assert_eq!(c.eval(decided), "accept,reject,leave");
    look(c, "12-sites");
    c.go("document.querySelector('button[name=rest]').click()");
    assert_eq!(c.eval(decided), "accept,reject,leave");

    c.open(&draft);
    c.go("document.querySelector('form[action$=seal] button').click()");
    c.wait("document.body.innerText.includes('24 copies are made')");
    look(c, "13-sealed");
    let release = c.eval("document.querySelector('main .row a').href").as_str().unwrap().to_owned();
    let id = release.rsplit('/').next().unwrap().to_owned();
    c.open(&release);
    look(c, "14-document");
    c.open(&format!("{release}/copies"));
    look(c, "15-copies");
    c.open(&format!("{release}/copies/r17"));
    c.fill("#holder", "her assistant, who prints");
    c.go("document.querySelector('form[action$=holders] button').click()");
    look(c, "16-copy");
    c.open(&format!("{release}/shares"));
    look(c, "17-shares");
    c.eval("document.querySelector('#some').click()");
    c.fill("[name=copies]", "r03");
    c.go("document.querySelector('main form button').click()");
    look(c, "18-links");
    let share = c.eval("document.querySelector('.secret').innerText").as_str().unwrap().to_owned();
    let share_of_pdf = share_of_pdf(c, base, folder);

    // What leaked is pasted, and traced.
    let leak = middle(&copy_of(copies, &id, "r17", "call.md"));
    c.open(&format!("{base}/trace"));
    look(c, "19-trace");
    c.eval(&format!("(() => {{ const data = new DataTransfer(); data.setData('text/plain', {}); document.dispatchEvent(new DragEvent('drop', {{ dataTransfer: data, bubbles: true, cancelable: true }})); }})()", json!(leak)));
    c.fill("#new", "the press");
    c.fill("#because", "a newspaper of 3 May");
    c.go("document.querySelector('main button').click()");
    c.wait("document.querySelector('h1').innerText === 'A copy is named'");
    c.wait("document.querySelector('iframe').contentDocument !== undefined");
    look(c, "20-finding");
    // A screenshot from the clipboard becomes a file.
    c.open(&format!("{base}/trace?case=the%20press"));
    c.eval("(() => { const data = new DataTransfer(); data.items.add(new File([new Uint8Array([137, 80, 78, 71])], 'image.png', { type: 'image/png' })); document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); })()");
    c.wait("document.querySelector('.drop li')?.innerText.includes('clipboard-1.png')");
    c.open(&format!("{base}/cases/the%20press"));
    look(c, "21-case");
    c.open(&format!("{base}/cases/the%20press/looks/1/report"));
    c.shot("22-report");
    // A paragraph names nobody; names take an order.
    let copy = copy_of(copies, &id, "r17", "call.md");
    let few = copy.split("\n\n").filter(|paragraph| paragraph.len() > 300).nth(4).unwrap();
    c.open(&format!("{base}/trace"));
    c.fill("#text", few);
    c.go("document.querySelector('main button').click()");
    c.wait("document.querySelector('h1').innerText === 'Nobody is named'");
    c.fill("#why", "to ask for the notes that were taken");
    c.go("document.querySelector('form[action$=names] button').click()");
    look(c, "32-order");
    c.open(&format!("{base}/consent"));
    look(c, "33-consent");
    c.open(&format!("{base}/log"));
    look(c, "23-log");
    c.open(&format!("{base}/log/acts"));
    look(c, "24-acts");
    c.open(&format!("{base}/nothing"));
    look(c, "25-nothing");
    c.open(base);
    look(c, "26-home");

    // The recipient, who has no account.
    c.go("document.querySelector('.self button').click()");
    look(c, "27-sign-in");
    c.open(&share);
    look(c, "28-door");
    c.go("document.querySelector('main button').click()");
    look(c, "29-room");
    c.open(&format!("{share}/read"));
    look(c, "30-read");
    // The recipient signs: what the browser saves for them is a key and a receipt by it.
    c.open(&share);
    c.eval("sessionStorage.clear(); URL.createObjectURL = (blob) => { blob.text().then((text) => sessionStorage.setItem(text.slice(0, 8), text)); return '#'; }; null");
    c.go("document.querySelector('form[data-sign] button').click()");
    c.wait("document.body.innerText.includes('A receipt was recorded')");
    look(c, "35-signed");
    let saved = |c: &mut Chromium, begin: &str| {
        c.eval(&format!("sessionStorage.getItem({})", json!(begin))).as_str().unwrap().to_owned()
    };
    let (key, receipt) = (saved(c, "tellmark"), saved(c, "{\"act\":\""));
    let seed = key.trim().strip_prefix("tellmark-person-key-v1 ").unwrap();
    let signed = Signed::read(receipt.as_bytes()).unwrap();
    assert!(signed.holds(), "{receipt}");
    let own = SecretKey::new(&signed.key.name, Role::Log, &from_hex_exact(seed).unwrap()).unwrap();
    assert_eq!(own.public(), &signed.key, "the key that was saved is the one that signed");
    c.open(&share_of_pdf);
    c.go("document.querySelector('main button').click()");
    c.go("document.querySelector('main .button').click()");
    c.wait("[...document.images].some(picture => picture.complete && picture.naturalWidth > 900)");
    look(c, "31-read-pages");

    sign_in_with_a_passkey(c, &base.replace("127.0.0.1", "localhost"), &folder.join("vault"));

    c.complaints.retain(|said| !said.contains("404"));
    assert!(c.complaints.is_empty(), "{:#?}", c.complaints);
}

/// Seals a PDF, and gives the link of one copy.
fn share_of_pdf(c: &mut Chromium, base: &str, folder: &std::path::Path) -> String {
    c.open(&format!("{base}/desk"));
    c.choose("#file", &folder.join("minutes.pdf"));
    c.go("document.querySelector('.drop button').click()");
    c.choose("form[action$=roster] #file", &folder.join("people.csv"));
    c.go("document.querySelector('form[action$=roster] button').click()");
    c.go("document.querySelector('form[action$=seal] button').click()");
    c.wait("document.body.innerText.includes('24 copies are made')");
    let release = c.eval("document.querySelector('main .row a').href").as_str().unwrap().to_owned();
    link_of(c, &release, "r03")
}

/// Makes a link for one copy of a document.
fn link_of(c: &mut Chromium, document: &str, copy: &str) -> String {
    c.open(&format!("{document}/shares"));
    c.eval("document.querySelector('#some').click()");
    c.fill("[name=copies]", copy);
    c.go("document.querySelector('form[action$=shares] button').click()");
    c.eval("document.querySelector('.secret').innerText").as_str().unwrap().to_owned()
}

/// A passkey is made on the account's page, and signs in; the device is one that Chromium plays. Names alone have passkeys, so that
/// the server is reached by its other one.
fn sign_in_with_a_passkey(c: &mut Chromium, base: &str, vault: &std::path::Path) {
    c.call("WebAuthn.enable", &json!({}));
    let device = json!({ "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true });
    let device = c.call("WebAuthn.addVirtualAuthenticator", &json!({ "options": device }));
    c.open(&format!("{base}/sign-in"));
    c.fill("#name", "Ada Lindqvist");
    c.fill("#password", PASSWORD);
    c.go("document.querySelector('form[action$=sign-in] button').click()");
    c.open(&format!("{base}/account"));
    c.fill("#passkey-name", "a laptop");
    c.fill("#password-for-passkey", "another one entirely");
    c.eval("document.querySelector('form[data-passkey] button').click()");
    c.wait("document.body.innerText.includes('Your password is another one')");
    c.complaints.retain(|said| !said.contains("422"));
    c.fill("#password-for-passkey", PASSWORD);
    c.go("document.querySelector('form[data-passkey] button').click()");
    c.wait("document.body.innerText.includes('a laptop')");
    look(c, "37-passkeys");
    for _ in 0..2 {
        c.go("document.querySelector('.self button').click()");
        look(c, "38-sign-in-passkey");
        c.go("document.querySelector('form[data-passkey] button').click()");
        c.wait("document.querySelector('h1').innerText.includes('Ada Lindqvist')");
    }
    // A link that wants a code, since there is a server for mail now.
    let smtp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    crate::office::set_mail(vault, smtp.local_addr().unwrap().port());
    c.open(&format!("{base}/documents"));
    let document = c.eval("document.querySelector('main a[href^=\"/documents/\"]').href");
    let link = link_of(c, document.as_str().unwrap(), "r05");
    // One that was removed signs nobody in any more.
    c.open(&format!("{base}/account"));
    c.eval("window.confirm = () => true");
    c.go("document.querySelector('form[action$=remove] button').click()");
    c.go("document.querySelector('.self button').click()");
    c.go("document.querySelector('form[data-passkey] button').click()");
    c.wait("document.body.innerText.includes('signs nobody in here')");
    c.complaints.retain(|said| !said.contains("401"));
    c.call("Network.clearBrowserCookies", &json!({}));
    open_a_link_with_a_passkey(c, &smtp, &link.replace("127.0.0.1", "localhost"));
    c.call("WebAuthn.removeVirtualAuthenticator", &device);
}

/// A recipient's link that wants a code is opened with one, and after that with a passkey.
fn open_a_link_with_a_passkey(c: &mut Chromium, smtp: &std::net::TcpListener, link: &str) {
    c.open(link);
    let smtp = smtp.try_clone().unwrap();
    let letter = std::thread::spawn(move || crate::office::take_letter(&smtp));
    c.go("document.querySelector('form[action$=code] button').click()");
    let letter = letter.join().unwrap();
    c.fill("#code", &letter.split("Your code is ").nth(1).unwrap()[..9]);
    c.go("[...document.querySelectorAll('main button')].at(-1).click()");
    c.wait("!document.querySelector('form[data-passkey]').hidden");
    c.go("document.querySelector('form[data-passkey] button').click()");
    c.wait("document.body.innerText.includes('A passkey of yours opens this link')");
    look(c, "39-link-with-passkey");
    c.call("Network.clearBrowserCookies", &json!({}));
    c.open(link);
    c.wait("!document.querySelector('form[data-passkey]').hidden");
    look(c, "40-door-with-passkey");
    c.go("document.querySelector('form[data-passkey] button').click()");
    c.wait("document.body.innerText.includes('yours alone')");
}
