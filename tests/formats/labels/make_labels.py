# SPDX-License-Identifier: GPL-3.0-or-later
# Makes the files of this folder with other programs' own writers, so that the tests need none of them:
#   pip install roifile nibabel pynrrd && python3 make_labels.py
import io
import zipfile
from pathlib import Path

import nibabel
import nrrd
import numpy as np
from roifile import ROI_OPTIONS, ROI_SUBTYPE, ROI_TYPE, ImagejRoi

here = Path(__file__).parent


def bounded(roi_type, left, top, right, bottom, name, **more):
    return ImagejRoi(roitype=roi_type, left=left, top=top, right=right, bottom=bottom, name=name, **more)


def of_points(points, name, **more):
    roi = ImagejRoi.frompoints(np.asarray(points), name=name)
    for key, value in more.items():
        setattr(roi, key, value)
    return roi


ring = [(60, 4), (72, 4), (72, 16), (60, 16)]
hole = [(63, 7), (68, 7), (68, 12), (63, 12)]
path = []
for polygon in (ring, hole):
    for i, (x, y) in enumerate(polygon):
        path += [0.0 if i == 0 else 1.0, x, y]
    path += [4.0]

rois = [
    bounded(ROI_TYPE.RECT, 2, 3, 12, 8, "box 1"),
    bounded(ROI_TYPE.OVAL, 20, 4, 32, 12, "oval 2"),
    of_points([(40, 5), (50, 5), (50, 9), (44, 9), (44, 13), (40, 13)], "corner-3"),
    of_points([(2.25, 20.75), (9.75, 20.75), (9.75, 26.5), (2.25, 26.5)], "fine 4"),
    of_points([(20, 20), (26, 20), (26, 26), (20, 26)], "drawn 5", roitype=ROI_TYPE.FREEHAND),
    bounded(ROI_TYPE.RECT, 60, 4, 72, 16, "ring 6", multi_coordinates=np.array(path, "f4"),
            shape_roi_size=len(path)),
    of_points([(40, 20), (48, 20), (48, 24), (40, 24)], "0022-0044", roitype=ROI_TYPE.TRACED,
              props="class: Zelle µ\nnote: x\n"),
    bounded(ROI_TYPE.RECT, 60, 30, 70, 34, "second plane", position=2),
    of_points([(1, 1), (30, 30)], "line 9", roitype=ROI_TYPE.POLYLINE),
]
with zipfile.ZipFile(here / "shapes_RoiSet.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    for index, roi in enumerate(rois):
        info = zipfile.ZipInfo(f"{index:04d}-{roi.name}.roi", (2026, 1, 1, 0, 0, 0))
        archive.writestr(info, roi.tobytes())
(here / "box.roi").write_bytes(rois[0].tobytes())

# x is the first axis: nibabel's array is transposed. Three planes of 7 x 5, whose value is of its place.
labels = np.zeros((7, 5, 3), np.int16)
labels[1:3, 1:4, 0] = 1
labels[4:6, 0:2, 0] = 7
labels[2:7, 2:5, 1] = 2
image = nibabel.Nifti1Image(labels, np.diag([0.5, 0.25, 2.0, 1.0]))
image.header.set_xyzt_units("mm")
nibabel.save(image, here / "stack.nii.gz")
nibabel.save(nibabel.Nifti1Image(labels[:, :, 0].astype(np.float64), np.eye(4)), here / "plane.nii")
big = nibabel.Nifti1Image(labels[:, :, :1], np.eye(4), nibabel.Nifti1Header(endianness=">"))
nibabel.save(big, here / "big_endian.nii")
nrrd.write(str(here / "stack.nrrd"), labels, {"space": "left-posterior-superior",
           "space directions": np.diag([0.5, 0.25, 2.0])}, index_order="F")
nrrd.write(str(here / "plane.seg.nrrd"), labels[:, :, 0].astype(np.uint8),
           {"encoding": "raw", "Segment0_LabelValue": "1", "Segment0_Name": "liver",
            "Segment1_LabelValue": "7", "Segment1_Name": "left kidney"}, index_order="F")
