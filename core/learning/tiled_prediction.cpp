// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/tiled_prediction.h"

#include "core/base/error.h"
#include "core/learning/precision.h"

#include <algorithm>
#include <vector>

namespace eyepiece {
namespace {

constexpr std::int64_t preferred_tile = 512;    // px: activations of a small U-Net stay near the cache
constexpr std::int64_t whole_limit = 768 * 768; // px: up to here, one piece

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

// The tiles along one axis: [start, stop) and, for each pixel of a tile, its share of what is blended there.
struct Span {
    std::int64_t start = 0, stop = 0;
    std::vector<float> weight;
};

// Covers [from, to) of an axis. Neighbours overlap by `overlap`; the outer quarter of it on either side does
// not count, the middle half fades.
std::vector<Span> spans(std::int64_t from, std::int64_t to, std::int64_t tile, std::int64_t overlap,
                        std::int64_t multiple) {
    std::vector<Span> result;
    const std::int64_t stride = std::max(multiple, (tile - overlap) / multiple * multiple);
    for (std::int64_t start = from;; start += stride) {
        const bool last = start + tile >= to;
        Span span{start, last ? to : start + tile, {}};
        span.weight.assign(static_cast<std::size_t>(span.stop - span.start), 1.f);
        result.push_back(std::move(span));
        if (last)
            break;
    }
    for (std::size_t i = 0; i + 1 < result.size(); ++i) {
        Span &left = result[i], &right = result[i + 1];
        const std::int64_t shared = left.stop - right.start;
        const std::int64_t idle = shared / 4, fade = std::max<std::int64_t>(1, shared - 2 * idle);
        for (std::int64_t k = 0; k < shared; ++k) {
            const double at =
                std::clamp((static_cast<double>(k - idle) + 0.5) / static_cast<double>(fade), 0.0, 1.0);
            right.weight[static_cast<std::size_t>(k)] *= static_cast<float>(at);
            left.weight[static_cast<std::size_t>(right.start - left.start + k)] *= static_cast<float>(1 - at);
        }
    }
    return result;
}

// Pixel values beyond the right and lower edge mirror those before it, up to a size the network takes.
torch::Tensor mirrored_up(torch::Tensor input, std::int64_t multiple) {
    for (const std::int64_t dim : {1, 2}) {
        const std::int64_t size = input.size(dim), wanted = round_up(size, multiple);
        if (wanted == size)
            continue;
        std::vector<std::int64_t> index(static_cast<std::size_t>(wanted));
        const std::int64_t period = std::max<std::int64_t>(1, 2 * (size - 1));
        for (std::int64_t i = 0; i < wanted; ++i) {
            const std::int64_t k = i % period;
            index[static_cast<std::size_t>(i)] = k < size ? k : period - k;
        }
        input = input.index_select(dim, torch::tensor(index));
    }
    return input;
}

torch::Tensor probabilities(TrainedNetwork& network, const torch::Tensor& input, bool flips) {
    const auto batch = input.unsqueeze(0);
    torch::Tensor sum = torch::softmax(network.predict(batch), 1);
    if (flips) {
        for (const std::vector<std::int64_t>& axes : {std::vector<std::int64_t>{2}, {3}, {2, 3}})
            sum = sum + torch::softmax(network.predict(batch.flip(axes)), 1).flip(axes);
        sum = sum / 4;
    }
    return sum[0];
}

} // namespace

void predict_region(TrainedNetwork& network, ImageSource& source, const Region& region,
                    const TilingOptions& options, const BandSink& sink, JobContext& context) {
    const c10::InferenceMode inference;
    const KeepMemory keep;
    const ImageInfo& info = source.info();
    const Region whole{0, 0, info.width, info.height};
    if (region.empty() || region.intersected(whole) != region)
        throw Error(ErrorCode::BadInput, "The region lies outside of the image.");
    const Normalisation& normalisation = network.normalisation();
    const InputLimits limits = normalisation.measure(source, options.z, options.t);

    const std::int64_t multiple = network.size_multiple(), margin = round_up(network.margin(), multiple);
    const auto down = [&](std::int64_t v) { return std::max<std::int64_t>(0, v / multiple * multiple); };
    Region wide; // the region and the context it needs
    wide.x = down(region.x - margin);
    wide.y = down(region.y - margin);
    wide.width = std::min(info.width, round_up(region.right() + margin, multiple)) - wide.x;
    wide.height = std::min(info.height, round_up(region.bottom() + margin, multiple)) - wide.y;

    std::int64_t tile =
        options.tile > 0 ? round_up(options.tile, multiple) : round_up(preferred_tile, multiple);
    tile = std::max(tile, 4 * std::max(margin, multiple));
    const bool one_piece = options.tile == 0 && wide.width * wide.height <= whole_limit;
    const std::int64_t overlap = 2 * margin;
    const auto columns = spans(wide.x, wide.right(), one_piece ? wide.width : tile, overlap, multiple);
    const auto rows = spans(wide.y, wide.bottom(), one_piece ? wide.height : tile, overlap, multiple);
    const auto classes = static_cast<std::int64_t>(network.output_channels());

    // Accumulates the tile row in hand; what the next one shares with it is carried over.
    torch::Tensor carried; // (K, shared rows, width)
    std::int64_t done = 0;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const Span& row = rows[r];
        const std::int64_t height = row.stop - row.start;
        auto band = torch::zeros({classes, height, wide.width});
        if (carried.defined())
            band.narrow(1, 0, carried.size(1)).copy_(carried);
        const auto down_weight = torch::from_blob(const_cast<float*>(row.weight.data()), {1, height, 1});
        for (const Span& column : columns) {
            context.throw_if_cancelled();
            const std::int64_t width = column.stop - column.start;
            const Image pixels = normalisation.arranged(
                source.read({column.start, row.start, width, height}, 0, options.z, options.t));
            const auto input = mirrored_up(normalisation.apply(pixels, limits), multiple);
            const auto p =
                probabilities(network, input, options.flips).narrow(1, 0, height).narrow(2, 0, width);
            const auto across = torch::from_blob(const_cast<float*>(column.weight.data()), {1, 1, width});
            band.narrow(2, column.start - wide.x, width).add_(p * (down_weight * across));
            context.progress(static_cast<double>(++done) / static_cast<double>(rows.size() * columns.size()),
                             "predicting");
        }
        const std::int64_t finished = r + 1 < rows.size() ? rows[r + 1].start : row.stop;
        if (r + 1 < rows.size())
            carried = band.narrow(1, finished - row.start, row.stop - finished).clone();
        // The part of the finished rows that was asked for.
        const std::int64_t top = std::max(row.start, region.y), bottom = std::min(finished, region.bottom());
        if (top < bottom)
            sink(top - region.y, band.narrow(1, top - row.start, bottom - top)
                                     .narrow(2, region.x - wide.x, region.width)
                                     .contiguous());
    }
}

