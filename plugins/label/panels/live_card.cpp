// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/live_card.h"

#include "plugins/label/panels/importance_list.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/engine/engine_client.h"
#include "widgets/forms/parameter_form.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QHBoxLayout>
#include <QLocale>
#include <QSettings>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {

constexpr int quick_ms = 700;
const QString opacity_key = QStringLiteral("label/live-opacity"),
              uncertainty_key = QStringLiteral("label/live-uncertainty"),
              area_key = QStringLiteral("label/live-least-area"),
              split_key = QStringLiteral("label/live-split"),
              settings_key = QStringLiteral("label/live-settings");

QString percent(double share) {
    return LiveCard::tr("%1 %").arg(std::floor(share * 100)); // 99.6 % is not all of it
}

} // namespace

LiveCard::LiveCard(WorkbenchContext& context, ImageSearch& search, QWidget* parent)
    : QWidget(parent)
    , context_(context)
    , classifier_(context)
    , where_next_(context, classifier_, search)
    , classify_many_(context) {
    setObjectName(QStringLiteral("live-card"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    add_state(column);
    add_results(column);
    add_settings(column);
    add_actions();
    classifier_.set_opacity(context.settings.value(opacity_key, classifier_.opacity()).toDouble());
    classifier_.show_uncertainty(context.settings.value(uncertainty_key, false).toBool());
    connect(&classifier_, &LiveClassifier::changed, this, &LiveCard::refresh);
    connect(&classifier_, &LiveClassifier::reported, this,
            [this] { importances_->show_features(classifier_.report()->importances); });
    connect(&classifier_, &LiveClassifier::looks_changed, this, &LiveCard::refresh_looks);
    connect(&classifier_, &LiveClassifier::progressed, this,
            [this] { progress_->set_fraction(classifier_.fraction()); });
    // An engine that died took our question with it.
    connect(&context.engine, &EngineClient::hello_changed, this, [this] {
        if (form_->isVisible())
            ask_parameters();
    });
    refresh_looks();
    refresh();
}

void LiveCard::add_state(QVBoxLayout* column) {
    switch_ =
        new SwitchRow(context_.theme, tr("Classify pixels while I paint"), QStringLiteral("live-on"), this);
    switch_->setToolTip(tr("Learns from every label of the project, and again after each stroke"));
    column->addWidget(switch_);
    auto* line = new QHBoxLayout;
    line->setSpacing(Theme::space(2));
    dot_ = new StatusDot(context_.theme, this);
    state_ = text_label(context_.theme, {}, Token::Muted, this);
    state_->setObjectName(QStringLiteral("live-state"));
    auto* dot_column = new QVBoxLayout; // beside the first line of words
    dot_column->addSpacing(Theme::space(1));
    dot_column->addWidget(dot_);
    dot_column->addStretch();
    line->addLayout(dot_column);
    line->addWidget(state_, 1);
    column->addLayout(line);
    progress_ = new ProgressLine(context_.theme, this);
    progress_->hide();
    column->addWidget(progress_);
    progress_soon_.setSingleShot(true);
    progress_soon_.setInterval(quick_ms);
    connect(&progress_soon_, &QTimer::timeout, progress_, &QWidget::show);
    connect(switch_, &SwitchRow::toggled, &classifier_, &LiveClassifier::set_on);
}

void LiveCard::add_results(QVBoxLayout* column) {
    const Theme& theme = context_.theme;
    results_ = new QWidget(this);
    auto* list = new QVBoxLayout(results_);
    list->setContentsMargins(0, 0, 0, 0);
    list->setSpacing(Theme::space(2));
    column->addWidget(results_);
    opacity_ = new ValueSlider(
        theme, tr("Opacity"), 0, 1, classifier_.opacity(), QStringLiteral("live-opacity"),
        [](double v) { return tr("%1 %").arg(std::round(v * 100)); }, results_);
    list->addWidget(opacity_);
    uncertainty_ = new SwitchRow(theme, tr("Show uncertainty"), QStringLiteral("live-uncertainty"), results_);
    uncertainty_->setToolTip(tr("Bright where two classes are nearly as likely, clear where it is sure"));
    list->addWidget(uncertainty_);
    least_area_ = new ValueSlider(
        theme, tr("Smallest object"), 1, 10'000,
        context_.settings.value(area_key, double(ObjectSettings{}.least_area)).toDouble(),
        QStringLiteral("live-least-area"),
        [](double v) { return tr("%1 px").arg(QLocale().toString(std::llround(v))); }, results_);
    least_area_->set_logarithmic(true);
    const int names = least_area_->label()->sizeHint().width();
    for (ValueSlider* slider : {opacity_, least_area_})
        slider->set_label_width(names);
    least_area_->setToolTip(tr("Smaller parts do not become objects"));
    list->addWidget(least_area_);
    split_ = new SwitchRow(theme, tr("Split touching objects"), QStringLiteral("live-split"), results_);
    split_->setChecked(context_.settings.value(split_key, ObjectSettings{}.split).toBool());
    split_->setToolTip(tr("By their roundness: a watershed of the distance to the rim"));
    list->addWidget(split_);
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::space(2));
    objects_ = quiet_button(tr("Make objects"), QStringLiteral("live-objects"), results_);
    objects_->setToolTip(tr("Shows the parts of each class as a prediction, to be accepted or not"));
    next_ = quiet_button(tr("Where next  U"), QStringLiteral("live-next"), results_);
    next_->setToolTip(tr("Shows where a label would help most"));
    row->addWidget(objects_);
    row->addWidget(next_);
    row->addStretch();
    list->addLayout(row);

    auto* images_row = new QHBoxLayout;
    images_ = quiet_button(tr("Classify images…"), QStringLiteral("live-images"), results_);
    images_->setToolTip(tr("Writes label images of a folder's images, or of all of the project's"));
    images_row->addWidget(images_);
    images_row->addStretch();
    list->addLayout(images_row);
    importances_ = new ImportanceList(theme, QStringLiteral("live"), results_);
    list->addWidget(importances_);

    connect(opacity_, &ValueSlider::value_changed, &classifier_, &LiveClassifier::set_opacity);
    connect(uncertainty_, &SwitchRow::toggled, &classifier_, &LiveClassifier::show_uncertainty);
    connect(least_area_, &ValueSlider::value_changed, this,
            [this](double value) { context_.settings.setValue(area_key, value); });
    connect(split_, &SwitchRow::toggled, this,
            [this](bool on) { context_.settings.setValue(split_key, on); });
    connect(objects_, &QPushButton::clicked, this, &LiveCard::make_objects);
    connect(next_, &QPushButton::clicked, &where_next_, &WhereNext::go);
    connect(images_, &QPushButton::clicked, this, &LiveCard::classify_images);
}

void LiveCard::add_settings(QVBoxLayout* column) {
    more_settings_ = link_button({}, QStringLiteral("live-more-settings"), this);
    more_settings_->setAccessibleName(tr("Settings of the classifier"));
    column->addWidget(more_settings_, 0, Qt::AlignLeft);
    form_problem_ = text_label(context_.theme, {}, Token::Bad, this);
    form_problem_->hide();
    column->addWidget(form_problem_);
    form_ = new ParameterForm(context_.theme, this);
    form_->setObjectName(QStringLiteral("live-settings"));
    form_->hide();
    column->addWidget(form_);
    // Used before the form is ever opened, which needs the engine.
    const Json kept =
        Json::parse(context_.settings.value(settings_key).toString().toStdString(), nullptr, false);
    if (kept.is_object())
        classifier_.set_settings(kept);
    connect(form_, &ParameterForm::changed, this, &LiveCard::settings_changed);
    connect(more_settings_, &QPushButton::clicked, this, [this] {
        form_->setVisible(form_->isHidden());
        if (form_->isVisible())
            ask_parameters();
        refresh();
    });
}

void LiveCard::add_actions() {
    const auto add = [this](const char* id, const QString& title, const QString& help, const QString& icon,
                            const QKeySequence& key, std::function<void()> handler) {
        ActionSpec spec;
        spec.id = QLatin1String(id);
        spec.title = title;
        spec.help = help;
        spec.icon = icon;
        spec.stage = Stage::Label;
        spec.shortcut = key;
        spec.handler = std::move(handler);
        context_.actions.add(spec, this);
    };
    add("label.live", tr("Classify pixels while I paint"), tr("On or off"), QStringLiteral("brush"), {},
        [this] { switch_->setChecked(!switch_->isChecked()); });
    add("label.where-next", tr("Where a label would help most"), next_->toolTip(), QStringLiteral("next"),
        Qt::Key_U, [this] { where_next_.go(); });
    add("label.live-objects", tr("Make objects of the classified pixels"), objects_->toolTip(),
        QStringLiteral("prediction"), {}, [this] { make_objects(); });
    add("label.classify-images", tr("Classify the pixels of many images"), images_->toolTip(),
        QStringLiteral("images"), {}, [this] { classify_images(); });
}

void LiveCard::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    classifier_.set_in_sight(true);
    if (form_->isVisible())
        ask_parameters();
}

