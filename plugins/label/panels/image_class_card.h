// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <QWidget>
#include <map>

class QToolButton;

namespace eyepiece {

class LabelTools;
class SwitchRow;
class WorkbenchContext;

// The classes of the image as a whole: a chip for each class, pressed where the image has it.
class ImageClassCard : public QWidget {
    Q_OBJECT
public:
    ImageClassCard(WorkbenchContext& context, LabelTools& tools, QWidget* parent = nullptr);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void rebuild(); // when the classes change
    void refresh(); // when the image or its classes do
    void arrange();
    WorkbenchContext& context_;
    LabelTools& tools_;
    QWidget* chips_;
    std::map<int, QToolButton*> buttons_; // by class
    SwitchRow *one_, *next_;
};

} // namespace eyepiece
