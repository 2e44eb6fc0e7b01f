// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/split_plan.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>

namespace eyepiece {
namespace {

constexpr std::array<const char*, 3> side_names{"train", "val", "test"};

// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): the
// standard library's shuffles differ between implementations.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    template<class Iterator>
    void shuffle(Iterator first, Iterator last) {
        for (auto count = last - first; count > 1; --count)
            std::swap(first[count - 1],
                      first[static_cast<std::ptrdiff_t>(next() % static_cast<std::uint64_t>(count))]);
    }

private:
    std::uint64_t state_;
};

// Items that must stay on one side.
struct Unit {
    std::vector<std::size_t> members; // positions in the list of items
    double foreground = 0;
    std::string kind;
    int side = -1;
};

class DisjointSets {
public:
    explicit DisjointSets(std::size_t count) : parents_(count) {
        std::iota(parents_.begin(), parents_.end(), 0);
    }
    std::size_t find(std::size_t i) {
        while (parents_[i] != i)
            i = parents_[i] = parents_[parents_[i]];
        return i;
    }
    void join(std::size_t a, std::size_t b) {
        a = find(a);
        b = find(b);
        parents_[std::max(a, b)] = std::min(a, b);
    }

private:
    std::vector<std::size_t> parents_;
};

// The text column that tells kinds of images apart: the first with two to ten values. Splits are then
// balanced by it.
std::string kind_column(const std::vector<const SplitItem*>& items) {
    std::map<std::string, std::set<std::string>> values;
    for (const SplitItem* item : items)
        for (const auto& [name, value] : item->columns.items())
            if (value.is_string())
                values[name].insert(value.get<std::string>());
    for (const auto& [name, distinct] : values)
        if (distinct.size() >= 2 && distinct.size() <= 10 && distinct.size() * 3 <= items.size())
            return name;
    return {};
}

std::vector<Unit> units_of(const std::vector<const SplitItem*>& items, SplitBy by) {
    DisjointSets sets(items.size());
    std::map<std::string, std::size_t> first_of_group, first_of_content;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (by == SplitBy::Group && !items[i]->group.empty())
            sets.join(i, first_of_group.try_emplace(items[i]->group, i).first->second);
        // The same file twice is one image, whoever splits how.
        if (!items[i]->hash.empty())
            sets.join(i, first_of_content.try_emplace(items[i]->hash, i).first->second);
    }
    const std::string column = kind_column(items);
    std::map<std::size_t, Unit> by_root;
    for (std::size_t i = 0; i < items.size(); ++i) {
        Unit& unit = by_root[sets.find(i)];
        if (unit.members.empty() && !column.empty() && items[i]->columns.contains(column))
            unit.kind = items[i]->columns[column].dump();
        unit.members.push_back(i);
        unit.foreground += items[i]->foreground;
    }
    std::vector<Unit> units;
    for (auto& [root, unit] : by_root) {
        unit.foreground /= static_cast<double>(unit.members.size());
        units.push_back(std::move(unit));
    }
    return units;
}

// Big units first, since they are hard to place; the others by kind and by how much is labelled on them,
// shuffled among their likes, so that dealing them out in turn gives each side its part of every sort.
std::vector<std::size_t> dealing_order(const std::vector<Unit>& units, std::size_t items, Random& random) {
    std::vector<std::size_t> order(units.size());
    std::iota(order.begin(), order.end(), 0);
    random.shuffle(order.begin(), order.end());
    const auto big = [&](std::size_t u) {
        return units[u].members.size() > std::max<std::size_t>(1, items / 20);
    };
    const auto middle = std::stable_partition(order.begin(), order.end(), big);
    std::stable_sort(order.begin(), middle, [&](std::size_t a, std::size_t b) {
        return units[a].members.size() > units[b].members.size();
    });
    std::stable_sort(middle, order.end(), [&](std::size_t a, std::size_t b) {
        return std::tie(units[a].kind, units[a].foreground) < std::tie(units[b].kind, units[b].foreground);
    });
    constexpr std::ptrdiff_t likes = 10;
    for (auto at = middle; at != order.end();) {
        auto end = at;
        while (end != order.end() && end - at < likes && units[*end].kind == units[*at].kind)
            ++end;
        random.shuffle(at, end);
        at = end;
    }
    return order;
}

