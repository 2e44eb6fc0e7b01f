// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QObject>

namespace eyepiece {

class ImageCanvas;
class LabelEditor;
class Notices;
class ProjectSession;
class Selection;

// Keeps the labelling session on the open project and the image shown, tells it of changes made elsewhere,
// keeps undo behind what is still to be written, and says what goes wrong.
class EYEPIECE_EXPORT LabelFollower : public QObject {
    Q_OBJECT
public:
    LabelFollower(ProjectSession& session, Selection& selection, ImageCanvas& canvas, Notices& notices,
                  LabelEditor& labels, QObject* parent = nullptr);

private:
    void follow_image();
    void follow_plane();
    void follow_object();
    void say_refused(const QString& message);
    void say_unsaved(const QString& message);

    ProjectSession& session_;
    Selection& selection_;
    ImageCanvas& canvas_;
    Notices& notices_;
    LabelEditor& labels_;
};

} // namespace eyepiece
