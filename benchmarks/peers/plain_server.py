"""What people write first: a network behind FastAPI in thirty lines, each request by itself. For `serving.py`."""

import argparse
import io

import numpy as np
import torch
import uvicorn
from fastapi import FastAPI, Request
from PIL import Image

from seedtrial.runs.trained import open_run


def make_app(folder: str) -> FastAPI:
    """The server of a run's network."""
    run = open_run(folder)
    module, classes = run.learner().module(), run.facts.classes
    _, height, width = run.facts.shape
    app = FastAPI()

    @app.post("/predict")
    async def predict(request: Request) -> dict[str, object]:
        image = Image.open(io.BytesIO(await request.body())).convert("L").resize((width, height))
        with torch.inference_mode():
            probs = module(torch.from_numpy(np.array(image)[None, None])).softmax(1)[0]
        return {
            "answer": classes[int(probs.argmax())],
            "probabilities": dict(zip(classes, probs.tolist(), strict=True)),
        }

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="its folder")
    parser.add_argument("port", type=int)
    arguments = parser.parse_args()
    uvicorn.run(make_app(arguments.run), port=arguments.port, log_level="warning", access_log=False)
