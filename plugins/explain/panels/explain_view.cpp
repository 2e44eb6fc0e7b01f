// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explain/panels/explain_view.h"

#include "core/data/color_map.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/engine/run_chooser.h"
#include "widgets/engine/run_monitor.h"
#include "widgets/forms/parameter_form.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <cstring>

namespace eyepiece {

namespace {
const QString layer_id = QStringLiteral("attribution");
}

ExplainView::ExplainView(WorkbenchContext& context, QWidget* parent)
    : QWidget(parent), context_(context), pointer_(new PointTool(this)) {
    setObjectName(QStringLiteral("explain"));
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::space(3), Theme::space(1), Theme::space(3), Theme::space(3));
    column->setSpacing(Theme::space(2));
    column->addWidget(new SectionHeader(theme, tr("What it looked at"), {}, this));
    auto* grid = new QGridLayout;
    grid->setSpacing(Theme::space(2));
    grid->setColumnStretch(1, 1);
    int row = 0;
    const auto line = [&](const QString& label, QWidget* field) {
        auto* words = text_label(theme, label, Token::Text, this);
        words->setBuddy(field);
        grid->addWidget(words, row, 0);
        grid->addWidget(field, row++, 1);
        return words;
    };
    const auto box = [&](const QString& name, const QString& label) {
        auto* combo = new QComboBox(this);
        combo->setObjectName(name);
        combo->setAccessibleName(label);
        combo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        combo->setMinimumContentsLength(10);
        return combo;
    };
    run_ = new RunChooser(context.runs, context.selection, this);
    line(tr("Run"), run_);
    method_ = box(QStringLiteral("explain.method"), tr("Method"));
    line(tr("Method"), method_);
    class_ = box(QStringLiteral("explain.class"), tr("Class"));
    line(tr("Class"), class_);
    layer_ = box(QStringLiteral("explain.layer"), tr("Layer"));
    layer_label_ = line(tr("Layer"), layer_);
    column->addLayout(grid);
    settings_ = new SectionHeader(theme, tr("Settings"), {}, this);
    column->addWidget(settings_);
    form_ = new ParameterForm(theme, this);
    column->addWidget(form_);
    column->addWidget(new SectionHeader(theme, tr("Where"), {}, this));
    where_ = text_label(theme, tr("Click an object on the image, or drag a rectangle."), Token::Muted, this);
    where_->setObjectName(QStringLiteral("explain.where"));
    column->addWidget(where_);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::space(2));
    explain_ = primary_button(tr("Explain"), QStringLiteral("explain.start"), this);
    whole_ = quiet_button(tr("Whole image"), QStringLiteral("explain.whole"), this);
    explain_->setToolTip(tr("Explain this image  (E)"));
    whole_->setToolTip(tr("What the class is seen by, wherever the network sees it"));
    buttons->addWidget(explain_);
    buttons->addWidget(whole_);
    buttons->addStretch();
    column->addLayout(buttons);
    copy_ = link_button(tr("Copy as command"), QStringLiteral("explain.copy-command"), this);
    copy_->setAccessibleName(tr("Copy the explanation as a command"));
    column->addWidget(copy_, 0, Qt::AlignLeft);
    column->addWidget(new SectionHeader(theme, tr("Heat map"), {}, this));
    opacity_ = new ValueSlider(
        theme, tr("Opacity"), 0, 1, 0.7, QStringLiteral("explain.opacity"),
        [](double value) { return tr("%1 %").arg(100 * value, 0, 'f', 0); }, this);
    column->addWidget(opacity_);
    colors_ = box(QStringLiteral("explain.colors"), tr("Colours"));
    colors_->addItem(tr("As the method suggests"), QString());
    for (const std::string& name : color_map_names()) {
        const QString text = QString::fromStdString(name);
        colors_->addItem(text, text);
    }
    column->addWidget(colors_);
    card_ = new Card(theme, {}, {}, this);
    card_->setObjectName(QStringLiteral("explain.result"));
    save_ = quiet_button(tr("Save the map"), QStringLiteral("explain.save"), card_);
    card_->content()->addWidget(save_, 0, Qt::AlignLeft);
    save_->hide();
    column->addWidget(card_);
    column->addStretch();

    soon_.setSingleShot(true);
    soon_.setInterval(150);
    connect(&soon_, &QTimer::timeout, this, &ExplainView::explain);
    connect(explain_, &QPushButton::clicked, this, &ExplainView::explain);
    connect(whole_, &QPushButton::clicked, this, [this] {
        point_.reset();
        region_.reset();
        where_->setText(tr("The whole image. Click an object, or drag a rectangle."));
        explain();
    });
    connect(save_, &QPushButton::clicked, this, &ExplainView::save);
    connect(copy_, &QPushButton::clicked, this, [this] { copy_command(command(), context_.notices); });
    connect(method_, &QComboBox::activated, this, &ExplainView::choose_method);
    connect(layer_, &QComboBox::activated, this, &ExplainView::explain_soon);
    connect(class_, &QComboBox::activated, this, &ExplainView::explain_soon);
    connect(form_, &ParameterForm::changed, this, &ExplainView::explain_soon);
    connect(colors_, &QComboBox::activated, this, &ExplainView::recolour);
    connect(opacity_, &ValueSlider::value_changed, this,
            [this](double value) { context_.canvas.layers().set_opacity(layer_id, value); });
    connect(pointer_, &PointTool::point_picked, this, [this](const QPoint& pixel) {
        point_ = pixel;
        region_.reset();
        where_->setText(tr("The object at %1, %2.").arg(pixel.x()).arg(pixel.y()));
        explain();
    });
    connect(pointer_, &PointTool::region_picked, this, [this](const QRect& pixels) {
        region_ = pixels;
        point_.reset();
        where_->setText(tr("A rectangle of %1 × %2 px.").arg(pixels.width()).arg(pixels.height()));
        explain();
    });
    connect(run_, &RunChooser::run_chosen, this, [this] {
        clear();
        if (isVisible())
            ask_layers();
    });
    connect(&context_.selection, &Selection::item_changed, this, [this] {
        point_.reset();
        region_.reset();
        where_->setText(tr("Click an object on the image, or drag a rectangle."));
        clear();
    });
    connect(&context_.session, &ProjectSession::classes_changed, this, &ExplainView::fill_classes);
    connect(&context_.session, &ProjectSession::opened, this, &ExplainView::fill_classes);
    // An engine that died took our questions with it; the next one is asked again.
    connect(&context_.engine, &EngineClient::hello_changed, this, [this] {
        if (isVisible() && methods_.empty())
            ask_methods();
        if (isVisible() && layer_->count() == 0)
            ask_layers();
    });
    context_.actions.add({.id = "explain.start",
                          .title = tr("Explain this image"),
                          .icon = "explain",
                          .shortcut = QKeySequence(Qt::Key_E),
                          .stage = Stage::Explain,
                          .handler = [this] { explain(); },
                          .command = [this] { return command(); }},
                         this);
    fill_classes();
    clear();
}

