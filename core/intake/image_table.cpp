// SPDX-License-Identifier: GPL-3.0-or-later
// A row for each image: its pixels in small, and simple statistics.
#include "core/data/parallel.h"
#include "core/formats/image_reader.h"
#include "core/intake/number_columns.h"
#include "core/intake/project_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <limits>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t most_pixels = std::int64_t{1} << 26; // of an image; larger ones are read coarser
constexpr std::int64_t strip_pixels = std::int64_t{1} << 22;
constexpr std::size_t most_readers = 4; // each holds an image
constexpr std::size_t batch = 64;       // images whose small pictures wait for their place at once

// ITU-R BT.601, as luminance() has them.
constexpr std::array<double, 3> luma{0.299, 0.587, 0.114};

struct ChannelStatistics {
    double first = 0, sum = 0, squares = 0; // about the first value, so that a large offset costs no digits
    double low = std::numeric_limits<double>::infinity(), high = -low;
    std::int64_t count = 0;
    void see(double value) {
        if (!std::isfinite(value))
            return;
        if (count++ == 0)
            first = value;
        const double off = value - first;
        sum += off;
        squares += off * off;
        low = std::min(low, value);
        high = std::max(high, value);
    }
};

// Which of `to` cells each of `from` pixels in a row covers, and with what weight: the weights of a cell sum
// to 1, so that a cell is the mean of what it covers. Works both ways.
struct Cover {
    std::int64_t first = 0;
    std::vector<double> weights;
};

std::vector<Cover> covers(std::int64_t from, std::int64_t to) {
    std::vector<Cover> result(static_cast<std::size_t>(from));
    for (std::int64_t at = 0; at < from; ++at) {
        const double begin = static_cast<double>(at) * static_cast<double>(to) / static_cast<double>(from);
        const double end = static_cast<double>(at + 1) * static_cast<double>(to) / static_cast<double>(from);
        Cover& cover = result[static_cast<std::size_t>(at)];
        cover.first = at * to / from;
        for (std::int64_t cell = cover.first; cell < to && static_cast<double>(cell) < end; ++cell)
            cover.weights.push_back(std::min(static_cast<double>(cell + 1), end) -
                                    std::max(static_cast<double>(cell), begin));
    }
    return result;
}

// One channel in small, of `side` x `side` cells.
class Shrinking {
public:
    Shrinking(std::int64_t width, std::int64_t height, std::int64_t side)
        : side_(static_cast<std::size_t>(side))
        , across_(covers(width, side))
        , down_(covers(height, side))
        , row_(side_)
        , cells_(side_ * side_) {}

    template<class T>
    void add_row(std::int64_t y, std::span<const T> values) {
        std::fill(row_.begin(), row_.end(), 0.0);
        for (std::size_t x = 0; x < values.size(); ++x) {
            const auto value = static_cast<double>(values[x]);
            auto cell = static_cast<std::size_t>(across_[x].first);
            for (const double weight : across_[x].weights)
                row_[cell++] += weight * value;
        }
        auto cell_row = static_cast<std::size_t>(down_[static_cast<std::size_t>(y)].first);
        for (const double weight : down_[static_cast<std::size_t>(y)].weights) {
            double* cells = cells_.data() + cell_row++ * side_;
            for (std::size_t x = 0; x < side_; ++x)
                cells[x] += weight * row_[x];
        }
    }
    const std::vector<double>& cells() const { return cells_; }

private:
    std::size_t side_;
    std::vector<Cover> across_, down_;
    std::vector<double> row_, cells_;
};

struct Settings {
    std::int64_t side = 0; // px
    std::string pixels;    // "gray", "channels" or "none"
    bool statistics = false;
};

// What one image says of itself.
struct Values {
    std::vector<std::string> names;
    std::vector<float> numbers;
    std::string problem; // why there are none
};

void append_pixels(Values& values, const std::string& prefix, const std::vector<double>& cells,
                   std::int64_t side) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i);
        values.names.push_back(prefix + " " + std::to_string(at % side) + "," + std::to_string(at / side));
        values.numbers.push_back(static_cast<float>(cells[i]));
    }
}

// Mean of the channels, of a colour picture its luminance.
std::vector<double> gray(const std::vector<Shrinking>& channels, bool rgb) {
    std::vector<double> cells(channels.front().cells().size());
    for (std::size_t c = 0; c < channels.size(); ++c) {
        const double weight =
            rgb && channels.size() == 3 ? luma[c] : 1.0 / static_cast<double>(channels.size());
        for (std::size_t i = 0; i < cells.size(); ++i)
            cells[i] += weight * channels[c].cells()[i];
    }
    return cells;
}

