// Every page works without this. It adds: a second question, files dropped or pasted, progress, and deciding by keyboard.
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
