// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/data_section.h"

#include "plugins/explore/panels/exploration.h"
#include "plugins/explore/panels/making_card.h"
#include "plugins/explore/panels/table_maker.h"
#include "plugins/explore/panels/table_opener.h"
#include "widgets/engine/engine_client.h"
#include "widgets/forms/parameter_form.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLocale>
#include <QMenu>
#include <QVBoxLayout>
#include <cmath>
#include <map>

namespace eyepiece {

namespace {

constexpr std::size_t most_recent = 6;

QString count(std::size_t number) {
    return QLocale().toString(static_cast<qulonglong>(number));
}

QLabel* small_note(const Theme& theme, const char* name, Token token, QWidget* parent) {
    QLabel* label = text_label(theme, {}, token, parent);
    label->setObjectName(QString::fromLatin1(name));
    label->hide();
    return label;
}

} // namespace

QString column_words(const Table& table) {
    std::map<ColumnType, std::size_t> types;
    std::size_t missing = 0;
    for (const Column& column : table.dense()) {
        ++types[column.type()];
        missing += column.missing_count();
    }
    QStringList words;
    const auto say = [&](ColumnType type, const QString& one, const QString& many) {
        if (types.contains(type))
            words << (types[type] == 1 ? one : many.arg(count(types[type])));
    };
    say(ColumnType::Real, DataSection::tr("1 number"), DataSection::tr("%1 numbers"));
    say(ColumnType::Integer, DataSection::tr("1 whole number"), DataSection::tr("%1 whole numbers"));
    say(ColumnType::Categorical, DataSection::tr("1 category"), DataSection::tr("%1 categories"));
    say(ColumnType::Boolean, DataSection::tr("1 yes or no"), DataSection::tr("%1 yes or no"));
    say(ColumnType::Date, DataSection::tr("1 date"), DataSection::tr("%1 dates"));
    say(ColumnType::Text, DataSection::tr("1 text"), DataSection::tr("%1 texts"));
    if (const SparseMatrix* sparse = table.sparse()) {
        const double cells = static_cast<double>(sparse->rows) * static_cast<double>(sparse->columns);
        words << DataSection::tr("%1 sparse numbers, %2 % zeros")
                     .arg(count(sparse->columns))
                     .arg(cells > 0 ? std::floor(100 * (1 - static_cast<double>(sparse->stored()) / cells))
                                    : 0);
        missing += sparse->missing();
    }
    return words.join(QStringLiteral(", ")) + QStringLiteral(" · ") +
           (missing == 0   ? DataSection::tr("nothing missing")
            : missing == 1 ? DataSection::tr("1 value missing")
                           : DataSection::tr("%1 values missing").arg(count(missing)));
}

QString fact_words(const Json& facts) {
    QStringList words;
    const auto say = [&](const char* name, const QString& form) {
        if (const auto found = facts.find(name); found != facts.end() && found->is_string())
            words << form.arg(QString::fromStdString(found->get<std::string>()));
    };
    say("separator", DataSection::tr("separator: %1"));
    say("decimal", DataSection::tr("decimal %1"));
    say("encoding", QStringLiteral("%1"));
    say("version", QStringLiteral("%1"));
    say("dataset", DataSection::tr("data set %1"));
    say("array", DataSection::tr("array %1"));
    return words.join(QStringLiteral(", "));
}

QString DataSection::format_title(const std::string& name) const {
    const auto* entry = readers_.find(name);
    return QString::fromStdString(entry && !entry->title.empty() ? entry->title : name);
}

DataSection::DataSection(WorkbenchContext& context, Exploration& exploration, TableOpener& opener,
                         TableMaker& maker, QWidget* parent)
    : QWidget(parent)
    , context_(context)
    , exploration_(exploration)
    , opener_(opener)
    , maker_(maker)
    , readers_("table reader")
    , menu_(new QMenu(this)) {
    setObjectName(QStringLiteral("explore.data"));
    register_table_readers(readers_);
    const Theme& theme = context.theme;
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::space(2));
    auto* header = new SectionHeader(theme, tr("Data"), {}, this);
    auto* open = link_button(tr("Open a table…"), QStringLiteral("explore.open"), this);
    open->setToolTip(tr("A file with a table (or drop one on this page), or what the project holds"));
    header->add_widget(open);
    column->addWidget(header);
    menu_->setObjectName(QStringLiteral("explore.open.menu"));
    menu_->setToolTipsVisible(true);
    making_ = new MakingCard(context, maker, this);
    column->addWidget(making_);