void LiveCard::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    classifier_.set_in_sight(false);
}

// ---- how it stands

QString LiveCard::state_text() const {
    using State = LiveClassifier::State;
    const QLocale locale;
    switch (classifier_.state()) {
    case State::Off:
        return tr(
            "Paint a little of at least two classes, the background (0) too, then switch this on. Every "
            "pixel is classified by what you painted, and again after each stroke.");
    case State::NoImage:
        return tr("Choose an image in the list at the left.");
    case State::Refused:
        return classifier_.problem();
    case State::Failed:
        return tr("%1 What is shown is from before. The next stroke asks again.").arg(classifier_.problem());
    case State::Working:
    case State::Ready:
        break;
    }
    const ClassifierReport* report = classifier_.report();
    if (!report)
        return tr("Learning from what is painted…");
    const QString pixels = locale.toString(qlonglong(report->labelled_pixels));
    const QString sure = percent(classifier_.sure());
    QString text = report->images == 1
                       ? tr("Classified from %1 pixels of one image, sure of %2.").arg(pixels, sure)
                       : tr("Classified from %1 pixels of %2 images, sure of %3.")
                             .arg(pixels, locale.toString(qlonglong(report->images)), sure);
    if (!report->whole)
        text += ' ' + tr("The image is very large: only what is in sight is classified.");
    return text;
}

