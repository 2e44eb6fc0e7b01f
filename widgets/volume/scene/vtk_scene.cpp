// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/volume/scene/vtk_renderer.h"

#include <QMouseEvent>
#include <QPainter>
#include <QThread>
#include <QTimer>
#include <QWheelEvent>
#include <cmath>
#include <memory>
#include <utility>

namespace eyepiece {

namespace {

constexpr double degrees_a_pixel = 0.5;
constexpr double zoom_a_notch = 1.2;
constexpr int rest_ms = 150; // without a movement: then it is drawn in full

} // namespace

// Shows what the renderer has drawn and passes on what the mouse does.
class VtkScene final : public VolumeScene {
    Q_OBJECT
public:
    explicit VtkScene(QWidget* parent) : VolumeScene(parent), renderer_(new VtkRenderer) {
        setObjectName(QStringLiteral("volume-scene"));
        setAccessibleName(tr("Volume in 3D"));
        setToolTip(
            tr("Drag to turn, Shift and drag to move, wheel to zoom, double click for the first view"));
        setAttribute(Qt::WA_OpaquePaintEvent);
        setMinimumSize(160, 140);
        setCursor(Qt::OpenHandCursor);
        renderer_->make_surface();
        renderer_->moveToThread(&thread_);
        connect(&thread_, &QThread::finished, renderer_, &QObject::deleteLater);
        connect(renderer_, &VtkRenderer::drawn, this, &VtkScene::take);
        connect(renderer_, &VtkRenderer::failed, this, [this](const QString& why) {
            problem_ = why;
            busy_ = false;
            update();
        });
        rest_.setSingleShot(true);
        rest_.setInterval(rest_ms);
        connect(&rest_, &QTimer::timeout, this, [this] { want(false); });
        thread_.setObjectName(QStringLiteral("3D view"));
        thread_.start();
    }
    ~VtkScene() override {
        thread_.quit();
        thread_.wait();
    }

    void set_voxels(SceneVoxels voxels) override {
        tell([renderer = renderer_, voxels = std::make_shared<const SceneVoxels>(std::move(voxels))] {
            renderer->set_voxels(*voxels);
        });
        want(false);
    }
    void set_look(const SceneLook& look) override {
        tell([renderer = renderer_, look] { renderer->set_look(look); });
        want(true);
        rest_.start();
    }
    void reset_view() override {
        tell([renderer = renderer_] { renderer->reset_view(); });
        want(false);
    }
    QImage picture() const override { return picture_; }
    bool busy() const override { return busy_ || rest_.isActive(); }
    QString problem() const override { return problem_; }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.fillRect(rect(), QColor(0x08, 0x09, 0x0b));
        if (!problem_.isEmpty() || picture_.isNull()) {
            painter.setPen(QColor(0x9a, 0xa3, 0xb0));
            painter.drawText(rect().adjusted(16, 16, -16, -16), Qt::AlignCenter | Qt::TextWordWrap,
                             problem_.isEmpty() ? tr("Preparing the 3D view ...") : problem_);
            return;
        }
        painter.setRenderHint(QPainter::SmoothPixmapTransform);
        painter.drawImage(rect(), picture_);
    }
    void resizeEvent(QResizeEvent*) override {
        want(true);
        rest_.start();
    }
    void mousePressEvent(QMouseEvent* event) override { from_ = event->position(); }
    void mouseMoveEvent(QMouseEvent* event) override {
        if (!(event->buttons() & (Qt::LeftButton | Qt::MiddleButton)))
            return;
        const QPointF by = event->position() - std::exchange(from_, event->position());
        const bool shifts = (event->buttons() & Qt::MiddleButton) || (event->modifiers() & Qt::ShiftModifier);
        if (shifts)
            shift_ += by * devicePixelRatioF();
        else
            turn_ += by * degrees_a_pixel;
        want(true);
        rest_.start();
    }
    void mouseDoubleClickEvent(QMouseEvent*) override { reset_view(); }
    void wheelEvent(QWheelEvent* event) override {
        zoom_ *= std::pow(zoom_a_notch, event->angleDelta().y() / 120.0);
        event->accept();
        want(true);
        rest_.start();
    }

private:
    template<class Work>
    void tell(Work work) {
        QMetaObject::invokeMethod(renderer_, std::move(work), Qt::QueuedConnection);
    }

    // One picture at a time: what the mouse does meanwhile adds up.
    void want(bool in_haste) {
        if (busy_) {
            again_ = true;
            again_in_haste_ = in_haste;
            return;
        }
        busy_ = true;
        tell([renderer = renderer_, turn = std::exchange(turn_, {}), shift = std::exchange(shift_, {}),
              zoom = std::exchange(zoom_, 1.0), size = (QSizeF(this->size()) * devicePixelRatioF()).toSize(),
              in_haste] {
            if (!turn.isNull())
                renderer->turn(turn);
            if (!shift.isNull())
                renderer->shift(shift);
            if (zoom != 1)
                renderer->zoom(zoom);
            renderer->draw(size, in_haste);
        });
    }

    void take(const QImage& picture, bool) {
        picture_ = picture;
        busy_ = false;
        update();
        if (std::exchange(again_, false))
            want(again_in_haste_);
    }

    VtkRenderer* renderer_; // lives on the thread, which deletes it
    QThread thread_;
    QTimer rest_;
    QImage picture_;
    QString problem_;
    bool busy_ = false, again_ = false, again_in_haste_ = false;
    QPointF from_, turn_, shift_;
    double zoom_ = 1;
};

class VtkScenePlugin final : public QObject, public VolumeScenePlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID EYEPIECE_VOLUME_SCENE_IID)
    Q_INTERFACES(eyepiece::VolumeScenePlugin)
public:
    VolumeScene* make(QWidget* parent) override { return new VtkScene(parent); }
};

} // namespace eyepiece

#include "vtk_scene.moc"
