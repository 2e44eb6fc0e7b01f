// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/error.h"
#include "core/data/volume.h"
#include "core/formats/image_reader.h"
#include "core/formats/volume_reader.h"

#include <QtTest>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>

namespace eyepiece {

inline std::unique_ptr<VolumeSource> open_as_volume(const std::filesystem::path& path) {
    auto source = open_image(path);
    auto* volume = dynamic_cast<VolumeSource*>(source.get());
    if (volume == nullptr)
        throw Error(ErrorCode::Internal, path.string() + " is no volume");
    source.release();
    return std::unique_ptr<VolumeSource>(volume);
}

inline bool close_to(const Vector3& a, const Vector3& b, double tolerance) {
    for (std::size_t i = 0; i < 3; ++i)
        if (std::abs(a[i] - b[i]) > tolerance)
            return false;
    return true;
}

// Reading is refused with an error of this kind, that names the file and says this.
inline void verify_refused(const std::filesystem::path& path, ErrorCode code, const std::string& word) {
    try {
        const auto source = open_image(path);
        const ImageInfo info = source->info();
        for (int z = 0; z < info.depth; ++z)
            source->read({0, 0, info.width, info.height}, 0, z);
        QFAIL(qPrintable(QString::fromStdString(path.filename().string() + " was read")));
    } catch (const Error& error) {
        const std::string what = error.what();
        QVERIFY2(what.find(path.filename().string()) != std::string::npos, what.c_str());
        QVERIFY2(what.find(word) != std::string::npos, what.c_str());
        QCOMPARE(to_string(error.code()), to_string(code));
    }
}

} // namespace eyepiece
