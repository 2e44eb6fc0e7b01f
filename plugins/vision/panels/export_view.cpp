// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/export_view.h"

#include "core/project/runs.h"
#include "widgets/engine/engine_client.h"
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
#include <QFile>
#include <QFileDialog>
#include <QGridLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace eyepiece {

namespace {
constexpr int page_width = 640;           // px: lines stay readable
constexpr double small_difference = 1e-4; // logits of float32 models differ by rounding only
} // namespace

ExportView::ExportView(WorkbenchContext& context, QWidget* parent) : QWidget(parent), context_(context) {
    setObjectName(QStringLiteral("export"));
    const Theme& theme = context.theme;
    pages_ = new QStackedWidget(this);
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(pages_);
    auto* empty = new EmptyState(
        theme, QStringLiteral("export"), tr("Nothing to export yet"),
        tr("A trained model can be taken out as a file that Python opens without Eyepiece."), this);
    empty->add_action(tr("Train a model"), QStringLiteral("export.empty.train"),
                      [this] { context_.actions.trigger(ActionRegistry::stage_action(Stage::Train)); });
    pages_->addWidget(empty);

    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* page = new QWidget;
    auto* centre = new QHBoxLayout(page);
    centre->setContentsMargins(Theme::space(6), Theme::space(4), Theme::space(6), Theme::space(6));
    auto* box = new QWidget(page);
    box->setMaximumWidth(page_width);
    centre->addStretch(1);
    centre->addWidget(box, 100);
    centre->addStretch(1);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    column->addWidget(new SectionHeader(theme, tr("Export a model"), {}, box));
    auto* grid = new QGridLayout;
    grid->setSpacing(Theme::space(2));
    grid->setColumnStretch(1, 1);
    const auto line = [&](int row, const QString& label, QWidget* field) {
        auto* words = text_label(theme, label, Token::Text, box);
        words->setBuddy(field);
        grid->addWidget(words, row, 0);
        grid->addWidget(field, row, 1);
    };
    run_ = new RunChooser(context.runs, context.selection, box);
    line(0, tr("Run"), run_);
    format_ = new QComboBox(box);
    format_->setObjectName(QStringLiteral("export.format"));
    format_->setAccessibleName(tr("Format"));
    line(1, tr("Format"), format_);
    file_ = new QLineEdit(box);
    file_->setObjectName(QStringLiteral("export.file"));
    file_->setAccessibleName(tr("File"));
    line(2, tr("File"), file_);
    auto* browse = icon_button(theme, QStringLiteral("folder"), tr("Choose where to write"),
                               QStringLiteral("export.browse"), box);
    grid->addWidget(browse, 2, 2);
    column->addLayout(grid);
    form_ = new ParameterForm(theme, box);
    column->addWidget(form_);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::space(2));
    export_ = primary_button(tr("Export"), QStringLiteral("export.start"), box);
    copy_ = quiet_button(tr("Copy as command"), QStringLiteral("export.copy-command"), box);
    buttons->addWidget(export_);
    buttons->addWidget(copy_);
    buttons->addStretch();
    column->addLayout(buttons);
    problem_ = text_label(theme, {}, Token::Bad, box);
    problem_->setObjectName(QStringLiteral("export.problem"));
    problem_->hide();
    column->addWidget(problem_);
    result_ = new Card(theme, {}, {}, box);
    result_->setObjectName(QStringLiteral("export.result"));
    column->addWidget(result_);
    use_ = new Card(theme, tr("Use it without the project"), {}, box);
    use_->setObjectName(QStringLiteral("export.use"));
    copy_use_ = quiet_button(tr("Copy as command"), QStringLiteral("export.copy-use"), use_);
    use_->content()->addWidget(copy_use_, 0, Qt::AlignLeft);
    column->addWidget(use_);
    card_text_ = new QPlainTextEdit(box);
    card_text_->setObjectName(QStringLiteral("export.card"));
    card_text_->setAccessibleName(tr("The model's card"));
    card_text_->setReadOnly(true);
    card_text_->setMinimumHeight(240);
    column->addWidget(card_text_);
    column->addStretch();
    for (QWidget* later :
         {static_cast<QWidget*>(result_), static_cast<QWidget*>(use_), static_cast<QWidget*>(card_text_)})
        later->hide();
    scroll->setWidget(page);
    pages_->addWidget(scroll);

    connect(export_, &QPushButton::clicked, this, &ExportView::start);
    connect(copy_, &QPushButton::clicked, this, [this] { copy_command(command(), context_.notices); });
    connect(copy_use_, &QPushButton::clicked, this, [this] {
        copy_command({QStringLiteral("predict"), exported_, QStringLiteral("image.tif"),
                      QStringLiteral("--out"), QStringLiteral("predictions")},
                     context_.notices);
    });
    connect(browse, &QToolButton::clicked, this, [this] {
        const QString chosen = QFileDialog::getSaveFileName(this, tr("Export to"), file_->text());
        if (!chosen.isEmpty())
            file_->setText(chosen);
    });
    connect(format_, &QComboBox::currentIndexChanged, this, [this](int at) {
        if (at >= 0 && at < static_cast<int>(formats_.size()))
            form_->set_schema_json(formats_[static_cast<std::size_t>(at)].value("parameters", Json::array()));
        suggest_file();
    });
    connect(run_, &RunChooser::run_chosen, this, [this] {
        update_page();
        suggest_file();
    });
    // An engine that died took our question with it; the next one is asked again.
    connect(&context_.engine, &EngineClient::hello_changed, this, [this] {
        if (isVisible() && formats_.empty())
            ask_formats();
    });
    context_.actions.add({.id = "export.start",
                          .title = tr("Export the model"),
                          .icon = "export",
                          .shortcut = QKeySequence(Qt::CTRL | Qt::Key_Return),
                          .stage = Stage::Export,
                          .handler = [this] { start(); },
                          .command = [this] { return command(); }},
                         this);
    update_page();
}

