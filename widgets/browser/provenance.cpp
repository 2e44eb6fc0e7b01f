// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/browser/provenance.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QStringList>
#include <cmath>

namespace eyepiece {

namespace {

QString said(const char* text) {
    return QCoreApplication::translate("Provenance", text);
}

QString plain(const std::string& text) {
    return QString::fromStdString(text);
}

} // namespace

QString local_time(const std::string& utc) {
    const QDateTime time = QDateTime::fromString(plain(utc), Qt::ISODate);
    return time.isValid() ? QLocale().toString(time.toLocalTime(), QLocale::ShortFormat) : plain(utc);
}

QString duration_text(double seconds) {
    const auto whole = static_cast<int>(std::lround(seconds));
    const QChar zero('0');
    if (whole < 60)
        return said("%1 s").arg(whole);
    if (whole < 3600)
        return said("%1 min %2 s").arg(whole / 60).arg(whole % 60, 2, 10, zero);
    return said("%1 h %2 min").arg(whole / 3600).arg(whole / 60 % 60, 2, 10, zero);
}

QString provenance_text(const LabelObject& object, const std::vector<LabelWork>& work) {
    QStringList lines;
    QString made;
    if (!object.author.empty())
        made = said("by %1").arg(plain(object.author));
    if (!object.created.empty())
        made += (made.isEmpty() ? "" : ", ") + local_time(object.created);
    if (!made.isEmpty())
        lines << said("Made %1").arg(made);
    QString with;
    if (!object.run.empty())
        with = said("From run %1").arg(plain(object.run));
    if (!object.tool.empty())
        with += with.isEmpty() ? said("With %1").arg(plain(object.tool)) : ", " + plain(object.tool);
    if (object.score >= 0)
        with += (with.isEmpty() ? "" : ", ") +
                said("%1 % sure").arg(static_cast<int>(std::lround(object.score * 100)));
    if (!with.isEmpty())
        lines << with;
    double seconds = 0;
    for (const LabelWork& each : work)
        seconds += each.seconds;
    if (seconds >= 0.5)
        lines << said("%1 of work").arg(duration_text(seconds));
    // Of its maker the first time is in the line above; what came after, and from whom, stands here.
    for (const LabelWork& each : work)
        if (each.author != object.author || (object.edits > 0 && each.last > object.created)) {
            QString line = each.author.empty()
                               ? said("Changed %1").arg(local_time(each.last))
                               : said("Changed by %1, %2").arg(plain(each.author), local_time(each.last));
            if (!each.tool.empty())
                line += ", " + plain(each.tool);
            if (work.size() > 1 && each.seconds >= 0.5)
                line += ", " + duration_text(each.seconds);
            lines << line;
        }
    return lines.join('\n');
}

} // namespace eyepiece
