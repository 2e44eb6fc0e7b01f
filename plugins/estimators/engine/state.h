// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/error.h"
#include "core/base/parameters.h"

#include <Eigen/Core>
#include <bit>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace eyepiece::estimators {

// What a method learnt, as JSON and back without the loss of a bit: many numbers are one string of bytes,
// least byte first.
static_assert(std::endian::native == std::endian::little);

// Throws Error(BadInput) unless a stored state agrees with itself.
void require(bool agrees);

template<class T>
Json stored(const std::vector<T>& values) {
    static_assert(std::is_arithmetic_v<T>);
    std::vector<std::uint8_t> bytes(values.size() * sizeof(T));
    if (!bytes.empty())
        std::memcpy(bytes.data(), values.data(), bytes.size());
    return Json::binary(std::move(bytes));
}

template<class T>
std::vector<T> numbers_in(const Json& state, const char* name) {
    const auto& bytes = state.at(name).get_binary();
    require(bytes.size() % sizeof(T) == 0);
    std::vector<T> values(bytes.size() / sizeof(T));
    if (!values.empty())
        std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

Json stored(const Eigen::MatrixXd& matrix); // {"rows", "columns", "values"}
// With as many rows as are wanted.
Eigen::MatrixXd matrix_in(const Json& state, const char* name, Eigen::Index rows);

} // namespace eyepiece::estimators
