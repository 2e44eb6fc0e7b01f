// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/pixel_classifier.h"

#include "core/learning/parallel.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace eyepiece::label {

namespace {

constexpr std::int64_t side = FeatureBlock::side, cell = FeatureBlock::cell;

// Rounded to 255 in each leaf, shares need not add up to all.
void write_probabilities(std::span<const std::uint16_t> shares, int classes, std::size_t pixel,
                         std::size_t at, PixelClasses& into) {
    const auto share = [&](int c) {
        return static_cast<float>(shares[static_cast<std::size_t>(c) * RandomForest::cell_pixels + pixel]);
    };
    float all = 0;
    for (int c = 0; c < classes; ++c)
        all += share(c);
    for (int c = 0; c < classes; ++c)
        into.probabilities[static_cast<std::size_t>(c) * into.classes.size() + at] = share(c) / all;
}

void write_cell(std::span<const std::uint16_t> shares, int classes, int trees, std::int64_t x, std::int64_t y,
                PixelClasses& into) {
    const double whole = 255.0 * trees;
    for (std::int64_t dy = 0; dy < cell; ++dy) {
        const std::int64_t row = y + dy - into.region.y;
        if (row < 0 || row >= into.region.height)
            continue;
        for (std::int64_t dx = 0; dx < cell; ++dx) {
            const std::int64_t column = x + dx - into.region.x;
            if (column < 0 || column >= into.region.width)
                continue;
            const std::size_t pixel = static_cast<std::size_t>(dy * cell + dx);
            int best = 0, first = shares[pixel], second = 0;
            for (int c = 1; c < classes; ++c) {
                const int share = shares[static_cast<std::size_t>(c) * RandomForest::cell_pixels + pixel];
                if (share > first) {
                    second = first;
                    first = share;
                    best = c;
                } else {
                    second = std::max(second, share);
                }
            }
            const auto at = static_cast<std::size_t>(row * into.region.width + column);
            into.classes[at] = static_cast<std::uint8_t>(best);
            into.certainty[at] = static_cast<std::uint8_t>(std::lround(255 * (first - second) / whole));
            if (!into.probabilities.empty())
                write_probabilities(shares, classes, pixel, at, into);
        }
    }
}

} // namespace

PixelClasses::PixelClasses(const Region& at, int probabilities_of)
    : region(at)
    , classes(static_cast<std::size_t>(at.width * at.height))
    , certainty(classes.size())
    , probabilities(classes.size() * static_cast<std::size_t>(probabilities_of)) {}

PixelClasses PixelClasses::cropped(const Region& part) const {
    PixelClasses cut(part);
    for (std::int64_t y = 0; y < part.height; ++y) {
        const std::int64_t from = (part.y + y - region.y) * region.width + part.x - region.x;
        std::copy_n(classes.begin() + from, part.width, cut.classes.begin() + y * part.width);
        std::copy_n(certainty.begin() + from, part.width, cut.certainty.begin() + y * part.width);
    }
    return cut;
}

std::vector<std::byte> PixelClasses::bytes() const {
    std::vector<std::byte> both(classes.size() + certainty.size());
    std::memcpy(both.data(), classes.data(), classes.size());
    std::memcpy(both.data() + classes.size(), certainty.data(), certainty.size());
    return both;
}

PixelClassifier::PixelClassifier(const RandomForest& forest, const FeatureImage& image,
                                 const PixelFeatures& features, LiveMemory& memory, int threads)
    : forest_(forest), image_(image), features_(features), memory_(memory), threads_(threads) {
    const ImageInfo& info = image.source->info();
    blocks_across_ = (info.width + side - 1) / side;
    blocks_down_ = (info.height + side - 1) / side;
    done_.assign(static_cast<std::size_t>(blocks_across_ * blocks_down_), false);
}

std::vector<PixelClassifier::Place> PixelClassifier::missing(const Region& region) const {
    std::vector<Place> places;
    if (region.empty())
        return places;
    for (std::int64_t row = region.y / side; row * side < region.bottom(); ++row)
        for (std::int64_t column = region.x / side; column * side < region.right(); ++column)
            if (!done_[static_cast<std::size_t>(row * blocks_across_ + column)])
                places.push_back({row, column});
    return places;
}

void PixelClassifier::classify(const Region& region, PixelClasses& into, const JobContext& context) {
    const std::vector<Place> places = missing(region.intersected(into.region));
    classify(places, into, context);
}

void PixelClassifier::classify_rest(PixelClasses& into, const JobContext& context,
                                    const std::function<void(const Region&)>& done) {
    // Bands of about two hundred milliseconds: the view follows, and a message a block would be too many.
    const std::int64_t rows = std::max<std::int64_t>(1, 16 / std::max<std::int64_t>(1, blocks_across_));
    for (std::int64_t row = 0; row < blocks_down_; row += rows) {
        const Region band = Region{0, row * side, into.region.right(), rows * side}.intersected(into.region);
        const std::vector<Place> places = missing(band);
        if (places.empty())
            continue;
        classify(places, into, context);
        done(band);
    }
}

void PixelClassifier::classify(std::span<const Place> places, PixelClasses& into, const JobContext& context) {
    for_blocks(static_cast<std::int64_t>(places.size()), threads_, [&](std::int64_t at) {
        const Place place = places[static_cast<std::size_t>(at)];
        const auto block = features_of(image_, features_, place.row, place.column, memory_, context);
        std::vector<std::uint16_t> shares(static_cast<std::size_t>(forest_.classes()) *
                                          RandomForest::cell_pixels);
        for (std::int64_t row = 0; row < block->cells_down; ++row) {
            context.throw_if_cancelled();
            for (std::int64_t column = 0; column < block->cells_across; ++column) {
                forest_.ask(block->cell_at(row, column), shares);
                write_cell(shares, forest_.classes(), forest_.trees(), block->region.x + column * cell,
                           block->region.y + row * cell, into);
            }
        }
    });
    for (const Place& place : places)
        done_[static_cast<std::size_t>(place.row * blocks_across_ + place.column)] = true;
}

std::vector<Suggestion> least_certain(const PixelClasses& classes, std::int64_t size, std::size_t most) {
    std::vector<Suggestion> all;
    const Region& region = classes.region;
    for (std::int64_t y = 0; y < region.height; y += size)
        for (std::int64_t x = 0; x < region.width; x += size) {
            const Region square = Region{region.x + x, region.y + y, size, size}.intersected(region);
            if (2 * square.width < size || 2 * square.height < size)
                if (region.width >= size && region.height >= size)
                    continue; // a sliver at the edge says little
            double sum = 0;
            for (std::int64_t row = 0; row < square.height; ++row)
                for (std::int64_t column = 0; column < square.width; ++column)
                    sum += classes.certainty[static_cast<std::size_t>((y + row) * region.width + x + column)];
            all.push_back({square, sum / (255.0 * static_cast<double>(square.width * square.height))});
        }
    std::stable_sort(all.begin(), all.end(),
                     [](const Suggestion& a, const Suggestion& b) { return a.certainty < b.certainty; });
    std::vector<Suggestion> chosen;
    for (const Suggestion& one : all) {
        if (chosen.size() == most)
            break;
        const bool apart = std::all_of(chosen.begin(), chosen.end(), [&](const Suggestion& other) {
            return std::max(std::abs(one.region.x - other.region.x),
                            std::abs(one.region.y - other.region.y)) >= 2 * size;
        });
        if (apart)
            chosen.push_back(one);
    }
    return chosen;
}

} // namespace eyepiece::label
