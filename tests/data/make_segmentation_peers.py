#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes segmentation_peers.json beside it: what scikit-image 0.19 (Debian 12) makes of the images that
made_image.h makes too. Run by hand when a test needs more: make_segmentation_peers.py"""
import json
import os

import numpy as np
from skimage.filters import threshold_li, threshold_otsu, threshold_sauvola, threshold_triangle
from skimage.segmentation import morphological_chan_vese, watershed


def made_image(height, width, seed):
    """A bright disc and a fainter one on a dark, noisy ground; whole numbers from 0 to 255."""
    state = seed
    values = np.zeros((height, width), np.int64)
    for y in range(height):
        for x in range(width):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            noise = (state >> 40) % 48
            bright = (x - width // 3) ** 2 + (y - height // 2) ** 2 < (height // 4) ** 2
            faint = (x - width * 3 // 4) ** 2 + (y - height // 3) ** 2 < (height // 5) ** 2
            values[y, x] = noise + (180 if bright else 70 if faint else 12)
    return values


def thresholds(height, width, seed, kind):
    image = made_image(height, width, seed)
    image = {"uint8": image.astype(np.uint8), "uint16": (image * 37 + 1000).astype(np.uint16),
             "float32": (image / 64 - 1).astype(np.float32)}[kind]
    return {"height": height, "width": width, "seed": seed, "type": kind, "otsu": float(threshold_otsu(image)),
            "li": float(threshold_li(image)), "triangle": float(threshold_triangle(image))}


def sauvola(height, width, seed, window, k, reach):
    image = (made_image(height, width, seed) / 256).astype(np.float32)
    return {"height": height, "width": width, "seed": seed, "window": window, "k": k, "range": reach,
            "threshold": threshold_sauvola(image, window, k, reach).astype(float).round(6).ravel().tolist()}


def flood(height, width, seed, seeds):
    image = made_image(height, width, seed) // 16  # so that many places are of one height
    markers = np.zeros(image.shape, int)
    for x, y, label in seeds:
        markers[y, x] = label
    return {"height": height, "width": width, "seed": seed, "seeds": seeds,
            "labels": watershed(image, markers).ravel().tolist()}


def snake(height, width, seed, iterations, smoothing, weights):
    image = made_image(height, width, seed) / 256
    y, x = np.mgrid[:height, :width]
    start = (x - width // 2) ** 2 + (y - height // 2) ** 2 < (height // 3) ** 2
    from skimage.segmentation import morphsnakes
    # Its two smoothings alternate over calls; each image begins anew.
    morphsnakes._curvop = morphsnakes._fcycle([lambda u: morphsnakes.sup_inf(morphsnakes.inf_sup(u)),
                                               lambda u: morphsnakes.inf_sup(morphsnakes.sup_inf(u))])
    found = morphological_chan_vese(image, iterations, start, smoothing, weights[0], weights[1])
    return {"height": height, "width": width, "seed": seed, "iterations": iterations, "smoothing": smoothing,
            "inner": weights[0], "outer": weights[1], "mask": "".join(str(v) for v in found.ravel())}


peers = {
    "thresholds": [thresholds(*size, kind) for kind in ("uint8", "uint16", "float32")
                   for size in ((30, 41, 1), (64, 50, 2), (17, 90, 3))],
    "sauvola": [sauvola(20, 26, 4, 7, 0.2, 0.5), sauvola(24, 21, 5, 15, 0.35, 0.25)],
    "watershed": [flood(30, 41, 6, [[13, 15, 1], [30, 10, 2], [2, 2, 3]]),
                  flood(40, 33, 7, [[10, 20, 5], [11, 21, 2], [25, 13, 9], [0, 39, 1]])],
    "chan_vese": [snake(30, 41, 8, turns, smoothing, weights) for turns, smoothing, weights in
                  ((1, 0, (1, 1)), (5, 1, (1, 1)), (34, 1, (1, 1)), (35, 1, (1, 1)), (20, 2, (1, 2)), (20, 3, (2, 1)))],
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "segmentation_peers.json"), "w") as file:
    json.dump(peers, file, separators=(",", ":"))
    file.write("\n")