void LiveCard::refresh() {
    using State = LiveClassifier::State;
    const State state = classifier_.state();
    const QSignalBlocker quiet(switch_);
    switch_->setChecked(classifier_.on());
    const ClassifierReport* report = classifier_.report();
    const bool known = report != nullptr;
    // Nothing moves while a stroke's question is on its way: the words before stay.
    state_->setText(state_text());
    QString tip;
    if (known) {
        tip = tr("Sure: one class is at least twice as likely as any other.");
        if (report->out_of_bag)
            tip +=
                '\n' + tr("Of the painted pixels, %1 % get the class you gave them from trees that have not "
                          "seen them.")
                           .arg(*report->out_of_bag * 100, 0, 'f', 1);
        tip += '\n' + tr("It took %1 s.").arg(report->seconds, 0, 'f', 2);
    }
    state_->setToolTip(tip);
    switch (state) {
    case State::Off:
    case State::NoImage:
        dot_->set_state(Token::Line, tr("Off"));
        break;
    case State::Working:
        dot_->set_state(Token::Accent, tr("Classifying"));
        break;
    case State::Ready:
        dot_->set_state(Token::Good, tr("Up to date"));
        break;
    case State::Refused:
        dot_->set_state(Token::Look, tr("Something is missing"));
        break;
    case State::Failed:
        dot_->set_state(Token::Bad, tr("It failed"));
        break;
    }
    dot_->setVisible(state != State::Off);
    if (state != State::Working) {
        progress_soon_.stop();
        progress_->hide();
    } else if (progress_->isHidden() && !progress_soon_.isActive()) {
        progress_->set_fraction(-1);
        progress_soon_.start();
    }
    results_->setVisible(!classifier_.classification().empty());
    objects_->setEnabled(known && !making_ && classifier_.on());
    next_->setEnabled(known);
    images_->setEnabled(known);
    importances_->setVisible(known && !report->importances.empty());
    more_settings_->setVisible(classifier_.on());
    more_settings_->setText(form_->isHidden() ? tr("Settings") : tr("Hide the settings"));
    if (!classifier_.on())
        form_->hide();
}

