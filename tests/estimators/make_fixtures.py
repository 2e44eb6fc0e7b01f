#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes fixtures.json beside this file: what scikit-learn 1.2 says of data that it generates itself.

The tests read the file and need no Python. Run again with `/usr/bin/python3 make_fixtures.py`.
"""
import json
import pathlib

import numpy as np
from scipy import stats
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, log_loss, r2_score, roc_auc_score
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor


def rounded(values):
    return [float(f"{value:.9g}") for value in np.asarray(values, dtype=float).ravel()]


def scaled(model):
    return make_pipeline(StandardScaler(), model)


def table(x, y, train):
    x = x.astype(np.float32).astype(float)  # what a float holds, computed with as we do
    return x, {"columns": x.shape[1], "train": train, "x": rounded(x), "y": rounded(y)}


result = {}

x, y = make_regression(n_samples=120, n_features=6, n_informative=4, noise=20, random_state=3)
x = x * [1, 100, 0.01, 1, 5, 1] + [0, 1000, 0, -3, 0, 0]
x, data = table(x, y, 90)
models = {
    "linear": scaled(LinearRegression()),
    "ridge": scaled(Ridge(alpha=2.0)),
    "lasso": scaled(Lasso(alpha=0.5, tol=1e-10, max_iter=100000)),
    "elastic-net": scaled(ElasticNet(alpha=0.5, l1_ratio=0.5, tol=1e-10, max_iter=100000)),
    "k-nearest-neighbours": scaled(KNeighborsRegressor(5)),
    "decision-tree": DecisionTreeRegressor(max_depth=3, random_state=0),
    "linear-svm": TransformedTargetRegressor(
        scaled(LinearSVR(epsilon=0.1, C=1, tol=1e-9, max_iter=1000000)), transformer=StandardScaler()),
    "rbf-svm": TransformedTargetRegressor(
        scaled(SVR(C=1, epsilon=0.1, gamma="scale", tol=1e-6)), transformer=StandardScaler()),
}
data["predicted"] = {}
for name, model in models.items():
    model.fit(x[:90], y[:90])
    data["predicted"][name] = rounded(model.predict(x[90:]))
data["coefficients"] = rounded(models["ridge"][1].coef_ / models["ridge"][0].scale_)
data["tree_importances"] = rounded(models["decision-tree"].feature_importances_)
data["forest_r2"] = [
    r2_score(y[90:], RandomForestRegressor(100, random_state=seed).fit(x[:90], y[:90]).predict(x[90:]))
    for seed in range(5)
]
result["regression"] = data

for name, classes in (("classes", 3), ("two_classes", 2)):
    x, y = make_classification(
        n_samples=240, n_features=6, n_informative=4, n_redundant=1, n_classes=classes, n_clusters_per_class=1,
        class_sep=0.7, flip_y=0.05, random_state=5)
    x = x * [1, 100, 0.01, 1, 5, 1] + [0, 1000, 0, -3, 0, 0]
    x, data = table(x, y, 160)
    models = {
        "logistic": scaled(LogisticRegression(C=0.7, tol=1e-10, max_iter=10000)),
        "k-nearest-neighbours": scaled(KNeighborsClassifier(5)),
        "decision-tree": DecisionTreeClassifier(max_depth=3, random_state=0),
    }
    data["probabilities"] = {}
    for model_name, model in models.items():
        model.fit(x[:160], y[:160])
        data["probabilities"][model_name] = rounded(model.predict_proba(x[160:]))
    data["tree_importances"] = rounded(models["decision-tree"].feature_importances_)
    data["labels"] = {
        "linear-svm": rounded(
            scaled(LinearSVC(C=1, tol=1e-9, max_iter=1000000)).fit(x[:160], y[:160]).predict(x[160:])),
        "rbf-svm": rounded(scaled(SVC(C=1)).fit(x[:160], y[:160]).predict(x[160:])),
    }
    data["forest_accuracy"] = [
        RandomForestClassifier(100, random_state=seed).fit(x[:160], y[:160]).score(x[160:], y[160:])
        for seed in range(5)
    ]
    result[name] = data

rng = np.random.default_rng(1)
p = rng.dirichlet([1, 1, 1], 60)
labels = rng.integers(0, 3, 60)
result["scores"] = {
    "probabilities": rounded(p),
    "labels": rounded(labels),
    "balanced_accuracy": balanced_accuracy_score(labels, p.argmax(1)),
    "roc_auc": roc_auc_score(labels, p, multi_class="ovr"),
    "log_loss": log_loss(labels, p),
}
parts = rng.normal(0.8, 0.05, 10)
half = stats.t.ppf(0.975, 9) * np.sqrt((1 / 10 + 1 / 4) * parts.var(ddof=1))
result["spread"] = {
    "parts": rounded(parts), "sd": parts.std(ddof=1), "low": parts.mean() - half, "high": parts.mean() + half}

path = pathlib.Path(__file__).with_name("fixtures.json")
path.write_text(json.dumps(result) + "\n")
