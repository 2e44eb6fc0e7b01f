#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes peers.json beside it: what scikit-learn 1.2 and umap-learn 0.5 (Debian 12) make of the numbers that
made_data.h makes too. Run by hand when a test needs more: make_peers.py"""
import json
import os

import numpy as np
from scipy.cluster import hierarchy
from sklearn.cluster import DBSCAN, KMeans, SpectralClustering
from sklearn.datasets import load_digits, make_circles, make_moons
from sklearn.decomposition import NMF, PCA, IncrementalPCA, KernelPCA
from sklearn.manifold import Isomap, trustworthiness
from sklearn.manifold._t_sne import _joint_probabilities
from sklearn.metrics import adjusted_rand_score, davies_bouldin_score, pairwise_distances, silhouette_score
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors


def made_numbers(rows, columns, seed):
    state = seed
    values = np.empty((rows, columns), np.float32)
    for i in range(rows):
        first = 0
        for j in range(columns):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            value = (state >> 40) / 16777216.0 - 0.5
            first = value if j == 0 else first
            values[i, j] = np.float32(value * (j % 7 + 1) + 2 * first)
    return values


def listed(array):
    return np.asarray(array, dtype=float).round(7).tolist()


def pca(rows, columns, seed, count):
    data = made_numbers(rows, columns, seed).astype(float)
    peer = PCA(count, svd_solver="full").fit(data)
    return {"rows": rows, "columns": columns, "seed": seed, "count": count,
            "variance": listed(peer.explained_variance_), "ratio": listed(peer.explained_variance_ratio_),
            "axes": listed(peer.components_), "scores": listed(peer.transform(data)[:10]),
            "whitened": listed(PCA(count, svd_solver="full", whiten=True).fit_transform(data)[:3])}


def incremental_pca(rows, columns, seed, count, batch):  # whose rows are a multiple of the batch
    data = made_numbers(rows, columns, seed).astype(float)
    peer = IncrementalPCA(count, batch_size=batch).fit(data)
    return {"rows": rows, "columns": columns, "seed": seed, "count": count, "batch": batch,
            "variance": listed(peer.explained_variance_), "axes": listed(peer.components_)}


def nmf(rows, columns, seed, count):
    data = np.abs(made_numbers(rows, columns, seed).astype(float))
    peer = NMF(count, init="nndsvda", tol=1e-8, max_iter=20000, random_state=1).fit(data)
    return {"rows": rows, "columns": columns, "seed": seed, "count": count, "error": peer.reconstruction_err_}


def coordinates(rows, seed, points, eigenvalues, placed=None, **settings):
    peer = {"rows": rows, "columns": 6, "seed": seed, "set": {"dimensions": points.shape[1], **settings},
            "points": listed(points[:20]), "eigenvalues": listed(eigenvalues)}
    return peer if placed is None else {**peer, "placed": listed(placed)}


def kernel_pca():
    result = []
    more = made_numbers(10, 6, 99).astype(float)
    for kernel, ours in (("rbf", {}), ("poly", {"kernel": "polynomial"}), ("cosine", {}), ("sigmoid", {"gamma": 0.01}),
                         ("linear", {}), ("rbf", {"gamma": 0.03})):
        for rows in (60, 450) if kernel == "rbf" else (60,):
            data = made_numbers(rows, 6, 3).astype(float)
            peer = KernelPCA(3, kernel=kernel, gamma=ours.get("gamma"), eigen_solver="dense").fit(data)
            result.append(coordinates(rows, 3, peer.transform(data), peer.eigenvalues_, peer.transform(more),
                                      **{"kernel": kernel, **ours}))
    return result


def mds():
    result = []
    for metric in ("euclidean", "manhattan", "chebyshev", "cosine"):
        for rows in (60, 450):
            data = made_numbers(rows, 6, 3).astype(float)
            square = pairwise_distances(data, metric=metric) ** 2
            middle = np.eye(rows) - 1 / rows
            values, vectors = np.linalg.eigh(-middle @ square @ middle / 2)
            values, vectors = values[::-1], vectors[:, ::-1]
            peer = coordinates(rows, 3, vectors[:, :3] * np.sqrt(values[:3]), values[:3], metric=metric)
            peer["negative_part"] = -values[values < 0].sum() / np.abs(values).sum()
            result.append(peer)
    return result


def isomap():
    result = []
    for rows in (60, 450):
        data = made_numbers(rows, 6, 3).astype(float)
        peer = Isomap(n_neighbors=7, n_components=2).fit(data)
        result.append(coordinates(rows, 3, peer.embedding_, peer.kernel_pca_.eigenvalues_,
                                  peer.transform(made_numbers(10, 6, 99).astype(float)), neighbours=7))
    apart = made_numbers(60, 6, 5).astype(float)  # falls into parts
    peer = Isomap(n_neighbors=2, n_components=2).fit(apart)
    result.append(coordinates(60, 5, peer.embedding_, peer.kernel_pca_.eigenvalues_, neighbours=2))
    return result


def kept(data, points, k):
    sets = [NearestNeighbors(n_neighbors=k).fit(space).kneighbors(return_distance=False) for space in (data, points)]
    return float(np.mean([len(set(a) & set(b)) / k for a, b in zip(*sets)]))


def scores():
    data = made_numbers(200, 6, 5).astype(float)
    points = data[:, :2]
    return {"rows": 200, "columns": 6, "seed": 5,
            "trustworthiness": [trustworthiness(data, points, n_neighbors=k) for k in (5, 15, 50)],
            "continuity": [trustworthiness(points, data, n_neighbors=k) for k in (5, 15, 50)],
            "kept": [kept(data, points, k) for k in (5, 15, 50)],
            "labels": (np.floor(data[:, 0] * 3) % 3).astype(int).tolist(),
            "silhouette": silhouette_score(data, np.floor(data[:, 0] * 3) % 3),
            "davies_bouldin": davies_bouldin_score(data, np.floor(data[:, 0] * 3) % 3),
            "rand": adjusted_rand_score(np.floor(data[:, 0] * 3) % 3, np.floor(data[:, 1] * 3) % 4)}


def affinities():
    # All other rows are neighbours: a perplexity of 13 has 39, and there are 40 rows.
    data = made_numbers(40, 5, 9).astype(float)
    from scipy.spatial.distance import squareform
    joint = squareform(_joint_probabilities(pairwise_distances(data, squared=True), 13, 0))
    return {"rows": 40, "columns": 5, "seed": 9, "perplexity": 13, "joint": listed(joint)}


def umap_graph():
    import umap.umap_ as umap
    data = made_numbers(80, 5, 11)
    curves = [[spread, least, *umap.find_ab_params(spread, least)]
              for spread, least in ((1, 0.1), (1, 0.5), (2, 0.001))]
    graph, _, _ = umap.fuzzy_simplicial_set(data, 10, np.random.RandomState(1), "euclidean")
    mixed, _, _ = umap.fuzzy_simplicial_set(data, 10, np.random.RandomState(1), "euclidean", set_op_mix_ratio=0.25,
                                            local_connectivity=2)
    target = (np.arange(80) % 3).astype(float)
    target[::10] = -1

    result = {"rows": 80, "columns": 5, "seed": 11, "neighbours": 10, "curves": curves,
              "graph": listed(graph.toarray()), "mixed": listed(mixed.toarray())}
    supervised = umap.UMAP(n_neighbors=10, n_epochs=1, init="random", random_state=1).fit(data, target)
    result["supervised"] = listed(supervised.graph_.toarray())
    return result


def clustered(rows, columns, seed):
    data = made_numbers(rows, columns, seed).astype(float)
    for j in range(3):
        data[j::3, j] += 4
    return data.astype(np.float32).astype(float)


def clusterings():
    data = clustered(240, 5, 17)
    models = {kind: GaussianMixture(3, covariance_type=kind, random_state=1, tol=1e-5, max_iter=500).fit(data)
              for kind in ("full", "tied", "diag", "spherical")}
    result = {"rows": 240, "columns": 5, "seed": 17, "inertia": KMeans(3, n_init=20, random_state=1).fit(data).inertia_,
              "inertia_8": KMeans(8, n_init=50, random_state=1).fit(data).inertia_,
              "likelihood": {kind: model.score(data) for kind, model in models.items()},
              "bic": {kind: model.bic(data) for kind, model in models.items()},
              "dbscan": DBSCAN(0.9, min_samples=6).fit(data).labels_.tolist()}
    for linkage in ("single", "complete", "average", "weighted", "ward", "centroid", "median"):
        tree = hierarchy.linkage(data, linkage)
        result[linkage] = {"heights": listed(tree[:, 2]), "labels": hierarchy.fcluster(tree, 4, "maxclust").tolist()}
    return result


def spectral():
    result = {}
    for name, (data, truth) in {"circles": make_circles(300, factor=0.4, noise=0.04, random_state=1),
                                "moons": make_moons(300, noise=0.06, random_state=1)}.items():
        data = data.round(5)
        result[name] = {"data": listed(data), "truth": truth.tolist()}
        for affinity, settings in (("nearest_neighbors", {}), ("rbf", {"gamma": 30})):
            peer = SpectralClustering(2, affinity=affinity, random_state=1, **settings).fit(data)
            result[name][affinity] = peer.labels_.tolist()
    data, truth = load_digits(return_X_y=True)
    peer = SpectralClustering(10, affinity="nearest_neighbors", random_state=1).fit(data)
    result["digits_rand"] = adjusted_rand_score(truth, peer.labels_)
    return result


if __name__ == "__main__":
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers.json"), "w") as file:
        json.dump({"pca": [pca(60, 8, 3, 4), pca(12, 30, 4, 5)],
                   "incremental_pca": [incremental_pca(300, 8, 3, 3, 60), incremental_pca(100, 60, 3, 4, 20)],
                   "nmf": [nmf(60, 8, 3, 3), nmf(30, 50, 4, 6)], "kernel_pca": kernel_pca(), "mds": mds(), "isomap": isomap(),
                   "scores": scores(), "affinities": affinities(),
                   "umap": umap_graph(), "clusterings": clusterings(), "spectral": spectral()}, file, separators=(",", ":"))
        file.write("\n")
