// SPDX-License-Identifier: GPL-3.0-or-later
// Tables of what a project holds, and the file that they are written to.
#include "core/data/measurement_table.h"
#include "core/formats/image_reader.h"
#include "core/formats/image_writer.h"
#include "core/formats/orange_tab.h"
#include "core/formats/table_reader.h"
#include "core/intake/facts.h"
#include "core/intake/importer.h"
#include "core/intake/project_table.h"
#include "tests/project/fixture.h"

#include <cmath>
#include <limits>
#include <random>

using namespace eyepiece;
using namespace eyepiece::test;
namespace fs = std::filesystem;

namespace {

// Keeps the warnings, and cancels at a stage of its choice.
class WatchedJob : public QuietJob {
public:
    explicit WatchedJob(std::string stop_at = {}) : stop_at_(std::move(stop_at)) {}
    void progress(double, std::string_view stage) override {
        if (!stop_at_.empty() && stage == stop_at_)
            cancel = true;
    }
    void warn(std::string_view message) override { warnings.emplace_back(message); }
    std::vector<std::string> warnings;

private:
    std::string stop_at_;
};

Image noise(std::int64_t height, std::int64_t width, int channels, unsigned seed) {
    std::mt19937 random(seed);
    Image image = Image::create(PixelType::UInt8, channels, height, width);
    for (int channel = 0; channel < channels; ++channel)
        for (auto& value : image.writable_plane_as<std::uint8_t>(channel))
            value = static_cast<std::uint8_t>(random() % 256);
    return image;
}

Image of(std::int64_t height, std::int64_t width, const std::vector<std::uint8_t>& values) {
    Image image = Image::create(PixelType::UInt8, 1, height, width);
    std::copy(values.begin(), values.end(), image.writable_plane_as<std::uint8_t>(0).begin());
    return image;
}

Table make(const std::string& name, const fs::path& folder, const Json& set, JobContext& context) {
    ProjectTableRegistry tables("table of a project");
    register_project_tables(tables);
    const auto& entry = tables.at(name);
    return entry.make()->make(folder, entry.parameters.complete(set), context);
}

Table make(const std::string& name, const fs::path& folder, const Json& set = Json::object()) {
    QuietJob job;
    return make(name, folder, set, job);
}

double number(const Table& table, const std::string& column, std::size_t row) {
    return table.column(table.at(column)).number(row);
}

std::string text(const Table& table, const std::string& column, std::size_t row) {
    return table.column(table.at(column)).shown(row);
}

// A project of these images in the folder "images" beside it.
std::unique_ptr<Project>
project_of(const Folder& folder, const std::vector<std::pair<std::string, Image>>& images, bool rgb = false) {
    auto project = Project::create(folder / "p");
    std::vector<fs::path> files;
    for (const auto& [name, image] : images) {
        files.push_back(folder / ("images/" + name));
        fs::create_directories(files.back().parent_path());
        write_image(files.back(), image, rgb);
    }
    project->items().add(files);
    QuietJob job;
    read_facts(*project, {}, job);
    return project;
}

fs::path shared_data() {
    const char* folder = std::getenv("EYEPIECE_SHARED_DATA");
    return folder ? folder : "";
}

} // namespace

