// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/changes.h"

#include <QObject>
#include <QPointer>

namespace eyepiece {

class BackgroundJob;
class WorkbenchContext;

// Copies the selected objects to the next image of the list that is as large as this one, a slice or a frame
// further on, and shows that image.
class CopyToNext : public QObject {
    Q_OBJECT
public:
    explicit CopyToNext(WorkbenchContext& context, QObject* parent = nullptr);
    void start();

private:
    void copy(ItemId from, ItemId to, const QString& name);
    WorkbenchContext& context_;
    QPointer<BackgroundJob> looking_; // among 50,000 images it takes longer than a frame
};

} // namespace eyepiece
