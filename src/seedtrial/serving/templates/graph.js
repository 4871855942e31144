"use strict";
// Runs a network on one image, step by step: the operators of its ONNX graph, in plain JavaScript on tensors of `tensor.js`.
// Sums are added up in double precision and stored as float32, so they are at least as exact as onnxruntime's.

function erf(x) { // Abramowitz and Stegun 7.1.26, exact to 1.5e-7
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - tail * Math.exp(-x * x));
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x)), softplus = (x) => (x > 20 ? x : Math.log1p(Math.exp(x)));
const WHOLE = [2, 3, 4, 5, 6, 7, 12, 13]; // the integer types of ONNX

// Attributes -> what becomes of each number.
const UNARY = {
  Abs: () => Math.abs, Ceil: () => Math.ceil, Cos: () => Math.cos, Erf: () => erf, Exp: () => Math.exp, Floor: () => Math.floor,
  Log: () => Math.log, Neg: () => (x) => -x, Reciprocal: () => (x) => 1 / x, Sign: () => Math.sign, Sin: () => Math.sin, Sqrt: () => Math.sqrt,
  Sigmoid: () => sigmoid, Softplus: () => softplus, Softsign: () => (x) => x / (1 + Math.abs(x)), Tanh: () => Math.tanh, Not: () => (x) => +!x,
  Relu: () => (x) => (x > 0 ? x : 0),
  LeakyRelu: ({ alpha = 0.01 }) => (x) => (x < 0 ? alpha * x : x),
  ThresholdedRelu: ({ alpha = 1 }) => (x) => (x > alpha ? x : 0),
  Elu: ({ alpha = 1 }) => (x) => (x < 0 ? alpha * Math.expm1(x) : x),
  Celu: ({ alpha = 1 }) => (x) => (x < 0 ? alpha * Math.expm1(x / alpha) : x),
  Selu: ({ alpha = 1.6732632423543772, gamma = 1.0507009873554805 }) => (x) => gamma * (x < 0 ? alpha * Math.expm1(x) : x),
  HardSigmoid: ({ alpha = 0.2, beta = 0.5 }) => (x) => clamp(alpha * x + beta, 0, 1),
  HardSwish: () => (x) => x * clamp(x / 6 + 0.5, 0, 1),
  Mish: () => (x) => x * Math.tanh(softplus(x)),
  Gelu: ({ approximate = "none" }) => (approximate === "tanh"
    ? (x) => 0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x ** 3)))
    : (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2))),
  Cast: ({ to }) => (WHOLE.includes(to) ? Math.trunc : to === 9 ? (x) => +(x !== 0) : (x) => x),
};

const BINARY = {
  Add: (a, b) => a + b, Sub: (a, b) => a - b, Mul: (a, b) => a * b, Div: (a, b) => a / b, Pow: (a, b) => a ** b, PRelu: (a, b) => (a < 0 ? a * b : a),
  Min: Math.min, Max: Math.max, Sum: (a, b) => a + b, And: (a, b) => a && b, Or: (a, b) => a || b, Equal: (a, b) => +(a === b),
  Greater: (a, b) => +(a > b), Less: (a, b) => +(a < b), GreaterOrEqual: (a, b) => +(a >= b), LessOrEqual: (a, b) => +(a <= b),
};

const extreme = (better) => (data, start, length) => {
  let best = data[start];
  for (let i = start + 1; i < start + length; i++) if (better(data[i], best)) best = data[i];
  return best;
};
const mean = (data, start, length) => total(data, start, length) / length;
const largest = extreme((a, b) => a > b), smallest = extreme((a, b) => a < b);
const REDUCE = {
  ReduceMean: mean, ReduceSum: total, ReduceMax: largest, ReduceMin: smallest,
  ReduceSumSquare: (...row) => total(...row, (x) => x * x), ReduceL2: (...row) => Math.sqrt(total(...row, (x) => x * x)),
  ReduceL1: (...row) => total(...row, Math.abs),
};

