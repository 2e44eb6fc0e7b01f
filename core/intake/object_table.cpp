// SPDX-License-Identifier: GPL-3.0-or-later
// A row for each labelled object of a project.
#include "core/data/dates.h"
#include "core/data/measurement_table.h"
#include "core/formats/image_reader.h"
#include "core/intake/number_columns.h"
#include "core/intake/project_table.h"

#include <limits>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t block = 4096; // px: objects whose corners lie in one are measured together

// What is known of an image before it is measured in.
struct Picture {
    std::optional<ImageInfo> info;
    std::string problem; // why there is none
};

Picture look_at(const Item& item) {
    try {
        const ImageInfo info = probe_image(item.path);
        if (info.width != item.width || info.height != item.height)
            return {std::nullopt, "it is no longer of the size in which it was labelled."};
        return {info, {}};
    } catch (const Error& error) {
        return {std::nullopt, error.what()};
    }
}

std::vector<std::vector<LabelObject>> blocks_of(const std::vector<LabelObject>& objects) {
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<LabelObject>> blocks;
    for (const LabelObject& object : objects)
        blocks[{object.bounds.y / block, object.bounds.x / block}].push_back(object);
    std::vector<std::vector<LabelObject>> result;
    for (auto& [place, members] : blocks)
        result.push_back(std::move(members));
    return result;
}

// Where each object comes from: who made it and when, with which tool, from which run, how often its pixels
// changed since, and how long was worked on it; missing where nobody measured that.
class Origins {
public:
    void add(Project& project, ItemId item, const LabelObject& object) {
        authors_.push_back(object.author);
        tools_.push_back(object.tool);
        runs_.push_back(object.run);
        const auto made = parse_date(object.created);
        made_.push_back(made.value_or(0));
        made_unknown_.push_back(!made);
        edits_.push_back(object.edits);
        double seconds = 0;
        for (const LabelWork& work : project.labels().work(item, object.id))
            seconds += work.seconds;
        seconds_.push_back(seconds > 0 ? seconds : std::numeric_limits<double>::quiet_NaN());
    }
    std::vector<Column> take() && {
        std::vector<Column> columns;
        columns.push_back(Column::text("author", std::move(authors_)).as_categorical());
        columns.push_back(Column::text("tool", std::move(tools_)).as_categorical());
        columns.push_back(Column::text("run", std::move(runs_)).as_categorical());
        columns.push_back(Column::dates("made", std::move(made_), std::move(made_unknown_)));
        columns.push_back(Column::integers("edits", std::move(edits_)));
        columns.push_back(Column::reals("seconds of work", std::move(seconds_)));
        for (Column& column : columns)
            column = std::move(column).with_role(ColumnRole::Annotation);
        return columns;
    }

private:
    TextValues authors_, tools_, runs_;
    std::vector<std::int64_t> made_, edits_;
    Column::Missing made_unknown_;
    std::vector<double> seconds_;
};

class ObjectTable final : public ProjectTable {
public:
    Table make(const fs::path& folder, const Json& set, JobContext& context) const override {
        const LabelledProject labelled = open_labelled(folder);
        Work work{labelled, context, set.at("intensities").get<bool>()};
        return work.table();
    }

private:
    struct Work {
        Work(const LabelledProject& labelled, JobContext& job, bool with_intensities)
            : project(*labelled.project)
            , context(job)
            , intensities(with_intensities)
            , items(labelled.items)
            , numbers(labelled.objects)
            , where(labelled.objects) {
            for (const LabelClass& known : project.classes().all())
                class_names[known.id] = known.name;
        }

        Table table() {
            look_at_images();
            for (std::size_t i = 0; i < items.size(); ++i) {
                context.throw_if_cancelled();
                context.progress(0.1 + 0.9 * static_cast<double>(i) / static_cast<double>(items.size()),
                                 "Measuring the objects");
                measure(i);
            }
            return finished();
        }

        // The images' own scale is used where all of them state one unit; else lengths are in px everywhere.
        void look_at_images() {
            std::string unit;
            for (std::size_t i = 0; i < items.size(); ++i) {
                context.throw_if_cancelled();
                context.progress(0.1 * static_cast<double>(i) / static_cast<double>(items.size()),
                                 "Looking at the images");
                pictures.push_back(look_at(items[i]));
                const std::optional<ImageInfo>& info = pictures.back().info;
                scaled = scaled && info && info->pixel_size.x > 0 && info->pixel_size.y > 0 &&
                         (unit.empty() || unit == info->pixel_size.unit);
                if (info)
                    unit = info->pixel_size.unit;
            }
        }

