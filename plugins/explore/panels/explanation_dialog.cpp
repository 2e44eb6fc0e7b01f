// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/explanation_dialog.h"

#include "plugins/explore/panels/apart_section.h"
#include "widgets/plots/confusion_matrix.h"
#include "widgets/plots/line_plot.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHeaderView>
#include <QScrollArea>
#include <QStackedWidget>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

constexpr std::size_t most_rows = 200; // of bars and coefficients: more is not read

// What JSON cannot hold, NaN, came as null.
double number(const Json& value) {
    return value.is_number() ? value.get<double>() : std::nan("");
}

QString digits(double value) {
    return std::isnan(value) ? QStringLiteral("–") : QString::number(value, 'g', 3);
}

QTableWidget* number_table(const Theme& theme, const QString& object_name, const QString& title,
                           QWidget* parent) {
    auto* table = new QTableWidget(parent);
    table->setObjectName(object_name);
    table->setAccessibleName(title);
    table->setFont(theme.figures());
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionMode(QAbstractItemView::ContiguousSelection);
    table->setShowGrid(false);
    table->verticalHeader()->hide();
    table->horizontalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
    return table;
}

// A name, then its numbers.
void add_row(QTableWidget& table, int row, const QString& name, const Json& values) {
    auto* head = new QTableWidgetItem(name);
    head->setToolTip(name);
    table.setItem(row, 0, head);
    for (std::size_t at = 0; at < values.size(); ++at) {
        auto* item = new QTableWidgetItem(digits(number(values[at])));
        item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        table.setItem(row, static_cast<int>(at) + 1, item);
    }
}

double largest(const Json& values) {
    double most = 0;
    for (const Json& value : values)
        if (const double size = std::abs(number(value)); size > most)
            most = size;
    return most;
}

} // namespace

ExplanationDialog::ExplanationDialog(const Theme& theme, const Json& answer, const QString& title,
                                     const QString& shapley_title, QWidget* parent)
    : QDialog(parent)
    , theme_(theme)
    , answer_(answer)
    , explanation_(answer.value("explanation", Json::object())) {
    setObjectName(QStringLiteral("explanation"));
    setWindowTitle(tr("%1 of %2").arg(title, QString::fromStdString(answer.value("target", std::string()))));
    resize(1040, 760);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(Theme::space(4), Theme::space(4), Theme::space(4), Theme::space(4));
    grid->setHorizontalSpacing(Theme::space(5));
    grid->setVerticalSpacing(Theme::space(4));
    std::vector<QWidget*> parts;
    for (QWidget* part :
         {importances_part(shapley_title), effects_part(), confusion_part(), coefficients_part()})
        if (part)
            parts.push_back(part);
    const int rows = parts.size() > 2 ? 2 : 1;
    // Row after row; of three, the second has the right side for itself.
    for (std::size_t at = 0; at < parts.size(); ++at) {
        const int row = static_cast<int>(at) / 2, column = static_cast<int>(at) % 2;
        grid->addWidget(parts[at], row, column, parts.size() == 3 && at == 1 ? rows : 1, 1);
        grid->setRowStretch(row, row == 0 ? 3 : 2);
        grid->setColumnStretch(column, 1);
    }
    if (effect_of_)
        show_effect(0);
}

QString ExplanationDialog::class_name(std::size_t at) const {
    const Json classes = answer_.value("classes", Json::array());
    return at < classes.size() ? QString::fromStdString(classes[at].value("name", std::string())) : QString();
}

QWidget* ExplanationDialog::importances_part(const QString& shapley_title) {
    const Json importances = explanation_.value("importances", Json::array());
    auto* part = new QWidget(this);
    auto* measure = new QComboBox(part);
    measure->setObjectName(QStringLiteral("explanation.measure"));
    measure->setAccessibleName(tr("What a column is worth by"));
    const Json shap = explanation_.value("shap", Json::object());
    const std::vector<std::pair<std::string, QString>> measures{
        {"permutation", tr("Fall of the score when shuffled")},
        {"gain", tr("Share of what its splits gained")},
        {"shap", tr("Mean size of Shapley values of %1, in %2 (%3 rows)")
                     .arg(shapley_title, QString::fromStdString(shap.value("unit", std::string())))
                     .arg(shap.value("rows", 0))}};
    for (const auto& [key, words] : measures)
        if (std::any_of(importances.begin(), importances.end(),
                        [&key = key](const Json& one) { return one.contains(key); }))
            measure->addItem(words, QString::fromStdString(key));
    if (measure->count() == 0) {
        delete part;
        return nullptr;
    }
    measure->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    auto* column = new QVBoxLayout(part);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    column->addWidget(new SectionHeader(theme_, tr("What each column is worth"), {}, part));
    column->addWidget(measure);
    auto* area = new QScrollArea(part);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    bars_ = new DifferenceBars(theme_);
    bars_->setObjectName(QStringLiteral("explanation.bars"));
    bars_->setAccessibleName(tr("What each column is worth"));
    auto* held = new QWidget;
    auto* lines = new QVBoxLayout(held);
    lines->setContentsMargins(0, 0, Theme::space(1), 0);
    lines->addWidget(bars_);
    lines->addStretch();
    area->setWidget(held);
    column->addWidget(area, 1);
    connect(measure, &QComboBox::currentIndexChanged, this,
            [this, measure] { show_importances(measure->currentData().toString().toStdString()); });
    connect(bars_, &DifferenceBars::chosen, this, [this](std::size_t at) {
        const Json& one = explanation_["importances"][at];
        const int found =
            effect_of_ ? effect_of_->findText(QString::fromStdString(one.value("column", std::string())))
                       : -1;
        if (found >= 0)
            effect_of_->setCurrentIndex(found);
    });
    show_importances(measure->currentData().toString().toStdString());
    return part;
}

