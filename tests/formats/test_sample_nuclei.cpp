// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/components.h"
#include "core/data/sample_nuclei.h"
#include "core/formats/csv_file.h"
#include "core/formats/image_reader.h"
#include "core/formats/label_readers.h"
#include "core/formats/sample_folder.h"

#include <QtTest>
#include <algorithm>
#include <cstring>

using namespace eyepiece;
namespace fs = std::filesystem;

class TestSampleNuclei : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sameSeedGivesTheSameBytes() {
        NucleiOptions options;
        options.seed = 11;
        const NucleiField a = generate_nuclei(options), b = generate_nuclei(options);
        QVERIFY(a.labels == b.labels);
        QVERIFY(std::memcmp(a.image.plane(0).data(), b.image.plane(0).data(), a.image.plane_bytes()) == 0);
        options.seed = 12;
        QVERIFY(!(generate_nuclei(options).labels == a.labels));
    }

    void objectsAreWholeAndTouch() {
        NucleiOptions options;
        options.nuclei = 60;
        options.clumping = 0.9;
        const NucleiField field = generate_nuclei(options);
        QVERIFY(field.nuclei > 30);
        const auto measures = measure_objects(field.labels);
        QCOMPARE(static_cast<int>(measures.size()), field.nuclei);
        QCOMPARE(field.labels.largest_id(), static_cast<ObjectId>(field.nuclei));
        std::vector<ObjectId> origin;
        split_parts(field.labels, Connectivity::Four, &origin);
        QCOMPARE(static_cast<int>(origin.size()), field.nuclei); // none in two pieces
        QVERIFY(static_cast<int>(connected_components(foreground(field.labels)).largest_id()) <
                field.nuclei * 3 / 4);
    }

    // Hard enough to be worth a network, easy enough to be seen.
    void aThresholdFindsMostButNotAll() {
        double worst = 1, best = 0;
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {
            NucleiOptions options;
            options.seed = seed;
            const NucleiField field = generate_nuclei(options);
            const Mask found = otsu_segmentation(field.image, false).mask, truth = foreground(field.labels);
            std::int64_t both = 0, either = 0;
            for (std::size_t i = 0; i < truth.pixels.size(); ++i) {
                both += found.pixels[i] && truth.pixels[i];
                either += found.pixels[i] || truth.pixels[i];
            }
            const double iou = static_cast<double>(both) / static_cast<double>(either);
            worst = std::min(worst, iou);
            best = std::max(best, iou);
        }
        QVERIFY2(worst > 0.5 && best < 0.97, qPrintable(QString("%1 %2").arg(worst).arg(best)));
    }

    void theFolderImportsAsItIs() {
        QTemporaryDir folder;
        const fs::path root = fs::path(folder.path().toStdString()) / "sample";
        QuietJob job;
        SampleFolderOptions options;
        options.fields = 6;
        options.fields_per_well = 2;
        options.side = 128;
        write_sample_folder(root, options, job);
        QCOMPARE(detect_label_format(root), std::string_view("masks"));
        const auto source = open_labels(root);
        const CsvTable index = read_csv(root / "index.csv");
        QCOMPARE(source->entries().size(), std::size_t{6});
        QCOMPARE(index.rows[5][static_cast<std::size_t>(index.column("group"))], std::string("well_C"));
        const auto rows = index.rows_by_stem();
        for (std::size_t i = 0; i < 6; ++i) {
            const ImageInfo info = probe_image(source->entries()[i].image);
            QCOMPARE(info.type, PixelType::UInt16);
            QVERIFY(std::abs(info.pixel_size.x - 0.325) < 1e-4);
            const auto row = rows.at(source->entries()[i].key);
            QCOMPARE(std::to_string(source->read(i).objects.size()), index.rows[row][2]);
        }
        QCOMPARE(find_images(root).size(), std::size_t{6});
        job.cancel = true;
        QVERIFY_EXCEPTION_THROWN(write_sample_folder(root, options, job), Error);
    }

    void impossibleSizesAreRefused() {
        NucleiOptions options;
        options.width = 8;
        QVERIFY_EXCEPTION_THROWN(generate_nuclei(options), Error);
    }
};

QTEST_APPLESS_MAIN(TestSampleNuclei)
#include "test_sample_nuclei.moc"