        void measure(std::size_t at) {
            const Item& item = items[at];
            const std::vector<LabelObject> objects = labelled_objects(project, item);
            std::unique_ptr<ImageSource> source;
            std::string problem = pictures[at].problem;
            if (intensities && pictures[at].info) {
                try {
                    source = open_image(item.path);
                } catch (const Error& error) {
                    problem = error.what();
                }
            }
            if (intensities && !source)
                context.warn("Only the shapes of the objects of " + item.name + " were measured: " + problem);
            std::unordered_map<ObjectId, std::size_t> row_of;
            for (const LabelObject& object : objects) {
                origins.add(project, item.id, object);
                row_of.emplace(object.id, rows.size());
                rows.push_back({&item, object.id, class_names.at(object.class_id)});
            }
            for (const auto& members : blocks_of(objects)) {
                context.throw_if_cancelled();
                measure_block(at, source.get(), members, row_of);
            }
        }

        void measure_block(std::size_t item, ImageSource* source, const std::vector<LabelObject>& members,
                           const std::unordered_map<ObjectId, std::size_t>& row_of) {
            Region region;
            std::unordered_set<ObjectId> wanted;
            for (const LabelObject& object : members) {
                region = region.united(object.bounds);
                wanted.insert(object.id);
            }
            LabelMap labels = project.labels().read(items[item].id, region);
            for (ObjectId& id : labels.ids()) // of other blocks, and cut off here
                if (id != 0 && !wanted.contains(id))
                    id = 0;
            MeasurementOptions options;
            options.left = region.x;
            options.top = region.y;
            Image image;
            if (scaled)
                options.pixel_size = pictures[item].info->pixel_size;
            if (source) {
                options.channel_names = channel_names(source->info());
                image = source->read(region);
            }
            const Table measured = measurement_table(labels, image.empty() ? nullptr : &image, options);
            std::vector<std::string> names, places;
            std::vector<std::size_t> features, positions;
            for (std::size_t c = 0; c < measured.columns(); ++c) {
                const bool feature = measured.role(c) == ColumnRole::Feature;
                (feature ? features : positions).push_back(c);
                (feature ? names : places).push_back(measured.name(c));
            }
            std::vector<double> values;
            const auto put = [&](NumberColumns<double>& into, const std::vector<std::string>& of,
                                 const std::vector<std::size_t>& columns, std::size_t at, std::size_t row) {
                values.clear();
                for (const std::size_t c : columns)
                    values.push_back(measured.dense()[c].number(at));
                into.set(row, of, values);
            };
            for (std::size_t at = 0; at < measured.rows(); ++at) {
                const auto id =
                    static_cast<ObjectId>(std::stoul(std::string(measured.row_names()->view(at))));
                put(numbers, names, features, at, row_of.at(id));
                put(where, places, positions, at, row_of.at(id));
            }
        }

        Table finished() {
            std::vector<Column> columns = std::move(numbers).take(ColumnRole::Feature, rows.size());
            for (Column& column : std::move(where).take(ColumnRole::Annotation, rows.size()))
                columns.push_back(std::move(column));
            for (Column& column : std::move(origins).take())
                columns.push_back(std::move(column));
            return table_of_objects(rows, std::move(columns));
        }

        Project& project;
        JobContext& context;
        const bool intensities;
        const std::vector<Item>& items;
        NumberColumns<double> numbers, where;
        Origins origins = {};
        std::vector<Picture> pictures = {};
        bool scaled = true;
        std::map<ClassId, std::string> class_names = {};
        std::vector<ObjectRow> rows = {};
    };
};

} // namespace

void register_object_table(ProjectTableRegistry& tables) {
    tables.add({.name = "objects",
                .title = "The labelled objects",
                .help =
                    "A row for each labelled object of the project: its shape, its intensities in each "
                    "channel of the image, its class and place, and who made it, when, with what and in how "
                    "long a time.",
                .parameters = {boolean_parameter("intensities", true, "Intensities",
                                                 "Mean, spread, minimum and maximum of each channel within "
                                                 "the object; without, only shapes are measured and no "
                                                 "image is read.")},
                .make = [] { return std::make_unique<ObjectTable>(); }});
}

} // namespace eyepiece
