// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/parameters.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace eyepiece {
namespace {

constexpr std::array<std::pair<ParameterType, std::string_view>, 6> type_names{{
    {ParameterType::Boolean, "boolean"},
    {ParameterType::Integer, "integer"},
    {ParameterType::Real, "real"},
    {ParameterType::Text, "text"},
    {ParameterType::Choice, "choice"},
    {ParameterType::Path, "path"},
}};

std::string_view type_name(ParameterType type) {
    return std::find_if(type_names.begin(), type_names.end(), [&](const auto& t) { return t.first == type; })
        ->second;
}

std::string shown(const Json& value) {
    return value.is_string() ? "\"" + value.get<std::string>() + "\"" : value.dump();
}

std::string shown_number(double value) {
    return value == std::floor(value) && std::abs(value) < 1e15
               ? std::to_string(static_cast<long long>(value))
               : Json(value).dump();
}

// What the check says is allowed: "a whole number from 1 to 1024 px".
std::string allowed(const ParameterSpec& spec) {
    std::string text;
    switch (spec.type) {
    case ParameterType::Boolean:
        return "true or false";
    case ParameterType::Text:
        return "text";
    case ParameterType::Path:
        return "a path";
    case ParameterType::Choice:
        for (const std::string& choice : spec.choices)
            text += (text.empty() ? "one of " : ", ") + choice;
        return text;
    case ParameterType::Integer:
        text = "a whole number";
        break;
    case ParameterType::Real:
        text = "a number";
        break;
    }
    if (spec.minimum && spec.maximum)
        text += " from " + shown_number(*spec.minimum) + " to " + shown_number(*spec.maximum);
    else if (spec.minimum)
        text += " of at least " + shown_number(*spec.minimum);
    else if (spec.maximum)
        text += " of at most " + shown_number(*spec.maximum);
    return spec.unit.empty() ? text : text + " " + spec.unit;
}

[[noreturn]] void refuse(const ParameterSpec& spec, const Json& value) {
    throw Error(ErrorCode::BadInput,
                "\"" + spec.name + "\" cannot be " + shown(value) + ": give " + allowed(spec) + ".");
}

bool in_range(const ParameterSpec& spec, double number) {
    return std::isfinite(number) && (!spec.minimum || number >= *spec.minimum) &&
           (!spec.maximum || number <= *spec.maximum);
}

// The value in the parameter's own type, or an Error that says what is allowed.
Json checked(const ParameterSpec& spec, const Json& value) {
    switch (spec.type) {
    case ParameterType::Boolean:
        if (value.is_boolean())
            return value;
        break;
    case ParameterType::Integer:
        // A whole number written as 3.0 is what some JSON writers make of 3.
        if (value.is_number()) {
            const double number = value.get<double>();
            if (number == std::floor(number) && std::abs(number) <= 9.0e15 && in_range(spec, number))
                return value.is_number_integer() ? value : Json(static_cast<std::int64_t>(number));
        }
        break;
    case ParameterType::Real:
        if (value.is_number() && in_range(spec, value.get<double>()))
            return value.get<double>();
        break;
    case ParameterType::Text:
    case ParameterType::Path:
        if (value.is_string())
            return value;
        break;
    case ParameterType::Choice:
        if (value.is_string() && std::find(spec.choices.begin(), spec.choices.end(),
                                           value.get_ref<const std::string&>()) != spec.choices.end())
            return value;
        break;
    }
    refuse(spec, value);
}

ParameterSpec make(ParameterType type, std::string name, Json def, std::string title, std::string help) {
    ParameterSpec spec;
    spec.name = std::move(name);
    spec.type = type;
    spec.default_value = std::move(def);
    spec.title = std::move(title);
    spec.help = std::move(help);
    return spec;
}

} // namespace

ParameterSpec boolean_parameter(std::string name, Json def, std::string title, std::string help) {
    return make(ParameterType::Boolean, std::move(name), std::move(def), std::move(title), std::move(help));
}
ParameterSpec integer_parameter(std::string name, Json def, std::string title, std::string help) {
    return make(ParameterType::Integer, std::move(name), std::move(def), std::move(title), std::move(help));
}
ParameterSpec real_parameter(std::string name, Json def, std::string title, std::string help) {
    return make(ParameterType::Real, std::move(name), std::move(def), std::move(title), std::move(help));
}
ParameterSpec text_parameter(std::string name, Json def, std::string title, std::string help) {
    return make(ParameterType::Text, std::move(name), std::move(def), std::move(title), std::move(help));
}
ParameterSpec path_parameter(std::string name, Json def, std::string title, std::string help) {
    return make(ParameterType::Path, std::move(name), std::move(def), std::move(title), std::move(help));
}
ParameterSpec choice_parameter(std::string name, Json def, std::vector<std::string> choices,
                               std::string title, std::string help) {
    ParameterSpec spec =
        make(ParameterType::Choice, std::move(name), std::move(def), std::move(title), std::move(help));
    spec.choices = std::move(choices);
    return spec;
}

ParameterSchema::ParameterSchema(std::initializer_list<ParameterSpec> specs) {
    for (const ParameterSpec& spec : specs)
        add(spec);
}

