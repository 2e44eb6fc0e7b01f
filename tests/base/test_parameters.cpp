// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/parameters.h"
#include "core/base/registry.h"

#include <QtTest>

using namespace eyepiece;

namespace {

ParameterSchema sample() {
    return {integer_parameter("epochs", nullptr, "Epochs", "How often each image is seen.").range(1, 1000),
            real_parameter("learning-rate", 1e-3, "Learning rate", "Step size.").range(1e-7, 10),
            boolean_parameter("flip", true, "Flip", "Mirror at random."),
            choice_parameter("loss", "dice", {"dice", "cross-entropy"}, "Loss", "What is made small."),
            text_parameter("note", "", "Note", "Kept with the run.")};
}

std::string message_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

} // namespace

class TestParameters : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fills_in_defaults() {
        const Json values = sample().complete({{"flip", false}});
        QVERIFY(values["epochs"].is_null()); // automatic: left for the plan
        QCOMPARE(values["learning-rate"].get<double>(), 1e-3);
        QCOMPARE(values["flip"].get<bool>(), false);
        QCOMPARE(values["loss"].get<std::string>(), std::string("dice"));
    }

    void null_means_default() {
        QCOMPARE(sample().complete({{"loss", nullptr}})["loss"].get<std::string>(), std::string("dice"));
    }

    void refusals_name_the_parameter_and_what_is_allowed_data() {
        QTest::addColumn<QString>("given");
        QTest::addColumn<QString>("says");
        QTest::newRow("out of range") << R"({"epochs":0})"
                                      << "from 1 to 1000";
        QTest::newRow("fraction") << R"({"epochs":1.5})"
                                  << "whole number";
        QTest::newRow("text for number") << R"({"learning-rate":"fast"})"
                                         << "\"fast\"";
        QTest::newRow("unknown choice") << R"({"loss":"hinge"})"
                                        << "dice, cross-entropy";
        QTest::newRow("misspelt") << R"({"lerning-rate":1})"
                                  << "nearest is \"learning-rate\"";
        QTest::newRow("not an object") << R"([1,2])"
                                       << "JSON object";
        QTest::newRow("number for boolean") << R"({"flip":2})"
                                            << "true or false";
    }
    void refusals_name_the_parameter_and_what_is_allowed() {
        QFETCH(QString, given);
        QFETCH(QString, says);
        const QString message =
            QString::fromStdString(message_of([&] { sample().complete(Json::parse(given.toStdString())); }));
        QVERIFY2(message.contains(says), qPrintable(message));
    }

    void whole_numbers_may_be_written_with_a_point() {
        const Json value = sample().complete({{"epochs", 3.0}})["epochs"];
        QVERIFY(value.is_number_integer());
        QCOMPARE(value.get<int>(), 3);
    }

    void reads_the_command_lines_form() {
        const ParameterSchema schema = sample();
        QVERIFY(schema.parse_assignment("epochs=30").second.is_number_integer());
        QCOMPARE(schema.parse_assignment("learning-rate=2e-4").second.get<double>(), 2e-4);
        QCOMPARE(schema.parse_assignment("flip=off").second.get<bool>(), false);
        QVERIFY(schema.parse_assignment("epochs=auto").second.is_null());
        QCOMPARE(schema.parse_assignment("note=a=b").second.get<std::string>(), std::string("a=b"));
        for (const char* bad : {"epochs", "=3", "epochs=", "epochs=3x", "nothing=1", "flip=perhaps"})
            QVERIFY2(!message_of([&] { schema.parse_assignment(bad); }).empty(), bad);
    }

    void round_trips_through_json() {
        ParameterSchema schema = sample();
        schema.add(integer_parameter("patch", 256, "Patch", "Side of a crop.")
                       .range(32, 2048)
                       .with_unit("px")
                       .in("Input")
                       .when("flip=true")
                       .rarely());
        const Json json = schema.to_json();
        QCOMPARE(ParameterSchema::from_json(json).to_json(), json);
        QCOMPARE(ParameterSchema::from_json(Json::parse(json.dump())).to_json(), json);
    }

    void bad_declarations_are_faults_of_ours() {
        const auto declare = [](const ParameterSpec& spec) {
            try {
                ParameterSchema{spec};
            } catch (const Error& error) {
                return error.code();
            }
            return ErrorCode::Cancelled;
        };
        QCOMPARE(declare(integer_parameter("n", 5, "N", "Help.").range(1, 4)), ErrorCode::Internal);
        QCOMPARE(declare(integer_parameter("n", 5, "N", "")), ErrorCode::Internal);
        QCOMPARE(declare(choice_parameter("c", "a", {}, "C", "Help.")), ErrorCode::Internal);
        ParameterSchema schema = sample();
        QVERIFY_THROWS_EXCEPTION(Error, schema.add(boolean_parameter("flip", true, "Flip", "Again.")));
    }

    void registry_lists_what_it_knows() {
        Registry<int> registry("number");
        registry.add({"one", "One", "The first.", {}, [] { return std::make_unique<int>(1); }});
        QCOMPARE(*registry.make("one"), 1);
        QVERIFY_THROWS_EXCEPTION(
            Error, registry.add({"one", "One", "Twice.", {}, [] { return std::make_unique<int>(1); }}));
        const QString message = QString::fromStdString(message_of([&] { (void)registry.at("two"); }));
        QVERIFY2(message.contains("Known: one"), qPrintable(message));
    }

    void error_codes_keep_their_names() {
        for (int code = 0; code <= static_cast<int>(ErrorCode::Internal); ++code)
            QCOMPARE(error_code_from_string(to_string(static_cast<ErrorCode>(code))),
                     static_cast<ErrorCode>(code));
    }
};

QTEST_APPLESS_MAIN(TestParameters)
#include "test_parameters.moc"
