// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/labelled_pixels.h"

#include "core/base/error.h"
#include "core/formats/image_reader.h"
#include "core/learning/parallel.h"
#include "core/learning/random.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace eyepiece::label {

namespace {

constexpr std::size_t most_a_block = 500; // of one class
constexpr std::size_t most_examples = 40'000;
constexpr std::size_t most_blocks_an_image = 64; // of a large complete one: a sample of its blocks will do
constexpr std::int16_t unlabelled = -1;
constexpr std::int64_t side = FeatureBlock::side;

// The class of each pixel of a block, as an index.
struct BlockLabels {
    const FeatureImage* image = nullptr;
    std::int64_t row = 0, column = 0;
    Region region;
    std::vector<std::int16_t> classes; // region.height x region.width
    std::uint64_t hash = 0;
};

std::uint64_t hash_of(const std::vector<std::int16_t>& classes, std::span<const ClassId> ids) {
    std::uint64_t hash = 0;
    for (const ClassId id : ids)
        hash = mix_seed(hash, static_cast<std::uint64_t>(id));
    // Runs, for labels are mostly areas.
    for (std::size_t at = 0; at < classes.size();) {
        std::size_t end = at + 1;
        while (end < classes.size() && classes[end] == classes[at])
            ++end;
        hash = mix_seed(hash, static_cast<std::uint64_t>(static_cast<std::uint16_t>(classes[at])) << 32 |
                                  (end - at));
        at = end;
    }
    return hash;
}

// At most so many of the places, scattered evenly, and the same ones each time.
std::vector<std::uint32_t> sampled(std::vector<std::uint32_t> places, std::size_t most) {
    if (places.size() <= most)
        return places;
    const auto rank = [](std::uint32_t place) { return mix_seed(7, place); };
    std::nth_element(places.begin(), places.begin() + static_cast<std::ptrdiff_t>(most), places.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return rank(a) < rank(b); });
    places.resize(most);
    std::sort(places.begin(), places.end());
    return places;
}

ForestExamples examples_of(const BlockLabels& labels, int class_count, const FeatureBlock& block) {
    std::vector<std::vector<std::uint32_t>> places(static_cast<std::size_t>(class_count));
    for (std::size_t at = 0; at < labels.classes.size(); ++at)
        if (labels.classes[at] != unlabelled)
            places[static_cast<std::size_t>(labels.classes[at])].push_back(static_cast<std::uint32_t>(at));
    ForestExamples examples;
    examples.features = block.features;
    std::vector<std::int16_t> codes(static_cast<std::size_t>(block.features));
    for (std::size_t c = 0; c < places.size(); ++c)
        for (const std::uint32_t at : sampled(std::move(places[c]), most_a_block)) {
            block.gather(at % labels.region.width, at / labels.region.width, codes);
            examples.codes.insert(examples.codes.end(), codes.begin(), codes.end());
            examples.classes.push_back(static_cast<std::uint8_t>(c));
        }
    return examples;
}

// Reads the labels block by block. Object 0 is `background` in a complete image.
void read_labels(Project& project, const FeatureImage& image, const std::map<ClassId, int>& index,
                 std::vector<BlockLabels>& blocks, LabelledPixels& found) {
    const ImageInfo& info = image.source->info();
    std::unordered_map<ObjectId, std::int16_t> class_of;
    for (const LabelObject& object : project.labels().objects(image.item.id))
        if (const auto known = index.find(object.class_id); known != index.end())
            class_of[object.id] = static_cast<std::int16_t>(known->second);
    if (image.item.complete)
        class_of[0] = 0;
    const Region whole{0, 0, info.width, info.height};
    const Region bounds =
        image.item.complete ? whole : project.labels().labelled_bounds(image.item.id).intersected(whole);
    if (bounds.empty())
        return;
    std::vector<std::pair<std::int64_t, std::int64_t>> places;
    for (std::int64_t row = bounds.y / side; row * side < bounds.bottom(); ++row)
        for (std::int64_t column = bounds.x / side; column * side < bounds.right(); ++column)
            places.emplace_back(row, column);
    if (image.item.complete && places.size() > most_blocks_an_image) {
        std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) {
            const auto rank = [](const auto& place) {
                return mix_seed(mix_seed(3, static_cast<std::uint64_t>(place.first)),
                                static_cast<std::uint64_t>(place.second));
            };
            return rank(a) < rank(b);
        });
        places.resize(most_blocks_an_image);
    }
    std::vector<ClassId> ids;
    for (const auto& [id, at] : index)
        ids.push_back(id);
    std::vector<std::int64_t> counts(index.size(), 0);
    for (const auto& [row, column] : places) {
        BlockLabels block{&image, row, column, PixelFeatures::block_region(info, row, column), {}, 0};
        const LabelMap map = project.labels().read(image.item.id, block.region);
        block.classes.resize(map.ids().size());
        bool any = false;
        ObjectId last = 0;
        std::int16_t its_class = image.item.complete ? std::int16_t{0} : unlabelled;
        for (std::size_t at = 0; at < block.classes.size(); ++at) {
            if (const ObjectId id = map.ids()[at]; id != last) {
                const auto known = class_of.find(id);
                its_class = known == class_of.end() ? unlabelled : known->second;
                last = id;
            }
            block.classes[at] = its_class;
            if (its_class != unlabelled) {
                ++counts[static_cast<std::size_t>(its_class)];
                any = true;
            }
        }
        if (!any)
            continue;
        block.hash = hash_of(block.classes, ids);
        blocks.push_back(std::move(block));
    }
    bool any = false;
    for (std::size_t at = 0; at < counts.size(); ++at) {
        if (counts[at] == 0)
            continue;
        found.pixel_count[ids[at]] += counts[at];
        any = true;
    }
    found.images += any;
}

