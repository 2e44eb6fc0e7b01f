// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/english_plurals.h"

#include <QCoreApplication>

namespace eyepiece {

EnglishPlurals::EnglishPlurals(QObject* parent) : QTranslator(parent) {
    QCoreApplication::installTranslator(this);
}

EnglishPlurals::~EnglishPlurals() {
    QCoreApplication::removeTranslator(this);
}

QString EnglishPlurals::translate(const char*, const char* source, const char*, int n) const {
    if (n < 0 || !source)
        return {}; // as it is written
    QString text = QString::fromUtf8(source);
    if (!text.contains(QLatin1String("(s)")))
        return {};
    return text.replace(QLatin1String("(s)"), n == 1 ? QString() : QStringLiteral("s"));
}

} // namespace eyepiece
