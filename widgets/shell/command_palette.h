// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QAbstractListModel>
#include <QFrame>
#include <QPointer>
#include <functional>
#include <vector>

class QLabel;
class QLineEdit;
class QListView;

namespace eyepiece {

class Theme;

// One line of the palette.
struct PaletteEntry {
    QString kind; // "Command", "Image", "Run", "Stage"
    QString title;
    QString detail; // shown muted at the right: a shortcut, a state
    QString icon;   // name as Theme::icon() takes it
    std::function<void()> choose;
    double score = 0; // set by the palette
    // The line for the shell that does the same; empty when there is none just now. Asked when the entry is
    // the current one.
    std::function<QString()> command = {};
};

// How well `query` fits `text`: its letters in order, better when they start words or follow each other; < 0
// when they do not occur. Case does not matter. The positions matched are not needed here.
EYEPIECE_EXPORT double fuzzy_score(const QString& query, const QString& text);

class EYEPIECE_EXPORT PaletteModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { KindRole = Qt::UserRole + 1, DetailRole, IconRole };
    using QAbstractListModel::QAbstractListModel;
    void set_entries(std::vector<PaletteEntry> entries);
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    const PaletteEntry& entry(int row) const { return entries_[static_cast<std::size_t>(row)]; }

private:
    std::vector<PaletteEntry> entries_;
};

// Ctrl+K: finds commands, images, runs and stages by a few letters, wholly by keyboard. A child of the
// window, laid over it; goes away when it loses the focus.
class EYEPIECE_EXPORT CommandPalette : public QFrame {
    Q_OBJECT
public:
    // Gives what it has that may fit; the palette scores and sorts. Asked at each letter, so it must be
    // quick.
    using Source = std::function<void(const QString& query, std::vector<PaletteEntry>& entries)>;

    CommandPalette(const Theme& theme, QWidget* window);
    void add_source(Source source) { sources_.push_back(std::move(source)); }
    void open();

Q_SIGNALS:
    void command_wanted(const QString& line); // Ctrl+C on an entry that has one

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void refresh();
    void choose(int row);
    void place();
    void show_command();
    bool copy_command();

    QLineEdit* query_;
    QListView* list_;
    PaletteModel* model_;
    QLabel* command_; // of the current entry
    QString command_line_;
    std::vector<Source> sources_;
    QPointer<QWidget> focus_before_;
};

} // namespace eyepiece
