// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/project/changes.h"

#include <QObject>

namespace eyepiece {

class ImageCanvas;
class ItemListModel;
class ProjectSession;
class Selection;

// Keeps the shared canvas on the selected item, and lets it read the neighbours in the list ahead. Picks the
// first item when a project opens.
class EYEPIECE_EXPORT CanvasFollower : public QObject {
    Q_OBJECT
public:
    CanvasFollower(ProjectSession& session, Selection& selection, ItemListModel& model, ImageCanvas& canvas,
                   QObject* parent = nullptr);

private:
    void show_current();

    ProjectSession& session_;
    Selection& selection_;
    ItemListModel& model_;
    ImageCanvas& canvas_;
    ItemId shown_ = 0;
    std::string shown_hash_;
};

} // namespace eyepiece
