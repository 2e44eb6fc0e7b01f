// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/activation_table.h"

#include "core/formats/image_reader.h"
#include "core/intake/number_columns.h"
#include "core/learning/tiled_prediction.h"
#include "core/operations/open.h"
#include "core/operations/part_of_job.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t most_numbers = std::int64_t{1} << 20; // turned into float64 at once

// What is summed up of a row's pixels.
struct Sums {
    double weight = 0;
    torch::Tensor values, squares; // (F) float64

    // maps: (F,h,w) float32; weights: (h,w) float64.
    void add(const torch::Tensor& maps, const torch::Tensor& weights) {
        const std::int64_t channels = maps.size(0);
        if (weight == 0) {
            values = torch::zeros({channels}, torch::kFloat64);
            squares = torch::zeros({channels}, torch::kFloat64);
        }
        const torch::Tensor w = weights.flatten();
        const std::int64_t block = std::max<std::int64_t>(1, most_numbers / w.numel());
        for (std::int64_t first = 0; first < channels; first += block) {
            const std::int64_t count = std::min(block, channels - first);
            const torch::Tensor some = maps.narrow(0, first, count).flatten(1).to(torch::kFloat64);
            values.narrow(0, first, count).add_(some.mv(w));
            squares.narrow(0, first, count).add_(some.square().mv(w));
        }
        weight += w.sum().item<double>();
    }

    // The means, and behind them the standard deviations.
    std::vector<float> numbers(bool spread) const {
        const torch::Tensor mean = values / weight;
        torch::Tensor all = mean;
        if (spread)
            all = torch::cat({mean, (squares / weight - mean.square()).clamp_min(0).sqrt()});
        all = all.to(torch::kFloat32).contiguous();
        return {all.data_ptr<float>(), all.data_ptr<float>() + all.numel()};
    }
};

// Along one axis: between which of a map's positions each pixel lies when the map is enlarged bilinearly
// (align_corners false), so that a pixel is (1 - share) of one and share of the one behind it.
struct Axis {
    struct Place {
        std::int64_t position = 0;
        double share = 0;
    };
    std::vector<Place> places; // of the pixels [from, to)
    std::int64_t positions = 0;

    Axis(std::int64_t from, std::int64_t to, std::int64_t seen_from, std::int64_t seen, std::int64_t count)
        : positions(count) {
        for (std::int64_t pixel = from; pixel < to; ++pixel) {
            const double at = (static_cast<double>(pixel - seen_from) + 0.5) * static_cast<double>(count) /
                                  static_cast<double>(seen) -
                              0.5;
            const double inside = std::clamp(at, 0.0, static_cast<double>(count - 1));
            const auto position =
                std::min(static_cast<std::int64_t>(inside), std::max<std::int64_t>(0, count - 2));
            places.push_back({position, inside - static_cast<double>(position)});
        }
    }

    // What each position has of all the pixels.
    torch::Tensor weights() const {
        torch::Tensor all = torch::zeros({positions}, torch::kFloat64);
        auto* const out = all.data_ptr<double>();
        for (const Place& place : places) {
            out[place.position] += 1 - place.share;
            if (place.share > 0)
                out[place.position + 1] += place.share;
        }
        return all;
    }
};

struct TileAxes {
    Axis down, across;
    explicit TileAxes(const LayerTile& tile)
        : down(tile.core.y, tile.core.bottom(), tile.seen.y, tile.seen.height, tile.maps.size(1))
        , across(tile.core.x, tile.core.right(), tile.seen.x, tile.seen.width, tile.maps.size(2)) {}
};

