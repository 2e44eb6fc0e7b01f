// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/label_panel.h"

#include "plugins/label/panels/class_list.h"
#include "plugins/label/panels/copy_to_next.h"
#include "plugins/label/panels/engine_object_finder.h"
#include "plugins/label/panels/image_class_card.h"
#include "plugins/label/panels/image_search.h"
#include "plugins/label/panels/live_card.h"
#include "plugins/label/panels/object_card.h"
#include "plugins/label/panels/points_card.h"
#include "plugins/label/panels/prediction_card.h"
#include "plugins/label/panels/sorting_card.h"
#include "plugins/label/panels/review_card.h"
#include "plugins/label/panels/threshold_card.h"
#include "plugins/label/panels/tool_strip.h"
#include "widgets/canvas/click_object_tool.h"
#include "widgets/canvas/contrast_view.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_tools.h"
#include "widgets/canvas/layers_view.h"
#include "widgets/canvas/segment_everything_tool.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/canvas_page.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"
#include "widgets/volume/volume_pane.h"

#include <QAction>
#include <QSettings>
#include <QSignalBlocker>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

namespace eyepiece {

namespace {
constexpr int hint_ms = 5000;
}

LabelPanel::LabelPanel(WorkbenchContext& context, QWidget* parent)
    : QWidget(parent)
    , context_(context)
    , tools_(std::make_unique<LabelTools>(context.canvas, context.labels))
    , search_(new ImageSearch(context, this)) {
    setObjectName(QStringLiteral("label-panel"));
    LabelToolSettings& settings = tools_->settings();
    settings.set_brush_size(
        context.settings.value(QStringLiteral("label/brush-size"), settings.brush_size()).toDouble());
    settings.set_only_where_empty(
        context.settings.value(QStringLiteral("label/only-where-empty"), settings.only_where_empty())
            .toBool());
    settings.set_tolerance(
        context.settings.value(QStringLiteral("label/tolerance"), settings.tolerance()).toDouble());
    settings.set_radius(context.settings.value(QStringLiteral("label/radius"), settings.radius()).toDouble());
    settings.set_area_limit(
        context.settings.value(QStringLiteral("label/area-limit"), qlonglong(settings.area_limit()))
            .toLongLong());
    if (auto* by_clicks = qobject_cast<ClickObjectTool*>(tools_->find(QStringLiteral("label.click-object"))))
        by_clicks->set_finder(std::make_unique<EngineObjectFinder>(context));
    if (auto* everything =
            qobject_cast<SegmentEverythingTool*>(tools_->find(QStringLiteral("label.segment-everything"))))
        everything->set_finder(std::make_unique<EngineObjectFinder>(context));
    settings.set_one_class_an_image(
        context.settings.value(QStringLiteral("label/one-class"), settings.one_class_an_image()).toBool());
    settings.set_next_after_class(
        context.settings.value(QStringLiteral("label/next-after-class"), settings.next_after_class())
            .toBool());
    add_actions();
    add_sections();
    add_volume();
    connect(&settings, &LabelToolSettings::changed, this, [this, &settings] {
        context_.settings.setValue(QStringLiteral("label/brush-size"), settings.brush_size());
        context_.settings.setValue(QStringLiteral("label/only-where-empty"), settings.only_where_empty());
        context_.settings.setValue(QStringLiteral("label/tolerance"), settings.tolerance());
        context_.settings.setValue(QStringLiteral("label/radius"), settings.radius());
        context_.settings.setValue(QStringLiteral("label/area-limit"), qlonglong(settings.area_limit()));
        context_.settings.setValue(QStringLiteral("label/one-class"), settings.one_class_an_image());
        context_.settings.setValue(QStringLiteral("label/next-after-class"), settings.next_after_class());
        size_->set_value(settings.brush_size());
        tolerance_->set_value(settings.tolerance());
        empty_only_->setChecked(settings.only_where_empty());
    });
    connect(tools_.get(), &LabelTools::said, this,
            [this](const QString& message) { context_.notices.show(Notice::Kind::Info, message); });
    connect(tools_.get(), &LabelTools::next_unlabelled_wanted, this, &LabelPanel::next_unlabelled);
    connect(tools_.get(), &LabelTools::copy_to_next_wanted, new CopyToNext(context, this),
            &CopyToNext::start);
    connect(tools_.get(), &LabelTools::tool_changed, this, [this] {
        if (isVisible())
            show_hint();
    });
    hint_over_ = new QTimer(this);
    hint_over_->setSingleShot(true);
    hint_over_->setInterval(hint_ms);
    connect(hint_over_, &QTimer::timeout, this, [this] { context_.canvas.set_hint({}); });
    connect(&context.session, &ProjectSession::items_changed, this, &LabelPanel::refresh_item);
    connect(&context.session, &ProjectSession::opened, this, &LabelPanel::refresh_item);
    connect(&context.selection, &Selection::item_changed, this, &LabelPanel::refresh_item);
    refresh_item();
}

LabelPanel::~LabelPanel() {
    if (strip_)
        delete strip_;     // a child of the canvas, which may live on
    delete volume_.data(); // the same
}

void LabelPanel::add_actions() {
    QList<QAction*> tool_actions;
    for (const LabelCommand& command : tools_->commands()) {
        ActionSpec spec;
        spec.id = command.id;
        spec.title = command.title;
        spec.help = command.help;
        spec.icon = command.icon;
        spec.stage = Stage::Label;
        spec.checkable = command.chooses_tool;
        spec.handler = command.run;
        // Tab moves between controls everywhere but on the canvas, which knows the key itself.
        if (command.key != QKeySequence(Qt::Key_Tab) && command.key != QKeySequence(Qt::SHIFT | Qt::Key_Tab))
            spec.shortcut = command.key;
        else
            spec.help = tr("On the canvas: %1").arg(command.key.toString(QKeySequence::NativeText));
        QAction* action = context_.actions.add(spec, this);
        action->setAutoRepeat(command.repeats);
        if (command.chooses_tool)
            tool_actions.append(action);
    }
    strip_ = new ToolStrip(*tools_, tool_actions, context_.theme, &context_.canvas);
    strip_->hide();
    connect(strip_, &QObject::destroyed, this, [this] { strip_ = nullptr; });
}

// The other planes and the 3D view of a volume, beside the canvas.
void LabelPanel::add_volume() {
    CanvasPage* page = CanvasPage::of(context_.canvas);
    if (!page)
        return;
    volume_ = new VolumePane(context_.canvas, context_.labels, context_.theme);
    page->put_beside(volume_);
    const auto follow_project = [this] {
        if (volume_)
            volume_->set_project(context_.session.is_open() ? context_.session.project().folder()
                                                            : std::filesystem::path());
    };
    connect(&context_.session, &ProjectSession::opened, volume_, follow_project);
    connect(&context_.session, &ProjectSession::closing, volume_, [this] { volume_->set_project({}); });
    connect(&context_.session, &ProjectSession::labels_changed, volume_,
            [this] { volume_->reload_labels(); });
    follow_project();
    ActionSpec planes;
    planes.id = QStringLiteral("label.volume-planes");
    planes.title = tr("Other planes of a volume");
    planes.help = tr("Shows the cuts along the other axes beside the image.");
    planes.icon = QStringLiteral("layers");
    planes.stage = Stage::Label;
    planes.checkable = true;
    QAction* shown = context_.actions.add(planes, this);
    shown->setChecked(context_.settings.value(QStringLiteral("label/volume-planes"), true).toBool());
    connect(shown, &QAction::toggled, volume_, [this](bool on) {
        context_.settings.setValue(QStringLiteral("label/volume-planes"), on);
        volume_->set_wanted(on && isVisible());
    });
    planes_action_ = shown;
}

void LabelPanel::add_sections() {
    const Theme& theme = context_.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 12, 12, 16);
    column->setSpacing(Theme::space(2));
    const auto section = [&](const QString& title, const QString& note = {}) {
        if (column->count() > 0)
            column->addSpacing(Theme::space(3));
        column->addWidget(new SectionHeader(theme, title, note, this));
    };
    section(tr("Classes"), tr("0–9"));
    column->addWidget(new ClassList(context_, this));