void ExplanationDialog::show_importances(const std::string& measure) {
    const Json& importances = explanation_["importances"];
    std::vector<DifferenceBars::Bar> bars;
    std::vector<double> worth;
    for (std::size_t at = 0; at < importances.size(); ++at) {
        const double value = number(importances[at].value(measure, Json()));
        worth.push_back(std::isnan(value) ? 0 : value);
        DifferenceBars::Bar bar;
        bar.column = at;
        bar.name = QString::fromStdString(importances[at].value("column", std::string()));
        bar.figure = QString::number(std::abs(worth.back()) < 0.005 ? 0.0 : worth.back(), 'f', 2);
        bar.tip = bar.name + ": " + digits(value);
        if (measure == "permutation")
            bar.tip += " ± " + digits(number(importances[at].value("permutation_sd", Json())));
        if (measure == "shap")
            bar.tip += shapley_by_class(at);
        bars.push_back(std::move(bar));
    }
    const double most = worth.empty() ? 0 : *std::max_element(worth.begin(), worth.end());
    for (DifferenceBars::Bar& bar : bars)
        bar.length = most > 0 ? std::max(0.0, worth[bar.column] / most) : 0;
    std::stable_sort(bars.begin(), bars.end(),
                     [&](const auto& a, const auto& b) { return worth[a.column] > worth[b.column]; });
    bars.resize(std::min(bars.size(), most_rows));
    bars_->set_bars(std::move(bars));
}

// Of several classes, a line each; importances and Shapley values list the same columns.
QString ExplanationDialog::shapley_by_class(std::size_t column) const {
    const Json shap = explanation_.value("shap", Json::object());
    const Json columns = shap.value("columns", Json::array());
    if (column >= columns.size())
        return {};
    const Json values = columns[column].value("classes", Json::array());
    QString lines;
    for (std::size_t at = 0; values.size() > 1 && at < values.size(); ++at)
        lines += "\n" + class_name(at) + ": " + digits(number(values[at]));
    return lines;
}

QWidget* ExplanationDialog::effects_part() {
    const Json effects = explanation_.value("partial_dependence", Json::array());
    if (effects.empty())
        return nullptr;
    auto* part = new QWidget(this);
    auto* column = new QVBoxLayout(part);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    column->addWidget(new SectionHeader(theme_, tr("How the prediction moves with a column"), {}, part));
    effect_of_ = new QComboBox(part);
    effect_of_->setObjectName(QStringLiteral("explanation.column"));
    effect_of_->setAccessibleName(tr("Column"));
    effect_of_->setToolTip(tr("Those that matter most to this model"));
    for (const Json& one : effects)
        effect_of_->addItem(QString::fromStdString(one.value("column", std::string())));
    column->addWidget(effect_of_);
    effect_ = new QStackedWidget(part);
    const bool classes = answer_.value("problem", std::string()) == "classification";
    curves_ = new LinePlot(theme_, classes ? tr("Mean probability") : tr("Mean prediction"), effect_);
    curves_->setObjectName(QStringLiteral("explanation.curves"));
    curves_->show_smoothing_control(false);
    if (classes)
        curves_->set_y_hint(0, 1);
    levels_ = number_table(theme_, QStringLiteral("explanation.levels"), tr("Mean prediction by category"),
                           effect_);
    effect_->addWidget(curves_);
    effect_->addWidget(levels_);
    column->addWidget(effect_, 1);
    column->addWidget(text_label(theme_,
                                 tr("Averaged over the rows, each given this value (partial dependence)."),
                                 Token::Muted, part));
    connect(effect_of_, &QComboBox::currentIndexChanged, this,
            [this](int at) { show_effect(static_cast<std::size_t>(std::max(0, at))); });
    return part;
}

