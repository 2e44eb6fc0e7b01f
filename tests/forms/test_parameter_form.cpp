// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "widgets/forms/parameter_form.h"
#include "widgets/theme/theme.h"

#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <random>

using namespace eyepiece;

// QCOMPARE would take JSON for a container.
#define COMPARE_JSON(actual, expected) QCOMPARE((actual).dump(), (expected).dump())

namespace {

ParameterSchema training() {
    return {
        integer_parameter("patch", nullptr, "Patch", "Side of the squares that are learnt from.")
            .range(32, 1024)
            .with_unit("px"),
        integer_parameter("batch", 8, "Batch", "Patches in one step.").range(1, 256),
        real_parameter("learning-rate", 1e-3, "Learning rate", "Size of a step.").range(1e-6, 1),
        choice_parameter("loss", nullptr, {"cross-entropy", "dice", "both"}, "Loss", "What is made small."),
        real_parameter("dice-weight", 0.5, "Dice weight", "Share of Dice.").range(0, 1).when("loss=both"),
        boolean_parameter("augment", true, "Augment", "Vary the images.").in("Augmentation"),
        real_parameter("rotation", 180.0, "Rotation", "Largest turn.")
            .range(0, 180)
            .with_unit("°")
            .in("Augmentation")
            .when("augment=true"),
        boolean_parameter("bfloat16", nullptr, "Half precision", "Compute in bfloat16.").rarely(),
        text_parameter("note", "", "Note", "For you.").rarely(),
        path_parameter("weights", "", "Start from", "A file with weights.").rarely()};
}

// A schema out of thin air, as a plugin might bring one.
ParameterSchema random_schema(std::mt19937& random) {
    ParameterSchema schema;
    const auto chance = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const int count = 1 + chance(8);
    for (int at = 0; at < count; ++at) {
        const std::string name = "p" + std::to_string(at), title = "Setting " + std::to_string(at),
                          help = "Help.";
        const bool automatic = chance(3) == 0;
        ParameterSpec spec;
        switch (chance(6)) {
        case 0:
            spec = boolean_parameter(name, automatic ? Json() : Json(chance(2) == 1), title, help);
            break;
        case 1:
            spec =
                integer_parameter(name, automatic ? Json() : Json(chance(100)), title, help).range(0, 1000);
            break;
        case 2:
            spec = real_parameter(name, automatic ? Json() : Json(chance(100) / 7.0), title, help)
                       .range(-10, 1000);
            break;
        case 3:
            spec = choice_parameter(name, automatic ? Json() : Json("b"), {"a", "b", "c d"}, title, help);
            break;
        case 4:
            spec = text_parameter(name, automatic ? Json() : Json("some words"), title, help);
            break;
        default:
            spec = path_parameter(name, automatic ? Json() : Json("/tmp/x y"), title, help);
        }
        if (chance(3) == 0)
            spec.in("Group " + std::to_string(chance(2)));
        if (chance(4) == 0)
            spec.rarely();
        schema.add(spec);
    }
    return schema;
}

Json random_values(const ParameterSchema& schema, std::mt19937& random) {
    Json values = Json::object();
    for (const ParameterSpec& spec : schema.specs()) {
        if (random() % 2 == 0)
            continue;
        const int number = static_cast<int>(random() % 90);
        switch (spec.type) {
        case ParameterType::Boolean:
            values[spec.name] = number % 2 == 0;
            break;
        case ParameterType::Integer:
            values[spec.name] = number;
            break;
        case ParameterType::Real:
            values[spec.name] = number / 8.0;
            break;
        case ParameterType::Choice:
            values[spec.name] = spec.choices[static_cast<std::size_t>(number) % spec.choices.size()];
            break;
        default:
            values[spec.name] = "word " + std::to_string(number);
        }
    }
    return values;
}

} // namespace

