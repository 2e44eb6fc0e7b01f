// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/table/column_summary.h"

#include "core/data/dates.h"
#include "widgets/table/column_list_model.h"
#include "widgets/table/distribution_view.h"
#include "widgets/table/table_model.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QGridLayout>
#include <QLocale>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace eyepiece {

namespace {

constexpr std::size_t bins = 48;

bool named(ColumnType type) {
    return type == ColumnType::Categorical || type == ColumnType::Text || type == ColumnType::Boolean;
}

// Of the selected rows, in the bars of the whole column.
std::vector<std::size_t> selected_counts(const Column& column, const ColumnStatistics& all,
                                         const RowSelection::Flags& flags) {
    if (named(column.type())) {
        std::unordered_map<std::string, std::size_t> places;
        for (std::size_t at = 0; at < all.frequent.size(); ++at)
            places[all.frequent[at].first] = at;
        std::vector<std::size_t> counts(all.frequent.size(), 0);
        for (std::size_t row = 0; row < flags.size(); ++row)
            if (flags[row] && !column.missing(row))
                if (const auto found = places.find(column.shown(row)); found != places.end())
                    ++counts[found->second];
        return counts;
    }
    const auto& histogram = all.histogram;
    std::vector<std::size_t> counts(histogram.counts.size(), 0);
    if (counts.empty())
        return counts;
    const double span = histogram.high - histogram.low;
    for (std::size_t row = 0; row < flags.size(); ++row) {
        if (!flags[row])
            continue;
        const double value = column.number(row);
        if (!std::isfinite(value))
            continue;
        const double place =
            span > 0 ? (value - histogram.low) / span * static_cast<double>(counts.size()) : 0;
        ++counts[std::min(static_cast<std::size_t>(std::max(0.0, place)), counts.size() - 1)];
    }
    return counts;
}

} // namespace

