// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/keypoints.h"

#include "core/base/error.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace eyepiece {
namespace {

Error bad(const std::string& what) {
    return Error(ErrorCode::BadInput, "The skeleton " + what);
}

void check_ends(const Skeleton& skeleton, const Skeleton::Ends& ends, const char* what) {
    for (const int end : ends)
        if (end < 0 || end >= skeleton.size())
            throw bad(std::string("has a ") + what + " to a point that it does not have. Remove the " + what +
                      ", or add the point.");
    if (ends[0] == ends[1])
        throw bad(std::string("has a ") + what + " from \"" +
                  skeleton.names[static_cast<std::size_t>(ends[0])] +
                  "\" to itself. Choose two different points.");
}

// The name with its word for a side replaced by the other side's; nothing when it has none.
struct SideWords {
    std::string_view left, right;
};
constexpr std::array<SideWords, 3> whole_words{{{"left", "right"}, {"Left", "Right"}, {"LEFT", "RIGHT"}}};

std::optional<std::string> other_side(const std::string& name) {
    for (const SideWords& words : whole_words)
        if (const auto at = name.find(words.left); at != std::string::npos)
            return std::string(name).replace(at, words.left.size(), words.right);
    // A single L counts where it is a word of its own: at either end, before a capital or a digit, beside
    // "_".
    for (std::size_t i = 0; i < name.size(); ++i) {
        const auto is_end = [&](std::size_t at) {
            return at >= name.size() || !std::isalpha(static_cast<unsigned char>(name[at]));
        };
        const auto capital = [&](std::size_t at) {
            return at < name.size() && std::isupper(static_cast<unsigned char>(name[at]));
        };
        const bool before = i == 0 || is_end(i - 1) || (name[i] == 'L' && !capital(i - 1));
        const bool after = is_end(i + 1) || (name[i] == 'L' && i == 0 && capital(i + 1));
        if ((name[i] == 'L' || name[i] == 'l') && before && after) {
            std::string other = name;
            other[i] = name[i] == 'L' ? 'R' : 'r';
            return other;
        }
    }
    return {};
}

Json ends_to_json(const std::vector<Skeleton::Ends>& list) {
    Json json = Json::array();
    for (const auto& [from, to] : list)
        json.push_back({from, to});
    return json;
}

std::vector<Skeleton::Ends> ends_from_json(const Json& json, const char* name) {
    std::vector<Skeleton::Ends> list;
    const auto found = json.find(name);
    if (found == json.end())
        return list;
    for (const Json& ends : *found)
        list.push_back({ends.at(0).get<int>(), ends.at(1).get<int>()});
    return list;
}

} // namespace

int Skeleton::find(const std::string& name) const {
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

int Skeleton::mirrored(int point) const {
    for (const auto& [left, right] : pairs) {
        if (left == point)
            return right;
        if (right == point)
            return left;
    }
    return point;
}

void check_skeleton(const Skeleton& skeleton) {
    if (skeleton.names.empty())
        throw bad("has no point. Add one at least.");
    std::set<std::string_view> seen;
    for (const std::string& name : skeleton.names) {
        if (name.find_first_not_of(" \t\r\n") == std::string::npos)
            throw bad("has a point without a name. Give it one.");
        if (!seen.insert(name).second)
            throw bad("has two points named \"" + name + "\". Give one of them another name.");
    }
    for (const auto& ends : skeleton.links)
        check_ends(skeleton, ends, "link");
    std::set<int> paired;
    for (const auto& ends : skeleton.pairs) {
        check_ends(skeleton, ends, "pair");
        for (const int end : ends)
            if (!paired.insert(end).second)
                throw bad("has the point \"" + skeleton.names[static_cast<std::size_t>(end)] +
                          "\" in two pairs. A point has one partner.");
    }
    if (!skeleton.colors.empty() && skeleton.colors.size() != skeleton.names.size())
        throw bad("has colours for some of its points only.");
}

Json skeleton_to_json(const Skeleton& skeleton) {
    Json json{{"names", skeleton.names},
              {"links", ends_to_json(skeleton.links)},
              {"pairs", ends_to_json(skeleton.pairs)}};
    if (!skeleton.colors.empty())
        json["colors"] = skeleton.colors;
    return json;
}

Skeleton skeleton_from_json(const Json& json) {
    Skeleton skeleton;
    try {
        skeleton.names = json.at("names").get<std::vector<std::string>>();
        skeleton.links = ends_from_json(json, "links");
        skeleton.pairs = ends_from_json(json, "pairs");
        if (const auto colors = json.find("colors"); colors != json.end())
            skeleton.colors = colors->get<std::vector<Skeleton::Color>>();
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput, "A skeleton cannot be read: it is not written as one.",
                    error.what());
    }
    check_skeleton(skeleton);
    return skeleton;
}

std::vector<Skeleton::Ends> pairs_of_names(std::span<const std::string> names) {
    std::map<std::string_view, int> positions;
    for (std::size_t i = 0; i < names.size(); ++i)
        positions.emplace(names[i], static_cast<int>(i));
    std::vector<Skeleton::Ends> pairs;
    std::set<int> paired;
    for (int i = 0; i < static_cast<int>(names.size()); ++i)
        if (const auto other = other_side(names[static_cast<std::size_t>(i)]))
            if (const auto partner = positions.find(*other);
                partner != positions.end() && !paired.contains(i) && paired.insert(partner->second).second) {
                paired.insert(i);
                pairs.push_back({i, partner->second});
            }
    return pairs;
}

int placed_points(std::span<const Keypoint> points) {
    return static_cast<int>(std::count_if(points.begin(), points.end(), [](const Keypoint& point) {
        return point.visibility != Visibility::Absent;
    }));
}

Region bounds_of(std::span<const Keypoint> points) {
    std::vector<Point2> places;
    for (const Keypoint& point : points)
        if (point.visibility != Visibility::Absent)
            places.push_back(point.place);
    if (places.empty())
        return {};
    const auto [left, right] = std::minmax_element(
        places.begin(), places.end(), [](const Point2& a, const Point2& b) { return a.x < b.x; });
    const auto [top, bottom] = std::minmax_element(
        places.begin(), places.end(), [](const Point2& a, const Point2& b) { return a.y < b.y; });
    const auto pixel = [](double at) { return static_cast<std::int64_t>(std::floor(at)); };
    return {pixel(left->x), pixel(top->y), pixel(right->x) - pixel(left->x) + 1,
            pixel(bottom->y) - pixel(top->y) + 1};
}

} // namespace eyepiece
