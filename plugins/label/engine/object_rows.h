// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/label_map.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace eyepiece::label {

struct ClassObject {
    ObjectId id = 0;
    std::uint8_t kind = 0; // what was handed in
    std::int64_t area = 0; // px
    Region bounds;
};

// Finds the connected objects (8 neighbours, each of one kind) of an image that need not fit into memory:
// rows come in from above, and once all are in they go out again with the objects' ids, which count from 1 in
// the order of first pixels, row by row. Rows are joined by runs and a forest of disjoint sets (Rosenfeld and
// Pfaltz 1966); between, they lie in a file without a name. Memory grows with the number of objects alone.
// Not thread-safe. All members throw Error(Storage).
class ObjectRows {
public:
    ObjectRows(std::int64_t width, const std::filesystem::path& folder); // where that file may be

    void add(std::span<const std::uint8_t> row); // `width` kinds; 0: no object
    const std::vector<ClassObject>& finish();    // all rows are in
    void next(std::span<ObjectId> row);          // after finish(), each row once, from above
    bool more_than_16_bits() const { return objects_.size() > 65'535; }

private:
    struct Run {
        std::uint32_t begin = 0, end = 0; // [begin, end) px
        std::uint32_t id = 0;             // the provisional one
        std::uint32_t kind = 0;
    };
    struct CloseFile {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::uint32_t root(std::uint32_t id);
    void join(std::uint32_t a, std::uint32_t b);
    void measure(const Run& run);
    [[noreturn]] void fail() const;

    const std::int64_t width_;
    const std::filesystem::path folder_;
    std::unique_ptr<std::FILE, CloseFile> file_;
    std::vector<Run> above_, here_;
    std::int64_t rows_ = 0;
    std::vector<std::uint32_t> parent_; // of each provisional id; a root is its own, the least of its set
    std::vector<ClassObject> parts_;    // of each provisional id
    std::vector<ObjectId> final_;       // of each provisional id, after finish()
    std::vector<ClassObject> objects_;
};

} // namespace eyepiece::label