void ExportView::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    update_page();
    if (formats_.empty())
        ask_formats();
}

QString ExportView::model() const {
    return context_.session.folder() + ':' + run_->run();
}

QStringList ExportView::command() const {
    if (!context_.session.is_open() || run_->run().isEmpty() || format_->currentIndex() < 0)
        return {};
    QStringList words{QStringLiteral("export"),   model(),
                      QStringLiteral("--format"), format_->currentData().toString(),
                      QStringLiteral("--out"),    file_->text().trimmed()};
    words << setting_words(form_->values());
    return words;
}

void ExportView::update_page() {
    pages_->setCurrentIndex(run_->run().isEmpty() ? 0 : 1);
    export_->setEnabled(format_->count() > 0 && !exporting_);
    copy_->setEnabled(format_->count() > 0);
}

void ExportView::ask_formats() {
    EngineHandlers handlers;
    handlers.done = [this](const EngineReply& reply) {
        problem_->hide();
        formats_ = reply.json().value("entries", Json::array());
        format_->clear();
        for (const Json& entry : formats_) {
            format_->addItem(QString::fromStdString(entry.value("title", entry.value("name", std::string()))),
                             QString::fromStdString(entry.value("name", std::string())));
            format_->setItemData(format_->count() - 1,
                                 QString::fromStdString(entry.value("help", std::string())), Qt::ToolTipRole);
        }
        update_page();
    };
    handlers.failed = [this](const Error& error) {
        problem_->setText(QString::fromUtf8(error.what()));
        problem_->show();
    };
    context_.engine.send({.operation = "list", .spec = {{"kind", "exporters"}}, .topic = "list-exporters"},
                         this, handlers);
}

void ExportView::suggest_file() {
    if (!context_.session.is_open() || run_->run().isEmpty() || file_->text() != suggested_)
        return; // what the user typed stays
    const QString suffix = format_->currentData().toString() == QLatin1String("onnx") ? QStringLiteral("onnx")
                                                                                      : QStringLiteral("pt");
    suggested_ = QStringLiteral("%1/%2-%3.%4")
                     .arg(context_.session.folder(), context_.session.name(), run_->run(), suffix);
    file_->setText(suggested_);
}

void ExportView::start() {
    if (run_->run().isEmpty() || format_->currentIndex() < 0)
        return;
    if (file_->text().trimmed().isEmpty()) {
        problem_->setText(tr("Say where to write the file."));
        problem_->show();
        file_->setFocus();
        return;
    }
    problem_->hide();
    exporting_ = true;
    update_page();
    EngineHandlers handlers;
    handlers.done = [this](const EngineReply& reply) { show_result(reply.json()); };
    handlers.failed = [this](const Error& error) {
        problem_->setText(QString::fromUtf8(error.what()));
        problem_->show();
    };
    handlers.ended = [this] {
        exporting_ = false;
        update_page();
    };
    context_.engine.send({.operation = "export",
                          .spec = {{"model", model().toStdString()},
                                   {"format", format_->currentData().toString().toStdString()},
                                   {"out", file_->text().trimmed().toStdString()},
                                   {"set", form_->values()}},
                          .title = tr("Export %1").arg(run_->run()),
                          .topic = "export"},
                         this, handlers);
}

void ExportView::show_result(const Json& result) {
    const auto text = [&](const char* name) {
        const auto found = result.find(name);
        return found != result.end() && found->is_string() ? QString::fromStdString(found->get<std::string>())
                                                           : QString();
    };
    exported_ = text("file");
    const double difference = result.value("largest_difference", -1.0);
    const int checked = result.value("checked_inputs", 0);
    const bool same = checked > 0 && difference >= 0 && difference <= small_difference;
    result_->set_title(same ? tr("✓ Exported, and it gives the same numbers")
                            : tr("! Exported; look at the difference"));
    result_->set_title_token(same ? Token::Good : Token::Look);
    result_->set_text(tr("%1\nRead back and compared on %2 inputs: the largest difference is %3.")
                          .arg(exported_)
                          .arg(checked)
                          .arg(difference, 0, 'g', 3));
    use_->set_text(command_line({QStringLiteral("predict"), exported_, QStringLiteral("image.tif"),
                                 QStringLiteral("--out"), QStringLiteral("predictions")}));
    result_->show();
    use_->show();
    QString card;
    if (const auto inside = result.find("card"); inside != result.end() && inside->is_object())
        card = QString::fromStdString(inside->dump(2));
    else if (QFile file(text("card")); !text("card").isEmpty() && file.open(QIODevice::ReadOnly))
        card = QString::fromUtf8(file.read(256 * 1024));
    card_text_->setPlainText(card);
    card_text_->setVisible(!card.isEmpty());
}

} // namespace eyepiece
