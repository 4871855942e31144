"use strict";
// Runs a network in ONNX Runtime Web, which lies in this page too.
async function loadNetwork({ shape, input, output }, model) {
  if (document.readyState !== "complete") await new Promise((done) => addEventListener("load", done)); // the module that sets `ort` runs before
  const packed = new Blob([bytesIn(embedded("runtime"))]).stream().pipeThrough(new DecompressionStream("gzip"));
  ort.env.wasm.numThreads = 1; // several need headers that only a server can send
  ort.env.wasm.wasmBinary = await new Response(packed).arrayBuffer();
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  return async (pixels) => (await session.run({ [input]: new ort.Tensor("uint8", pixels, [1, ...shape]) }))[output].data;
}
