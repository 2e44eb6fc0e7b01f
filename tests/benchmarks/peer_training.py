# SPDX-License-Identifier: GPL-3.0-or-later
"""The same U-Net trained in PyTorch from Python, as one writes it: prints images per second."""
import sys
import time

import torch
from torch.nn import functional as F

from peer_unet import UNet

batch, side, threads, steps = (int(a) for a in sys.argv[1:5])
torch.set_num_threads(threads)
torch.manual_seed(1)
model = UNet()
optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
x, y = torch.randn(batch, 1, side, side), (torch.rand(batch, side, side) > 0.7).long()
times = []
for _ in range(steps + 1):
    start = time.perf_counter()
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
    times.append(time.perf_counter() - start)
times = sorted(times[1:])
print(batch / times[len(times) // 2])
