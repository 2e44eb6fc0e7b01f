#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes mlp_peers.json beside this file: how well scikit-learn 1.2 does on the small tables of the shared data.

Each figure is the mean score of five shuffled folds (stratified for classes), averaged over three shuffles:
accuracy of classes, R2 of values. The test reads the file and needs no Python. Run again with
`/usr/bin/python3 make_mlp_peers.py FOLDER`, the folder `tabular` of the shared data.
"""
import json
import pathlib
import sys
import warnings

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore")  # that the network would go on for longer
folder = pathlib.Path(sys.argv[1])
iris = np.loadtxt(folder / "iris.csv", delimiter=",", skiprows=1)
wine = np.loadtxt(folder / "wine_data.csv", delimiter=",", skiprows=1)
digits = np.loadtxt(folder / "digits.csv.gz", delimiter=",")
diabetes = np.column_stack([
    np.loadtxt(folder / "diabetes_data_raw.csv.gz"), np.loadtxt(folder / "diabetes_target.csv.gz")])

result = {}
for name, table in (("iris", iris), ("wine", wine), ("digits", digits), ("diabetes", diabetes)):
    x, y = table[:, :-1], table[:, -1]
    if name == "diabetes":
        models = {
            "mlp": TransformedTargetRegressor(MLPRegressor(random_state=0), transformer=StandardScaler()),
            "early": TransformedTargetRegressor(
                MLPRegressor(random_state=0, early_stopping=True, max_iter=2000), transformer=StandardScaler()),
            "linear": Ridge(1.0),
        }
        folds = [KFold(5, shuffle=True, random_state=seed) for seed in range(3)]
    else:
        models = {
            "mlp": MLPClassifier(random_state=0),
            "early": MLPClassifier(random_state=0, early_stopping=True, max_iter=2000),
            "linear": LogisticRegression(max_iter=10000),
        }
        folds = [StratifiedKFold(5, shuffle=True, random_state=seed) for seed in range(3)]
    result[name] = {
        model: round(float(np.mean([
            cross_val_score(make_pipeline(StandardScaler(), one), x, y, cv=fold).mean() for fold in folds])), 4)
        for model, one in models.items()
    }
    print(name, result[name], flush=True)

path = pathlib.Path(__file__).with_name("mlp_peers.json")
path.write_text(json.dumps(result) + "\n")
