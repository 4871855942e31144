"use strict";
// Answers from the server that this page came from. Pictures go to it and nowhere else.
const token = decodeURIComponent(location.hash.slice(1));
const headers = (type) => Object.assign({ "content-type": type }, token ? { authorization: "Bearer " + token } : {});

async function said(response) {
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || "The server refused the picture.");
  return answer;
}

async function acceptable(file) { // the server takes PNG and JPEG up to 10 MB
  if (["image/png", "image/jpeg"].includes(file.type) && file.size <= 9e6) return file;
  const image = await createImageBitmap(file).catch(() => { throw new Error("This browser cannot read that picture."); });
  const scale = Math.min(1, 2000 / Math.max(image.width, image.height)), canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));
}

const engine = {
  async about() { // {classes, shape}
    return said(await fetch("/classes", { headers: headers("application/json") }));
  },

  async look(file) { // what the network says of a picture file
    const blob = await acceptable(file), answer = await said(await fetch("/look", { method: "POST", body: blob, headers: headers(blob.type) }));
    return { ...answer, seen: "data:image/png;base64," + answer.seen };
  },
};
