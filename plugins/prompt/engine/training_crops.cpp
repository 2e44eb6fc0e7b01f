// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/prompt/engine/training_crops.h"

#include "core/base/error.h"
#include "plugins/prompt/engine/scripted_user.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace eyepiece::prompt {
namespace {

constexpr std::int64_t least_area = 12; // px: what is smaller has no shape
constexpr double user_jitter = 0.6;

double log_uniform(Random& random, double low, double high) {
    return low * std::exp(random.uniform() * std::log(high / low));
}

// The object in a frame: a pixel is of it when half of it is.
Mask object_in(const TrainingField& field, ObjectId id, const CropFrame& frame) {
    const int parts = std::clamp(static_cast<int>(std::ceil(frame.scale())), 2, 4);
    Mask mask(crop_side, crop_side);
    for (int y = 0; y < crop_side; ++y)
        for (int x = 0; x < crop_side; ++x) {
            int count = 0;
            for (int j = 0; j < parts; ++j)
                for (int i = 0; i < parts; ++i) {
                    const Point2 at = frame.to_image({x + (i + 0.5) / parts, y + (j + 0.5) / parts});
                    const auto px = static_cast<std::int64_t>(std::floor(at.x)),
                               py = static_cast<std::int64_t>(std::floor(at.y));
                    count += px >= 0 && py >= 0 && px < field.labels.width() && py < field.labels.height() &&
                             field.labels.at(px, py) == id;
                }
            mask.set(x, y, 2 * count >= parts * parts);
        }
    return mask;
}

using Planes = std::array<cv::Mat, image_planes>;

Planes planes_of(std::vector<float>& values) {
    Planes planes;
    for (std::size_t p = 0; p < planes.size(); ++p)
        planes[p] = cv::Mat(crop_side, crop_side, CV_32FC1, values.data() + p * crop_pixels);
    return planes;
}

// Colours mixed and swapped, as stains and channel orders differ; sometimes planes that do not show it.
void change_colours(Planes& planes, Random& random) {
    if (random.chance(0.5)) {
        std::array<std::array<double, image_planes>, image_planes> mix;
        for (std::size_t p = 0; p < mix.size(); ++p)
            for (std::size_t q = 0; q < mix.size(); ++q)
                mix[p][q] = (p == q ? 1 : 0) + random.uniform(-0.4, 0.4);
        Planes mixed;
        for (std::size_t p = 0; p < mix.size(); ++p)
            mixed[p] = mix[p][0] * planes[0] + mix[p][1] * planes[1] + mix[p][2] * planes[2];
        for (std::size_t p = 0; p < mix.size(); ++p)
            mixed[p].copyTo(planes[p]);
    }
    const auto order = random.permutation(image_planes);
    Planes old;
    for (std::size_t p = 0; p < order.size(); ++p)
        old[p] = planes[order[p]].clone();
    for (std::size_t p = 0; p < order.size(); ++p)
        old[p].copyTo(planes[p]);
    if (random.chance(0.1))
        for (std::size_t p = 0; p < 1 + static_cast<std::size_t>(random.below(2)); ++p)
            planes[p].setTo(0);
}

void change_values(Planes& planes, Random& random) {
    const bool invert = random.chance(0.35), bend = random.chance(0.5), blur = random.chance(0.3),
               noise = random.chance(0.4), tilt = random.chance(0.3);
    const double gamma = log_uniform(random, 0.5, 2), sigma = random.uniform(0.3, 1.6),
                 grain = random.uniform(0.03, 0.4), right = random.uniform(-0.8, 0.8),
                 down = random.uniform(-0.8, 0.8);
    cv::RNG dice(random.bits());
    for (cv::Mat& plane : planes) {
        if (invert)
            plane *= -1;
        if (bend) {
            double low = 0, high = 0;
            cv::minMaxLoc(plane, &low, &high);
            if (high > low) {
                plane = (plane - low) / (high - low);
                cv::pow(plane, gamma, plane);
                plane = plane * (high - low) + low;
            }
        }
        if (blur)
            cv::GaussianBlur(plane, plane, {}, sigma);
        if (noise) {
            cv::Mat grains(plane.size(), CV_32FC1);
            dice.fill(grains, cv::RNG::NORMAL, 0, grain);
            plane += grains;
        }
        if (tilt)
            for (int y = 0; y < crop_side; ++y)
                for (int x = 0; x < crop_side; ++x)
                    plane.at<float>(y, x) +=
                        static_cast<float>(right * (x - crop_side / 2) + down * (y - crop_side / 2)) /
                        crop_side;
        cv::Scalar mean, deviation;
        cv::meanStdDev(plane, mean, deviation);
        plane = (plane - mean[0]) / std::max(deviation[0], 0.05);
    }
}

// One of the eight ways to lay a square on itself: bit 0 mirrors x, bit 1 mirrors y, bit 2 swaps them.
void turn(TrainingCrop& crop, Planes& planes, int way) {
    const auto turn_plane = [&](cv::Mat view) {
        cv::Mat turned = view.clone();
        if (way & 1)
            cv::flip(turned, turned, 1);
        if (way & 2)
            cv::flip(turned, turned, 0);
        if (way & 4)
            cv::transpose(turned, turned);
        turned.copyTo(view);
    };
    for (cv::Mat& plane : planes)
        turn_plane(plane);
    turn_plane(cv::Mat(crop_side, crop_side, CV_8UC1, crop.object.pixels.data()));
    for (Click& click : crop.prompt.clicks) {
        if (way & 1)
            click.at.x = crop_side - click.at.x;
        if (way & 2)
            click.at.y = crop_side - click.at.y;
        if (way & 4)
            std::swap(click.at.x, click.at.y);
    }
    if (auto& box = crop.prompt.box) {
        if (way & 1)
            box->x = crop_side - box->right();
        if (way & 2)
            box->y = crop_side - box->bottom();
        if (way & 4) {
            std::swap(box->x, box->y);
            std::swap(box->width, box->height);
        }
    }
}

// A place with nothing around it. nullopt where none is found soon.
std::optional<Point2> empty_place(const TrainingField& field, Random& random) {
    const LabelMap& labels = field.labels;
    for (int attempt = 0; attempt < 30; ++attempt) {
        const std::int64_t x = random.below(labels.width()), y = random.below(labels.height());
        bool empty = true;
        for (std::int64_t dy = -4; dy <= 4 && empty; dy += 2)
            for (std::int64_t dx = -4; dx <= 4 && empty; dx += 2)
                empty = labels.at(std::clamp<std::int64_t>(x + dx, 0, labels.width() - 1),
                                  std::clamp<std::int64_t>(y + dy, 0, labels.height() - 1)) == 0;
        if (empty)
            return Point2{static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5};
    }
    return std::nullopt;
}

Region box_around(const Mask& mask, Random& random) {
    std::int64_t left = crop_side, top = crop_side, right = 0, bottom = 0;
    for (std::int64_t y = 0; y < crop_side; ++y)
        for (std::int64_t x = 0; x < crop_side; ++x)
            if (mask.at(x, y)) {
                left = std::min(left, x);
                top = std::min(top, y);
                right = std::max(right, x + 1);
                bottom = std::max(bottom, y + 1);
            }
    const double slack = 0.08 * static_cast<double>(std::max(right - left, bottom - top));
    const auto moved = [&](std::int64_t at, double by) -> std::int64_t {
        return at + std::llround(random.uniform(-slack, slack) + by);
    };
    left = moved(left, -slack / 2);
    top = moved(top, -slack / 2);
    right = std::max(left + 2, moved(right, slack / 2));
    bottom = std::max(top + 2, moved(bottom, slack / 2));
    return {left, top, right - left, bottom - top};
}

} // namespace

