"use strict";
// The page to try a network: a picture goes to /look, and its answer is shown. Nothing else leaves the page.
const $ = (id) => document.getElementById(id);
const token = decodeURIComponent(location.hash.slice(1));
const headers = (type) => Object.assign({ "content-type": type }, token ? { authorization: "Bearer " + token } : {});
let latest = 0;

async function ask(blob) {
  const number = ++latest;
  $("problem").textContent = "";
  try {
    const response = await fetch("/look", { method: "POST", body: blob, headers: headers(blob.type) });
    const said = await response.json();
    if (number !== latest) return; // a later picture has been asked for
    if (!response.ok) throw new Error(said.error || "The server refused the picture.");
    show(said);
  } catch (error) {
    if (number === latest) { $("result").hidden = true; $("problem").textContent = error.message; }
  }
}

function show(said) {
  $("result").hidden = false;
  $("answer").textContent = said.answer + ", " + percent(said.probability);
  $("none").hidden = !said.looks_like_none;
  const sorted = Object.entries(said.probabilities).sort((a, b) => b[1] - a[1]).slice(0, 10);
  $("bars").replaceChildren(...sorted.map(([name, p]) => {
    const row = document.createElement("li"), label = document.createElement("span"), bar = document.createElement("meter"), number = document.createElement("span");
    label.textContent = name; bar.max = 1; bar.value = p; bar.setAttribute("aria-hidden", "true"); number.textContent = percent(p);
    row.append(label, bar, number);
    return row;
  }));
  $("seen").src = "data:image/png;base64," + said.seen;
  drawHeat(said.heat);
}

const percent = (p) => (100 * p).toFixed(1) + " %";

function drawHeat(heat) {
  const canvas = $("heat"), context = canvas.getContext("2d"), largest = Math.max(1e-6, ...heat.flat().map(Math.abs));
  const width = canvas.width / heat[0].length, height = canvas.height / heat.length;
  heat.forEach((row, y) => row.forEach((value, x) => {
    const share = value / largest; // blue where hiding lowers the answer, orange where it raises it
    context.fillStyle = share >= 0 ? `hsl(202 100% ${95 - 65 * share}%)` : `hsl(25 100% ${95 + 45 * share}%)`;
    context.fillRect(Math.floor(x * width), Math.floor(y * height), Math.ceil(width), Math.ceil(height));
  }));
}

async function use(file) {
  if (!file || !file.type.startsWith("image/")) { $("problem").textContent = "That is no picture."; return; }
  stopDrawing();
  let blob = file;
  if (!["image/png", "image/jpeg"].includes(file.type) || file.size > 9e6) { // the server takes PNG and JPEG up to 10 MB
    const image = await createImageBitmap(file).catch(() => null);
    if (!image) { $("problem").textContent = "This browser cannot read that picture."; return; }
    const scale = Math.min(1, 2000 / Math.max(image.width, image.height)), canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(image.width * scale)); canvas.height = Math.max(1, Math.round(image.height * scale));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
  }
  $("picture").src = URL.createObjectURL(file);
  $("picture").hidden = false;
  $("how").hidden = true;
  ask(blob);
}

// Choosing, taking, dropping, pasting
$("choose").addEventListener("click", () => $("file").click());
$("camera").addEventListener("click", () => $("shot").click());
for (const id of ["file", "shot"]) $(id).addEventListener("change", (event) => use(event.target.files[0]));
const drop = $("drop");
drop.addEventListener("click", () => { if ($("canvas").hidden) $("file").click(); });
drop.addEventListener("keydown", (event) => { if ((event.key === "Enter" || event.key === " ") && $("canvas").hidden) { event.preventDefault(); $("file").click(); } });
for (const kind of ["dragover", "dragenter"]) document.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
document.addEventListener("dragleave", () => drop.classList.remove("over"));
document.addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); use(event.dataTransfer.files[0]); });
document.addEventListener("paste", (event) => { const file = [...event.clipboardData.files].find((each) => each.type.startsWith("image/")); if (file) use(file); });

// Drawing, for grey images: white on black, as MNIST has it
const canvas = $("canvas"), pen = canvas.getContext("2d");
let pressed = false;
function clearCanvas() { pen.fillStyle = "#000"; pen.fillRect(0, 0, canvas.width, canvas.height); }
function stopDrawing() { canvas.hidden = true; $("clear").hidden = true; }
$("draw").addEventListener("click", () => { $("picture").hidden = true; $("how").hidden = true; canvas.hidden = false; $("clear").hidden = false; clearCanvas(); });
$("clear").addEventListener("click", () => { clearCanvas(); $("result").hidden = true; });
const at = (event) => { const box = canvas.getBoundingClientRect(); return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height]; };
canvas.addEventListener("pointerdown", (event) => { pressed = true; canvas.setPointerCapture(event.pointerId); pen.beginPath(); pen.moveTo(...at(event)); });
canvas.addEventListener("pointermove", (event) => { if (!pressed) return; pen.lineWidth = 22; pen.lineCap = pen.lineJoin = "round"; pen.strokeStyle = "#fff"; pen.lineTo(...at(event)); pen.stroke(); });
canvas.addEventListener("pointerup", () => { pressed = false; canvas.toBlob(ask, "image/png"); });

fetch("/classes", { headers: headers("application/json") }).then((response) => response.json()).then((said) => {
  if (said.error) throw new Error(said.error);
  $("about").textContent = said.classes.length + " classes: " + said.classes.slice(0, 20).join(", ") + (said.classes.length > 20 ? " and more" : "") + ".";
  $("draw").hidden = said.shape[0] !== 1;
}).catch((error) => { $("problem").textContent = error.message; });