void ExplanationDialog::show_effect(std::size_t at) {
    const Json& effect = explanation_["partial_dependence"][at];
    const Json &grid = effect.at("grid"), &curves = effect.at("curves");
    const QString name = QString::fromStdString(effect.value("column", std::string()));
    const auto title_of = [&](const Json& curve) {
        return curve.contains("class") ? class_name(curve["class"].get<std::size_t>())
                                       : QString::fromStdString(answer_.value("target", std::string()));
    };
    if (effect.contains("labels")) { // categories have no order to draw a line along
        QStringList heads{name};
        for (const Json& curve : curves)
            heads << title_of(curve);
        levels_->clear();
        levels_->setRowCount(static_cast<int>(grid.size()));
        levels_->setColumnCount(static_cast<int>(heads.size()));
        levels_->setHorizontalHeaderLabels(heads);
        levels_->horizontalHeaderItem(0)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        for (std::size_t row = 0; row < grid.size(); ++row) {
            Json values = Json::array();
            for (const Json& curve : curves)
                values.push_back(curve.at("values").at(row));
            const auto code = static_cast<std::size_t>(std::max(0.0, number(grid[row])));
            const Json& labels = effect["labels"];
            add_row(*levels_, static_cast<int>(row),
                    code < labels.size() ? QString::fromStdString(labels[code].get<std::string>())
                                         : QString(),
                    values);
        }
        levels_->resizeColumnsToContents();
        effect_->setCurrentWidget(levels_);
        return;
    }
    curves_->clear();
    curves_->set_x_title(name);
    int number_of_curve = 0;
    for (const Json& curve : curves) {
        LinePlot::Curve line;
        line.id = QString::number(number_of_curve);
        line.title = title_of(curve);
        // A class has its own colour; a single curve the accent.
        line.color = curves.size() > 1 ? number_of_curve + 2 : 0;
        for (std::size_t point = 0; point < grid.size(); ++point)
            line.points << QPointF(number(grid[point]), number(curve.at("values").at(point)));
        curves_->set_curve(line);
        ++number_of_curve;
    }
    effect_->setCurrentWidget(curves_);
}

QWidget* ExplanationDialog::confusion_part() {
    const Json counts = answer_.value("confusion", Json::array());
    if (counts.empty())
        return nullptr;
    QStringList classes;
    QVector<QVector<double>> rows;
    double right = 0, all = 0;
    for (std::size_t truth = 0; truth < counts.size(); ++truth) {
        classes << class_name(truth);
        QVector<double> row;
        for (std::size_t taken = 0; taken < counts[truth].size(); ++taken) {
            row << number(counts[truth][taken]);
            all += row.back();
            right += truth == taken ? row.back() : 0;
        }
        rows << row;
    }
    auto* part = new QWidget(this);
    auto* column = new QVBoxLayout(part);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    column->addWidget(new SectionHeader(theme_, tr("What it takes for what"), {}, part));
    auto* words = text_label(theme_,
                             tr("Down: the class that it is; across: the class it is taken for by a model "
                                "that has not seen the row. %1 of %2 rows are right.")
                                 .arg(qRound64(right))
                                 .arg(qRound64(all)),
                             Token::Muted, part);
    words->setObjectName(QStringLiteral("explanation.confusion"));
    column->addWidget(words);
    auto* area = new QScrollArea(part);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    auto* matrix = new ConfusionMatrix(theme_);
    matrix->set_counted(tr("rows"), tr("rows"));
    matrix->set_counts(classes, rows);
    auto* held = new QWidget;
    auto* lines = new QVBoxLayout(held);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->addWidget(matrix);
    lines->addStretch();
    area->setWidget(held);
    column->addWidget(area, 1);
    return part;
}

QWidget* ExplanationDialog::coefficients_part() {
    const Json listed = explanation_.value("coefficients", Json::array());
    if (listed.empty())
        return nullptr;
    std::vector<Json> coefficients(listed.begin(), listed.end());
    std::stable_sort(coefficients.begin(), coefficients.end(), [](const Json& a, const Json& b) {
        return largest(a.at("values")) > largest(b.at("values"));
    });
    const std::size_t shown = std::min(coefficients.size(), most_rows);
    const std::size_t outputs = coefficients.front().at("values").size();
    const std::size_t classes = answer_.value("classes", Json::array()).size();
    QStringList heads{tr("Column")};
    for (std::size_t at = 0; at < outputs; ++at)
        heads << (outputs == classes             ? class_name(at)
                  : outputs == 1 && classes == 2 ? tr("towards %1").arg(class_name(1))
                                                 : tr("Coefficient"));
    auto* part = new QWidget(this);
    auto* column = new QVBoxLayout(part);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    column->addWidget(new SectionHeader(
        theme_, tr("Coefficients"),
        shown < coefficients.size() ? tr("largest %1 of %2").arg(shown).arg(coefficients.size()) : QString(),
        part));
    auto* table = number_table(theme_, QStringLiteral("explanation.coefficients"), tr("Coefficients"), part);
    table->setColumnCount(static_cast<int>(heads.size()));
    table->setRowCount(static_cast<int>(shown));
    table->setHorizontalHeaderLabels(heads);
    table->horizontalHeaderItem(0)->setTextAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    for (std::size_t row = 0; row < shown; ++row)
        add_row(*table, static_cast<int>(row),
                QString::fromStdString(coefficients[row].value("feature", std::string())),
                coefficients[row].at("values"));
    table->resizeColumnsToContents();
    column->addWidget(table, 1);
    column->addWidget(text_label(theme_,
                                 tr("How far the prediction moves with one unit of the column (of classes, "
                                    "the log-odds or the score); of a category \"column=name\"."),
                                 Token::Muted, part));
    return part;
}

} // namespace eyepiece