void ExplainView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    context_.canvas.set_tool(pointer_);
    fill_classes();
    if (methods_.empty())
        ask_methods();
    ask_layers();
    clear();
}

void ExplainView::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    if (context_.canvas.tool() == pointer_)
        context_.canvas.set_tool(nullptr);
    clear();
}

void ExplainView::ask_methods() {
    EngineHandlers handlers;
    handlers.done = [this](const EngineReply& reply) {
        methods_ = reply.json().value("entries", Json::array());
        method_->clear();
        for (const Json& entry : methods_) {
            method_->addItem(QString::fromStdString(entry.value("title", entry.value("name", std::string()))),
                             QString::fromStdString(entry.value("name", std::string())));
            method_->setItemData(method_->count() - 1,
                                 QString::fromStdString(entry.value("help", std::string())), Qt::ToolTipRole);
        }
        choose_method();
        if (!has_map_)
            clear();
    };
    handlers.failed = [this](const Error& error) { say_problem(QString::fromUtf8(error.what())); };
    context_.engine.send({.operation = "list", .spec = {{"kind", "explainers"}}, .topic = "list-explainers"},
                         this, handlers);
}

void ExplainView::choose_method() {
    const int at = method_->currentIndex();
    if (at < 0 || at >= static_cast<int>(methods_.size()))
        return;
    const Json& entry = methods_[static_cast<std::size_t>(at)];
    const bool needs_layer = entry.value("needs_layer", false);
    layer_->setVisible(needs_layer);
    layer_label_->setVisible(needs_layer);
    const Json parameters = entry.value("parameters", Json::array());
    settings_->setVisible(!parameters.empty());
    form_->set_schema_json(parameters);
    if (has_map_)
        explain_soon();
}

