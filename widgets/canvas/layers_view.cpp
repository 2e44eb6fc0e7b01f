// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/layers_view.h"

#include "widgets/canvas/layer_stack.h"
#include "widgets/theme/controls.h"

#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QSlider>
#include <QVBoxLayout>

namespace eyepiece {

class LayersView::Row : public QWidget {
public:
    Row(LayerStack& layers, const Theme& theme, const QString& id, QWidget* parent)
        : QWidget(parent), layers_(layers), theme_(theme), id_(id) {
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(Theme::space(1));
        eye_ = icon_button(theme, QStringLiteral("eye"), tr("Show or hide"),
                           QStringLiteral("layer-eye-") + id, this);
        eye_->setCheckable(true);
        name_ = new QLabel(this);
        name_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        opacity_ = new QSlider(Qt::Horizontal, this);
        opacity_->setObjectName(QStringLiteral("layer-opacity-") + id);
        opacity_->setRange(0, 100);
        row->addWidget(eye_);
        row->addWidget(name_, 3);
        row->addWidget(opacity_, 4);
        QObject::connect(eye_, &QToolButton::toggled, this,
                         [this](bool on) { layers_.set_visible(id_, on); });
        QObject::connect(opacity_, &QSlider::valueChanged, this,
                         [this](int percent) { layers_.set_opacity(id_, percent / 100.0); });
        refresh();
    }

    void refresh() {
        const Layer* layer = layers_.find(id_);
        if (!layer)
            return;
        const QSignalBlocker eye_quiet(eye_), opacity_quiet(opacity_);
        eye_->setChecked(layer->visible());
        eye_->setIcon(theme_.icon(layer->visible() ? QStringLiteral("eye") : QStringLiteral("eye-off")));
        eye_->setAccessibleName(layer->visible() ? QObject::tr("Hide %1").arg(layer->title())
                                                 : QObject::tr("Show %1").arg(layer->title()));
        eye_->setToolTip(eye_->accessibleName());
        name_->setText(layer->title());
        name_->setToolTip(layer->title());
        name_->setEnabled(layer->visible());
        const int percent = qRound(layer->opacity() * 100);
        opacity_->setValue(percent);
        opacity_->setEnabled(layer->visible());
        opacity_->setAccessibleName(QObject::tr("Opacity of %1").arg(layer->title()));
        opacity_->setToolTip(QObject::tr("Opacity %1 %").arg(percent));
    }

private:
    LayerStack& layers_;
    const Theme& theme_;
    QString id_;
    QToolButton* eye_;
    QLabel* name_;
    QSlider* opacity_;
};

LayersView::LayersView(LayerStack& layers, const Theme& theme, QWidget* parent)
    : QWidget(parent), layers_(layers), theme_(theme), rows_(new QVBoxLayout(this)) {
    setObjectName(QStringLiteral("layers"));
    setAccessibleName(tr("Layers"));
    rows_->setContentsMargins(0, 0, 0, 0);
    rows_->setSpacing(Theme::space(1));
    connect(&layers_, &QAbstractItemModel::modelReset, this, &LayersView::rebuild);
    connect(&layers_, &QAbstractItemModel::rowsInserted, this, &LayersView::rebuild);
    connect(&layers_, &QAbstractItemModel::rowsRemoved, this, &LayersView::rebuild);
    connect(&layers_, &QAbstractItemModel::dataChanged, this, &LayersView::refresh);
    rebuild();
}

void LayersView::rebuild() {
    QStringList ids;
    for (int row = 0; row < layers_.rowCount(); ++row)
        ids << layers_.index(row).data(LayerStack::IdRole).toString();
    for (auto it = by_id_.begin(); it != by_id_.end();) {
        if (ids.contains(it.key())) {
            ++it;
            continue;
        }
        it.value()->deleteLater();
        it.value()->hide();
        rows_->removeWidget(it.value());
        it = by_id_.erase(it);
    }
    for (int i = 0; i < ids.size(); ++i) {
        Row*& row = by_id_[ids[i]];
        if (!row)
            row = new Row(layers_, theme_, ids[i], this);
        rows_->removeWidget(row);
        rows_->insertWidget(i, row);
    }
    refresh();
}

void LayersView::refresh() {
    for (Row* row : by_id_)
        row->refresh();
}

} // namespace eyepiece
