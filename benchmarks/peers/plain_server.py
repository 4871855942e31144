"""What people write first: a network behind FastAPI in thirty lines, each request by itself. For `serving.py`."""

import argparse
import io
import os

import numpy as np
import torch
import uvicorn
from fastapi import FastAPI, Request
from PIL import Image

from seedtrial.runs.trained import open_run

RUN, THREADS = "PLAIN_SERVER_RUN", "PLAIN_SERVER_THREADS"  # environment, which uvicorn's processes inherit


def make_app() -> FastAPI:
    """The server of a run's network."""
    torch.set_num_threads(int(os.environ[THREADS]))
    run = open_run(os.environ[RUN])
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
    parser.add_argument("--workers", type=int, default=1, help="processes; they share the cores")
    arguments = parser.parse_args()
    os.environ[RUN] = arguments.run
    os.environ[THREADS] = str(max(1, (os.cpu_count() or 1) // arguments.workers))
    uvicorn.run(
        "plain_server:make_app",
        factory=True,
        app_dir=os.path.dirname(__file__),
        port=arguments.port,
        workers=arguments.workers,
        log_level="warning",
        access_log=False,
    )
