// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/bottom_bar.h"

#include "widgets/engine/job_model.h"
#include "widgets/shell/action_registry.h"
#include "widgets/theme/controls.h"

#include <QAction>
#include <QHBoxLayout>
#include <QMenu>
#include <QToolButton>

namespace eyepiece {

BottomBar::BottomBar(const Theme& theme, JobModel& jobs, ActionRegistry& actions, QWidget* parent)
    : QWidget(parent)
    , jobs_(jobs)
    , title_(new QLabel(this))
    , progress_(new ProgressLine(theme, this))
    , figures_(text_label(theme, {}, Token::Muted, this))
    , pause_(quiet_button(tr("Pause"), QStringLiteral("job.pause"), this))
    , finish_(quiet_button(tr("Stop, keep best"), QStringLiteral("job.finish"), this))
    , cancel_(quiet_button(tr("Cancel"), QStringLiteral("job.cancel"), this))
    , more_(link_button({}, QStringLiteral("job.more"), this))
    , dot_(new StatusDot(theme, this))
    , engine_(quiet_button({}, QStringLiteral("engine.state"), this))
    , theme_button_(action_button(actions.find(QStringLiteral("window.theme")), this)) {
    more_->setAccessibleName(tr("More jobs"));
    setObjectName(QStringLiteral("bottom-bar"));
    setProperty("kind", "surface");
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(theme.tokens().metric(QStringLiteral("bottom-bar")));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(Theme::space(3), 0, Theme::space(2), 0);
    row->setSpacing(Theme::space(3));
    title_->setObjectName(QStringLiteral("job.title"));
    title_->setTextFormat(Qt::PlainText);
    progress_->setObjectName(QStringLiteral("job.progress"));
    progress_->setAccessibleName(tr("Progress"));
    progress_->setFixedWidth(180);
    figures_->setObjectName(QStringLiteral("job.figures"));
    figures_->setWordWrap(false);
    figures_->setFont(theme.figures());
    figures_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    for (QPushButton* button : {pause_, finish_, cancel_})
        button->setProperty("size", "small");
    engine_->setProperty("kind", "bare");
    engine_->setAccessibleName(tr("Engine"));
    row->addWidget(title_);
    row->addWidget(progress_);
    row->addWidget(figures_, 1);
    row->addWidget(pause_);
    row->addWidget(finish_);
    row->addWidget(cancel_);
    row->addWidget(more_);
    row->addSpacing(Theme::space(2));
    row->addWidget(dot_);
    row->setSpacing(Theme::space(2));
    row->addWidget(engine_);
    theme_button_->setIconSize({18, 18});
    row->addWidget(theme_button_);

    connect(engine_, &QPushButton::clicked, this, &BottomBar::engine_clicked);
    connect(pause_, &QPushButton::clicked, this, [this] {
        const Job* job = jobs_.find(shown_);
        if (job && job->paused)
            jobs_.resume(shown_);
        else if (job)
            jobs_.pause(shown_);
    });
    connect(finish_, &QPushButton::clicked, this, [this] { jobs_.finish(shown_); });
    connect(cancel_, &QPushButton::clicked, this, [this] { jobs_.cancel(shown_); });
    connect(more_, &QPushButton::clicked, this, &BottomBar::show_list);
    connect(&jobs_, &QAbstractItemModel::dataChanged, this, &BottomBar::refresh);
    connect(&jobs_, &QAbstractItemModel::rowsInserted, this, &BottomBar::refresh);
    connect(&jobs_, &QAbstractItemModel::rowsRemoved, this, &BottomBar::refresh);
    connect(&jobs_, &QAbstractItemModel::modelReset, this, &BottomBar::refresh);
    refresh();
}

void BottomBar::set_engine(const QString& device_line, Token state, const QString& words) {
    dot_->set_state(state, words);
    engine_words_ = device_line.isEmpty() ? words : device_line;
    engine_->setToolTip(words);
    engine_->setAccessibleDescription(words);
    fit_engine_words();
}

// A long reason must not push the job, or itself, off the bar; the tooltip has all of it.
void BottomBar::fit_engine_words() {
    engine_->setText(engine_->fontMetrics().elidedText(engine_words_, Qt::ElideRight, width() * 2 / 5));
}

void BottomBar::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    fit_engine_words();
}

void BottomBar::refresh() {
    const Job* job = jobs_.newest();
    shown_ = job ? job->id : 0;
    progress_->setVisible(job);
    pause_->setVisible(job && (job->paused ? job->controls.resume : job->controls.pause));
    finish_->setVisible(job && job->controls.finish);
    cancel_->setVisible(job && job->controls.cancel);
    const int others = jobs_.rowCount() - 1;
    more_->setVisible(others > 0);
    if (others > 0)
        more_->setText(tr("%n more", nullptr, others));
    if (!job) {
        title_->clear();
        figures_->clear();
        figures_->setToolTip({});
        return;
    }
    title_->setText(job->title);
    progress_->set_fraction(job->fraction);
    QStringList words;
    for (const QString& word : {job->stage, job->paused ? tr("paused") : time_left_text(job->seconds_left)})
        if (!word.isEmpty())
            words.append(word);
    figures_->setText(words.join(QStringLiteral(" · ")));
    figures_->setToolTip(figures_->text());
    pause_->setText(job->paused ? tr("Go on") : tr("Pause"));
    pause_->setAccessibleName(pause_->text());
}

void BottomBar::show_list() {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (int row = 0; row < jobs_.rowCount(); ++row) {
        const auto id = jobs_.index(row, 0).data(JobModel::IdRole).toULongLong();
        const Job* job = jobs_.find(id);
        if (!job)
            continue;
        QString line = job->title;
        if (job->fraction >= 0)
            line += tr(" · %1 %").arg(qRound(100 * job->fraction));
        QMenu* entry = menu->addMenu(line);
        if (!job->stage.isEmpty())
            entry->addAction(job->stage)->setEnabled(false);
        if (job->controls.finish)
            connect(entry->addAction(tr("Stop, keep best")), &QAction::triggered, this,
                    [this, id] { jobs_.finish(id); });
        if (job->controls.cancel)
            connect(entry->addAction(tr("Cancel")), &QAction::triggered, this,
                    [this, id] { jobs_.cancel(id); });
    }
    menu->popup(more_->mapToGlobal(QPoint(0, -menu->sizeHint().height())));
}

} // namespace eyepiece
