"use strict";
// Answers in this page itself: the network lies in it, and pictures stay on this machine.
const PLACES = 14; // of the hiding square along each side
const BUSY = 30; // milliseconds after which the page may do something else
const embedded = (id) => document.getElementById(id).textContent;

function bytesIn(text) { // base64 -> bytes
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

const described = JSON.parse(embedded("description"));
const pause = () => new Promise((done) => setTimeout(done)); // in which the page is shown and hears its user
const inPlace = pause().then(proven);

// The network, once it has answered the sample as it did before the export.
async function proven() {
  const network = await loadNetwork(described, bytesIn(embedded("weights"))), { pixels, logits } = described.sample, expected = probabilities(logits);
  const apart = Math.max(...probabilities(await network(bytesIn(pixels))).map((p, i) => Math.abs(p - expected[i])));
  if (!(apart <= 1e-3)) throw new Error(`In this browser the network gives other answers than when it was exported: a probability differs by ${apart.toPrecision(2)}.`);
  return network;
}

function probabilities(logits) { // of one image, calibrated
  const scaled = Array.from(logits, (x) => x / described.temperature), top = Math.max(...scaled), powers = scaled.map((x) => Math.exp(x - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

// Brightness, contrast, and how much neighbours differ, as `familiar.py` measures them.
function statistics(pixels, [channels, height, width]) {
  const average = (values) => (values.length ? values.reduce((a, b) => a + b, 0) / values.length : 0), at = (c, y, x) => pixels[(c * height + y) * width + x];
  const changes = (dy, dx) => {
    const found = [];
    for (let c = 0; c < channels; c++) for (let y = dy; y < height; y++) for (let x = dx; x < width; x++) {
      const across = at(c, y, x) - (dx ? at(c, y, x - 1) : at(c, y - 1, x));
      found.push(Math.abs(dx && dy ? across - at(c, y - 1, x) + at(c, y - 1, x - 1) : across));
    }
    return Math.log1p(average(found));
  };
  const middle = average(pixels), spread = Math.sqrt(average(Array.from(pixels, (value) => (value - middle) ** 2)));
  return [middle, spread, changes(0, 1), changes(1, 0), changes(1, 1)];
}

function looksLikeNone(pixels, logits) {
  const known = described.familiar;
  if (!known) return false;
  const off = statistics(pixels, described.shape).map((value, i) => value - known.mean[i]);
  const square = off.reduce((sum, a, i) => sum + off.reduce((row, b, j) => row + a * known.precision[i][j] * b, 0), 0);
  const scaled = (value, [low, middle]) => (value - middle) / (middle - low);
  const usual = scaled(-Math.sqrt(Math.max(square, 0)), known.distance), sure = scaled(Math.max(...logits), known.logit);
  return Math.min(usual, sure) < known.threshold;
}

// How the answer's probability falls where a square, a quarter of the side, is hidden by the mean colour; as `heat.py`.
async function occlusion(network, pixels, answer, before, isWanted) {
  const [channels, height, width] = described.shape, area = height * width, sides = [Math.max(1, height >> 2), Math.max(1, width >> 2)];
  const [rows, columns] = [height, width].map((size, axis) => [...new Set(Array.from({ length: PLACES }, (_, i) => even((i * (size - sides[axis])) / (PLACES - 1))))]);
  const means = Array.from({ length: channels }, (_, c) => even(pixels.subarray(c * area, (c + 1) * area).reduce((a, b) => a + b, 0) / area));
  const heat = rows.map(() => []);
  let since = -Infinity;
  for (const [i, row] of rows.entries()) for (const column of columns) {
    if (performance.now() - since > BUSY) {
      await pause();
      if (!isWanted()) return null;
      since = performance.now();
    }
    const hidden = Uint8Array.from(pixels);
    for (let c = 0; c < channels; c++) for (let y = row; y < row + sides[0]; y++) hidden.fill(means[c], c * area + y * width + column, c * area + y * width + column + sides[1]);
    heat[i].push(before - probabilities(await network(hidden))[answer]);
  }
  return heat;
}

function asPicture(pixels, [channels, height, width]) { // the URL of a PNG
  const canvas = document.createElement("canvas"), area = height * width, image = new ImageData(width, height);
  for (let i = 0; i < area; i++) for (let c = 0; c < 4; c++) image.data[4 * i + c] = c === 3 ? 255 : pixels[(channels === 1 ? 0 : c) * area + i];
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas.toDataURL();
}

const engine = {
  async about() { // {classes, shape}
    await inPlace;
    return described;
  },

  // What the network says of a picture file; isWanted: whether its heat map still is
  async look(blob, isWanted) {
    const network = await inPlace, pixels = await pixelsOf(blob, described), logits = await network(pixels), probs = probabilities(logits);
    const best = probs.indexOf(Math.max(...probs));
    return {
      answer: described.classes[best], probability: probs[best], looks_like_none: looksLikeNone(pixels, logits),
      probabilities: Object.fromEntries(described.classes.map((name, i) => [name, probs[i]])),
      seen: asPicture(pixels, described.shape), heat: occlusion(network, pixels, best, probs[best], isWanted),
    };
  },
};