void ExplainView::ask_layers() {
    if (run_->run().isEmpty() || !context_.session.is_open())
        return;
    EngineHandlers handlers;
    handlers.done = [this](const EngineReply& reply) {
        const QString before = layer_->currentText();
        layer_->clear();
        layer_->addItem(tr("As the method suggests"), QString());
        for (const Json& layer : reply.json().value("layers", Json::array()))
            if (layer.is_string())
                layer_->addItem(QString::fromStdString(layer.get<std::string>()),
                                QString::fromStdString(layer.get<std::string>()));
        layer_->setCurrentIndex(std::max(0, layer_->findText(before)));
    };
    handlers.failed = [this](const Error& error) { say_problem(QString::fromUtf8(error.what())); };
    context_.engine.send({.operation = "layers",
                          .spec = {{"model", (context_.session.folder() + ':' + run_->run()).toStdString()}},
                          .topic = "layers"},
                         this, handlers);
}

void ExplainView::fill_classes() {
    if (!context_.session.is_open())
        return;
    const QString before = class_->currentData().toString();
    class_->clear();
    for (const LabelClass& one : context_.session.project().classes().all()) {
        const QString name = QString::fromStdString(one.name);
        class_->addItem(name, name);
    }
    int wanted = class_->findData(before);
    if (wanted < 0 && class_->count() > 1)
        wanted = 1; // the background comes first, and is seldom the question
    class_->setCurrentIndex(std::max(0, wanted));
}

Json ExplainView::spec() const {
    const std::string folder = context_.session.folder().toStdString();
    Json spec = {{"model", folder + ":" + run_->run().toStdString()},
                 {"input", {{"project", folder}, {"item", context_.selection.item()}}},
                 {"method", method_->currentData().toString().toStdString()},
                 {"target", class_->currentData().toString().toStdString()},
                 {"set", form_->values()}};
    if (region_)
        spec["region"] = {region_->x(), region_->y(), region_->width(), region_->height()};
    if (point_)
        spec["point"] = {point_->x(), point_->y()};
    if (layer_->isVisibleTo(this) && !layer_->currentData().toString().isEmpty())
        spec["layer"] = layer_->currentData().toString().toStdString();
    return spec;
}

QStringList ExplainView::command() const {
    const auto item = context_.session.is_open()
                          ? context_.session.project().items().find(context_.selection.item())
                          : std::nullopt;
    if (run_->run().isEmpty() || !item || method_->currentIndex() < 0)
        return {};
    QStringList words{QStringLiteral("explain"),
                      context_.session.folder() + ':' + run_->run(),
                      QString::fromStdString(item->path.string()),
                      QStringLiteral("--method"),
                      method_->currentData().toString(),
                      QStringLiteral("--target"),
                      class_->currentData().toString()};
    if (layer_->isVisibleTo(this) && !layer_->currentData().toString().isEmpty())
        words << QStringLiteral("--layer") << layer_->currentData().toString();
    if (region_)
        words << QStringLiteral("--region")
              << QStringLiteral("%1,%2,%3,%4")
                     .arg(region_->x())
                     .arg(region_->y())
                     .arg(region_->width())
                     .arg(region_->height());
    if (point_)
        words << QStringLiteral("--point") << QStringLiteral("%1,%2").arg(point_->x()).arg(point_->y());
    words << setting_words(form_->values());
    return words << QStringLiteral("--out") << QStringLiteral("explained");
}

void ExplainView::explain_soon() {
    if (has_map_)
        soon_.start();
}

void ExplainView::explain() {
    if (run_->run().isEmpty() || context_.selection.item() == 0 || method_->currentIndex() < 0)
        return;
    card_->set_title(tr("Asking the network"));
    card_->set_title_token(Token::Text);
    card_->set_text({});
    EngineHandlers handlers;
    handlers.done = [this](const EngineReply& reply) { show_map(reply); };
    handlers.failed = [this](const Error& error) { say_problem(QString::fromUtf8(error.what())); };
    context_.engine.send(
        {.operation = "explain", .spec = spec(), .title = method_->currentText(), .topic = "explain"}, this,
        handlers);
}

