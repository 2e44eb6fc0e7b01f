// SPDX-License-Identifier: GPL-3.0-or-later
// Loops over everything that is registered, by the engine and by every plugin it comes with: it says what it
// is, its defaults fit, it runs on something tiny, and it stops when cancelled. Who adds an operation adds a
// tiny spec for it in spec_for(), or this test fails.
#include "core/formats/image_writer.h"
#include "core/operations/plugin_loader.h"
#include "core/operations/run_operation.h"
#include "core/project/project.h"
#include "tests/operations/toy_models.h"

#include <QtTest>

#include <algorithm>
#include <fstream>
#include <set>

using namespace eyepiece;
using namespace eyepiece::testing;
namespace fs = std::filesystem;

namespace {

// Cancels after so many signs of life.
class ImpatientJob : public QuietJob {
public:
    explicit ImpatientJob(int patience) : patience_(patience) {}
    void progress(double, std::string_view) override { sign(); }
    void metric(std::string_view, std::int64_t, double) override { sign(); }
    void partial(const Json&, std::span<const std::byte>) override { sign(); }
    bool cancelled() const noexcept override {
        sign(); // asking is a sign of life too
        return cancel.load();
    }
    int signs() const { return signs_; }

private:
    void sign() const {
        if (++signs_ >= patience_)
            const_cast<std::atomic<bool>&>(cancel) = true;
    }
    const int patience_;
    mutable std::atomic<int> signs_{0};
};

template<class Visit>
void for_each_registry(const EngineRegistries& registries, Visit visit) {
    visit(registries.tasks);
    visit(registries.models);
    visit(registries.methods);
    visit(registries.explainers);
    visit(registries.exporters);
    visit(registries.embeddings);
    visit(registries.clusterings);
    visit(registries.estimators);
    visit(registries.operations);
    visit(registries.tables);
}

// Values for the automatic ones as well: the least that is allowed.
Json least_values(const ParameterSchema& schema) {
    Json values = schema.complete(Json::object());
    for (const ParameterSpec& spec : schema.specs())
        if (spec.automatic() && spec.minimum)
            values[spec.name] = spec.type == ParameterType::Integer ? Json(static_cast<int>(*spec.minimum))
                                                                    : Json(*spec.minimum);
    return values;
}

} // namespace

