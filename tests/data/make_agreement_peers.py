#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes agreement_peers.json beside it: Cohen's kappa and Dice (the F1 score of a class) as scikit-learn 1.2
(Debian 12) has them, of two people's classes that test_label_agreement.cpp makes too. Run by hand when a test
needs more: make_agreement_peers.py"""
import json
import os

from sklearn.metrics import cohen_kappa_score, f1_score


def made_classes(pixels, classes, differing, seed):
    """The first one's classes at random, and the second one's, who differs in `differing` of 256 pixels."""
    state = seed
    first, second = [], []

    def draw():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return state >> 40

    for _ in range(pixels):
        of_first = draw() % classes
        other = draw() % classes
        first.append(of_first)
        second.append(other if draw() % 256 < differing else of_first)
    return first, second


cases = []
for pixels, classes, differing, seed in ((1200, 2, 40, 1), (1200, 3, 100, 2), (600, 4, 256, 3), (900, 5, 10, 4)):
    first, second = made_classes(pixels, classes, differing, seed)
    cases.append({"pixels": pixels, "classes": classes, "differing": differing, "seed": seed,
                  "kappa": cohen_kappa_score(first, second),
                  "dice": list(f1_score(first, second, labels=range(classes), average=None))})
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "agreement_peers.json"), "w") as file:
    json.dump(cases, file)