    reading_ = new Card(theme, {}, {}, this);
    reading_->setObjectName(QStringLiteral("explore.reading"));
    progress_ = new ProgressLine(theme, reading_);
    progress_->setAccessibleName(tr("How much was read"));
    reading_->content()->addWidget(progress_);
    auto* cancel = quiet_button(tr("Cancel"), QStringLiteral("explore.cancel-reading"), reading_);
    cancel->setToolTip(tr("Stop reading; what was open stays"));
    reading_->content()->addWidget(cancel, 0, Qt::AlignLeft);
    reading_->hide();
    column->addWidget(reading_);

    card_ = new Card(theme, {}, {}, this);
    card_->setObjectName(QStringLiteral("explore.table"));
    warnings_ = small_note(theme, "explore.warnings", Token::Look, card_);
    card_->content()->addWidget(warnings_);
    correct_ = link_button(tr("Read it otherwise"), QStringLiteral("explore.correct"), card_);
    correct_->setToolTip(tr("Format, separator, encoding and the like, where they were taken wrongly"));
    correct_->setCheckable(true);
    card_->content()->addWidget(correct_, 0, Qt::AlignLeft);
    make_again_ = link_button(tr("Make it anew"), QStringLiteral("explore.make-again"), card_);
    make_again_->setToolTip(tr("Of what the project holds by now, or with other settings; the steps stay"));
    card_->content()->addWidget(make_again_, 0, Qt::AlignLeft);
    correction_ = new QWidget(card_);
    auto* fields = new QVBoxLayout(correction_);
    fields->setContentsMargins(0, 0, 0, 0);
    fields->setSpacing(Theme::space(2));
    format_ = new QComboBox(correction_);
    format_->setObjectName(QStringLiteral("explore.format"));
    format_->setAccessibleName(tr("Format of the file"));
    format_->setToolTip(tr("What kind of file it is"));
    format_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    for (const auto& entry : readers_.entries())
        format_->addItem(format_title(entry.name), QString::fromStdString(entry.name));
    fields->addWidget(format_);
    form_ = new ParameterForm(theme, correction_);
    fields->addWidget(form_);
    again_ = quiet_button(tr("Read again"), QStringLiteral("explore.read-again"), correction_);
    again_->setToolTip(tr("Read the file with these settings; the steps stay"));
    fields->addWidget(again_, 0, Qt::AlignLeft);
    correction_->hide();
    card_->content()->addWidget(correction_);
    card_->hide();
    column->addWidget(card_);

    recent_ = new QWidget(this);
    recent_->setObjectName(QStringLiteral("explore.recent"));
    recent_list_ = new QVBoxLayout(recent_);
    recent_list_->setContentsMargins(0, 0, 0, 0);
    recent_list_->setSpacing(0);
    recent_list_->addWidget(new SectionHeader(theme, tr("Tables of this project"), {}, recent_));
    recent_->hide();
    column->addWidget(recent_);

    connect(open, &QPushButton::clicked, this, [this, open] {
        fill_menu();
        menu_->popup(open->mapToGlobal(QPoint(0, open->height())));
    });
    connect(&maker_, &TableMaker::kinds_changed, this, &DataSection::show_title);
    connect(&context_.engine, &EngineClient::hello_changed, this, [this] {
        if (isVisible()) // one that died took our question with it
            maker_.ask_engine();
    });
    connect(make_again_, &QPushButton::clicked, this,
            [this] { making_->choose_again(exploration_.record().source.made); });
    connect(cancel, &QPushButton::clicked, &opener_, &TableOpener::cancel);
    connect(correct_, &QPushButton::toggled, correction_, &QWidget::setVisible);
    connect(format_, &QComboBox::currentIndexChanged, this,
            [this] { fill_form(format_->currentData().toString().toStdString()); });
    connect(form_, &ParameterForm::changed, this, [this] { again_->setEnabled(form_->valid()); });
    connect(again_, &QPushButton::clicked, this, &DataSection::apply);
    connect(&opener_, &TableOpener::started, this, &DataSection::show_reading);
    connect(&opener_, &TableOpener::progressed, this, &DataSection::show_reading);
    connect(&opener_, &TableOpener::ended, this, &DataSection::show_reading);
    connect(&exploration_, &Exploration::adopted, this, &DataSection::show_table);
    connect(&exploration_, &Exploration::closed, this, &DataSection::show_table);
}

