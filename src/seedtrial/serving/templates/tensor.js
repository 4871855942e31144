"use strict";
// Tensors: {dims, data}, row by row; data is a Float32Array, or an array of whole numbers (axes, sizes).
const product = (numbers) => numbers.reduce((a, b) => a * b, 1);
const tensor = (dims, data = new Float32Array(product(dims))) => ({ dims, data });
const strides = (dims) => dims.map((_, axis) => product(dims.slice(axis + 1)));
const from = (axis, rank) => (axis < 0 ? axis + rank : axis); // axes may count from the end
const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
const list = (t) => (t ? Array.from(t.data) : undefined);
const reshaped = (t, dims) => tensor(dims, t.data);

// A copy that steps through a tensor by other strides: transposes, slices, repeats.
function view(t, dims, steps, start = 0) {
  const size = product(dims), out = Array.isArray(t.data) ? new Array(size) : new Float32Array(size);
  const last = dims.length - 1, run = last < 0 ? 1 : dims[last], step = last < 0 ? 0 : steps[last], index = dims.map(() => 0);
  for (let to = 0, at = start; to < size;) {
    for (let i = 0; i < run; i++) out[to++] = t.data[at + i * step];
    for (let axis = last - 1; axis >= 0; axis--) {
      at += steps[axis];
      if (++index[axis] < dims[axis]) break;
      at -= steps[axis] * dims[axis];
      index[axis] = 0;
    }
  }
  return tensor(dims, out);
}

const permuted = (t, order) => view(t, order.map((axis) => t.dims[axis]), order.map((axis) => strides(t.dims)[axis]));

function expanded(t, dims) {
  if (t.dims.length === dims.length && t.dims.every((size, axis) => size === dims[axis])) return t;
  const missing = dims.length - t.dims.length, own = strides(t.dims);
  return view(t, dims, dims.map((_, axis) => (axis < missing || t.dims[axis - missing] === 1 ? 0 : own[axis - missing])));
}

function together(...shapes) { // the shape that several shapes broadcast to
  const rank = Math.max(...shapes.map((dims) => dims.length));
  return Array.from({ length: rank }, (_, axis) => Math.max(...shapes.map((dims) => dims[axis - rank + dims.length] ?? 1)));
}

function elementwise(f, ...inputs) {
  const dims = together(...inputs.map((t) => t.dims)), [a, b, c] = inputs.map((t) => expanded(t, dims).data);
  const out = inputs.every((t) => Array.isArray(t.data)) ? new Array(product(dims)) : new Float32Array(product(dims));
  for (let i = 0; i < out.length; i++) out[i] = f(a[i], b?.[i], c?.[i]);
  return tensor(dims, out);
}

// The axes that remain come first, those that are reduced last; f takes the data, where a row begins, and its length.
function reduced(t, axes, keep, f) {
  const rank = t.dims.length, gone = axes?.length ? axes.map((axis) => from(axis, rank)) : t.dims.map((_, axis) => axis);
  const order = [...t.dims.keys()].sort((a, b) => gone.includes(a) - gone.includes(b) || a - b);
  const { data } = permuted(t, order), length = product(gone.map((axis) => t.dims[axis]));
  const dims = t.dims.map((size, axis) => (gone.includes(axis) ? 1 : size)).filter((_, axis) => keep || !gone.includes(axis));
  return tensor(dims, Float32Array.from({ length: product(dims) }, (_, row) => f(data, row * length, length)));
}

function total(data, start, length, f = (x) => x) {
  let sum = 0;
  for (let i = start; i < start + length; i++) sum += f(data[i]);
  return sum;
}

function padded(t, pads, value, mode) {
  const rank = t.dims.length, own = strides(t.dims), dims = t.dims.map((size, axis) => size + pads[axis] + pads[axis + rank]), out = tensor(dims), steps = strides(dims);
  for (let to = 0; to < out.data.length; to++) {
    let at = 0, outside = false;
    for (let axis = 0, rest = to; axis < rank; rest %= steps[axis], axis++) {
      const size = t.dims[axis];
      let place = Math.floor(rest / steps[axis]) - pads[axis];
      if (place < 0 || place >= size) {
        if (mode === "constant") outside = true;
        place = mode === "wrap" ? (place + size) % size : mode === "reflect" ? (place < 0 ? -place : 2 * size - 2 - place) : clamp(place, 0, size - 1);
      }
      at += place * own[axis];
    }
    out.data[to] = outside ? value : t.data[at];
  }
  return out;
}

