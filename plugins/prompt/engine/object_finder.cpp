// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/prompt/engine/object_finder.h"

#include "core/base/error.h"
#include "core/data/components.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace eyepiece::prompt {
namespace {

constexpr double smallest_side = 24; // px of the image: the closest zoom
constexpr double fill = 0.55;        // of a crop, by the object's longer side, where it is seen best
constexpr double wanted_fill = 0.45; // in the search, where it lies off the middle
constexpr double fill_spread = 0.6;  // of the logarithm
constexpr double grows = 1.6;        // a crop that the object reaches beyond
constexpr int most_growths = 4;
constexpr int most_zooms = 10;
constexpr std::size_t most_candidates = 2; // zooms whose answers are looked at closely
constexpr double refused_radius = 1.5;     // px of a crop around a click beside the object

// The object in a crop, as far as it matters to choose a frame.
struct Extent {
    double left = crop_side, top = crop_side, right = 0, bottom = 0; // px of the crop
    bool empty() const { return right <= left; }
    double longer() const { return std::max(right - left, bottom - top); }
    bool at_rim() const { return left < 1 || top < 1 || right > crop_side - 1 || bottom > crop_side - 1; }
};

// Of the connected part at the click; of all where `at` is none.
Extent extent_of(std::span<const float> probability, const std::optional<Point2>& at) {
    Mask mask(crop_side, crop_side);
    for (std::size_t i = 0; i < crop_pixels; ++i)
        mask.pixels[i] = probability[i] > 0.5F;
    const LabelMap parts = connected_components(mask);
    ObjectId wanted = 0;
    if (at)
        for (int reach = 0; reach <= 3 && wanted == 0; ++reach)
            for (int y = -reach; y <= reach && wanted == 0; ++y)
                for (int x = -reach; x <= reach && wanted == 0; ++x) {
                    const auto px = static_cast<std::int64_t>(std::floor(at->x)) + x,
                               py = static_cast<std::int64_t>(std::floor(at->y)) + y;
                    if (px >= 0 && py >= 0 && px < crop_side && py < crop_side)
                        wanted = parts.at(px, py);
                }
    Extent extent;
    if (at && wanted == 0)
        return extent;
    for (int y = 0; y < crop_side; ++y)
        for (int x = 0; x < crop_side; ++x)
            if (const ObjectId part = parts.at(x, y); part != 0 && (!at || part == wanted)) {
                extent.left = std::min(extent.left, static_cast<double>(x));
                extent.top = std::min(extent.top, static_cast<double>(y));
                extent.right = std::max(extent.right, x + 1.0);
                extent.bottom = std::max(extent.bottom, y + 1.0);
            }
    return extent;
}

CropFrame frame_of(const CropFrame& frame, const Extent& extent) {
    const Point2 middle =
        frame.to_image({(extent.left + extent.right) / 2, (extent.top + extent.bottom) / 2});
    return CropFrame::around(middle, std::max(8.0, extent.longer() * frame.scale() / fill));
}

// One answer, as it lies in another frame; 0 where it says nothing.
std::vector<float> moved(const FoundCrop& found, const CropFrame& frame) {
    std::vector<float> values(crop_pixels, 0);
    for (int y = 0; y < crop_side; ++y)
        for (int x = 0; x < crop_side; ++x) {
            const Point2 at = found.frame.to_crop(frame.to_image({x + 0.5, y + 0.5}));
            if (at.x >= 0 && at.y >= 0 && at.x < crop_side && at.y < crop_side)
                values[static_cast<std::size_t>(y * crop_side + x)] =
                    found.probability[static_cast<std::size_t>(std::floor(at.y)) * crop_side +
                                      static_cast<std::size_t>(std::floor(at.x))];
        }
    return values;
}

// Left becomes right, in every plane.
void mirror(std::span<float> planes) {
    for (std::size_t row = 0; row < planes.size(); row += crop_side)
        std::reverse(planes.begin() + static_cast<std::ptrdiff_t>(row),
                     planes.begin() + static_cast<std::ptrdiff_t>(row + crop_side));
}

double interpolated(const FoundCrop& found, const Point2& image) {
    const Point2 at = found.frame.to_crop(image);
    if (at.x < 0 || at.y < 0 || at.x >= crop_side || at.y >= crop_side)
        return 0;
    const double x = std::clamp(at.x - 0.5, 0.0, crop_side - 1.0),
                 y = std::clamp(at.y - 0.5, 0.0, crop_side - 1.0);
    const auto left = static_cast<std::size_t>(x), top = static_cast<std::size_t>(y);
    const std::size_t right = std::min<std::size_t>(left + 1, crop_side - 1),
                      bottom = std::min<std::size_t>(top + 1, crop_side - 1);
    const double u = x - static_cast<double>(left), v = y - static_cast<double>(top);
    const auto p = [&](std::size_t column, std::size_t row) {
        return static_cast<double>(found.probability[row * crop_side + column]);
    };
    return (1 - v) * ((1 - u) * p(left, top) + u * p(right, top)) +
           v * ((1 - u) * p(left, bottom) + u * p(right, bottom));
}

bool inside(const Point2& at, const CropImage& image) {
    return std::isfinite(at.x) && std::isfinite(at.y) && at.x >= 0 && at.y >= 0 &&
           at.x < static_cast<double>(image.width()) && at.y < static_cast<double>(image.height());
}

void require_sense(const Prompt& prompt, const CropImage& image) {
    if (prompt.clicks.empty() && !prompt.box)
        throw Error(ErrorCode::BadInput, "Nothing says which object is meant: click on it, or drag a box.");
    if (prompt.box && prompt.box->intersected({0, 0, image.width(), image.height()}).empty())
        throw Error(ErrorCode::BadInput, "The box lies beside the image.");
    for (const Click& click : prompt.clicks)
        if (!inside(click.at, image))
            throw Error(ErrorCode::BadInput, "A click lies beside the image.");
    if (!prompt.box && !prompt.clicks.front().object)
        throw Error(ErrorCode::BadInput, "The first click says what is meant: click on the object.");
}

bool same(const Click& a, const Click& b) {
    return a.at == b.at && a.object == b.object;
}

} // namespace

