// SPDX-License-Identifier: GPL-3.0-or-later
// Gradient-boosted trees by XGBoost (Chen & Guestrin 2016). Only functions of its C interface that 1.7
// and 3.0 both have.
#include "plugins/estimators/engine/estimators.h"
#include "plugins/estimators/engine/pipeline.h"
#include "plugins/estimators/engine/state.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <xgboost/c_api.h>

namespace eyepiece::estimators {
namespace {

void check(int status) {
    if (status == 0)
        return;
    const std::string text = XGBGetLastError();
    throw Error(ErrorCode::Internal, "XGBoost failed: " + text.substr(0, text.find('\n')), text);
}

class RowsHandle {
public:
    explicit RowsHandle(const Matrix& x) {
        const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = x.cast<float>();
        check(XGDMatrixCreateFromMat(rows.data(), static_cast<bst_ulong>(x.rows()),
                                     static_cast<bst_ulong>(x.cols()),
                                     std::numeric_limits<float>::quiet_NaN(), &handle_));
    }
    ~RowsHandle() { XGDMatrixFree(handle_); }
    RowsHandle(const RowsHandle&) = delete;
    RowsHandle& operator=(const RowsHandle&) = delete;
    DMatrixHandle get() const { return handle_; }

private:
    DMatrixHandle handle_ = nullptr;
};

class Booster {
public:
    explicit Booster(DMatrixHandle rows) { check(XGBoosterCreate(&rows, 1, &handle_)); }
    explicit Booster(std::span<const std::uint8_t> stored) {
        check(XGBoosterCreate(nullptr, 0, &handle_));
        try {
            check(XGBoosterLoadModelFromBuffer(handle_, stored.data(), stored.size()));
            bst_ulong features = 0;
            check(XGBoosterGetNumFeature(handle_, &features));
            features_ = static_cast<Eigen::Index>(features);
        } catch (...) {
            XGBoosterFree(handle_);
            throw;
        }
    }
    ~Booster() { XGBoosterFree(handle_); }
    Booster(const Booster&) = delete;
    Booster& operator=(const Booster&) = delete;
    BoosterHandle get() const { return handle_; }
    void set(const char* name, const std::string& value) {
        check(XGBoosterSetParam(handle_, name, value.c_str()));
    }

    // XGBoost owns what comes back, until the next call of this booster.
    std::span<const float> ask(DMatrixHandle rows, int type, std::vector<bst_ulong>& shape) const {
        const std::string config = R"({"type": )" + std::to_string(type) +
                                   R"(, "training": false, "iteration_begin": 0, "iteration_end": 0,)"
                                   R"( "strict_shape": true})";
        const bst_ulong* sizes = nullptr;
        bst_ulong dimensions = 0;
        const float* result = nullptr;
        check(XGBoosterPredictFromDMatrix(handle_, rows, config.c_str(), &sizes, &dimensions, &result));
        shape.assign(sizes, sizes + dimensions);
        std::size_t count = 1;
        for (const bst_ulong size : shape)
            count *= size;
        return {result, count};
    }

    // Universal binary JSON: the numbers as they are.
    std::vector<std::uint8_t> stored() const {
        bst_ulong size = 0;
        const char* bytes = nullptr;
        check(XGBoosterSaveModelToBuffer(handle_, R"({"format": "ubj"})", &size, &bytes));
        return {bytes, bytes + size};
    }
    Eigen::Index stored_features() const { return features_; } // that a stored one was trained on

private:
    BoosterHandle handle_ = nullptr;
    Eigen::Index features_ = 0;
};

class BoostingCore final : public Core {
public:
    BoostingCore(std::unique_ptr<Booster> booster, int classes, Eigen::Index features, Json notes)
        : booster_(std::move(booster)), classes_(classes), features_(features), notes_(std::move(notes)) {}

    Matrix predict(const Matrix& x, int, JobContext& context) const override {
        context.throw_if_cancelled();
        const RowsHandle rows(x);
        const std::lock_guard lock(mutex_);
        std::vector<bst_ulong> shape;
        const auto values = booster_->ask(rows.get(), 0, shape);
        const auto width = static_cast<Eigen::Index>(shape.at(1));
        Matrix result(x.rows(), std::max(1, classes_));
        for (Eigen::Index i = 0; i < x.rows(); ++i) {
            for (Eigen::Index k = 0; k < width; ++k)
                result(i, classes_ == 2 ? 1 : k) = values[static_cast<std::size_t>(i * width + k)];
            if (classes_ == 2)
                result(i, 0) = 1 - result(i, 1);
        }
        if (classes_ > 2) // floats that add up to 1 but for rounding
            result.array().colwise() /= result.rowwise().sum().array().eval();
        return result;
    }

    Vector importances() const override {
        const std::lock_guard lock(mutex_);
        bst_ulong count = 0, dimensions = 0;
        const char** names = nullptr;
        const bst_ulong* shape = nullptr;
        const float* scores = nullptr;
        check(XGBoosterFeatureScore(booster_->get(), R"({"importance_type": "total_gain"})", &count, &names,
                                    &dimensions, &shape, &scores));
        Vector result = Vector::Zero(features_);
        for (bst_ulong i = 0; i < count; ++i) // "f12"
            result(static_cast<Eigen::Index>(std::stoul(names[i] + 1))) = scores[i];
        return result;
    }

    bool has_shap() const override { return true; }

