// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/browser/item_list_model.h"

#include "widgets/browser/thumbnail_cache.h"
#include "widgets/shell/background_job.h"
#include "widgets/shell/project_session.h"

#include <QCoreApplication>
#include <QLocale>
#include <QPointer>
#include <QThreadPool>
#include <QTimer>
#include <algorithm>
#include <optional>

namespace eyepiece {

namespace {

// While thousands of files are being read the list need not follow each: between two readings of it lies this
// long, and several times what one takes.
constexpr qint64 reload_pause_ms = 250, reload_share = 4;

QString said(const char* text) {
    return QCoreApplication::translate("ItemListModel", text);
}

QString objects_said(std::int64_t objects) {
    return objects == 1 ? said("1 object") : said("%1 objects").arg(QLocale().toString(qlonglong(objects)));
}

QString marks_said(std::int64_t marks) {
    return marks == 1 ? said("1 mark") : said("%1 marks").arg(QLocale().toString(qlonglong(marks)));
}

bool same_rows(const std::vector<Item>& a, const std::vector<Item>& b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [](const Item& x, const Item& y) { return x.id == y.id; });
}

// What is to be done first.
int urgency(ReviewStatus status) {
    switch (status) {
    case ReviewStatus::SentBack:
        return 0;
    case ReviewStatus::New:
        return 1;
    case ReviewStatus::Labelled:
        return 2;
    case ReviewStatus::Submitted:
        return 3;
    case ReviewStatus::Accepted:
        return 4;
    }
    return 1;
}

} // namespace

QString status_text(ReviewStatus status) {
    switch (status) {
    case ReviewStatus::New:
        return said("new");
    case ReviewStatus::Labelled:
        return said("labelled");
    case ReviewStatus::Submitted:
        return said("submitted");
    case ReviewStatus::SentBack:
        return said("sent back");
    case ReviewStatus::Accepted:
        return said("accepted");
    }
    return said("new");
}

QString status_icon(ReviewStatus status) {
    switch (status) {
    case ReviewStatus::Submitted:
        return QStringLiteral("submit");
    case ReviewStatus::SentBack:
        return QStringLiteral("send-back");
    case ReviewStatus::Accepted:
        return QStringLiteral("accepted");
    case ReviewStatus::New:
    case ReviewStatus::Labelled:
        break;
    }
    return {};
}

ItemWords describe_item(const Item& item) {
    QString objects = item.objects > 0 ? " · " + objects_said(item.objects) : QString();
    if (item.marks > 0)
        objects += " · " + marks_said(item.marks);
    switch (item.state) {
    case ItemState::Missing:
        return {said("file is missing") + objects, Token::Look};
    case ItemState::Changed:
        return {said("file has changed") + objects, Token::Look};
    case ItemState::Broken:
        return {said("cannot be read"), Token::Bad};
    case ItemState::Unread:
    case ItemState::Ready:
        break;
    }
    if (const QString icon = status_icon(item.status); !icon.isEmpty()) {
        QString text = status_text(item.status);
        if (item.status == ReviewStatus::SentBack)
            text += ": " + QString::fromStdString(item.review_word);
        return {text + objects,
                item.status == ReviewStatus::Accepted    ? Token::Good
                : item.status == ReviewStatus::Submitted ? Token::Accent
                                                         : Token::Look,
                icon};
    }
    if (item.complete)
        return {said("complete") + (item.objects > 0 ? objects : " · " + objects_said(0) + objects),
                Token::Good};
    if (item.labelled())
        return {said("labelled") + objects, Token::Accent};
    return {item.state == ItemState::Unread ? said("new, not yet read") : said("new"), Token::Line};
}

ItemListModel::ItemListModel(ProjectSession& session, ThumbnailCache* thumbnails, QObject* parent)
    : QAbstractTableModel(parent), session_(session), thumbnails_(thumbnails), soon_(new QTimer(this)) {
    soon_->setSingleShot(true);
    connect(soon_, &QTimer::timeout, this, &ItemListModel::reload);
    connect(&session_, &ProjectSession::opened, this, &ItemListModel::reload);
    connect(&session_, &ProjectSession::closing, this, [this] {
        delete loading_;
        loading_ = nullptr;
        soon_->stop();
        class_ = -1;
        adopt(std::make_shared<std::vector<Item>>(), {});
    });
    connect(&session_, &ProjectSession::items_added, this, &ItemListModel::reload);
    connect(&session_, &ProjectSession::items_removed, this, &ItemListModel::reload);
    connect(&session_, &ProjectSession::splits_changed, this, &ItemListModel::reload);
    connect(&session_, &ProjectSession::external_change, this, &ItemListModel::load_later);
    connect(&session_, &ProjectSession::classes_changed, this, &ItemListModel::load_later);
    connect(&session_, &ProjectSession::labels_changed, this, [this](ItemId id) { reread(id); });
    connect(&session_, &ProjectSession::marks_changed, this, [this](ItemId id) { reread(id); });
    connect(&session_, &ProjectSession::items_changed, this, [this](const std::vector<ItemId>& ids) {
        if (ids.size() > 8)
            reload();
        else
            for (ItemId id : ids)
                reread(id);
    });
    connect(&session_, &ProjectSession::scores_changed, this, [this] {
        if (order_ == ItemOrder::WorstFirst)
            arrange();
    });
    if (thumbnails_)
        connect(thumbnails_, &ThumbnailCache::arrived, this, [this](ItemId id) {
            if (const int r = row(id); r >= 0)
                Q_EMIT dataChanged(index(r, 0), index(r, 0), {Qt::DecorationRole});
        });
    if (session_.is_open())
        reload();
}

