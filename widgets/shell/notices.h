// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QObject>
#include <QString>
#include <functional>

namespace eyepiece {

class Error;

// A word to the user that does not stop the work: what happened, to what, and what to do.
struct Notice {
    enum class Kind { Info, Good, Look, Bad };
    Kind kind = Kind::Info;
    QString text;
    QString action = {}; // a button that does something about it; may be empty
    std::function<void()> handler = {};
    QString topic = {}; // a newer notice of the same topic takes the older one's place
};

// Where any part of the window says something; the bar under the top bar shows it. Info and Good go by
// themselves after a while, Look and Bad stay until they are closed or dealt with.
class EYEPIECE_EXPORT Notices : public QObject {
    Q_OBJECT
public:
    explicit Notices(QObject* parent = nullptr) : QObject(parent) {}
    void show(const Notice& notice) { Q_EMIT shown(notice); }
    void show(Notice::Kind kind, const QString& text) { show(Notice{kind, text}); }
    void show_error(const std::exception& error, const QString& topic = {}); // nothing for Error(Cancelled)
    void withdraw(const QString& topic) { Q_EMIT withdrawn(topic); }

Q_SIGNALS:
    void shown(const eyepiece::Notice& notice);
    void withdrawn(const QString& topic);
};

} // namespace eyepiece
