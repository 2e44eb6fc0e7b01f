// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

namespace eyepiece {

class ImageCanvas;
class LabelTools;

// A tool's key that is held down lends the tool for a moment: when the key comes up, the tool before is back.
// A short press that did nothing on the image chooses the tool for good. Watches the canvas's events, so that
// it holds for whatever key the user gave a tool. What was begun is done before the tool goes back.
class HeldToolKey : public QObject {
    Q_OBJECT
public:
    static constexpr int held_ms = 350; // a key that is down for longer is held, a shorter press chooses
    // X11 repeats a key that is held as releases and presses, which Qt does not always mark as such: a
    // release counts when no press of the same key follows within this time.
    static constexpr int repeat_ms = 40;
    HeldToolKey(LabelTools& tools, ImageCanvas& canvas);

    // A tool was chosen while `before` was in use; by a key, when one is just being pressed on the canvas.
    void chosen(const QString& before);
    void forget(); // the tool in use stays

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void released();
    void came_up();
    void give_back();
    LabelTools& tools_;
    int pressed_ = 0; // the key whose press is being handled; 0: none
    int held_ = 0;    // the key that lends the tool in use; 0: none
    QString before_;  // the tool to give back
    bool used_ = false, returning_ = false;
    QElapsedTimer since_;
    bool long_ = false; // it had been down for long when it was released
    QTimer up_;         // runs from a release until it counts
};

} // namespace eyepiece
