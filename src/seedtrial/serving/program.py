"""An ONNX graph as a short program that a page runs in the browser (`templates/graph.js`): steps, constants, weights.

Only for one image at a time: all sizes are then known, and whatever depends on them alone is computed here.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from seedtrial.serving.session import INPUT, OUTPUT

# What graph.js has; a test compares.
OPERATORS = frozenset(
    "Abs Add And AveragePool BatchNormalization Cast Ceil Celu Clip Concat Conv Cos Div Dropout Elu Equal Erf Exp "
    "Expand Flatten Floor Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalMaxPool Greater "
    "GreaterOrEqual HardSigmoid HardSwish Identity InstanceNormalization LayerNormalization LeakyRelu Less "
    "LessOrEqual Log LogSoftmax MatMul Max MaxPool Min Mish Mul Neg Not Or PRelu Pad Pow Reciprocal ReduceL1 ReduceL2 "
    "ReduceMax ReduceMean ReduceMin ReduceSum ReduceSumSquare Relu Reshape Selu Shape Sigmoid Sign Sin Slice Softmax "
    "Softplus Softsign Split Sqrt Squeeze Sub Sum Tanh ThresholdedRelu TopK Transpose Unsqueeze Where".split()
)
PLANAR = ("Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool")  # of images alone, (N, C, H, W)


@dataclass(frozen=True)
class Program:
    """What computes logits from the pixels of one image.

    steps:     (operator, inputs, outputs, attributes) in their order; values are numbered, 0 is the image, None is left
               out
    constants: number of a value -> (its shape, where it begins in `weights`, or its whole numbers themselves)
    output:    the number of the logits
    weights:   float32, little-endian, one tensor after the other
    multiply_adds: of one image, in convolutions and products of matrices

    >>> program = Program([("Relu", [0], [1], {})], {}, 1, np.zeros(0, np.float32), 0)
    >>> program.plain()["output"]
    1
    """

    steps: list[tuple[str, list[int | None], list[int], dict[str, Any]]]
    constants: dict[int, tuple[list[int], int | list[int]]]
    output: int
    weights: np.ndarray
    multiply_adds: int

    def plain(self) -> dict[str, Any]:
        """As JSON values, without the weights."""
        return {"steps": self.steps, "constants": self.constants, "output": self.output}


class Unsupported(Exception):
    """A graph has operators that graph.js does not know; the message lists them."""


def program(model: bytes) -> Program:
    """A graph as a program. model: the bytes of an ONNX file, as `graph.onnx_bytes` writes it

    Raises Unsupported when graph.js cannot run it.
    """
    simplified = _for_one_image(model)
    graph = simplified.graph
    _refuse_unknown(graph)
    number: dict[str, int | None] = {"": None, INPUT: 0}
    constants: dict[int, tuple[list[int], int | list[int]]] = {}
    floats: list[np.ndarray] = []
    begins = 0
    for name, array in _constants(graph):
        number[name] = len(number)
        if array.dtype.kind == "f":
            constants[len(number) - 1] = (list(array.shape), begins)
            floats.append(array.astype("<f4").ravel())
            begins += array.size
        else:
            constants[len(number) - 1] = (list(array.shape), [int(value) for value in array.ravel()])
    steps: list[tuple[str, list[int | None], list[int], dict[str, Any]]] = []
    for node in graph.node:
        if node.op_type == "Constant":
            continue
        outputs = []
        for name in node.output:
            number[name] = len(number)
            outputs.append(len(number) - 1)
        steps.append((node.op_type, [number[name] for name in node.input], outputs, _attributes(node)))
    output = number[OUTPUT]
    assert output is not None
    weights = np.concatenate(floats) if floats else np.empty(0, "<f4")
    return Program(steps, constants, output, weights, _multiply_adds(simplified))


def _for_one_image(model: bytes) -> Any:
    """The graph with one image as its input, simplified by onnxruntime: constants folded, neighbours joined."""
    import onnx
    import onnxruntime

    dimension = onnx.load_from_string(model).graph.input[0].type.tensor_type.shape.dim[0].dim_param
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC  # standard operators alone
    if dimension:
        options.add_free_dimension_override_by_name(dimension, 1)
    with TemporaryDirectory(prefix="seedtrial-") as folder:
        options.optimized_model_filepath = str(Path(folder, "one.onnx"))
        onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return onnx.load(options.optimized_model_filepath)


def _refuse_unknown(graph: Any) -> None:
    unknown = set()
    for node in graph.node:
        attributes = _attributes(node)
        if node.domain or (node.op_type not in OPERATORS and node.op_type != "Constant"):
            unknown.add(node.op_type)
        elif attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
            unknown.add(f"{node.op_type} with auto_pad")
        elif node.op_type == "GatherND" and attributes.get("batch_dims", 0):
            unknown.add("GatherND with batch_dims")
        elif node.op_type in PLANAR and len(attributes.get("kernel_shape", [1, 1])) != 2:
            unknown.add(f"{node.op_type} of other than two dimensions")
    if unknown:
        raise Unsupported(", ".join(sorted(unknown)))


def _multiply_adds(model: Any) -> int:
    """How many multiplications with an addition one image takes."""
    from onnx import shape_inference

    graph = shape_inference.infer_shapes(model).graph
    known = [*graph.value_info, *graph.output]
    shapes = {each.name: [side.dim_value for side in each.type.tensor_type.shape.dim] for each in known}
    shapes |= {each.name: list(each.dims) for each in graph.initializer}
    total = 0
    for node in graph.node:
        if node.op_type not in ("Conv", "Gemm", "MatMul") or node.output[0] not in shapes:
            continue
        outputs, weights = math.prod(shapes[node.output[0]]), shapes.get(node.input[1], [1])
        if node.op_type == "Conv":
            total += outputs * math.prod(weights[1:])
        else:
            total += outputs * (weights[-1] if _attributes(node).get("transB") else weights[max(0, len(weights) - 2)])
    return total


def _constants(graph: Any) -> Iterable[tuple[str, np.ndarray]]:
    from onnx import numpy_helper

    for tensor in graph.initializer:
        yield tensor.name, numpy_helper.to_array(tensor)
    for node in graph.node:
        if node.op_type == "Constant":
            yield node.output[0], numpy_helper.to_array(node.attribute[0].t)


def _attributes(node: Any) -> dict[str, Any]:
    """Its attributes as numbers, lists of numbers and text."""
    from onnx import helper

    values = {each.name: helper.get_attribute_value(each) for each in node.attribute if each.name != "value"}
    return {
        name: value.decode() if isinstance(value, bytes) else list(value) if not np.isscalar(value) else value
        for name, value in values.items()
    }
