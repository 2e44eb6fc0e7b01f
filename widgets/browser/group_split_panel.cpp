// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/browser/group_split_panel.h"

#include "widgets/browser/item_list_model.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/copy_command.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QLocale>
#include <QSet>
#include <QSpinBox>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <memory>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace eyepiece {

namespace {

constexpr int preview_after_ms = 150;

QString number(std::int64_t n) {
    return QLocale().toString(qlonglong(n));
}

QWidget* labelled_row(const QString& label, QWidget* field, QWidget* parent) {
    auto* row = new QWidget(parent);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    auto* text = new QLabel(label, row);
    text->setBuddy(field);
    text->setMinimumWidth(64);
    layout->addWidget(text);
    layout->addWidget(field, 1);
    return row;
}

} // namespace

GroupSplitPanel::GroupSplitPanel(WorkbenchContext& context, ItemListModel& items, QWidget* parent)
    : QWidget(parent), context_(context), items_(items), soon_(new QTimer(this)) {
    setObjectName(QStringLiteral("data.groups-and-split"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 4, 12, 12);
    column->setSpacing(8);
    build_groups(column);
    build_split(column);
    column->addStretch();
    soon_->setSingleShot(true);
    soon_->setInterval(preview_after_ms);
    connect(soon_, &QTimer::timeout, this, &GroupSplitPanel::preview);
    connect(&items_, &ItemListModel::loaded, this, &GroupSplitPanel::refresh);
    connect(&context_.session, &ProjectSession::splits_changed, this, &GroupSplitPanel::refresh);
    refresh();
}

void GroupSplitPanel::build_groups(QVBoxLayout* column) {
    column->addWidget(new SectionHeader(context_.theme, tr("Groups"), {}, this));
    column->addWidget(
        text_label(context_.theme,
                   tr("Images of one video, slide, animal or stack are near-copies of each other. "
                      "Grouped, they stay on one side of a split."),
                   Token::Muted, this));
    rule_ = new QComboBox(this);
    rule_->setObjectName(QStringLiteral("groups.rule"));
    rule_->setAccessibleName(tr("Images belong together by"));
    rule_->addItem(tr("By folder"), QStringLiteral("folder"));
    rule_->addItem(tr("By a column of a table"), QStringLiteral("column"));
    rule_->addItem(tr("By a part of the name"), QStringLiteral("name"));
    column->addWidget(rule_);
    column_ = new QComboBox(this);
    column_->setObjectName(QStringLiteral("groups.column"));
    column_->setAccessibleName(tr("Column of the imported table"));
    column->addWidget(column_);
    pattern_ = new QLineEdit(this);
    pattern_->setObjectName(QStringLiteral("groups.pattern"));
    pattern_->setAccessibleName(tr("Regular expression whose first bracket is the group"));
    pattern_->setPlaceholderText(QStringLiteral("^(slide\\d+)_"));
    pattern_->setToolTip(
        tr("A regular expression on the file's name. What its first bracket matches is the group: "
           "^(slide\\d+)_ makes slide09 of slide09_field3.tif."));
    column->addWidget(pattern_);
    auto* row = new QHBoxLayout;
    group_button_ = quiet_button(tr("Group images"), QStringLiteral("groups.apply"), this);
    row->addWidget(group_button_);
    row->addStretch();
    column->addLayout(row);
    column->addWidget(groups_now_ = text_label(context_.theme, {}, Token::Text, this));
    const auto show_fields = [this] {
        const QString rule = rule_->currentData().toString();
        column_->setVisible(rule == u"column");
        pattern_->setVisible(rule == u"name");
        group_button_->setEnabled(context_.session.is_open() && !group_rule().isEmpty());
    };
    connect(rule_, &QComboBox::currentIndexChanged, this, show_fields);
    connect(pattern_, &QLineEdit::textChanged, this, show_fields);
    connect(column_, &QComboBox::currentIndexChanged, this, show_fields);
    connect(group_button_, &QPushButton::clicked, this, &GroupSplitPanel::apply_groups);
    show_fields();
}

void GroupSplitPanel::build_split(QVBoxLayout* column) {
    column->addSpacing(8);
    column->addWidget(new SectionHeader(context_.theme, tr("Split"), {}, this));
    column->addWidget(
        text_label(context_.theme,
                   tr("Training images teach, validation images choose the best moment, test images "
                      "are kept for the final verdict."),
                   Token::Muted, this));
    const auto percent = [](double share) { return tr("%1 %").arg(std::lround(100 * share)); };
    train_ = new ValueSlider(context_.theme, tr("Training"), 0.1, 0.98, 0.8, QStringLiteral("split.train"),
                             percent, this);
    val_ = new ValueSlider(context_.theme, tr("Validation"), 0.01, 0.5, 0.1, QStringLiteral("split.val"),
                           percent, this);
    for (ValueSlider* slider : {train_, val_})
        slider->set_label_width(68);
    column->addWidget(train_);
    column->addWidget(val_);
    auto* rest = new QHBoxLayout;
    rest->addWidget(new QLabel(tr("Test"), this));
    test_share_ = text_label(context_.theme, {}, Token::Muted, this);
    test_share_->setAlignment(Qt::AlignRight);
    rest->addWidget(test_share_, 1);
    column->addLayout(rest);
    by_ = new QComboBox(this);
    by_->setObjectName(QStringLiteral("split.by"));
    by_->setAccessibleName(tr("How images are dealt out"));
    by_->addItem(tr("Keep groups whole"));
    by_->addItem(tr("Each image at random"));
    column->addWidget(labelled_row(tr("Deal out"), by_, this));
    seed_ = new QSpinBox(this);
    seed_->setObjectName(QStringLiteral("split.seed"));
    seed_->setAccessibleName(tr("Seed"));
    seed_->setRange(0, 1'000'000);
    seed_->setValue(1);
    seed_->setToolTip(tr("The same seed and images give the same split."));
    column->addWidget(labelled_row(tr("Seed"), seed_, this));
    only_labelled_ = new SwitchRow(context_.theme, tr("Only labelled images"),
                                   QStringLiteral("split.only-labelled"), this);
    only_labelled_->setChecked(true);
    keep_ =
        new SwitchRow(context_.theme, tr("Keep what is split already"), QStringLiteral("split.keep"), this);
    column->addWidget(only_labelled_);
    column->addWidget(keep_);
    outcome_ = new Card(context_.theme, tr("What this gives"), {}, this);
    outcome_->setObjectName(QStringLiteral("split.outcome"));
    column->addWidget(outcome_);
    auto* row = new QHBoxLayout;
    split_button_ = primary_button(tr("Split images"), QStringLiteral("split.apply"), this);
    auto* copy = quiet_button(tr("Copy as command"), QStringLiteral("split.copy"), this);
    row->addWidget(split_button_);
    row->addWidget(copy);
    row->addStretch();
    column->addLayout(row);
    column->addWidget(split_now_ = text_label(context_.theme, {}, Token::Muted, this));

    // What training takes, validation cannot have.
    connect(train_, &ValueSlider::value_changed, this, [this](double train) {
        if (train + val_->value() > 1)
            val_->set_value(std::max(0.01, 1 - train));
        preview_soon();
    });
    connect(val_, &ValueSlider::value_changed, this, [this](double val) {
        if (train_->value() + val > 1)
            train_->set_value(std::max(0.1, 1 - val));
        preview_soon();
    });
    connect(by_, &QComboBox::currentIndexChanged, this, &GroupSplitPanel::preview_soon);
    connect(seed_, &QSpinBox::valueChanged, this, &GroupSplitPanel::preview_soon);
    connect(only_labelled_, &SwitchRow::toggled, this, &GroupSplitPanel::preview_soon);
    connect(keep_, &SwitchRow::toggled, this, &GroupSplitPanel::preview_soon);
    connect(split_button_, &QPushButton::clicked, this, &GroupSplitPanel::apply_split);
    connect(copy, &QPushButton::clicked, this, [this] {
        if (context_.session.is_open())
            copy_command(split_command(), context_.notices);
    });
    context_.actions.add(
        {.id = "data.split",
         .title = tr("Split the images"),
         .help = tr("Deals them out to training, validation and test as the Data stage says."),
         .icon = "split",
         .stage = Stage::Data,
         .handler =
             [this] {
                 if (split_button_->isEnabled())
                     apply_split();
             },
         .command = [this] { return split_command(); }},
        this);
}

QStringList GroupSplitPanel::split_command() const {
    if (!context_.session.is_open())
        return {};
    const SplitRequest r = request();
    const auto share = [](double v) { return QString::number(v, 'g', 3); };
    QStringList words{"split",   context_.session.folder(),
                      "--train", share(r.train),
                      "--val",   share(r.val),
                      "--test",  share(r.test),
                      "--by",    r.by == SplitBy::Group ? "group" : "item",
                      "--seed",  QString::number(r.seed)};
    if (!r.only_labelled)
        words << "--all";
    if (r.keep_existing)
        words << "--keep";
    return words;
}

SplitRequest GroupSplitPanel::request() const {
    SplitRequest r;
    r.train = train_->value();
    r.val = val_->value();
    r.test = std::max(0.0, 1 - r.train - r.val);
    r.by = by_->currentIndex() == 0 ? SplitBy::Group : SplitBy::Item;
    r.seed = static_cast<std::uint64_t>(seed_->value());
    r.only_labelled = only_labelled_->isChecked();
    r.keep_existing = keep_->isChecked();
    return r;
}

QString GroupSplitPanel::group_rule() const {
    const QString rule = rule_->currentData().toString();
    if (rule == u"column")
        return column_->currentText().isEmpty() ? QString() : "column:" + column_->currentText();
    if (rule == u"name")
        return pattern_->text().isEmpty() ? QString() : "name:" + pattern_->text();
    return rule;
}

void GroupSplitPanel::apply_groups() {
    auto groups = std::make_shared<std::int64_t>(0);
    context_.session.run(
        tr("Grouping the images"),
        [groups, rule = group_rule().toStdString()](Project& project, JobContext&) {
            *groups = project.splits().group_by(rule);
        },
        [this, groups] {
            context_.notices.show(Notice::Kind::Good,
                                  *groups == 1 ? tr("The images are now one group.")
                                               : tr("The images are now in %1 groups.").arg(number(*groups)));
        });
}

void GroupSplitPanel::apply_split() {
    auto result = std::make_shared<SplitResult>();
    context_.session.run(
        tr("Splitting the images"),
        [result, wanted = request()](Project& project, JobContext&) {
            *result = project.splits().apply(wanted);
        },
        [this, result] {
            if (result->warnings.empty())
                context_.notices.show(Notice::Kind::Good, tr("Split: %1.").arg(result_words(*result)));
            else
                context_.notices.show(Notice::Kind::Look, QString::fromStdString(result->warnings.front()));
        });
}

QString GroupSplitPanel::result_words(const SplitResult& result) const {
    return tr("%1 for training, %2 for validation, %3 for test")
        .arg(number(result.train), number(result.val), number(result.test));
}

void GroupSplitPanel::refresh_columns() {
    QSet<QString> names;
    int looked_at = 0;
    for (const Item& item : items_.items()) {
        if (item.columns.is_object())
            for (auto entry = item.columns.begin(); entry != item.columns.end(); ++entry)
                names.insert(QString::fromStdString(entry.key()));
        if (++looked_at == 1000) // a table has the same columns in all its rows
            break;
    }
    QStringList sorted(names.begin(), names.end());
    sorted.sort();
    const QString before = column_->currentText();
    const QSignalBlocker quiet(column_);
    column_->clear();
    column_->addItems(sorted);
    column_->setCurrentText(before);
    column_->setPlaceholderText(sorted.isEmpty() ? tr("No table was imported") : QString());
    column_->setEnabled(!sorted.isEmpty());
}

void GroupSplitPanel::refresh() {
    refresh_columns();
    std::unordered_set<std::string_view> groups;
    std::int64_t grouped = 0, train = 0, val = 0, test = 0;
    for (const Item& item : items_.items()) {
        if (!item.group.empty()) {
            groups.insert(item.group);
            ++grouped;
        }
        train += item.split == "train";
        val += item.split == "val";
        test += item.split == "test";
    }
    groups_now_->setText(groups.empty()
                             ? tr("Now: each image on its own.")
                             : tr("Now: %1 images in %2 groups.")
                                   .arg(number(grouped), number(static_cast<std::int64_t>(groups.size()))));
    const bool split = train + val + test > 0;
    split_now_->setText(split ? tr("Now: %1 / %2 / %3.").arg(number(train), number(val), number(test))
                              : tr("Now: not split. Training then makes a split by itself."));
    const bool some = context_.session.is_open() && items_.size() > 0;
    group_button_->setEnabled(some && !group_rule().isEmpty());
    split_button_->setEnabled(some);
    preview_soon();
}

void GroupSplitPanel::preview_soon() {
    test_share_->setText(tr("%1 %").arg(std::lround(100 * request().test)));
    soon_->start();
}

void GroupSplitPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    preview_soon();
}

