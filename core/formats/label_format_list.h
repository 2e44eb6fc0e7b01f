// SPDX-License-Identifier: GPL-3.0-or-later
// Each format of labels, made by the file that reads and writes it. Internal to core/formats.
#pragma once
#include "core/formats/label_readers.h"
#include "core/formats/label_writers.h"

namespace eyepiece {

LabelFormat label_image_format();
LabelFormat mask_per_object_format();
LabelFormat coco_format();
LabelFormat labelme_format();
LabelFormat geojson_format();
LabelFormat voc_format();
LabelFormat voc_mask_format();
LabelFormat yolo_format();
LabelFormat imagej_format();
LabelFormat cvat_format();
LabelFormat napari_format();
LabelFormat nifti_format();
LabelFormat nrrd_format();

LabelWriterFormat label_image_writer();
LabelWriterFormat mask_per_object_writer();
LabelWriterFormat coco_writer();
LabelWriterFormat labelme_writer();
LabelWriterFormat geojson_writer();
LabelWriterFormat voc_writer();
LabelWriterFormat voc_mask_writer();
LabelWriterFormat yolo_box_writer();
LabelWriterFormat yolo_segment_writer();
LabelWriterFormat imagej_writer();
LabelWriterFormat cvat_writer();
LabelWriterFormat napari_writer();
LabelWriterFormat nifti_writer();
LabelWriterFormat nrrd_writer();

} // namespace eyepiece