TrainingField::TrainingField(std::shared_ptr<ImageSource> source, LabelMap map, int z, int t)
    : image(std::make_shared<CropImage>(std::move(source), z, t)), labels(std::move(map)) {
    if (labels.width() != image->width() || labels.height() != image->height())
        throw Error(ErrorCode::BadInput, "An image and its label image are of different sizes.");
    struct Found {
        Region bounds;
        std::int64_t area = 0;
    };
    std::map<ObjectId, Found> found;
    for (std::int64_t y = 0; y < labels.height(); ++y)
        for (std::int64_t x = 0; x < labels.width(); ++x)
            if (const ObjectId id = labels.at(x, y)) {
                Found& one = found[id];
                one.bounds = one.bounds.united({x, y, 1, 1});
                ++one.area;
            }
    for (const auto& [id, one] : found)
        if (one.area >= least_area)
            objects.push_back({id, one.bounds});
}

TrainingCrop draw_crop(const TrainingField& field, std::uint64_t seed) {
    Random random(seed);
    TrainingCrop crop;
    CropFrame frame;
    const TrainingField::Object& object =
        field
            .objects[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(field.objects.size())))];
    const auto longer = static_cast<double>(std::max(object.bounds.width, object.bounds.height));
    const Point2 centre{static_cast<double>(object.bounds.x) + 0.5 * static_cast<double>(object.bounds.width),
                        static_cast<double>(object.bounds.y) +
                            0.5 * static_cast<double>(object.bounds.height)};
    const double way = random.uniform();
    if (way < 0.1) {
        if (const auto place = field.complete ? empty_place(field, random) : std::nullopt) {
            crop.background = true;
            frame = CropFrame::around(*place, longer / log_uniform(random, 0.1, 1));
        }
    } else if (way < 0.55) { // as in the search for the zoom: around the click, of any size
        const CropFrame tight = CropFrame::around(centre, 1.2 * longer);
        const auto click = first_click(object_in(field, object.id, tight), user_jitter, random);
        const Point2 at = click ? tight.to_image(*click) : centre;
        frame = CropFrame::around(at, longer / log_uniform(random, 0.1, 1.3));
    }
    if (way >= 0.55 || (way < 0.1 && !crop.background)) {
        const double side = longer / log_uniform(random, 0.3, 0.85);
        frame = CropFrame::around(
            {centre.x + random.uniform(-0.12, 0.12) * side, centre.y + random.uniform(-0.12, 0.12) * side},
            side);
    }
    crop.planes.resize(image_planes * crop_pixels);
    field.image->read(frame, crop.planes);
    crop.object = crop.background ? Mask(crop_side, crop_side) : object_in(field, object.id, frame);
    if (!crop.background && way >= 0.85)
        crop.prompt.box = box_around(crop.object, random);
    if (crop.background)
        crop.prompt.clicks.push_back({{crop_side / 2.0, crop_side / 2.0}, true});
    else if (!crop.prompt.box || random.chance(0.3))
        if (const auto at = first_click(crop.object, user_jitter, random))
            crop.prompt.clicks.push_back({*at, true});
    Planes planes = planes_of(crop.planes);
    change_colours(planes, random);
    change_values(planes, random);
    for (std::size_t p = 0; p < planes.size(); ++p) // arithmetic may have moved them elsewhere
        if (planes[p].ptr<float>() != crop.planes.data() + p * crop_pixels)
            std::copy_n(planes[p].ptr<float>(), crop_pixels,
                        crop.planes.begin() + static_cast<std::ptrdiff_t>(p * crop_pixels));
    planes = planes_of(crop.planes);
    turn(crop, planes, static_cast<int>(random.below(8)));
    return crop;
}

