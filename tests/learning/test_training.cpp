// SPDX-License-Identifier: GPL-3.0-or-later
// The operations train, predict and evaluate on a small project, as the window and the command line call
// them.
#include "core/base/plugin_manifest.h"
#include "core/learning/checkpoint.h"
#include "core/protocol/engine.h"
#include "tests/learning/test_project.h"

#include <QTemporaryDir>
#include <QTest>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <thread>
#include <torch/torch.h>

extern "C" eyepiece::Engine* eyepiece_make_engine(const eyepiece::EngineOptions& options);

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

const Json small = {{"epochs", 2}, {"batch-size", 2}, {"depth", 2}, {"base-width", 4}, {"patch-size", 64}};

// Weights of a checkpoint, bit for bit.
std::vector<torch::Tensor> weights(const fs::path& file) {
    torch::serialize::InputArchive archive, model;
    archive.load_from(file.string());
    archive.read("model", model);
    std::vector<torch::Tensor> all;
    const std::function<void(torch::serialize::InputArchive&)> collect =
        [&](torch::serialize::InputArchive& from) {
            for (const auto& key : from.keys()) {
                torch::serialize::InputArchive child;
                torch::Tensor tensor;
                if (from.try_read(key, child))
                    collect(child);
                else if (from.try_read(key, tensor) || from.try_read(key, tensor, true))
                    all.push_back(tensor);
            }
        };
    collect(model);
    return all;
}

bool same_weights(const fs::path& a, const fs::path& b) {
    const auto x = weights(a), y = weights(b);
    if (x.size() != y.size() || x.empty())
        return false;
    for (std::size_t i = 0; i < x.size(); ++i)
        if (!torch::equal(x[i], y[i]))
            return false;
    return true;
}

// Acts at the n-th training step.
class ActAt : public QuietJob {
public:
    ActAt(int step, std::function<void(ActAt&)> act) : at_(step), act_(std::move(act)) {}
    void metric(std::string_view series, std::int64_t, double value) override {
        last[std::string(series)] = value;
        if (series == "train/loss" && ++steps == at_)
            act_(*this);
    }
    int steps = 0;
    std::map<std::string, double> last;

private:
    int at_;
    std::function<void(ActAt&)> act_;
};

} // namespace

class TestTraining : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void plansFromTheData();
    void writesItsRun();
    void givesTheSameWeightsAgain();
    void goesOnWhereItWasCut();
    void finishesEarlyAndKeepsTheBest();
    void pausesWhenTold();
    void cancelsWithinHalfASecond();
    void learnsDiscsAndPredictsThem();
    void learnsFromPartialLabels();
    void saysWhatIsMissing();

private:
    Json spec(const fs::path& project, const Json& set = small) const {
        return {{"project", (project / "project").string()},
                {"task", "semantic-segmentation"},
                {"model", "unet"},
                {"method", "supervised"},
                {"seed", 3},
                {"set", set},
                {"threads", 2},
                {"device", "cpu"}};
    }
    fs::path run_folder(const fs::path& project, const Json& result) const {
        return project / "project" / "runs" / result.at("run").get<std::string>();
    }
    std::unique_ptr<Engine> engine_;
};

void TestTraining::initTestCase() {
    EngineOptions options;
    options.threads = 2;
    options.plugin_search_path = plugin_search_path();
    engine_.reset(eyepiece_make_engine(options));
}

void TestTraining::plansFromTheData() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    test::disc_project(path, 6, 1);
    QuietJob job;
    const auto check = engine_->check("train", spec(path, Json::object()), job);
    QVERIFY(check.errors.empty());
    QVERIFY(check.seconds > 0);
    QVERIFY2(check.summary.find("4 images") != std::string::npos, check.summary.c_str());
    for (const char* name :
         {"patch-size", "depth", "base-width", "batch-size", "epochs", "class-weights", "channels"}) {
        QVERIFY2(!check.plan.at(name).is_null(), name);
        QVERIFY2(!check.plan.at("reasons").at(name).get<std::string>().empty(), name);
    }
    QVERIFY(check.plan.at("channels") == Json("gray"));
    QVERIFY(check.plan.at("patch-size") == Json(128));
    const auto given = engine_->check("train", spec(path), job);
    QVERIFY(given.plan.at("depth") == Json(2));
    QVERIFY(given.plan.at("reasons").at("depth") == Json("You set it."));
}

