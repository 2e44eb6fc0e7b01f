# SPDX-License-Identifier: GPL-3.0-or-later
"""Pixels of an image classified from scribbles with scikit-image's features and scikit-learn's forest, as
scikit-image's own example does it. Prints seconds of features, fit and predict, without the imports, and the
agreement with the truth.

peer_forest.py IMAGE SCRIBBLES TRUTH WIDTH THREADS     raw, row by row: float32; uint8 0 none, 1 and 2 classes;
                                                       uint8 1 and 2
"""
import os
import sys

image, scribbles, truth, width, threads = sys.argv[1:6]
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = threads

import time

import numpy
from skimage.feature import multiscale_basic_features
from sklearn.ensemble import RandomForestClassifier

image = numpy.fromfile(image, numpy.float32).reshape(-1, int(width))
scribbles = numpy.fromfile(scribbles, numpy.uint8).reshape(image.shape)
truth = numpy.fromfile(truth, numpy.uint8).reshape(image.shape)

start = time.perf_counter()
features = multiscale_basic_features(image, sigma_min=0.5, sigma_max=16, num_workers=int(threads))
computed = time.perf_counter()
forest = RandomForestClassifier(100, class_weight="balanced", n_jobs=int(threads), random_state=1)
forest.fit(features[scribbles > 0], scribbles[scribbles > 0])
fitted = time.perf_counter()
found = forest.predict(features.reshape(-1, features.shape[-1])).reshape(image.shape)
print(computed - start, fitted - computed, time.perf_counter() - fitted, (found == truth).mean())
