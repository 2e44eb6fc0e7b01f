// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/data/label_map.h"
#include "core/project/items.h"
#include "widgets/theme/tokens.h"

#include <QAbstractTableModel>
#include <QElapsedTimer>
#include <QHash>
#include <QSet>
#include <QString>
#include <array>
#include <memory>
#include <optional>
#include <vector>

class QTimer;

namespace eyepiece {

class BackgroundJob;
class ProjectSession;
class ThumbnailCache;

enum class ItemOrder {
    Name,            // img2 before img10
    WorstFirst,      // by ProjectSession::scores(); those without a score last
    UnlabelledFirst, // no labels, then incomplete, then complete; by name within
    Status,          // what is to be done first: sent back, new, labelled, submitted, accepted
    MostObjects,
    FewestObjects
};

// What the second line and the mark say of an item.
struct ItemWords {
    QString text; // "labelled · 51 objects"
    Token dot = Token::Line;
    QString icon = {}; // name of Theme::icon(), in the dot's colour and place; empty: a dot
};
EYEPIECE_EXPORT ItemWords describe_item(const Item& item);
EYEPIECE_EXPORT QString status_text(ReviewStatus status); // "sent back"
EYEPIECE_EXPORT QString status_icon(ReviewStatus status); // of Theme::icon(); empty for the first two

// The items of the open project, filtered and in order, for lists (column 0) and tables. Reads a large
// project on another thread; one item's change is read at once. Kept smooth for 50,000 items: filtering
// touches only a vector of row numbers.
class EYEPIECE_EXPORT ItemListModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Name, Size, Channels, State, Objects, Classes, Group, Split, ColumnCount };
    enum Role { IdRole = Qt::UserRole + 1, WordsRole, DotRole, MarkRole }; // MarkRole: ItemWords::icon

    ItemListModel(ProjectSession& session, ThumbnailCache* thumbnails, QObject* parent = nullptr);
    ~ItemListModel() override;

    void set_filter(const QString& text); // occurs in the name, group or class; case does not matter
    QString filter() const { return filter_; }
    // Only images of this status, and only those with an object of this class (-1: whatever they have). One
    // that is given another status or loses its objects stays in sight until the list is asked for anew, so
    // that nobody loses the image at hand. The class is forgotten with the project.
    void set_status(std::optional<ReviewStatus> status);
    std::optional<ReviewStatus> status() const { return status_; }
    void set_class(ClassId id);
    ClassId class_id() const { return class_; }
    std::int64_t count(ReviewStatus status) const { // of all items
        return counts_[static_cast<std::size_t>(status)];
    }
    void set_order(ItemOrder order);
    ItemOrder order() const { return order_; }

    ItemId id(int row) const; // 0 outside
    int row(ItemId id) const; // -1: not shown
    const Item* item(ItemId id) const;
    const Item* item_at(int row) const;
    // In the order shown, also of items that the filter hides when `all`.
    std::size_t size() const { return items_->size(); }
    std::int64_t labelled() const { return labelled_; }
    bool loading() const { return loading_ != nullptr; }
    // All items, whatever the filter; by name.
    const std::vector<Item>& items() const { return *items_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

Q_SIGNALS:
    void loaded();        // all items were read anew
    void arranged_anew(); // filter or order are others

private:
    void reload();
    void load_later();
    using Index = QHash<ItemId, int>; // places in a list of items
    static Index index_of(const std::vector<Item>& items);
    void adopt(std::shared_ptr<std::vector<Item>> items, Index index);
    void reread(ItemId id);
    void arrange(); // rows_ anew, with a model reset
    std::vector<int> arranged() const;
    void number_rows();
    void count_all();
    void read_class_names();
    QString classes_of(const Item& item) const; // "daisy, rose"
    bool shows_all_by_name() const;
    void read_class(); // which images have an object of it, then arranges

    static constexpr std::int64_t read_at_once = 1000; // more than that are read on another thread

    ProjectSession& session_;
    ThumbnailCache* thumbnails_;
    std::shared_ptr<std::vector<Item>> items_ = std::make_shared<std::vector<Item>>();
    Index index_;             // into *items_
    std::vector<int> rows_;   // shown: index into *items_
    std::vector<int> row_of_; // of each of *items_; -1: hidden
    QString filter_;
    QHash<int, QString> class_names_; // by class
    std::optional<ReviewStatus> status_;
    ClassId class_ = -1;
    QSet<ItemId> of_class_; // have an object of it
    ItemOrder order_ = ItemOrder::Name;
    std::int64_t labelled_ = 0;
    std::array<std::int64_t, 5> counts_{}; // by ReviewStatus
    BackgroundJob* loading_ = nullptr;
    bool load_again_ = false;
    QElapsedTimer since_load_; // began
    qint64 load_ms_ = 0;       // what it took
    QTimer* soon_;
};

} // namespace eyepiece