bool correct(TrainingCrop& crop, std::span<const float> probability, std::uint64_t seed) {
    Random random(seed);
    Mask found(crop_side, crop_side);
    for (std::size_t i = 0; i < crop_pixels; ++i)
        found.pixels[i] = probability[i] > 0.5F;
    const auto click = correcting_click(crop.object, found, user_jitter, random);
    if (!click)
        return false;
    crop.prompt.clicks.push_back(*click);
    // Now and then the mask is lost, as it is when the crop moves.
    if (random.chance(0.2))
        crop.last.clear();
    else
        crop.last.assign(probability.begin(), probability.end());
    ++crop.rounds;
    return true;
}

namespace {

std::vector<cv::Point> outline(Random& random, const Point2& at, double radius) {
    const double stretch = std::exp(random.uniform(-0.5, 0.5)), angle = random.uniform(0, std::numbers::pi);
    const int kind = static_cast<int>(random.below(4));
    std::vector<cv::Point> points;
    const double lobe = kind == 2 ? random.uniform(0.1, 0.35) : 0, phase = random.uniform(0, 6.3);
    const int lobes = static_cast<int>(random.below(4)) + 2;
    const int corners = kind == 0 ? static_cast<int>(random.below(4)) + 3 : 60;
    for (int i = 0; i < corners; ++i) {
        const double direction = 2 * std::numbers::pi * i / corners;
        const double reach = radius * (1 + lobe * std::cos(lobes * direction + phase));
        const double u = reach * std::cos(direction) * stretch, v = reach * std::sin(direction) / stretch;
        points.emplace_back(cvRound(16 * (at.x + u * std::cos(angle) - v * std::sin(angle))),
                            cvRound(16 * (at.y + u * std::sin(angle) + v * std::cos(angle))));
    }
    return points;
}

} // namespace

