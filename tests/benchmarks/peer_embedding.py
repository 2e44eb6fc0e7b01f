# SPDX-License-Identifier: GPL-3.0-or-later
"""What scikit-learn and umap-learn make of a matrix, with their default settings: prints seconds, without
the imports. OUT holds float32: the points row after row, or the objective.

peer_embedding.py WORK ROWS COLUMNS DATA OUT THREADS     WORK: tsne, umap, pca, nmf, kmeans, gmm
"""
import os
import sys

work, rows, columns, path, out, threads = sys.argv[1:7]
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = threads

import time
import warnings

import numpy

warnings.filterwarnings("ignore")
data = numpy.fromfile(path, numpy.float32).reshape(int(rows), int(columns))
if work == "tsne":
    from sklearn.manifold import TSNE
    peer = TSNE(init="pca", learning_rate="auto", n_jobs=int(threads), random_state=1)
elif work == "umap":
    import umap
    umap.UMAP(n_epochs=10).fit(data[:500])  # Numba compiles at the first call; that is not counted
    peer = umap.UMAP()
elif work == "pca":
    from sklearn.decomposition import PCA
    peer = PCA(50, random_state=1)
elif work == "nmf":
    from sklearn.decomposition import NMF
    peer = NMF(20, random_state=1)
elif work == "kmeans":
    from sklearn.cluster import KMeans
    peer = KMeans(10, random_state=1)
else:
    from sklearn.mixture import GaussianMixture
    peer = GaussianMixture(10, random_state=1)
start = time.perf_counter()
if work in ("tsne", "umap"):
    result = peer.fit_transform(data)
elif work == "pca":
    peer.fit_transform(data)
    result = numpy.array([peer.explained_variance_.sum()])
elif work == "nmf":
    result = numpy.array([peer.fit(data).reconstruction_err_])
elif work == "kmeans":
    result = numpy.array([peer.fit(data).inertia_])
else:
    result = numpy.array([peer.fit(data).score(data)])
taken = time.perf_counter() - start
result.astype(numpy.float32).tofile(out)
print(taken)
