// Comfort only: everything works without this file.
"use strict";

const typing = (element) =>
  element.matches("textarea, select, input:not([type=radio]):not([type=checkbox])") || element.isContentEditable;
const visible = (element) => element.getClientRects().length > 0;

// --- questions of the coding form ---

const form = document.querySelector("form#code");
const questions = () => [...document.querySelectorAll("form#code fieldset")].filter(visible);

// Only the questions that apply to the kind chosen are shown; without this script all are, and the desk sorts it out.
function showWhatApplies() {
  if (!form) return;
  const kind = form.querySelector("[name='answer.kind']:checked")?.value ?? "";
  for (const question of form.querySelectorAll("fieldset")) {
    const kinds = question.dataset.kinds;
    const applies = !kinds || kinds.split(" ").includes(kind);
    question.hidden = question.disabled = !applies;
  }
}

function focusOn(question) {
  document.querySelectorAll("form#code fieldset.here").forEach((one) => one.classList.remove("here"));
  question.classList.add("here");
  (question.querySelector(":checked") ?? question.querySelector("input, textarea")).focus({ preventScroll: true });
  question.scrollIntoView({ block: "nearest" });
}

const here = () => document.activeElement.closest("form#code fieldset") ?? questions().find((one) => !one.querySelector(":checked"));

function step(by) {
  const all = questions();
  const next = all[Math.min(Math.max(all.indexOf(here()) + by, 0), all.length - 1)];
  if (next) focusOn(next);
}

function choose(key) {
  const question = here();
  const option = question?.querySelector(`[data-key="${key}"]`);
  if (!option) return false;
  option.checked = true;
  showWhatApplies();
  const all = questions();
  focusOn(all[Math.min(all.indexOf(question) + 1, all.length - 1)]);
  return true;
}

if (form) {
  form.addEventListener("change", showWhatApplies);
  form.addEventListener("focusin", (event) => {
    form.querySelectorAll("fieldset.here").forEach((one) => one.classList.remove("here"));
    event.target.closest("fieldset")?.classList.add("here");
  });
  form.querySelectorAll(".by-key").forEach((one) => { one.hidden = false; });
  showWhatApplies();
  focusOn(questions()[0]);
}

// As the button that says Enter, with what it says of where to go on.
const save = (coded) => coded.requestSubmit(coded.querySelector("button.main"));

// --- rows of a list ---

const rows = [...document.querySelectorAll("tr[data-row]")];

function moveRow(by) {
  const now = rows.findIndex((row) => row.classList.contains("here"));
  const next = rows[Math.min(Math.max(now + by, 0), rows.length - 1)];
  if (now >= 0) rows[now].classList.remove("here");
  next.classList.add("here");
  next.querySelector("a")?.focus();
}

// --- keys ---

const assigning = document.querySelector("form#assign");

// A digit says "belongs here"; after s it ticks one of several.
function assignByKey(key) {
  if (key === "s") return assigning.classList.toggle("several") || true;
  const box = assigning.querySelector(`[data-key="${key}"]`);
  if (box && assigning.classList.contains("several")) box.checked = !box.checked;
  else assigning.querySelector(`[data-press="${key}"]`)?.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  // while an input method composes, every key is the input method's; 229 is what some browsers send last
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key;
  if (key === "Enter" && !event.shiftKey && event.target.matches("form#code textarea")) {
    event.preventDefault();
    return save(form);
  }
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  let used = true;
  if (key === "?") document.querySelector("#keys").showModal();
  else if (key === "/") document.querySelector("#search").focus();
  else if (form && key === "Enter" && event.target.tagName !== "BUTTON" && event.target.tagName !== "A" && event.target.tagName !== "SUMMARY") save(form);
  else if (assigning && key === "Enter" && event.target.tagName !== "BUTTON" && event.target.tagName !== "A") save(assigning);
  else if (form && (key === "j" || key === "k")) step(key === "j" ? 1 : -1);
  else if (rows.length && (key === "j" || key === "k")) moveRow(key === "j" ? 1 : -1);
  else if (key === "n" && document.querySelector("#next")) document.querySelector("#next").requestSubmit();
  else if (form && key.length === 1) used = choose(key.toLowerCase());
  else if (assigning && key.length === 1) used = assignByKey(key);
  else used = false;
  if (used) event.preventDefault();
});

// --- copying a field, and looking again for a form that waits ---

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copies);
    getSelection().selectAllChildren(field);
    try {
      await navigator.clipboard.writeText(field.textContent);
    } catch {
      document.execCommand("copy"); // where the page did not come by TLS
    }
    button.classList.add("main");
  });
}

if (document.querySelector("#again")) {
  setInterval(() => {
    const answer = document.querySelector("[name=answer]");
    if (!answer || !answer.value) location.reload();
  }, 5000);
}