// Leaves the same share of each block's examples out until they are few enough.
void thin_out(ForestExamples& examples) {
    if (examples.size() <= most_examples)
        return;
    std::vector<std::uint32_t> places(examples.size());
    for (std::size_t at = 0; at < places.size(); ++at)
        places[at] = static_cast<std::uint32_t>(at);
    ForestExamples fewer;
    fewer.features = examples.features;
    for (const std::uint32_t at : sampled(std::move(places), most_examples)) {
        const auto from = examples.codes.begin() + static_cast<std::ptrdiff_t>(at) * examples.features;
        fewer.codes.insert(fewer.codes.end(), from, from + examples.features);
        fewer.classes.push_back(examples.classes[at]);
    }
    examples = std::move(fewer);
}

} // namespace

std::shared_ptr<const FeatureBlock> features_of(const FeatureImage& image, const PixelFeatures& features,
                                                std::int64_t row, std::int64_t column, LiveMemory& memory,
                                                const JobContext& context) {
    const BlockKey key{
        image.item.hash, features.options().to_json().dump(), image.plane.z, image.plane.t, row, column, 0};
    if (auto known = memory.features.find(key))
        return known;
    auto made = std::make_shared<const FeatureBlock>(
        features.compute(*image.source, image.plane, row, column, context));
    if (!image.item.hash.empty())
        memory.features.keep(key, made, made->bytes());
    return made;
}

LabelledPixels labelled_pixels(Project& project, const PixelFeatures& features, LiveMemory& memory,
                               int threads, JobContext& context) {
    LabelledPixels found;
    std::map<ClassId, int> index;
    for (const LabelClass& each : project.classes().all()) {
        index.emplace(each.id, static_cast<int>(index.size()));
        found.classes.push_back(each.id);
    }
    if (index.size() > static_cast<std::size_t>(RandomForest::most_classes))
        throw Error(ErrorCode::BadInput, "The project has " + std::to_string(index.size()) +
                                             " classes, and a forest tells at most " +
                                             std::to_string(RandomForest::most_classes) + " apart.");
    std::vector<std::unique_ptr<FeatureImage>> images;
    std::vector<BlockLabels> blocks;
    int others = 0;
    std::string unread;
    for (const Item& item : project.items().all()) {
        if (item.objects == 0)
            continue;
        context.throw_if_cancelled();
        try {
            auto image = std::make_unique<FeatureImage>();
            image->item = item;
            image->source = open_image(item.path);
            const ImageInfo& info = image->source->info();
            if (info.type != features.type() ||
                PixelFeatures(features.options(), info).names() != features.names()) {
                ++others;
                continue;
            }
            read_labels(project, *image, index, blocks, found);
            images.push_back(std::move(image));
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Cancelled)
                throw;
            unread = error.what();
        }
    }
    if (others > 0)
        context.warn(std::to_string(others) +
                     (others == 1
                          ? " labelled image has other channels or another pixel type, and nothing was "
                            "learnt from it."
                          : " labelled images have other channels or another pixel type, and nothing was "
                            "learnt from them."));
    if (!unread.empty())
        context.warn("Nothing was learnt from a labelled image that cannot be read: " + unread);

    const std::string options = features.options().to_json().dump();
    std::vector<std::shared_ptr<const ForestExamples>> parts(blocks.size());
    for_blocks(static_cast<std::int64_t>(blocks.size()), threads, [&](std::int64_t at) {
        const BlockLabels& block = blocks[static_cast<std::size_t>(at)];
        const FeatureImage& image = *block.image;
        const BlockKey key{image.item.hash, options,      image.plane.z, image.plane.t,
                           block.row,       block.column, block.hash};
        auto part = memory.examples.find(key);
        if (!part) {
            part = std::make_shared<const ForestExamples>(
                examples_of(block, static_cast<int>(index.size()),
                            *features_of(image, features, block.row, block.column, memory, context)));
            memory.examples.keep(key, part, part->codes.size() * sizeof(std::int16_t) + part->size());
        }
        parts[static_cast<std::size_t>(at)] = std::move(part);
    });
    found.examples.features = features.count();
    for (const auto& part : parts) {
        found.examples.codes.insert(found.examples.codes.end(), part->codes.begin(), part->codes.end());
        found.examples.classes.insert(found.examples.classes.end(), part->classes.begin(),
                                      part->classes.end());
    }
    thin_out(found.examples);

    // Only the classes that have examples, so that the others cost nothing.
    std::vector<int> place(found.classes.size(), -1);
    std::vector<ClassId> present;
    for (const std::uint8_t c : found.examples.classes)
        place[c] = 0;
    for (std::size_t at = 0; at < place.size(); ++at)
        if (place[at] == 0) {
            place[at] = static_cast<int>(present.size());
            present.push_back(found.classes[at]);
        }
    for (std::uint8_t& c : found.examples.classes)
        c = static_cast<std::uint8_t>(place[c]);
    found.classes = std::move(present);
    return found;
}

} // namespace eyepiece::label