// Rows become a * x + b, a and b from each row's mean and variance, times what belongs to a place or a row.
function normalised(t, length, epsilon, factor, summand) {
  const out = tensor(t.dims);
  for (let start = 0, row = 0; start < t.data.length; start += length, row++) {
    const middle = mean(t.data, start, length), spread = total(t.data, start, length, (x) => (x - middle) ** 2) / length;
    const scale = 1 / Math.sqrt(spread + epsilon);
    for (let i = 0; i < length; i++) out.data[start + i] = (t.data[start + i] - middle) * scale * factor(row, i) + summand(row, i);
  }
  return out;
}

function softmax(t, { axis = -1 }, log = false) {
  const rank = t.dims.length, order = [...t.dims.keys()].filter((each) => each !== from(axis, rank)).concat(from(axis, rank));
  const out = permuted(t, order), length = t.dims[from(axis, rank)];
  for (let start = 0; start < out.data.length; start += length) {
    const top = largest(out.data, start, length), sum = total(out.data, start, length, (x) => Math.exp(x - top));
    for (let i = start; i < start + length; i++) out.data[i] = log ? out.data[i] - top - Math.log(sum) : Math.exp(out.data[i] - top) / sum;
  }
  return permuted(out, order.map((_, place) => order.indexOf(place)));
}

// (M, K) times (N, K), both row by row: every sum runs through neighbouring numbers.
function products(a, b, out, M, N, K, a0 = 0, b0 = 0, out0 = 0) {
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = 0;
      for (let k = 0, i = a0 + m * K, j = b0 + n * K; k < K; k++) sum += a[i + k] * b[j + k];
      out[out0 + m * N + n] = sum;
    }
  }
}

const turned = (t) => permuted(t, [...t.dims.keys()].slice(0, -2).concat(t.dims.length - 1, t.dims.length - 2));

function gemm(a, b, c, { alpha = 1, beta = 1, transA = 0, transB = 0 }) {
  const left = transA ? turned(a) : a, right = transB ? b : turned(b), [M, K] = left.dims, [N] = right.dims, out = tensor([M, N]);
  products(left.data, right.data, out.data, M, N, K);
  return c || alpha !== 1 ? elementwise((x, y = 0) => alpha * x + beta * y, out, ...(c ? [c] : [])) : out;
}

function matmul(a, b) {
  const left = a.dims.length === 1 ? reshaped(a, [1, ...a.dims]) : a, right = turned(b.dims.length === 1 ? reshaped(b, [...b.dims, 1]) : b);
  const [M, K] = left.dims.slice(-2), [N] = right.dims.slice(-2), many = together(left.dims.slice(0, -2), right.dims.slice(0, -2));
  const all = expanded(left, [...many, M, K]), every = expanded(right, [...many, N, K]), out = tensor([...many, M, N]);
  for (let i = 0; i < product(many); i++) products(all.data, every.data, out.data, M, N, K, i * M * K, i * N * K, i * M * N);
  return reshaped(out, [...many, ...(a.dims.length === 1 ? [] : [M]), ...(b.dims.length === 1 ? [] : [N])]);
}

// Where a window of a convolution or a pooling lies: sizes of the output, and the first place of a window on each axis.
function windows(dims, { kernel_shape: kernel, strides: step = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0], ceil_mode: ceil = 0 }) {
  const size = [0, 1].map((axis) => {
    const free = dims[2 + axis] + pads[axis] + pads[2 + axis] - dilations[axis] * (kernel[axis] - 1) - 1, whole = Math.floor(free / step[axis]) + 1;
    return ceil && free % step[axis] && whole * step[axis] < dims[2 + axis] + pads[axis] ? whole + 1 : whole; // none begins in the padding
  });
  return { kernel, step, dilations, pads, size };
}