void DataSection::fill_menu() {
    menu_->clear();
    QAction* file = menu_->addAction(tr("From a file…"), this, &DataSection::open_asked);
    file->setObjectName(QStringLiteral("from-file"));
    menu_->addSection(tr("Of this project"));
    for (const TableMaker::Kind& entry : maker_.kinds()) {
        QAction* action = menu_->addAction(QString::fromStdString(entry.title), this,
                                           [this, name = entry.name] { making_->choose(name); });
        action->setObjectName(QString::fromStdString("from-" + entry.name));
        action->setEnabled(context_.session.is_open());
        action->setToolTip(context_.session.is_open() ? QString::fromStdString(entry.help)
                                                      : tr("Open or make a project first"));
    }
}

void DataSection::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    maker_.ask_engine();
}

void DataSection::show_title() {
    if (exploration_.is_open())
        card_->set_title(maker_.title_of(exploration_.record().source));
}

void DataSection::show_reading() {
    reading_->setVisible(opener_.running());
    if (!opener_.running())
        return;
    reading_->set_title(tr("Reading %1").arg(opener_.title()));
    reading_->set_text(opener_.stage());
    progress_->set_fraction(opener_.fraction());
}

void DataSection::fill_form(const std::string& format) {
    if (const auto* entry = readers_.find(format))
        form_->set_schema(entry->parameters);
    again_->setEnabled(form_->valid());
}

void DataSection::show_table() {
    card_->setVisible(exploration_.is_open());
    if (!exploration_.is_open())
        return;
    const OpenedTable& opened = exploration_.opened();
    const TableSource& source = exploration_.record().source;
    const QString path = QString::fromStdString(source.path);
    const bool made = !source.made.is_null();
    show_title();
    make_again_->setVisible(made);
    correct_->setVisible(!made);
    card_->setToolTip(path);
    const QString facts = fact_words(opened.facts);
    card_->set_text(tr("%1 · %2 rows × %3 columns\n%4%5")
                        .arg(format_title(opened.format), count(opened.table.rows()),
                             count(opened.table.columns()), column_words(opened.table),
                             facts.isEmpty() ? QString() : "\n" + facts));
    QStringList warnings;
    for (const std::string& warning : opened.warnings)
        warnings << QString::fromStdString(warning);
    warnings_->setText(warnings.join('\n'));
    warnings_->setVisible(!warnings.isEmpty());
    const QSignalBlocker quiet(format_);
    format_->setCurrentIndex(format_->findData(QString::fromStdString(opened.format)));
    fill_form(opened.format);
    form_->reset();
    form_->set_values(source.set);
    correct_->setChecked(false);
}

void DataSection::apply() {
    TableSource source = exploration_.record().source;
    const std::string chosen = format_->currentData().toString().toStdString();
    source.format = chosen == exploration_.opened().format ? source.format : chosen;
    // Settings belong to a reader: one that recognises itself must not get those of another.
    if (!form_->values().empty())
        source.format = chosen;
    source.set = form_->values();
    Q_EMIT read_again_asked(source);
}

void DataSection::set_recent(const std::vector<ExplorationStore::Entry>& entries) {
    while (recent_list_->count() > 1) {
        QLayoutItem* item = recent_list_->takeAt(1);
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    std::size_t shown = 0;
    for (const auto& entry : entries) {
        if (entry.id == exploration_.record().id || shown++ >= most_recent)
            continue;
        const QString path = QString::fromStdString(entry.source.path);
        auto* button = link_button(
            tr("%1 · %2 × %3").arg(maker_.title_of(entry.source), count(entry.rows), count(entry.columns)),
            "explore.recent." + QString::fromStdString(entry.id), recent_);
        button->setToolTip(tr("Open %1 again, with its %2 steps").arg(path).arg(entry.steps));
        connect(button, &QPushButton::clicked, this,
                [this, id = QString::fromStdString(entry.id)] { Q_EMIT recent_chosen(id); });
        recent_list_->addWidget(button, 0, Qt::AlignLeft);
    }
    recent_->setVisible(shown > 0);
}

} // namespace eyepiece
