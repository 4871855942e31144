"use strict";
// A picture becomes the pixels that the network takes, byte for byte as Pillow makes them in training: upright, on a plain ground,
// grey or in colour, cropped to the middle, resized.
const MOST_PIXELS = 25e6;

function refuseLarge(width, height) {
  if (width * height > MOST_PIXELS) throw new Error(`This picture cannot be used: ${width} x ${height} pixels, the limit is 25 million.`);
}

// {width, height, rgba, deep, keyed, turn}, as `readPng` has it
async function decoded(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  if (isPng(bytes)) return readPng(bytes);
  const exact = { colorSpaceConversion: "none", premultiplyAlpha: "none", imageOrientation: "from-image" };
  const image = await createImageBitmap(blob, exact).catch(() => createImageBitmap(blob)).catch(() => { throw new Error("This browser cannot read that picture."); });
  const part = [1, 2, 4, 8].find((each) => (image.width * image.height) / each ** 2 <= MOST_PIXELS) ?? 1; // as large JPEG files are read in training
  const width = Math.ceil(image.width / part), height = Math.ceil(image.height / part);
  refuseLarge(width, height);
  const canvas = new OffscreenCanvas(width, height), context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0, width, height);
  return { width, height, rgba: context.getImageData(0, 0, width, height).data, deep: null, keyed: false, turn: 1 };
}

// Values of a picture whose range is not that of its bits: low becomes 0, high becomes 255.
function stretched(picture, [low, high]) {
  const factor = Math.fround(255 / (high - low)), { rgba, deep, keyed } = picture;
  const value = (x) => clamp(even(Math.fround(Math.fround(x - Math.fround(low)) * factor)), 0, 255);
  for (let i = 0; i < rgba.length; i++) {
    if (i % 4 < 3) rgba[i] = value(deep ? deep[i >> 2] : rgba[i]);
    else if (keyed) rgba[i] = 255; // training does not know what is transparent then
  }
}

const even = (x) => { const whole = Math.round(x); return Math.abs(x % 1) === 0.5 && whole % 2 ? whole - 1 : whole; }; // halves as NumPy rounds them

function onGround(rgba, ground) { // colours over white or black, in whole numbers as Pillow's alpha_composite
  for (let i = 0; i < rgba.length; i += 4) {
    const over = rgba[i + 3] * 128;
    if (over === 255 * 128) continue;
    for (let c = i; c < i + 3; c++) {
      const sum = rgba[c] * over + ground * (255 * 128 - over) + (128 << 7);
      rgba[c] = over ? ((sum >> 8) + sum) >> 15 : ground;
    }
  }
}

const GREY = (r, g, b) => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16; // ITU-R 601

function planes(rgba, channels) { // one array per channel
  const size = rgba.length / 4, made = Array.from({ length: channels }, () => new Uint8Array(size));
  for (let i = 0, at = 0; i < size; i++, at += 4) {
    if (channels === 1) made[0][i] = GREY(rgba[at], rgba[at + 1], rgba[at + 2]);
    else for (let c = 0; c < 3; c++) made[c][i] = rgba[at + c];
  }
  return made;
}

// A plane turned as EXIF says: 2 to 4 mirror or turn it by half, 5 to 8 swap its sides too.
function turned8(plane, width, height, turn) {
  const swap = turn > 4, [across, down] = swap ? [height, width] : [width, height], out = new Uint8Array(plane.length);
  const right = [2, 3, 7, 8].includes(turn), bottom = [3, 4, 6, 7].includes(turn); // where the first column and row lie
  for (let y = 0, to = 0; y < down; y++) for (let x = 0; x < across; x++) {
    const [column, row] = swap ? [y, x] : [x, y];
    out[to++] = plane[(bottom ? height - 1 - row : row) * width + (right ? width - 1 - column : column)];
  }
  return out;
}

