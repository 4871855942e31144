"use strict";
// Takes a picture: by the system's camera on a phone, by a live view in the page elsewhere.
let stream = null;

function stopCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  $("live").hidden = true;
  $("camera").textContent = "Take a picture";
}

async function takePicture(use) { // the first press shows the live view, the second takes the picture
  const live = $("live");
  if (stream) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [live.videoWidth, live.videoHeight];
    canvas.getContext("2d").drawImage(live, 0, 0);
    stopCamera();
    return canvas.toBlob(use, "image/png");
  }
  if (matchMedia("(pointer: coarse)").matches || !navigator.mediaDevices) return $("shot").click();
  const opened = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).catch((error) => {
    throw new Error(`No camera can be used here (${error.message}).`);
  });
  clearDrop();
  stream = opened;
  live.srcObject = stream;
  live.hidden = false;
  await live.play();
  $("camera").textContent = "Take it now";
}
