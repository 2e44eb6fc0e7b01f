// SPDX-License-Identifier: GPL-3.0-or-later
// Small networks of rows: their gradients against finite differences, and how they are fitted.
#include "core/learning/random.h"
#include "core/learning/row_fitting.h"
#include "core/learning/single_threaded.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace eyepiece;

namespace {

struct Rows {
    torch::Tensor numbers, codes, labels;
    std::vector<std::int64_t> all;
};

// Of the first column's sign, most of them.
Rows made_rows(std::int64_t count, std::int64_t numbers, torch::ScalarType type, std::uint64_t seed,
               double noise = 0.1) {
    Random random(seed);
    Rows rows{torch::empty({count, numbers}, torch::kFloat64),
              torch::empty({count, 2}, torch::kInt64),
              torch::empty({count}, torch::kInt64),
              {}};
    for (std::int64_t i = 0; i < count; ++i) {
        for (std::int64_t c = 0; c < numbers; ++c)
            rows.numbers[i][c] = random.uniform(-1, 1);
        rows.codes[i][0] = random.below(4);
        rows.codes[i][1] = random.below(3);
        const bool right = rows.numbers[i][0].item<double>() > 0;
        rows.labels[i] = random.chance(noise) ? !right : right;
    }
    rows.numbers = rows.numbers.to(type);
    rows.all.resize(static_cast<std::size_t>(count));
    std::iota(rows.all.begin(), rows.all.end(), std::int64_t{0});
    return rows;
}

// The sum of log losses of two classes.
RowLoss loss_of(const DenseNetwork& network, const Rows& data, double dropout = 0) {
    return [&network, &data, dropout](const torch::Tensor& rows, std::optional<std::uint64_t> draw) {
        std::optional<DenseNetwork::Dropout> dropped;
        if (draw && dropout > 0)
            dropped = {dropout, *draw};
        const torch::Tensor out =
            network.forward(data.numbers.index_select(0, rows), data.codes.index_select(0, rows), dropped);
        const torch::Tensor wanted = data.labels.index_select(0, rows).unsqueeze(1);
        return -torch::log_softmax(out, 1).gather(1, wanted).sum();
    };
}

DenseShape small_shape(Activation activation) {
    return {.numbers = 3, .categories = {4, 3}, .hidden = {6, 5}, .outputs = 2, .activation = activation};
}

double whole_loss(const RowLoss& loss, const std::vector<std::int64_t>& rows) {
    const torch::NoGradGuard no_gradient;
    return loss(torch::tensor(rows, torch::kInt64), std::nullopt).item<double>() /
           static_cast<double>(rows.size());
}

bool same(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const torch::Tensor& x, const torch::Tensor& y) { return torch::equal(x, y); });
}

// Finishes early, or cancels, at an epoch.
class StoppingJob final : public QuietJob {
public:
    int cancel_at = 1 << 30, finish_at = 1 << 30, epochs = 0;
    void progress(double, std::string_view) override {
        ++epochs;
        cancel = cancel || epochs >= cancel_at;
        finish_early = finish_early || epochs >= finish_at;
    }
};

} // namespace