class TestRegistered : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        register_operations(services_);
        services_.plugins = load_engine_plugins(plugin_search_path(), services_.registries);
        for (const PluginState& plugin : services_.plugins)
            QVERIFY2(plugin.reason.empty(), plugin.reason.c_str());
        services_.options.threads = 1; // so that a busy machine does not make threads wait for one another
        QVERIFY(folder_.isValid());
        make_project();
        try {
            train();
        } catch (const Error& error) {
            QFAIL((std::string(error.what()) + " " + error.details()).c_str());
        }
    }

    void each_says_what_it_is() {
        int count = 0;
        for_each_registry(services_.registries, [&](const auto& registry) {
            std::set<std::string> names, titles;
            for (const auto& entry : registry.entries()) {
                ++count;
                const std::string where = registry.kind() + " " + entry.name;
                QVERIFY2(names.insert(entry.name).second, where.c_str());
                QVERIFY2(titles.insert(entry.title).second, where.c_str());
                // "Semantic segmentation", but "t-SNE"
                QVERIFY2(!entry.title.empty() && (std::isupper(static_cast<unsigned char>(entry.title[0])) ||
                                                  entry.title == "t-SNE"),
                         where.c_str());
                QVERIFY2(entry.help.size() > 10 && entry.help.back() == '.', where.c_str());
                QVERIFY2(entry.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
                             std::string::npos,
                         where.c_str());
                QVERIFY2(entry.make() != nullptr, where.c_str());
            }
        });
        QVERIFY(count >= 10);
    }

    void each_parameter_fits_its_own_declaration() {
        int count = 0;
        const auto check = [&](const ParameterSchema& schema, const std::string& where) {
            const Json values = schema.complete(Json::object()); // throws when a default is out of range
            for (const ParameterSpec& spec : schema.specs()) {
                ++count;
                const std::string parameter = where + " " + spec.name;
                QVERIFY2(!spec.help.empty() && !spec.title.empty(), parameter.c_str());
                QVERIFY2(values.contains(spec.name), parameter.c_str());
                if (spec.default_value.is_number() && spec.minimum)
                    QVERIFY2(spec.default_value.get<double>() >= *spec.minimum, parameter.c_str());
                if (spec.default_value.is_number() && spec.maximum)
                    QVERIFY2(spec.default_value.get<double>() <= *spec.maximum, parameter.c_str());
                QVERIFY2(to_json(parameter_from_json(to_json(spec))) == to_json(spec), parameter.c_str());
            }
            QVERIFY2(ParameterSchema::from_json(schema.to_json()).to_json() == schema.to_json(),
                     where.c_str());
            QVERIFY2(schema.complete(values) == values, where.c_str());
        };
        for_each_registry(services_.registries, [&](const auto& registry) {
            for (const auto& entry : registry.entries())
                check(entry.parameters, registry.kind() + " " + entry.name);
        });
        for (const auto& entry : services_.registries.operations.entries())
            check(operation_parameters(services_, entry.name, spec_for(entry.name)), "set of " + entry.name);
        QVERIFY(count >= 20);
    }

    void each_model_runs_and_names_its_layers() {
        const torch::NoGradGuard no_gradient;
        for (const auto& entry : services_.registries.models.entries()) {
            Json values = least_values(entry.parameters);
            const auto model =
                entry.make()->make({.input_channels = 2, .output_channels = 3, .dimensions = 2}, values);
            model->eval();
            const int side = 2 * model->size_multiple();
            std::vector<std::string> seen;
            const torch::Tensor input = torch::randn({1, 2, side, 2 * side});
            const torch::Tensor tapped =
                model->forward(input, [&](const std::string& layer, torch::Tensor value) {
                    seen.push_back(layer);
                    return value;
                });
            QCOMPARE(seen, model->layers());
            QCOMPARE(tapped.sizes().vec(), (std::vector<std::int64_t>{1, 3, side, 2 * side}));
            QVERIFY(torch::equal(tapped, model->forward(input)));
            // What Grad-CAM and the rest rely on: a layer's replaced output flows on.
            const torch::Tensor changed = model->forward(
                input, [](const std::string&, torch::Tensor value) { return torch::zeros_like(value); });
            QVERIFY(!torch::equal(changed, tapped));
        }
    }

    // Every architecture exports to every format, and the file computes the same.
    void each_model_exports() {
        for (const auto& exporter : services_.registries.exporters.entries())
            for (const auto& entry : services_.registries.models.entries()) {
                const auto model =
                    entry.make()->make({.input_channels = 1, .output_channels = 2, .dimensions = 2},
                                       least_values(entry.parameters));
                model->eval();
                const int side = 4 * model->size_multiple();
                const fs::path file =
                    fs::path(folder_.path().toStdString()) / (entry.name + exporter.make()->suffix());
                QuietJob job;
                const ExportReport report =
                    exporter.make()->write({*model,
                                            {{"format", "eyepiece-model"}, {"version", 1}},
                                            {torch::randn({1, 1, side, side})},
                                            file},
                                           job);
                QVERIFY2(report.largest_difference <= 1e-5, entry.name.c_str());
            }
    }

    void each_explainer_runs() {
        TinyNet model;
        model.eval();
        for (const auto& entry : services_.registries.explainers.entries()) {
            ExplainRequest request;
            request.input = torch::randn({1, 1, 16, 16});
            request.region = torch::ones({16, 16});
            request.parameters = entry.parameters.complete(Json::object());
            QuietJob job;
            const Attribution attribution = entry.make()->explain(model, request, job);
            QCOMPARE(attribution.map.sizes().vec(), (std::vector<std::int64_t>{16, 16}));
            QVERIFY2(attribution.map.isfinite().all().item<bool>(), entry.name.c_str());
            if (!attribution.is_signed)
                QVERIFY2(attribution.map.min().item<double>() >= 0, entry.name.c_str());
        }
    }

    void each_operation_runs_on_something_tiny() {
        for (const auto& entry : services_.registries.operations.entries()) {
            QuietJob job;
            try {
                const OperationCheck check =
                    check_operation(services_, entry.name, spec_for(entry.name), job);
                QVERIFY2(check.errors.empty(), entry.name.c_str());
                const OperationResult result =
                    run_operation(services_, entry.name, spec_for(entry.name), job);
                QVERIFY2(result.json.is_object() && !result.json.empty(), entry.name.c_str());
                QVERIFY2(!result.json.dump().empty(), entry.name.c_str());
            } catch (const Error& error) {
                QFAIL((entry.name + ": " + error.what() + " " + error.details()).c_str());
            }
        }
    }

    // Cancelled before it begins, and at about half of the signs of life that it gives.
    void each_operation_stops_when_cancelled() {
        for (const auto& entry : services_.registries.operations.entries()) {
            ImpatientJob patient(1 << 30);
            run_operation(services_, entry.name, spec_for(entry.name), patient);
            if (patient.signs() < 2)
                continue; // answers at once: nothing to stop
            ImpatientJob impatient(std::max(1, patient.signs() / 2));
            bool stopped = false;
            try {
                run_operation(services_, entry.name, spec_for(entry.name), impatient);
            } catch (const Error& error) {
                QVERIFY2(error.code() == ErrorCode::Cancelled, (entry.name + ": " + error.what()).c_str());
                stopped = true;
            }
            QVERIFY2(stopped, entry.name.c_str());
        }
    }

    // Nonsense in a spec is an Error that says so, whatever the operation.
    void each_operation_refuses_nonsense() {
        for (const auto& entry : services_.registries.operations.entries())
            for (const Json& nonsense : {Json(7), Json{{"set", {{"no-such-parameter", 1}}}},
                                         Json{{"device", "abacus"}}, Json{{"set", 3}}}) {
                QuietJob job;
                bool refused = false;
                try {
                    run_operation(services_, entry.name, nonsense, job);
                } catch (const Error& error) {
                    refused = true;
                    QVERIFY2(error.code() == ErrorCode::BadInput || error.code() == ErrorCode::NotFound,
                             (entry.name + ": " + error.what()).c_str());
                }
                QVERIFY2(refused, (entry.name + " " + nonsense.dump()).c_str());
            }
    }