void visit_layer(TrainedNetwork& network, ImageSource& source, const std::string& layer, std::int64_t tile,
                 const LayerSink& sink, JobContext& context) {
    const c10::InferenceMode inference;
    const KeepMemory keep;
    const ImageInfo& info = source.info();
    const Region whole{0, 0, info.width, info.height};
    const Normalisation& normalisation = network.normalisation();
    const InputLimits limits = normalisation.measure(source);
    // Twice the margin: the rim of a layer's maps counts in full, where predict_region() fades it out.
    const std::int64_t multiple = network.size_multiple(), margin = round_up(2 * network.margin(), multiple);
    const bool one_piece = tile == 0 && info.width * info.height <= whole_limit;
    const std::int64_t side =
        std::max(round_up(tile > 0 ? tile : preferred_tile, multiple), 2 * std::max(margin, multiple));
    const std::int64_t across = one_piece ? info.width : side, down = one_piece ? info.height : side;
    const std::int64_t count = ((info.width + across - 1) / across) * ((info.height + down - 1) / down);
    std::int64_t done = 0;
    for (std::int64_t y = 0; y < info.height; y += down)
        for (std::int64_t x = 0; x < info.width; x += across) {
            context.throw_if_cancelled();
            LayerTile part;
            part.core = Region{x, y, across, down}.intersected(whole);
            const Region wide =
                Region{x - margin, y - margin, across + 2 * margin, down + 2 * margin}.intersected(whole);
            const torch::Tensor input =
                mirrored_up(normalisation.apply(normalisation.arranged(source.read(wide)), limits), multiple);
            part.seen = {wide.x, wide.y, input.size(2), input.size(1)};
            part.maps = network.activation(input.unsqueeze(0), layer)[0];
            context.throw_if_cancelled();
            sink(part);
            context.progress(static_cast<double>(++done) / static_cast<double>(count),
                             "Looking into the network");
        }
}

} // namespace eyepiece