ItemListModel::~ItemListModel() {
    delete loading_;
}

void ItemListModel::load_later() {
    const qint64 pause = std::max(reload_pause_ms, reload_share * load_ms_);
    const qint64 passed = since_load_.isValid() ? since_load_.elapsed() : pause;
    if (!soon_->isActive())
        soon_->start(static_cast<int>(std::max<qint64>(0, pause - passed)));
}

void ItemListModel::reload() {
    if (!session_.is_open())
        return;
    if (loading_) {
        load_again_ = true;
        return;
    }
    since_load_.start();
    try {
        if (session_.project().items().count() <= read_at_once) {
            auto items = std::make_shared<std::vector<Item>>(session_.project().items().all());
            Index index = index_of(*items);
            adopt(std::move(items), std::move(index));
            load_ms_ = since_load_.elapsed();
            return;
        }
    } catch (const Error& error) { // called by signals: the list stays as it was
        Q_EMIT session_.job_failed(tr("Reading the list of images"), QString::fromUtf8(error.what()));
        return;
    }
    struct Found {
        std::shared_ptr<std::vector<Item>> items = std::make_shared<std::vector<Item>>();
        Index index;
    };
    auto found = std::make_shared<Found>();
    const auto place = session_.project().folder();
    loading_ = new BackgroundJob(tr("Reading the list of images"), [found, place](JobContext&) {
        *found->items = Project::open(place, Project::Access::ReadOnly)->items().all();
        found->index = index_of(*found->items);
    });
    connect(loading_, &BackgroundJob::finished, this, [this, found] {
        load_ms_ = since_load_.elapsed();
        adopt(std::move(found->items), std::move(found->index));
    });
    connect(loading_, &BackgroundJob::failed, this, [this](const QString& message) {
        Q_EMIT session_.job_failed(tr("Reading the list of images"), message);
    });
    connect(loading_, &BackgroundJob::ended, this, [this] {
        loading_->deleteLater();
        loading_ = nullptr;
        if (load_again_) {
            load_again_ = false;
            load_later();
        }
    });
    loading_->start();
}

void ItemListModel::adopt(std::shared_ptr<std::vector<Item>> items, Index index) {
    auto before = items_;
    read_class_names();
    if (same_rows(*items, *items_) && shows_all_by_name()) {
        items_ = std::move(items); // the same rows with other content: selection and scrolling stay
        if (!rows_.empty())
            Q_EMIT dataChanged(this->index(0, 0), this->index(rowCount() - 1, ColumnCount - 1));
    } else {
        beginResetModel();
        items_ = std::move(items);
        index_ = std::move(index);
        rows_ = arranged();
        number_rows();
        endResetModel();
    }
    count_all();
    if (class_ >= 0)
        read_class();
    Q_EMIT loaded();
    // Taking a long list apart takes as long as a frame, too.
    if (before->size() > static_cast<std::size_t>(read_at_once))
        QThreadPool::globalInstance()->start([old = std::move(before)] {});
}

ItemListModel::Index ItemListModel::index_of(const std::vector<Item>& items) {
    Index index;
    index.reserve(static_cast<qsizetype>(items.size()));
    for (int i = 0; i < static_cast<int>(items.size()); ++i)
        index.insert(items[static_cast<std::size_t>(i)].id, i);
    return index;
}

void ItemListModel::number_rows() {
    row_of_.assign(items_->size(), -1);
    for (int r = 0; r < static_cast<int>(rows_.size()); ++r)
        row_of_[static_cast<std::size_t>(rows_[static_cast<std::size_t>(r)])] = r;
}