    CoreShap shap(const Matrix& x, int, JobContext& context) const override {
        context.throw_if_cancelled();
        const RowsHandle rows(x);
        const std::lock_guard lock(mutex_);
        std::vector<bst_ulong> shape; // (rows, outputs, features + 1)
        const auto values = booster_->ask(rows.get(), 2, shape);
        const auto outputs = static_cast<std::size_t>(shape.at(1)),
                   width = static_cast<std::size_t>(shape.at(2));
        CoreShap result;
        result.unit = classes_ > 0 ? "log-odds" : "value";
        result.values.assign(static_cast<std::size_t>(std::max(1, classes_)),
                             Matrix::Zero(x.rows(), x.cols()));
        result.base.assign(result.values.size(), 0.0);
        for (std::size_t k = 0; k < outputs; ++k) {
            const std::size_t output = classes_ == 2 ? 1 : k;
            for (Eigen::Index i = 0; i < x.rows(); ++i) {
                const float* const row = &values[(static_cast<std::size_t>(i) * outputs + k) * width];
                for (Eigen::Index c = 0; c < x.cols(); ++c)
                    result.values[output](i, c) = row[c];
                result.base[output] = row[width - 1];
            }
        }
        return result;
    }

    Json notes() const override { return notes_; }

    Json state() const override {
        const std::lock_guard lock(mutex_);
        return {{"booster", stored(booster_->stored())}, {"notes", notes_}};
    }

private:
    std::unique_ptr<Booster> booster_;
    mutable std::mutex mutex_; // its answers lie in the booster
    int classes_;
    Eigen::Index features_;
    Json notes_;
};

class Boosting final : public PipelineEstimator {
protected:
    bool scales() const override { return false; }
    bool keeps_missing() const override { return true; }

    std::unique_ptr<Core> restore_core(const Json& state, const CoreShape& shape) const override {
        auto booster = std::make_unique<Booster>(numbers_in<std::uint8_t>(state, "booster"));
        require(booster->stored_features() == shape.features());
        set_up(*booster);
        return std::make_unique<BoostingCore>(std::move(booster), shape.classes, shape.features(),
                                              state.at("notes"));
    }

    std::unique_ptr<Core> fit_core(const CoreRequest& request, JobContext& context) const override {
        const RowsHandle rows(request.x);
        std::vector<float> labels(static_cast<std::size_t>(request.rows()));
        for (std::size_t i = 0; i < labels.size(); ++i)
            labels[i] = request.classes > 0
                            ? static_cast<float>(request.labels[i])
                            : static_cast<float>(request.values(static_cast<Eigen::Index>(i)));
        check(
            XGDMatrixSetFloatInfo(rows.get(), "label", labels.data(), static_cast<bst_ulong>(labels.size())));
        auto booster = std::make_unique<Booster>(rows.get());
        const Json& parameters = request.parameters;
        set_up(*booster);
        booster->set("tree_method", request.rows() <= 4096 ? "exact" : "hist");
        booster->set("seed", std::to_string(request.seed % 2147483647));
        if (request.classes > 2) {
            booster->set("objective", "multi:softprob");
            booster->set("num_class", std::to_string(request.classes));
        } else {
            booster->set("objective", request.classes == 2 ? "binary:logistic" : "reg:squarederror");
        }
        // 1.7 starts at 0.5, 3.0 at a guess from the labels: both are told.
        const double start = request.classes == 0 ? request.values.mean() : 0.5;
        booster->set("base_score", std::to_string(start));
        booster->set("eta", std::to_string(number_of(parameters, "learning-rate", 0.1)));
        booster->set("max_depth", std::to_string(static_cast<int>(number_of(parameters, "depth", 4))));
        booster->set("subsample", std::to_string(number_of(parameters, "rows", 1)));
        booster->set("colsample_bytree", std::to_string(number_of(parameters, "columns", 1)));
        booster->set("lambda", std::to_string(number_of(parameters, "l2", 1)));
        const int trees = static_cast<int>(number_of(parameters, "trees", 200));
        for (int i = 0; i < trees; ++i) {
            context.throw_if_cancelled();
            check(XGBoosterUpdateOneIter(booster->get(), i, rows.get()));
            if (i % 8 == 0)
                context.progress(static_cast<double>(i) / trees, "Boosting trees");
        }
        return std::make_unique<BoostingCore>(std::move(booster), request.classes, request.x.cols(),
                                              Json{{"trees", trees}});
    }

private:
    static void set_up(Booster& booster) {
        booster.set("verbosity", "0");
        // Sums over several threads come out differently each time in the last digits. Cross-validation keeps
        // all cores busy with its folds.
        booster.set("nthread", "1");
    }
};

} // namespace

void register_boosting(Registry<Estimator>& registry) {
    registry.add(entry_of<Boosting>(
        "gradient-boosting", "Gradient boosting",
        "Small trees, each of which mends what those before it got wrong (XGBoost, Chen 2016).",
        {integer_parameter("trees", 200, "Rounds", "Trees of each class; more fit closer.").range(1, 100000),
         real_parameter("learning-rate", 0.1, "Learning rate", "How much of each tree counts.")
             .range(0.001, 1),
         integer_parameter("depth", 4, "Depth", "Most questions in a row.").range(1, 30),
         real_parameter("rows", 1.0, "Share of rows", "Drawn at random for each tree.")
             .range(0.05, 1)
             .rarely(),
         real_parameter("columns", 1.0, "Share of columns", "Drawn at random for each tree.")
             .range(0.05, 1)
             .rarely(),
         real_parameter("l2", 1.0, "Penalty", "How strongly large values of leaves are held back.")
             .range(0, 1e6)
             .rarely()}));
}

} // namespace eyepiece::estimators
