// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/evaluate_figures.h"

#include "core/base/error.h"
#include "widgets/plots/confusion_matrix.h"
#include "widgets/plots/value_histogram.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QFileDialog>
#include <QHeaderView>
#include <QSaveFile>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

QString figure(double value) {
    return std::isfinite(value) ? QString::number(value, 'f', 3) : QStringLiteral("–");
}

Qt::Alignment alignment(int column) {
    return (column == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter;
}

void set_row(QTableWidget* table, int row, const QStringList& cells) {
    for (int column = 0; column < cells.size(); ++column) {
        auto* cell = new QTableWidgetItem(cells[column]);
        cell->setTextAlignment(alignment(column));
        cell->setToolTip(cells[column]); // a long name may be cut
        table->setItem(row, column, cell);
    }
}

// A heading stands where its figures stand.
void set_heads(QTableWidget* table, const QStringList& heads) {
    table->setHorizontalHeaderLabels(heads);
    for (int column = 0; column < heads.size(); ++column)
        table->horizontalHeaderItem(column)->setTextAlignment(alignment(column));
}

// What the score is worth depends on what these images were to the run.
QString images_words(const Evaluation& evaluation) {
    const auto count = evaluation.images.size();
    if (evaluation.split == QLatin1String("test"))
        return count == 1 ? EvaluateFigures::tr("1 image that it never looked at")
                          : EvaluateFigures::tr("%1 images that it never looked at").arg(count);
    if (evaluation.split == QLatin1String("val"))
        return EvaluateFigures::tr("%1 images that chose its best epoch: a little flattering").arg(count);
    return EvaluateFigures::tr("%1 images that it learnt from: flattering").arg(count);
}

// As the choice in the left column calls the ways to find objects.
QString method_title(const QString& method) {
    return method == QLatin1String("watershed")   ? EvaluateFigures::tr("Cut apart")
           : method == QLatin1String("connected") ? EvaluateFigures::tr("As patches")
                                                  : method;
}

void fit(QTableWidget* table) {
    int height = table->horizontalHeader()->sizeHint().height() + 2;
    for (int row = 0; row < table->rowCount(); ++row)
        height += table->rowHeight(row);
    table->setFixedHeight(height);
}

} // namespace

