// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/english_plurals.h"

#include <QTest>

using namespace eyepiece;

class TestPlurals : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void numbers_are_said_as_one_writes_them() {
        {
            const EnglishPlurals plurals;
            QCOMPARE(tr("%n object(s) found", nullptr, 1), QString("1 object found"));
            QCOMPARE(tr("%n object(s) found", nullptr, 0), QString("0 objects found"));
            QCOMPARE(tr("%n object(s) in %1 place(s)", nullptr, 7).arg(2), QString("7 objects in 2 places"));
            QCOMPARE(tr("Object(s)"), QString("Object(s)")); // no number is said
            QCOMPARE(tr("%n px", nullptr, 3), QString("3 px"));
        }
        QCOMPARE(tr("%n object(s) found", nullptr, 1), QString("1 object(s) found"));
    }
};

QTEST_GUILESS_MAIN(TestPlurals)
#include "test_plurals.moc"