function sliced(t, starts, ends, axes = starts.map((_, axis) => axis), steps = starts.map(() => 1)) {
  const dims = [...t.dims], own = strides(t.dims), by = [...own];
  let offset = 0;
  axes.forEach((each, i) => {
    const axis = from(each, dims.length), size = t.dims[axis], step = steps[i], low = step < 0 ? -1 : 0;
    const first = clamp(from(starts[i], size), 0, size + Math.min(low, 0)), end = clamp(ends[i] < -size ? -1 : from(ends[i], size), low, size);
    dims[axis] = Math.max(0, Math.ceil((end - first) / step));
    offset += first * own[axis];
    by[axis] = own[axis] * step;
  });
  return view(t, dims, by, offset);
}

function joined(tensors, { axis }) {
  const along = from(axis, tensors[0].dims.length), sizes = tensors.map((t) => t.dims[along]), dims = tensors[0].dims.map((size, axis) => (axis === along ? total(sizes, 0, sizes.length) : size));
  const inner = product(dims.slice(along + 1)), out = [];
  for (let row = 0; row < product(dims.slice(0, along)); row++) for (const [i, t] of tensors.entries()) {
    for (let at = row * sizes[i] * inner; at < (row + 1) * sizes[i] * inner; at++) out.push(t.data[at]);
  }
  return tensor(dims, tensors.every((t) => Array.isArray(t.data)) ? out : Float32Array.from(out));
}

function gathered(t, where, { axis = 0 }) {
  const along = from(axis, t.dims.length), size = t.dims[along], slices = list(where).map((place) => sliced(t, [from(place, size)], [from(place, size) + 1], [along]));
  return reshaped(joined(slices, { axis: along }), [...t.dims.slice(0, along), ...where.dims, ...t.dims.slice(along + 1)]);
}

function gatheredElements(t, where, { axis = 0 }) { // each number by its own place along an axis
  const along = from(axis, t.dims.length), steps = strides(where.dims), own = strides(t.dims), size = product(where.dims);
  const out = Array.isArray(t.data) ? new Array(size) : new Float32Array(size);
  for (let to = 0; to < size; to++) {
    let at = 0;
    for (let i = 0; i < own.length; i++) at += (i === along ? from(where.data[to], t.dims[i]) : Math.floor(to / steps[i]) % where.dims[i]) * own[i];
    out[to] = t.data[at];
  }
  return tensor(where.dims, out);
}

function gatheredParts(t, where) { // the last axis of `where` names a place on the first axes
  const depth = where.dims.at(-1), own = strides(t.dims), rest = t.dims.slice(depth), length = product(rest), rows = where.dims.slice(0, -1);
  const size = product(rows) * length, out = Array.isArray(t.data) ? new Array(size) : new Float32Array(size);
  for (let row = 0; row < product(rows); row++) {
    let at = 0;
    for (let i = 0; i < depth; i++) at += from(where.data[row * depth + i], t.dims[i]) * own[i];
    for (let i = 0; i < length; i++) out[row * length + i] = t.data[at + i];
  }
  return tensor([...rows, ...rest], out);
}

function topK(t, count, { axis = -1, largest: most = 1 }) { // values and places; the first of equal numbers comes first
  const along = from(axis, t.dims.length), order = [...t.dims.keys()].filter((each) => each !== along).concat(along), length = t.dims[along];
  const { data, dims } = permuted(t, order), values = [], places = [];
  for (let start = 0; start < data.length; start += length) {
    const sorted = Array.from({ length }, (_, i) => i).sort((a, b) => (most ? -1 : 1) * (data[start + a] - data[start + b]) || a - b).slice(0, count);
    for (const i of sorted) { values.push(data[start + i]); places.push(i); }
  }
  const shape = [...dims.slice(0, -1), count], back = order.map((_, place) => order.indexOf(place));
  return [tensor(shape, Float32Array.from(values)), tensor(shape, places)].map((each) => permuted(each, back));
}

function parts(t, sizes, { axis = 0, num_outputs: count }) {
  const size = t.dims[from(axis, t.dims.length)], each = Math.ceil(size / count);
  let start = 0;
  return (sizes ?? Array.from({ length: count }, (_, i) => Math.min(each, size - i * each))).map((own) => sliced(t, [start], [(start += own)], [axis]));
}

function likeShape(t, shape) { // 0 keeps a size, -1 is what remains
  const dims = shape.map((size, axis) => (size === 0 ? t.dims[axis] : size)), rest = t.data.length / product(dims.filter((size) => size !== -1));
  return reshaped(t, dims.map((size) => (size === -1 ? rest : size)));
}
