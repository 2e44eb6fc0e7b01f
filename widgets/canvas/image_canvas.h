// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "widgets/canvas/canvas_frame.h"
#include "widgets/canvas/canvas_tool.h"
#include "widgets/canvas/image_loader.h"
#include "widgets/canvas/layer_stack.h"

#include <QElapsedTimer>
#include <QPointer>
#include <QWidget>
#include <functional>
#include <memory>
#include <optional>

class QTimer;

namespace eyepiece {

class PlaneBar;

// Shows one image with layers, from the whole of it down to a single pixel. Pixels are read and coloured on
// other threads: the window's thread only puts finished tiles together, and never waits for a file.
//
//   wheel                 zoom around the pointer           Ctrl + wheel   size of the tool, if it has one
//   Space or middle drag  pan (also two fingers)            Shift + wheel  pan sideways
//   F, Ctrl+0             whole image                       Ctrl+1         one image pixel a screen pixel
//   +, -                  zoom                              arrows         the image before or after; Shift:
//   pan
//   up, down              of a stack: the plane before or after (also Alt + wheel); with Ctrl: the time point
class EYEPIECE_EXPORT ImageCanvas : public QWidget {
    Q_OBJECT
public:
    explicit ImageCanvas(QWidget* parent = nullptr);
    // With another way to open images than open_image(): for tests and for images that are not files.
    ImageCanvas(ImageLoader::Opener opener, QWidget* parent);
    ~ImageCanvas() override;

    // Both come back at once; image_shown or image_failed follows. Until then the image before stays in
    // sight.
    void show_file(const QString& path);
    void show_source(const QString& name, std::shared_ptr<ImageSource> source);
    void show_nothing(const QString& message = {}); // an empty canvas that says why, or what to do
    void prefetch(const QStringList& paths);        // likely to be shown next
    void reload();                                  // the file changed
    QString path() const { return path_; }          // what was asked for last
    bool has_image() const { return image_ != nullptr; }
    const OpenImage* image() const { return image_.get(); }

    void set_plane(int z, int t);
    int plane_z() const { return z_; }
    int plane_t() const { return t_; }

    LayerStack& layers() { return *layers_; }

    const ViewTransform& view() const { return view_; }
    void fit();
    void zoom_to(double scale); // around the middle
    void zoom_by(double factor);
    void zoom_at(const QPointF& device, double factor);
    void pan(const QPoint& device_delta);
    void show_region(const Region& region); // brings it well into sight
    // The same, where it is not in sight or too small to be seen. While the canvas is hidden: once it is
    // shown.
    void bring_into_sight(const Region& region);

    void set_tool(CanvasTool* tool); // not owned; null: the pointer only pans
    CanvasTool* tool() const { return tool_; }

    // What the readout says beyond position and values: class and object below the pointer.
    void set_readout(std::function<QString(const QPoint& pixel)> readout) {
        extra_readout_ = std::move(readout);
    }
    void refresh_readout();
    QString readout() const { return readout_text_; }
    QPoint pixel_below_pointer() const { return pointer_pixel_; } // (-1,-1): none
    // Words on the canvas until others take their place: a tool's hint. Empty: none.
    void set_hint(const QString& hint);
    // A frame around what is worth a look, until another one, or another image. Empty: none.
    void mark_region(const Region& region);
    const Region& marked_region() const { return marked_; }

    bool idle() const;                                      // every tile that is wanted has been drawn
    double last_frame_ms() const { return last_frame_ms_; } // what composing and painting took
    QSize sizeHint() const override { return {640, 480}; }
    QSize minimumSizeHint() const override { return {160, 120}; }

Q_SIGNALS:
    void image_shown(const QString& path);
    void image_failed(const QString& path, const QString& message);
    void view_changed();
    void plane_changed(int z, int t);
    void pixel_hovered(const QPoint& pixel); // (-1,-1): left the image
    void tool_changed();
    void step_wanted(int images); // to another image: 1 the next, -1 the one before
    void files_dropped(const QStringList& paths);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void tabletEvent(QTabletEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool event(QEvent* event) override;

private:
    CanvasPointer pointer(const QPointF& position, Qt::MouseButtons buttons,
                          Qt::KeyboardModifiers modifiers) const;
    void adopt(std::shared_ptr<OpenImage> image);
    void make_channels();
    void make_scene();
    void request_tiles();
    void take_tiles();
    void view_moved();
    void update_cursor();
    void repaint_tool();
    void paint_furniture(QPainter& painter, const QRect& rect);
    void paint_marked(QPainter& painter) const;
    QRect logical(const QRect& device) const;
    QPoint device(const QPointF& position) const;
    bool arrow_key(QKeyEvent* event);
    bool navigation_key(QKeyEvent* event);

    ViewTransform view_;
    std::shared_ptr<OpenImage> image_;
    std::shared_ptr<const TileScene> scene_;
    std::uint64_t revision_ = 0;
    int z_ = 0, t_ = 0;
    QString path_, message_, hint_, readout_text_;
    LayerStack* layers_;
    ImageLoader* loader_;
    TileRenderer* renderer_;
    TileCache tiles_;
    CanvasFrame frame_;
    PlaneBar* planes_;
    QTimer* refine_; // runs for a moment after each zoom: then what was drawn in haste is drawn well
    QPointer<CanvasTool> tool_;
    std::optional<QRectF> tool_area_; // where it drew last; nothing said: anywhere
    std::function<QString(const QPoint&)> extra_readout_;
    Region marked_; // image px
    QPoint pointer_pixel_{-1, -1};
    QPointF pointer_device_;
    std::optional<Region> wanted_in_sight_; // once the canvas is shown, and has its size
    bool space_ = false, panning_ = false;
    QPoint pan_from_;
    int turned_ = 0; // of the wheel, less than a plane
    double last_frame_ms_ = 0;
};

} // namespace eyepiece
