# SPDX-License-Identifier: GPL-3.0-or-later
"""Predicts a square image in overlapping, blended tiles in PyTorch from Python, float32: prints seconds.

peer_prediction.py SIDE TILE OVERLAP THREADS
"""
import sys
import time

import numpy
import torch

from peer_unet import UNet

side, tile, overlap, threads = (int(a) for a in sys.argv[1:5])
torch.set_num_threads(threads)
torch.manual_seed(1)
model = UNet().eval()
image = numpy.random.default_rng(1).integers(0, 4096, (side, side), dtype=numpy.uint16)


def predict():
    low, high = numpy.percentile(image[::8, ::8], [1, 99.8])
    ramp = torch.ones(tile)
    ramp[:overlap] = (torch.arange(overlap) + 0.5) / overlap
    weight = (ramp * ramp.flip(0))[:, None] * (ramp * ramp.flip(0))[None, :]
    total, weights = torch.zeros(2, side, side), torch.zeros(side, side)
    starts = list(range(0, side - tile, tile - overlap)) + [side - tile]
    for y in starts:
        for x in starts:
            part = torch.from_numpy(((image[y:y + tile, x:x + tile] - low) / (high - low)).astype(numpy.float32))
            p = torch.softmax(model(part[None, None]), 1)[0]
            total[:, y:y + tile, x:x + tile] += p * weight
            weights[y:y + tile, x:x + tile] += weight
    return (total / weights.clamp_min(1e-9)).argmax(0)


with torch.no_grad():
    model(torch.zeros(1, 1, tile, tile))
    start = time.perf_counter()
    predict()
    print(time.perf_counter() - start)
