// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/making_card.h"

#include "plugins/explore/panels/table_maker.h"
#include "widgets/forms/parameter_form.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

namespace eyepiece {

MakingCard::MakingCard(WorkbenchContext& context, TableMaker& maker, QWidget* parent)
    : Card(context.theme, {}, {}, parent), context_(context), maker_(maker) {
    setObjectName(QStringLiteral("explore.making"));
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
    const auto* entry = maker_.tables().find(from);
    if (!entry)
        return;
    from_ = from;
    set_title(QString::fromStdString(entry->title));
    set_text(QString::fromStdString(entry->help));
    form_->set_schema(entry->parameters);
    form_->reset();
    form_->set_values(set);
    problem_->clear();
    refresh();
}

void MakingCard::put_away() {
    from_.clear();
    maker_.cancel();
    refresh();
}

void MakingCard::make() {
    problem_->clear();
    maker_.make(from_, form_->values(), again_);
}

void MakingCard::refresh() {
    setVisible(!from_.empty());
    const bool running = maker_.running();
    form_->setEnabled(!running);
    make_->setVisible(!running);
    make_->setEnabled(form_->valid());
    progress_->setVisible(running);
    progress_->set_fraction(maker_.fraction());
    progress_->setToolTip(maker_.stage());
    problem_->setVisible(!problem_->text().isEmpty());
}

} // namespace eyepiece
