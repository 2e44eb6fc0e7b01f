// SPDX-License-Identifier: GPL-3.0-or-later
// Someone else's plugin: the headers are installed to an empty folder, the example is built against them and
// nothing else, and both its halves are loaded and used.
#include "core/base/parameters.h"
#include "core/data/image.h"
#include "core/formats/image_writer.h"
#ifdef HAS_WIDGETS
#include "widgets/shell/panel_plugin.h"
#endif

#include <QtTest>

#include <QDirIterator>
#include <QPluginLoader>
#include <QProcess>
#include <algorithm>

using namespace eyepiece;

namespace {

bool run(const QString& program, const QStringList& arguments, const QProcessEnvironment& environment,
         QByteArray* out = nullptr) {
    QProcess process;
    process.setProcessEnvironment(environment);
    process.start(program, arguments);
    process.waitForFinished(280000);
    if (out)
        *out = process.readAllStandardOutput();
    if (process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0)
        return true;
    qWarning().noquote() << program << arguments << process.readAllStandardOutput()
                         << process.readAllStandardError();
    return false;
}

} // namespace

class TestExamplePlugin : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        QVERIFY(folder_.isValid());
        const QString prefix = folder_.path() + "/prefix", build = folder_.path() + "/build";
        const auto environment = QProcessEnvironment::systemEnvironment();
        for (const char* component : {"libraries", "development"})
            QVERIFY(run(CMAKE, {"--install", BUILD_FOLDER, "--prefix", prefix, "--component", component},
                        environment));
        // A copy, so that nothing of the tree around it can be found by a relative path.
        QVERIFY(
            run(CMAKE, {"-E", "copy_directory", EXAMPLE_FOLDER, folder_.path() + "/source"}, environment));
        QVERIFY(run(CMAKE,
                    {"-S", folder_.path() + "/source", "-B", build, "-G", GENERATOR,
                     "-DCMAKE_PREFIX_PATH=" + prefix, "-DCMAKE_BUILD_TYPE=Debug"},
                    environment));
        QVERIFY(run(CMAKE, {"--build", build}, environment));
        plugins_ = build + "/lib/eyepiece/plugins";
        QVERIFY(QFileInfo::exists(plugins_ + "/example/plugin.json"));
    }

    void its_engine_half_works() {
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert("EYEPIECE_PLUGINS", plugins_);
        const QString cli = qEnvironmentVariable("EYEPIECE_BIN") + "/eyepiece-cli";
        QByteArray out;
        QVERIFY(run(cli, {"list", "plugins", "--json"}, environment, &out));
        bool loaded = false;
        const Json entries = Json::parse(out.toStdString())["entries"];
        for (const Json& plugin : entries)
            if (plugin["id"] == "example") {
                QCOMPARE(plugin["reason"].get<std::string>(), std::string());
                QCOMPARE(plugin["registered"].dump(), std::string("[\"operation/image-statistics\"]"));
                loaded = plugin["state"] == "loaded";
            }
        QVERIFY(loaded);

        Image image = Image::create(PixelType::UInt8, 1, 2, 2);
        const auto pixels = image.writable_plane_as<std::uint8_t>(0);
        const std::array<std::uint8_t, 4> values{1, 3, 5, 7};
        std::copy(values.begin(), values.end(), pixels.begin());
        const QString path = folder_.path() + "/four.png";
        write_image(path.toStdString(), image);
        QFile spec(folder_.path() + "/spec.json");
        QVERIFY(spec.open(QIODevice::WriteOnly));
        spec.write(QByteArray::fromStdString(
            Json{{"operation", "image-statistics"}, {"input", {{"path", path.toStdString()}}}}.dump()));
        spec.close();
        QVERIFY(run(cli, {"run", spec.fileName(), "--json"}, environment, &out));
        const Json result = Json::parse(out.toStdString());
        QCOMPARE(result["mean"].get<double>(), 4.0);
        QVERIFY(std::abs(result["deviation"].get<double>() - std::sqrt(5.0)) < 1e-12);
    }

#ifdef HAS_WIDGETS
    void its_panels_half_loads() {
        QPluginLoader loader(plugins_ + "/example/panels.so");
        QVERIFY2(loader.load(), qPrintable(loader.errorString()));
        auto* plugin = qobject_cast<PanelPlugin*>(loader.instance());
        QVERIFY(plugin);
        const auto panels = plugin->panels();
        QCOMPARE(panels.size(), std::size_t{1});
        QCOMPARE(panels.front().id, QString("example.statistics"));
        QVERIFY(panels.front().make != nullptr);
    }
#endif

private:
    QTemporaryDir folder_;
    QString plugins_;
};

QTEST_GUILESS_MAIN(TestExamplePlugin)
#include "test_example_plugin.moc"
