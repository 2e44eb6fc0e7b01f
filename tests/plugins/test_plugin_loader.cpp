// SPDX-License-Identifier: GPL-3.0-or-later
// Bad plugins of every kind are named with their reason, leave nothing behind, and the rest goes on.
#include "core/operations/list.h"
#include "core/operations/plugin_loader.h"
#include "core/operations/services.h"

#include <QtTest>

#include <fstream>
#include <torch/version.h>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

Json good_manifest(const std::string& id) {
    return {{"id", id},
            {"title", "Test"},
            {"version", "1.2.3"},
            {"requires",
             {{"api",
               std::to_string(EYEPIECE_PLUGIN_API_MAJOR) + "." + std::to_string(EYEPIECE_PLUGIN_API_MINOR)},
              {"torch", TORCH_VERSION}}}};
}

} // namespace

class TestPluginLoader : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        root_ = folder_->path().toStdString();
    }

    void bad_ones_data() {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<QString>("state");
        QTest::addColumn<QString>("reason"); // part of it
        const auto row = [](const char* folder, const char* state, const char* reason) {
            QTest::newRow(folder) << QString(folder) << QString(state) << QString(reason);
        };
        row("throws", "failed", "no licence server");
        row("throws-a-number", "failed", "unknown reason");
        row("throws-when-made", "failed", "cannot be made");
        row("takes-a-name", "failed", "registered twice");
        row("makes-nothing", "failed", "made no plugin");
        row("lies", "refused", "plugin.json says otherwise");
    }
    void bad_ones() {
        QFETCH(QString, folder);
        QFETCH(QString, state);
        QFETCH(QString, reason);
        add(folder.toStdString(), good_manifest(folder.toStdString()));
        add("toy", good_manifest("toy")); // comes after it or before it, and works
        const PluginState bad = load_and_find(folder.toStdString());
        QCOMPARE(QString::fromStdString(std::string(to_string(bad.outcome))), state);
        QVERIFY2(QString::fromStdString(bad.reason).contains(reason), bad.reason.c_str());
        QVERIFY(!QString::fromStdString(bad.reason).contains('\n'));
        QVERIFY(!services_->registries.operations.find("toy-left-behind"));
        QVERIFY(services_->registries.operations.find("toy-print"));
        QCOMPARE(services_->registries.operations.at("toy-print").plugin, std::string("toy"));
        QCOMPARE(services_->registries.operations.at("list").plugin, std::string());
    }

    void bad_descriptions_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("reason");
        const auto row = [](const char* name, const Json& json, const char* reason) {
            QTest::newRow(name) << QString::fromStdString(json.dump()) << QString(reason);
        };
        QTest::newRow("garbage") << "\x7f"
                                    "ELF"
                                 << "not a JSON object";
        QTest::newRow("empty") << ""
                               << "not a JSON object";
        Json json = good_manifest("toy");
        json["requires"]["api"] = std::to_string(EYEPIECE_PLUGIN_API_MAJOR + 1) + ".0";
        row("newer interface", json, "build it anew");
        json["requires"]["api"] =
            std::to_string(EYEPIECE_PLUGIN_API_MAJOR) + "." + std::to_string(EYEPIECE_PLUGIN_API_MINOR + 1);
        row("newer minor interface", json, "update Eyepiece");
        json["requires"]["api"] = "one";
        row("no version", json, "not of the form");
        json = good_manifest("toy");
        json["requires"]["torch"] = "0.4.1";
        row("another LibTorch", json, "LibTorch 0.4.1");
        json = good_manifest("other");
        row("id of another", json, "not the name of its folder");
        json = good_manifest("toy");
        json.erase("title");
        row("no title", json, "no \"title\"");
        json = good_manifest("toy");
        json["brings"] = 7;
        row("brings a number", json, "not a list");
    }
    void bad_descriptions() {
        QFETCH(QString, text);
        QFETCH(QString, reason);
        add("toy", {});
        std::ofstream(root_ / "toy" / "plugin.json") << text.toStdString();
        const PluginState state = load_and_find("toy");
        QVERIFY(state.outcome == PluginState::Outcome::Refused);
        QVERIFY2(QString::fromStdString(state.reason).contains(reason), state.reason.c_str());
        QVERIFY(!services_->registries.operations.find("toy-print"));
    }

    void a_library_that_is_none() {
        add("toy", good_manifest("toy"));
        std::ofstream(root_ / "toy" / "engine.so") << "this is not a library";
        const PluginState state = load_and_find("toy");
        QVERIFY(state.outcome == PluginState::Outcome::Failed);
        QVERIFY2(QString::fromStdString(state.reason).contains("cannot be loaded"), state.reason.c_str());
    }

    void a_library_that_is_no_plugin() {
        add("toy", good_manifest("toy"));
        fs::copy_file(library_folder() / "libeyepiece-core.so", root_ / "toy" / "engine.so",
                      fs::copy_options::overwrite_existing);
        const PluginState state = load_and_find("toy");
        QVERIFY(state.outcome == PluginState::Outcome::Failed);
        QVERIFY2(QString::fromStdString(state.reason).contains("EYEPIECE_ENGINE_PLUGIN"),
                 state.reason.c_str());
    }

    void a_plugin_without_an_engine_is_absent() {
        add("toy", good_manifest("toy"));
        fs::remove(root_ / "toy" / "engine.so");
        const PluginState state = load_and_find("toy");
        QVERIFY(state.outcome == PluginState::Outcome::Absent);
        QVERIFY(state.reason.empty());
    }

    void the_second_of_a_name_is_refused() {
        add("toy", good_manifest("toy"));
        const fs::path second = root_ / "second";
        fs::create_directories(second);
        fs::copy(root_ / "toy", second / "toy", fs::copy_options::recursive);
        const auto states = load({root_, second});
        QCOMPARE(states.size(), std::size_t{2});
        QVERIFY(states[0].outcome == PluginState::Outcome::Loaded);
        QVERIFY(states[1].outcome == PluginState::Outcome::Refused);
        QVERIFY(services_->registries.operations.find("toy-print"));
    }

    void search_path_order() {
        qputenv("EYEPIECE_PLUGINS", QByteArray("/a:/b:/a"));
        qputenv("XDG_DATA_HOME", QByteArray("/home/someone/data"));
        const auto path = plugin_search_path();
        QCOMPARE(path.size(), std::size_t{4});
        QCOMPARE(path[0].string(), std::string("/a"));
        QCOMPARE(path[2], library_folder() / "eyepiece" / "plugins");
        QCOMPARE(path[3].string(), std::string("/home/someone/data/eyepiece/plugins"));
        QVERIFY(find_plugins({"/no/such/folder"}).empty());
    }

private:
    void add(const std::string& folder, const Json& manifest) {
        fs::create_directories(root_ / folder);
        std::ofstream(root_ / folder / "plugin.json") << manifest.dump();
        fs::copy_file(MISBEHAVING_PLUGIN, root_ / folder / "engine.so", fs::copy_options::overwrite_existing);
    }
    std::vector<PluginState> load(const std::vector<fs::path>& search_path) {
        services_ = std::make_unique<EngineServices>();
        register_list_operations(*services_);
        return load_engine_plugins(search_path, services_->registries);
    }
    PluginState load_and_find(const std::string& folder) {
        for (const PluginState& state : load({root_}))
            if (state.manifest.folder.filename() == folder)
                return state;
        return {
            .manifest = {}, .outcome = PluginState::Outcome::Loaded, .reason = "not found", .registered = {}};
    }

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path root_;
    std::unique_ptr<EngineServices> services_;
};

QTEST_GUILESS_MAIN(TestPluginLoader)
#include "test_plugin_loader.moc"
