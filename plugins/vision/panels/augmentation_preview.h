// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/parameters.h"

#include <QImage>
#include <QTimer>
#include <QWidget>
#include <vector>

class QLabel;

namespace eyepiece {

class WorkbenchContext;

// The current image as training would see it, a few times over. Another click draws others.
class AugmentationPreview : public QWidget {
    Q_OBJECT
public:
    explicit AugmentationPreview(WorkbenchContext& context, QWidget* parent = nullptr);
    void set_schema(const ParameterSchema& schema);
    void set_values(const Json& values); // of the whole form; those that do not concern it are left out
    const std::vector<QImage>& pictures() const { return pictures_; }
    QSize sizeHint() const override { return {240, 74}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void ask_soon();
    void ask();
    WorkbenchContext& context_;
    ParameterSchema schema_;
    Json values_ = Json::object();
    QTimer timer_;
    std::vector<QImage> pictures_;
    QString words_;
    int seed_ = 1;
    bool stale_ = true;
};

} // namespace eyepiece