std::vector<FoundCrop> ObjectFinder::ask(const CropImage& image, const Prompt& prompt,
                                         std::span<const CropFrame> frames, const FoundCrop* last,
                                         bool mirrored) {
    constexpr std::size_t one = input_planes * crop_pixels;
    const std::size_t times = mirrored ? 2 : 1;
    std::vector<float> inputs(times * frames.size() * one);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const std::span<float> into(inputs.data() + i * one, one);
        const std::span<float> planes = into.first(image_planes * crop_pixels);
        image.read(frames[i], planes);
        write_prompt(prompt, frames[i], planes, last ? moved(*last, frames[i]) : std::vector<float>{},
                     into.subspan(image_planes * crop_pixels));
        if (mirrored) {
            const std::span<float> other(inputs.data() + (frames.size() + i) * one, one);
            std::copy(into.begin(), into.end(), other.begin());
            mirror(other);
        }
    }
    std::vector<CropAnswer> answers = network_.predict(inputs, times * frames.size());
    std::vector<FoundCrop> found;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        FoundCrop crop{frames[i], std::move(answers[i].probability), answers[i].expected_iou};
        if (mirrored) {
            CropAnswer& other = answers[frames.size() + i];
            mirror(other.probability);
            for (std::size_t at = 0; at < crop_pixels; ++at)
                crop.probability[at] = (crop.probability[at] + other.probability[at]) / 2;
            crop.expected_iou = (crop.expected_iou + other.expected_iou) / 2;
        }
        found.push_back(std::move(crop));
    }
    return found;
}