// Each convolution is a product of matrices: its weights times all windows, unrolled into columns.
function conv(x, w, bias, { group = 1, ...attributes }) {
  const { kernel, step, dilations, pads, size } = windows(x.dims, { ...attributes, kernel_shape: w.dims.slice(2) });
  const [, channels, height, width] = x.dims, [filters, depth] = w.dims, places = size[0] * size[1], rows = depth * kernel[0] * kernel[1];
  const out = tensor([1, filters, ...size]), columns = new Float32Array(rows * places), own = filters / group;
  for (let g = 0; g < group; g++) {
    columns.fill(0);
    for (let c = 0, row = 0; c < depth; c++) for (let ky = 0; ky < kernel[0]; ky++) for (let kx = 0; kx < kernel[1]; kx++, row++) {
      for (let oy = 0; oy < size[0]; oy++) {
        const y = oy * step[0] - pads[0] + ky * dilations[0], start = ((g * depth + c) * height + y) * width;
        if (y < 0 || y >= height) continue;
        for (let ox = 0, at = kx * dilations[1] - pads[1], to = row * places + oy * size[1]; ox < size[1]; ox++, at += step[1], to++) {
          if (at >= 0 && at < width) columns[to] = x.data[start + at];
        }
      }
    }
    for (let f = g * own; f < (g + 1) * own; f++) addRows(out.data, f * places, columns, w.data, f * rows, rows, places, bias ? bias.data[f] : 0);
  }
  return out;
}

const sums = { data: new Float64Array(0) };
function addRows(out, to, columns, weights, first, rows, places, bias) { // bias + the rows of the columns, each times its weight
  if (sums.data.length < places) sums.data = new Float64Array(places);
  const sum = sums.data.fill(bias, 0, places);
  let row = 0;
  for (; row + 3 < rows; row += 4) { // four at a time: a sum is read and written a quarter as often
    const [a, b, c, d] = [weights[first + row], weights[first + row + 1], weights[first + row + 2], weights[first + row + 3]];
    for (let p = 0, i = row * places; p < places; p++, i++) sum[p] += a * columns[i] + b * columns[i + places] + c * columns[i + 2 * places] + d * columns[i + 3 * places];
  }
  for (; row < rows; row++) for (let p = 0, i = row * places; p < places; p++, i++) sum[p] += weights[first + row] * columns[i];
  for (let p = 0; p < places; p++) out[to + p] = sum[p];
}

function pooled(x, attributes, average) {
  const { kernel, step, dilations, pads, size } = windows(x.dims, attributes), [, channels, height, width] = x.dims, out = tensor([1, channels, ...size]);
  const inside = [height, width].map((side, axis) => side + (attributes.count_include_pad ? pads[2 + axis] : 0)), before = attributes.count_include_pad ? pads : [0, 0];
  let to = 0;
  for (let c = 0; c < channels; c++) for (let oy = 0; oy < size[0]; oy++) for (let ox = 0; ox < size[1]; ox++) {
    let sum = 0, best = -Infinity, count = 0;
    for (let ky = 0; ky < kernel[0]; ky++) for (let kx = 0; kx < kernel[1]; kx++) {
      const y = oy * step[0] - pads[0] + ky * dilations[0], xx = ox * step[1] - pads[1] + kx * dilations[1];
      if (y >= -before[0] && y < inside[0] && xx >= -before[1] && xx < inside[1]) count++;
      if (y < 0 || y >= height || xx < 0 || xx >= width) continue;
      const value = x.data[(c * height + y) * width + xx];
      sum += value;
      if (value > best) best = value;
    }
    out.data[to++] = average ? sum / count : best;
  }
  return out;
}