class TestParameterForm : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { theme_.apply_to(*qApp); }

    void says_nothing_until_the_user_does() {
        ParameterForm form(theme_);
        form.set_schema(training());
        COMPARE_JSON(form.values(), Json::object());
        QVERIFY(form.complete_values()["patch"].is_null());
        COMPARE_JSON(form.complete_values()["batch"], Json(8));
        form.set_automatic({{"patch", 256}}, {{"patch", "objects are 30 px wide"}});
        COMPARE_JSON(form.values(), Json::object());
        COMPARE_JSON(form.complete_values()["patch"], Json(256));
        auto* field = form.findChild<QLineEdit*>("field.patch");
        QCOMPARE(field->placeholderText(), QStringLiteral("auto: 256 px"));
        QVERIFY(form.editor("patch")->toolTip().contains("objects are 30 px wide"));
    }

    void typing_replaces_and_the_arrow_brings_back() {
        ParameterForm form(theme_);
        form.set_schema(training());
        form.set_automatic({{"patch", 256}});
        form.show();
        QSignalSpy changed(&form, &ParameterForm::changed);
        auto* field = form.findChild<QLineEdit*>("field.patch");
        auto* reset = form.findChild<QToolButton*>("reset.patch");
        QVERIFY(!reset->isVisible());
        field->setFocus();
        QTest::keyClicks(field, "128 px");
        COMPARE_JSON(form.values(), (Json{{"patch", 128}}));
        QVERIFY(changed.count() > 0);
        QTest::keyClick(field, Qt::Key_Up);
        COMPARE_JSON(form.values()["patch"], Json(129));
        QVERIFY(reset->isVisible());
        QTest::mouseClick(reset, Qt::LeftButton);
        COMPARE_JSON(form.values(), Json::object());
        QVERIFY(!reset->isVisible());
    }

    void says_what_is_wrong_below_the_row() {
        ParameterForm form(theme_);
        form.set_schema(training());
        form.show();
        auto* field = form.findChild<QLineEdit*>("field.batch");
        auto* problem = form.findChild<QLabel*>("problem.batch");
        for (const char* bad : {"0", "1000", "many", "1.5"}) {
            field->clear();
            QTest::keyClicks(field, bad);
            QVERIFY2(!form.valid(), bad);
            QVERIFY(problem->isVisible());
            QVERIFY2(problem->text().contains("batch"), qPrintable(problem->text()));
            QVERIFY(!form.values().contains("batch"));
        }
        field->clear();
        QTest::keyClicks(field, "16");
        QVERIFY(form.valid());
        QVERIFY(!problem->isVisible());
        COMPARE_JSON(form.values(), (Json{{"batch", 16}}));
    }

    void shows_what_applies() {
        ParameterForm form(theme_);
        form.set_schema(training());
        form.show();
        auto* row = form.findChild<QWidget*>("row.dice-weight");
        QVERIFY(!row->isVisible());
        form.set_automatic({{"loss", "both"}}); // what was chosen counts, too
        QVERIFY(row->isVisible());
        form.set_values({{"loss", "dice"}, {"dice-weight", 0.25}});
        QVERIFY(!row->isVisible());
        QVERIFY(!form.values().contains("dice-weight"));
        form.set_values({{"augment", false}});
        QVERIFY(!form.findChild<QWidget*>("row.rotation")->isVisible());
    }

    void folds_rare_settings_away() {
        ParameterForm form(theme_);
        form.set_schema(training());
        form.show();
        auto* more = form.findChild<QPushButton*>("form.more");
        QVERIFY(more->text().contains('3'));
        QVERIFY(!form.findChild<QWidget*>("row.note")->isVisible());
        QTest::mouseClick(more, Qt::LeftButton);
        QVERIFY(form.findChild<QWidget*>("row.note")->isVisible());
        QTest::mouseClick(more, Qt::LeftButton);
        QVERIFY(!form.findChild<QWidget*>("row.note")->isVisible());
    }

    void every_field_has_a_name_for_those_who_do_not_see_it() {
        ParameterForm form(theme_);
        form.set_schema(training());
        for (const ParameterSpec& spec : form.schema().specs()) {
            auto* field = form.findChild<QWidget*>("field." + QString::fromStdString(spec.name));
            QVERIFY2(field, spec.name.c_str());
            QCOMPARE(field->accessibleName(), QString::fromStdString(spec.title));
            QVERIFY(field->focusPolicy() & Qt::TabFocus);
        }
    }

    void a_wheel_that_scrolls_does_not_change_a_choice() {
        ParameterForm form(theme_);
        form.set_schema(training());
        form.show();
        auto* box = form.findChild<QComboBox*>("field.loss");
        QWheelEvent wheel(box->rect().center(), box->mapToGlobal(box->rect().center()), {}, {0, -120},
                          Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
        QApplication::sendEvent(box, &wheel);
        COMPARE_JSON(form.values(), Json::object());
        box->setFocus();
        QTest::keyClick(box, Qt::Key_Down);
        COMPARE_JSON(form.values(), (Json{{"loss", "cross-entropy"}}));
    }

    void keeps_values_when_the_schema_changes() {
        ParameterForm form(theme_);
        form.set_schema(training());
        form.set_values({{"batch", 32}, {"learning-rate", 0.01}});
        form.set_schema({integer_parameter("batch", 4, "Batch", "Help.").range(1, 64),
                         integer_parameter("depth", 3, "Depth", "Help.")});
        COMPARE_JSON(form.values(), (Json{{"batch", 32}}));
    }

    void values_make_the_round_trip() {
        std::mt19937 random(7);
        for (int turn = 0; turn < 120; ++turn) {
            const ParameterSchema schema = random_schema(random);
            ParameterForm form(theme_);
            form.set_schema_json(schema.to_json());
            COMPARE_JSON(form.schema().to_json(), schema.to_json());
            const Json values = random_values(schema, random);
            form.set_values(values);
            QVERIFY2(form.valid(), qPrintable(form.problems().join(' ')));
            QVERIFY2(schema.complete(form.values()) == schema.complete(values),
                     (schema.to_json().dump() + values.dump() + form.values().dump()).c_str());
            ParameterForm other(theme_);
            other.set_schema(schema);
            other.set_values(form.values());
            QVERIFY(other.values() == form.values());
        }
    }

    void refuses_what_is_no_schema() {
        ParameterForm form(theme_);
        QVERIFY_EXCEPTION_THROWN(form.set_schema_json(Json{{{"name", 3}}}), Error);
    }

private:
    Theme theme_;
};

QTEST_MAIN(TestParameterForm)
#include "test_parameter_form.moc"
