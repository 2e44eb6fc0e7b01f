// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/plugins_dialog.h"

#include "widgets/theme/controls.h"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QTableWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace eyepiece {

namespace {

struct Half {
    QString state; // "loaded", "absent", "refused", "failed", or empty: not known
    QString reason;
};

struct Row {
    QString id, title, version, folder, brings;
    Half panels, engine;
};

QString from(const std::string& text) {
    return QString::fromStdString(text);
}

QString joined(const std::vector<std::string>& list) {
    QStringList words;
    for (const std::string& word : list)
        words.append(from(word));
    return words.join(QStringLiteral(", "));
}

} // namespace

PluginsDialog::PluginsDialog(const Theme& theme, std::vector<PluginState> panels, QWidget* parent)
    : QDialog(parent)
    , theme_(theme)
    , panels_(std::move(panels))
    , summary_(text_label(theme, {}, Token::Muted, this))
    , table_(new QTableWidget(this)) {
    setObjectName(QStringLiteral("plugins"));
    setWindowTitle(tr("About plugins"));
    resize(900, 420);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);
    column->addWidget(summary_);
    table_->setObjectName(QStringLiteral("plugins.table"));
    table_->setAccessibleName(tr("Plugins"));
    table_->setColumnCount(6);
    table_->setHorizontalHeaderLabels(
        {tr("Plugin"), tr("Version"), tr("Panels"), tr("Engine"), tr("Brings"), tr("What is wrong")});
    table_->verticalHeader()->hide();
    table_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    table_->horizontalHeader()->setSectionResizeMode(4, QHeaderView::Stretch);
    table_->horizontalHeader()->setSectionResizeMode(5, QHeaderView::Stretch);
    table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table_->setShowGrid(false);
    table_->setWordWrap(true);
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    column->addWidget(table_, 1);
    auto* copy = quiet_button(tr("Copy as text"), QStringLiteral("plugins.copy"), this);
    auto* row = new QHBoxLayout;
    row->addStretch();
    row->addWidget(copy);
    column->addLayout(row);
    connect(copy, &QPushButton::clicked, this, [this] {
        QStringList lines;
        for (int r = 0; r < table_->rowCount(); ++r) {
            QStringList cells;
            for (int c = 0; c < table_->columnCount(); ++c)
                cells.append(table_->item(r, c)->text());
            lines.append(cells.join('\t'));
        }
        QGuiApplication::clipboard()->setText(lines.join('\n'));
    });
    fill();
}

void PluginsDialog::set_engine_plugins(const Json& plugins) {
    engine_ = plugins;
    fill();
}

void PluginsDialog::fill() {
    std::vector<Row> rows;
    const auto row_of = [&](const QString& id, const QString& folder) -> Row& {
        for (Row& row : rows)
            if (row.id == id && (row.folder == folder || folder.isEmpty()))
                return row;
        rows.push_back({id, id, {}, folder, {}, {}, {}});
        return rows.back();
    };
    for (const PluginState& state : panels_) {
        Row& row = row_of(from(state.manifest.id), from(state.manifest.folder.string()));
        row.title = state.manifest.title.empty() ? row.id : from(state.manifest.title);
        row.version = from(state.manifest.version);
        row.brings = joined(state.registered);
        row.panels = {from(std::string(to_string(state.outcome))), from(state.reason)};
    }
    if (engine_.is_array())
        for (const Json& plugin : engine_) {
            const auto text = [&](const char* name) {
                const auto found = plugin.find(name);
                return found != plugin.end() && found->is_string() ? from(found->get<std::string>())
                                                                   : QString();
            };
            Row& row = row_of(text("id"), text("folder"));
            if (row.title == row.id && !text("title").isEmpty())
                row.title = text("title");
            if (row.version.isEmpty())
                row.version = text("version");
            row.engine = {text("state"), text("reason")};
            if (const auto list = plugin.find("registered"); list != plugin.end() && list->is_array())
                for (const Json& entry : *list)
                    if (entry.is_string())
                        row.brings += (row.brings.isEmpty() ? "" : ", ") + from(entry.get<std::string>());
        }
    table_->setRowCount(static_cast<int>(rows.size()));
    int wrong = 0;
    for (int r = 0; r < table_->rowCount(); ++r) {
        const Row& row = rows[static_cast<std::size_t>(r)];
        const auto is_wrong = [](const Half& half) {
            return half.state == u"refused" || half.state == u"failed";
        };
        wrong += is_wrong(row.panels) || is_wrong(row.engine);
        const auto cell = [&](int column, const QString& text, Token token) {
            auto* item = new QTableWidgetItem(text);
            item->setForeground(theme_.color(token));
            item->setToolTip(text);
            table_->setItem(r, column, item);
        };
        const auto half = [&](int column, const Half& h, const QString& unknown) {
            cell(column, h.state.isEmpty() ? unknown : h.state,
                 is_wrong(h)            ? Token::Bad
                 : h.state == u"loaded" ? Token::Good
                                        : Token::Muted);
        };
        cell(0, row.title, Token::Text);
        cell(1, row.version, Token::Muted);
        half(2, row.panels, tr("not found"));
        half(3, row.engine, engine_.is_array() ? tr("not found") : tr("engine not running"));
        cell(4, row.brings, Token::Muted);
        QStringList reasons{row.panels.reason};
        if (row.engine.reason != row.panels.reason)
            reasons.append(row.engine.reason);
        reasons.removeAll(QString());
        cell(5, reasons.join(' '), Token::Bad);
        table_->item(r, 0)->setToolTip(row.folder);
    }
    table_->resizeRowsToContents();
    summary_->setText(
        rows.empty() ? tr("No plugin was found. Plugins lie in lib/eyepiece/plugins of the install, in "
                          "~/.local/share/eyepiece/plugins, and where EYEPIECE_PLUGINS says.")
        : wrong == 0 ? tr("%n plugin(s), all working.", nullptr, static_cast<int>(rows.size()))
                     : tr("%n plugin(s)", nullptr, static_cast<int>(rows.size())) +
                           tr(", %n with a problem. The rest works without it.", nullptr, wrong));
}

} // namespace eyepiece
