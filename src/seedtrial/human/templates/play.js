"use strict";

// The page of the labelling game: who plays, moves, pauses, keys. The server sends no true class before its image is
// answered.

const RIGHT_STAYS = 800; // milliseconds that the verdict on a right answer stays, unless it is skipped
const WRONG_STAYS = 2200;
const UNSKIPPABLE = 350; // milliseconds; a key or click that comes sooner was meant for the answer
const CANNOT_TELL = null;

const link = new URLSearchParams(location.hash.slice(1)); // player, key and token of a link
// The secrets leave the address bar, so that they are not in the history, in screenshots or in copied links.
if (location.hash) history.replaceState(null, "", location.pathname);

let view = null; // the state that the server last sent
let waiting = null; // while a verdict is shown: {after, since, timer}
let shown = null; // performance.now() when the image appeared or the pause ended; null while it is hidden
let before = 0; // milliseconds that the image was shown before the last pause
let asked = 0; // performance.now() when the button for the result appeared

async function welcome(message) {
  stopClock();
  let about;
  try {
    about = await ask("/api/about");
  } catch (problem) {
    return complain("The server does not answer. Reload the page when it runs again.");
  }
  if (about.known && !message) return send("/api/open", {}, show);
  const mode = about.mode === "learn"
    ? "After each answer you see whether it was right."
    : "You see your result at the end.";
  $("about").textContent =
    `${number(about.images)} images of ${about.data}, ${about.classes} categories. Choose what each image shows. ${mode}`;
  $("token-row").hidden = !about.token || link.has("token") || link.has("key");
  $("nickname").value = link.get("player") || "";
  complain(message);
  only("join");
  $("nickname").focus();
}

function join() {
  const name = $("nickname").value;
  const key = name.trim() === link.get("player") ? link.get("key") || "" : "";
  busy = true;
  ask("/api/join", {nickname: name, token: link.get("token") || $("token").value, key}).then(
    (now) => { busy = false; complain(""); blame(null); $("token").value = ""; show(now); },
    (problem) => {
      busy = false;
      complain(problem instanceof Problem ? problem.message : "The server does not answer; try again.");
      if ($("join").hidden) welcome($("problem").textContent);
      else if (problem.status === 401 && !$("token-row").hidden) blame($("token"));
      else if (problem instanceof Problem) blame($("nickname"));
    },
  );
}

// Marks the field that needs correction; null marks none.
function blame(field) {
  for (const one of [$("nickname"), $("token")]) one.setAttribute("aria-invalid", String(one === field));
  field?.focus();
}

// -- moves

function pick(choice, event) {
  if (waiting) return skip();
  if (busy || !view || view.position === null || shown === null || event.detail > 1) return; // not before the image is visible, not on a double click
  stopClock();
  const {session, position, classes} = view;
  const content = {session, position, choice, seconds: before / 1000};
  send("/api/answer", content, (now) => {
    if (now.verdict) return verdict(now, choice, classes);
    const answer = choice === CANNOT_TELL ? "can't tell" : classes[choice].name;
    show(now);
    say(null, "", `Image ${number(position)}: `, answer, "");
  });
}

function verdict(after, choice, classes) {
  const {right, label} = after.verdict;
  const kind = right ? "right" : "wrong";
  numbers(after);
  mark(label, right ? undefined : choice);
  $("frame").className = `${$("frame").classList.contains("pixels") ? "pixels" : ""} ${kind}`;
  if (right) say(kind, "Hooray!", " ", classes[label].name, "");
  else say(kind, "Booh!", " It is: ", classes[label].name, "");
  waiting = {after, since: performance.now(), timer: setTimeout(next, right ? RIGHT_STAYS : WRONG_STAYS)};
}

function next() {
  if (!waiting) return;
  const {after} = waiting;
  endVerdict();
  show(after);
}

function skip() {
  if (performance.now() - waiting.since >= UNSKIPPABLE) next();
}

