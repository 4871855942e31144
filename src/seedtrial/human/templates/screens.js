"use strict";

// What the page of the labelling game shows: the image, the choices, the numbers, the result. Names are inserted as
// text, never as HTML.

const $ = (id) => document.getElementById(id);

const number = (value) => value.toLocaleString("en");
const percent = (share) => (share === null ? "–" : `${(100 * share).toFixed(1)} %`);

function only(id) {
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== id;
}

function complain(message) {
  $("problem").textContent = message;
  $("problem").hidden = !message;
}

function show(now) {
  view = now;
  endVerdict();
  $("who").textContent = now.player;
  numbers(now);
  mark();
  if (now.finished) return finished(now);
  if (now.complete) {
    stopClock();
    if ($("complete").hidden) asked = performance.now();
    only("complete");
    return $("finish").focus();
  }
  choices(now.classes);
  $("undo").hidden = now.mode !== "blind";
  $("undo").disabled = !now.undoable;
  picture(now);
  if (document.hidden) pause();
  else only("game");
}

function numbers(now) {
  const {answered, total, accuracy, recent} = now.numbers;
  $("answered").textContent = `${number(answered)} / ${number(total)}`;
  const hidden = now.mode === "blind" && !now.finished;
  $("accuracy").textContent = hidden ? "at the end" : percent(accuracy);
  $("recent").textContent = hidden ? "at the end" : percent(recent);
  $("progress").max = total;
  $("progress").value = answered;
  document.title = `${answered} / ${total} · seedtrial`;
}

function choices(classes) {
  const buttons = $("choices");
  if (buttons.childElementCount === classes.length) return; // the same buttons, so that the focus stays where it is
  buttons.replaceChildren(...classes.map(({name, key}, choice) => {
    const button = document.createElement("button");
    const letter = document.createElement("kbd");
    const word = document.createElement("span");
    button.type = "button";
    letter.textContent = key;
    word.textContent = name;
    word.dir = "auto";
    button.append(letter, word);
    button.addEventListener("click", (event) => pick(choice, event));
    return button;
  }));
}

// The clock starts with the frame in which the decoded image appears, not when the server's answer arrives: on a slow
// phone the difference would count as thinking time.
function picture(now) {
  stopClock();
  before = 0;
  const image = $("image");
  image.alt = `Image ${number(now.position)} of ${number(now.numbers.total)}`;
  image.src = now.image;
  const start = () => requestAnimationFrame(() => { if (view === now && !$("game").hidden) startClock(); });
  image.decode().then(start, start);
}

function startClock() {
  shown ??= performance.now();
}

function stopClock() {
  if (shown !== null) before += performance.now() - shown;
  shown = null;
}

function say(kind, loud, start, name, end) {
  const [strong, bdi] = ["b", "bdi"].map((tag) => document.createElement(tag));
  strong.textContent = loud;
  bdi.textContent = name;
  $("verdict").className = kind ?? "";
  $("verdict").replaceChildren(strong, start, bdi, end);
}

function mark(right, wrong) { // classes; the wrong one may be CANNOT_TELL
  $("cannot").classList.toggle("wrong", wrong === CANNOT_TELL);
  for (const [label, button] of [...$("choices").children].entries()) {
    button.classList.toggle("right", label === right);
    button.classList.toggle("wrong", label === wrong);
  }
}

function finished(now) {
  stopClock();
  const {right, shown: all, cannot_tell: cannotTell, classes} = now.result;
  $("thanks").textContent = now.player;
  $("total").textContent = percent(right / all);
  $("summary").textContent = `${number(right)} of ${number(all)} right. “I can't tell”: ${number(cannotTell)}.`;
  $("by-class").replaceChildren(...classes.map((row) => {
    const [line, head, count, bar] = ["tr", "th", "td", "td"].map((tag) => document.createElement(tag));
    const [name, share] = ["div", "progress"].map((tag) => document.createElement(tag));
    head.scope = "row";
    name.textContent = row.name;
    name.dir = "auto";
    head.append(name);
    count.textContent = `${number(row.right)} of ${number(row.shown)}`;
    share.max = row.shown;
    share.value = row.right;
    share.setAttribute("aria-hidden", "true");
    bar.append(share);
    line.append(head, count, bar);
    return line;
  }));
  only("finished");
  $("done").focus(); // screen readers start here
}