void TestTraining::writesItsRun() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    test::disc_project(path, 6, 1);
    QuietJob job;
    const Json result = engine_->run("train", spec(path), job).json;
    const fs::path run = run_folder(path, result);
    for (const char* name :
         {"spec.json", "plan.json", "snapshot.json", "status.json", "card.json", "baselines.json",
          "metrics.jsonl", "events.jsonl", "log.txt", "checkpoints/last.pt", "checkpoints/best.pt"})
        QVERIFY2(fs::exists(run / name), name);
    const Json status = read_json_file(run / "status.json");
    QVERIFY(status.at("state") == Json("finished"));
    QVERIFY(!status.at("reason").get<std::string>().empty());
    const Json baselines = read_json_file(run / "baselines.json");
    QCOMPARE(baselines.at("majority").at("metrics").at("iou").get<double>(), 0.0);
    QVERIFY(baselines.at("otsu").at("metrics").at("iou").get<double>() > 0.7); // bright discs: easy for it
    int pictures = 0;
    for (const auto& entry : fs::directory_iterator(run / "watched"))
        pictures += entry.path().extension() == ".png";
    QCOMPARE(pictures, 2); // one validation image, two epochs
    std::ifstream metrics(run / "metrics.jsonl");
    std::string line;
    int losses = 0;
    while (std::getline(metrics, line))
        losses += Json::parse(line).at("series") == "train/loss";
    QCOMPARE(losses, 2 * 16);
}

void TestTraining::givesTheSameWeightsAgain() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    test::disc_project(path, 6, 1);
    QuietJob job;
    const fs::path first = run_folder(path, engine_->run("train", spec(path), job).json);
    const fs::path second = run_folder(path, engine_->run("train", spec(path), job).json);
    QVERIFY(first != second);
    QVERIFY(same_weights(first / "checkpoints/last.pt", second / "checkpoints/last.pt"));
    Json other = spec(path);
    other["seed"] = 4;
    const fs::path third = run_folder(path, engine_->run("train", other, job).json);
    QVERIFY(!same_weights(first / "checkpoints/last.pt", third / "checkpoints/last.pt"));
}

void TestTraining::goesOnWhereItWasCut() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    test::disc_project(path, 6, 1);
    Json set = small;
    set["dropout"] = 0.3; // draws random numbers of its own
    QuietJob job;
    const fs::path whole = run_folder(path, engine_->run("train", spec(path, set), job).json);
    // Cut within the second epoch, at a checkpoint that a pause makes; and at the end of the first, where the
    // last checkpoint is when a process dies between two.
    for (const bool mid_epoch : {true, false}) {
        std::thread stop;
        ActAt cut(21, [&](ActAt& self) {
            self.pause = mid_epoch; // which writes a checkpoint where it is
            self.cancel = !mid_epoch;
            if (mid_epoch)
                stop = std::thread([&self] {
                    std::this_thread::sleep_for(std::chrono::milliseconds(500));
                    self.cancel = true;
                });
        });
        bool cancelled = false;
        try {
            engine_->run("train", spec(path, set), cut);
        } catch (const Error& error) {
            cancelled = error.code() == ErrorCode::Cancelled;
        }
        if (stop.joinable())
            stop.join();
        QVERIFY(cancelled);
        const auto project = Project::open(path / "project");
        const RunInfo run = project->runs().all().back();
        QCOMPARE(run.state(), std::string("cancelled"));
        QVERIFY(!same_weights(whole / "checkpoints/last.pt", run.folder / "checkpoints/last.pt"));
        Json again = spec(path, set);
        again["run"] = run.id;
        again["resume"] = true;
        ActAt rest(0, [](ActAt&) {});
        engine_->run("train", again, rest);
        QVERIFY2(rest.steps < 32, qPrintable(QString::number(rest.steps)));
        QVERIFY(same_weights(whole / "checkpoints/last.pt", run.folder / "checkpoints/last.pt"));
        QVERIFY(same_weights(whole / "checkpoints/best.pt", run.folder / "checkpoints/best.pt"));
        // Each step is told once.
        std::ifstream metrics(run.folder / "metrics.jsonl");
        std::string line;
        std::multiset<std::int64_t> told;
        while (std::getline(metrics, line)) {
            const Json entry = Json::parse(line);
            if (entry.at("series") == "train/loss")
                told.insert(entry.at("step").get<std::int64_t>());
        }
        QCOMPARE(told.size(), std::size_t{32});
        QCOMPARE(std::set<std::int64_t>(told.begin(), told.end()).size(), std::size_t{32});
    }
}

