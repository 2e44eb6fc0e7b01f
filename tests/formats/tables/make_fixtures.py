#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the small binary tables beside it that test_table_files.cpp and test_hdf5_tables.cpp read.

Needs Debian's python3-anndata, python3-tables and python3-scipy; run it only to change the files, which are
committed. AnnData's old layouts are written as the versions before wrote them, member by member.
"""
import warnings
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

warnings.filterwarnings("ignore")
here = Path(__file__).parent

# ---- NumPy
np.save(here / "plain.npy", np.arange(6, dtype="<f8").reshape(3, 2) / 4)
np.save(here / "fortran.npy", np.asfortranarray(np.arange(24, dtype="<i4").reshape(2, 3, 4)))
np.save(here / "big_endian.npy", np.array([[1, -2], [300, 70000]], dtype=">i4"))
np.save(here / "half.npy", np.array([[0.5, -2], [np.nan, 65504]], dtype="<f2"))
np.save(here / "text.npy", np.array(["a", "ä", "𝄞x", "a"], dtype="<U3"))
np.save(here / "dates.npy", np.array(["2024-02-29", "NaT", "1969-12-31"], dtype="<M8[s]"))
np.save(here / "records.npy", np.array([(1, 2.5, b"x", True), (-3, np.nan, b"yz", False)],
                                       dtype=[("id", "<i8"), ("value", "<f4"), ("name", "S2"), ("good", "?")]))
np.save(here / "objects.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
np.savez_compressed(here / "arrays.npz", images=np.arange(24, dtype=np.uint8).reshape(3, 4, 2),
                    labels=np.array([2, 0, 1]), class_names=np.array(["cat", "dog", "owl"]),
                    names=np.array(["i1", "i2", "i3"]), other=np.zeros(5))
counts = sp.csr_matrix(np.array([[0, 1.5, 0], [2, 0, 0], [0, 0, 3], [0, 4, 5]], dtype=np.float32))
sp.save_npz(here / "scipy_csr.npz", counts)
sp.save_npz(here / "scipy_csc.npz", counts.tocsc())

# ---- AnnData of today (0.8: dataframes, categoricals and sparse matrices as groups)
obs = pd.DataFrame({
    "type": pd.Categorical(["B", "T", None, "B"], categories=["B", "NK", "T"]),
    "count": np.array([10, 20, 30, 40], dtype=np.int64),
    "share": [0.5, np.nan, 0.25, 1.0],
    "note": ["a", "b", "c", "d"],
    "good": [True, False, True, True],
    "maybe": pd.array([1, None, 3, 4], dtype="Int64"),
}, index=["c1", "c2", "c3", "c4"])
var = pd.DataFrame({"mean": [1.0, 2.0, 3.0]}, index=["g1", "g2", "g3"])
for name, matrix in {"csr": counts, "csc": counts.tocsc(), "dense": counts.toarray()}.items():
    data = anndata.AnnData(matrix, obs=obs, var=var, dtype=np.float32)
    data.obsm["X_umap"] = np.arange(8, dtype=np.float32).reshape(4, 2)
    data.layers["counts"] = matrix * 2
    data.write_h5ad(here / f"anndata_{name}.h5ad")

# ---- AnnData 0.7: groups, with the categories in "__categories" and a reference to them
with h5py.File(here / "anndata_07.h5ad", "w") as f:
    x = f.create_group("X")
    x.attrs["encoding-type"], x.attrs["encoding-version"], x.attrs["shape"] = "csr_matrix", "0.1.0", [4, 3]
    for part in ("data", "indices", "indptr"):
        x[part] = getattr(counts, part)
    o = f.create_group("obs")
    o.attrs["encoding-type"], o.attrs["_index"] = "dataframe", "index"
    o.attrs["column-order"] = np.array(["type", "count"], dtype=h5py.string_dtype())
    o["index"] = np.array(list(obs.index), dtype=h5py.string_dtype())
    o["count"] = obs["count"].to_numpy()
    o["__categories/type"] = np.array(["B", "NK", "T"], dtype=h5py.string_dtype())
    o["type"] = np.array([0, 2, -1, 0], dtype=np.int8)
    o["type"].attrs["categories"] = o["__categories/type"].ref
    v = f.create_group("var")
    v.attrs["encoding-type"], v.attrs["_index"] = "dataframe", "gene"
    v.attrs["column-order"] = np.array([], dtype=np.float64)
    v["gene"] = np.array(list(var.index), dtype=h5py.string_dtype())

# ---- AnnData before 0.7: records, and the categories in uns; h5sparse for the matrix
with h5py.File(here / "anndata_06.h5ad", "w") as f:
    x = f.create_group("X")
    x.attrs["h5sparse_format"], x.attrs["h5sparse_shape"] = "csr", [4, 3]
    for part in ("data", "indices", "indptr"):
        x[part] = getattr(counts, part)
    f["obs"] = np.array([(b"c1", 0, 10), (b"c2", 2, 20), (b"c3", -1, 30), (b"c4", 0, 40)],
                        dtype=[("index", "S2"), ("type", "i1"), ("count", "<i8")])
    f["var"] = np.array([(b"g1", 1.0), (b"g2", 2.0), (b"g3", 3.0)], dtype=[("index", "S2"), ("mean", "<f8")])
    f["uns/type_categories"] = np.array(["B", "NK", "T"], dtype=h5py.string_dtype())

# ---- 10x counts, features x cells in compressed columns
with h5py.File(here / "tenx.h5", "w") as f:
    m = counts.T.tocsc()  # 3 genes x 4 cells
    g = f.create_group("matrix")
    g["data"], g["indices"], g["indptr"] = m.data.astype(np.int32), m.indices.astype(np.int64), m.indptr.astype(np.int64)
    g["shape"] = np.array([3, 4], dtype=np.int32)
    g["barcodes"] = np.array([b"AAAC-1", b"AAAG-1", b"AAAT-1", b"AACA-1"])
    g["features/id"] = np.array([b"ENSG1", b"ENSG2", b"ENSG3"])
    g["features/name"] = np.array([b"PPBP", b"LYZ", b"CD3D"])

# ---- pandas
frame = pd.DataFrame({"b": [1.5, 2.5, np.nan], "a": np.array([1, 2, 3], dtype=np.int64), "c": [0.5, 1.0, 2.0],
                      "when": pd.to_datetime(["2024-01-01", None, "2024-03-01 12:00"])}, index=["r1", "r2", "r3"])
frame.to_hdf(here / "pandas_fixed.h5", "table", format="fixed")
with h5py.File(here / "pandas_fixed.h5", "a") as f:  # a block of pickled objects, without PyTables' megabyte of room
    f["table/block3_items"] = np.array([b"note"])
    f.create_dataset("table/block3_values", (1,), dtype=h5py.vlen_dtype(np.uint8))[0] = np.frombuffer(b"pickle", np.uint8)
    del f["table/axis0"]
    f["table/axis0"] = np.array([b"b", b"a", b"c", b"when", b"note"])
levels = pd.DataFrame(np.arange(8.0).reshape(2, 4), columns=pd.MultiIndex.from_product([["me"], ["nose", "tail"], ["x", "y"]]))
levels.to_hdf(here / "pandas_levels.h5", "df", format="fixed")

# ---- plain arrays and records
with h5py.File(here / "arrays.h5", "w") as f:
    f["train/data"] = np.arange(12, dtype=np.float32).reshape(4, 3)
    f["train/target"] = np.array([0, 1, 0, 1], dtype=np.int32)
    f["train/names"] = np.array(["a", "b", "c", "d"], dtype=h5py.string_dtype())
    f["train/flags"] = np.array([True, False, True, True])
    f["test/data"] = np.arange(6, dtype=np.float64).reshape(2, 3)
    f["loop"] = h5py.SoftLink("/")
    f["nowhere"] = h5py.SoftLink("/missing")
with h5py.File(here / "records.h5", "w") as f:
    f["t"] = np.array([(1, 0.5, b"u"), (2, 1.5, b"v")], dtype=[("id", "<i4"), ("value", "<f8"), ("name", "S1")])