private:
    // Four images of bright squares, each an object.
    void make_project() {
        project_folder_ = fs::path(folder_.path().toStdString()) / "project";
        const auto project = Project::create(project_folder_, "tiny");
        const ClassId nucleus = project->classes().add("nucleus"), speck = project->classes().add("speck");
        std::vector<fs::path> paths;
        for (int i = 0; i < 4; ++i) {
            Image image = Image::create(PixelType::UInt8, 1, 64, 64);
            const auto pixels = image.writable_plane_as<std::uint8_t>(0);
            for (std::size_t at = 0; at < pixels.size(); ++at)
                pixels[at] = static_cast<std::uint8_t>(20 + (at * 2654435761u >> 8) % 16);
            for (const auto& [x, y] : squares(i))
                for (int dy = 0; dy < 10; ++dy)
                    for (int dx = 0; dx < 10; ++dx)
                        pixels[static_cast<std::size_t>((y + dy) * 64 + x + dx)] = 200;
            paths.push_back(project_folder_ / ("image" + std::to_string(i) + ".png"));
            write_image(paths.back(), image);
        }
        const AddReport added = project->items().add(paths);
        for (int i = 0; i < 4; ++i) {
            const ItemId id = added.added.at(static_cast<std::size_t>(i));
            project->items().set_facts(id, {content_hash(project->items().at(id).path), 64, 64, 1});
            LabelEdit edit;
            edit.item = id;
            edit.tool = "import";
            edit.region = {0, 0, 64, 64};
            edit.pixels = LabelMap(64, 64);
            ObjectId object = 0;
            for (const auto& [x, y] : squares(i)) {
                ++object;
                for (int dy = 0; dy < 10; ++dy)
                    for (int dx = 0; dx < 10; ++dx)
                        edit.pixels.set(x + dx, y + dy, object);
                LabelObject entry;
                entry.id = object;
                entry.class_id = i == 3 && object == 3 ? speck : nucleus;
                edit.objects.push_back(entry);
            }
            project->labels().commit(edit);
            project->items().set_complete(id, true);
            project->splits().assign({id}, i < 2 ? "train" : i == 2 ? "val" : "test");
        }
        first_item_ = added.added.front();
        last_item_ = added.added.back();
        first_image_ = project->items().at(first_item_).path;
    }

    static std::vector<std::pair<int, int>> squares(int image) {
        return {{5 + 3 * image, 8}, {40, 12 + 5 * image}, {22 - 2 * image, 44}};
    }

    Json training_spec() const {
        return {
            {"project", project_folder_.string()},
            {"task", "semantic-segmentation"},
            {"model", "unet"},
            {"method", "supervised"},
            {"seed", 3},
            {"set", {{"epochs", 2}, {"batch-size", 2}, {"patch-size", 64}, {"depth", 2}, {"base-width", 8}}}};
    }

    void train() {
        QuietJob job;
        run_ = run_operation(services_, "train", training_spec(), job).json.at("run").get<std::string>();
        run_operation(services_, "train-forest", spec_for("train-forest"), job);
    }

    // Sixty rows of two columns and a class.
    fs::path table() const {
        const fs::path path = fs::path(folder_.path().toStdString()) / "tiny.csv";
        std::ofstream file(path);
        file << "a,b,kind\n";
        for (int i = 0; i < 60; ++i)
            file << i % 3 * 10 + i % 7 << ',' << i % 5 << ',' << "xyz"[i % 3] << '\n';
        return path;
    }

    // Something tiny for each operation. Model and run are of train().
    Json spec_for(const std::string& operation) {
        const std::string model = project_folder_.string() + ":" + run_;
        const Json input{{"project", project_folder_.string()}, {"item", first_item_}};
        const fs::path folder = folder_.path().toStdString();
        if (operation == "train")
            return training_spec();
        if (operation == "predict")
            return {{"model", model}, {"input", input}};
        if (operation == "evaluate")
            return {{"project", project_folder_.string()}, {"run", run_}, {"split", "test"}};
        if (operation == "explain")
            return {{"model", model}, {"input", input}, {"method", "grad-cam"}, {"target", "nucleus"}};
        if (operation == "export")
            return {{"model", model}, {"format", "torchscript"}, {"out", (folder / "tiny.pt").string()}};
        if (operation == "augmentation-preview")
            return {{"project", project_folder_.string()}, {"item", first_item_}, {"count", 2}, {"seed", 1}};
        if (operation == "tabulate")
            return {{"input", {{"path", project_folder_.string()}, {"from", "objects"}}},
                    {"out", (folder / "objects.tab").string()}};
        if (operation == "embed")
            return {{"input", {{"path", table().string()}}}, {"method", "umap"}, {"set", {{"epochs", 20}}}};
        if (operation == "cluster")
            return {
                {"input", {{"path", table().string()}}}, {"method", "kmeans"}, {"set", {{"clusters", 3}}}};
        if (operation == "fit")
            return {{"input", {{"path", table().string()}}},
                    {"target", "kind"},
                    {"models", {"logistic", "random-forest", "mlp"}},
                    {"set", {{"folds", 2}, {"shuffles", 1}, {"random-forest.trees", 3}, {"mlp.epochs", 5}}}};
        if (operation == "apply") {
            const fs::path stored = folder / "tiny.model";
            if (!fs::exists(stored)) {
                Json spec = spec_for("fit");
                spec["save"] = stored.string();
                QuietJob job;
                run_operation(services_, "fit", spec, job);
            }
            return {{"input", {{"path", table().string()}}}, {"model", stored.string()}};
        }
        if (operation == "check")
            return {{"input", {{"path", table().string()}}},
                    {"target", "kind"},
                    {"set", {{"model", "logistic"}}}};
        if (operation == "live-forest")
            return {{"project", project_folder_.string()}, {"item", first_item_}};
        if (operation == "train-forest")
            return {{"project", project_folder_.string()}, {"set", {{"trees", 3}}}};
        if (operation == "classify-pixels")
            return {{"classifier", project_folder_.string()},
                    {"input", Json::array({first_image_.string()})},
                    {"out", (folder / "classified").string()}};
        if (operation == "sort-objects")
            return {{"project", project_folder_.string()},
                    {"examples", {{first_item_, 1}, {last_item_, 3}}},
                    {"set", {{"trees", 10}}}};
        if (operation == "segment-object")
            return {{"image", first_image_.string()}, {"clicks", {{{"x", 10}, {"y", 13}}}}};
        if (operation == "segment-everything")
            return {{"image", first_image_.string()}, {"set", {{"size", 12}}}};
        if (operation == "learn-objects")
            return {{"project", project_folder_.string()}, {"set", {{"steps", 3}, {"batch-size", 4}}}};
        if (operation == "layers")
            return {{"model", model}};
        if (operation == "list")
            return {{"kind", "models"}};
        if (operation == "device")
            return Json::object();
        throw Error(ErrorCode::Internal,
                    "Add a tiny spec for the operation \"" + operation + "\" to this test.");
    }

    EngineServices services_;
    QTemporaryDir folder_;
    fs::path project_folder_;
    ItemId first_item_ = 0, last_item_ = 0;
    fs::path first_image_;
    std::string run_;
};

QTEST_GUILESS_MAIN(TestRegistered)
#include "test_registered.moc"