ColumnSummary::ColumnSummary(const Theme& theme, RowSelection& selection, QWidget* parent)
    : QWidget(parent)
    , theme_(theme)
    , selection_(selection)
    , names_(new ColumnListModel(this))
    , name_(new QComboBox(this))
    , role_(new QComboBox(this))
    , type_(new QComboBox(this))
    , distribution_(new DistributionView(theme, this))
    , lines_(text_label(theme, {}, Token::Muted, this)) {
    setObjectName(QStringLiteral("column"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    column->addWidget(new SectionHeader(theme, tr("Column"), {}, this));
    name_->setObjectName(QStringLiteral("column.name"));
    name_->setAccessibleName(tr("Column to look at"));
    name_->setToolTip(tr("The column whose values are shown; a click in the table chooses it, too"));
    name_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    name_->setModel(names_);
    column->addWidget(name_);
    column->addWidget(distribution_);
    lines_->setObjectName(QStringLiteral("column.lines"));
    column->addWidget(lines_);
    auto* grid = new QGridLayout;
    grid->setSpacing(Theme::space(1));
    grid->setColumnStretch(1, 1);
    const auto row = [&](int at, const QString& label, QComboBox* box, const char* name,
                         const QString& help) {
        auto* words = text_label(theme, label, Token::Muted, this);
        words->setWordWrap(false);
        words->setBuddy(box);
        box->setObjectName(QString::fromLatin1(name));
        box->setAccessibleName(label);
        box->setToolTip(help);
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        grid->addWidget(words, at, 0);
        grid->addWidget(box, at, 1);
    };
    row(0, tr("Used as"), role_, "column.role",
        tr("Features go into maps and models; a target is what is to be predicted; a note is never an "
           "input"));
    role_->addItem(tr("Feature"), static_cast<int>(ColumnRole::Feature));
    role_->addItem(tr("Target"), static_cast<int>(ColumnRole::Target));
    role_->addItem(tr("Note"), static_cast<int>(ColumnRole::Annotation));
    row(1, tr("Read as"), type_, "column.type", tr("Numbers that are only names of groups are categories"));
    column->addLayout(grid);

    connect(name_, &QComboBox::currentIndexChanged, this, [this](int at) {
        if (at >= 0) {
            show_column(static_cast<std::size_t>(at));
            Q_EMIT column_chosen(static_cast<std::size_t>(at));
        }
    });
    connect(role_, &QComboBox::currentIndexChanged, this, [this](int at) {
        if (column_ && at >= 0)
            Q_EMIT role_chosen(*column_, static_cast<ColumnRole>(role_->itemData(at).toInt()));
    });
    connect(type_, &QComboBox::currentIndexChanged, this, [this](int at) {
        if (column_ && at >= 0)
            Q_EMIT type_chosen(*column_, type_->itemData(at).toBool());
    });
    connect(&selection_, &RowSelection::changed, this, &ColumnSummary::count);
    hide();
}

ColumnSummary::~ColumnSummary() = default;

void ColumnSummary::set_table(std::shared_ptr<const Table> table) {
    const QString before = name_->currentText();
    table_ = std::move(table);
    column_.reset();
    {
        const QSignalBlocker quiet(name_);
        names_->set_table(table_);
    }
    setVisible(table_->columns() > 0);
    if (table_->columns() > 0)
        show_column(static_cast<std::size_t>(std::max(0, name_->findText(before))));
    else
        work_.drop();
}

void ColumnSummary::show_column(std::size_t column) {
    if (column >= table_->columns() || column_ == column)
        return;
    column_ = column;
    const QSignalBlocker quiet_name(name_), quiet_role(role_), quiet_type(type_);
    name_->setCurrentIndex(static_cast<int>(column));
    role_->setCurrentIndex(role_->findData(static_cast<int>(table_->role(column))));
    const bool dense = column < table_->dense().size(); // a sparse matrix is numbers, all of one role
    role_->setEnabled(dense);
    const ColumnType type = table_->type(column);
    type_->clear();
    if (type == ColumnType::Categorical) {
        type_->addItem(type_words(type), true);
        type_->addItem(tr("as in the file"), false);
    } else {
        type_->addItem(type_words(type), false);
        if (dense && (type == ColumnType::Integer || type == ColumnType::Text || type == ColumnType::Boolean))
            type_->addItem(type_words(ColumnType::Categorical), true);
    }
    type_->setEnabled(type_->count() > 1);
    count();
}

void ColumnSummary::count() {
    if (!column_)
        return;
    work_.start([this, table = table_, at = *column_, flags = selection_.snapshot(),
                 any = !selection_.empty()](LatestWork::Stop) {
        const Column column = table->column(at);
        auto all = std::make_shared<ColumnStatistics>(statistics(column, bins));
        auto marked = std::make_shared<std::vector<std::size_t>>();
        auto selected = std::make_shared<std::optional<ColumnStatistics>>();
        if (any && flags->size() == column.size()) {
            *marked = selected_counts(column, *all, *flags);
            std::vector<std::size_t> rows;
            for (std::size_t row = 0; row < flags->size(); ++row)
                if ((*flags)[row])
                    rows.push_back(row);
            *selected = statistics(column.take(rows), bins);
        }
        const ColumnType type = column.type();
        return LatestWork::Finish([this, table, at, all, marked, selected, type] {
            if (table != table_ || column_ != at)
                return;
            if (named(type))
                distribution_->set_names(all->frequent, *marked, all->distinct);
            else
                distribution_->set_numbers(all->histogram, *marked, type == ColumnType::Date);
            show_statistics(*all, *selected);
        });
    });
}

void ColumnSummary::show_statistics(const ColumnStatistics& all,
                                    const std::optional<ColumnStatistics>& selected) {
    statistics_ = all;
    const ColumnType type = table_->type(*column_);
    const QLocale locale;
    const auto figure = [&](double value) {
        return type == ColumnType::Date
                   ? QString::fromStdString(format_date(static_cast<std::int64_t>(value * 1e6)))
                   : QString::number(value, 'g', 4);
    };
    const auto values = [&](const ColumnStatistics& s) {
        return type == ColumnType::Date
                   ? tr("from %1 to %2").arg(figure(s.minimum), figure(s.maximum))
                   : tr("mean %1 ± %2\nmedian %3, half from %4 to %5\nfrom %6 to %7")
                         .arg(figure(s.mean), figure(s.sd), figure(s.median), figure(s.lower_quartile),
                              figure(s.upper_quartile), figure(s.minimum), figure(s.maximum));
    };
    QStringList lines{
        tr("%1 values, %2 distinct%3")
            .arg(locale.toString(qulonglong(all.count)), locale.toString(qulonglong(all.distinct)),
                 all.missing > 0 ? tr(", %1 missing").arg(locale.toString(qulonglong(all.missing)))
                                 : QString())};
    if (!named(type) && all.count > 0)
        lines << values(all);
    if (selected && !named(type) && type != ColumnType::Date && selected->count > 0)
        lines << tr("selected: mean %1 ± %2, median %3")
                     .arg(figure(selected->mean), figure(selected->sd), figure(selected->median));
    lines_->setText(lines.join('\n'));
}

QString ColumnSummary::text() const {
    return lines_->text();
}

} // namespace eyepiece
