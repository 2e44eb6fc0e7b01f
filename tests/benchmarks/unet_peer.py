#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The peer of bench_training and bench_prediction: a U-Net in PyTorch as one writes it from the paper.

Same channels, depth, batch and threads; float32, transposed convolutions, the default memory layout.
    unet_peer.py train   CHANNELS DEPTH WIDTH BATCH PATCH THREADS STEPS   -> {"images_per_second": ...}
    unet_peer.py predict CHANNELS DEPTH WIDTH SIZE THREADS               -> {"seconds": ...}
WIDTH is the number of channels of the first level. Prints one JSON object.
"""
import json
import sys
import time

import torch
import torch.nn.functional as functional
from torch import nn


def double_convolution(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self, channels, classes, depth, width):
        super().__init__()
        sizes = [width * 2 ** level for level in range(depth + 1)]
        self.down = nn.ModuleList(double_convolution(a, b) for a, b in zip([channels] + sizes, sizes))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * size, size, 2, stride=2) for size in sizes[:-1])
        self.merge = nn.ModuleList(double_convolution(2 * size, size) for size in sizes[:-1])
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        kept = []
        for block in self.down[:-1]:
            x = block(x)
            kept.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.down[-1](x)
        for up, merge, skip in reversed(list(zip(self.up, self.merge, kept))):
            x = merge(torch.cat([skip, up(x)], dim=1))
        return self.head(x)


def train(channels, depth, width, batch, patch, threads, steps):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = UNet(channels, 2, depth, width)
    optimizer = torch.optim.AdamW(model.parameters())
    images = torch.rand(batch, channels, patch, patch)
    targets = torch.randint(0, 2, (batch, patch, patch))
    times = []
    for _ in range(steps + 1):
        start = time.perf_counter()
        optimizer.zero_grad()
        functional.cross_entropy(model(images), targets).backward()
        optimizer.step()
        times.append(time.perf_counter() - start)
    times = sorted(times[1:])  # the first step warms up
    return {"images_per_second": batch / times[len(times) // 2]}


def predict(channels, depth, width, size, threads):
    """Tiles of 512 with a margin of 64 on each side, in batches of 4, as a careful script does it."""
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = UNet(channels, 2, depth, width).eval()
    image = torch.rand(channels, size, size)
    tile, margin = 512, 64
    start = time.perf_counter()
    labels = torch.zeros(size, size, dtype=torch.uint8)
    padded = functional.pad(image[None], (margin,) * 4, mode="reflect")[0]
    inner = tile - 2 * margin
    corners = [(y, x) for y in range(0, size, inner) for x in range(0, size, inner)]
    corners = [(min(y, size - inner), min(x, size - inner)) for y, x in corners]
    with torch.no_grad():
        for first in range(0, len(corners), 4):
            some = corners[first:first + 4]
            output = model(torch.stack([padded[:, y:y + tile, x:x + tile] for y, x in some])).argmax(1)
            for (y, x), classes in zip(some, output):
                labels[y:y + inner, x:x + inner] = classes[margin:-margin, margin:-margin]
    return {"seconds": time.perf_counter() - start}


if __name__ == "__main__":
    arguments = [int(a) for a in sys.argv[2:]]
    print(json.dumps({"train": train, "predict": predict}[sys.argv[1]](*arguments)))
