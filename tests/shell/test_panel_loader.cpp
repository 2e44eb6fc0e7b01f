// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/panel_loader.h"
#include "widgets/shell/plugins_dialog.h"
#include "widgets/theme/theme.h"

#include <QFile>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>

using namespace eyepiece;
using Outcome = PluginState::Outcome;

class TestPanelLoader : public QObject {
    Q_OBJECT

    static void write(const QString& path, const QByteArray& content) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }

    static void make_plugin(const QTemporaryDir& root, const QString& id, const QString& library,
                            const QString& api = QStringLiteral("1.0")) {
        const QString folder = root.filePath(id);
        QVERIFY(QDir().mkpath(folder));
        write(folder + "/plugin.json",
              QStringLiteral(
                  R"({"id": "%1", "title": "Plugin %1", "version": "2.3", "requires": {"api": "%2"}})")
                  .arg(id, api)
                  .toUtf8());
        if (!library.isEmpty())
            QVERIFY(
                QFile::copy(QStringLiteral(TEST_PANELS "/%1/panels.so").arg(library), folder + "/panels.so"));
    }

    static const PluginState& state(const LoadedPanels& loaded, const std::string& id) {
        for (const PluginState& s : loaded.plugins)
            if (s.manifest.id == id)
                return s;
        throw std::runtime_error("no state for " + id);
    }

private Q_SLOTS:
    void the_good_work_and_the_bad_are_reported() {
        QTemporaryDir root;
        make_plugin(root, "a-garbage", {});
        write(root.filePath("a-garbage/panels.so"), "this is no library");
        make_plugin(root, "b-throwing", "throwing");
        make_plugin(root, "c-other", "wrong_interface");
        make_plugin(root, "d-nameless", "nameless");
        make_plugin(root, "e-future", "good", "9.0");
        make_plugin(root, "f-newer", "good", "1.99");
        make_plugin(root, "g-empty", {});
        QDir().mkpath(root.filePath("h-broken-json"));
        write(root.filePath("h-broken-json/plugin.json"), "{ oops");
        make_plugin(root, "i-good", "good");
        make_plugin(root, "j-engine-only", {});
        write(root.filePath("j-engine-only/engine.so"), "never opened here");
        make_plugin(root, "k-truncated", "good");
        QVERIFY(QFile::resize(root.filePath("k-truncated/panels.so"), 5000));

        const LoadedPanels loaded = load_panel_plugins({std::filesystem::path(root.path().toStdString())});

        QCOMPARE(loaded.plugins.size(), std::size_t(11));
        for (const char* id :
             {"a-garbage", "b-throwing", "c-other", "d-nameless", "g-empty", "k-truncated"}) {
            QVERIFY2(state(loaded, id).outcome == Outcome::Failed, id);
            QVERIFY2(!state(loaded, id).reason.empty(), id);
        }
        for (const char* id : {"e-future", "f-newer", "h-broken-json"}) {
            QVERIFY2(state(loaded, id).outcome == Outcome::Refused, id);
            QVERIFY2(!state(loaded, id).reason.empty(), id);
        }
        QVERIFY(state(loaded, "b-throwing").reason.find("out of order") != std::string::npos);
        QVERIFY(state(loaded, "c-other").reason.find("org.example.Other/7.3") != std::string::npos);
        QVERIFY(state(loaded, "i-good").outcome == Outcome::Loaded);
        QVERIFY(state(loaded, "j-engine-only").outcome == Outcome::Absent);
        QCOMPARE(loaded.panels.size(), std::size_t(2));
        QCOMPARE(loaded.panels[0].id, QStringLiteral("good.first")); // by order, not as listed
        QCOMPARE(loaded.panels[1].id, QStringLiteral("good.second"));
    }

    void a_second_plugin_of_the_same_id_or_panel_is_refused() {
        QTemporaryDir first, second;
        make_plugin(first, "good", "good");
        make_plugin(first, "twin", "good"); // another id, the same panels
        make_plugin(second, "good", "good");
        const LoadedPanels loaded = load_panel_plugins({std::filesystem::path(first.path().toStdString()),
                                                        std::filesystem::path(second.path().toStdString()),
                                                        std::filesystem::path("/nowhere/at/all")});
        QCOMPARE(loaded.plugins.size(), std::size_t(3));
        QVERIFY(loaded.plugins[0].outcome == Outcome::Loaded);
        QVERIFY(loaded.plugins[1].outcome == Outcome::Failed); // its panel was already brought
        QVERIFY(loaded.plugins[2].outcome == Outcome::Refused);
        QCOMPARE(loaded.panels.size(), std::size_t(2));
    }

    void the_table_joins_both_halves() {
        Theme theme;
        std::vector<PluginState> panels(2);
        panels[0].manifest.id = "vision";
        panels[0].manifest.title = "Vision";
        panels[0].manifest.version = "0.1";
        panels[1].manifest.id = "odd";
        panels[1].outcome = Outcome::Refused;
        panels[1].reason = "It is odd.";
        PluginsDialog dialog(theme, panels);
        auto* table = dialog.findChild<QTableWidget*>("plugins.table");
        QCOMPARE(table->rowCount(), 2);
        QCOMPARE(table->item(0, 3)->text(), QStringLiteral("engine not running"));
        dialog.set_engine_plugins({{{"id", "vision"}, {"state", "failed"}, {"reason", "No memory."}},
                                   {{"id", "late"}, {"state", "loaded"}}});
        QCOMPARE(table->rowCount(), 3);
        QCOMPARE(table->item(0, 0)->text(), QStringLiteral("Vision"));
        QCOMPARE(table->item(0, 2)->text(), QStringLiteral("loaded"));
        QCOMPARE(table->item(0, 3)->text(), QStringLiteral("failed"));
        QCOMPARE(table->item(0, 5)->text(), QStringLiteral("No memory."));
        QCOMPARE(table->item(1, 5)->text(), QStringLiteral("It is odd."));
        QCOMPARE(table->item(2, 2)->text(), QStringLiteral("not found"));
        dialog.set_engine_plugins({{"not", "a list"}}); // garbage from the engine is no reason to fall
        QCOMPARE(table->rowCount(), 2);
    }
};

QTEST_MAIN(TestPanelLoader)
#include "test_panel_loader.moc"
