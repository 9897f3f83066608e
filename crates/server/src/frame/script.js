// Every page works without this. It adds: a second question, files dropped or pasted, progress,
// signing a receipt, passkeys, numbers that change while a text is written, and deciding by keyboard.
"use strict";

for (const form of document.querySelectorAll("form[data-ask]")) {
  form.addEventListener("submit", (event) => { if (!confirm(form.dataset.ask)) event.preventDefault(); });
}

for (const form of document.querySelectorAll("form[data-wait]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button:not([disabled])");
    if (!button) return;
    // After the form was sent, so that the button's own value goes with it.
    setTimeout(() => { button.disabled = true; button.textContent = form.dataset.wait; });
  });
}
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  });
}

const drop = document.querySelector(".drop");
if (drop) {
  const input = drop.querySelector("input[type=file]");
  const list = drop.querySelector("ul");
  const show = () => {
    list.replaceChildren();
    for (const file of input.files) {
      const item = document.createElement("li");
      item.textContent = `${file.name}, ${Math.max(1, Math.round(file.size / 1024)).toLocaleString("en")} KiB`;
      if (file.type.startsWith("image/")) {
        const reader = new FileReader();
        reader.addEventListener("load", () => {
          const picture = document.createElement("img");
          picture.alt = "";
          picture.src = reader.result;
          item.append(picture);
        });
        reader.readAsDataURL(file);
      }
      list.append(item);
    }
  };
  const add = (files) => {
    const all = new DataTransfer();
    if (input.multiple) for (const file of input.files) all.items.add(file);
    for (const file of files) all.items.add(file);
    input.files = all.files;
    show();
  };
  input.addEventListener("change", show);
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const files = [...event.dataTransfer.files];
    const text = event.dataTransfer.getData("text/plain");
    const area = document.querySelector("textarea[data-paste]");
    if (files.length) add(files); else if (text && area) area.value = text;
  });
  document.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    const named = (file, at) => new File([file], `clipboard-${at + 1}.${(file.type.split("/")[1] || "png").replace(/\W.*/, "")}`, { type: file.type });
    add(files.map((file, at) => file.name && file.name !== "image.png" ? file : named(file, at)));
  });
}

const progress = document.querySelector("[data-progress]");
if (progress) {
  const bar = progress.querySelector("progress");
  const words = progress.querySelector("p");
  const events = new EventSource(progress.dataset.progress);
  events.addEventListener("step", (event) => {
    const { step, done, total } = JSON.parse(event.data);
    if (total) { bar.max = total; bar.value = Math.min(done, total); } else bar.removeAttribute("value");
    words.textContent = total ? `${step}: ${done.toLocaleString("en")} of ${total.toLocaleString("en")}` : `${step} …`;
  });
  events.addEventListener("end", () => { events.close(); location.reload(); });
}

// A receipt is signed here: the key is made in this browser, and only its public half and the signature leave it.
const signing = document.querySelector("form[data-sign]");
if (signing && globalThis.crypto?.subtle) {
  const said = signing.querySelector("[role=status]");
  const button = signing.querySelector("button");
  const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  const sha256 = (bytes) => crypto.subtle.digest("SHA-256", bytes);
  const text = (string) => new TextEncoder().encode(string);
  const joined = (...parts) => new Uint8Array(parts.flatMap((part) => [...new Uint8Array(part)]));
  const save = (name, content) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content]));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
  const get = async (address) => {
    const response = await fetch(address);
    if (!response.ok) throw new Error("the server did not answer as expected; load the page again");
    return response;
  };
  const sign = async () => {
    said.textContent = "Reading the file …";
    const own = signing.querySelector("input[type=file]").files[0];
    const file = own ? await own.arrayBuffer() : await (await get(signing.dataset.file)).arrayBuffer();
    const statement = await (await get(signing.dataset.sign)).text();
    if (hex(await sha256(file)) !== JSON.parse(statement).file) throw new Error("this is not the file that was delivered to you; nothing was signed. Keep it, and tell somebody you trust");
    const keys = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
    const key = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
    const seed = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).slice(-32);
    const name = `tellmark-person/${hex(await sha256(key)).slice(0, 16)}`;
    const tagged = joined([1], key);
    const id = hex(await sha256(joined(text(`${name}\n`), tagged))).slice(0, 8);
    const signature = await crypto.subtle.sign("Ed25519", keys.privateKey, text(`tellmark receipt v1\n${statement}`));
    // Members stand in the order of their names, as canonical JSON has them.
    const receipt = `{"act":"receipt","format":"tellmark signed 1","key":${JSON.stringify(`${name}+${id}+${base64(tagged)}`)},"signature":${JSON.stringify(base64(signature))},"statement":${statement}}`;
    save(`${signing.dataset.copy}.key`, `tellmark-person-key-v1 ${hex(seed)}\n`);
    save(`${signing.dataset.copy}.receipt`, receipt);
    const form = new FormData();
    form.append("csrf", signing.querySelector("[name=csrf]").value);
    form.append("file", new Blob([receipt]), "receipt.json");
    const response = await fetch(signing.action, { method: "POST", body: form });
    if (!response.ok) throw new Error("the receipt was not recorded; it is in your downloads, hand it in below");
    location.reload();
  };
  signing.hidden = false;
  signing.addEventListener("submit", (event) => {
    event.preventDefault();
    button.disabled = true;
    sign().catch((error) => { said.textContent = error.name === "NotSupportedError" ? "This browser cannot sign. Use tellmark-verify, as said below." : error.message; button.disabled = false; });
  });
}