// Adds one object's pixels within a tile: each gives its weight to the four positions around it.
void add_object(Sums& sums, const LayerTile& tile, const TileAxes& axes, const LabelMap& labels,
                ObjectId object, const Region& part) {
    const auto of = [](const Axis& axis, std::int64_t pixel) -> const Axis::Place& {
        return axis.places[static_cast<std::size_t>(pixel)];
    };
    const std::int64_t left = part.x - tile.core.x, top = part.y - tile.core.y;
    const std::int64_t first_row = of(axes.down, top).position, first_column = of(axes.across, left).position;
    // The last position and the one behind it, where there is one.
    const std::int64_t rows =
        std::min(of(axes.down, top + part.height - 1).position + 2, axes.down.positions) - first_row;
    const std::int64_t columns =
        std::min(of(axes.across, left + part.width - 1).position + 2, axes.across.positions) - first_column;
    torch::Tensor weights = torch::zeros({rows, columns}, torch::kFloat64);
    auto* const out = weights.data_ptr<double>();
    bool any = false;
    for (std::int64_t y = top; y < top + part.height; ++y) {
        const Axis::Place& down = of(axes.down, y);
        for (std::int64_t x = left; x < left + part.width; ++x) {
            if (labels.at(x, y) != object)
                continue;
            any = true;
            const Axis::Place& across = of(axes.across, x);
            double* const here =
                out + (down.position - first_row) * columns + (across.position - first_column);
            here[0] += (1 - down.share) * (1 - across.share);
            if (across.share > 0)
                here[1] += (1 - down.share) * across.share;
            if (down.share > 0)
                here[columns] += down.share * (1 - across.share);
            if (down.share > 0 && across.share > 0)
                here[columns + 1] += down.share * across.share;
        }
    }
    if (any)
        sums.add(tile.maps.narrow(1, first_row, rows).narrow(2, first_column, columns), weights);
}

class ActivationTable final : public ProjectTable {
public:
    explicit ActivationTable(EngineServices& services) : services_(services) {}

    Table make(const fs::path& folder, const Json& set, JobContext& context) const override {
        const std::string layer = set.at("layer").get<std::string>();
        const auto network = open_network(services_, model_of(folder, set.at("run").get<std::string>()),
                                          select_device(services_.options.device, services_.options.threads));
        // A layer that will not do says so before any image is read.
        const std::int64_t side = 4 * std::max(network->size_multiple(), network->margin());
        network->activation(torch::zeros({1, network->input_channels(), side, side}), layer);
        Work work{
            .network = *network, .layer = layer, .spread = set.at("spread").get<bool>(), .context = context};
        return set.at("rows") == "objects" ? of_objects(folder, work) : of_images(folder, work);
    }

private:
    struct Work {
        TrainedNetwork& network;
        std::string layer;
        bool spread;
        JobContext& context;
        std::vector<std::string> names = {}; // of the columns, once a map was seen
        std::vector<std::string> left_out = {};

        void put(NumberColumns<float>& numbers, std::size_t row, const Sums& sums) {
            if (names.empty())
                for (const char* prefix : {"", "sd "})
                    for (std::int64_t channel = 1; channel <= sums.values.numel(); ++channel)
                        if (*prefix == 0 || spread)
                            names.push_back(prefix + layer + "/" + std::to_string(channel));
            numbers.set(row, names, sums.numbers(spread));
        }

        // Looks at one image of many; false where it could not be read, which is noted.
        bool look(const Item& item, std::size_t place, std::size_t of, bool labelled, const LayerSink& sink) {
            const auto count = static_cast<double>(of);
            PartOfJob part(context, static_cast<double>(place) / count,
                           static_cast<double>(place + 1) / count);
            try {
                const auto source = open_image(item.path);
                const ImageInfo& info = source->info();
                if (labelled && (info.width != item.width || info.height != item.height))
                    throw Error(ErrorCode::Conflict, "It is no longer of the size in which it was labelled.");
                visit_layer(network, *source, layer, 0, sink, part);
                return true;
            } catch (const Error& error) {
                if (error.code() == ErrorCode::Cancelled || error.code() == ErrorCode::Memory)
                    throw;
                left_out.push_back(item.name + ": " + error.what());
                return false;
            }
        }

        void warn_of_left_out(std::size_t all, bool any, const std::string& what) {
            if (!any)
                throw Error(ErrorCode::BadInput, "None of the " + std::to_string(all) +
                                                     " images could be looked at. " + left_out.front());
            if (!left_out.empty())
                context.warn(std::to_string(left_out.size()) + " of " + std::to_string(all) +
                             " images could not be looked at, and " + what + " left out. " +
                             left_out.front());
        }
    };

