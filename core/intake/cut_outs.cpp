// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/intake/cut_outs.h"

#include "core/data/contrast.h"
#include "core/formats/image_reader.h"
#include "core/intake/thumbnails.h"
#include "core/project/project.h"

#include <algorithm>

namespace eyepiece {
namespace {

constexpr std::int64_t least_margin = 4, margin_share = 4; // px, and one of so many parts, about the object
constexpr std::int64_t sample_side = 2 * ThumbnailFolder::longer_side; // as the lists' pictures are stretched
constexpr std::int64_t tile = LabelStore::tile_size;

// A part of an image at a level of its pyramid, in that level's px.
struct Window {
    int level = 0;
    Region region;
    std::int64_t scale() const { return std::int64_t{1} << level; }
};

Window window_about(const Region& object, const ImageInfo& info, std::int64_t longer_side) {
    const std::int64_t margin = std::max(least_margin, std::max(object.width, object.height) / margin_share);
    const Region about =
        Region{object.x - margin, object.y - margin, object.width + 2 * margin, object.height + 2 * margin}
            .intersected({0, 0, info.width, info.height});
    Window window;
    window.level = pyramid_levels(about.width, about.height, longer_side);
    const std::int64_t scale = window.scale();
    const LevelSize size = level_size(info.width, info.height, window.level);
    const std::int64_t left = about.x / scale, top = about.y / scale;
    window.region = {left, top, std::min((about.right() + scale - 1) / scale, size.width) - left,
                     std::min((about.bottom() + scale - 1) / scale, size.height) - top};
    return window;
}

// Which pixels of the window are the object's, by the label in the middle of what each covers. Reads a row of
// tiles at a time: the labels of a very large object need not fit in memory.
Mask mask_in(const LabelStore& labels, ItemId item, ObjectId object, const Window& window,
             const ImageInfo& info, JobContext& context) {
    const Region& region = window.region;
    const std::int64_t scale = window.scale();
    const auto middle = [scale](std::int64_t at, std::int64_t end) {
        return std::min(at * scale + scale / 2, end - 1);
    };
    Mask mask(region.height, region.width);
    const std::int64_t left = middle(region.x, info.width),
                       width = middle(region.right() - 1, info.width) + 1 - left;
    LabelMap band;
    Region place;
    for (std::int64_t row = 0; row < region.height; ++row) {
        const std::int64_t y = middle(region.y + row, info.height);
        if (place.empty() || y >= place.bottom()) {
            context.throw_if_cancelled();
            place = {left, y, width, (y / tile + 1) * tile - y};
            band = labels.read(item, place);
        }
        for (std::int64_t column = 0; column < region.width; ++column)
            mask.set(column, row,
                     band.at(middle(region.x + column, info.width) - left, y - place.y) == object);
    }
    return mask;
}

} // namespace

struct CutOuts::Opened {
    std::filesystem::path path;
    std::string hash;
    std::unique_ptr<ImageSource> source;
    ContrastRenderer renderer;

    explicit Opened(const Item& item)
        : path(item.path), hash(item.hash), source(open_image(item.path)), renderer(stretched(*source)) {}

private:
    static ContrastRenderer stretched(ImageSource& source) {
        const Image sample = read_thumbnail(source, sample_side);
        return {sample.type(), default_contrast(source.info(), sample), source.info().rgb, ByteOrder::Rgba};
    }
};

CutOuts::CutOuts(std::filesystem::path project_folder, std::int64_t longer_side)
    : folder_(std::move(project_folder)), longer_side_(longer_side) {}
CutOuts::~CutOuts() = default;

CutOuts::Opened& CutOuts::open(const Item& item) {
    if (!opened_ || opened_->path != item.path || opened_->hash != item.hash) {
        opened_.reset(); // one at a time in memory
        opened_ = std::make_unique<Opened>(item);
    }
    return *opened_;
}

CutOut CutOuts::get(ItemId item_id, ObjectId object_id, JobContext& context) {
    const auto project = Project::open(folder_, Project::Access::ReadOnly);
    const Item item = project->items().at(item_id);
    const auto object = project->labels().object(item_id, object_id);
    if (!object)
        throw Error(ErrorCode::NotFound, "The object " + std::to_string(object_id) + " of \"" + item.name +
                                             "\" is no longer there.");
    Opened& opened = open(item);
    context.throw_if_cancelled();
    const ImageInfo& info = opened.source->info();
    const Window window = window_about(object->bounds, info, longer_side_);
    if (window.region.empty())
        throw Error(ErrorCode::BadInput,
                    "The image \"" + item.name +
                        "\" is smaller than when it was labelled. Put the old one back.");
    const Image pixels = opened.source->read(window.region, window.level, info.depth / 2, 0);
    std::vector<std::uint32_t> colors(static_cast<std::size_t>(pixels.width() * pixels.height()));
    opened.renderer.render(pixels, colors);
    CutOut cut;
    cut.picture = rgb_image(colors, pixels.height(), pixels.width());
    cut.outlines = trace_outlines(mask_in(project->labels(), item_id, object_id, window, info, context));
    if (const auto known = project->classes().find(object->class_id))
        cut.color = known->color;
    return cut;
}

} // namespace eyepiece
