// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/estimators/engine/pipeline.h"

#include "plugins/estimators/engine/state.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace eyepiece::estimators {
namespace {

// A prepared feature: what a column has to say, or a part of it.
struct Feature {
    enum class Kind { Number, Category, Code, Missing };
    Kind kind = Kind::Number;
    std::int64_t column = 0;
    int category = 0; // which one; of codes: the one for none of them
    double fill = 0, mean = 0, scale = 1;
};

NLOHMANN_JSON_SERIALIZE_ENUM(Feature::Kind, {{Feature::Kind::Number, "number"},
                                             {Feature::Kind::Category, "category"},
                                             {Feature::Kind::Code, "code"},
                                             {Feature::Kind::Missing, "missing"}})

double median_of(std::vector<float>& values) {
    if (values.empty())
        return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1)
        return *middle;
    return (static_cast<double>(*middle) + *std::max_element(values.begin(), middle)) / 2;
}

class Preparation {
public:
    Preparation(const EstimatorData& data, bool scales, bool keeps_missing, bool keeps_categories)
        : columns_(data.columns.begin(), data.columns.end()), keeps_missing_(keeps_missing) {
        const MatrixView& view = data.features;
        std::vector<float> there;
        for (std::int64_t c = 0; c < view.columns; ++c) {
            const auto& categories = columns_[static_cast<std::size_t>(c)].categories;
            const int count = static_cast<int>(categories.size());
            if (count > 0 && keeps_categories) {
                features_.push_back({.kind = Feature::Kind::Code, .column = c, .category = count});
                continue;
            }
            // Two categories say one thing.
            for (int k = count == 2 ? 1 : 0; k < count; ++k)
                features_.push_back({.kind = Feature::Kind::Category, .column = c, .category = k});
            if (count > 0)
                continue;
            Feature feature{.column = c};
            there.clear();
            for (std::int64_t r = 0; r < view.rows; ++r)
                if (const float value = at(view, r, c); !std::isnan(value))
                    there.push_back(value);
            const bool some_missing = static_cast<std::int64_t>(there.size()) < view.rows;
            feature.fill = median_of(there);
            features_.push_back(feature);
            if (some_missing && keeps_categories)
                features_.push_back({.kind = Feature::Kind::Missing, .column = c});
        }
        if (!scales)
            return;
        const Matrix x = apply(view);
        for (std::size_t i = 0; i < features_.size(); ++i) {
            if (features_[i].kind == Feature::Kind::Code)
                continue;
            const auto column = x.col(static_cast<Eigen::Index>(i));
            features_[i].mean = column.mean();
            const double sd = std::sqrt((column.array() - features_[i].mean).square().mean());
            // What is constant up to rounding stays 0 and is never blown up.
            features_[i].scale = sd > 1e-9 * std::max(1e-30, std::abs(features_[i].mean)) ? sd : 1;
        }
    }

    Preparation(const Json& state, std::span<const FeatureColumn> columns, bool keeps_missing)
        : columns_(columns.begin(), columns.end()), keeps_missing_(keeps_missing) {
        for (const Json& one : state) {
            const Feature feature{.kind = one.at("kind").get<Feature::Kind>(),
                                  .column = one.at("column").get<std::int64_t>(),
                                  .category = one.at("category").get<int>(),
                                  .fill = one.at("fill").get<double>(),
                                  .mean = one.at("mean").get<double>(),
                                  .scale = one.at("scale").get<double>()};
            require(feature.column >= 0 && feature.column < static_cast<std::int64_t>(columns_.size()));
            const auto count =
                static_cast<int>(columns_[static_cast<std::size_t>(feature.column)].categories.size());
            require(feature.kind == Feature::Kind::Category
                        ? feature.category >= 0 && feature.category < count
                    : feature.kind == Feature::Kind::Code ? count > 0 && feature.category == count
                                                          : count == 0);
            features_.push_back(feature);
        }
    }

    Json state() const {
        Json state = Json::array();
        for (const Feature& feature : features_)
            state.push_back({{"kind", feature.kind},
                             {"column", feature.column},
                             {"category", feature.category},
                             {"fill", feature.fill},
                             {"mean", feature.mean},
                             {"scale", feature.scale}});
        return state;
    }

    Matrix apply(const MatrixView& view) const {
        Matrix x(view.rows, static_cast<Eigen::Index>(features_.size()));
        for (std::size_t i = 0; i < features_.size(); ++i) {
            const Feature& feature = features_[i];
            double* const out = x.col(static_cast<Eigen::Index>(i)).data();
            for (std::int64_t r = 0; r < view.rows; ++r) {
                const double value = filled(feature, at(view, r, feature.column));
                out[r] = (value - feature.mean) / feature.scale;
            }
        }
        return x;
    }

    std::vector<int> codes() const {
        std::vector<int> counts;
        for (const Feature& feature : features_)
            counts.push_back(feature.kind == Feature::Kind::Code ? feature.category + 1 : 0);
        return counts;
    }