FoundCrop ObjectFinder::closely(const CropImage& image, const Prompt& prompt, const CropFrame& around,
                                const FoundCrop* last, const JobContext& context) {
    const double most = 3 * static_cast<double>(std::max(image.width(), image.height()));
    CropFrame frame = around;
    for (int growth = 0;; ++growth) {
        context.throw_if_cancelled();
        FoundCrop found = std::move(ask(image, prompt, {&frame, 1}, last, true).front());
        const Extent extent = extent_of(found.probability, std::nullopt);
        if (!extent.at_rim() || growth == most_growths || frame.side * grows > most)
            return found;
        frame = CropFrame::around({frame.x + frame.side / 2, frame.y + frame.side / 2}, frame.side * grows);
    }
}

FoundCrop ObjectFinder::first(const CropImage& image, const Prompt& prompt, std::int64_t seen,
                              const JobContext& context) {
    if (prompt.box) {
        const Region& box = *prompt.box;
        const Point2 middle{static_cast<double>(box.x) + 0.5 * static_cast<double>(box.width),
                            static_cast<double>(box.y) + 0.5 * static_cast<double>(box.height)};
        return closely(
            image, prompt,
            CropFrame::around(middle,
                              std::max(8.0, static_cast<double>(std::max(box.width, box.height)) / fill)),
            nullptr, context);
    }
    const Point2& at = prompt.clicks.front().at;
    const auto largest = static_cast<double>(std::max(image.width(), image.height()));
    const double most = seen > 0 ? std::min(largest, static_cast<double>(seen)) : largest;
    std::vector<CropFrame> frames;
    for (double side = smallest_side; static_cast<int>(frames.size()) < most_zooms; side *= 2) {
        frames.push_back(CropFrame::around(at, side));
        if (side >= 1.5 * most)
            break;
    }
    const std::vector<FoundCrop> zooms = ask(image, prompt, frames, nullptr, false);
    context.throw_if_cancelled();
    struct Candidate {
        double score = 0;
        CropFrame frame;
    };
    std::vector<Candidate> candidates;
    for (const FoundCrop& zoom : zooms) {
        const Extent extent = extent_of(zoom.probability, zoom.frame.to_crop(at));
        if (extent.empty())
            continue;
        const double off = std::log(extent.longer() / crop_side / wanted_fill) / fill_spread;
        candidates.push_back(
            {zoom.expected_iou * zoom.expected_iou * std::exp(-0.5 * off * off) * (extent.at_rim() ? 0.3 : 1),
             frame_of(zoom.frame, extent)});
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
    candidates.resize(std::min(candidates.size(), most_candidates));
    // What looked like an object from afar may be none closely: the surer of the best few is meant.
    FoundCrop best;
    for (const Candidate& candidate : candidates)
        if (FoundCrop found = closely(image, prompt, candidate.frame, nullptr, context);
            best.probability.empty() || found.expected_iou > best.expected_iou)
            best = std::move(found);
    return best;
}

FoundObject ObjectFinder::find(const CropImage& image, const Prompt& prompt, std::int64_t seen,
                               const JobContext& context) {
    require_sense(prompt, image);
    // What this prompt has in common with the last one is known.
    std::size_t known = 0;
    if (answered_.box == prompt.box && answered_.seen == seen)
        while (known < std::min(answered_.clicks.size(), prompt.clicks.size()) &&
               same(answered_.clicks[known], prompt.clicks[known]))
            ++known;
    else
        answered_ = {prompt.box, {}, {}, seen};
    answered_.clicks.resize(known);
    answered_.found.resize(std::min(answered_.found.size(), known + (prompt.box ? 1 : 0)));

    Prompt so_far{answered_.clicks, prompt.box};
    while (answered_.found.empty() || so_far.clicks.size() < prompt.clicks.size()) {
        context.throw_if_cancelled();
        const bool box_alone = prompt.box && answered_.found.empty();
        if (!box_alone)
            so_far.clicks.push_back(prompt.clicks[so_far.clicks.size()]);
        const FoundCrop* last = answered_.found.empty() || answered_.found.back().probability.empty()
                                    ? nullptr
                                    : &answered_.found.back();
        FoundCrop next;
        if (!last)
            next = first(image, so_far, seen, context);
        else {
            // Where it was, and where the click says it is besides.
            Extent extent = extent_of(last->probability, std::nullopt);
            const Click& click = so_far.clicks.back();
            if (click.object || extent.empty()) {
                const Point2 at = last->frame.to_crop(click.at);
                extent.left = std::min(extent.left, at.x - 1);
                extent.top = std::min(extent.top, at.y - 1);
                extent.right = std::max(extent.right, at.x + 1);
                extent.bottom = std::max(extent.bottom, at.y + 1);
            }
            next = closely(image, so_far, frame_of(last->frame, extent), last, context);
        }
        answered_.found.push_back(std::move(next));
        if (!box_alone)
            answered_.clicks.push_back(so_far.clicks.back());
    }
    return object_of(answered_.found.back(), prompt, image.width(), image.height());
}

FoundObject object_of(const FoundCrop& found, const Prompt& prompt, std::int64_t width, std::int64_t height) {
    FoundObject object;
    object.expected_iou = found.expected_iou;
    if (found.probability.empty())
        return object;
    const Extent extent = extent_of(found.probability, std::nullopt);
    if (extent.empty())
        return object;
    const Point2 low = found.frame.to_image({extent.left - 1, extent.top - 1}),
                 high = found.frame.to_image({extent.right + 1, extent.bottom + 1});
    const Region window =
        Region{static_cast<std::int64_t>(std::floor(low.x)), static_cast<std::int64_t>(std::floor(low.y)),
               static_cast<std::int64_t>(std::ceil(high.x) - std::floor(low.x)),
               static_cast<std::int64_t>(std::ceil(high.y) - std::floor(low.y))}
            .intersected({0, 0, width, height});
    if (window.empty())
        return object;
    const double refused = std::max(0.5, refused_radius * found.frame.scale());
    Mask mask(window.height, window.width);
    for (std::int64_t y = 0; y < window.height; ++y)
        for (std::int64_t x = 0; x < window.width; ++x)
            mask.set(x, y,
                     interpolated(found, {static_cast<double>(window.x + x) + 0.5,
                                          static_cast<double>(window.y + y) + 0.5}) > 0.5);
    for (const Click& click : prompt.clicks)
        if (!click.object)
            for (std::int64_t y = 0; y < window.height; ++y)
                for (std::int64_t x = 0; x < window.width; ++x)
                    if (std::hypot(static_cast<double>(window.x + x) + 0.5 - click.at.x,
                                   static_cast<double>(window.y + y) + 0.5 - click.at.y) <= refused)
                        mask.set(x, y, false);

    const LabelMap parts = connected_components(mask);
    std::set<ObjectId> wanted;
    for (const Click& click : prompt.clicks) {
        const auto x = static_cast<std::int64_t>(std::floor(click.at.x)) - window.x,
                   y = static_cast<std::int64_t>(std::floor(click.at.y)) - window.y;
        if (click.object && x >= 0 && y >= 0 && x < window.width && y < window.height && parts.at(x, y) != 0)
            wanted.insert(parts.at(x, y));
    }
    if (wanted.empty()) {
        const std::vector<ObjectMeasures> measures = measure_objects(parts);
        const auto largest = std::max_element(measures.begin(), measures.end(),
                                              [](const auto& a, const auto& b) { return a.area < b.area; });
        if (largest == measures.end())
            return object;
        wanted.insert(largest->id);
    }
    Region bounds;
    for (std::int64_t y = 0; y < window.height; ++y)
        for (std::int64_t x = 0; x < window.width; ++x)
            if (wanted.contains(parts.at(x, y)))
                bounds = bounds.united({x, y, 1, 1});
    object.region = {window.x + bounds.x, window.y + bounds.y, bounds.width, bounds.height};
    object.mask = Mask(bounds.height, bounds.width);
    for (std::int64_t y = 0; y < bounds.height; ++y)
        for (std::int64_t x = 0; x < bounds.width; ++x)
            object.mask.set(x, y, wanted.contains(parts.at(bounds.x + x, bounds.y + y)));
    return object;
}

} // namespace eyepiece::prompt
