// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/project/items.h"
#include "core/project/reviews.h"

#include <QObject>
#include <QPointer>
#include <QString>
#include <QStringList>
#include <QWidget>
#include <vector>

namespace eyepiece {

class ItemListModel;
class WorkbenchContext;

// What the user can say of how far images are, as actions of the registry: of the selected images, or of the
// current one; then on to the next one that waits for the same. Each is one undo step.
//
//   review.submit  review.accept  review.send-back  review.take-back
//   review.statistics  what all labels amount to
class EYEPIECE_EXPORT ReviewActions : public QObject {
    Q_OBJECT
public:
    ReviewActions(WorkbenchContext& context, ItemListModel& items, QObject* parent = nullptr);
    void set_window(QWidget* window) { window_ = window; } // parent of the question for a word

    // `word`: what is said with it. Errors become notices.
    void set(const std::vector<ItemId>& items, ReviewStatus status, const QString& word = {});
    void ask_and_send_back(const std::vector<ItemId>& items); // asks for the word first

    // The words of `eyepiece-cli review` that do the same.
    static QStringList arguments(const QString& project, ReviewStatus status, const QStringList& images);

private:
    void register_actions();
    void tell(const ReviewReport& report, ReviewStatus status, const std::vector<ItemId>& asked);
    ItemId next_for(ReviewStatus done) const; // in the list's order, around its end; 0: none waits

    WorkbenchContext& context_;
    ItemListModel& items_;
    QPointer<QWidget> window_;
};

} // namespace eyepiece
