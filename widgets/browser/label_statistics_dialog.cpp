// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/browser/label_statistics_dialog.h"

#include "core/data/statistics.h"
#include "core/data/table.h"
#include "core/project/project.h"
#include "widgets/browser/bar_list.h"
#include "widgets/browser/item_list_model.h"
#include "widgets/browser/provenance.h"
#include "widgets/plots/distributions_plot.h"
#include "widgets/plots/scatter_coloring.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <memory>

namespace eyepiece {

namespace {

constexpr std::size_t tools_shown = 8;

QString number(std::int64_t value) {
    return QLocale().toString(static_cast<qlonglong>(value));
}

QString known(const std::string& name) {
    return name.empty() ? QObject::tr("not known") : QString::fromStdString(name);
}

std::vector<BarList::Bar> tool_bars(const LabelStatistics& statistics) {
    std::vector<BarList::Bar> bars;
    for (const auto& [tool, objects] : statistics.tools)
        bars.push_back({known(tool), static_cast<double>(objects), number(objects)});
    std::stable_sort(bars.begin(), bars.end(),
                     [](const auto& a, const auto& b) { return a.value > b.value; });
    if (bars.size() > tools_shown) {
        double rest = 0;
        for (std::size_t i = tools_shown - 1; i < bars.size(); ++i)
            rest += bars[i].value;
        bars.resize(tools_shown - 1);
        bars.push_back({QObject::tr("others"), rest, number(std::llround(rest))});
    }
    return bars;
}

} // namespace

LabelStatisticsDialog::LabelStatisticsDialog(WorkbenchContext& context, QWidget* parent)
    : QDialog(parent), context_(context) {
    const Theme& theme = context.theme;
    setObjectName(QStringLiteral("label-statistics"));
    setWindowTitle(tr("Label statistics"));
    resize(960, 680);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(Theme::space(3));
    summary_ = text_label(theme, tr("Reading the labels…"), Token::Muted, this);
    summary_->setObjectName(QStringLiteral("label-statistics.summary"));
    column->addWidget(summary_);

    auto* halves = new QHBoxLayout;
    halves->setSpacing(Theme::space(5));
    auto* left = new QVBoxLayout;
    left->setSpacing(Theme::space(2));
    const auto bars = [&](const QString& title, const char* name) {
        left->addWidget(new SectionHeader(theme, title, {}, this));
        auto* list = new BarList(theme, title, this);
        list->setObjectName(QString::fromLatin1(name));
        left->addWidget(list);
        return list;
    };
    status_ = bars(tr("Images by status"), "label-statistics.status");
    classes_ = bars(tr("Objects by class"), "label-statistics.classes");
    tools_ = bars(tr("Objects by tool or run"), "label-statistics.tools");
    left->addStretch();
    halves->addLayout(left, 2);
    auto* right = new QVBoxLayout;
    right->setSpacing(Theme::space(2));
    right->addWidget(new SectionHeader(theme, tr("Area of objects"), {}, this));
    areas_ = new DistributionsPlot(theme, selection_, this);
    areas_->setObjectName(QStringLiteral("label-statistics.areas"));
    areas_->setAccessibleName(tr("Distribution of the areas of objects, by class"));
    right->addWidget(areas_, 1);
    halves->addLayout(right, 3);
    column->addLayout(halves, 3);

    column->addWidget(new SectionHeader(theme, tr("Annotators"), {}, this));
    annotators_ = new QTableWidget(this);
    annotators_->setObjectName(QStringLiteral("label-statistics.annotators"));
    annotators_->setAccessibleName(tr("Annotators"));
    const QStringList titles{tr("Who"),        tr("Objects"),   tr("Images"),   tr("Time"),
                             tr("Per object"), tr("Submitted"), tr("Accepted"), tr("Sent back")};
    annotators_->setColumnCount(static_cast<int>(titles.size()));
    annotators_->setHorizontalHeaderLabels(titles);
    annotators_->verticalHeader()->hide();
    annotators_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    annotators_->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    annotators_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    annotators_->setSelectionMode(QAbstractItemView::NoSelection);
    annotators_->setFrameShape(QFrame::NoFrame);
    column->addWidget(annotators_, 1);

    auto* foot = new QHBoxLayout;
    QPushButton* copy = link_button(tr("Copy as command"), QStringLiteral("label-statistics.copy"), this);
    copy->setAccessibleName(tr("Copy the statistics as a command"));
    connect(copy, &QPushButton::clicked, this, [this] {
        copy_command({QStringLiteral("info"), context_.session.folder(), QStringLiteral("--statistics")},
                     context_.notices);
    });
    foot->addWidget(copy);
    foot->addStretch();
    QPushButton* again = quiet_button(tr("Read again"), QStringLiteral("label-statistics.again"), this);
    connect(again, &QPushButton::clicked, this, &LabelStatisticsDialog::read);
    foot->addWidget(again);
    QPushButton* close = primary_button(tr("Close"), QStringLiteral("label-statistics.close"), this);
    connect(close, &QPushButton::clicked, this, &QDialog::accept);
    foot->addWidget(close);
    column->addLayout(foot);
    connect(&context.session, &ProjectSession::closing, this, &QDialog::reject);
    read();
}

void LabelStatisticsDialog::read() {
    if (reading_ || !context_.session.is_open())
        return;
    auto found = std::make_shared<LabelStatistics>();
    reading_ = new BackgroundJob(
        tr("Reading the labels"),
        [found, place = context_.session.project().folder()](JobContext&) {
            *found = Project::open(place, Project::Access::ReadOnly)->labels().statistics();
        },
        this);
    connect(reading_, &BackgroundJob::finished, this, [this, found] { show_statistics(*found); });
    connect(reading_, &BackgroundJob::failed, summary_, &QLabel::setText);
    connect(reading_, &BackgroundJob::ended, reading_, &QObject::deleteLater);
    reading_->start();
}

void LabelStatisticsDialog::show_statistics(const LabelStatistics& statistics) {
    std::int64_t images = 0;
    std::vector<BarList::Bar> bars;
    for (const ReviewStatus status : all_review_statuses()) {
        const std::int64_t count = statistics.images.at(status);
        images += count;
        QString title = status_text(status);
        title[0] = title[0].toUpper();
        bars.push_back({title, static_cast<double>(count), number(count)});
    }
    status_->set_bars(std::move(bars));
    bars.clear();
    const auto classes =
        context_.session.is_open() ? context_.session.project().classes().all() : std::vector<LabelClass>();
    for (const auto& of : statistics.classes) {
        BarList::Bar bar{QString::fromStdString(of.name), static_cast<double>(of.areas.size()),
                         number(static_cast<std::int64_t>(of.areas.size()))};
        for (const LabelClass& each : classes)
            if (each.id == of.id)
                bar.color = QColor(each.color[0], each.color[1], each.color[2]);
        if (of.id != 0 || !of.areas.empty()) // background is painted seldom
            bars.push_back(std::move(bar));
    }
    classes_->set_bars(std::move(bars));
    tools_->set_bars(tool_bars(statistics));
    summary_->setText(
        tr("%1 images, %2 objects, %3 of measured work. A pause of more than half a minute does not count.")
            .arg(number(images), number(statistics.objects()), duration_text(statistics.seconds())));
    annotators_->setRowCount(static_cast<int>(statistics.annotators.size()));
    for (int row = 0; row < annotators_->rowCount(); ++row) {
        const auto& each = statistics.annotators[static_cast<std::size_t>(row)];
        const bool timed = each.seconds >= 0.5;
        const QString cells[] = {
            known(each.name),
            number(each.objects),
            number(each.images),
            timed ? duration_text(each.seconds) : QString(),
            timed && each.objects > 0
                ? tr("%1 s").arg(each.seconds / static_cast<double>(each.objects), 0, 'f', 1)
                : QString(),
            number(each.submitted),
            number(each.accepted),
            number(each.sent_back)};
        for (int at = 0; at < annotators_->columnCount(); ++at) {
            auto* cell = new QTableWidgetItem(cells[at]);
            cell->setTextAlignment(Qt::AlignVCenter | (at == 0 ? Qt::AlignLeft : Qt::AlignRight));
            annotators_->setItem(row, at, cell);
        }
    }
    show_areas(statistics);
}

// Areas range over decades: their logarithm shows small and large ones alike.
void LabelStatisticsDialog::show_areas(const LabelStatistics& statistics) {
    std::vector<double> logarithms;
    std::vector<std::int32_t> codes;
    Column::Categories names;
    for (const auto& of : statistics.classes) {
        if (of.areas.empty())
            continue;
        for (const double area : of.areas) {
            logarithms.push_back(std::log10(area));
            codes.push_back(static_cast<std::int32_t>(names.size()));
        }
        names.push_back(of.name);
    }
    selection_.reset(logarithms.size());
    if (logarithms.empty())
        return areas_->set_columns(nullptr, {});
    Table table;
    const Column classes = Column::categorical(tr("Class").toStdString(), std::move(codes), std::move(names));
    table.add(Column::reals(tr("area, log10 of px").toStdString(), std::move(logarithms)));
    table.add(classes);
    areas_->set_columns(std::make_shared<const Table>(std::move(table)), {0});
    areas_->set_coloring(std::make_shared<const ScatterColoring>(ScatterColoring::by(classes)));
}

} // namespace eyepiece