void ItemListModel::count_all() {
    labelled_ = 0;
    counts_ = {};
    for (const Item& item : *items_) {
        labelled_ += item.labelled() || item.complete;
        ++counts_[static_cast<std::size_t>(item.status)];
    }
}

// Those of whole images: few, and read with every load of the list, which a changed class brings about.
void ItemListModel::read_class_names() {
    class_names_.clear();
    if (!session_.is_open())
        return;
    for (const LabelClass& each : session_.project().classes().all())
        class_names_.insert(each.id, QString::fromStdString(each.name));
}

QString ItemListModel::classes_of(const Item& item) const {
    QStringList names;
    for (const ClassId id : item.classes)
        names << class_names_.value(id);
    return names.join(QStringLiteral(", "));
}

bool ItemListModel::shows_all_by_name() const {
    return filter_.isEmpty() && !status_ && class_ < 0 && order_ == ItemOrder::Name;
}

void ItemListModel::read_class() {
    const ClassId wanted = class_;
    const auto take = [self = QPointer(this), wanted](const std::vector<ItemId>& found) {
        if (!self || self->class_ != wanted)
            return; // another one was chosen meanwhile
        self->of_class_ = QSet<ItemId>(found.begin(), found.end());
        self->arrange();
    };
    const QString title = tr("Looking for the images of a class");
    try {
        if (static_cast<std::int64_t>(items_->size()) <= read_at_once)
            return take(session_.project().labels().items_with(wanted));
        auto found = std::make_shared<std::vector<ItemId>>();
        session_.run(
            title,
            [found, wanted](Project& project, JobContext&) { *found = project.labels().items_with(wanted); },
            [found, take] { take(*found); });
    } catch (const Error& error) {
        Q_EMIT session_.job_failed(title, QString::fromUtf8(error.what()));
    }
}

void ItemListModel::reread(ItemId id) {
    const auto found = index_.constFind(id);
    if (found == index_.constEnd() || !session_.is_open())
        return load_later();
    std::optional<Item> fresh;
    try {
        fresh = session_.project().items().find(id);
    } catch (const Error& error) {
        Q_EMIT session_.job_failed(tr("Reading the list of images"), QString::fromUtf8(error.what()));
        return;
    }
    if (!fresh)
        return load_later();
    (*items_)[static_cast<std::size_t>(*found)] = *fresh;
    count_all();
    if (const int r = row(id); r >= 0)
        Q_EMIT dataChanged(index(r, 0), index(r, ColumnCount - 1));
}

void ItemListModel::set_filter(const QString& text) {
    if (filter_ == text)
        return;
    filter_ = text;
    arrange();
}

void ItemListModel::set_status(std::optional<ReviewStatus> status) {
    if (status_ == status)
        return;
    status_ = status;
    arrange();
}

void ItemListModel::set_class(ClassId id) {
    if (class_ == id)
        return;
    class_ = id;
    if (class_ < 0 || !session_.is_open())
        arrange();
    else
        read_class();
}

void ItemListModel::set_order(ItemOrder order) {
    if (order_ == order)
        return;
    order_ = order;
    arrange();
}

void ItemListModel::arrange() {
    beginResetModel();
    rows_ = arranged();
    number_rows();
    endResetModel();
    Q_EMIT arranged_anew();
}

std::vector<int> ItemListModel::arranged() const {
    std::vector<int> rows;
    rows.reserve(items_->size());
    for (int i = 0; i < static_cast<int>(items_->size()); ++i) {
        const Item& item = (*items_)[static_cast<std::size_t>(i)];
        if ((status_ && item.status != *status_) || (class_ >= 0 && !of_class_.contains(item.id)))
            continue;
        if (filter_.isEmpty() || QString::fromStdString(item.name).contains(filter_, Qt::CaseInsensitive) ||
            QString::fromStdString(item.group).contains(filter_, Qt::CaseInsensitive) ||
            classes_of(item).contains(filter_, Qt::CaseInsensitive))
            rows.push_back(i);
    }
    const auto at = [this](int i) -> const Item& { return (*items_)[static_cast<std::size_t>(i)]; };
    if (order_ == ItemOrder::WorstFirst) {
        const auto& scores = session_.scores().values;
        constexpr double none = 1e300;
        std::stable_sort(rows.begin(), rows.end(), [&](int a, int b) {
            return scores.value(at(a).id, none) < scores.value(at(b).id, none);
        });
    } else if (order_ == ItemOrder::UnlabelledFirst) {
        const auto done = [&](int i) { return at(i).complete ? 2 : at(i).labelled() ? 1 : 0; };
        std::stable_sort(rows.begin(), rows.end(), [&](int a, int b) { return done(a) < done(b); });
    } else if (order_ == ItemOrder::Status) {
        std::stable_sort(rows.begin(), rows.end(),
                         [&](int a, int b) { return urgency(at(a).status) < urgency(at(b).status); });
    } else if (order_ == ItemOrder::MostObjects) {
        std::stable_sort(rows.begin(), rows.end(),
                         [&](int a, int b) { return at(a).objects > at(b).objects; });
    } else if (order_ == ItemOrder::FewestObjects) {
        std::stable_sort(rows.begin(), rows.end(),
                         [&](int a, int b) { return at(a).objects < at(b).objects; });
    }
    return rows;
}