    // PROJECT:RUN of this project; or of another one, or an exported file, which refuses for itself.
    static std::string model_of(const fs::path& folder, const std::string& run) {
        std::error_code ignored;
        if (!run.empty())
            return run.find(':') != std::string::npos || fs::exists(run, ignored)
                       ? run
                       : folder.string() + ":" + run;
        std::string known;
        if (Project::is_project(folder))
            for (const RunInfo& one : Project::open(folder, Project::Access::ReadOnly)->runs().all())
                known += (known.empty() ? "" : ", ") + one.id;
        throw Error(ErrorCode::BadInput,
                    "Whose activations? Name a run: " +
                        (known.empty() ? "one of another project as PROJECT:RUN, for there is none here."
                                       : known + ", or one of another project as PROJECT:RUN."));
    }

    static Table of_images(const fs::path& folder, Work& work) {
        const std::vector<Item> items = items_of(folder);
        NumberColumns<float> numbers(items.size());
        std::vector<const Item*> rows;
        for (std::size_t i = 0; i < items.size(); ++i) {
            Sums sums;
            const auto add = [&](const LayerTile& tile) {
                const TileAxes axes(tile);
                sums.add(tile.maps, torch::outer(axes.down.weights(), axes.across.weights()));
            };
            if (!work.look(items[i], i, items.size(), false, add))
                continue;
            work.put(numbers, rows.size(), sums);
            rows.push_back(&items[i]);
        }
        work.warn_of_left_out(items.size(), !rows.empty(), "are");
        return table_of_images(rows, std::move(numbers).take(ColumnRole::Feature, rows.size()));
    }

    static Table of_objects(const fs::path& folder, Work& work) {
        const LabelledProject labelled = open_labelled(folder);
        std::map<ClassId, std::string> class_names;
        for (const LabelClass& known : labelled.project->classes().all())
            class_names[known.id] = known.name;
        NumberColumns<float> numbers(labelled.objects);
        std::vector<ObjectRow> rows;
        for (std::size_t i = 0; i < labelled.items.size(); ++i) {
            const Item& item = labelled.items[i];
            const std::vector<LabelObject> objects = labelled_objects(*labelled.project, item);
            std::vector<Sums> sums(objects.size());
            const auto add = [&](const LayerTile& tile) {
                const TileAxes axes(tile);
                const LabelMap labels = labelled.project->labels().read(item.id, tile.core);
                for (std::size_t o = 0; o < objects.size(); ++o) {
                    const Region part = objects[o].bounds.intersected(tile.core);
                    if (part.empty())
                        continue;
                    work.context.throw_if_cancelled();
                    add_object(sums[o], tile, axes, labels, objects[o].id, part);
                }
            };
            if (!work.look(item, i, labelled.items.size(), true, add))
                continue;
            for (std::size_t o = 0; o < objects.size(); ++o) {
                if (sums[o].weight > 0)
                    work.put(numbers, rows.size(), sums[o]);
                rows.push_back({&item, objects[o].id, class_names.at(objects[o].class_id)});
            }
        }
        work.warn_of_left_out(labelled.items.size(), !rows.empty(), "their objects are");
        return table_of_objects(rows, std::move(numbers).take(ColumnRole::Feature, rows.size()));
    }

    EngineServices& services_;
};

} // namespace

void register_activation_table(EngineServices& services) {
    services.registries.tables.add(
        {.name = "activations",
         .title = "What a network sees",
         .help = "A row for each image, or labelled object: the mean of each channel of a layer of a trained "
                 "network.",
         .parameters =
             {text_parameter("run", "", "Run",
                             "The run of the project, by its number or name; or another project's "
                             "as PROJECT:RUN."),
              text_parameter("layer", "", "Layer", "A named layer of its network; a wrong name lists them."),
              choice_parameter("rows", "images", {"images", "objects"}, "Rows",
                               "images: the mean over each whole image; objects: over the pixels of "
                               "each labelled object."),
              boolean_parameter("spread", false, "Spread", "The standard deviation of each channel too.")},
         .make = [&services] { return std::make_unique<ActivationTable>(services); }});
}

} // namespace eyepiece
