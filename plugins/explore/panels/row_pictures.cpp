// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/explore/panels/row_pictures.h"

#include "core/intake/cut_outs.h"
#include "core/intake/thumbnails.h"
#include "core/project/project.h"
#include "plugins/explore/panels/item_link.h"
#include "widgets/browser/thumbnail_cache.h"
#include "widgets/plots/scatter_view.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/theme.h"

#include <QPainter>
#include <QPainterPath>

namespace eyepiece {

namespace {

constexpr int side = 128;                // of a picture's square, in px of the desktop
constexpr int most_kept = 256;           // some 17 MB, of 4 times the pixels on a fine screen
constexpr double line = 1.5, halo = 3.5; // px, of an outline and of the dark one below it

class StoppableJob final : public QuietJob {
public:
    explicit StoppableJob(LatestWork::Stop stop) : stop_(stop) {}
    bool cancelled() const noexcept override { return stop_; }

private:
    LatestWork::Stop stop_;
};

QImage empty_square(const QColor& ground, double ratio) {
    QImage square(qRound(side * ratio), qRound(side * ratio), QImage::Format_RGB32);
    square.setDevicePixelRatio(ratio);
    square.fill(ground);
    return square;
}

QPainterPath path_of(const std::vector<Polygon>& outlines) {
    QPainterPath path;
    for (const Polygon& outline : outlines) {
        QPolygonF ring;
        for (const Point2& point : outline)
            ring << QPointF(point.x, point.y);
        path.addPolygon(ring);
        path.closeSubpath();
    }
    return path;
}

} // namespace

// Reads and draws: on the making thread, one picture at a time.
class RowPictures::Maker {
public:
    explicit Maker(const std::filesystem::path& project)
        : folder_(project), thumbnails_(project), cut_outs_(project, 2 * side) {}

    QImage make(const Key& key, QImage square, LatestWork::Stop stop) {
        QPainter painter(&square);
        painter.setRenderHint(QPainter::Antialiasing);
        try {
            StoppableJob job(stop);
            if (key.second == 0)
                draw(painter, {thumbnails_.get(item(key.first))});
            else
                draw(painter, cut_outs_.get(key.first, key.second, job));
        } catch (const std::exception&) { // why an image cannot be read is said by its state, in the lists
            painter.setPen(QColor(150, 150, 150));
            painter.drawText(QRect(0, 0, side, side), Qt::AlignCenter, RowPictures::tr("No picture"));
        }
        return square;
    }

private:
    Item item(ItemId id) const { return Project::open(folder_, Project::Access::ReadOnly)->items().at(id); }

    // As large as the square allows: enlarged, the image's pixels are seen as they are.
    static void draw(QPainter& painter, const CutOut& cut) {
        const QImage picture = to_qimage(cut.picture);
        const double scale = double(side) / std::max(picture.width(), picture.height());
        painter.translate((side - scale * picture.width()) / 2, (side - scale * picture.height()) / 2);
        painter.setRenderHint(QPainter::SmoothPixmapTransform, scale < 1);
        painter.drawImage(QRectF(0, 0, scale * picture.width(), scale * picture.height()), picture);
        if (cut.outlines.empty())
            return;
        const QPainterPath outline = QTransform::fromScale(scale, scale).map(path_of(cut.outlines));
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(QColor(0, 0, 0, 160), halo));
        painter.drawPath(outline);
        painter.setPen(QPen(QColor(cut.color[0], cut.color[1], cut.color[2]), line));
        painter.drawPath(outline);
    }

    std::filesystem::path folder_;
    ThumbnailFolder thumbnails_;
    CutOuts cut_outs_;
};

RowPictures::RowPictures(WorkbenchContext& context, const ItemLink& link, ScatterView& view, QObject* parent)
    : QObject(parent), context_(context), link_(link), view_(view), pictures_(most_kept) {
    const ProjectSession& session = context_.session;
    const auto read_from_project = [this] {
        maker_ = context_.session.is_open() ? std::make_shared<Maker>(context_.session.folder().toStdString())
                                            : nullptr;
        forget();
    };
    connect(&session, &ProjectSession::opened, this, read_from_project);
    connect(&session, &ProjectSession::closed, this, read_from_project);
    connect(&session, &ProjectSession::labels_changed, this, &RowPictures::forget_item);
    for (const auto change : {&ProjectSession::classes_changed, &ProjectSession::external_change})
        connect(&session, change, this, &RowPictures::forget);
    connect(&session, &ProjectSession::items_changed, this, &RowPictures::forget);
    connect(&context_.theme, &Theme::changed, this, &RowPictures::forget);
    connect(&link_, &ItemLink::changed, &view_, qOverload<>(&QWidget::update));
    view_.set_row_picture([this](std::size_t row) { return picture(row); });
    read_from_project();
}

RowPictures::~RowPictures() = default;

QPixmap RowPictures::picture(std::size_t row) {
    const Key key{link_.item(row), link_.object(row)};
    if (key.first == 0 || !maker_)
        return {};
    if (const QPixmap* found = pictures_.object(key))
        return *found;
    if (key != wanted_)
        start(key);
    return QPixmap::fromImage(
        empty_square(context_.theme.color(Token::ImageGround), view_.devicePixelRatioF()));
}

void RowPictures::start(const Key& key) {
    wanted_ = key;
    making_.start([this, key, maker = maker_,
                   square = empty_square(context_.theme.color(Token::ImageGround),
                                         view_.devicePixelRatioF())](LatestWork::Stop stop) {
        const QImage made = maker->make(key, square, stop);
        return LatestWork::Finish([this, key, made] {
            wanted_ = {};
            pictures_.insert(key, new QPixmap(QPixmap::fromImage(made)));
            view_.update();
            Q_EMIT pictures_changed();
        });
    });
}

void RowPictures::forget() {
    making_.drop();
    wanted_ = {};
    pictures_.clear();
    view_.update();
    Q_EMIT pictures_changed();
}

void RowPictures::forget_item(ItemId item) {
    if (wanted_.first == item) {
        making_.drop();
        wanted_ = {};
    }
    for (const Key& key : pictures_.keys())
        if (key.first == item)
            pictures_.remove(key);
    view_.update();
    Q_EMIT pictures_changed();
}

} // namespace eyepiece
