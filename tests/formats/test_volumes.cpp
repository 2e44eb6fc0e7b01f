// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/label_readers.h"
#include "formats/volume_files.h"

#include <QtTest>
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <fstream>
#include <itkGDCMImageIO.h>
#include <itkMetaDataObject.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>
#include <random>
#include <thread>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t width = 13, height = 9;
constexpr int depth = 5;

// The value that the tests store; different in each voxel.
int stored(std::int64_t x, std::int64_t y, int z, int t = 0) {
    return static_cast<int>(x + width * (y + height * (z + depth * t))) - 100;
}

std::string slurp(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void spill(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

// A file of voxels stored(), written by ITK itself.
void write_by_itk(itk::ImageIOBase& io, const fs::path& path, int frames, bool compressed) {
    const unsigned rank = frames > 1 ? 4 : 3;
    io.SetFileName(path.string());
    io.SetNumberOfDimensions(rank);
    const std::array<std::size_t, 4> size{width, height, depth, static_cast<std::size_t>(frames)};
    const std::array<double, 4> spacing{0.5, 0.75, 2.5, 1};
    const std::array<double, 4> origin{10, -20, 30, 0};
    for (unsigned i = 0; i < rank; ++i) {
        io.SetDimensions(i, static_cast<unsigned>(size[i]));
        io.SetSpacing(i, spacing[i]);
        io.SetOrigin(i, origin[i]);
        std::vector<double> direction(rank, 0.0);
        direction[i] = 1;
        if (i < 2) { // turned by 30 degrees around z
            const double c = std::cos(M_PI / 6), s = std::sin(M_PI / 6);
            direction[0] = i == 0 ? c : -s;
            direction[1] = i == 0 ? s : c;
        }
        io.SetDirection(i, direction);
    }
    io.SetComponentType(itk::IOComponentEnum::SHORT);
    io.SetPixelType(itk::IOPixelEnum::SCALAR);
    io.SetNumberOfComponents(1);
    io.SetUseCompression(compressed);
    itk::ImageIORegion region(rank);
    for (unsigned i = 0; i < rank; ++i)
        region.SetSize(i, size[i]);
    io.SetIORegion(region);
    std::vector<std::int16_t> voxels;
    for (int t = 0; t < frames; ++t)
        for (int z = 0; z < depth; ++z)
            for (std::int64_t y = 0; y < height; ++y)
                for (std::int64_t x = 0; x < width; ++x)
                    voxels.push_back(static_cast<std::int16_t>(stored(x, y, z, t)));
    io.WriteImageInformation();
    io.Write(voxels.data());
}

// One axial slice of a series.
void write_slice(const fs::path& path, const std::string& series, int number, double z, int value) {
    const auto io = itk::GDCMImageIO::New();
    io->KeepOriginalUIDOn();
    itk::MetaDataDictionary& tags = io->GetMetaDataDictionary();
    const auto set = [&](const char* tag, const std::string& text) {
        itk::EncapsulateMetaData<std::string>(tags, tag, text);
    };
    set("0008|0016", "1.2.840.10008.5.1.4.1.1.4");
    set("0008|0018", "1.2.3.4." + std::to_string(number + 1) + "." + std::to_string(value + 1));
    set("0020|000d", "1.2.3.9");
    set("0020|000e", series);
    set("0020|0013", std::to_string(number));
    set("0020|0032", "1\\2\\" + std::to_string(z));
    set("0020|0037", "1\\0\\0\\0\\1\\0");
    set("0028|0030", "0.5\\0.25"); // rows lie 0.5 mm apart
    set("0008|0060", "MR");
    io->SetFileName(path.string());
    io->SetNumberOfDimensions(2);
    io->SetDimensions(0, 4);
    io->SetDimensions(1, 3);
    io->SetSpacing(0, 0.25);
    io->SetSpacing(1, 0.5);
    io->SetOrigin(0, 1);
    io->SetOrigin(1, 2);
    io->SetComponentType(itk::IOComponentEnum::SHORT);
    io->SetPixelType(itk::IOPixelEnum::SCALAR);
    io->SetNumberOfComponents(1);
    itk::ImageIORegion region(2);
    region.SetSize(0, 4);
    region.SetSize(1, 3);
    io->SetIORegion(region);
    const std::vector<std::int16_t> pixels(12, static_cast<std::int16_t>(value));
    io->Write(pixels.data());
}

} // namespace

class TestVolumes : public QObject {
    Q_OBJECT
    QTemporaryDir folder_;
    QuietJob job_;
    fs::path file(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }
    fs::path empty_folder(const std::string& name) const {
        const fs::path made = file(name);
        fs::remove_all(made);
        fs::create_directories(made);
        return made;
    }
    static fs::path shared() { return fs::path(qgetenv("EYEPIECE_SHARED_DATA").toStdString()) / "volumes"; }

private Q_SLOTS:
    void what_itk_writes_is_read_back_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("frames");
        QTest::addColumn<bool>("compressed");
        for (const char* name : {"a.nii", "b.nii.gz", "c.hdr", "d.mha", "e.mhd", "f.nrrd", "g.nhdr"})
            for (const int frames : {1, 3}) {
                const bool packed = QByteArray(name).endsWith(".gz");
                QTest::addRow("%s, %d frames", name, frames) << QString(name) << frames << packed;
                if (QByteArray(name).contains(".mh") || QByteArray(name).contains("nrrd"))
                    QTest::addRow("%s, %d frames, compressed", name, frames)
                        << QString(name) << frames << true;
            }
    }

    void what_itk_writes_is_read_back() {
        QFETCH(QString, name);
        QFETCH(int, frames);
        QFETCH(bool, compressed);
        const fs::path path = empty_folder("written") / name.toStdString();
        itk::ImageIOBase::Pointer io;
        if (name.contains(".nii") || name.contains(".hdr"))
            io = itk::NiftiImageIO::New().GetPointer();
        else if (name.contains(".mh"))
            io = itk::MetaImageIO::New().GetPointer();
        else
            io = itk::NrrdImageIO::New().GetPointer();
        write_by_itk(*io, path, frames, compressed);
        const auto volume = open_as_volume(path);
        const ImageInfo& info = volume->info();
        QCOMPARE(info.width, width);
        QCOMPARE(info.height, height);
        QCOMPARE(info.depth, depth);
        QCOMPARE(info.frames, frames);
        QVERIFY(info.type == PixelType::Int16);
        const VolumeGeometry& geometry = volume->geometry();
        QVERIFY(close_to(geometry.spacing, {0.5, 0.75, 2.5}, 1e-6));
        QVERIFY(close_to(geometry.origin, {10, -20, 30}, 1e-5));
        const double c = std::cos(M_PI / 6), s = std::sin(M_PI / 6);
        QVERIFY(close_to(geometry.direction[0], {c, s, 0}, 1e-6));
        QVERIFY(close_to(geometry.direction[1], {-s, c, 0}, 1e-6));
        QVERIFY(close_to(geometry.direction[2], {0, 0, 1}, 1e-6));
        QVERIFY(close_to(geometry.to_space({2, 0, 1}), {10 + c, -20 + s, 32.5}, 1e-5));
        for (int t = 0; t < frames; ++t)
            for (int z = 0; z < depth; ++z) {
                const Image plane = volume->read({0, 0, width, height}, 0, z, t);
                for (std::int64_t y = 0; y < height; ++y)
                    for (std::int64_t x = 0; x < width; ++x)
                        QCOMPARE(plane.value(0, x, y), double(stored(x, y, z, t)));
            }
        const Image part = volume->read({5, 3, 4, 2}, 0, 2, frames - 1);
        QCOMPARE(part.width(), 4);
        QCOMPARE(part.value(0, 3, 1), double(stored(8, 4, 2, frames - 1)));
        const Image half = volume->read({0, 0, width, height}, 1, 1, 0);
        QCOMPARE(half.width(), (width + 1) / 2);
        QVERIFY_EXCEPTION_THROWN(volume->read({0, 0, 1, 1}, 0, depth, 0), Error);
        QVERIFY_EXCEPTION_THROWN(volume->read({width, 0, 1, 1}, 0, 0, 0), Error);
    }

    // Beyond 64 MiB planes are read one by one.
    void large_volumes_are_read_by_plane() {
        for (const char* name : {"large.nii", "large.mha"}) {
            const fs::path path = file(name);
            const std::size_t side = 512, planes = 140;
            itk::ImageIOBase::Pointer io;
            if (fs::path(name).extension() == ".nii")
                io = itk::NiftiImageIO::New().GetPointer();
            else
                io = itk::MetaImageIO::New().GetPointer();
            io->SetFileName(path.string());
            io->SetNumberOfDimensions(3);
            itk::ImageIORegion region(3);
            for (unsigned i = 0; i < 3; ++i) {
                io->SetDimensions(i, i < 2 ? side : planes);
                region.SetSize(i, i < 2 ? side : planes);
                io->SetSpacing(i, 1);
            }
            io->SetIORegion(region);
            io->SetComponentType(itk::IOComponentEnum::USHORT);
            io->SetPixelType(itk::IOPixelEnum::SCALAR);
            io->SetNumberOfComponents(1);
            std::vector<std::uint16_t> voxels(side * side * planes);
            for (std::size_t i = 0; i < voxels.size(); ++i)
                voxels[i] = static_cast<std::uint16_t>(i * 2654435761u >> 16);
            io->WriteImageInformation();
            io->Write(voxels.data());
            const auto volume = open_as_volume(path);
            QElapsedTimer timer;
            timer.start();
            const Image part = volume->read({100, 200, 7, 5}, 0, 77);
            for (std::size_t y = 0; y < 5; ++y)
                for (std::size_t x = 0; x < 7; ++x)
                    QCOMPARE(part.value(0, std::int64_t(x), std::int64_t(y)),
                             double(voxels[(77 * side + 200 + y) * side + 100 + x]));
            qInfo("%s: a part of a plane in %lld ms", name, static_cast<long long>(timer.elapsed()));
            fs::remove(path);
        }
    }

    void a_series_is_sorted_by_position() {
        const fs::path folder = empty_folder("series");
        // Names and numbers run against the positions.
        for (int i = 0; i < 6; ++i)
            write_slice(folder / ("s" + std::to_string(9 - i) + ".dcm"), "1.2.3.10", 6 - i, -5 + 1.5 * i, i);
        for (int i = 0; i < 3; ++i) // another series in the same folder
            write_slice(folder / ("t" + std::to_string(i)), "1.2.3.11", i, 10 - i, 50 + i);
        spill(folder / "notes", "not DICOM");
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(folder))
            files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        QCOMPARE(find_images(folder).size(), std::size_t{9}); // those without extension, too
        const VolumeFiles found = one_file_per_volume(files, job_);
        QCOMPARE(found.images, (std::vector<fs::path>{folder / "notes", folder / "s9.dcm", folder / "t2"}));
        QVERIFY(found.notes.empty());
        for (const char* name : {"s9.dcm", "s5.dcm"}) { // any slice opens all of them
            const auto volume = open_as_volume(folder / name);
            QCOMPARE(volume->info().depth, 6);
            QCOMPARE(volume->info().width, 4);
            QVERIFY(close_to(volume->geometry().spacing, {0.25, 0.5, 1.5}, 1e-9));
            QVERIFY(close_to(volume->geometry().origin, {1, 2, -5}, 1e-9));
            QCOMPARE(volume->geometry().orientation(), std::string("LPS"));
            QVERIFY(volume->notes().empty());
            for (int z = 0; z < 6; ++z)
                QCOMPARE(volume->read({0, 0, 4, 3}, 0, z).value(0, 1, 1), double(z));
        }
        QCOMPARE(open_as_volume(folder / "t0")->info().depth, 3);
        QCOMPARE(open_as_volume(folder / "t0")->read({0, 0, 4, 3}, 0, 0).value(0, 0, 0), 52.0);
    }

    void gaps_and_doubles_are_named() {
        const fs::path folder = empty_folder("gaps");
        for (const int i : {0, 1, 2, 5, 6})
            write_slice(folder / ("s" + std::to_string(i) + ".dcm"), "1.2.3.10", i, 2.0 * i, i);
        fs::copy_file(folder / "s1.dcm", folder / "s1 copy.dcm");
        const auto volume = open_as_volume(folder / "s0.dcm");
        QCOMPARE(volume->info().depth, 5);
        const auto notes = volume->notes();
        QCOMPARE(notes.size(), std::size_t{2});
        const std::string all = notes[0] + notes[1];
        QVERIFY2(all.find("\"s1 copy.dcm\" lies at the same place") != std::string::npos ||
                     all.find("\"s1.dcm\" lies at the same place") != std::string::npos,
                 all.c_str());
        QVERIFY2(all.find("2 slices are missing between \"s2.dcm\" and \"s5.dcm\"") != std::string::npos,
                 all.c_str());
        QCOMPARE(volume->geometry().spacing[2], 2.0);
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(folder))
            files.push_back(entry.path());
        const VolumeFiles found = one_file_per_volume(files, job_);
        QCOMPARE(found.images.size(), std::size_t{1});
        QCOMPARE(found.notes.size(), std::size_t{2});
    }

    void a_damaged_slice_does_not_hide_the_others() {
        const fs::path folder = empty_folder("hurt");
        for (int i = 0; i < 5; ++i)
            write_slice(folder / ("s" + std::to_string(i) + ".dcm"), "1.2.3.15", i, i, i);
        // Cut within their headers: at some places GDCM's assertions end the process.
        const std::string bytes = slurp(folder / "s4.dcm");
        fs::remove(folder / "s4.dcm");
        for (std::size_t length = 200; length < std::min<std::size_t>(bytes.size(), 700); length += 23)
            spill(folder / ("t" + std::to_string(length) + ".dcm"), bytes.substr(0, length));
        QCOMPARE(open_as_volume(folder / "s0.dcm")->info().depth, 4);
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(folder))
            files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        const VolumeFiles found = one_file_per_volume(files, job_);
        QCOMPARE(found.images.size(), files.size() - 3); // the four slices are one
        QCOMPARE(found.images.front(), folder / "s0.dcm");
    }

    void positions_that_come_again_are_time() {
        const fs::path folder = empty_folder("time");
        for (int t = 0; t < 3; ++t)
            for (int z = 0; z < 4; ++z)
                write_slice(folder / ("s" + std::to_string(t * 4 + z) + ".dcm"), "1.2.3.12", t * 4 + z, z,
                            10 * t + z);
        const auto volume = open_as_volume(folder / "s0.dcm");
        QCOMPARE(volume->info().depth, 4);
        QCOMPARE(volume->info().frames, 3);
        QVERIFY(volume->notes().empty());
        for (int t = 0; t < 3; ++t)
            for (int z = 0; z < 4; ++z)
                QCOMPARE(volume->read({0, 0, 1, 1}, 0, z, t).value(0, 0, 0), double(10 * t + z));
    }

    void names_need_not_be_utf8() {
        const fs::path path = empty_folder("names") / "mess\xfc ng.nrrd";
        write_by_itk(*itk::NrrdImageIO::New(), file("names/plain.nrrd"), 1, true);
        fs::rename(file("names/plain.nrrd"), path);
        QCOMPARE(open_as_volume(path)->read({3, 2, 1, 1}, 0, 1).value(0, 0, 0), double(stored(3, 2, 1)));
        fs::remove(path); // QTemporaryDir would not find it
    }

    void one_source_serves_several_threads() {
        const fs::path path = file("threads.nii.gz");
        write_by_itk(*itk::NiftiImageIO::New(), path, 3, true);
        const auto volume = open_as_volume(path);
        std::atomic<int> wrong{0};
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 3; ++t)
                threads.emplace_back([&, t] {
                    for (int i = 0; i < 100; ++i)
                        wrong += volume->read({i % 13, i % 9, 1, 1}, 0, i % 5, t).value(0, 0, 0) !=
                                 stored(i % 13, i % 9, i % 5, t);
                });
        }
        QCOMPARE(wrong.load(), 0);
    }

    void files_cut_short_are_refused() {
        const fs::path folder = empty_folder("cut");
        write_by_itk(*itk::NiftiImageIO::New(), file("whole.nii"), 1, false);
        write_by_itk(*itk::NiftiImageIO::New(), file("whole.nii.gz"), 1, true);
        write_by_itk(*itk::MetaImageIO::New(), file("whole.mha"), 1, false);
        write_by_itk(*itk::MetaImageIO::New(), file("packed.mha"), 1, true);
        write_by_itk(*itk::NrrdImageIO::New(), file("whole.nrrd"), 1, false);
        write_by_itk(*itk::NrrdImageIO::New(), file("packed.nrrd"), 1, true);
        write_slice(file("whole.dcm"), "1.2.3.13", 0, 0, 7);
        for (const char* name : {"whole.nii", "whole.nii.gz", "whole.mha", "packed.mha", "whole.nrrd",
                                 "packed.nrrd", "whole.dcm"}) {
            const std::string bytes = slurp(file(name));
            for (const double part : {0.3, 0.6, 0.9, 0.99}) {
                const fs::path cut = folder / ("cut " + std::string(name));
                spill(cut,
                      bytes.substr(0, static_cast<std::size_t>(static_cast<double>(bytes.size()) * part)));
                try {
                    const auto source = open_image(cut);
                    for (int z = 0; z < source->info().depth; ++z)
                        source->read({0, 0, source->info().width, source->info().height}, 0, z);
                    QFAIL(qPrintable(
                        QStringLiteral("%1 was read though only %2 of it is there").arg(name).arg(part)));
                } catch (const Error& error) {
                    QVERIFY2(std::string(error.what()).find(cut.filename().string()) != std::string::npos,
                             error.what());
                    QVERIFY2(error.code() == ErrorCode::BadInput || error.code() == ErrorCode::Unsupported,
                             error.what());
                }
            }
        }
        fs::copy_file(file("whole.nii"), folder / "lone.hdr"); // a header whose pixels are not beside it
        std::string lone = slurp(folder / "lone.hdr");
        lone.replace(344, 3, "ni1");
        spill(folder / "lone.hdr", lone.substr(0, 348));
        verify_refused(folder / "lone.hdr", ErrorCode::NotFound, ".img");
    }

    // GDCM's and MetaIO's assertions end the process that they run in: it must not be this one.
    void damaged_files_do_no_harm() {
        std::vector<fs::path> files;
        write_by_itk(*itk::NiftiImageIO::New(), file("harm.nii"), 1, false);
        write_by_itk(*itk::MetaImageIO::New(), file("harm.mha"), 1, true);
        write_by_itk(*itk::NrrdImageIO::New(), file("harm.nrrd"), 1, true);
        write_slice(file("harm.dcm"), "1.2.3.14", 0, 0, 7);
        for (const char* name : {"harm.nii", "harm.mha", "harm.nrrd", "harm.dcm"})
            files.push_back(file(name));
        for (const char* name :
             {"dicom_single/MR_small_RLE.dcm", "dicom_single/JPEG-lossy.dcm", "formats/small.mnc"})
            if (fs::exists(shared() / name))
                files.push_back(shared() / name);
        std::mt19937 random(7);
        int read = 0, refused = 0;
        for (const fs::path& original : files) {
            const std::string bytes = slurp(original);
            const fs::path folder = empty_folder("damaged");
            for (int round = 0; round < 6; ++round) {
                std::string hurt = bytes;
                for (int i = 0; i < 6; ++i)
                    hurt[random() % std::min<std::size_t>(hurt.size(), round % 2 ? 700 : hurt.size())] =
                        static_cast<char>(random());
                const fs::path path = folder / original.filename();
                spill(path, hurt);
                try {
                    const auto source = open_image(path);
                    source->read({0, 0, source->info().width, source->info().height});
                    ++read;
                } catch (const Error& error) {
                    ++refused;
                    QVERIFY2(std::string(error.what()).find(path.filename().string()) != std::string::npos,
                             error.what());
                }
            }
        }
        qInfo("of %d damaged files %d were read and %d refused", read + refused, read, refused);
        QVERIFY(refused > 10);
    }

    void a_header_that_promises_too_much_is_not_believed() {
        spill(file("huge.mha"), "NDims = 3\nDimSize = 60000 60000 60000\nElementType = MET_USHORT\n"
                                "ElementDataFile = LOCAL\nabc");
        verify_refused(file("huge.mha"), ErrorCode::BadInput, "huge.mha");
        spill(file("zero.mha"), "NDims = 3\nDimSize = 0 5 5\nElementType = MET_USHORT\n"
                                "ElementDataFile = LOCAL\nabc");
        verify_refused(file("zero.mha"), ErrorCode::BadInput, "zero.mha");
        spill(file("complex.nrrd"),
              "NRRD0004\ntype: double\ndimension: 4\nsizes: 2 2 2 2\nkinds: complex space "
              "space space\nencoding: raw\nendian: little\n\n" +
                  std::string(128, 'x'));
        verify_refused(file("complex.nrrd"), ErrorCode::Unsupported, "complex");
    }

    void the_space_of_plain_images_is_their_pixel_size() {
        VolumeGeometry geometry;
        QCOMPARE(geometry.orientation(), std::string());
        geometry.oriented = true;
        QCOMPARE(geometry.orientation(), std::string("LPS"));
        geometry.direction = {{{0, 0, -1}, {-0.9, 0.1, 0}, {0, -1, 0}}};
        QCOMPARE(geometry.orientation(), std::string("IRA"));
    }
};

QTEST_GUILESS_MAIN(TestVolumes)
#include "test_volumes.moc"
