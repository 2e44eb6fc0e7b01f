// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/volume/volume_pane.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/theme/theme.h"
#include "widgets/volume/cursor_cross.h"
#include "widgets/volume/plane_view.h"
#include "widgets/volume/scene_controls.h"
#include "widgets/volume/scene_voxels.h"

#include <QApplication>
#include <QLabel>
#include <QMouseEvent>
#include <QPushButton>
#include <QSplitter>
#include <QTimer>
#include <QVBoxLayout>
#include <QtConcurrent>
#include <algorithm>
#include <utility>

namespace eyepiece {

namespace {

constexpr int stroke_ms = 60, written_ms = 150, voxels_ms = 400;
constexpr std::int64_t shown_while_drawn = 4'000'000; // px: a larger plane follows once the stroke has ended

QTimer* timer(int milliseconds, QObject* parent) {
    auto* made = new QTimer(parent);
    made->setSingleShot(true);
    made->setInterval(milliseconds);
    return made;
}

} // namespace

VolumePane::VolumePane(ImageCanvas& canvas, LabelEditor& labels, const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , canvas_(canvas)
    , editor_(labels)
    , cross_(new CursorCross(canvas))
    , xz_(new PlaneView(PlaneAxes::XZ, stack_, labels_, this))
    , yz_(new PlaneView(PlaneAxes::YZ, stack_, labels_, this))
    , note_(new QLabel(this))
    , open_(new QPushButton(tr("Show in 3D"), this))
    , controls_(new SceneControls(theme, this))
    , stroke_(timer(stroke_ms, this))
    , written_(timer(written_ms, this))
    , voxels_(timer(voxels_ms, this)) {
    setObjectName(QStringLiteral("volume-pane"));
    setProperty("kind", "surface");
    setAttribute(Qt::WA_StyledBackground);
    setMinimumWidth(220);
    open_->setObjectName(QStringLiteral("volume-open-scene"));
    open_->setAccessibleName(open_->text());
    open_->setToolTip(tr("The volume and its labels in space, to be turned with the mouse"));
    note_->setObjectName(QStringLiteral("volume-note"));
    note_->setWordWrap(true);
    note_->setContentsMargins(12, 4, 12, 4);
    note_->hide();
    controls_->hide();
    auto* parts = new QSplitter(Qt::Vertical, this);
    parts->setObjectName(QStringLiteral("volume-parts"));
    parts->setHandleWidth(1);
    parts->setChildrenCollapsible(false);
    parts->addWidget(xz_);
    parts->addWidget(yz_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(parts, 1);
    column->addWidget(note_);
    column->addWidget(controls_);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 8, 12, 8);
    row->addWidget(open_);
    row->addStretch();
    column->addLayout(row);
    cross_->hide();
    hide();

    canvas_.installEventFilter(this);
    connect(&canvas_, &ImageCanvas::image_shown, this, &VolumePane::follow_image);
    connect(&canvas_, &ImageCanvas::image_failed, this, &VolumePane::follow_image);
    connect(&canvas_, &ImageCanvas::plane_changed, this, &VolumePane::follow_plane);
    connect(&canvas_.layers(), &LayerStack::channels_changed, this, &VolumePane::follow_contrast);
    connect(&editor_, &LabelEditor::loaded, this, &VolumePane::follow_item);
    connect(&editor_, &LabelEditor::changed, this, [this] { stroke_->start(); });
    connect(&editor_, &LabelEditor::classes_changed, this, [this] { labels_.reload(); });
    connect(&editor_, &LabelEditor::saving_changed, this, [this](bool saving) {
        if (!saving)
            written_->start();
    });
    connect(stroke_, &QTimer::timeout, this, &VolumePane::follow_stroke);
    connect(written_, &QTimer::timeout, &labels_, &VolumeLabels::reload);
    for (PlaneView* view : {xz_, yz_}) {
        view->set_colors([this](ObjectId id) { return editor_.fill_of(id); });
        connect(view, &PlaneView::cursor_wanted, this, &VolumePane::set_cursor);
    }
    connect(&stack_, &VolumeStack::planes_changed, this, [this] {
        xz_->refresh();
        yz_->refresh();
        voxels_->start();
    });
    connect(&stack_, &VolumeStack::failed, this, [this](const QString& why) {
        note_->setText(why);
        note_->show();
    });
    connect(&labels_, &VolumeLabels::changed, this, [this] {
        xz_->refresh();
        yz_->refresh();
        voxels_->start();
    });
    connect(&labels_, &VolumeLabels::failed, this, [this](const QString& why) {
        note_->setText(why);
        note_->show();
    });
    connect(open_, &QPushButton::clicked, this, &VolumePane::open_scene);
    connect(controls_, &SceneControls::changed, this, [this] {
        if (scene_)
            scene_->set_look(controls_->look());
    });
    connect(voxels_, &QTimer::timeout, this, &VolumePane::refresh_scene);
    connect(&making_, &QFutureWatcher<SceneVoxels>::finished, this, [this] {
        if (!scene_)
            return;
        SceneVoxels voxels = making_.result();
        if (voxels.width > 0)
            scene_->set_voxels(std::move(voxels));
    });
    follow_image();
}

VolumePane::~VolumePane() {
    making_.waitForFinished();
    delete cross_.data(); // a child of the canvas, which may live on
}

void VolumePane::set_project(const std::filesystem::path& folder) {
    project_ = folder;
    follow_item();
}

void VolumePane::reload_labels() {
    written_->start();
}

void VolumePane::set_wanted(bool wanted) {
    wanted_ = wanted;
    refresh_visibility();
}

void VolumePane::refresh_visibility() {
    const OpenImage* image = canvas_.image();
    const bool shown = wanted_ && image && image->info().depth > 1;
    if (shown && stack_.empty())
        stack_.set_image(image->blocks, canvas_.plane_t(), canvas_.plane_z());
    const QWidget* focused = QApplication::focusWidget();
    if (!shown && focused && isAncestorOf(focused))
        canvas_.setFocus(); // keys go on with the image, not with whatever comes next
    setVisible(shown);
    if (cross_)
        cross_->setVisible(shown);
    if (shown)
        follow_item();
}

void VolumePane::follow_image() {
    const OpenImage* image = canvas_.image();
    stack_.set_image(nullptr, 0, 0); // that of the image before
    note_->hide();
    if (image && image->info().depth > 1) {
        const ImageInfo& info = image->info();
        geometry_ = geometry_of(image->blocks->source());
        t_ = canvas_.plane_t();
        xz_->set_geometry(geometry_);
        yz_->set_geometry(geometry_);
        cursor_ = {-1, -1, -1};
        set_cursor({static_cast<int>(info.width / 2), static_cast<int>(info.height / 2), canvas_.plane_z()});
        if (const auto* volume = dynamic_cast<const VolumeSource*>(&image->blocks->source()))
            if (const auto notes = volume->notes(); !notes.empty()) {
                QStringList lines;
                for (const std::string& line : notes)
                    lines.append(QString::fromStdString(line));
                note_->setText(lines.join(QLatin1Char('\n')));
                note_->show();
            }
    }
    follow_contrast();
    refresh_visibility();
}

void VolumePane::follow_plane() {
    const OpenImage* image = canvas_.image();
    if (!image || image->info().depth <= 1)
        return;
    if (canvas_.plane_t() != t_) {
        t_ = canvas_.plane_t();
        stack_.set_image(nullptr, 0, 0);
        refresh_visibility();
    }
    set_cursor({cursor_[0], cursor_[1], canvas_.plane_z()});
}

void VolumePane::follow_item() {
    VolumeLabels::Stack wanted;
    if (!stack_.empty() && !project_.empty() && editor_.item() != 0) {
        const ImageInfo& info = stack_.info();
        wanted = {project_, editor_.item(), info.width, info.height, info.depth, t_, stack_.level()};
    }
    labels_.set_stack(wanted);
}

// The pixels of the plane that is being drawn on, which the project may not have yet.
void VolumePane::follow_stroke() {
    const LabelDocument& document = editor_.document();
    if (labels_.stack().item == 0 || labels_.stack().item != document.item() || document.empty() ||
        !editor_.ready() || document.width() * document.height() > shown_while_drawn)
        return;
    const int z = document.plane() - t_ * stack_.depth();
    if (z >= 0 && z < stack_.depth())
        labels_.set_plane(
            z, VolumeLabels::thinned(document.tiles()->read(document.tiles()->extent()), stack_.level()));
}

void VolumePane::follow_contrast() {
    const OpenImage* image = canvas_.image();
    contrast_.reset();
    if (image)
        contrast_ = std::make_shared<const ContrastRenderer>(
            image->info().type, canvas_.layers().channel_contrasts(), image->info().rgb);
    xz_->set_contrast(contrast_);
    yz_->set_contrast(contrast_);
    voxels_->start();
}

void VolumePane::set_cursor(std::array<int, 3> voxel) {
    const OpenImage* image = canvas_.image();
    if (!image)
        return;
    const ImageInfo& info = image->info();
    const std::array<int, 3> size{static_cast<int>(info.width), static_cast<int>(info.height), info.depth};
    for (std::size_t axis = 0; axis < 3; ++axis)
        voxel[axis] = std::clamp(voxel[axis], 0, size[axis] - 1);
    if (voxel == cursor_)
        return;
    cursor_ = voxel;
    xz_->set_cursor(voxel);
    yz_->set_cursor(voxel);
    if (cross_)
        cross_->set_place(voxel[0], voxel[1]);
    canvas_.set_plane(voxel[2], t_);
}

bool VolumePane::eventFilter(QObject* watched, QEvent* event) {
    if (watched == &canvas_ && isVisible() &&
        (event->type() == QEvent::MouseButtonRelease || event->type() == QEvent::MouseMove)) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        const bool follows = event->type() == QEvent::MouseMove
                                 ? (mouse->modifiers() & Qt::AltModifier) && mouse->buttons() == Qt::NoButton
                                 : mouse->button() == Qt::LeftButton;
        const QPointF at = canvas_.view().to_image(mouse->position() * canvas_.devicePixelRatioF());
        if (follows && QRectF(QPointF(0, 0), canvas_.view().image_size()).contains(at))
            set_cursor({static_cast<int>(at.x()), static_cast<int>(at.y()), canvas_.plane_z()});
    }
    return QWidget::eventFilter(watched, event);
}

void VolumePane::open_scene() {
    if (!scene_) {
        QString problem;
        VolumeScene* made = make_volume_scene(nullptr, problem);
        if (!made) {
            note_->setText(problem);
            note_->show();
            return;
        }
        scene_ = made;
        if (auto* parts = findChild<QSplitter*>(QStringLiteral("volume-parts")))
            parts->addWidget(made);
        made->set_look(controls_->look());
    }
    const bool shown = scene_->isHidden() || !controls_->isVisible();
    scene_->setVisible(shown);
    controls_->setVisible(shown);
    open_->setText(shown ? tr("Hide 3D") : tr("Show in 3D"));
    open_->setAccessibleName(open_->text());
    if (shown)
        refresh_scene();
}

void VolumePane::refresh_scene() {
    if (!scene_ || scene_->isHidden() || stack_.empty() || !contrast_)
        return;
    if (!stack_.complete() || making_.isRunning()) {
        voxels_->start();
        return;
    }
    SceneSource source;
    for (int z = 0; z < stack_.depth(); ++z) {
        source.planes.push_back(stack_.plane(z));
        if (const LabelMap* labels = labels_.plane(z))
            source.labels.emplace(z, *labels);
    }
    for (const ObjectId id : labels_.objects())
        if (const QRgb color = editor_.fill_of(id); qAlpha(color) > 0)
            source.colors.emplace(id, color);
    source.contrast = contrast_;
    source.geometry = geometry_;
    for (const std::size_t axis : {0, 1})
        source.geometry.spacing[axis] *= 1 << stack_.level();
    making_.setFuture(QtConcurrent::run([source = std::move(source)] { return scene_voxels(source); }));
}

} // namespace eyepiece
