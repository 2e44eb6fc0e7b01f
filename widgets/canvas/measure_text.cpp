// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/canvas/measure_text.h"

#include "widgets/canvas/furniture.h"

#include <QCoreApplication>
#include <QLocale>
#include <cmath>

namespace eyepiece {

namespace {

bool known(const PixelSize& size) {
    return size.x > 0 && size.y > 0;
}

QString unit_of(const PixelSize& size) {
    if (!known(size))
        return QStringLiteral("px");
    const QString unit = QString::fromStdString(size.unit);
    return unit == u"um" || unit == u"micron" ? QStringLiteral("µm") : unit;
}

// Whole pixels as they are; lengths with three digits, as many as a hand can draw.
QString number(double value, bool whole) {
    const double size = std::abs(value);
    if (whole || size >= 100)
        return value_text(std::round(value), PixelType::UInt32);
    return QLocale::c().toString(value, 'f', size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

const QChar space(0xa0); // a number and its unit stay on one line

} // namespace

QString objects_text(int count) {
    return count == 1 ? QCoreApplication::translate("eyepiece", "1 object")
                      : QCoreApplication::translate("eyepiece", "%1 objects").arg(number(count, true));
}

QString length_text(double dx, double dy, const PixelSize& size) {
    const bool units = known(size);
    const double length = units ? std::hypot(dx * size.x, dy * size.y) : std::hypot(dx, dy);
    return number(length, !units) + space + unit_of(size);
}

QString size_text(double width, double height, const PixelSize& size) {
    const bool units = known(size);
    return QStringLiteral("%1 × %2").arg(number(units ? width * size.x : width, !units),
                                         number(units ? height * size.y : height, !units)) +
           space + unit_of(size);
}

QString volume_text(double voxels, const PixelSize& size) {
    if (!known(size) || size.z <= 0)
        return QCoreApplication::translate("eyepiece", "%1 voxels").arg(number(voxels, true));
    return number(voxels * size.x * size.y * size.z, false) + space + unit_of(size) + QChar(0xb3);
}

QString area_text(double area, const PixelSize& size) {
    if (!known(size))
        return number(area, true) + space + QStringLiteral("px");
    return number(area * size.x * size.y, false) + space + unit_of(size) + QChar(0xb2);
}

} // namespace eyepiece