    const std::vector<Feature>& features() const { return features_; }
    std::size_t columns() const { return columns_.size(); }
    std::string name(const Feature& feature) const {
        const FeatureColumn& column = columns_[static_cast<std::size_t>(feature.column)];
        return feature.kind == Feature::Kind::Category
                   ? column.name + "=" + column.categories[static_cast<std::size_t>(feature.category)]
                   : column.name;
    }

private:
    double filled(const Feature& feature, double value) const {
        switch (feature.kind) {
        case Feature::Kind::Category:
            return value == feature.category ? 1.0 : 0.0;
        case Feature::Kind::Code:
            return std::isnan(value) ? feature.category : value;
        case Feature::Kind::Missing:
            return std::isnan(value) ? 1.0 : 0.0;
        case Feature::Kind::Number:
            break;
        }
        return std::isnan(value) && !keeps_missing_ ? feature.fill : value;
    }

    static float at(const MatrixView& view, std::int64_t row, std::int64_t column) {
        return view.values[static_cast<std::size_t>(row * view.columns + column)];
    }

    std::vector<FeatureColumn> columns_;
    std::vector<Feature> features_;
    bool keeps_missing_;
};

// Sees one class only: it is certain.
class OneClass final : public Core {
public:
    Matrix predict(const Matrix& x, int, JobContext&) const override { return Matrix::Ones(x.rows(), 1); }
    Json notes() const override { return {{"one_class", true}}; }
    Json state() const override { return Json::object(); }
};

class FittedPipeline final : public FittedEstimator {
public:
    FittedPipeline(Preparation preparation, std::unique_ptr<Core> core, int classes, std::vector<int> present)
        : preparation_(std::move(preparation))
        , core_(std::move(core))
        , classes_(classes)
        , present_(std::move(present)) {}

    std::vector<double> predict(const MatrixView& rows, int threads, JobContext& context) const override {
        check(rows);
        const Matrix core = core_->predict(preparation_.apply(rows), threads, context);
        const auto outputs = static_cast<std::size_t>(outputs_());
        std::vector<double> result(static_cast<std::size_t>(rows.rows) * outputs, 0.0);
        for (Eigen::Index r = 0; r < core.rows(); ++r)
            for (Eigen::Index k = 0; k < core.cols(); ++k)
                result[static_cast<std::size_t>(r) * outputs + place(k)] = core(r, k);
        return result;
    }

    std::vector<Coefficient> coefficients() const override {
        const Matrix core = core_->coefficients();
        std::vector<Coefficient> result;
        for (Eigen::Index i = 0; i < core.rows(); ++i) {
            const Feature& feature = preparation_.features()[static_cast<std::size_t>(i)];
            Coefficient one{preparation_.name(feature), {}};
            if (core.cols() == 1) {
                one.values = {core(i, 0) / feature.scale};
            } else {
                one.values.assign(static_cast<std::size_t>(classes_), 0.0);
                for (Eigen::Index k = 0; k < core.cols(); ++k)
                    one.values[place(k)] = core(i, k) / feature.scale;
            }
            result.push_back(std::move(one));
        }
        return result;
    }

    std::vector<double> importances() const override {
        const Vector core = core_->importances();
        if (core.size() == 0)
            return {};
        std::vector<double> result(preparation_.columns(), 0.0);
        const double sum = core.sum();
        for (std::size_t i = 0; i < preparation_.features().size(); ++i)
            if (sum > 0)
                result[static_cast<std::size_t>(preparation_.features()[i].column)] +=
                    core(static_cast<Eigen::Index>(i)) / sum;
        return result;
    }

    bool has_shap() const override { return core_->has_shap(); }

    ShapValues shap(const MatrixView& rows, int threads, JobContext& context) const override {
        if (!has_shap())
            return FittedEstimator::shap(rows, threads, context);
        check(rows);
        const CoreShap core = core_->shap(preparation_.apply(rows), threads, context);
        const auto outputs = static_cast<std::size_t>(outputs_());
        const std::size_t columns = preparation_.columns();
        ShapValues result;
        result.unit = core.unit;
        result.base.assign(outputs, 0.0);
        std::vector<double> sums(static_cast<std::size_t>(rows.rows) * columns * outputs, 0.0);
        for (std::size_t k = 0; k < core.values.size(); ++k) {
            const std::size_t output = place(static_cast<Eigen::Index>(k));
            result.base[output] = core.base[k];
            for (std::size_t i = 0; i < preparation_.features().size(); ++i) {
                const auto column = static_cast<std::size_t>(preparation_.features()[i].column);
                const auto values = core.values[k].col(static_cast<Eigen::Index>(i));
                for (std::int64_t r = 0; r < rows.rows; ++r)
                    sums[(static_cast<std::size_t>(r) * columns + column) * outputs + output] += values(r);
            }
        }
        result.values.assign(sums.begin(), sums.end());
        return result;
    }

