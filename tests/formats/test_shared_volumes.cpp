// SPDX-License-Identifier: GPL-3.0-or-later
// What lies below ../shared/data/volumes, beside what other programs say of it.
#include "formats/volume_files.h"

#include <QtTest>
#include <array>
#include <cmath>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

double sum_of(VolumeSource& volume) { // of the first channel and the first time point
    double sum = 0;
    const ImageInfo& info = volume.info();
    for (int z = 0; z < info.depth; ++z) {
        const Image plane = volume.read({0, 0, info.width, info.height}, 0, z, 0);
        for (std::int64_t y = 0; y < info.height; ++y)
            for (std::int64_t x = 0; x < info.width; ++x)
                sum += plane.value(0, x, y);
    }
    return sum;
}

struct Expected {
    const char* file;
    const char* format;
    std::array<std::int64_t, 4> size; // x, y, z, t
    int channels;
    const char* type;
    Vector3 pixel_size; // mm; 0: not said
    Vector3 origin;
    const char* orientation;
    double sum; // of all voxels of the first channel and time point
};

// Sizes, spacings, origins and sums as nibabel 5, pydicom 3 and SimpleITK 2.5 say them. liver_1frame.dcm has
// a single bit a pixel, which pydicom gives as 1 and which is spread to 255 here. The lossy ones depend on
// the decoder: their sums are not compared.
constexpr double any = -1e300;
const std::array<Expected, 26> shared_files{{
    {"formats/anatomical.nii",
     "NIfTI",
     {33, 41, 25, 1},
     1,
     "int16",
     {2, 2, 2},
     {-32, 40, -16},
     "LAS",
     284166082},
    {"formats/functional.nii",
     "NIfTI",
     {17, 21, 3, 20},
     1,
     "float32",
     {4, 4, 8},
     {-32, 40, 0},
     "LAS",
     3883746.5523},
    {"formats/example4d.nii.gz",
     "NIfTI",
     {128, 96, 24, 2},
     1,
     "int16",
     {2, 2, 2.2},
     {-117.8551, 35.7229, -7.2488},
     "LAS",
     50994397},
    {"nifti/mni_icbm152_t1.nii.gz",
     "NIfTI",
     {197, 233, 189, 1},
     1,
     "uint8",
     {1, 1, 1},
     {98, 134, -72},
     "RAS",
     333468829},
    {"formats/small.mnc",
     "MINC",
     {29, 28, 18, 1},
     1,
     "float32",
     {7, 8, 9},
     {-98, -134, -72},
     "LPS",
     456206.2143},
    {"mha_lung_ct/3DCT_lung.mha",
     "MetaImage",
     {115, 157, 129, 1},
     1,
     "int16",
     {1.366, 1.366, 2.5},
     {-153.827, -150.352, -1434.5},
     "LPS",
     -819190672},
    {"mha_lung_ct/3DCT_lung_baseline_mask.mha",
     "MetaImage",
     {115, 157, 129, 1},
     1,
     "uint8",
     {1.366, 1.366, 2.5},
     {-153.827, -150.352, -1434.5},
     "LPS",
     721043},
    {"mha_lung_ct/3DCT_lung_followup_mask.mha",
     "MetaImage",
     {115, 166, 131, 1},
     1,
     "uint8",
     {1.366, 1.366, 2.5},
     {-161.831, -162.449, -1399.5},
     "LPS",
     850626},
    {"mha_lung_ct/3DCT_lung_baseline_small.mha",
     "MetaImage",
     {57, 78, 64, 1},
     1,
     "int16",
     {2.732, 2.732, 5},
     {-152.461, -148.986, -1432},
     "LPS",
     -99576319},
    {"mha_lung_ct/2DMRI-T1_brain.mha",
     "MetaImage",
     {256, 256, 1, 1},
     1,
     "int16",
     {1, 1, 0},
     {0, 0, 0},
     "",
     2660536},
    {"nrrd/RA-Short.nrrd",
     "NRRD",
     {64, 64, 64, 1},
     1,
     "int16",
     {0.7558745, 0.7558745, 0.7558745},
     {0.2834529, 0.2834529, 0.2834529},
     "LPS",
     6786223965},
    {"dicom_mri_series/N2D_0160.dcm",
     "DICOM",
     {274, 384, 34, 1},
     1,
     "int16",
     {0.69998783, 0.66666669, 0.66666669},
     {-94.9587567, -147.1670252, -43.4022669},
     "LPS",
     38617161},
    {"dicom_single/CT_small.dcm",
     "DICOM",
     {128, 128, 1, 1},
     1,
     "int32",
     {0.661468, 0.661468, 0},
     {-158.135803, -179.035797, -75.699997},
     "LPS",
     14826310.0 - 1024.0 * 128 * 128},
    {"dicom_single/ExplVR_BigEnd.dcm", "DICOM", {80, 60, 1, 1}, 3, "uint8", {0, 0, 0}, {0, 0, 0}, "", any},
    {"dicom_single/JPEG-lossy.dcm",
     "DICOM",
     {256, 1024, 1, 1},
     1,
     "uint16",
     {2.26, 2.26, 0},
     {0, 0, 0},
     "",
     any},
    {"dicom_single/JPEG2000.dcm",
     "DICOM",
     {256, 1024, 1, 1},
     1,
     "int16",
     {2.26, 2.26, 0},
     {0, 0, 0},
     "",
     any},
    {"dicom_single/MR_small.dcm",
     "DICOM",
     {64, 64, 1, 1},
     1,
     "int16",
     {0.3125, 0.3125, 0},
     {-83.9063, -91.2, 6.6406},
     "LPS",
     2125338},
    {"dicom_single/MR_small_RLE.dcm",
     "DICOM",
     {64, 64, 1, 1},
     1,
     "int16",
     {0.3125, 0.3125, 0},
     {-83.9063, -91.2, 6.6406},
     "LPS",
     2125338},
    {"dicom_single/MR_small_jp2klossless.dcm",
     "DICOM",
     {64, 64, 1, 1},
     1,
     "int16",
     {0.3125, 0.3125, 0},
     {-83.9063, -91.2, 6.6406},
     "LPS",
     2125338},
    {"dicom_single/MR_small_jpeg_ls_lossless.dcm",
     "DICOM",
     {64, 64, 1, 1},
     1,
     "int16",
     {0.3125, 0.3125, 0},
     {-83.9063, -91.2, 6.6406},
     "LPS",
     2125338},
    {"dicom_single/SC_rgb_jpeg_gdcm.dcm",
     "DICOM",
     {100, 100, 1, 1},
     3,
     "uint8",
     {1, 1, 0},
     {0, 0, 0},
     "",
     any},
    {"dicom_single/SC_rgb_rle_2frame.dcm",
     "DICOM",
     {100, 100, 2, 1},
     3,
     "uint8",
     {1, 1, 1},
     {0, 0, 0},
     "",
     2550000},
    {"dicom_single/examples_jpeg2k.dcm",
     "DICOM",
     {640, 480, 1, 1},
     3,
     "uint8",
     {0, 0, 0},
     {0, 0, 0},
     "",
     any},
    {"dicom_single/examples_overlay.dcm",
     "DICOM",
     {484, 300, 1, 1},
     1,
     "uint16",
     {0.72314, 0.72314, 0},
     {-159.825654, -175.322024, 28.426151},
     "LPS",
     27833052},
    {"dicom_single/rtdose.dcm",
     "DICOM",
     {10, 10, 15, 1},
     1,
     "uint32",
     {10, 10, 5},
     {189.43125, 199.43125, -761.87},
     "LPS",
     1519910000},
    {"voxelmorph_scan/test_scan.npz",
     "NumPy archive",
     {224, 192, 160, 1},
     1,
     "float64",
     {0, 0, 0},
     {0, 0, 0},
     "",
     547953.6745},
}};

} // namespace