EvaluateFigures::EvaluateFigures(WorkbenchContext& context, QWidget* parent)
    : QWidget(parent), context_(context) {
    setObjectName(QStringLiteral("evaluate.figures"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::space(3), Theme::space(1), Theme::space(3), Theme::space(3));
    column->setSpacing(Theme::space(2));
    column->addWidget(new SectionHeader(theme, tr("Figures"), {}, this));
    verdict_ = new Card(theme, tr("Not evaluated yet"),
                        tr("Choose a run and a part of the data at the left, and press Evaluate."), this);
    verdict_->setObjectName(QStringLiteral("evaluate.verdict"));
    column->addWidget(verdict_);
    body_ = new QWidget(this);
    auto* list = new QVBoxLayout(body_);
    list->setContentsMargins(0, 0, 0, 0);
    list->setSpacing(Theme::space(1));
    list->addWidget(new SectionHeader(theme, tr("Beside its baselines"), tr("IoU"), body_));
    baselines_ = table(QStringLiteral("evaluate.baselines"), {tr("What"), tr("IoU")});
    list->addWidget(baselines_);
    list->addWidget(new SectionHeader(theme, tr("By class"), tr("Pixels: share found"), body_));
    classes_ = table(QStringLiteral("evaluate.classes"), {tr("Class"), tr("IoU"), tr("Dice"), tr("Pixels")});
    list->addWidget(classes_);
    list->addWidget(new SectionHeader(theme, tr("Objects"), tr("Average precision"), body_));
    precision_ = table(QStringLiteral("evaluate.precision"), {tr("IoU ≥")});
    list->addWidget(precision_);
    list->addWidget(new SectionHeader(theme, tr("Taken for"), tr("Rows: truth"), body_));
    confusion_ = new ConfusionMatrix(theme, body_);
    list->addWidget(confusion_);
    list->addWidget(new SectionHeader(theme, tr("IoU of the images"), {}, body_));
    spread_ = new ValueHistogram(theme, body_);
    list->addWidget(spread_);
    auto* save_button = quiet_button(tr("Save as CSV"), QStringLiteral("evaluate.save-csv"), body_);
    list->addSpacing(Theme::space(2));
    list->addWidget(save_button, 0, Qt::AlignLeft);
    connect(save_button, &QPushButton::clicked, this, &EvaluateFigures::save);
    column->addWidget(body_);
    column->addStretch();
    body_->hide();
}

QTableWidget* EvaluateFigures::table(const QString& name, const QStringList& columns) {
    auto* table = new QTableWidget(0, static_cast<int>(columns.size()), body_);
    table->setObjectName(name);
    table->setAccessibleName(columns.first());
    table->setProperty("kind", "figures");
    set_heads(table, columns);
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(28);
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionMode(QAbstractItemView::NoSelection);
    table->setFocusPolicy(Qt::NoFocus);
    table->setShowGrid(false);
    table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    table->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    return table;
}

void EvaluateFigures::show_evaluation(const Evaluation& evaluation) {
    evaluation_ = evaluation;
    if (evaluation.run.isEmpty()) {
        verdict_->set_title(tr("Not evaluated yet"));
        verdict_->set_title_token(Token::Text);
        verdict_->set_text(tr("Choose a run and a part of the data at the left, and press Evaluate."));
        body_->hide();
        return;
    }
    double best = -1;
    for (const auto& baseline : evaluation.baselines)
        best = std::max(best, std::isfinite(baseline.iou) ? baseline.iou : -1);
    const bool known = best >= 0 && std::isfinite(evaluation.mean_iou);
    const bool beats = known && evaluation.mean_iou > best;
    verdict_->set_title(!known  ? tr("IoU %1").arg(figure(evaluation.mean_iou))
                        : beats ? tr("✓ Beats its baselines")
                                : tr("! Does not beat its baselines"));
    verdict_->set_title_token(!known ? Token::Text : beats ? Token::Good : Token::Bad);
    verdict_->set_text(
        tr("Mean IoU %1, pixel accuracy %2 on %3.")
            .arg(figure(evaluation.mean_iou), figure(evaluation.pixel_accuracy), images_words(evaluation)));
    baselines_->setRowCount(static_cast<int>(evaluation.baselines.size()) + 1);
    set_row(baselines_, 0, {tr("This run"), figure(evaluation.mean_iou)});
    for (int row = 0; row < static_cast<int>(evaluation.baselines.size()); ++row) {
        const auto& baseline = evaluation.baselines[static_cast<std::size_t>(row)];
        set_row(baselines_, row + 1, {baseline.title, figure(baseline.iou)});
    }
    fit(baselines_);
    classes_->setRowCount(static_cast<int>(evaluation.classes.size()));
    for (int row = 0; row < classes_->rowCount(); ++row) {
        const auto& one = evaluation.classes[static_cast<std::size_t>(row)];
        set_row(classes_, row, {one.name, figure(one.iou), figure(one.dice), figure(one.accuracy)});
    }
    fit(classes_);
    QStringList methods = evaluation.precision.keys(), thresholds, heads{tr("IoU ≥")};
    for (const auto& values : evaluation.precision)
        for (const QString& threshold : values.keys())
            if (!thresholds.contains(threshold))
                thresholds << threshold;
    std::sort(thresholds.begin(), thresholds.end(),
              [](const QString& a, const QString& b) { return a.toDouble() < b.toDouble(); });
    for (const QString& method : methods)
        heads << method_title(method);
    precision_->setColumnCount(static_cast<int>(heads.size()));
    set_heads(precision_, heads);
    precision_->setRowCount(static_cast<int>(thresholds.size()));
    for (int row = 0; row < precision_->rowCount(); ++row) {
        QStringList cells{thresholds[row]};
        for (const QString& method : methods)
            cells << figure(evaluation.precision[method].value(thresholds[row], std::nan("")));
        set_row(precision_, row, cells);
    }
    fit(precision_);
    confusion_->set_counts(evaluation.confusion.isEmpty() ? QStringList() : evaluation.confusion_classes,
                           evaluation.confusion);
    QVector<double> scores;
    for (const auto& image : evaluation.images)
        scores << image.iou;
    spread_->set_values(scores, 0, 1);
    body_->show();
}

void EvaluateFigures::save() {
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Save the evaluation"), QStringLiteral("evaluation-%1.csv").arg(evaluation_.split),
        tr("CSV (*.csv)"));
    if (file.isEmpty())
        return;
    QSaveFile opened(file);
    const QByteArray text = evaluation_.csv();
    if (opened.open(QIODevice::WriteOnly) && opened.write(text) == text.size() && opened.commit())
        context_.notices.show(Notice::Kind::Good, tr("Saved to %1.").arg(file));
    else
        context_.notices.show(
            Notice::Kind::Bad,
            tr("\"%1\" could not be written: %2. Choose another place.").arg(file, opened.errorString()));
}

} // namespace eyepiece
