"""What people write first: a network behind FastAPI in thirty lines, each request by itself. For `serving.py`."""

import io
import sys

import numpy as np
import torch
import uvicorn
from fastapi import FastAPI, Request
from PIL import Image

from seedtrial.runs.trained import open_run

run = open_run(sys.argv[1])
module, classes = run.learner().module(), run.facts.classes
_, height, width = run.facts.shape
app = FastAPI()


@app.post("/predict")
async def predict(request: Request) -> dict[str, object]:
    """The class of a picture."""
    image = Image.open(io.BytesIO(await request.body())).convert("L").resize((width, height))
    with torch.inference_mode():
        probs = module(torch.from_numpy(np.array(image)[None, None])).softmax(1)[0]
    return {"answer": classes[int(probs.argmax())], "probabilities": dict(zip(classes, probs.tolist(), strict=True))}


uvicorn.run(app, port=int(sys.argv[2]), log_level="warning", access_log=False)
