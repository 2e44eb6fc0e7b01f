// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QHash>
#include <QString>
#include <QWidget>

class QVBoxLayout;

namespace eyepiece {

class LayerStack;
class Theme;

// The layers of a canvas with an eye and an opacity each: the Layers section of a right column.
class EYEPIECE_EXPORT LayersView : public QWidget {
    Q_OBJECT
public:
    LayersView(LayerStack& layers, const Theme& theme, QWidget* parent = nullptr);

private:
    class Row;
    void rebuild();
    void refresh();
    LayerStack& layers_;
    const Theme& theme_;
    QVBoxLayout* rows_;
    QHash<QString, Row*> by_id_;
};

} // namespace eyepiece