class TestRowFitting : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void gradients_are_those_of_finite_differences_data() {
        QTest::addColumn<int>("activation");
        QTest::addColumn<double>("dropout");
        QTest::newRow("relu") << static_cast<int>(Activation::Relu) << 0.0;
        QTest::newRow("elu") << static_cast<int>(Activation::Elu) << 0.0;
        QTest::newRow("elu with dropout") << static_cast<int>(Activation::Elu) << 0.3;
    }
    void gradients_are_those_of_finite_differences() {
        QFETCH(int, activation);
        QFETCH(double, dropout);
        const Rows data = made_rows(11, 3, torch::kFloat64, 3);
        const DenseNetwork network(small_shape(static_cast<Activation>(activation)), torch::kFloat64, 7);
        const RowLoss loss = loss_of(network, data, dropout);
        const auto parameters = network.parameters();
        QuietJob job;
        const auto value = [&] {
            double sum = 0;
            gradient_of(parameters, loss, data.all, 4, 5, 1, job, sum);
            return sum;
        };
        double sum = 0;
        const auto gradient = gradient_of(parameters, loss, data.all, 4, 5, 2, job, sum);
        QCOMPARE(gradient.size(), std::size_t{2 + 3 + 3});
        double worst = 0, largest = 0;
        for (std::size_t p = 0; p < parameters.size(); ++p) {
            double* const weight = parameters[p].data_ptr<double>();
            const torch::Tensor found = gradient[p].contiguous();
            for (std::int64_t i = 0; i < parameters[p].numel(); ++i) {
                const double before = weight[i], step = 1e-6;
                weight[i] = before + step;
                const double above = value();
                weight[i] = before - step;
                const double below = value();
                weight[i] = before;
                const double slope = (above - below) / (2 * step);
                worst = std::max(worst, std::abs(slope - found.data_ptr<double>()[i]));
                largest = std::max(largest, std::abs(slope));
            }
        }
        QVERIFY(largest > 0.1);
        QVERIFY2(worst < 1e-7, qPrintable(QString::number(worst)));
    }

    void pieces_add_up_to_the_whole() {
        const Rows data = made_rows(50, 3, torch::kFloat64, 1);
        const DenseNetwork network(small_shape(Activation::Elu), torch::kFloat64, 2);
        const RowLoss loss = loss_of(network, data);
        QuietJob job;
        double whole = 0, pieces = 0, again = 0;
        const auto one = gradient_of(network.parameters(), loss, data.all, 50, 1, 1, job, whole);
        const auto seven = gradient_of(network.parameters(), loss, data.all, 7, 1, 1, job, pieces);
        const auto threads = gradient_of(network.parameters(), loss, data.all, 7, 1, 3, job, again);
        QVERIFY(std::abs(whole - pieces) < 1e-10);
        QCOMPARE(again, pieces);
        QVERIFY(same(seven, threads));
        for (std::size_t p = 0; p < one.size(); ++p)
            QVERIFY(torch::allclose(one[p], seven[p], 1e-10, 1e-12));
    }

    // Wide enough that a batch is several pieces.
    void the_same_seed_gives_the_same_weights_on_any_number_of_threads() {
        const Rows data = made_rows(200, 20, torch::kFloat32, 1);
        const DenseShape shape{.numbers = 20, .categories = {4, 3}, .hidden = {300, 300}, .outputs = 2};
        const auto fitted = [&](int threads, std::uint64_t seed) {
            const DenseNetwork network(shape, torch::kFloat32, 4);
            const DenseNetwork networks[] = {network};
            RowFitPlan plan;
            plan.training = data.all;
            plan.epochs = 3;
            plan.batch = 150;
            plan.seed = seed;
            plan.threads = threads;
            if (piece_rows(networks) * 2 >= plan.batch)
                return std::vector<torch::Tensor>(); // it would show nothing
            QuietJob job;
            fit_rows(networks, loss_of(network, data, 0.2), plan, job);
            return network.parameters();
        };
        const auto one = fitted(1, 1), three = fitted(3, 1), other = fitted(1, 2);
        QVERIFY(!one.empty());
        QVERIFY(same(one, three));
        QVERIFY(!same(one, other));
    }

    // A tenth of the labels are wrong: a network large enough learns them by heart, unless it is stopped.
    void it_stops_where_the_rows_held_out_say_and_keeps_the_best() {
        const Rows data = made_rows(400, 6, torch::kFloat32, 2);
        const DenseShape shape{.numbers = 6, .categories = {4, 3}, .hidden = {64}, .outputs = 2};
        const DenseNetwork network(shape, torch::kFloat32, 4);
        const DenseNetwork networks[] = {network};
        RowFitPlan plan;
        for (std::int64_t i = 0; i < 400; ++i)
            (i % 4 == 0 ? plan.held_out : plan.training).push_back(i);
        plan.epochs = 1000;
        plan.patience = 12;
        plan.batch = 16;
        plan.learning_rate = 0.01;
        const RowLoss loss = loss_of(network, data);
        const double before = whole_loss(loss, plan.held_out);
        QuietJob job;
        int heard = 0;
        const RowFitResult result =
            fit_rows(networks, loss, plan, job, [&](int epoch) { QCOMPARE(epoch, ++heard); });
        QCOMPARE(heard, result.epochs);
        QVERIFY(result.epochs < 1000 && result.best_epoch + plan.patience == result.epochs);
        QVERIFY(result.stopped.find("12 epochs") != std::string::npos && !result.finished_early);
        QVERIFY(std::abs(whole_loss(loss, plan.held_out) - result.loss) < 1e-5);
        QVERIFY2(result.loss < before - 0.1, qPrintable(QString::number(result.loss)));
    }

    void cancel_and_finish_early() {
        const Rows data = made_rows(60, 3, torch::kFloat32, 2);
        const auto fit = [&](JobContext& job, double rate = 1e-3) {
            const DenseNetwork network(small_shape(Activation::Relu), torch::kFloat32, 4);
            const DenseNetwork networks[] = {network};
            RowFitPlan plan;
            plan.training = data.all;
            plan.epochs = plan.patience = 500;
            plan.learning_rate = rate;
            return fit_rows(networks, loss_of(network, data), plan, job);
        };
        StoppingJob early;
        early.finish_at = 7;
        const RowFitResult result = fit(early);
        QCOMPARE(result.epochs, 7);
        QVERIFY(result.finished_early && result.stopped.find("You asked") != std::string::npos);
        StoppingJob cancelled;
        cancelled.cancel_at = 5;
        try {
            fit(cancelled);
            QFAIL("it went on");
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::Cancelled);
        }
        QCOMPARE(cancelled.epochs, 5);
        QuietJob job;
        try {
            fit(job, 1e30);
            QFAIL("it went on");
        } catch (const Error& error) {
            QVERIFY(error.code() == ErrorCode::BadInput);
            QVERIFY(std::string(error.what()).find("smaller learning rate") != std::string::npos);
        }
    }

    void codes_without_rows_are_the_middle() {
        QCOMPARE(DenseNetwork::embedding_width(2), std::int64_t{1});
        QCOMPARE(DenseNetwork::embedding_width(9), std::int64_t{5});
        QCOMPARE(DenseNetwork::embedding_width(1000), std::int64_t{50});
        const DenseShape shape{.numbers = 0, .categories = {5}, .hidden = {}, .outputs = 2};
        DenseNetwork network(shape, torch::kFloat64, 1);
        network.forget_code(0, 4);
        const torch::NoGradGuard no_gradient;
        const torch::Tensor out = network.forward({}, torch::tensor({4, 1}, torch::kInt64).unsqueeze(1));
        QVERIFY(torch::equal(out[0], network.biases()[0]));
        QVERIFY(!torch::equal(out[1], out[0]));
    }

    void one_thread_is_only_for_as_long_as_asked() {
        const int before = at::get_num_threads();
        at::set_num_threads(2);
        {
            const SingleThreaded one;
            const SingleThreaded two;
            QCOMPARE(at::get_num_threads(), 1);
        }
        QCOMPARE(at::get_num_threads(), 2);
        at::set_num_threads(before);
    }
};

QTEST_APPLESS_MAIN(TestRowFitting)
#include "test_row_fitting.moc"