function endVerdict() {
  if (waiting) clearTimeout(waiting.timer);
  waiting = null;
  $("frame").classList.remove("right", "wrong");
  $("verdict").className = "";
  $("verdict").replaceChildren();
}

function undo() {
  if (!view || !view.undoable || view.finished) return;
  const {session} = view;
  send("/api/undo", {session, position: view.numbers.answered}, (now) => {
    show(now);
    say(null, "", `The answer to image ${number(now.position)} is taken back.`, "", "");
  });
}

function finish(event) {
  if (event.detail !== 1 && performance.now() - asked < UNSKIPPABLE) return; // the key was meant for the last image
  send("/api/finish", {session: view.session}, show);
}

function pause() {
  if (!view || view.position === null || view.finished) return;
  if (waiting) next();
  if (view.position === null) return;
  stopClock();
  const {answered, total} = view.numbers;
  $("standing").textContent = `${number(answered)} of ${number(total)} answered.`;
  $("leave-note").hidden = true;
  only("paused");
  $("go-on").focus();
}

function goOn() {
  only("game");
  startClock();
}

function leave() {
  send("/api/leave", {}, () => { view = null; link.delete("player"); link.delete("key"); $("choices").replaceChildren(); welcome(""); });
}

// -- keys

function step(key) {
  const buttons = [...$("choices").children, $("cannot")];
  const at = buttons.indexOf(document.activeElement);
  if (at < 0) return buttons[0].focus();
  const tops = buttons.map((button) => button.offsetTop);
  const columns = Math.max(tops.filter((top) => top === tops[0]).length, 1);
  const to = at + {ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns}[key];
  buttons[Math.min(Math.max(to, 0), buttons.length - 1)].focus();
}

document.addEventListener("keydown", (event) => {
  // A held key repeats, and a focused button would be pressed again for images that nobody has looked at.
  if (event.repeat && event.key === "Enter" && document.activeElement instanceof HTMLButtonElement) event.preventDefault();
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !$("join").hidden) return;
  if (!$("paused").hidden) {
    if (event.key === "Escape" && !event.repeat) goOn();
    return;
  }
  if (!$("complete").hidden) {
    if (event.key === "Backspace" && !event.repeat) undo();
    return;
  }
  if ($("game").hidden || !view) return;
  const onButton = document.activeElement instanceof HTMLButtonElement;
  const choice = event.key.length === 1 ? view.classes.findIndex(({key}) => key === event.key.toLowerCase()) : -1;
  if (event.key.startsWith("Arrow")) step(event.key);
  else if (event.repeat) return;
  else if (event.key === "Escape") pause();
  else if (waiting && [" ", "Enter"].includes(event.key)) skip();
  else if (waiting) return;
  else if (event.key === "Backspace") undo();
  else if (event.key === "?") pick(CANNOT_TELL, event);
  else if (choice >= 0) pick(choice, event);
  else if (onButton || event.key === "Tab") return;
  else return;
  event.preventDefault();
});

document.addEventListener("visibilitychange", () => { if (document.hidden && !$("game").hidden) pause(); });
$("frame").addEventListener("click", () => { if (waiting) skip(); });
$("join-form").addEventListener("submit", (event) => { event.preventDefault(); if (!busy) join(); });
$("cannot").addEventListener("click", (event) => pick(CANNOT_TELL, event));
$("undo").addEventListener("click", undo);
$("undo-last").addEventListener("click", undo);
$("finish").addEventListener("click", finish);
$("pause").addEventListener("click", pause);
$("go-on").addEventListener("click", goOn);
$("leave").addEventListener("click", () => { $("leave-note").hidden = false; $("leave-really").focus(); });
$("leave-really").addEventListener("click", leave);
$("next-player").addEventListener("click", leave);
$("pixels").addEventListener("click", () => {
  const pixels = $("frame").classList.toggle("pixels");
  $("pixels").setAttribute("aria-pressed", String(pixels));
});

// A player's link works even if the browser has another player's cookie.
if (link.has("key")) { $("nickname").value = link.get("player") || ""; join(); }
else welcome("");
