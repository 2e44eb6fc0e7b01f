# SPDX-License-Identifier: GPL-3.0-or-later
"""The U-Net of the benchmarks in PyTorch from Python, as one writes it."""
import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Sequential):
    def __init__(self, i, o):
        super().__init__(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True),
                         nn.Conv2d(o, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True))


class UNet(nn.Module):
    def __init__(self, channels=1, classes=2, base=16, depth=4):
        super().__init__()
        w = [base << k for k in range(depth + 1)]
        self.down = nn.ModuleList(Block(channels if k == 0 else w[k - 1], w[k]) for k in range(depth))
        self.bottom = Block(w[depth - 1], w[depth])
        self.up = nn.ModuleList(nn.ConvTranspose2d(w[k + 1], w[k], 2, 2) for k in range(depth))
        self.join = nn.ModuleList(Block(2 * w[k], w[k]) for k in range(depth))
        self.head = nn.Conv2d(base, classes, 1)

    def forward(self, x):
        skips = []
        for block in self.down:
            x = block(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottom(x)
        for k in reversed(range(len(self.down))):
            x = self.join[k](torch.cat([skips[k], self.up[k](x)], 1))
        return self.head(x)
