// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/items.h"

#include <QObject>
#include <QPointer>
#include <functional>

namespace eyepiece {

class BackgroundJob;
class WorkbenchContext;

// Looks for an image in the background, for among 50,000 it takes longer than a frame: the next one in the
// list's natural order, around its end, that can be read and is wanted. Lives on the window's thread.
class ImageSearch : public QObject {
    Q_OBJECT
public:
    explicit ImageSearch(WorkbenchContext& context, QObject* parent = nullptr);

    // `wanted` is called on another thread, `found` on the window's, with 0 when there is none; not when the
    // user has gone on to another image by other means. One search at a time: another one is not begun.
    void look(const QString& title, std::function<bool(const Item&)> wanted,
              std::function<void(ItemId)> found);

private:
    WorkbenchContext& context_;
    QPointer<BackgroundJob> job_;
};

} // namespace eyepiece
