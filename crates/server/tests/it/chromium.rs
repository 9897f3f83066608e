//! A real Chromium, driven over its debugging pipe: two named pipes and JSON, no port and no other program.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long something on a page may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Chromium {
    process: Child,
    commands: std::fs::File,
    answers: BufReader<std::fs::File>,
    session: String,
    number: u64,
    /// What pages complained of: blocked by the policy, errors of scripts.
    pub complaints: Vec<String>,
    shots: PathBuf,
    _folder: tempfile::TempDir,
}

impl Chromium {
    /// Starts it. A Chromium that is missing fails the test.
    pub fn start() -> Chromium {
        let folder = tempfile::tempdir().unwrap();
        let (commands, answers) = (folder.path().join("commands"), folder.path().join("answers"));
        let made = Command::new("mkfifo").args([&commands, &answers]).status().unwrap();
        assert!(made.success());
        let script = format!(
            "exec chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars --force-color-profile=srgb \
             --remote-debugging-pipe --user-data-dir='{}/profile' about:blank 3<'{}' 4>'{}'",
            folder.path().display(),
            commands.display(),
            answers.display()
        );
        let mut start = Command::new("sh");
        let process = start.arg("-c").arg(script).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = process.expect("Chromium is needed: apt-get install chromium");
        // Opening waits until the other side is there.
        let commands = std::fs::OpenOptions::new().write(true).open(commands).unwrap();
        let answers = BufReader::new(std::fs::File::open(answers).unwrap());
        let shots = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/screenshots");
        std::fs::create_dir_all(&shots).unwrap();
        let mut own = Chromium {
            process,
            commands,
            answers,
            session: String::new(),
            number: 0,
            complaints: Vec::new(),
            shots,
            _folder: folder,
        };
        let target = own.call("Target.createTarget", &json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = own.call("Target.attachToTarget", &json!({ "targetId": target, "flatten": true }));
        own.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            own.call(&format!("{domain}.enable"), &json!({}));
        }
        own
    }

    /// Calls a method of the protocol.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        let answer = self.ask(method, parameters);
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        answer["result"].clone()
    }

    /// Calls a method of the protocol, which fails where another page comes in its way.
    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.number += 1;
        let mut message = json!({ "id": self.number, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.commands.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut bytes = Vec::new();
            self.answers.read_until(0, &mut bytes).unwrap();
            assert_eq!(bytes.pop(), Some(0), "Chromium ended");
            let answer: Value = serde_json::from_slice(&bytes).unwrap();
            self.hear(&answer);
            if answer["id"] == self.number {
                return answer;
            }
        }
    }

    fn hear(&mut self, event: &Value) {
        let said = match event["method"].as_str() {
            Some("Log.entryAdded") if event["params"]["entry"]["level"] == "error" => {
                &event["params"]["entry"]
            }
            Some("Runtime.exceptionThrown") => &event["params"]["exceptionDetails"],
            _ => return,
        };
        self.complaints.push(said.to_string());
    }

    /// What an expression is on the page.
    pub fn eval(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let result = self.call("Runtime.evaluate", &parameters);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {result}");
        result["result"]["value"].clone()
    }

    /// Waits until an expression is true, also over the loading of another page.
    pub fn wait(&mut self, expression: &str) {
        let began = Instant::now();
        loop {
            let parameters = json!({ "expression": format!("Boolean({expression})"), "returnByValue": true });
            let answer = self.ask("Runtime.evaluate", &parameters);
            if answer["result"]["result"]["value"] == true {
                return;
            }
            if began.elapsed() > PATIENCE {
                let page = self.eval("location.href + '\\n' + document.body.innerText");
                panic!("never true: {expression}\n{}", page.as_str().unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(40));
        }
    }

    /// Opens an address.
    pub fn open(&mut self, address: &str) {
        self.call("Page.navigate", &json!({ "url": address }));
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// Does something that loads another page, and waits for that.
    pub fn go(&mut self, action: &str) {
        self.eval("window.isOld = true");
        // The other page may come before the answer does.
        self.ask(
            "Runtime.evaluate",
            &json!({ "expression": format!("{{ {action}; null }}"), "userGesture": true }),
        );
        self.wait("!window.isOld && document.readyState === 'complete'");
    }

    /// Writes into a field.
    pub fn fill(&mut self, selector: &str, text: &str) {
        let (selector, text) = (json!(selector), json!(text));
        self.eval(&format!("(() => {{ const f = document.querySelector({selector}); f.value = {text}; f.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()"));
    }

    /// Presses a key as a person does.
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            key => (u32::from(key.to_ascii_uppercase().as_bytes()[0]), key),
        };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let parameters = json!({ "type": kind, "key": key, "windowsVirtualKeyCode": code, "text": text });
            self.call("Input.dispatchKeyEvent", &parameters);
        }
    }

    /// Puts a file into a field.
    pub fn choose(&mut self, selector: &str, file: &Path) {
        let root = self.call("DOM.getDocument", &json!({}))["root"]["nodeId"].clone();
        let node = self.call("DOM.querySelector", &json!({ "nodeId": root, "selector": selector }))["nodeId"]
            .clone();
        self.call("DOM.setFileInputFiles", &json!({ "nodeId": node, "files": [file.to_string_lossy()] }));
    }

    /// The size of the window, and whether it is dark.
    pub fn window(&mut self, width: u32, height: u32, is_dark: bool) {
        let is_phone = width < 600;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": if is_phone { 2 } else { 1 }, "mobile": is_phone });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        let scheme = if is_dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", &media);
    }

    /// Keeps a picture of the page for looking at.
    pub fn shot(&mut self, name: &str) {
        let shot =
            self.call("Page.captureScreenshot", &json!({ "format": "png", "captureBeyondViewport": true }));
        let bytes = decoded(shot["data"].as_str().unwrap());
        std::fs::write(self.shots.join(format!("{name}.png")), bytes).unwrap();
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Base64, as the protocol gives pictures.
fn decoded(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u32> =
        text.bytes().filter(|byte| *byte != b'=').map(|byte| u32::from(value(byte))).collect();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for four in digits.chunks(4) {
        let all = four.iter().enumerate().fold(0, |all, (place, digit)| all | (digit << (18 - 6 * place)));
        bytes.extend_from_slice(&all.to_be_bytes()[1..four.len()]);
    }
    bytes
}