// "frame_0012", "slide3-tile07": the part before the last number, when there is one.
std::string source_of(const std::string& stem) {
    std::size_t end = stem.size();
    while (end > 0 && std::isdigit(static_cast<unsigned char>(stem[end - 1])))
        --end;
    if (end == stem.size() || end == 0)
        return {};
    static constexpr std::string_view separators = "_- .";
    if (separators.find(stem[end - 1]) == std::string_view::npos) {
        // Letters such as the t of "_t012" belong to the number.
        std::size_t letters = end;
        while (letters > 0 && std::isalpha(static_cast<unsigned char>(stem[letters - 1])))
            --letters;
        if (letters == 0 || separators.find(stem[letters - 1]) == std::string_view::npos)
            return {};
        end = letters;
    }
    while (end > 0 && separators.find(stem[end - 1]) != std::string_view::npos)
        --end;
    return stem.substr(0, end);
}

void warn_of_unmarked_sources(const std::vector<const SplitItem*>& items,
                              const std::map<ItemId, std::string>& sides,
                              std::vector<std::string>& warnings) {
    std::map<std::string, std::set<std::string>> sources;
    std::map<std::string, std::size_t> counts;
    for (const SplitItem* item : items) {
        if (!item->group.empty())
            continue;
        const std::string source = source_of(item->stem);
        if (source.empty())
            continue;
        sources[source].insert(sides.at(item->id));
        ++counts[source];
    }
    // One common beginning is mere numbering; several are several videos, slides or stacks.
    const auto repeated =
        std::count_if(counts.begin(), counts.end(), [](const auto& entry) { return entry.second > 1; });
    if (repeated < 2)
        return;
    std::size_t torn = 0;
    std::string example;
    for (const auto& [source, on] : sources)
        if (on.size() > 1) {
            ++torn;
            if (example.empty())
                example = source;
        }
    if (torn > 0)
        warnings.push_back(
            "By their names, images of " + std::to_string(torn) + " source(s), such as \"" + example +
            "\", are on more than one side. If these are frames or tiles of one another, near-copies "
            "make the scores too good: group by name:^(.*)[_. -][A-Za-z]*[0-9]+$ and split again.");
}

void warn_of_shares(const std::vector<Unit>& units, const std::array<double, 3>& shares,
                    const std::array<double, 3>& counts, SplitBy by, double total,
                    std::vector<std::string>& warnings) {
    const std::string what = by == SplitBy::Group ? "group" : "image";
    for (std::size_t side = 0; side < 3; ++side) {
        if (shares[side] <= 0)
            continue;
        if (counts[side] == 0)
            warnings.push_back(std::string("Nothing is left for \"") + side_names[side] + "\": there " +
                               (units.size() == 1
                                    ? "is only one " + what
                                    : "are only " + std::to_string(units.size()) + " " + what + "s") +
                               ". Add images" + (by == SplitBy::Group ? " of other groups." : "."));
        else if (std::abs(counts[side] / total - shares[side]) > 0.1)
            warnings.push_back(std::string("\"") + side_names[side] + "\" gets " +
                               std::to_string(std::lround(100 * counts[side] / total)) + " % instead of " +
                               std::to_string(std::lround(100 * shares[side])) +
                               " %: groups are kept whole.");
    }
}

} // namespace

