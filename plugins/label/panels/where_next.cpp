// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/where_next.h"

#include "plugins/label/panels/image_search.h"
#include "plugins/label/panels/live_classifier.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/canvas/label_editor.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/selection.h"
#include "widgets/shell/workbench_context.h"

#include <utility>

namespace eyepiece {

WhereNext::WhereNext(WorkbenchContext& context, LiveClassifier& classifier, ImageSearch& search,
                     QObject* parent)
    : QObject(parent), context_(context), classifier_(classifier), search_(search) {
    connect(&classifier_, &LiveClassifier::reported, this, [this](ItemId item) {
        shown_ = 0; // these suggestions know of what was painted since
        if (std::exchange(expected_, 0) == item)
            show_next();
    });
    // What is framed was painted on, or the image was left: the frame has done its part.
    connect(&context.labels, &LabelEditor::changed, this, [this](const QRect& pixels) {
        const Region& marked = context_.canvas.marked_region();
        if (pixels.intersects({static_cast<int>(marked.x), static_cast<int>(marked.y),
                               static_cast<int>(marked.width), static_cast<int>(marked.height)}) &&
            context_.labels.stroking())
            context_.canvas.mark_region({});
    });
}

void WhereNext::go() {
    if (!classifier_.on())
        return say(
            tr("Switch on \"Classify pixels while I paint\" first: it then says where a label helps most."));
    if (classifier_.report())
        return show_next();
    if (classifier_.state() == LiveClassifier::State::Refused)
        return say(classifier_.problem());
    say(tr("This image is still being classified. Press U again in a moment."));
}

void WhereNext::show_next() {
    const std::vector<Suggestion>& next = classifier_.report()->next;
    if (shown_ >= next.size())
        return leave_image();
    const Suggestion& one = next[shown_++];
    context_.canvas.show_region(one.region);
    context_.canvas.mark_region(one.region);
    say(one.reason.isEmpty() ? tr("A label would help most here.") : one.reason);
}

void WhereNext::leave_image() {
    const bool any = !classifier_.report()->next.empty();
    search_.look(
        tr("Looking for the next image"), [](const Item& item) { return !item.complete; },
        [this, any](ItemId item) {
            if (item == 0 && !any)
                return say(tr("The classifier is sure everywhere, and no other image is left to look at."));
            if (item == 0)
                return say(
                    tr("No other image is left to look at: the rest is completely labelled. U starts again "
                       "on this one."));
            // An image without any suggestion is not walked past by itself: each costs a classification.
            if (!any)
                say(tr("The classifier is sure everywhere on that image. Here is the next one."));
            expected_ = item;
            context_.selection.set_item(item);
        });
    shown_ = 0;
}

void WhereNext::say(const QString& words) {
    Notice notice{Notice::Kind::Info, words};
    notice.topic = QStringLiteral("where-next");
    context_.notices.show(notice);
}

} // namespace eyepiece