void ExplainView::show_map(const EngineReply& reply) {
    const auto width = reply.json().value("width", std::int64_t{0}),
               height = reply.json().value("height", std::int64_t{0});
    const auto count = static_cast<std::size_t>(std::max<std::int64_t>(0, width)) *
                       static_cast<std::size_t>(std::max<std::int64_t>(0, height));
    if (count == 0 || reply.bytes->size() < count * sizeof(float))
        return say_problem(tr("The engine sent a map that is not of the size it says."));
    shown_ = reply;
    has_map_ = true;
    recolour();
    context_.canvas.layers().set_opacity(layer_id, opacity_->value());
    card_->set_title(tr("%1 · %2").arg(method_->currentText(), class_->currentText()));
    QStringList words;
    if (const auto explained = reply.json().find("explained");
        explained != reply.json().end() && explained->is_string())
        words << tr("Explains %1.").arg(QString::fromStdString(explained->get<std::string>()));
    words << tr("Score %1.").arg(reply.json().value("score", 0.0), 0, 'g', 3);
    if (const std::string layer = reply.json().value("layer", std::string()); !layer.empty())
        words << tr("Layer %1.").arg(QString::fromStdString(layer));
    card_->set_text(words.join(' '));
    save_->show();
}

void ExplainView::say_problem(const QString& problem) {
    card_->set_title(tr("No explanation"));
    card_->set_title_token(Token::Look);
    card_->set_text(problem);
}

void ExplainView::recolour() {
    if (!has_map_)
        return;
    const Json& json = shown_.json();
    FloatMap map;
    map.width = json.value("width", std::int64_t{0});
    map.height = json.value("height", std::int64_t{0});
    map.values.resize(static_cast<std::size_t>(map.width * map.height));
    std::memcpy(map.values.data(), shown_.bytes->data(), map.values.size() * sizeof(float));
    if (const auto region = json.find("region");
        region != json.end() && region->is_array() && region->size() == 4)
        map.region = {(*region)[0].get<std::int64_t>(), (*region)[1].get<std::int64_t>(),
                      (*region)[2].get<std::int64_t>(), (*region)[3].get<std::int64_t>()};
    map.is_signed = json.value("signed", false);
    map.minimum = json.value("minimum", 0.0f);
    map.maximum = json.value("maximum", 1.0f);
    if (map.is_signed) { // zero in the middle of the colours
        map.maximum = std::max(std::abs(map.minimum), std::abs(map.maximum));
        map.minimum = -map.maximum;
    }
    map.color_map = colors_->currentData().toString().toStdString();
    context_.canvas.layers().show_map(
        layer_id, method_->currentText() + QStringLiteral(" · ") + class_->currentText(), std::move(map));
}

void ExplainView::clear() {
    context_.engine.cancel_topic(QStringLiteral("explain"), this);
    if (has_map_)
        context_.canvas.layers().remove(layer_id);
    has_map_ = false;
    shown_ = EngineReply();
    save_->hide();
    const bool ready = !run_->run().isEmpty();
    for (QPushButton* button : {explain_, whole_, copy_})
        button->setEnabled(ready && !methods_.empty());
    card_->set_title(ready ? tr("Point at something") : tr("No trained run yet"));
    card_->set_title_token(Token::Text);
    card_->set_text(ready ? tr("The map shows which pixels mattered for the class that you point at.")
                          : tr("Train a model first; then ask here what it looked at."));
}

// The engine writes the numbers and a picture: the same file as the command line makes.
void ExplainView::save() {
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Save the map"), QStringLiteral("attribution.tif"), tr("TIFF with the numbers (*.tif)"));
    if (file.isEmpty())
        return;
    Json with_file = spec();
    with_file["out"] = file.toStdString();
    EngineHandlers handlers;
    handlers.done = [this, file](const EngineReply&) {
        context_.notices.show(Notice::Kind::Good, tr("Saved to %1.").arg(file));
    };
    handlers.failed = [this](const Error& error) { context_.notices.show_error(error); };
    context_.engine.send({.operation = "explain", .spec = with_file, .title = tr("Save the map")}, this,
                         handlers);
}

} // namespace eyepiece
