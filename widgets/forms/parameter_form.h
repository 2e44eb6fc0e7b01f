// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/forms/parameter_editor.h"

#include <QLabel>
#include <QToolButton>
#include <QWidget>
#include <memory>
#include <vector>

class QPushButton;
class QVBoxLayout;

namespace eyepiece {

// A form from a schema: each setting with its value in sight. A value that was chosen from the data reads
// "auto: 256 px" and its tooltip says why; typing replaces it, and the arrow behind it brings it back. What
// is wrong is said below the row, in the words of ParameterSchema. Rarely needed settings are folded away.
//
//   form.set_schema(schema);                       values() == {}
//   form.set_automatic(plan, reasons);             the rows say what holds
//   form.values()                                  {"batch": 16}: only what the user has set
class EYEPIECE_EXPORT ParameterForm : public QWidget {
    Q_OBJECT
public:
    explicit ParameterForm(const Theme& theme, QWidget* parent = nullptr,
                           ParameterEditors editors = ParameterEditors::standard());
    ~ParameterForm() override;

    // Keeps what the user has set where the new schema has a setting of that name that can take it.
    void set_schema(const ParameterSchema& schema);
    // As it comes from `list`. Throws Error(BadInput) when it is no schema.
    void set_schema_json(const Json& parameters);
    const ParameterSchema& schema() const { return schema_; }

    // Values chosen from the data, and why, by name: {"patch": 256}, {"patch": "objects are 30 px wide"}.
    void set_automatic(const Json& values, const Json& reasons = Json::object());

    // What the user has set and that is not hidden; settings with a problem are left out.
    Json values() const;
    Json complete_values() const;        // with defaults; null: automatic and not yet known
    void set_values(const Json& values); // unknown names are ignored; tells no change
    void reset();                        // all back to automatic and default

    bool valid() const { return problems().isEmpty(); }
    QStringList problems() const; // one sentence each
    bool advanced_shown() const;
    void show_advanced(bool shown);
    void set_read_only(bool read_only); // to look at, not to change: the settings of a run that is over

    ParameterEditor* editor(const QString& name) const; // null when unknown

Q_SIGNALS:
    void changed(); // by the user

private:
    struct Row;
    void build();
    void refresh(); // visibility, problems, resets
    Json effective(const std::string& name) const;
    bool holds(const std::string& condition) const;

    const Theme& theme_;
    ParameterEditors editors_;
    ParameterSchema schema_;
    Json automatic_ = Json::object(), reasons_ = Json::object();
    std::vector<std::unique_ptr<Row>> rows_;
    QVBoxLayout* layout_;
    QWidget* body_ = nullptr;
    QPushButton* more_ = nullptr;
    bool advanced_shown_ = false, read_only_ = false;
};

} // namespace eyepiece
