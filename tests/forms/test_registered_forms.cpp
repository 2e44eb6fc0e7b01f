// SPDX-License-Identifier: GPL-3.0-or-later
// The other half of tests/operations/test_registered.cpp, which has no Qt: the form of everything that is
// registered builds, shows its defaults, and gives them back. What there is, eyepiece-cli says.
#include "tests/support/command.h"
#include "widgets/forms/parameter_form.h"
#include "widgets/theme/theme.h"

#include <QTest>

using namespace eyepiece;
using namespace eyepiece::test;

class TestRegisteredForms : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void each_form_builds_data() {
        QTest::addColumn<QString>("schema");
        int rows = 0;
        const auto add = [&](const QString& name, const Json& schema) {
            QTest::newRow(qPrintable(name)) << QString::fromStdString(schema.dump());
            rows += !schema.empty();
        };
        for (const char* kind : {"tasks", "models", "methods", "explainers", "importers", "exporters",
                                 "embeddings", "clusterings", "estimators", "preprocessing", "operations"}) {
            const Outcome listed = cli({"list", kind, "--json"});
            QVERIFY2(listed.status == 0, listed.about().constData());
            const Json entries = listed.json().at("entries");
            QVERIFY2(!entries.empty(), kind);
            for (const Json& entry : entries) {
                const QString name = QString::fromStdString(entry.at("name").get<std::string>());
                add(QString("%1 of %2").arg(name, kind), entry.value("parameters", Json::array()));
                if (QString(kind) != "operations")
                    continue;
                const Outcome set = cli({"list", "parameters", name, "--json"});
                QVERIFY2(set.status == 0, set.about().constData());
                add("what may be set for " + name, set.json().at("entries"));
            }
        }
        QVERIFY(rows >= 8); // so that an empty list would not pass
    }
    void each_form_builds() {
        QFETCH(QString, schema);
        const Json json = Json::parse(schema.toStdString());
        const Theme theme;
        ParameterForm form(theme);
        form.set_schema_json(json);
        form.show_advanced(true);
        form.resize(420, 800);
        form.show();
        const ParameterSchema& specs = form.schema();
        QCOMPARE(specs.specs().size(), json.size());
        QVERIFY2(form.valid(), qPrintable(form.problems().join(' ')));
        QCOMPARE(form.values().dump(), std::string("{}")); // nobody has set anything
        const Json complete = form.complete_values();
        for (const ParameterSpec& spec : specs.specs()) {
            const QString name = QString::fromStdString(spec.name);
            QVERIFY2(form.editor(name), qPrintable(name));
            QCOMPARE(complete.at(spec.name).dump(), spec.default_value.dump());
            if (spec.automatic())
                continue;
            // A default that is typed in is taken, and is the same.
            form.set_values({{spec.name, spec.default_value}});
            QVERIFY2(form.valid(), qPrintable(name + ": " + form.problems().join(' ')));
            QCOMPARE(form.complete_values().at(spec.name).dump(), spec.default_value.dump());
        }
        form.reset();
        QCOMPARE(form.values().dump(), std::string("{}"));
    }
};

QTEST_MAIN(TestRegisteredForms)
#include "test_registered_forms.moc"