void ParameterSchema::add(ParameterSpec spec) {
    if (spec.name.empty() || spec.help.empty())
        throw Error(ErrorCode::Internal,
                    "A parameter was declared without a name or help: \"" + spec.name + "\".");
    if (find(spec.name))
        throw Error(ErrorCode::Internal, "The parameter \"" + spec.name + "\" is declared twice.");
    if (spec.type == ParameterType::Choice && spec.choices.empty())
        throw Error(ErrorCode::Internal, "The parameter \"" + spec.name + "\" has nothing to choose from.");
    if (!spec.automatic()) {
        try {
            // Kept in its own type: a Real declared with the literal 1 is 1.0 in every record.
            spec.default_value = checked(spec, spec.default_value);
        } catch (const Error& error) {
            throw Error(ErrorCode::Internal,
                        std::string("A default is out of its own range: ") + error.what());
        }
    }
    specs_.push_back(std::move(spec));
}

void ParameterSchema::append(const ParameterSchema& other) {
    for (const ParameterSpec& spec : other.specs_)
        add(spec);
}

const ParameterSpec* ParameterSchema::find(std::string_view name) const {
    for (const ParameterSpec& spec : specs_)
        if (spec.name == name)
            return &spec;
    return nullptr;
}

Json ParameterSchema::complete(const Json& given) const {
    if (!given.is_null() && !given.is_object())
        throw Error(ErrorCode::BadInput,
                    "Parameters must be a JSON object of name and value, not " + shown(given) + ".");
    Json values = Json::object();
    for (const ParameterSpec& spec : specs_)
        values[spec.name] = spec.default_value;
    if (given.is_null())
        return values;
    for (const auto& [name, value] : given.items()) {
        const ParameterSpec* spec = find(name);
        if (!spec) {
            std::vector<std::string> names;
            for (const ParameterSpec& known : specs_)
                names.push_back(known.name);
            throw Error(ErrorCode::BadInput,
                        "There is no parameter \"" + name + "\"" + nearest_hint(name, names) + ".");
        }
        // Null asks for the default, so that a form can hand a value back.
        if (!value.is_null())
            values[name] = checked(*spec, value);
    }
    return values;
}

std::pair<std::string, Json> ParameterSchema::parse_assignment(std::string_view text) const {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0)
        throw Error(ErrorCode::BadInput, "\"" + std::string(text) + "\" is not NAME=VALUE.");
    const std::string name(text.substr(0, equals));
    const std::string value(text.substr(equals + 1));
    const ParameterSpec* spec = find(name);
    if (!spec)
        return complete(Json{{name, value}}), std::pair{name, Json(value)}; // complete() throws with a hint
    if (value == "auto" && spec->automatic())
        return {name, nullptr};
    Json parsed = value;
    switch (spec->type) {
    case ParameterType::Boolean:
        if (value == "true" || value == "yes" || value == "on" || value == "1")
            parsed = true;
        else if (value == "false" || value == "no" || value == "off" || value == "0")
            parsed = false;
        break;
    case ParameterType::Integer:
    case ParameterType::Real: {
        double number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (error == std::errc() && end == value.data() + value.size())
            parsed = number;
        break;
    }
    default:
        break;
    }
    return {name, checked(*spec, parsed)};
}

Json to_json(const ParameterSpec& spec) {
    Json json{{"name", spec.name},
              {"type", type_name(spec.type)},
              {"default", spec.default_value},
              {"title", spec.title},
              {"help", spec.help}};
    if (!spec.unit.empty())
        json["unit"] = spec.unit;
    if (spec.minimum)
        json["minimum"] = *spec.minimum;
    if (spec.maximum)
        json["maximum"] = *spec.maximum;
    if (!spec.choices.empty())
        json["choices"] = spec.choices;
    if (!spec.group.empty())
        json["group"] = spec.group;
    if (!spec.visible_when.empty())
        json["visible_when"] = spec.visible_when;
    if (spec.advanced)
        json["advanced"] = true;
    return json;
}

ParameterSpec parameter_from_json(const Json& json) {
    try {
        const auto name = json.at("type").get<std::string>();
        const auto type = std::find_if(type_names.begin(), type_names.end(),
                                       [&](const auto& candidate) { return candidate.second == name; });
        if (type == type_names.end())
            throw Error(ErrorCode::BadInput, "A parameter has the unknown type \"" + name + "\".");
        ParameterSpec spec = make(type->first, json.at("name"), json.at("default"), json.value("title", ""),
                                  json.value("help", ""));
        spec.unit = json.value("unit", "");
        if (json.contains("minimum"))
            spec.minimum = json["minimum"].get<double>();
        if (json.contains("maximum"))
            spec.maximum = json["maximum"].get<double>();
        spec.choices = json.value("choices", std::vector<std::string>{});
        spec.group = json.value("group", "");
        spec.visible_when = json.value("visible_when", "");
        spec.advanced = json.value("advanced", false);
        return spec;
    } catch (const Json::exception& fault) {
        throw Error(ErrorCode::BadInput, "A parameter's declaration is not readable.", fault.what());
    }
}

Json ParameterSchema::to_json() const {
    Json list = Json::array();
    for (const ParameterSpec& spec : specs_)
        list.push_back(eyepiece::to_json(spec));
    return list;
}

ParameterSchema ParameterSchema::from_json(const Json& json) {
    ParameterSchema schema;
    for (const Json& entry : json)
        schema.add(parameter_from_json(entry));
    return schema;
}

} // namespace eyepiece