    LabelToolSettings& settings = tools_->settings();
    section(tr("Brush"));
    size_ = new ValueSlider(
        theme, tr("Size"), LabelToolSettings::smallest_brush, LabelToolSettings::largest_brush,
        settings.brush_size(), QStringLiteral("brush-size"),
        [](double v) { return tr("%1 px").arg(std::round(v)); }, this);
    size_->set_logarithmic(true);
    size_->setToolTip(tr("Ctrl and the wheel on the canvas, or [ and ], do the same"));
    column->addWidget(size_);
    empty_only_ = new SwitchRow(theme, tr("Only where empty"), QStringLiteral("only-where-empty"), this);
    empty_only_->setChecked(settings.only_where_empty());
    empty_only_->setToolTip(tr("Painting leaves the pixels of other objects alone (M)"));
    column->addWidget(empty_only_);
    tolerance_ = new ValueSlider(
        theme, tr("Wand tolerance"), 0.01, 1, settings.tolerance(), QStringLiteral("fill-tolerance"),
        [](double v) { return tr("%1 %").arg(std::round(v * 100)); }, this);
    tolerance_->setToolTip(
        tr("How far the brightness may differ from where the wand was clicked, of the image's range"));
    column->addWidget(tolerance_);
    connect(size_, &ValueSlider::value_changed, &settings, &LabelToolSettings::set_brush_size);
    connect(tolerance_, &ValueSlider::value_changed, &settings, &LabelToolSettings::set_tolerance);
    connect(empty_only_, &SwitchRow::toggled, &settings, &LabelToolSettings::set_only_where_empty);