void GroupSplitPanel::preview() {
    if (!isVisible())
        return; // made when it is shown
    if (!context_.session.is_open() || items_.size() == 0) {
        outcome_->set_text(tr("Nothing yet: add images first."));
        split_button_->setEnabled(false);
        return;
    }
    if (previewing_) {
        preview_again_ = true;
        return;
    }
    auto result = std::make_shared<SplitResult>();
    previewing_ = new BackgroundJob(
        tr("Trying the split"),
        [result, wanted = request(), place = context_.session.project().folder()](JobContext&) {
            *result = Project::open(place, Project::Access::ReadOnly)->splits().preview(wanted);
        },
        this);
    connect(previewing_, &BackgroundJob::finished, this, [this, result] { show_preview(*result); });
    connect(previewing_, &BackgroundJob::failed, this, &GroupSplitPanel::show_impossible);
    connect(previewing_, &BackgroundJob::ended, this, [this] {
        previewing_->deleteLater();
        previewing_ = nullptr;
        if (std::exchange(preview_again_, false))
            preview();
    });
    previewing_->start();
}

void GroupSplitPanel::show_preview(const SplitResult& result) {
    const bool none = result.train + result.val + result.test == 0;
    outcome_->set_title(none ? tr("No image to split") : result_words(result));
    QString text;
    for (const std::string& warning : result.warnings)
        text += (text.isEmpty() ? "" : "\n") + QString::fromStdString(warning);
    if (none)
        text = tr("Label some images first, or switch “Only labelled images” off.");
    outcome_->set_text(
        text.isEmpty() ? tr("No image has a near-copy on another side that the groups know of.") : text);
    outcome_->set_title_token(result.warnings.empty() ? Token::Text : Token::Look);
    split_button_->setEnabled(!none);
}

void GroupSplitPanel::show_impossible(const QString& why) {
    outcome_->set_title(tr("This split cannot be made"));
    outcome_->set_title_token(Token::Look);
    outcome_->set_text(why);
    split_button_->setEnabled(false);
}

} // namespace eyepiece
