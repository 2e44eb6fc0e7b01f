// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/making_card.h"

#include "core/base/error.h"
#include "plugins/explore/panels/table_maker.h"
#include "widgets/engine/engine_client.h"
#include "widgets/engine/run_chooser.h"
#include "widgets/forms/parameter_form.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QVBoxLayout>

namespace eyepiece {

MakingCard::MakingCard(WorkbenchContext& context, TableMaker& maker, QWidget* parent)
    : Card(context.theme, {}, {}, parent), context_(context), maker_(maker) {
    setObjectName(QStringLiteral("explore.making"));
    network_ = new QWidget(this);
    auto* fields = new QFormLayout(network_);
    fields->setContentsMargins(0, 0, 0, 0);
    run_ = new RunChooser(context.runs, context.selection, network_);
    run_->setObjectName(QStringLiteral("explore.making-run"));
    run_->setToolTip(tr("Whose network looks at the images"));
    layer_ = new QComboBox(network_);
    layer_->setObjectName(QStringLiteral("explore.making-layer"));
    layer_->setAccessibleName(tr("Layer"));
    layer_->setToolTip(
        tr("Each channel of this layer becomes a column; early layers see edges, late ones parts"));
    layer_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    fields->addRow(tr("Run"), run_);
    fields->addRow(tr("Layer"), layer_);
    content()->addWidget(network_);
    form_ = new ParameterForm(context.theme, this);
    content()->addWidget(form_);
    progress_ = new ProgressLine(context.theme, this);
    progress_->setAccessibleName(tr("How much of the table is made"));
    content()->addWidget(progress_);
    problem_ = text_label(context.theme, {}, Token::Bad, this);
    problem_->setObjectName(QStringLiteral("explore.making-problem"));
    content()->addWidget(problem_);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::space(1));
    make_ = quiet_button(tr("Make the table"), QStringLiteral("explore.make"), this);
    cancel_ = quiet_button(tr("Cancel"), QStringLiteral("explore.cancel-making"), this);
    cancel_->setToolTip(tr("Make no table; what is open stays"));
    buttons->addWidget(make_);
    buttons->addWidget(cancel_);
    buttons->addStretch();
    content()->addLayout(buttons);
    hide();

    connect(form_, &ParameterForm::changed, this, &MakingCard::refresh);
    connect(run_, &RunChooser::run_chosen, this, &MakingCard::ask_layers);
    connect(layer_, &QComboBox::currentIndexChanged, this, &MakingCard::refresh);
    connect(make_, &QPushButton::clicked, this, &MakingCard::make);
    connect(cancel_, &QPushButton::clicked, this, &MakingCard::put_away);
    connect(&maker_, &TableMaker::changed, this, &MakingCard::refresh);
    connect(&maker_, &TableMaker::failed, this, [this](const QString& message) {
        if (from_.empty()) // was made anew without the card
            return context_.notices.show(Notice::Kind::Bad, message);
        problem_->setText(message);
        refresh();
    });
    connect(&maker_, &TableMaker::made, this, &MakingCard::put_away);
    connect(&context.session, &ProjectSession::closing, this, &MakingCard::put_away);
}

void MakingCard::choose(const std::string& from) {
    again_ = false;
    make_->setToolTip(tr("Make this table and open it; what is open now is kept with its steps"));
    show_chosen(from, Json::object());
}

void MakingCard::choose_again(const Json& made) {
    again_ = true;
    make_->setToolTip(tr("Make the table anew, of what the project holds by now; the steps stay"));
    show_chosen(made.value("from", std::string()), made.value("set", Json::object()));
}

void MakingCard::show_chosen(const std::string& from, const Json& set) {
    maker_.cancel();
    const TableMaker::Kind* entry = maker_.kind(from);
    if (!entry)
        return;
    from_ = from;
    set_title(QString::fromStdString(entry->title));
    ParameterSchema asked; // for what is not chosen from what there is
    for (const ParameterSpec& spec : entry->parameters.specs())
        if (!looks_into_network() || (spec.name != "run" && spec.name != "layer"))
            asked.add(spec);
    form_->set_schema(asked);
    form_->reset();
    form_->set_values(set);
    problem_->clear();
    if (looks_into_network()) {
        if (const std::string run = set.value("run", std::string()); !run.empty())
            context_.selection.set_run(QString::fromStdString(run));
        wanted_layer_ = QString::fromStdString(set.value("layer", std::string()));
        ask_layers();
    }
    refresh();
}

void MakingCard::put_away() {
    from_.clear();
    maker_.cancel();
    refresh();
}

void MakingCard::make() {
    problem_->clear();
    Json set = form_->values();
    if (looks_into_network()) {
        set["run"] = run_->run().toStdString();
        set["layer"] = layer_->currentText().toStdString();
    }
    maker_.make(from_, set, again_);
}

bool MakingCard::looks_into_network() const {
    const TableMaker::Kind* kind = maker_.kind(from_);
    return kind && kind->parameters.find("run") && kind->parameters.find("layer");
}

void MakingCard::ask_layers() {
    layer_->clear();
    if (!looks_into_network() || run_->run().isEmpty() || !context_.session.is_open())
        return refresh();
    EngineHandlers handlers;
    handlers.done = [this](const EngineReply& reply) {
        const Json layers = reply.json().value("layers", Json::array());
        for (const Json& one : layers)
            layer_->addItem(QString::fromStdString(one.get<std::string>()));
        const int wanted = layer_->findText(wanted_layer_);
        layer_->setCurrentIndex(wanted >= 0 ? wanted : layer_->count() - 1);
    };
    handlers.failed = [this](const Error& error) { problem_->setText(QString::fromUtf8(error.what())); };
    handlers.ended = [this] { refresh(); };
    context_.engine.send({.operation = QStringLiteral("layers"),
                          .spec = {{"model", (context_.session.folder() + ':' + run_->run()).toStdString()}},
                          .topic = QStringLiteral("explore-layers")},
                         this, handlers);
    refresh();
}

void MakingCard::refresh() {
    setVisible(!from_.empty());
    const bool running = maker_.running();
    form_->setEnabled(!running);
    const bool of_network = looks_into_network(), no_run = of_network && run_->run().isEmpty();
    network_->setVisible(of_network);
    network_->setEnabled(!running && !no_run);
    make_->setVisible(!running);
    make_->setEnabled(form_->valid() && (!of_network || layer_->currentIndex() >= 0));
    if (const TableMaker::Kind* kind = maker_.kind(from_))
        set_text(no_run
                     ? tr("No network is trained here yet. Train one on the Train stage; then its layers are "
                          "offered here.")
                     : QString::fromStdString(kind->help));
    progress_->setVisible(running);
    progress_->set_fraction(maker_.fraction());
    progress_->setToolTip(maker_.stage());
    problem_->setVisible(!problem_->text().isEmpty());
}

} // namespace eyepiece