class TestProjectTable : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pixels_are_means_of_what_they_cover() {
        Folder folder;
        write_image(folder / "a.png", of(2, 4, {0, 4, 8, 12, 2, 6, 10, 14}));
        write_image(folder / "b.png", of(3, 3, {9, 0, 0, 0, 0, 0, 0, 0, 18}));
        const Table table = make("images", folder.path(), {{"side", 2}});
        QCOMPARE(table.rows(), std::size_t{2});
        QCOMPARE(text(table, "pixel 0,0", 0), std::string("2"));
        QCOMPARE(text(table, "pixel 1,0", 0), std::string("10"));
        QCOMPARE(text(table, "pixel 0,1", 0), std::string("4"));
        QCOMPARE(text(table, "pixel 1,1", 0), std::string("12"));
        // A cell of 1.5 x 1.5 pixels: the corner counts 1 of 2.25.
        QCOMPARE(number(table, "pixel 0,0", 1), 4.0);
        QCOMPARE(number(table, "pixel 1,0", 1), 0.0);
        QCOMPARE(number(table, "pixel 1,1", 1), 8.0);
        QCOMPARE(number(table, "mean 1", 1), 3.0);
        QCOMPARE(number(table, "maximum 1", 1), 18.0);
        QVERIFY(std::abs(number(table, "sd 1", 1) - std::sqrt(40.5)) < 1e-6);
        QCOMPARE(table.row_names()->shown(1), std::string("b.png"));
    }

    // Whatever the sizes, the mean of the small picture is that of the large one, enlarged or reduced.
    void shrinking_keeps_the_mean() {
        Folder folder;
        unsigned seed = 0;
        for (const auto& [height, width] :
             {std::pair<std::int64_t, std::int64_t>{31, 57}, {1, 9}, {64, 64}, {3, 200}, {1000, 1}}) {
            ++seed;
            write_image(folder / ("n" + std::to_string(seed) + ".tif"), noise(height, width, 1, seed));
        }
        for (const int side : {1, 7, 16}) {
            const Table table = make("images", folder.path(), {{"side", side}});
            for (std::size_t row = 0; row < table.rows(); ++row) {
                double sum = 0;
                for (int y = 0; y < side; ++y)
                    for (int x = 0; x < side; ++x)
                        sum += number(table, "pixel " + std::to_string(x) + "," + std::to_string(y), row);
                QVERIFY(std::abs(sum / (side * side) - number(table, "mean 1", row)) < 1e-3);
            }
        }
    }

    void colours_by_channel_or_in_gray() {
        Folder folder;
        Image image = Image::create(PixelType::UInt8, 3, 2, 2);
        for (int channel = 0; channel < 3; ++channel)
            for (auto& value : image.writable_plane_as<std::uint8_t>(channel))
                value = static_cast<std::uint8_t>(100 * channel);
        write_image(folder / "c.png", image, true);
        const Table channels =
            make("images", folder.path(), {{"side", 1}, {"pixels", "channels"}, {"statistics", false}});
        QCOMPARE(channels.columns(), std::size_t{3});
        QCOMPARE(number(channels, "red 0,0", 0), 0.0);
        QCOMPARE(number(channels, "green 0,0", 0), 100.0);
        QCOMPARE(number(channels, "blue 0,0", 0), 200.0);
        const Table gray = make("images", folder.path(), {{"side", 1}});
        QVERIFY(std::abs(number(gray, "pixel 0,0", 0) - (58.7 + 22.8)) < 1e-4);
        QCOMPARE(number(gray, "mean blue", 0), 200.0);
        const Error error = error_of([&] {
            make("images", folder.path(), {{"pixels", "none"}, {"statistics", false}});
        });
        QCOMPARE(error.code(), ErrorCode::BadInput);
    }

    void what_the_project_says_stands_beside() {
        Folder folder;
        const auto project = project_of(
            folder,
            {{"i2.png", noise(8, 8, 1, 1)}, {"i10.png", noise(8, 8, 1, 2)}, {"i1.png", noise(8, 8, 1, 3)}});
        const auto items = project->items().all();
        project->items().set_group({items[0].id, items[1].id}, "mouse");
        project->splits().assign({items[2].id}, "test");
        project->items().set_columns(items[0].id, {{"dose", 1.5}, {"kind", "a"}});
        project->items().set_columns(items[2].id, {{"dose", 3}, {"kind", 7}});
        const Table table = make("images", folder / "p", {{"side", 2}});
        QCOMPARE(table.row_names()->shown(2), std::string("i10.png"));
        QCOMPARE(text(table, "item id", 1), std::to_string(items[1].id));
        QCOMPARE(text(table, "group", 0), std::string("mouse"));
        QCOMPARE(text(table, "group", 2), std::string());
        QCOMPARE(text(table, "split", 2), std::string("test"));
        QCOMPARE(number(table, "dose", 2), 3.0);
        QVERIFY(std::isnan(number(table, "dose", 1)));
        QCOMPARE(text(table, "kind", 2), std::string("7"));
        for (std::size_t i = 0; i < table.columns(); ++i) {
            const bool pixel = table.name(i).find(' ') != std::string::npos && table.name(i) != "item id";
            QCOMPARE(table.role(i) == ColumnRole::Feature, pixel);
        }
    }

    void unreadable_images_are_left_out_and_named() {
        Folder folder;
        write_image(folder / "a.png", noise(8, 8, 1, 1));
        write_text(folder / "b.png", "no picture");
        write_image(folder / "c.png", noise(8, 8, 1, 2));
        WatchedJob job;
        const Table table = make("images", folder.path(), {{"side", 4}}, job);
        QCOMPARE(table.rows(), std::size_t{2});
        QCOMPARE(table.row_names()->shown(1), std::string("c.png"));
        QVERIFY(std::isfinite(number(table, "pixel 3,3", 1)));
        QCOMPARE(job.warnings.size(), std::size_t{1});
        QVERIFY(job.warnings[0].find("b.png") != std::string::npos);
        fs::remove(folder / "a.png");
        fs::remove(folder / "c.png");
        const Error unreadable = error_of([&] { make("images", folder.path()); });
        QVERIFY(std::string(unreadable.what()).find("b.png") != std::string::npos);
        fs::remove(folder / "b.png");
        QCOMPARE(error_of([&] { make("images", folder.path()); }).code(), ErrorCode::NotFound);
        QCOMPARE(error_of([&] { make("images", folder / "gone"); }).code(), ErrorCode::NotFound);
        QCOMPARE(error_of([&] { make("objects", folder.path()); }).code(), ErrorCode::BadInput);
    }

    // Images wider than a block: measured block by block, as if at once.
    void objects_are_measured_as_whole_images_are() {
        Folder folder;
        const std::int64_t width = 9000, height = 60;
        const auto project = project_of(folder, {{"wide.tif", noise(height, width, 2, 5)}});
        const ItemId item = project->items().all().front().id;
        const ClassId kind = project->classes().add("cell");
        LabelMap labels(height, width);
        std::mt19937 random(3);
        LabelEdit edit;
        edit.item = item;
        edit.tool = "brush";
        edit.region = {0, 0, width, height};
        for (ObjectId id = 1; id <= 40; ++id) {
            // The last ones lie across the border of two blocks.
            const std::int64_t left = id > 38 ? 4090 : static_cast<std::int64_t>(random() % (width - 30));
            const std::int64_t top = id == 40 ? 30 : static_cast<std::int64_t>(random() % 20);
            for (std::int64_t y = top; y < top + 5 + id % 20; ++y)
                for (std::int64_t x = left; x < left + 20; ++x)
                    labels.set(x, y, id);
            LabelObject object;
            object.id = id;
            object.class_id = kind;
            edit.objects.push_back(object);
        }
        edit.pixels = labels;
        project->labels().commit(edit);
        const Image image = read_image(folder / "images/wide.tif");
        const Table whole = measurement_table(labels, &image);
        const Table table = make("objects", folder / "p");
        QCOMPARE(table.rows(), whole.rows());
        QVERIFY(table.rows() > 30);
        for (std::size_t row = 0; row < whole.rows(); ++row) {
            QCOMPARE(table.row_names()->shown(row), "wide.tif #" + whole.row_names()->shown(row));
            QCOMPARE(text(table, "object id", row), whole.row_names()->shown(row));
            QCOMPARE(text(table, "class", row), std::string("cell"));
            for (std::size_t c = 0; c < whole.columns(); ++c) {
                const double measured = number(table, whole.name(c), row);
                const double wanted = whole.dense()[c].number(row);
                QVERIFY2(std::abs(measured - wanted) <= 1e-9 * std::max(1.0, std::abs(wanted)),
                         whole.name(c).c_str());
                QCOMPARE(table.role(table.at(whole.name(c))), whole.role(c));
            }
        }
        QCOMPARE(table.role(table.at("class")), ColumnRole::Target);
        QCOMPARE(table.role(table.at("object id")), ColumnRole::Annotation);
    }

    void objects_without_their_image_keep_their_shapes() {
        Folder folder;
        const auto project =
            project_of(folder, {{"a.png", noise(32, 32, 1, 1)}, {"b.png", noise(32, 32, 1, 2)}});
        const ClassId kind = project->classes().add("cell");
        for (const Item& item : project->items().all())
            project->labels().commit(rectangle(item.id, {4, 6, 10, 5}, 3, kind));
        fs::remove(folder / "images/b.png");
        WatchedJob job;
        const Table table = make("objects", folder / "p", Json::object(), job);
        QCOMPARE(table.rows(), std::size_t{2});
        for (std::size_t row = 0; row < 2; ++row) {
            QCOMPARE(number(table, "area [px²]", row), 50.0);
            QCOMPARE(number(table, "x [px]", row), 9.0);
        }
        QVERIFY(std::isfinite(number(table, "mean 1", 0)));
        QVERIFY(std::isnan(number(table, "mean 1", 1)));
        QCOMPARE(job.warnings.size(), std::size_t{1});
        QVERIFY(job.warnings[0].find("b.png") != std::string::npos);
        WatchedJob shapes;
        QVERIFY(!make("objects", folder / "p", {{"intensities", false}}, shapes).find("mean 1"));
        QVERIFY(shapes.warnings.empty());
    }

    void nothing_labelled_says_what_to_do() {
        Folder folder;
        project_of(folder, {{"a.png", noise(8, 8, 1, 1)}});
        const Error error = error_of([&] { make("objects", folder / "p"); });
        QCOMPARE(error.code(), ErrorCode::NotFound);
        QVERIFY(std::string(error.what()).find("Label some") != std::string::npos);
    }

    void cancelled_between_images() {
        Folder folder;
        const auto project = project_of(folder, {{"a.png", noise(8, 8, 1, 1)}});
        const ClassId kind = project->classes().add("cell");
        project->labels().commit(rectangle(project->items().all().front().id, {1, 1, 3, 3}, 1, kind));
        for (const auto& [table, stage] :
             {std::pair{"objects", "Looking at the images"}, {"images", "none"}}) {
            WatchedJob job(stage);
            job.cancel = std::string(stage) == "none";
            QCOMPARE(error_of([&, table = table] { make(table, folder / "p", Json::object(), job); }).code(),
                     ErrorCode::Cancelled);
        }
    }

    // Every type and role, awkward texts, missing values and the digits of numbers.
    void a_written_table_reads_back_the_same() {
        Folder folder;
        const std::size_t rows = 2500; // more than are written at once
        std::vector<double> reals;
        std::vector<float> floats;
        std::vector<std::int32_t> codes;
        std::vector<std::int64_t> ids;
        TextValues texts;
        Column::Missing missing(rows, false);
        std::mt19937_64 random(1);
        std::normal_distribution<double> normal;
        const std::vector<std::string> awkward{"plain", "with\ttab", "with \"quotes\"", "two\nlines", "ünï"};
        for (std::size_t row = 0; row < rows; ++row) {
            reals.push_back(row % 7 == 0 ? std::numeric_limits<double>::quiet_NaN() : 1e9 * normal(random));
            floats.push_back(static_cast<float>(normal(random)));
            codes.push_back(static_cast<std::int32_t>(row % 4) - 1);
            ids.push_back(static_cast<std::int64_t>(row) * 1000);
            texts.push_back(awkward[row % awkward.size()]);
            missing[row] = row % 11 == 0;
        }
        Table table;
        table.add(Column::categorical("class", codes, {"a b", "c", "d\te"}).with_role(ColumnRole::Target));
        table.add(Column::text("note", texts, missing).with_role(ColumnRole::Annotation));
        table.add(Column::integers("id", ids).with_role(ColumnRole::Annotation));
        table.add(Column::reals("area #1 [px²]", reals));
        table.add(Column::reals("narrow", floats));
        TextValues names;
        for (std::size_t row = 0; row < rows; ++row)
            names.push_back("row " + std::to_string(row));
        table.set_row_names(Column::text("object", names));
        QuietJob job;
        write_orange_tab(folder / "t.tab", table, job);
        const OpenedTable opened = open_table(folder / "t.tab");
        QCOMPARE(opened.format, std::string("orange"));
        const Table& read = opened.table;
        QCOMPARE(read.rows(), rows);
        QCOMPARE(read.columns(), table.columns() + 1);
        QCOMPARE(read.name(0), std::string("object"));
        for (std::size_t c = 0; c < table.columns(); ++c) {
            const Column& before = table.dense()[c];
            const Column& after = read.dense()[c + 1];
            QCOMPARE(after.name(), before.name());
            QCOMPARE(after.role(), before.role());
            if (!before.numeric())
                QCOMPARE(after.type(), before.type());
            for (std::size_t row = 0; row < rows; ++row) {
                QCOMPARE(after.missing(row), before.missing(row));
                if (before.missing(row))
                    continue;
                if (before.type() == ColumnType::Text || before.type() == ColumnType::Categorical)
                    QCOMPARE(after.shown(row), before.shown(row));
                else if (c == 4)
                    QCOMPARE(static_cast<float>(after.number(row)), static_cast<float>(before.number(row)));
                else
                    QVERIFY(after.number(row) == before.number(row));
            }
        }
        const Error error = error_of([&] { write_orange_tab(folder / "gone/t.tab", table, job); });
        QCOMPARE(error.code(), ErrorCode::Storage);
        job.cancel = true;
        QCOMPARE(error_of([&] { write_orange_tab(folder / "u.tab", table, job); }).code(),
                 ErrorCode::Cancelled);
        QVERIFY(!fs::exists(folder / "u.tab"));
    }

    void dsb2018() {
        const auto data = shared_data() / "nuclei/dsb2018";
        if (!fs::exists(data))
            QSKIP("The shared data are not here.");
        Folder folder;
        auto project = Project::create(folder / "p");
        ImportOptions options;
        options.labels.class_name = "nucleus";
        options.group_column = "kind";
        QuietJob job;
        import_files(*project, {data}, options, job);
        QElapsedTimer timer;
        timer.start();
        const Table objects = make("objects", folder / "p");
        const qint64 measuring = timer.restart();
        const Table images = make("images", folder / "p");
        qInfo("%zu objects of %zu columns in %lld ms, %zu images of %zu columns in %lld ms", objects.rows(),
              objects.columns(), static_cast<long long>(measuring), images.rows(), images.columns(),
              static_cast<long long>(timer.elapsed()));
        QCOMPARE(static_cast<std::int64_t>(objects.rows()), project->labels().total_objects());
        QCOMPARE(static_cast<std::int64_t>(images.rows()), project->items().count());
        QCOMPARE(objects.column(objects.at("area [px²]")).missing_count(), std::size_t{0});
        QVERIFY(images.find("group").has_value());
    }
};

QTEST_GUILESS_MAIN(TestProjectTable)
#include "test_project_table.moc"
