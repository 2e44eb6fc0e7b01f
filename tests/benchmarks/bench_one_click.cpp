// SPDX-License-Identifier: GPL-3.0-or-later
// An object by clicks: mean intersection over union after one to five clicks of a scripted user, and the time
// of a click, on the fields of the published nuclei that the network was not trained on; beside GrabCut,
// watershed, wand and live-wire, which hear the same clicks. bench_one_click [WEIGHTS [OBJECTS-A-FIELD]]
#include "core/data/grab_cut.h"
#include "core/data/live_wire.h"
#include "core/data/magic_wand.h"
#include "core/data/scaled_channels.h"
#include "core/data/seeded_watershed.h"
#include "plugins/prompt/engine/object_finder.h"
#include "plugins/prompt/engine/scripted_user.h"
#include "plugins/prompt/engine/tools/published_nuclei.h"
#include "plugins/prompt/engine/training_crops.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <opencv2/imgproc.hpp>

using namespace eyepiece;
using namespace eyepiece::prompt;

namespace {

constexpr int most_clicks = 5;
constexpr double jitter = 0.5;
constexpr double after_one = 0.80, after_three = 0.88, most_ms = 100;

// One object, cut out with some room around it for the methods that look at a window.
struct Question {
    const CropImage& image;
    Image scaled;  // of the window
    Region window; // image px
    Mask truth;    // of the whole image
    Prompt prompt;
};

struct Score {
    std::array<double, most_clicks> iou{}, ms{};
    int objects = 0;
};

Mask in_whole(const Mask& mask, const Region& place, std::int64_t width, std::int64_t height) {
    Mask whole(height, width);
    for (std::int64_t y = 0; y < place.height; ++y)
        for (std::int64_t x = 0; x < place.width; ++x)
            whole.set(place.x + x, place.y + y, mask.at(x, y) != 0);
    return whole;
}

Region around(const Region& bounds, std::int64_t room, const Region& extent) {
    return Region{bounds.x - room, bounds.y - room, bounds.width + 2 * room, bounds.height + 2 * room}
        .intersected(extent);
}

// Calls put(x, y) for the pixels of the window within two px of a click.
void dot(const Question& q, const Click& click, const std::function<void(std::size_t)>& put) {
    for (std::int64_t y = 0; y < q.window.height; ++y)
        for (std::int64_t x = 0; x < q.window.width; ++x)
            if (std::hypot(static_cast<double>(q.window.x + x) + 0.5 - click.at.x,
                           static_cast<double>(q.window.y + y) + 0.5 - click.at.y) <= 2)
                put(static_cast<std::size_t>(y * q.window.width + x));
}

Mask by_grab_cut(const Question& q, const JobContext&) {
    QuietJob job;
    const Region box{q.prompt.box->x - q.window.x, q.prompt.box->y - q.window.y, q.prompt.box->width,
                     q.prompt.box->height};
    std::vector<SeedMark> marks(static_cast<std::size_t>(q.window.width * q.window.height), SeedMark::None);
    for (const Click& click : q.prompt.clicks)
        dot(q, click,
            [&](std::size_t at) { marks[at] = click.object ? SeedMark::Object : SeedMark::Background; });
    try {
        return in_whole(grab_cut(q.scaled, box, marks, {}, job), q.window, q.image.width(), q.image.height());
    } catch (const Error&) {
        return Mask(q.image.height(), q.image.width()); // it found no object or no background
    }
}

Mask by_watershed(const Question& q, const JobContext& job) {
    LabelMap seeds(q.window.height, q.window.width);
    for (std::int64_t y = 0; y < q.window.height; ++y)
        for (std::int64_t x = 0; x < q.window.width; ++x)
            if (x == 0 || y == 0 || x == q.window.width - 1 || y == q.window.height - 1)
                seeds.set(x, y, 1);
    for (const Click& click : q.prompt.clicks)
        dot(q, click, [&](std::size_t at) {
            seeds.set(static_cast<std::int64_t>(at) % q.window.width,
                      static_cast<std::int64_t>(at) / q.window.width, click.object ? 2 : 1);
        });
    const LabelMap flooded = seeded_watershed(gradient_magnitude(q.scaled, 1), seeds, {}, job);
    return in_whole(mask_of(flooded, 2, {0, 0, q.window.width, q.window.height}), q.window, q.image.width(),
                    q.image.height());
}

Mask by_wand(const Question& q, const JobContext& job) {
    Mask found(q.window.height, q.window.width);
    for (const Click& click : q.prompt.clicks) {
        const auto x = static_cast<std::int64_t>(click.at.x) - q.window.x,
                   y = static_cast<std::int64_t>(click.at.y) - q.window.y;
        if (x < 0 || y < 0 || x >= q.window.width || y >= q.window.height)
            continue;
        const Mask area = WandReach(q.scaled, x, y, {}, job).mask(0.15);
        for (std::size_t i = 0; i < area.pixels.size(); ++i)
            if (area.pixels[i])
                found.pixels[i] = click.object;
    }
    return in_whole(found, q.window, q.image.width(), q.image.height());
}

// So many clicks on the outline, evenly apart, each snapped, joined by the cheapest ways.
Mask by_live_wire(const Question& q, const JobContext& job) {
    const Mask cut = [&] {
        Mask mask(q.window.height, q.window.width);
        for (std::int64_t y = 0; y < q.window.height; ++y)
            for (std::int64_t x = 0; x < q.window.width; ++x)
                mask.set(x, y, q.truth.at(q.window.x + x, q.window.y + y) != 0);
        return mask;
    }();
    std::vector<std::vector<cv::Point>> outlines;
    cv::findContours(cv::Mat(static_cast<int>(cut.height), static_cast<int>(cut.width), CV_8UC1,
                             const_cast<std::uint8_t*>(cut.pixels.data())),
                     outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
    Mask found(q.window.height, q.window.width);
    if (outlines.empty())
        return in_whole(found, q.window, q.image.width(), q.image.height());
    const auto& longest = *std::max_element(outlines.begin(), outlines.end(),
                                            [](const auto& a, const auto& b) { return a.size() < b.size(); });
    const auto costs = std::make_shared<const LiveWireCosts>(q.scaled, LiveWireOptions{}, job);
    const std::size_t count = q.prompt.clicks.size();
    std::vector<std::pair<std::int64_t, std::int64_t>> corners;
    for (std::size_t i = 0; i < count; ++i) {
        const cv::Point& at = longest[i * longest.size() / count];
        corners.push_back(snapped_to_edge(*costs, at.x, at.y, 2));
    }
    std::vector<cv::Point> ring;
    for (std::size_t i = 0; i < count; ++i) {
        LiveWirePaths paths(costs, corners[i].first, corners[i].second);
        const auto& to = corners[(i + 1) % count];
        for (const auto& [x, y] : paths.path_to(to.first, to.second, job))
            ring.emplace_back(static_cast<int>(x), static_cast<int>(y));
    }
    cv::Mat filled(static_cast<int>(found.height), static_cast<int>(found.width), CV_8UC1,
                   found.pixels.data());
    cv::fillPoly(filled, std::vector{ring}, cv::Scalar(1));
    return in_whole(found, q.window, q.image.width(), q.image.height());
}

const char* judged(bool reached) {
    return reached ? "reached" : "MISSED";
}

} // namespace

int main(int argc, char** argv) {
    try {
        const char* shared = std::getenv("EYEPIECE_SHARED_DATA");
        const std::filesystem::path folder =
            std::filesystem::path(shared ? shared : "../shared/data") / "nuclei" / "dsb2018";
        if (!std::filesystem::exists(folder)) {
            std::printf("The published nuclei are not there: nothing to measure.\n");
            return 0;
        }
        const std::size_t a_field = argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 12;
        ObjectNetwork network = ObjectNetwork::load(argc > 1 ? argv[1] : WEIGHTS);
        network.prepare(select_device("cpu", 2));
        using Method = std::function<Mask(const Question&, const JobContext&)>;
        ObjectFinder finder(network);
        const std::vector<std::pair<const char*, Method>> methods = {
            {"the network",
             [&](const Question& q, const JobContext& job) {
                 const FoundObject found = finder.find(q.image, {q.prompt.clicks, {}}, 0, job);
                 return in_whole(found.mask, found.region, q.image.width(), q.image.height());
             }},
            {"GrabCut, with a box as well", by_grab_cut},
            {"watershed, with a rim as well", by_watershed},
            {"wand", by_wand},
            {"live-wire, clicks on the outline", by_live_wire},
        };
        std::vector<Score> scores(methods.size());
        double by_box = 0;
        const auto published = published_nuclei(folder);
        const QuietJob job;
        for (std::size_t i = 0; i < published.size(); ++i) {
            if (!kept_from_training(i))
                continue;
            const Image picture = read_image(published[i].image);
            const TrainingField field(source_of(picture, true), read_label_image(published[i].mask).map);
            const Image scaled = scaled_channels(picture, robust_ranges(picture));
            const Region extent{0, 0, picture.width(), picture.height()};
            const std::size_t step = std::max<std::size_t>(1, field.objects.size() / a_field);
            for (std::size_t k = 0; k < field.objects.size(); k += step) {
                const auto& object = field.objects[k];
                const Mask truth = mask_of(field.labels, object.id, extent);
                Random hand(mix_seed(i, k));
                const auto slack =
                    std::max<std::int64_t>(1, std::max(object.bounds.width, object.bounds.height) / 20);
                const Region box = around(object.bounds, slack, extent);
                const auto first = first_click(truth, jitter, hand);
                if (!first)
                    continue;
                const Region window =
                    around(object.bounds, std::max(object.bounds.width, object.bounds.height), extent);
                for (std::size_t m = 0; m < methods.size(); ++m) {
                    Random clicks(mix_seed(i, k) + 1);
                    Question q{*field.image, scaled.cropped(window), window, truth, {{{*first, true}}, box}};
                    finder.forget();
                    ++scores[m].objects;
                    double iou = 0;
                    for (int click = 0; click < most_clicks; ++click) {
                        const auto begun = std::chrono::steady_clock::now();
                        const Mask found = methods[m].second(q, job);
                        scores[m].ms[static_cast<std::size_t>(click)] +=
                            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() -
                                                                      begun)
                                .count();
                        iou = intersection_over_union(truth, found);
                        scores[m].iou[static_cast<std::size_t>(click)] += iou;
                        // A mask without a fault is left alone: the same click twice changes nothing.
                        q.prompt.clicks.push_back(
                            correcting_click(truth, found, jitter, clicks).value_or(q.prompt.clicks.back()));
                    }
                }
                finder.forget();
                const FoundObject boxed = finder.find(*field.image, {{}, box}, 0, job);
                by_box += intersection_over_union(
                    truth, in_whole(boxed.mask, boxed.region, extent.width, extent.height));
            }
        }
        std::printf("%d nuclei of fields kept from training\n%-34s", scores.front().objects,
                    "mean IoU after clicks:");
        for (int click = 1; click <= most_clicks; ++click)
            std::printf("%8d", click);
        std::printf("   ms for the first, for a further one\n");
        for (std::size_t m = 0; m < methods.size(); ++m) {
            const double count = std::max(1, scores[m].objects);
            std::printf("%-34s", methods[m].first);
            double later = 0;
            for (std::size_t click = 0; click < most_clicks; ++click) {
                std::printf("%8.3f", scores[m].iou[click] / count);
                later += click > 0 ? scores[m].ms[click] / count / (most_clicks - 1) : 0;
            }
            std::printf("   %6.1f %6.1f\n", scores[m].ms[0] / count, later);
        }
        const Score& ours = scores.front();
        const double count = std::max(1, ours.objects), one = ours.iou[0] / count,
                     three = ours.iou[2] / count, ms = ours.ms[0] / count;
        std::printf("%-34s%8.3f\n", "the network, by a box alone", by_box / count);
        std::printf("after one click %.3f (at least %.2f: %s), after three %.3f (at least %.2f: %s), a click "
                    "in %.0f ms "
                    "(at most %.0f: %s)\n",
                    one, after_one, judged(one >= after_one), three, after_three,
                    judged(three >= after_three), ms, most_ms, judged(ms <= most_ms));
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