// Passkeys: the device signs, the form carries what it said.
const passkey = document.querySelector("form[data-passkey]");
if (passkey && globalThis.PublicKeyCredential && navigator.credentials) {
  const said = passkey.querySelector("[role=status]");
  const encode = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const fill = (name, bytes) => { passkey.querySelector(`[name=${name}]`).value = encode(bytes); };
  const use = async () => {
    const password = passkey.querySelector("[name=password]");
    const body = new URLSearchParams({ csrf: passkey.querySelector("[name=csrf]").value, password: password?.value ?? "" });
    const asked = await fetch(`${passkey.getAttribute("action")}/ask`, { method: "POST", body });
    if (asked.status === 422) throw new Error("Your password is another one. Nothing was done.");
    if (asked.status === 429) throw new Error("Too many tries. Try again in a quarter of an hour.");
    if (!asked.ok) throw new Error("The server did not answer as expected. Load the page again.");
    const { challenge, host, user, name, allow } = await asked.json();
    if (passkey.dataset.passkey === "make") {
      const made = await navigator.credentials.create({ publicKey: {
        challenge: decode(challenge), rp: { id: host, name: "Tellmark" },
        user: { id: Uint8Array.from(user.match(/../g), (byte) => parseInt(byte, 16)), name, displayName: name },
        pubKeyCredParams: [{ type: "public-key", alg: -7 }], attestation: "none",
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
      } });
      fill("public_key", made.response.getPublicKey());
      fill("device", made.response.getAuthenticatorData());
      fill("client", made.response.clientDataJSON);
      fill("credential", made.rawId);
    } else {
      const shown = await navigator.credentials.get({ publicKey: { challenge: decode(challenge), rpId: host, userVerification: "required",
        allowCredentials: (allow ?? []).map((id) => ({ type: "public-key", id: decode(id) })) } });
      fill("signature", shown.response.signature);
      fill("device", shown.response.authenticatorData);
      fill("client", shown.response.clientDataJSON);
      fill("credential", shown.rawId);
    }
    if (password) password.disabled = true;
    passkey.submit();
  };
  passkey.hidden = false;
  passkey.addEventListener("submit", (event) => {
    event.preventDefault();
    said.textContent = "";
    use().catch((error) => { said.textContent = error.name === "NotAllowedError" ? "Nothing was done: your device did not answer, or you said no." : error.message; });
  });
}

const editor = document.querySelector("form[data-try]");
if (editor) {
  const area = editor.querySelector("textarea");
  let waiting, asked = 0;
  const show = (said) => {
    document.querySelector("[data-said]").textContent = said.wrong ?? "";
    if (said.wrong) return;
    for (const number of document.querySelectorAll("[data-number]")) number.textContent = said[number.dataset.number].toLocaleString("en");
    document.querySelector("[data-promise]").replaceChildren(...said.promise.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }));
  };
  const ask = async () => {
    const own = ++asked;
    const response = await fetch(editor.dataset.try, { method: "POST", body: new FormData(editor) });
    // An answer that another has overtaken is of an older text.
    if (own === asked && response.ok) show(await response.json());
  };
  area.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 400); });
  for (const button of editor.querySelectorAll("button[data-wrap]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const [before, between, after] = button.dataset.wrap.split(",");
      const own = area.value.slice(area.selectionStart, area.selectionEnd);
      area.setRangeText(before + own + between + after, area.selectionStart, area.selectionEnd, "end");
      const at = area.selectionEnd - after.length;
      area.focus();
      area.setSelectionRange(at, at);
      area.dispatchEvent(new Event("input"));
    });
  }
}

const sites = [...document.querySelectorAll(".site")];
if (sites.length) {
  const go = (at) => {
    const site = sites[Math.max(0, Math.min(sites.length - 1, at))];
    site.focus();
    site.scrollIntoView({ block: "nearest" });
  };
  const mark = (site) => { site.dataset.verdict = site.querySelector("input:checked")?.value ?? ""; };
  sites.forEach(mark);
  document.addEventListener("change", (event) => { const site = event.target.closest(".site"); if (site) mark(site); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input[type=text], textarea, select")) return;
    const at = sites.indexOf(document.activeElement.closest(".site"));
    const verdict = { a: "accept", r: "reject", l: "leave", o: "open" }[event.key];
    if (event.key === "j" || event.key === "k") go(at < 0 ? 0 : at + (event.key === "j" ? 1 : -1));
    else if (verdict && at >= 0) {
      sites[at].querySelector(`input[value=${verdict}]`).checked = true;
      mark(sites[at]);
      go(at + 1);
    } else if (event.key === "s") document.querySelector("form[data-sites]").requestSubmit();
    else return;
    event.preventDefault();
  });
}