std::vector<TrainingField> drawn_scenes(int count, std::uint64_t seed) {
    constexpr int side = 160, fraction_bits = 4;
    std::vector<TrainingField> scenes;
    for (int scene = 0; scene < count; ++scene) {
        Random random(mix_seed(seed, static_cast<std::uint64_t>(scene)));
        cv::RNG dice(random.bits());
        const bool grey = random.chance(0.5);
        const auto colour = [&] {
            cv::Scalar value(random.uniform(0.05, 0.95), random.uniform(0.05, 0.95),
                             random.uniform(0.05, 0.95));
            return grey ? cv::Scalar::all(value[0]) : value;
        };
        const cv::Scalar ground = colour(), common = colour();
        cv::Mat picture(side, side, CV_32FC3, ground), ids(side, side, CV_32SC1, cv::Scalar(0));
        const double typical = log_uniform(random, 6, 34);
        const int objects = static_cast<int>(random.below(14)) + 3;
        const bool alike = random.chance(0.6);
        for (int i = 1; i <= objects; ++i) {
            const auto points = outline(random, {random.uniform(0, side), random.uniform(0, side)},
                                        typical * random.factor(0.4));
            cv::Scalar fill = alike ? common : colour();
            fill *= random.factor(alike ? 0.15 : 0.05);
            // What differs too little from the ground cannot be seen.
            if (cv::norm(fill - ground, cv::NORM_INF) < 0.12)
                continue;
            cv::fillPoly(picture, std::vector{points}, fill, cv::LINE_AA, fraction_bits);
            cv::fillPoly(ids, std::vector{points}, cv::Scalar(i), cv::LINE_8, fraction_bits);
        }
        if (random.chance(0.5)) { // grain of both, coarse or fine
            cv::Mat grain(side, side, CV_32FC1);
            dice.fill(grain, cv::RNG::NORMAL, 0, random.uniform(0.02, 0.3));
            const double sigma = random.uniform(0.5, 3);
            cv::GaussianBlur(grain, grain, {}, sigma);
            cv::Mat both;
            cv::merge(std::vector{grain, grain, grain}, both);
            picture += both;
        }
        cv::GaussianBlur(picture, picture, {}, random.uniform(0.3, 1.5));
        Image image = Image::create(PixelType::Float32, 3, side, side);
        for (int c = 0; c < 3; ++c)
            cv::extractChannel(picture,
                               cv::Mat(side, side, CV_32FC1, image.writable_plane_as<float>(c).data()), c);
        LabelMap labels(side, side);
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x)
                labels.set(x, y, static_cast<ObjectId>(ids.at<int>(y, x)));
        TrainingField field(source_of(image), std::move(labels));
        if (!field.objects.empty())
            scenes.push_back(std::move(field));
    }
    return scenes;
}

} // namespace eyepiece::prompt