// For each place of the output: where its pixels begin, and their weights in 22 bits (Pillow's bilinear filter).
function weights(size, low, high, places) {
  const begin = Math.fround(low), scale = Math.fround(Math.fround(high) - begin) / places, support = Math.max(1, scale);
  return Array.from({ length: places }, (_, place) => {
    const centre = begin + (place + 0.5) * scale, first = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(size, Math.trunc(centre + support + 0.5)) - first, inverse = 1 / support;
    const shares = Array.from({ length: count }, (_, i) => Math.max(0, 1 - Math.abs((i + first - centre + 0.5) * inverse)));
    const sum = shares.reduce((a, b) => a + b, 0);
    return { first, shares: Int32Array.from(shares, (share) => Math.trunc(0.5 + (share / sum) * 2 ** 22)) };
  });
}

// One pass along the rows (step 1) or the columns (step is the width), rounded to bytes.
function passed(plane, lines, line, step, places, outLine, outStep) {
  const out = new Uint8ClampedArray(lines * places.length);
  places.forEach(({ first, shares }, place) => {
    for (let i = 0; i < lines; i++) {
      let sum = 1 << 21;
      for (let k = 0, at = i * line + first * step; k < shares.length; k++, at += step) sum += plane[at] * shares[k];
      out[i * outLine + place * outStep] = sum >> 22;
    }
  });
  return out;
}

// The middle of a plane, resized. tallFirst: whether columns may come before rows, as from Pillow 13 on
function fitted(plane, width, height, [toWidth, toHeight], tallFirst) {
  if (width === toWidth && height === toHeight) return plane;
  const ratio = width / height, wanted = toWidth / toHeight;
  const cut = ratio === wanted ? [width, height] : ratio > wanted ? [wanted * height, height] : [width, width / wanted];
  const left = (width - cut[0]) * 0.5, top = (height - cut[1]) * 0.5;
  const same = (size, to, low, high) => size === to && Math.fround(low) === 0 && Math.fround(high) === to;
  const rows = (p, h) => (same(width, toWidth, left, left + cut[0]) ? p : passed(p, h, width, 1, weights(width, left, left + cut[0], toWidth), toWidth, 1));
  const columns = (p, w) => (same(height, toHeight, top, top + cut[1]) ? p : passed(p, w, 1, w, weights(height, top, top + cut[1], toHeight), 1, w));
  if (tallFirst && height > toHeight && height - toHeight > 2 * (width - toWidth)) return rows(columns(plane, width), toHeight);
  return columns(rows(plane, height), toWidth);
}

// A plane in the middle of a plain one that has the network's proportions: [plane, width, height].
function framed(plane, width, height, [toWidth, toHeight], ground) {
  const across = Math.max(width, Math.ceil((height * toWidth) / toHeight)), down = Math.max(height, Math.ceil((width * toHeight) / toWidth));
  if (across * down > 4 * MOST_PIXELS) throw new Error(`This picture cannot be used: ${width} x ${height} pixels are too long to be padded; crop it.`);
  const made = new Uint8Array(across * down).fill(ground), left = Math.floor((across - width) / 2), top = Math.floor((down - height) / 2);
  for (let y = 0; y < height; y++) made.set(plane.subarray(y * width, (y + 1) * width), (top + y) * across + left);
  return [made, across, down];
}

// (C, H, W) bytes. shape: of the network's images; range, background, fit, tall_first: as bundle and `offline.py` have them
async function pixelsOf(blob, { shape: [channels, toHeight, toWidth], range, background, fit, tall_first: tallFirst }) {
  const picture = await decoded(blob), { width, height, rgba, turn } = picture, [across, down] = turn > 4 ? [height, width] : [width, height];
  if (range) stretched(picture, range);
  const ground = background === "black" ? 0 : 255, to = [toWidth, toHeight];
  onGround(rgba, ground);
  const upright = planes(rgba, channels).map((plane) => [turn > 1 ? turned8(plane, width, height, turn) : plane, across, down]);
  const whole = fit === "pad" ? upright.map((each) => framed(...each, to, ground)) : upright;
  const made = whole.map((each) => fitted(...each, to, tallFirst));
  return Uint8Array.from(made.flatMap((plane) => [...plane]));
}
