// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/engine/random_forest.h"

#include "core/base/error.h"
#include "core/learning/random.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <sstream>

using namespace eyepiece;
using namespace eyepiece::label;

namespace {

// Two features that say nothing, and two of which the classes are a ring and what lies within and without.
ForestExamples ring(std::size_t count, std::uint64_t seed, double noise = 0) {
    ForestExamples made;
    made.features = 4;
    Random random(seed);
    for (std::size_t at = 0; at < count; ++at) {
        const double x = random.uniform(-1, 1), y = random.uniform(-1, 1);
        const double r = std::hypot(x, y);
        auto code = [](double v) { return static_cast<std::int16_t>(std::lround(v * 30'000)); };
        for (const double v : {random.uniform(-1, 1), x, y, random.uniform(-1, 1)})
            made.codes.push_back(code(v));
        const bool inside = r > 0.4 && r < 0.8;
        made.classes.push_back(inside != random.chance(noise));
    }
    return made;
}

double share_right(const RandomForest& forest, const ForestExamples& examples) {
    int right = 0;
    for (std::size_t at = 0; at < examples.size(); ++at) {
        const auto p = forest.probabilities(std::span(examples.codes).subspan(at * 4, 4));
        right += (p[1] > p[0]) == (examples.classes[at] == 1);
    }
    return right / static_cast<double>(examples.size());
}

const QuietJob quiet;

} // namespace

class TestRandomForest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void it_learns_what_no_line_can_part() {
        const ForestExamples train = ring(3000, 1), test = ring(2000, 2);
        const RandomForest forest = RandomForest::fit(train, 2, {.threads = 2}, quiet);
        QCOMPARE(forest.trees(), 100);
        QVERIFY2(share_right(forest, test) > 0.95, QByteArray::number(share_right(forest, test)));
        // What it says of itself without a test is what the test says.
        QVERIFY2(std::abs(forest.out_of_bag() - share_right(forest, test)) < 0.02,
                 QByteArray::number(forest.out_of_bag()));
        const auto& weight = forest.importances();
        QVERIFY(weight[1] > 3 * weight[0] && weight[1] > 3 * weight[3] && weight[2] > 3 * weight[0]);
        QVERIFY(std::abs(weight[0] + weight[1] + weight[2] + weight[3] - 1) < 1e-9);
    }

    void out_of_bag_is_honest_about_noise() {
        // Three tenths of the labels are wrong: nobody can do better than 0.7.
        const RandomForest forest = RandomForest::fit(ring(3000, 3, 0.3), 2, {.threads = 2}, quiet);
        QVERIFY2(forest.out_of_bag() < 0.71, QByteArray::number(forest.out_of_bag()));
        QVERIFY2(share_right(forest, ring(2000, 4)) > 0.8, "voting averages the noise away");
    }

    void one_threshold_lies_between_the_classes() {
        ForestExamples examples;
        examples.features = 1;
        for (const int code : {-50, -40, -30, 60, 70, 80, 90}) {
            examples.codes.push_back(static_cast<std::int16_t>(code));
            examples.classes.push_back(code > 0);
        }
        const RandomForest forest = RandomForest::fit(examples, 2, {}, quiet);
        const auto at = [&](int code) {
            const std::int16_t one = static_cast<std::int16_t>(code);
            return forest.probabilities(std::span(&one, 1))[1];
        };
        QVERIFY(at(-32768) < 0.05 && at(-45) < 0.05);
        QVERIFY(at(32767) > 0.95 && at(75) > 0.95);
        QVERIFY2(at(-10) < 0.5 && at(40) > 0.5, "what lies between goes to the nearer side");
    }

    void a_cell_is_64_pixels_asked_at_once() {
        const ForestExamples train = ring(1500, 5);
        const RandomForest forest = RandomForest::fit(train, 2, {.trees = 37}, quiet);
        const ForestExamples some = ring(64, 6);
        std::vector<std::int16_t> cell(4 * 64);
        for (std::size_t pixel = 0; pixel < 64; ++pixel)
            for (std::size_t feature = 0; feature < 4; ++feature)
                cell[feature * 64 + pixel] = some.codes[pixel * 4 + feature];
        std::vector<std::uint16_t> shares(2 * 64);
        forest.ask(cell.data(), shares);
        for (std::size_t pixel = 0; pixel < 64; ++pixel) {
            QCOMPARE(shares[pixel] + shares[64 + pixel], 255 * 37);
            const auto p = forest.probabilities(std::span(some.codes).subspan(pixel * 4, 4));
            QVERIFY(std::abs(p[1] - shares[64 + pixel] / (255.0 * 37)) < 1e-12);
        }
    }

    void a_rare_class_counts_as_much() {
        // One in fifty; without weights it would hardly be seen.
        ForestExamples examples;
        examples.features = 1;
        Random random(7);
        for (int at = 0; at < 5000; ++at) {
            const bool rare = at % 50 == 0;
            examples.codes.push_back(
                static_cast<std::int16_t>(rare ? random.uniform(1000, 7000) : random.uniform(-6000, 6000)));
            examples.classes.push_back(rare);
        }
        const RandomForest forest =
            RandomForest::fit(examples, 2, {.trees = 200, .examples_a_leaf = 100, .threads = 2}, quiet);
        double sum = 0;
        for (std::int16_t code = 1500; code < 5500; code = static_cast<std::int16_t>(code + 10))
            sum += forest.probabilities(std::span(&code, 1))[1] / 400;
        // Twice as dense there as the other, were both as frequent: two thirds. As they come: 0.04.
        QVERIFY2(sum > 0.58 && sum < 0.75, QByteArray::number(sum));
    }

    void the_seed_decides_and_threads_do_not() {
        const ForestExamples train = ring(800, 8);
        const auto bytes = [&](std::uint64_t seed, int threads) {
            std::ostringstream out;
            RandomForest::fit(train, 2, {.seed = seed, .threads = threads}, quiet).write(out);
            return out.str();
        };
        QVERIFY(bytes(1, 1) == bytes(1, 2));
        QVERIFY(bytes(1, 1) != bytes(2, 1));
    }

    void it_is_the_same_after_a_file() {
        const RandomForest forest = RandomForest::fit(ring(800, 9), 2, {.trees = 20}, quiet);
        std::stringstream file;
        forest.write(file);
        const std::string whole = file.str();
        const RandomForest again = RandomForest::read(file);
        const ForestExamples some = ring(200, 10);
        for (std::size_t at = 0; at < some.size(); ++at) {
            const auto codes = std::span(some.codes).subspan(at * 4, 4);
            QCOMPARE(again.probabilities(codes), forest.probabilities(codes));
        }
        QCOMPARE(again.importances(), forest.importances());
        QCOMPARE(again.out_of_bag(), forest.out_of_bag());
        // Cut short anywhere, or with any byte changed, it is refused or still a forest: never a crash.
        for (std::size_t length = 0; length < whole.size(); length += 97) {
            std::istringstream cut(whole.substr(0, length));
            QVERIFY_EXCEPTION_THROWN(RandomForest::read(cut), Error);
        }
        Random random(11);
        for (int time = 0; time < 500; ++time) {
            std::string changed = whole;
            changed[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(whole.size())))] ^=
                static_cast<char>(1 << random.below(8));
            std::istringstream in(changed);
            try {
                const RandomForest read = RandomForest::read(in);
                if (read.features() <= 4)
                    read.probabilities(std::span(some.codes).first(4));
            } catch (const Error&) {
            }
        }
    }

    void one_class_is_no_choice() {
        ForestExamples examples = ring(50, 12);
        std::fill(examples.classes.begin(), examples.classes.end(), std::uint8_t{1});
        QVERIFY_EXCEPTION_THROWN(RandomForest::fit(examples, 2, {}, quiet), Error);
        QuietJob job;
        job.cancel = true;
        QVERIFY_EXCEPTION_THROWN(RandomForest::fit(ring(50, 13), 2, {}, job), Error);
    }
};

QTEST_GUILESS_MAIN(TestRandomForest)
#include "test_random_forest.moc"