void TestTraining::finishesEarlyAndKeepsTheBest() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    test::disc_project(path, 6, 1);
    Json set = small;
    set["epochs"] = 50;
    ActAt job(20, [](ActAt& self) { self.finish_early = true; });
    const Json result = engine_->run("train", spec(path, set), job).json;
    QVERIFY(job.steps <= 21);
    const fs::path run = run_folder(path, result);
    QVERIFY(read_json_file(run / "status.json").at("state") == Json("stopped"));
    QVERIFY(fs::exists(run / "checkpoints/best.pt"));
    QVERIFY(result.at("metrics").at("iou").get<double>() >= 0);
}

void TestTraining::pausesWhenTold() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    test::disc_project(path, 6, 1);
    const auto project = Project::open(path / "project");
    Json asked = spec(path);
    const RunInfo run = project->runs().create(asked, "unet");
    asked["run"] = run.id;
    ActAt job(5, [&](ActAt&) { std::ofstream(run.folder / "control") << "pause"; });
    std::thread training([&] { engine_->run("train", asked, job); });
    bool paused = false;
    for (int i = 0; i < 200 && !paused; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        paused = project->runs().at(run.id).state() == "paused";
    }
    const int before = job.steps;
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    const int after = job.steps;
    std::ofstream(run.folder / "control") << "resume";
    training.join();
    QVERIFY(paused);
    QCOMPARE(before, after);
    QCOMPARE(project->runs().at(run.id).state(), std::string("finished"));
}

void TestTraining::cancelsWithinHalfASecond() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    test::disc_project(path, 6, 1, 256);
    Json set = small;
    set["epochs"] = 1000;
    set["patch-size"] = 256;
    set["batch-size"] = 4;
    set["base-width"] = 8;
    set["depth"] = 3;
    std::chrono::steady_clock::time_point asked;
    ActAt job(3, [&](ActAt& self) {
        asked = std::chrono::steady_clock::now();
        self.cancel = true;
    });
    QVERIFY_EXCEPTION_THROWN(engine_->run("train", spec(path, set), job), Error);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - asked).count();
    QVERIFY2(seconds < 0.5, qPrintable(QString::number(seconds)));
}

void TestTraining::learnsDiscsAndPredictsThem() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    const auto project = test::disc_project(path, 8, 2);
    Json set = small;
    set["epochs"] = 8;
    set["base-width"] = 8;
    set["depth"] = 3;
    QuietJob job;
    const Json trained = engine_->run("train", spec(path, set), job).json;
    QVERIFY2(trained.at("metrics").at("iou").get<double>() > 0.8, trained.dump().c_str());

    const Json evaluated =
        engine_
            ->run("evaluate",
                  {{"project", (path / "project").string()}, {"run", trained.at("run")}, {"split", "test"}},
                  job)
            .json;
    QVERIFY(evaluated.at("mean_iou").get<double>() > 0.8);
    QCOMPARE(evaluated.at("images").size(), std::size_t{2});
    QVERIFY(evaluated.at("images")[0].at("iou") <= evaluated.at("images")[1].at("iou"));
    QVERIFY(evaluated.at("ap").at("watershed").at("0.5").get<double>() > 0.3);
    QCOMPARE(evaluated.at("baselines").at("majority").at("mean_iou").get<double>(), 0.0);
    const auto run = run_folder(path, trained);
    QVERIFY(fs::exists(run / "evaluation-test.json"));

    // What predict says of an image agrees with its labels, and its bytes with its objects.
    const Item item = project->items().all().front();
    const std::string model = (path / "project").string() + ":" + trained.at("run").get<std::string>();
    const auto predicted = engine_->run(
        "predict",
        {{"model", model}, {"input", {{"path", item.path.string()}}}, {"set", {{"objects", "connected"}}}},
        job);
    QCOMPARE(predicted.bytes.size(), std::size_t{128 * 128 * 5});
    std::vector<std::uint32_t> ids(128 * 128);
    std::memcpy(ids.data(), predicted.bytes.data(), ids.size() * 4);
    const auto* classes = reinterpret_cast<const std::uint8_t*>(predicted.bytes.data()) + ids.size() * 4;
    std::map<std::uint32_t, std::int64_t> areas;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (ids[i])
            ++areas[ids[i]];
        if (ids[i])
            QCOMPARE(int(classes[i]), 1);
    }
    QCOMPARE(areas.size(), predicted.json.at("objects").size());
    for (const Json& object : predicted.json.at("objects"))
        QCOMPARE(areas.at(object.at("id")), object.at("area").get<std::int64_t>());
    const LabelMap truth = project->labels().read(item.id, {0, 0, 128, 128});
    int right = 0;
    for (std::size_t i = 0; i < ids.size(); ++i)
        right += (classes[i] == 1) == (truth.ids()[i] != 0);
    QVERIFY(right > 0.95 * 128 * 128);

    // In tiles with overlap it says nearly the same.
    Json tiled = {{"model", model},
                  {"input", {{"path", item.path.string()}}},
                  {"set", {{"objects", "none"}, {"tile", 64}}}};
    const auto by_tiles = engine_->run("predict", tiled, job);
    const auto* again = reinterpret_cast<const std::uint8_t*>(by_tiles.bytes.data()) + ids.size() * 4;
    int differ = 0;
    for (std::size_t i = 0; i < ids.size(); ++i)
        differ += again[i] != classes[i];
    QVERIFY2(differ < 0.01 * 128 * 128, qPrintable(QString::number(differ)));

    // Into a file.
    const fs::path out = path / "labels.png";
    engine_->run("predict",
                 {{"model", model},
                  {"input", {{"path", item.path.string()}}},
                  {"set", {{"objects", "connected"}}},
                  {"out", out.string()}},
                 job);
    const Image written = read_png(out, PngSamples::Raw);
    for (std::int64_t y = 0; y < 128; ++y)
        for (std::int64_t x = 0; x < 128; ++x)
            QCOMPARE(written.value(0, x, y), double(ids[static_cast<std::size_t>(y * 128 + x)]));
    QVERIFY(fs::exists(path / "labels.json"));
}

