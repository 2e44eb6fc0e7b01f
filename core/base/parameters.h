// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eyepiece {

using Json = nlohmann::json;

enum class ParameterType { Boolean, Integer, Real, Text, Choice, Path };

// One declaration of a setting: it makes the form in the window, the --set of the command line, the check
// with its message, the record in a run and the reference page.
struct ParameterSpec {
    std::string name; // kebab-case, unique within its schema
    ParameterType type = ParameterType::Real;
    Json default_value;    // null means "automatic": chosen from the data; the plan shows what was chosen
    std::string title;     // what the form says; sentence case
    std::string help;      // one or two sentences; required
    std::string unit = {}; // "px", "s", "" ...
    std::optional<double> minimum = {};
    std::optional<double> maximum = {};
    std::vector<std::string> choices = {}; // for Choice: ids, in order
    std::string group = {};                // heading in the form; empty: the first group
    std::string visible_when = {};         // "other-name=value": hidden in the form unless it holds
    bool advanced = false;                 // folded away at first

    // Fluent helpers so that a declaration stays on one line.
    ParameterSpec& range(double low, double high) {
        minimum = low;
        maximum = high;
        return *this;
    }
    ParameterSpec& in(std::string g) {
        group = std::move(g);
        return *this;
    }
    ParameterSpec& with_unit(std::string u) {
        unit = std::move(u);
        return *this;
    }
    ParameterSpec& when(std::string condition) {
        visible_when = std::move(condition);
        return *this;
    }
    ParameterSpec& rarely() {
        advanced = true;
        return *this;
    }
    bool automatic() const { return default_value.is_null(); }
};

// Makers, one a type. `def` may be nullptr for "automatic".
EYEPIECE_EXPORT ParameterSpec boolean_parameter(std::string name, Json def, std::string title,
                                                std::string help);
EYEPIECE_EXPORT ParameterSpec integer_parameter(std::string name, Json def, std::string title,
                                                std::string help);
EYEPIECE_EXPORT ParameterSpec real_parameter(std::string name, Json def, std::string title, std::string help);
EYEPIECE_EXPORT ParameterSpec text_parameter(std::string name, Json def, std::string title, std::string help);
EYEPIECE_EXPORT ParameterSpec path_parameter(std::string name, Json def, std::string title, std::string help);
EYEPIECE_EXPORT ParameterSpec choice_parameter(std::string name, Json def, std::vector<std::string> choices,
                                               std::string title, std::string help);

// An ordered list of parameters, and the values given for them as a JSON object {name: value}.
// Thread-safe once built.
class EYEPIECE_EXPORT ParameterSchema {
public:
    ParameterSchema() = default;
    ParameterSchema(std::initializer_list<ParameterSpec> specs);

    void add(ParameterSpec spec); // throws Error(Internal) on a duplicate name, empty help or a bad default
    void append(const ParameterSchema& other);
    const std::vector<ParameterSpec>& specs() const { return specs_; }
    const ParameterSpec* find(std::string_view name) const;

    // All values with defaults filled in. Throws Error(BadInput) naming the parameter, the value given and
    // what is allowed. Unknown names are an error that lists the nearest known one. An automatic parameter
    // that was not given stays null.
    Json complete(const Json& given) const;

    // Reads "name=value" as the command line gives it (--set) into a JSON value of the right type.
    std::pair<std::string, Json> parse_assignment(std::string_view text) const;

    Json to_json() const;
    static ParameterSchema from_json(const Json& json);

private:
    std::vector<ParameterSpec> specs_;
};

EYEPIECE_EXPORT Json to_json(const ParameterSpec& spec);
EYEPIECE_EXPORT ParameterSpec parameter_from_json(const Json& json);

} // namespace eyepiece
