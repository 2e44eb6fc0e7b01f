// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/changes.h"

#include <QObject>
#include <cstddef>

namespace eyepiece {

class ImageSearch;
class LiveClassifier;
class WorkbenchContext;

// Leads to where a label would help the classifier most: one suggestion after another on this image, then to
// the next image that is not completely labelled, as soon as that is classified.
class WhereNext : public QObject {
    Q_OBJECT
public:
    WhereNext(WorkbenchContext& context, LiveClassifier& classifier, ImageSearch& search,
              QObject* parent = nullptr);
    void go();

private:
    void show_next();
    void leave_image();
    void say(const QString& words);
    WorkbenchContext& context_;
    LiveClassifier& classifier_;
    ImageSearch& search_;
    std::size_t shown_ = 0; // of the suggestions that the report has
    ItemId expected_ = 0;   // gone to, to show its first suggestion once it is classified
};

} // namespace eyepiece