void TestTraining::learnsFromPartialLabels() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    const auto project = Project::create(path / "project");
    const ClassId disc = project->classes().find_or_add("disc");
    const auto [image, ids] = test::draw_discs(160, 160, 14, 5);
    write_png(path / "one.png", image);
    const ItemId item = test::add_image(*project, path / "one.png");
    // The left third is labelled, discs and ground; the rest is not.
    LabelMap strokes(160, 160);
    ObjectId largest = 20;
    for (std::int64_t y = 0; y < 160; ++y)
        for (std::int64_t x = 0; x < 60; ++x)
            strokes.set(x, y, ids.at(x, y) ? ids.at(x, y) : largest);
    LabelEdit edit;
    edit.item = item;
    edit.tool = "brush";
    edit.region = {0, 0, 160, 160};
    edit.pixels = strokes;
    std::set<ObjectId> there(strokes.ids().begin(), strokes.ids().end());
    there.erase(0);
    for (const ObjectId id : there) {
        LabelObject object;
        object.id = id;
        object.class_id = id == largest ? 0 : disc;
        edit.objects.push_back(object);
    }
    project->labels().commit(edit);
    Json set = small;
    set["epochs"] = 6;
    set["base-width"] = 8;
    ActAt job(0, [](ActAt&) {});
    const Json trained = engine_->run("train", spec(path, set), job).json;
    QVERIFY2(trained.at("metrics").at("iou").get<double>() > 0.6, trained.dump().c_str());
}

void TestTraining::saysWhatIsMissing() {
    QTemporaryDir folder;
    const fs::path path = folder.path().toStdString();
    const auto project = Project::create(path / "project");
    const ClassId disc = project->classes().find_or_add("disc");
    QuietJob job;
    const auto message = [&](const Json& asked) -> std::string {
        try {
            engine_->check("train", asked, job);
        } catch (const Error& error) {
            return error.what();
        }
        return {};
    };
    QVERIFY(message(spec(path)).find("has labels") != std::string::npos);
    const auto [image, ids] = test::draw_discs(96, 96, 6, 5);
    write_png(path / "one.png", image);
    const ItemId item = test::add_image(*project, path / "one.png");
    test::label(*project, item, ids, disc, false); // nobody said what is ground
    QVERIFY2(message(spec(path)).find("paint some background") != std::string::npos,
             message(spec(path)).c_str());
    project->items().set_complete(item, true);
    QVERIFY2(message(spec(path)).empty(), message(spec(path)).c_str());
    Json wrong = spec(path);
    wrong["set"]["patch-size"] = 66;
    QVERIFY(message(wrong).find("multiple of 4") != std::string::npos);
    wrong = spec(path);
    wrong["set"]["class-weights"] = "1, 2, 3";
    QVERIFY(message(wrong).find("2 classes") != std::string::npos);
    wrong = spec(path);
    wrong["model"] = "u-net";
    QVERIFY(message(wrong).find("unet") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestTraining)
#include "test_training.moc"
