"use strict";
// Shows an answer: the class, bars of probabilities, the picture as the network saw it, and what mattered.
const $ = (id) => document.getElementById(id);
const percent = (p) => (100 * p).toFixed(1) + " %";
const MOST_BARS = 10, CELLS = 28; // of the heat map along each side
const SHARE = 0.25; // of the picture's side that was hidden
const LEAST = 0.001; // change of the probability that is shown

let shown = null; // what is said of the picture that is shown

// What is answered: the likeliest class unless that is too unsure, or whether the one class that is asked about is accepted.
function decided({ answer, probability, probabilities, looks_like_none: unlike }) {
  const { accept, limit } = $("answer").dataset;
  if (accept !== undefined) {
    const p = probabilities[accept];
    return p > Number(limit) && !unlike ? `Accepted: ${accept}, ${percent(p)}` : `Not accepted: ${accept}, ${percent(p)}`;
  }
  const best = `${answer}, ${percent(probability)}`;
  return probability < $("threshold").dataset.exact / 100 ? `Not sure, perhaps ${best}` : best;
}

function decide() { // shown and read out
  const words = decided(shown);
  if ($("answer").textContent === words) return;
  $("answer").textContent = words;
  $("status").textContent = shown.looks_like_none ? `${$("none").textContent} ${words}` : words;
}

function show(said) {
  shown = said;
  $("result").hidden = false;
  $("answer").textContent = "";
  $("none").hidden = !said.looks_like_none;
  decide();
  const sorted = Object.entries(said.probabilities).sort((a, b) => b[1] - a[1]);
  $("bars").replaceChildren(...sorted.slice(0, MOST_BARS).map(([name, p]) => {
    const row = document.createElement("li"), [label, bar, number] = ["name", "bar", "number"].map((kind) => {
      const part = document.createElement("span");
      part.className = kind;
      return part;
    });
    label.textContent = name;
    number.textContent = percent(p);
    number.title = String(p);
    bar.setAttribute("aria-hidden", "true");
    bar.append(document.createElement("span"));
    bar.firstChild.style.width = 100 * p + "%";
    row.append(label, bar, number);
    return row;
  }));
  $("seen").src = said.seen;
  $("mattered").textContent = "What mattered: being measured";
  $("heat").getContext("2d").clearRect(0, 0, $("heat").width, $("heat").height);
}

// heat: (P, P), how the answer's probability falls where a square is hidden; a cell has the mean of the squares that cover it
async function drawHeat(heat) {
  await $("seen").decode();
  const canvas = $("heat"), context = canvas.getContext("2d"), places = [heat.length, heat[0].length], side = canvas.width / CELLS;
  const covers = (cell, place, count) => {
    const start = count > 1 ? (place / (count - 1)) * (1 - SHARE) : 0, middle = (cell + 0.5) / CELLS;
    return middle >= start && middle <= start + SHARE;
  };
  const covering = places.map((count) => Array.from({ length: CELLS }, (_, cell) => Array.from({ length: count }, (_, i) => i).filter((i) => covers(cell, i, count))));
  const cells = covering[0].map((rows) => covering[1].map((columns) => {
    const found = rows.flatMap((row) => columns.map((column) => heat[row][column]));
    return found.reduce((a, b) => a + b, 0) / Math.max(1, found.length);
  }));
  const largest = Math.max(...cells.flat().map(Math.abs)), falls = Math.max(0, ...heat.flat()), rises = Math.max(0, ...heat.flat().map((value) => -value));
  context.imageSmoothingEnabled = false;
  context.filter = "grayscale(1)";
  context.drawImage($("seen"), 0, 0, canvas.width, canvas.height);
  context.filter = "none";
  const matters = Math.max(falls, rises) >= LEAST;
  if (matters) cells.forEach((row, y) => row.forEach((value, x) => {
    context.fillStyle = `hsl(${value > 0 ? 202 : 25} 100% 50% / ${0.75 * Math.abs(value) / largest})`;
    context.fillRect(x * side, y * side, side, side);
  }));
  const points = (p) => `${(100 * p).toFixed(1)} points`;
  const said = [];
  if (falls >= LEAST) said.push(`hiding a blue part lowers the probability of the answer, by up to ${points(falls)}`);
  if (rises >= LEAST) said.push(`hiding an orange part raises ${said.length ? "it" : "the probability of the answer"}, by up to ${points(rises)}`);
  $("mattered").textContent = matters ? `What mattered: ${said.join("; ")}` : `What mattered: nothing by itself; hiding any part changes the probability by less than ${points(LEAST)}`;
}
