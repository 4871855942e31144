"use strict";
// Decodes PNG files exactly. A canvas cannot: it multiplies colours by their opacity and rounds, and drops the lower bits of 16.
// What a browser does by itself, unpacking, is left to it.
const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const isPng = (bytes) => SIGNATURE.every((byte, i) => bytes[i] === byte);
const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }; // by colour type: grey, RGB, palette, grey with opacity, RGBA
const PASSES = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]]; // first column and row, steps

function chunks(bytes) { // name -> content; several IDAT are joined
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.length), found = {}, packed = [];
  for (let at = 8; at + 8 <= bytes.length;) {
    const length = file.getUint32(at), name = String.fromCharCode(...bytes.subarray(at + 4, at + 8)), content = bytes.subarray(at + 8, at + 8 + length);
    if (name === "IDAT") packed.push(content); else found[name] ??= content;
    at += 12 + length;
  }
  return { ...found, IDAT: new Blob(packed) };
}

const unpacked = async (blob, format) => new Uint8Array(await new Response(blob.stream().pipeThrough(new DecompressionStream(format))).arrayBuffer());

// Rows were stored as differences from their neighbours; left, above and the corner between them give them back.
function unfiltered(data, start, rows, length, step) {
  const out = new Uint8Array(rows * length);
  for (let y = 0, at = start; y < rows; y++) {
    const kind = data[at++], row = y * length, above = row - length;
    for (let x = 0; x < length; x++, at++) {
      const a = x >= step ? out[row + x - step] : 0, b = y ? out[above + x] : 0, c = x >= step && y ? out[above + x - step] : 0;
      out[row + x] = data[at] + (kind === 0 ? 0 : kind === 1 ? a : kind === 2 ? b : kind === 3 ? (a + b) >> 1 : nearest(a, b, c));
    }
  }
  return out;
}

function nearest(a, b, c) { // Paeth's predictor
  const pa = Math.abs(b - c), pb = Math.abs(a - c), pc = Math.abs(a + b - 2 * c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

// (H, W, channels) of whole numbers, as deep as the file has them
function samples(data, width, height, bits, channels, interlaced) {
  const out = new Uint16Array(width * height * channels), step = Math.max(1, (bits * channels) >> 3);
  let start = 0;
  for (const [left, top, across, down] of interlaced ? PASSES : [[0, 0, 1, 1]]) {
    const columns = Math.ceil((width - left) / across), rows = Math.ceil((height - top) / down), length = Math.ceil((columns * bits * channels) / 8);
    if (columns <= 0 || rows <= 0) continue;
    const pass = unfiltered(data, start, rows, length, step);
    start += rows * (length + 1);
    for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) for (let c = 0; c < channels; c++) {
      const i = x * channels + c, bit = i * bits, at = y * length + (bit >> 3);
      const value = bits === 16 ? (pass[at] << 8) | pass[at + 1] : bits === 8 ? pass[at] : (pass[at] >> (8 - bits - (bit & 7))) & ((1 << bits) - 1);
      out[((top + y * down) * width + left + x * across) * channels + c] = value;
    }
  }
  return out;
}

// {width, height, rgba, deep, keyed, turn}: colours not multiplied by opacity; deep: the 16 bits of a grey picture, else null;
// keyed: some grey values or palette colours are transparent; turn: EXIF orientation
async function readPng(bytes) {
  const { IHDR, PLTE, tRNS, eXIf, IDAT } = chunks(bytes), header = new DataView(IHDR.buffer, IHDR.byteOffset, 13);
  const width = header.getUint32(0), height = header.getUint32(4), [bits, colour, , , interlaced] = IHDR.subarray(8), channels = CHANNELS[colour];
  refuseLarge(width, height);
  const values = samples(await unpacked(IDAT, "deflate"), width, height, bits, channels, interlaced), rgba = new Uint8ClampedArray(4 * width * height);
  const eight = bits === 16 ? (value) => value >> 8 : bits === 8 ? (value) => value : (value) => (value * 255) / ((1 << bits) - 1);
  const clear = tRNS && colour !== 3 ? Array.from({ length: channels }, (_, c) => (tRNS[2 * c] << 8) | tRNS[2 * c + 1]) : null;
  const solid = channels === 2 || channels === 4 ? channels - 1 : -1;
  for (let i = 0, at = 0; at < rgba.length; i += channels, at += 4) {
    for (let c = 0; c < 3; c++) rgba[at + c] = colour === 3 ? PLTE[3 * values[i] + c] : eight(values[channels < 3 ? i : i + c]);
    rgba[at + 3] = colour === 3 ? tRNS?.[values[i]] ?? 255 : solid > 0 ? eight(values[i + solid]) : clear?.every((value, c) => value === rgba[at + c]) ? 0 : 255;
  }
  const deep = bits === 16 && colour === 0 ? values : null;
  if (deep) for (let at = 3; at < rgba.length; at += 4) rgba[at] = 255;
  return { width, height, rgba, deep, keyed: Boolean(tRNS) && channels === 1, turn: eXIf ? orientation(eXIf) : 1 };
}

function orientation(exif) { // 1 to 8, from the first directory of EXIF data
  const data = new DataView(exif.buffer, exif.byteOffset, exif.length), little = data.getUint8(0) === 0x49, start = data.getUint32(4, little);
  for (let i = 0; i < data.getUint16(start, little); i++) {
    const entry = start + 2 + 12 * i;
    if (data.getUint16(entry, little) === 0x0112) return clamp(data.getUint16(entry + 8, little), 1, 8);
  }
  return 1;
}