Values values_of(const fs::path& path, const Settings& settings, const JobContext& context) {
    const auto source = open_image(path);
    const ImageInfo& info = source->info();
    int level = 0;
    LevelSize size{info.width, info.height};
    while (size.width * size.height > most_pixels)
        size = level_size(info.width, info.height, ++level);
    std::vector<ChannelStatistics> statistics(static_cast<std::size_t>(info.channels));
    std::vector<Shrinking> small;
    if (settings.pixels != "none")
        small.assign(statistics.size(), Shrinking(size.width, size.height, settings.side));
    const std::int64_t strip = std::max<std::int64_t>(1, strip_pixels / size.width);
    for (std::int64_t y = 0; y < size.height; y += strip) {
        context.throw_if_cancelled();
        const Image image = source->read({0, y, size.width, std::min(strip, size.height - y)}, level);
        with_pixel_type(image.type(), [&](auto sample) {
            const auto width = static_cast<std::size_t>(image.width());
            for (int channel = 0; channel < image.channels(); ++channel) {
                const auto plane = image.plane_as<decltype(sample)>(channel);
                const auto c = static_cast<std::size_t>(channel);
                if (settings.statistics)
                    for (const auto value : plane)
                        statistics[c].see(static_cast<double>(value));
                if (!small.empty())
                    for (std::int64_t row = 0; row < image.height(); ++row)
                        small[c].add_row(y + row,
                                         plane.subspan(static_cast<std::size_t>(row) * width, width));
            }
        });
    }
    Values values;
    const auto names = channel_names(info);
    if (settings.statistics)
        for (std::size_t c = 0; c < statistics.size(); ++c) {
            const ChannelStatistics& one = statistics[c];
            const auto count = static_cast<double>(one.count);
            const double variance =
                one.count > 1 ? (one.squares - one.sum * one.sum / count) / (count - 1) : 0.0;
            const bool any = one.count > 0;
            const double none = std::numeric_limits<double>::quiet_NaN();
            for (const auto& [name, value] :
                 {std::pair<const char*, double>{"mean ", any ? one.first + one.sum / count : none},
                  {"sd ", any ? std::sqrt(std::max(0.0, variance)) : none},
                  {"minimum ", any ? one.low : none},
                  {"maximum ", any ? one.high : none}}) {
                values.names.push_back(name + names[c]);
                values.numbers.push_back(static_cast<float>(value));
            }
        }
    if (settings.pixels == "gray")
        append_pixels(values, "pixel", gray(small, info.rgb), settings.side);
    else if (settings.pixels == "channels")
        for (std::size_t c = 0; c < small.size(); ++c)
            append_pixels(values, names[c], small[c].cells(), settings.side);
    return values;
}

class ImageTable final : public ProjectTable {
public:
    Table make(const fs::path& folder, const Json& set, JobContext& context) const override {
        const Settings settings{set.at("side").get<std::int64_t>(), set.at("pixels").get<std::string>(),
                                set.at("statistics").get<bool>()};
        if (settings.pixels == "none" && !settings.statistics)
            throw Error(ErrorCode::BadInput,
                        "Neither pixels nor statistics are wanted of the images: choose one of them.");
        const std::vector<Item> items = items_of(folder);
        NumberColumns<float> numbers(items.size());
        std::vector<const Item*> rows;
        std::vector<std::string> left_out;
        for (std::size_t start = 0; start < items.size(); start += batch) {
            const std::size_t count = std::min(batch, items.size() - start);
            const auto all = read_batch(std::span(items).subspan(start, count), settings, context);
            for (std::size_t i = 0; i < count; ++i) {
                if (!all[i].problem.empty()) {
                    left_out.push_back(items[start + i].name + ": " + all[i].problem);
                    continue;
                }
                numbers.set(rows.size(), all[i].names, all[i].numbers);
                rows.push_back(&items[start + i]);
            }
            context.progress(static_cast<double>(start + count) / static_cast<double>(items.size()),
                             "Reading the images");
        }
        if (rows.empty())
            throw Error(ErrorCode::BadInput, "None of the " + std::to_string(items.size()) +
                                                 " images could be read. " + left_out.front());
        if (!left_out.empty())
            context.warn(std::to_string(left_out.size()) + " of " + std::to_string(items.size()) +
                         " images could not be read and are left out. " + left_out.front());
        return table_of_images(rows, std::move(numbers).take(ColumnRole::Feature, rows.size()));
    }

private:
    static std::vector<Values> read_batch(std::span<const Item> items, const Settings& settings,
                                          const JobContext& context) {
        std::vector<Values> all(items.size());
        parallel_for(
            items.size(),
            [&](std::size_t i) {
                if (!context.cancelled())
                    all[i] = read(items[i].path, settings, context);
            },
            most_readers);
        context.throw_if_cancelled();
        return all;
    }

    static Values read(const fs::path& path, const Settings& settings, const JobContext& context) {
        Values values;
        try {
            return values_of(path, settings, context);
        } catch (const std::bad_alloc&) {
            values.problem = "There is not enough memory to read it.";
        } catch (const std::exception& error) {
            values.problem = error.what();
        }
        return values;
    }
};

} // namespace

void register_image_table(ProjectTableRegistry& tables) {
    tables.add({.name = "images",
                .title = "The images",
                .help =
                    "A row for each image of the project, or of a folder: its pixels in small, and the mean, "
                    "spread, minimum and maximum of each channel.",
                .parameters = {choice_parameter("pixels", "gray", {"gray", "channels", "none"}, "Pixels",
                                                "gray: one value each, of colours their luminance; channels: "
                                                "each channel's own."),
                               integer_parameter("side", 32, "Size",
                                                 "Each image is squeezed into a square of this many pixels "
                                                 "across; each is the mean of what it covers.")
                                   .range(1, 128)
                                   .with_unit("px"),
                               boolean_parameter("statistics", true, "Statistics",
                                                 "Mean, spread, minimum and maximum of each channel, of all "
                                                 "pixels.")},
                .make = [] { return std::make_unique<ImageTable>(); }});
}

} // namespace eyepiece
