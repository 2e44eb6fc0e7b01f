// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <QTranslator>

namespace eyepiece {

// Says texts with a number as one writes them: tr("%n object(s)", nullptr, n) is "1 object" or "7 objects".
// Installed in the application for as long as it lives; a translation into another language is asked first
// when it is installed after this one.
class EYEPIECE_EXPORT EnglishPlurals : public QTranslator {
public:
    explicit EnglishPlurals(QObject* parent = nullptr);
    ~EnglishPlurals() override;
    bool isEmpty() const override { return false; }
    QString translate(const char* context, const char* source, const char* disambiguation,
                      int n) const override;
};

} // namespace eyepiece
