"use strict";
// The page to try a network: pictures go to the engine of this page (`remote.js` or `local.js`), and its answers are shown.
const drop = $("drop"), field = $("field"), canvas = $("canvas"), pen = canvas.getContext("2d");
const [paper, ink] = canvas.dataset.paper === "white" ? ["#fff", "#000"] : ["#000", "#fff"]; // as most of the training images are
let latest = 0, pressed = false;

async function ask(file) {
  const number = ++latest, isWanted = () => number === latest; // until a later picture is asked for
  $("problem").textContent = "";
  $("status").textContent = "Looking at the picture.";
  try {
    const said = await engine.look(file, isWanted);
    if (isWanted()) show(said);
    const heat = await said.heat;
    if (isWanted()) await drawHeat(heat);
  } catch (error) {
    if (isWanted()) { $("result").hidden = true; $("status").textContent = ""; fail(error); }
  }
}

const fail = (error) => { $("problem").textContent = error.message; };

function clearDrop() { // an empty field to drop on, draw on, or see the camera in
  for (const id of ["how", "picture", "canvas", "clear"]) $(id).hidden = true;
  drop.hidden = true;
  if (stream) stopCamera();
}

function use(file) {
  if (!file || !file.type.startsWith("image/")) return fail(new Error("That is not a picture."));
  clearDrop();
  URL.revokeObjectURL($("picture").src);
  $("picture").src = URL.createObjectURL(file);
  drop.hidden = $("picture").hidden = false;
  ask(file);
}

// Choosing, taking, dropping, pasting
const choose = () => $("file").click();
$("choose").addEventListener("click", choose);
$("camera").addEventListener("click", () => takePicture(use).catch(fail));
for (const id of ["file", "shot"]) $(id).addEventListener("change", (event) => { use(event.target.files[0]); event.target.value = ""; });
drop.addEventListener("click", choose);
drop.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); } });
for (const kind of ["dragover", "dragenter"]) document.addEventListener(kind, (event) => { event.preventDefault(); field.classList.add("over"); });
document.addEventListener("dragleave", () => field.classList.remove("over"));
document.addEventListener("drop", (event) => { event.preventDefault(); field.classList.remove("over"); use(event.dataTransfer.files[0]); });
document.addEventListener("paste", (event) => { const file = [...event.clipboardData.files].find((each) => each.type.startsWith("image/")); if (file) use(file); });
$("picture").addEventListener("load", () => $("picture").classList.toggle("small", $("picture").naturalWidth < 160));

// The threshold, where one can be set
$("threshold")?.addEventListener("input", ({ target }) => {
  $("below").textContent = `${target.value} %`;
  target.dataset.exact = target.value;
  target.setAttribute("aria-valuetext", `${target.value} per cent`);
  if (shown) decide();
});

// Drawing, for grey images
function clearCanvas() { pen.fillStyle = paper; pen.fillRect(0, 0, canvas.width, canvas.height); }
$("draw").addEventListener("click", () => { clearDrop(); canvas.hidden = $("clear").hidden = false; $("result").hidden = true; clearCanvas(); });
$("clear").addEventListener("click", () => { clearCanvas(); latest++; $("result").hidden = true; });
const at = (event) => { const box = canvas.getBoundingClientRect(); return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height]; };
const line = (event) => { pen.lineWidth = 22; pen.lineCap = pen.lineJoin = "round"; pen.strokeStyle = ink; pen.lineTo(...at(event)); pen.stroke(); };
canvas.addEventListener("pointerdown", (event) => { pressed = true; canvas.setPointerCapture(event.pointerId); pen.beginPath(); pen.moveTo(...at(event)); line(event); });
canvas.addEventListener("pointermove", (event) => { if (pressed) line(event); });
for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => { if (pressed) canvas.toBlob(ask, "image/png"); pressed = false; });

engine.about().then(({ classes, shape }) => {
  $("about").textContent = classes.length + " classes: " + classes.slice(0, 20).join(", ") + (classes.length > 20 ? " and more" : "") + ".";
  $("draw").hidden = shape[0] !== 1;
}).catch(fail);
