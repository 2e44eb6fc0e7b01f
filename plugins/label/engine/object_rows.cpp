// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/object_rows.h"

#include "core/base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <unistd.h>

namespace eyepiece::label {

ObjectRows::ObjectRows(std::int64_t width, const std::filesystem::path& folder)
    : width_(width), folder_(folder) {
    std::string name = (folder / ".rows-XXXXXX").string();
    const int descriptor = ::mkstemp(name.data());
    if (descriptor < 0)
        fail();
    ::unlink(name.c_str()); // nothing is left behind, whatever ends us
    file_.reset(::fdopen(descriptor, "w+b"));
    if (!file_) {
        ::close(descriptor);
        fail();
    }
}

void ObjectRows::fail() const {
    throw Error(ErrorCode::Storage,
                "Cannot write in the folder " + folder_.string() + ": " + std::strerror(errno) + ".");
}

std::uint32_t ObjectRows::root(std::uint32_t id) {
    while (parent_[id] != id)
        id = parent_[id] = parent_[parent_[id]];
    return id;
}

void ObjectRows::join(std::uint32_t a, std::uint32_t b) {
    a = root(a);
    b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
}

void ObjectRows::measure(const Run& run) {
    ClassObject& part = parts_[run.id];
    part.kind = static_cast<std::uint8_t>(run.kind);
    part.area += run.end - run.begin;
    part.bounds = part.bounds.united({run.begin, rows_, run.end - run.begin, 1});
}

void ObjectRows::add(std::span<const std::uint8_t> row) {
    here_.clear();
    std::size_t over = 0; // the first run above that may touch this one
    for (std::size_t x = 0; x < row.size();) {
        const std::uint8_t kind = row[x];
        const std::size_t begin = x;
        while (x < row.size() && row[x] == kind)
            ++x;
        if (kind == 0)
            continue;
        Run run{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(x), 0, kind};
        bool joined = false;
        while (over < above_.size() && above_[over].end < run.begin)
            ++over;
        for (std::size_t at = over; at < above_.size() && above_[at].begin <= run.end; ++at) {
            if (above_[at].kind != run.kind)
                continue;
            if (joined)
                join(run.id, above_[at].id);
            else
                run.id = above_[at].id;
            joined = true;
        }
        if (!joined) {
            if (parent_.size() == std::numeric_limits<std::uint32_t>::max())
                throw Error(ErrorCode::Unsupported,
                            "The image has more objects than a label image can hold.");
            run.id = static_cast<std::uint32_t>(parent_.size());
            parent_.push_back(run.id);
            parts_.emplace_back();
        }
        measure(run);
        here_.push_back(run);
    }
    const auto count = static_cast<std::uint32_t>(here_.size());
    if (std::fwrite(&count, sizeof count, 1, file_.get()) != 1 ||
        std::fwrite(here_.data(), sizeof(Run), here_.size(), file_.get()) != here_.size())
        fail();
    std::swap(above_, here_);
    ++rows_;
}

const std::vector<ClassObject>& ObjectRows::finish() {
    if (std::fflush(file_.get()) != 0 || std::fseek(file_.get(), 0, SEEK_SET) != 0)
        fail();
    final_.assign(parent_.size(), 0);
    for (std::uint32_t id = 0; id < parent_.size(); ++id) {
        const std::uint32_t first = root(id);
        if (first == id) {
            objects_.push_back(parts_[id]);
            objects_.back().id = final_[id] = static_cast<ObjectId>(objects_.size());
            continue;
        }
        final_[id] = final_[first];
        ClassObject& whole = objects_[final_[id] - 1];
        whole.area += parts_[id].area;
        whole.bounds = whole.bounds.united(parts_[id].bounds);
    }
    parts_ = {};
    return objects_;
}

void ObjectRows::next(std::span<ObjectId> row) {
    std::fill(row.begin(), row.end(), ObjectId{0});
    std::uint32_t count = 0;
    if (std::fread(&count, sizeof count, 1, file_.get()) != 1)
        fail();
    here_.resize(count);
    if (std::fread(here_.data(), sizeof(Run), count, file_.get()) != count)
        fail();
    for (const Run& run : here_)
        std::fill(row.begin() + run.begin, row.begin() + run.end, final_[run.id]);
}

} // namespace eyepiece::label