SplitPlan plan_split(const std::vector<SplitItem>& all, const SplitRequest& request) {
    std::array<double, 3> shares{request.train, request.val, request.test};
    const double sum = shares[0] + shares[1] + shares[2];
    if (!(shares[0] > 0) || !(shares[1] >= 0) || !(shares[2] >= 0) || !std::isfinite(sum))
        throw Error(ErrorCode::BadInput,
                    "The shares of a split must not be negative, and something must be left to train on.");
    for (double& share : shares)
        share /= sum;

    std::vector<const SplitItem*> items;
    for (const SplitItem& item : all)
        if (!request.only_labelled || item.labelled)
            items.push_back(&item);
    if (items.empty())
        throw Error(ErrorCode::BadInput, all.empty()
                                             ? "There are no images to split. Add some first."
                                             : "No image is labelled yet. Label some, or split all images.");

    SplitPlan plan;
    auto units = units_of(items, request.by);
    std::array<double, 3> counts{};
    std::array<std::size_t, 3> unit_counts{};
    const auto place = [&](Unit& unit, int side) {
        unit.side = side;
        counts[static_cast<std::size_t>(side)] += static_cast<double>(unit.members.size());
        ++unit_counts[static_cast<std::size_t>(side)];
    };
    if (request.keep_existing) {
        for (Unit& unit : units) {
            // A group that is on one side already draws its new members there.
            std::set<std::string> present;
            for (const std::size_t member : unit.members)
                if (!items[member]->split.empty())
                    present.insert(items[member]->split);
            if (present.size() == 1)
                place(unit,
                      static_cast<int>(std::find(side_names.begin(), side_names.end(), *present.begin()) -
                                       side_names.begin()));
        }
    }
    Random random(request.seed);
    const auto order = dealing_order(units, items.size(), random);
    const double total = static_cast<double>(items.size());
    for (const std::size_t index : order) {
        Unit& unit = units[index];
        if (unit.side >= 0)
            continue;
        // The side that lacks most of its share takes the unit.
        const double dealt = counts[0] + counts[1] + counts[2] + static_cast<double>(unit.members.size());
        int best = 0;
        double most = -std::numeric_limits<double>::infinity();
        for (int side = 0; side < 3; ++side) {
            const auto s = static_cast<std::size_t>(side);
            if (shares[s] <= 0)
                continue;
            const bool big = static_cast<double>(unit.members.size()) > total / 20;
            const double lacking = shares[s] * (big ? total : dealt) - counts[s];
            if (lacking > most) {
                most = lacking;
                best = side;
            }
        }
        place(unit, best);
    }
    // With three units or more no wanted side stays empty: the smallest unit of the fullest side moves.
    for (int side = 0; side < 3; ++side) {
        const auto s = static_cast<std::size_t>(side);
        if (shares[s] <= 0 || unit_counts[s] > 0)
            continue;
        int donor = -1;
        for (int other = 0; other < 3; ++other)
            if (unit_counts[static_cast<std::size_t>(other)] > 1 &&
                (donor < 0 ||
                 unit_counts[static_cast<std::size_t>(other)] > unit_counts[static_cast<std::size_t>(donor)]))
                donor = other;
        Unit* smallest = nullptr;
        for (const std::size_t index : order)
            if (units[index].side == donor && donor >= 0 &&
                (!smallest || units[index].members.size() < smallest->members.size()))
                smallest = &units[index];
        if (!smallest || (request.keep_existing && !items[smallest->members.front()]->split.empty()))
            continue;
        counts[static_cast<std::size_t>(donor)] -= static_cast<double>(smallest->members.size());
        --unit_counts[static_cast<std::size_t>(donor)];
        place(*smallest, side);
    }
    for (const Unit& unit : units)
        for (const std::size_t member : unit.members) {
            const bool keeps = request.keep_existing && !items[member]->split.empty();
            plan.sides[items[member]->id] =
                keeps ? items[member]->split : side_names[static_cast<std::size_t>(unit.side)];
        }

    std::map<std::string, std::set<std::string>> of_group;
    for (const SplitItem* item : items)
        if (!item->group.empty())
            of_group[item->group].insert(plan.sides.at(item->id));
    plan.torn_groups = std::count_if(of_group.begin(), of_group.end(),
                                     [](const auto& entry) { return entry.second.size() > 1; });
    if (plan.torn_groups > 0)
        plan.warnings.push_back(
            std::to_string(plan.torn_groups) + " of " + std::to_string(of_group.size()) +
            " groups are on more than one side: near-copies of what the model has seen make its scores "
            "too good. Split by group to keep them whole.");
    warn_of_unmarked_sources(items, plan.sides, plan.warnings);
    warn_of_shares(units, shares, counts, request.by, total, plan.warnings);
    return plan;
}

} // namespace eyepiece