    Json notes() const override { return core_->notes(); }

    Json state() const override {
        return {{"features", preparation_.state()}, {"present", present_}, {"core", core_->state()}};
    }

private:
    int outputs_() const { return classes_ > 0 ? classes_ : 1; }
    std::size_t place(Eigen::Index k) const {
        return classes_ > 0 ? static_cast<std::size_t>(present_[static_cast<std::size_t>(k)]) : 0;
    }
    void check(const MatrixView& rows) const {
        if (rows.columns != static_cast<std::int64_t>(preparation_.columns()))
            throw Error(ErrorCode::BadInput,
                        "The model was fitted to " + std::to_string(preparation_.columns()) +
                            " columns and is asked about " + std::to_string(rows.columns) + ".");
    }

    Preparation preparation_;
    std::unique_ptr<Core> core_;
    int classes_;
    std::vector<int> present_; // the classes that the training rows had, in order
};

void check_request(const EstimatorData& data) {
    const auto rows = static_cast<std::size_t>(data.features.rows);
    if (rows == 0 || data.features.columns == 0)
        throw Error(ErrorCode::BadInput, "There are no rows or no columns to learn from.");
    const bool whole = data.columns.size() == static_cast<std::size_t>(data.features.columns) &&
                       data.features.values.size() == rows * data.columns.size() &&
                       (data.classes > 0 ? data.labels.size() == rows : data.values.size() == rows) &&
                       (data.groups.empty() || data.groups.size() == rows);
    if (!whole)
        throw Error(ErrorCode::Internal, "The parts of the table to be learnt from differ in length.");
}

} // namespace

double number_of(const Json& parameters, const char* name, double otherwise) {
    const auto found = parameters.find(name);
    return found == parameters.end() || found->is_null() ? otherwise : found->get<double>();
}

std::unique_ptr<FittedEstimator> PipelineEstimator::fit(const FitRequest& request,
                                                        JobContext& context) const {
    const EstimatorData& data = request.data;
    check_request(data);
    context.throw_if_cancelled();
    if (data.classes > 0 ? !fits_classes() : !fits_values())
        throw Error(ErrorCode::Unsupported,
                    std::string("This model predicts ") +
                        (data.classes > 0 ? "values, no classes." : "classes, no values."));
    Preparation preparation(data, scales(), keeps_missing(), keeps_categories());
    std::vector<int> present, compact(static_cast<std::size_t>(data.classes), -1);
    for (const std::int32_t label : data.labels)
        compact.at(static_cast<std::size_t>(label)) = 0;
    for (int k = 0; k < data.classes; ++k)
        if (compact[static_cast<std::size_t>(k)] == 0) {
            compact[static_cast<std::size_t>(k)] = static_cast<int>(present.size());
            present.push_back(k);
        }
    const Matrix x = preparation.apply(data.features);
    CoreRequest core{.x = x,
                     .codes = preparation.codes(),
                     .classes = static_cast<int>(present.size()),
                     .labels = {},
                     .values = {},
                     .groups = {data.groups.begin(), data.groups.end()},
                     .parameters = request.parameters,
                     .seed = request.seed,
                     .threads = std::max(1, request.threads)};
    for (const std::int32_t label : data.labels)
        core.labels.push_back(compact[static_cast<std::size_t>(label)]);
    if (data.classes == 0)
        core.values = Eigen::Map<const Vector>(data.values.data(), x.rows());
    std::unique_ptr<Core> fitted;
    if (present.size() == 1)
        fitted = std::make_unique<OneClass>();
    else
        fitted = fit_core(core, context);
    context.throw_if_cancelled();
    return std::make_unique<FittedPipeline>(std::move(preparation), std::move(fitted), data.classes,
                                            std::move(present));
}

std::unique_ptr<FittedEstimator>
PipelineEstimator::restore(const Json& state, std::span<const FeatureColumn> columns, int classes) const {
    try {
        require(classes > 0 ? fits_classes() : classes == 0 && fits_values());
        Preparation preparation(state.at("features"), columns, keeps_missing());
        auto present = state.at("present").get<std::vector<int>>();
        require(classes > 0 ? !present.empty() && present.front() >= 0 && present.back() < classes &&
                                  std::adjacent_find(present.begin(), present.end(),
                                                     std::greater_equal<int>()) == present.end()
                            : present.empty());
        std::unique_ptr<Core> core;
        if (present.size() == 1)
            core = std::make_unique<OneClass>();
        else
            core = restore_core(state.at("core"),
                                {.codes = preparation.codes(), .classes = static_cast<int>(present.size())});
        return std::make_unique<FittedPipeline>(std::move(preparation), std::move(core), classes,
                                                std::move(present));
    } catch (const Json::exception& error) { // a member is missing, or of another type
        throw Error(ErrorCode::BadInput, "The stored model is not whole. Fit and store it again.",
                    error.what());
    }
}

} // namespace eyepiece::estimators
