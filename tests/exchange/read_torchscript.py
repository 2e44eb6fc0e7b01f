# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens an exported model as any Python program would, and says what it finds as one line of JSON."""
import io
import json
import sys

import torch

extra = {"card.json": "", "inputs.pt": "", "outputs.pt": ""}
model = torch.jit.load(sys.argv[1], _extra_files=extra)
inputs = torch.load(io.BytesIO(extra["inputs.pt"]))
outputs = torch.load(io.BytesIO(extra["outputs.pt"]))
with torch.no_grad():
    difference = max((model(i) - o).abs().max().item() for i, o in zip(inputs, outputs))
    odd = model(torch.zeros(2, inputs[0].shape[1], 32, 80))
print(json.dumps({
    "card": json.loads(extra["card.json"]),
    "inputs": len(inputs),
    "difference": difference,
    "odd": list(odd.shape),
    "parameters": {name: list(value.shape) for name, value in model.state_dict().items()},
}))
