// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <QWidget>
#include <functional>
#include <map>
#include <optional>

namespace eyepiece {

class Theme;

// Edits one parameter's value. Empty (nullopt) means that the user has said nothing: the default, or what is
// chosen from the data, holds and is shown in muted text.
class EYEPIECE_EXPORT ParameterEditor : public QWidget {
    Q_OBJECT
public:
    using QWidget::QWidget;
    // Throws Error(BadInput) when what was typed is no value of this parameter.
    virtual std::optional<Json> value() const = 0;
    virtual void set_value(const std::optional<Json>& value) = 0; // tells nothing
    // What holds while the user says nothing: for an automatic parameter null until it is known.
    virtual void set_fallback(const Json& value, bool automatic) = 0;

Q_SIGNALS:
    void edited(); // by the user
};

// Which editor serves which type. The standard ones can be replaced, or joined by one for a single parameter.
class EYEPIECE_EXPORT ParameterEditors {
public:
    using Factory = std::function<ParameterEditor*(const ParameterSpec&, const Theme&, QWidget* parent)>;
    static ParameterEditors standard();
    void set(ParameterType type, Factory factory) { by_type_[type] = std::move(factory); }
    void set(const std::string& name, Factory factory) { by_name_[name] = std::move(factory); }
    ParameterEditor* make(const ParameterSpec& spec, const Theme& theme, QWidget* parent) const;

private:
    std::map<ParameterType, Factory> by_type_;
    std::map<std::string, Factory> by_name_;
};

// A value as a person reads it: "256 px", "1e-3", "on", "256 × 256 px".
EYEPIECE_EXPORT QString value_text(const Json& value, const QString& unit = {});

} // namespace eyepiece
