// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Projects for tests and benchmarks: made of drawn discs, or of the shared nuclei.
#include "core/base/job.h"
#include "core/formats/image_reader.h"
#include "core/formats/png_file.h"
#include "core/learning/random.h"
#include "core/project/project.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace eyepiece::test {

inline void label(Project& project, ItemId item, const LabelMap& ids, ClassId class_id, bool complete) {
    LabelEdit edit;
    edit.item = item;
    edit.tool = "import";
    edit.region = {0, 0, ids.width(), ids.height()};
    edit.pixels = ids;
    ObjectId largest = 0;
    for (const ObjectId id : ids.ids())
        largest = std::max(largest, id);
    std::vector<bool> there(largest + 1, false);
    for (const ObjectId id : ids.ids())
        there[id] = true;
    for (ObjectId id = 1; id <= largest; ++id)
        if (there[id]) {
            LabelObject object;
            object.id = id;
            object.class_id = class_id;
            object.tool = "import";
            edit.objects.push_back(object);
        }
    project.labels().commit(edit);
    project.items().set_complete(item, complete);
}

inline ItemId add_image(Project& project, const std::filesystem::path& path) {
    const ItemId id = project.items().add({path}).added.at(0);
    const ImageInfo info = probe_image(path);
    return project.items().set_facts(id, {content_hash(path), info.width, info.height, info.channels});
}

// Bright discs on a dark noisy ground with a slope of light, and their exact labels.
inline std::pair<Image, LabelMap> draw_discs(std::int64_t width, std::int64_t height, int count,
                                             std::uint64_t seed, bool dark_objects = false) {
    Random random(seed);
    LabelMap ids(height, width);
    Image image = Image::create(PixelType::UInt8, 1, height, width);
    std::vector<double> brightness{0};
    for (int k = 1; k <= count; ++k) {
        const double cx = random.uniform(0, static_cast<double>(width)),
                     cy = random.uniform(0, static_cast<double>(height));
        const double radius = random.uniform(6, 13);
        brightness.push_back(random.uniform(90, 170));
        for (std::int64_t y = 0; y < height; ++y)
            for (std::int64_t x = 0; x < width; ++x)
                if ((x - cx) * (x - cx) + (y - cy) * (y - cy) <= radius * radius)
                    ids.set(x, y, static_cast<ObjectId>(k));
    }
    const auto to = image.writable_plane_as<std::uint8_t>(0);
    for (std::size_t i = 0; i < to.size(); ++i) {
        double value = 25 + 30.0 * static_cast<double>(i) / static_cast<double>(to.size()) +
                       brightness[ids.ids()[i]] + random.uniform(-15, 15);
        value = std::min(255.0, std::max(0.0, value));
        to[i] = static_cast<std::uint8_t>(dark_objects ? 255 - value : value);
    }
    return {image, ids};
}

// `count` images of discs; the last `val` of them are the split "val" and as many before them "test".
inline std::unique_ptr<Project> disc_project(const std::filesystem::path& folder, int count, int val,
                                             std::int64_t size = 128) {
    auto project = Project::create(folder / "project");
    const ClassId disc = project->classes().find_or_add("disc");
    std::filesystem::create_directories(folder / "images");
    std::vector<ItemId> ids;
    for (int i = 0; i < count; ++i) {
        const auto path = folder / "images" / ("disc" + std::to_string(i) + ".png");
        const auto [image, labels] = draw_discs(size, size, 10, static_cast<std::uint64_t>(100 + i));
        write_png(path, image);
        ids.push_back(add_image(*project, path));
        label(*project, ids.back(), labels, disc, true);
    }
    const auto n = static_cast<std::ptrdiff_t>(ids.size());
    if (val > 0) {
        project->splits().assign({ids.begin(), ids.begin() + (n - 2 * val)}, "train");
        project->splits().assign({ids.begin() + (n - 2 * val), ids.begin() + (n - val)}, "test");
        project->splits().assign({ids.begin() + (n - val), ids.end()}, "val");
    }
    return project;
}

// One image of nuclei/dsb2018, with its masks as labels.
inline ItemId add_nuclei(Project& project, const std::filesystem::path& data, const std::string& id,
                         ClassId nucleus) {
    const ItemId item = add_image(project, data / "images" / (id + ".png"));
    const Image mask = read_png(data / "masks" / (id + ".png"), PngSamples::Raw);
    LabelMap ids(mask.height(), mask.width());
    for (std::int64_t y = 0; y < mask.height(); ++y)
        for (std::int64_t x = 0; x < mask.width(); ++x)
            ids.set(x, y, static_cast<ObjectId>(mask.value(0, x, y)));
    label(project, item, ids, nucleus, true);
    return item;
}

struct IndexedNuclei {
    std::string id, kind;
    int width = 0, height = 0;
};

// What index.csv of nuclei/dsb2018 lists.
inline std::vector<IndexedNuclei> indexed_nuclei(const std::filesystem::path& data) {
    std::vector<IndexedNuclei> found;
    std::ifstream index(data / "index.csv");
    std::string line;
    std::getline(index, line);
    while (std::getline(index, line)) {
        std::istringstream fields(line);
        IndexedNuclei one;
        char comma = 0;
        std::getline(fields, one.id, ',');
        std::getline(fields, one.kind, ',');
        fields >> one.width >> comma >> one.height;
        found.push_back(one);
    }
    return found;
}

// nuclei/dsb2018 of the shared data: every fifth image of each kind is "test", the others "train".
inline std::unique_ptr<Project> nuclei_project(const std::filesystem::path& folder,
                                               const std::filesystem::path& data) {
    auto project = Project::create(folder);
    const ClassId nucleus = project->classes().find_or_add("nucleus");
    std::map<std::string, int> seen;
    for (const IndexedNuclei& one : indexed_nuclei(data))
        project->splits().assign({add_nuclei(*project, data, one.id, nucleus)},
                                 seen[one.kind]++ % 5 == 4 ? "test" : "train");
    return project;
}

} // namespace eyepiece::test
