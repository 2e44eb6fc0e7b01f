// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/fill_tool.h"

#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/object_edits.h"
#include "widgets/canvas/tool_drawing.h"

#include <QCoreApplication>
#include <QPointer>
#include <QThreadPool>
#include <array>
#include <cmath>

namespace eyepiece {

namespace {

constexpr std::int64_t fill_reach = 1024; // px to each side of the click

struct FillWish {
    std::shared_ptr<PixelBlocks> blocks;
    int z = 0, t = 0;
    std::vector<std::pair<int, double>> channels; // and how far its values may differ
    Region window;
    LabelMap labels; // of the window
    QPoint seed;     // within the window
};

// The 4-connected area around the seed whose values are near the seed's and that bears no label.
Mask flood(const FillWish& wish) {
    const Image image = wish.blocks->read(wish.window, 0, wish.z, wish.t);
    Mask mask(wish.window.height, wish.window.width);
    const auto width = wish.window.width, height = wish.window.height;
    std::vector<std::uint8_t> allowed(static_cast<std::size_t>(width * height), 1);
    const auto seed = static_cast<std::size_t>(wish.seed.y() * width + wish.seed.x());
    for (std::size_t i = 0; i < allowed.size(); ++i)
        allowed[i] = wish.labels.ids()[i] == 0;
    for (const auto& [channel, reach] : wish.channels)
        with_pixel_type(image.type(), [&, channel = channel, reach = reach](auto sample) {
            const auto values = image.plane_as<decltype(sample)>(channel);
            const double at = static_cast<double>(values[seed]);
            for (std::size_t i = 0; i < allowed.size(); ++i)
                allowed[i] = allowed[i] && std::abs(static_cast<double>(values[i]) - at) <= reach;
        });
    std::vector<QPoint> stack{wish.seed};
    while (!stack.empty()) {
        const QPoint p = stack.back();
        stack.pop_back();
        if (p.x() < 0 || p.y() < 0 || p.x() >= width || p.y() >= height)
            continue;
        const auto i = static_cast<std::size_t>(p.y() * width + p.x());
        if (!allowed[i] || mask.pixels[i])
            continue;
        mask.pixels[i] = 1;
        for (const QPoint& by : {QPoint(1, 0), QPoint(-1, 0), QPoint(0, 1), QPoint(0, -1)})
            stack.push_back(p + by);
    }
    return mask;
}

} // namespace

void FillTool::press(const CanvasPointer& pointer) {
    if (picked(pointer) || pointer.buttons != Qt::LeftButton || busy_ || !canvas().image())
        return;
    const QPoint pixel = pixel_of(pointer.image);
    const LabelDocument& document = editor().document();
    if (document.empty() || pixel.x() < 0 || pixel.y() < 0 || pixel.x() >= document.width() ||
        pixel.y() >= document.height())
        return;
    if (const ObjectId id = document.at(pixel.x(), pixel.y())) {
        fill_holes(editor(), std::array{id});
        return;
    }
    if (!has_class())
        return;
    FillWish wish;
    wish.blocks = canvas().image()->blocks;
    wish.z = canvas().plane_z();
    wish.t = canvas().plane_t();
    const bool rgb = canvas().image()->info().rgb;
    const std::vector<ChannelContrast> contrasts = canvas().layers().channel_contrasts();
    for (std::size_t c = 0; c < contrasts.size(); ++c)
        if (rgb || contrasts[c].visible)
            wish.channels.emplace_back(static_cast<int>(c),
                                       settings().tolerance() * (contrasts[c].high - contrasts[c].low));
    wish.window =
        Region{pixel.x() - fill_reach, pixel.y() - fill_reach, 2 * fill_reach, 2 * fill_reach}.intersected(
            document.tiles()->extent());
    wish.labels = document.tiles()->read(wish.window);
    wish.seed = pixel - QPoint(static_cast<int>(wish.window.x), static_cast<int>(wish.window.y));
    busy_ = true;
    QThreadPool::globalInstance()->start([wish = std::move(wish), item = document.item(),
                                          self = QPointer<FillTool>(this),
                                          extent = document.tiles()->extent()] {
        Mask mask;
        QString problem;
        try {
            mask = flood(wish);
        } catch (const std::exception& error) {
            problem = QString::fromUtf8(error.what());
        }
        bool cut = false; // it ran into the window's edge, where the image goes on
        for (std::int64_t y = 0; y < mask.height && !cut; ++y)
            cut = (wish.window.x > 0 && mask.at(0, y)) ||
                  (wish.window.right() < extent.width && mask.at(mask.width - 1, y));
        for (std::int64_t x = 0; x < mask.width && !cut; ++x)
            cut = (wish.window.y > 0 && mask.at(x, 0)) ||
                  (wish.window.bottom() < extent.height && mask.at(x, mask.height - 1));
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, mask, item, cut, problem,
             corner = QPoint(static_cast<int>(wish.window.x), static_cast<int>(wish.window.y))] {
                if (!self)
                    return;
                self->busy_ = false;
                if (!problem.isEmpty())
                    Q_EMIT self->editor().refused(problem);
                else
                    self->apply(mask, corner, item, cut);
            },
            Qt::QueuedConnection);
    });
}

void FillTool::apply(const Mask& mask, QPoint corner, ItemId item, bool cut) {
    if (item != editor().item())
        return; // another image is in front by now
    if (cut) {
        Q_EMIT editor().refused(
            tr("The area of similar brightness is larger than %1 pixels across, so it was left alone. "
               "Lower the tolerance of Fill and try again.")
                .arg(2 * fill_reach));
        return;
    }
    if (!editor().begin(tr("fill")))
        return;
    const ObjectId id = editor().new_object();
    editor().mask(mask, corner.x(), corner.y(), {id, true, 0});
    editor().commit();
    editor().select(id);
}

LabelToolSpec fill_tool() {
    return {
        .id = "label.fill",
        .title = FillTool::tr("Fill"),
        .help = FillTool::tr("Fill an area of similar brightness, or the holes of an object."),
        .hint = FillTool::tr("Click an unlabelled area to fill it, or an object to fill its holes"),
        .icon = "wand",
        .key = Qt::Key_W,
        .make = [](const LabelToolContext& context) { return std::make_unique<FillTool>(context, nullptr); }};
}

} // namespace eyepiece