    section(tr("Objects"));
    column->addWidget(new ObjectCard(context_, *tools_, this));
    column->addWidget(new ThresholdCard(context_, *tools_, this));

    section(tr("Points"));
    column->addWidget(new PointsCard(context_, *tools_, this));

    section(tr("This image"));
    column->addWidget(new ImageClassCard(context_, *tools_, this));
    complete_ = new SwitchRow(theme, tr("Completely labelled"), QStringLiteral("item-complete"), this);
    column->addWidget(complete_);
    column->addWidget(text_label(
        theme,
        tr("On: pixels without a label are background. Off: they do not count, so a few strokes are enough."),
        Token::Muted, this));
    column->addWidget(new ReviewCard(context_, this));
    connect(complete_, &SwitchRow::toggled, this, [this](bool on) {
        if (refreshing_ || !context_.session.is_open() || context_.selection.item() == 0)
            return;
        try {
            context_.labels.flush();
            context_.session.project().items().set_complete(context_.selection.item(), on);
        } catch (const std::exception& error) {
            context_.notices.show_error(error, QStringLiteral("complete"));
            refresh_item();
        }
    });

    section(tr("Learn as I paint"));
    column->addWidget(new LiveCard(context_, *search_, this));

    section(tr("Sort objects"));
    column->addWidget(new SortingCard(context_, *tools_, this));

    section(tr("Prediction"));
    auto* prediction = new PredictionCard(context_, *tools_, this);
    column->addWidget(prediction);
    ActionSpec predict;
    predict.id = QStringLiteral("label.predict");
    predict.title = tr("Predict this image");
    predict.icon = QStringLiteral("prediction");
    predict.stage = Stage::Label;
    predict.shortcut = QKeySequence(Qt::SHIFT | Qt::Key_A);
    predict.handler = [prediction] { prediction->predict(); };
    context_.actions.add(predict, this);

    section(tr("Layers"));
    column->addWidget(new LayersView(context_.canvas.layers(), theme, this));
    section(tr("Contrast"));
    column->addWidget(new ContrastView(context_.canvas.layers(), theme, this));
    column->addStretch();
}

void LabelPanel::refresh_item() {
    bool known = false, complete = false;
    if (context_.session.is_open())
        if (const auto item = context_.session.project().items().find(context_.selection.item())) {
            known = true;
            complete = item->complete;
        }
    refreshing_ = true;
    complete_->setEnabled(known);
    complete_->setChecked(complete);
    refreshing_ = false;
}

// The next in the list's natural order that has no objects and is not declared complete.
void LabelPanel::next_unlabelled() {
    search_->look(
        tr("Looking for the next unlabelled image"),
        [](const Item& item) { return !item.labelled() && !item.complete; },
        [this](ItemId found) {
            if (found != 0)
                return context_.selection.set_item(found);
            context_.notices.show(
                Notice::Kind::Good,
                tr("Every image has labels. Train a model, or look for the worst predictions in Evaluate."));
        });
}

// Long enough to be read, and then out of the way of the image.
void LabelPanel::show_hint() {
    context_.canvas.set_hint(tools_->hint());
    hint_over_->start();
}

void LabelPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    tools_->activate();
    if (strip_)
        strip_->show();
    if (volume_)
        volume_->set_wanted(planes_action_->isChecked());
    show_hint();
    context_.canvas.setFocus();
}

void LabelPanel::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    if (!strip_)
        return; // a child of the canvas: both are gone, the window is being taken down
    tools_->deactivate();
    if (volume_)
        volume_->set_wanted(false);
    strip_->hide();
    hint_over_->stop();
    context_.canvas.set_hint({});
}

} // namespace eyepiece
