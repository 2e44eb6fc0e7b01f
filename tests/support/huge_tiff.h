// SPDX-License-Identifier: GPL-3.0-or-later
// Tiled BigTIFFs of any size that take no time and no disk to make: of each level some kinds of tiles are
// stored once, and the directory points to them again and again.
#pragma once
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>
#include <zlib.h>

namespace eyepiece::test {

struct HugeTiff {
    std::uint64_t width = 40'000, height = 40'000;
    std::uint64_t tile = 256;
    int levels = 1;       // each a half of the one before
    bool sub_ifds = true; // where OME-TIFF keeps the levels; else pages, as slides have them
    int kinds = 16;       // of tiles
};

// An RGB pixel of a kind of tile; the same at each level.
using HugePixel = std::function<void(int kind, int x, int y, std::uint8_t* rgb)>;

inline int huge_kind(const HugeTiff& tiff, std::uint64_t column, std::uint64_t row) {
    return static_cast<int>((column * 7 + row * 13 + row / 5) % static_cast<std::uint64_t>(tiff.kinds));
}

inline void write_huge_tiff(const std::filesystem::path& path, const HugeTiff& tiff, const HugePixel& pixel) {
    std::ofstream out(path, std::ios::binary);
    std::uint64_t at = 0;
    const auto put = [&](const void* data, std::size_t size) {
        out.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
        at += size;
    };
    const auto number = [&](auto value) { put(&value, sizeof value); };
    put("II", 2);
    number(std::uint16_t{43});
    number(std::uint16_t{8});
    number(std::uint16_t{0});
    number(std::uint64_t{0}); // the first directory's place, written at the end

    std::vector<std::uint64_t> places, sizes; // of the kinds of tiles
    std::vector<std::uint8_t> raw(tiff.tile * tiff.tile * 3), packed(compressBound(raw.size()));
    for (int kind = 0; kind < tiff.kinds; ++kind) {
        for (std::uint64_t y = 0; y < tiff.tile; ++y)
            for (std::uint64_t x = 0; x < tiff.tile; ++x)
                pixel(kind, static_cast<int>(x), static_cast<int>(y), raw.data() + 3 * (y * tiff.tile + x));
        uLongf size = packed.size();
        if (compress2(packed.data(), &size, raw.data(), raw.size(), 6) != Z_OK)
            throw std::runtime_error("a tile could not be packed");
        places.push_back(at);
        sizes.push_back(size);
        put(packed.data(), size);
    }

    struct Entry {
        std::uint16_t tag, type;
        std::uint64_t count, value;
    };
    // From the coarsest on, for each is pointed to by a finer one. Returns the directory's place.
    std::uint64_t next = 0, directory = 0;
    std::vector<std::uint64_t> children;
    for (int level = tiff.levels - 1; level >= 0; --level) {
        std::uint64_t width = tiff.width, height = tiff.height;
        for (int i = 0; i < level; ++i)
            width = (width + 1) / 2, height = (height + 1) / 2;
        const std::uint64_t across = (width + tiff.tile - 1) / tiff.tile,
                            down = (height + tiff.tile - 1) / tiff.tile;
        const std::uint64_t offsets = at;
        for (std::uint64_t row = 0; row < down; ++row)
            for (std::uint64_t column = 0; column < across; ++column)
                number(places[static_cast<std::size_t>(huge_kind(tiff, column, row))]);
        const std::uint64_t counts = at;
        for (std::uint64_t row = 0; row < down; ++row)
            for (std::uint64_t column = 0; column < across; ++column)
                number(sizes[static_cast<std::size_t>(huge_kind(tiff, column, row))]);
        std::uint64_t child_list = at;
        const bool parent = level == 0 && tiff.sub_ifds && !children.empty();
        if (parent && children.size() > 1)
            for (const std::uint64_t child : children)
                number(child);
        else if (parent)
            child_list = children[0];
        const std::uint64_t eight = 8 | std::uint64_t{8} << 16 | std::uint64_t{8} << 32;
        std::vector<Entry> entries{
            {254, 4, 1, level > 0 ? 1u : 0u}, // reduced
            {256, 4, 1, width},
            {257, 4, 1, height},
            {258, 3, 3, eight},
            {259, 3, 1, 8}, // deflate
            {262, 3, 1, 2}, // RGB
            {277, 3, 1, 3},
            {284, 3, 1, 1},
            {322, 4, 1, tiff.tile},
            {323, 4, 1, tiff.tile},
            {324, 16, across * down,
             across * down == 1 ? places[static_cast<std::size_t>(huge_kind(tiff, 0, 0))] : offsets},
            {325, 16, across * down,
             across * down == 1 ? sizes[static_cast<std::size_t>(huge_kind(tiff, 0, 0))] : counts}};
        if (parent)
            entries.push_back({330, 18, children.size(), child_list});
        directory = at;
        number(static_cast<std::uint64_t>(entries.size()));
        for (const Entry& entry : entries) {
            number(entry.tag);
            number(entry.type);
            number(entry.count);
            number(entry.value);
        }
        number(tiff.sub_ifds ? std::uint64_t{0} : next);
        next = directory;
        children.insert(children.begin(), directory);
    }
    out.seekp(8);
    out.write(reinterpret_cast<const char*>(&directory), sizeof directory);
    if (!out)
        throw std::runtime_error("the test's TIFF could not be written");
}

} // namespace eyepiece::test