ItemId ItemListModel::id(int row) const {
    const Item* found = item_at(row);
    return found ? found->id : 0;
}

const Item* ItemListModel::item_at(int row) const {
    if (row < 0 || row >= static_cast<int>(rows_.size()))
        return nullptr;
    return &(*items_)[static_cast<std::size_t>(rows_[static_cast<std::size_t>(row)])];
}

int ItemListModel::row(ItemId id) const {
    const auto found = index_.constFind(id);
    return found == index_.constEnd() ? -1 : row_of_[static_cast<std::size_t>(*found)];
}

const Item* ItemListModel::item(ItemId id) const {
    const auto found = index_.constFind(id);
    return found == index_.constEnd() ? nullptr : &(*items_)[static_cast<std::size_t>(*found)];
}

int ItemListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int ItemListModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ItemListModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Item& item = *item_at(index.row());
    switch (role) {
    case IdRole:
        return qlonglong(item.id);
    case WordsRole: {
        QString words = describe_item(item).text;
        if (!item.classes.empty())
            words += " · " + classes_of(item);
        const auto score = session_.scores().values.constFind(item.id);
        if (order_ == ItemOrder::WorstFirst && score != session_.scores().values.constEnd())
            words = QString::number(*score, 'f', 3) + " · " + words;
        return words;
    }
    case DotRole:
        return static_cast<int>(describe_item(item).dot);
    case MarkRole:
        return describe_item(item).icon;
    case Qt::DecorationRole:
        if (index.column() == Name && thumbnails_)
            return thumbnails_->pixmap(item);
        return {};
    case Qt::ToolTipRole: {
        QString text = QString::fromStdString(item.path.string());
        if (!item.problem.empty())
            text += "\n" + QString::fromStdString(item.problem);
        if (!item.review_word.empty())
            text += "\n" + status_text(item.status) + ": " + QString::fromStdString(item.review_word);
        return text;
    }
    case Qt::AccessibleTextRole:
        return QString(QString::fromStdString(item.name) + ", " + describe_item(item).text);
    case Qt::TextAlignmentRole:
        if (index.column() == Size || index.column() == Channels || index.column() == Objects)
            return int(Qt::AlignRight | Qt::AlignVCenter);
        return int(Qt::AlignLeft | Qt::AlignVCenter);
    case Qt::DisplayRole:
        break;
    default:
        return {};
    }
    switch (index.column()) {
    case Name:
        return QString::fromStdString(item.name);
    case Size:
        return item.width > 0 ? QStringLiteral("%1 × %2").arg(item.width).arg(item.height) : QString();
    case Channels:
        return item.channels > 0 ? QString::number(item.channels) : QString();
    case State:
        switch (item.state) {
        case ItemState::Unread:
            return tr("not yet read");
        case ItemState::Ready:
            return item.status > ReviewStatus::Labelled ? status_text(item.status)
                   : item.complete                      ? tr("complete")
                   : item.labelled()                    ? tr("labelled")
                                                        : tr("new");
        case ItemState::Changed:
            return tr("file has changed");
        case ItemState::Missing:
            return tr("file is missing");
        case ItemState::Broken:
            return tr("cannot be read");
        }
        return {};
    case Objects:
        return item.objects > 0 ? QLocale().toString(qlonglong(item.objects)) : QString();
    case Classes:
        return classes_of(item);
    case Group:
        return QString::fromStdString(item.group);
    case Split:
        return item.split == "train"  ? tr("training")
               : item.split == "val"  ? tr("validation")
               : item.split == "test" ? tr("test")
                                      : QString::fromStdString(item.split);
    default:
        return {};
    }
}

QVariant ItemListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return section == Size || section == Channels || section == Objects
                   ? int(Qt::AlignRight | Qt::AlignVCenter)
                   : int(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("Image");
    case Size:
        return tr("Size, px");
    case Channels:
        return tr("Channels");
    case State:
        return tr("State");
    case Objects:
        return tr("Objects");
    case Classes:
        return tr("Class");
    case Group:
        return tr("Group");
    case Split:
        return tr("Used for");
    default:
        return {};
    }
}

} // namespace eyepiece
