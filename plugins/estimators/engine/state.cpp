// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/estimators/engine/state.h"

namespace eyepiece::estimators {

void require(bool agrees) {
    if (!agrees)
        throw Error(ErrorCode::BadInput, "The stored model contradicts itself. Fit and store it again.");
}

Json stored(const Eigen::MatrixXd& matrix) {
    return {{"rows", matrix.rows()},
            {"columns", matrix.cols()},
            {"values", stored(std::vector<double>(matrix.data(), matrix.data() + matrix.size()))}};
}

Eigen::MatrixXd matrix_in(const Json& state, const char* name, Eigen::Index rows) {
    const Json& whole = state.at(name);
    const auto columns = whole.at("columns").get<Eigen::Index>();
    const auto values = numbers_in<double>(whole, "values");
    require(whole.at("rows").get<Eigen::Index>() == rows && rows >= 0 && columns >= 0);
    // Divided, so that no product overflows.
    require(rows == 0
                ? values.empty()
                : values.size() % static_cast<std::size_t>(rows) == 0 &&
                      values.size() / static_cast<std::size_t>(rows) == static_cast<std::size_t>(columns));
    Eigen::MatrixXd matrix(rows, columns);
    std::copy(values.begin(), values.end(), matrix.data());
    return matrix;
}

} // namespace eyepiece::estimators
