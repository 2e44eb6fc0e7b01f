// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/project.h"

#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace eyepiece::test {

// A folder that goes away with the test.
class Folder {
public:
    std::filesystem::path path() const { return std::filesystem::canonical(directory_.path().toStdString()); }
    std::filesystem::path operator/(const std::string& name) const { return path() / name; }

private:
    QTemporaryDir directory_;
};

inline void write_text(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_text(const std::filesystem::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

inline LabelMap filled(std::int64_t height, std::int64_t width, ObjectId id) {
    LabelMap labels(height, width);
    std::fill(labels.ids().begin(), labels.ids().end(), id);
    return labels;
}

inline LabelEdit rectangle(ItemId item, const Region& region, ObjectId id, ClassId class_id,
                           const std::string& tool = "brush") {
    LabelEdit edit;
    edit.item = item;
    edit.tool = tool;
    edit.region = region;
    edit.pixels = filled(region.height, region.width, id);
    if (id != 0) {
        LabelObject object;
        object.id = id;
        object.class_id = class_id;
        edit.objects = {object};
    }
    return edit;
}

// The Error that `action` throws; fails the test when it throws none.
template<class Action>
Error error_of(Action action) {
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    QTest::qFail("no Error was thrown", __FILE__, __LINE__);
    return Error(ErrorCode::Internal, "none");
}

} // namespace eyepiece::test