class TestSharedVolumes : public QObject {
    Q_OBJECT
    QuietJob job_;
    static fs::path shared() { return fs::path(qgetenv("EYEPIECE_SHARED_DATA").toStdString()) / "volumes"; }

private Q_SLOTS:
    void shared_volumes_open_as_other_programs_open_them() {
        if (!fs::exists(shared()))
            QSKIP("the shared data are not here");
        for (const Expected& expected : shared_files) {
            const auto volume = open_as_volume(shared() / expected.file);
            const ImageInfo& info = volume->info();
            const std::array<std::int64_t, 4> size{info.width, info.height, info.depth, info.frames};
            QVERIFY2(size == expected.size, expected.file);
            QCOMPARE(info.format, std::string(expected.format));
            QVERIFY2(info.channels == expected.channels, expected.file);
            QVERIFY2(info.rgb == (expected.channels == 3), expected.file);
            QVERIFY2(to_string(info.type) == expected.type, expected.file);
            QVERIFY2(close_to({info.pixel_size.x, info.pixel_size.y, info.pixel_size.z}, expected.pixel_size,
                              1e-5),
                     expected.file);
            QVERIFY2(close_to(volume->geometry().origin, expected.origin, 1e-3), expected.file);
            QVERIFY2(volume->geometry().orientation() == expected.orientation, expected.file);
            const double sum = sum_of(*volume);
            QVERIFY2(expected.sum == any || std::abs(sum - expected.sum) <= 1e-7 * std::abs(expected.sum),
                     qPrintable(QStringLiteral("%1: sum %2").arg(expected.file).arg(sum, 0, 'g', 15)));
            const Image thumbnail = read_thumbnail(*volume, 32);
            QVERIFY(std::max(thumbnail.width(), thumbnail.height()) <= 32);
        }
        // What lies below the volumes and is none of them says why.
        verify_refused(shared() / "formats/test.mgz", ErrorCode::Unsupported, "mri_convert");
        verify_refused(shared() / "formats/phantom_EPI_asc_CLEAR_2_1.PAR", ErrorCode::Unsupported,
                       "dcm2niix");
        verify_refused(shared() / "formats/phantom_EPI_asc_CLEAR_2_1.REC", ErrorCode::Unsupported,
                       "dcm2niix");
        verify_refused(shared() / "nifti/powers_mni_itk.csv", ErrorCode::Unsupported, "NIfTI");
        // A voxel of each corner of the row of formats, as nibabel reads them.
        const auto anatomical = open_as_volume(shared() / "formats/anatomical.nii");
        QCOMPARE(anatomical->read({16, 20, 1, 1}, 0, 12).value(0, 0, 0), 11881.0);
        QCOMPARE(anatomical->read({8, 13, 1, 1}, 0, 12).value(0, 0, 0), 9795.0);
        const auto functional = open_as_volume(shared() / "formats/functional.nii");
        QVERIFY(std::abs(functional->read({8, 10, 1, 1}, 0, 1, 19).value(0, 0, 0) - 3910.8588) < 1e-3);
        const auto scan = open_as_volume(shared() / "voxelmorph_scan/test_scan.npz");
        QVERIFY(std::abs(scan->read({112, 96, 1, 1}, 0, 80).value(0, 0, 0) - 0.27058823529411763) < 1e-15);
    }

    void shared_dicom_becomes_items() {
        if (!fs::exists(shared()))
            QSKIP("the shared data are not here");
        std::vector<fs::path> slices, singles;
        for (const auto& entry : fs::directory_iterator(shared() / "dicom_mri_series"))
            slices.push_back(entry.path());
        for (const auto& entry : fs::directory_iterator(shared() / "dicom_single"))
            singles.push_back(entry.path());
        QCOMPARE(slices.size(), std::size_t{34});
        const VolumeFiles one = one_file_per_volume(slices, job_);
        QCOMPARE(one.images, std::vector<fs::path>{shared() / "dicom_mri_series/N2D_0151.dcm"});
        QVERIFY(one.notes.empty());
        QCOMPARE(one_file_per_volume(singles, job_).images.size(), singles.size());
    }
};

QTEST_GUILESS_MAIN(TestSharedVolumes)
#include "test_shared_volumes.moc"