// The tensors that go in, and the attributes -> what comes out.
const OPERATORS = {
  Identity: ([t]) => t, Dropout: ([t]) => t,
  Clip: ([t, low, high]) => elementwise((x) => clamp(x, low?.data[0] ?? -Infinity, high?.data[0] ?? Infinity), t),
  Where: ([condition, a, b]) => elementwise((c, x, y) => (c ? x : y), condition, a, b),
  Gemm: ([a, b, c], attributes) => gemm(a, b, c, attributes), MatMul: ([a, b]) => matmul(a, b), Conv: ([x, w, b], attributes) => conv(x, w, b, attributes),
  MaxPool: ([x], attributes) => pooled(x, attributes, false), AveragePool: ([x], attributes) => pooled(x, attributes, true),
  GlobalAveragePool: ([x]) => reduced(x, [2, 3], true, mean), GlobalMaxPool: ([x]) => reduced(x, [2, 3], true, largest),
  BatchNormalization: ([x, scale, shift, middle, spread], { epsilon = 1e-5 }) => {
    const out = tensor(x.dims), area = product(x.dims.slice(2));
    for (let i = 0; i < out.data.length; i++) {
      const c = Math.floor(i / area) % x.dims[1];
      out.data[i] = (x.data[i] - middle.data[c]) / Math.sqrt(spread.data[c] + epsilon) * scale.data[c] + shift.data[c];
    }
    return out;
  },
  LayerNormalization: ([x, scale, shift], { axis = -1, epsilon = 1e-5 }) =>
    normalised(x, product(x.dims.slice(from(axis, x.dims.length))), epsilon, (_, i) => scale.data[i], (_, i) => shift?.data[i] ?? 0),
  InstanceNormalization: ([x, scale, shift], { epsilon = 1e-5 }) =>
    normalised(x, product(x.dims.slice(2)), epsilon, (row) => scale.data[row % x.dims[1]], (row) => shift.data[row % x.dims[1]]),
  Softmax: ([t], attributes) => softmax(t, attributes), LogSoftmax: ([t], attributes) => softmax(t, attributes, true),
  Reshape: ([t, shape]) => likeShape(t, list(shape)), Shape: ([t]) => tensor([t.dims.length], [...t.dims]),
  Flatten: ([t], { axis = 1 }) => reshaped(t, [product(t.dims.slice(0, from(axis, t.dims.length))), product(t.dims.slice(from(axis, t.dims.length)))]),
  Squeeze: ([t, axes]) => reshaped(t, t.dims.filter((size, axis) => (axes ? !list(axes).some((each) => from(each, t.dims.length) === axis) : size !== 1))),
  Unsqueeze: ([t, axes]) => {
    const rank = t.dims.length + axes.data.length, added = list(axes).map((axis) => from(axis, rank)), sizes = [...t.dims];
    return reshaped(t, Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : sizes.shift())));
  },
  Transpose: ([t], { perm }) => permuted(t, perm ?? [...t.dims.keys()].reverse()),
  Expand: ([t, shape]) => expanded(t, together(t.dims, list(shape))),
  Slice: ([t, ...where]) => sliced(t, ...where.map(list)), Split: ([t, sizes], attributes) => parts(t, list(sizes), attributes),
  Concat: (tensors, attributes) => joined(tensors, attributes), Gather: ([t, where], attributes) => gathered(t, where, attributes),
  GatherElements: ([t, where], attributes) => gatheredElements(t, where, attributes), GatherND: ([t, where]) => gatheredParts(t, where),
  TopK: ([t, count], attributes) => topK(t, count.data[0], attributes),
  Pad: ([t, pads, value], { mode = "constant" }) => padded(t, list(pads), value?.data[0] ?? 0, mode),
};
for (const [name, f] of Object.entries(UNARY)) OPERATORS[name] = ([t], attributes) => elementwise(f(attributes), t);
for (const [name, f] of Object.entries(BINARY)) OPERATORS[name] = (tensors) => tensors.reduce((a, b) => elementwise(f, a, b));
for (const [name, f] of Object.entries(REDUCE)) OPERATORS[name] = ([t, axes], { keepdims = 1, axes: named }) => reduced(t, list(axes) ?? named, keepdims, f);

// program: steps, constants and output, as `program.py` makes them; shape (C, H, W); weights in bytes -> (pixels of one image) -> logits
function loadNetwork({ program, shape }, weights) {
  const numbers = new Float32Array(weights.buffer), constants = Object.entries(program.constants).map(([name, [dims, where]]) =>
    [name, tensor(dims, Array.isArray(where) ? where : numbers.subarray(where, where + product(dims)))]);
  return async (pixels) => {
    const values = new Map([...constants, ["0", tensor([1, ...shape], Float32Array.from(pixels))]]);
    for (const [operator, inputs, outputs, attributes] of program.steps) {
      const made = OPERATORS[operator](inputs.map((name) => values.get(String(name))), attributes);
      (Array.isArray(made) ? made : [made]).forEach((each, i) => values.set(String(outputs[i]), each));
    }
    return values.get(String(program.output)).data;
  };
}
