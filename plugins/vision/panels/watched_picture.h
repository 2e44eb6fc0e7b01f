// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QFutureWatcher>
#include <QImage>
#include <QString>
#include <QWidget>

namespace eyepiece {

class Theme;

// One watched image with the newest prediction on it. Reads its file on another thread; the picture before
// stays until the next is there, so that nothing flickers.
class WatchedPicture : public QWidget {
    Q_OBJECT
public:
    WatchedPicture(const Theme& theme, QWidget* parent = nullptr);
    void set_file(const QString& file, const QString& caption);
    void clear();
    const QImage& picture() const { return picture_; }
    QString caption() const { return caption_; }
    QSize sizeHint() const override { return {190, 190}; }
    QSize minimumSizeHint() const override { return {60, 60}; }

Q_SIGNALS:
    void clicked();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;

private:
    const Theme& theme_;
    QString file_, caption_;
    QImage picture_;
    QFutureWatcher<QImage> reading_;
};

} // namespace eyepiece