void LiveCard::refresh_looks() {
    context_.settings.setValue(opacity_key, classifier_.opacity());
    context_.settings.setValue(uncertainty_key, classifier_.uncertainty_shown());
    const QSignalBlocker opacity_quiet(opacity_), uncertainty_quiet(uncertainty_);
    opacity_->set_value(classifier_.opacity());
    uncertainty_->setChecked(classifier_.uncertainty_shown());
}

// ---- settings

void LiveCard::ask_parameters() {
    if (has_parameters_)
        return;
    EngineHandlers handlers;
    handlers.done = [this](const EngineReply& reply) {
        form_->set_schema_json(reply.json().value("entries", Json::array()));
        const Json kept =
            Json::parse(context_.settings.value(settings_key).toString().toStdString(), nullptr, false);
        if (kept.is_object())
            form_->set_values(kept);
        has_parameters_ = true;
        form_problem_->hide();
    };
    handlers.failed = [this](const Error& error) {
        form_problem_->setText(QString::fromUtf8(error.what()));
        form_problem_->show();
    };
    context_.engine.send({.operation = QStringLiteral("list"),
                          .spec = {{"kind", "parameters"}, {"operation", "live-forest"}},
                          .topic = QStringLiteral("label.live-parameters")},
                         this, handlers);
}

void LiveCard::settings_changed() {
    if (!form_->valid())
        return; // the form says what is wrong
    context_.settings.setValue(settings_key, QString::fromStdString(form_->values().dump()));
    classifier_.set_settings(form_->values());
}

// ---- objects

ObjectSettings LiveCard::object_settings() const {
    return {std::llround(least_area_->value()), split_->isChecked()};
}

void LiveCard::make_objects() {
    const ItemId item = context_.labels.item();
    if (!classifier_.report() || making_ || item == 0)
        return;
    auto prediction = std::make_shared<LabelPrediction>();
    const LabelTiles& tiles = *context_.labels.document().tiles();
    making_ = new BackgroundJob(
        tr("Making objects"),
        [prediction, settings = object_settings(), snapshot = classifier_.classification().snapshot(),
         labels = tiles.snapshot(tiles.extent()), title = tr("Objects of the classified pixels")](
            JobContext& context) { *prediction = objects_of(snapshot, labels, settings, title, context); },
        this);
    connect(making_, &BackgroundJob::finished, this, [this, item, prediction] {
        if (item != context_.labels.item())
            return; // the user has gone on to another image
        if (prediction->objects.empty())
            context_.notices.show(Notice::Kind::Info,
                                  tr("Beside what is labelled, no part is of %n px or more. Lower \"Smallest "
                                     "object\", or paint more of "
                                     "what you look for.",
                                     nullptr, static_cast<int>(object_settings().least_area)));
        else
            context_.labels.show_prediction(std::move(*prediction));
    });
    connect(making_, &BackgroundJob::failed, this, [this](const QString& message) {
        Notice notice{Notice::Kind::Bad, message};
        notice.topic = QStringLiteral("live-objects");
        context_.notices.show(notice);
    });
    connect(making_, &BackgroundJob::ended, this, [this, job = making_.data()] {
        job->deleteLater();
        making_.clear();
        refresh();
    });
    making_->start();
    refresh();
}

void LiveCard::classify_images() {
    if (!context_.session.is_open())
        return;
    if (classify_many_.running())
        return context_.notices.show(
            Notice::Kind::Look, tr("Images are just being classified: see the jobs below at the right."));
    auto* dialog = new ClassifyDialog(context_, window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ClassifyDialog::chosen, this, [this](const ClassifyRequest& request) {
        classify_many_.start(request, classifier_.settings());
    });
    connect(dialog, &ClassifyDialog::copy_wanted, this, [this](const ClassifyRequest& request) {
        classify_many_.copy_command(request, classifier_.settings());
    });
    dialog->open();
}

} // namespace eyepiece
