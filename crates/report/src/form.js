"use strict";
const form = document.querySelector("form");
const said = document.getElementById("said");
const text = (hex) => new TextDecoder().decode(Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16)));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const answers = {};
  for (const field of form.querySelectorAll("fieldset")) {
    const chosen = field.querySelector("input:checked");
    answers[field.dataset.point] = chosen && "said" in chosen.dataset ? text(chosen.dataset.said) : null;
  }
  const reader = form.elements.reader.value.trim();
  const all = { tellmark_answers: 1, release: form.dataset.release, form: form.dataset.form, reader, answers };
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(all, null, 1) + "\n"], { type: "application/json" }));
  link.download = "answers-" + form.dataset.form + ".json";
  link.click();
  said.textContent = "Saved as " + link.download + ".";
});
