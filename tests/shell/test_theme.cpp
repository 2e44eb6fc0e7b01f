// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/project/classes.h"
#include "widgets/theme/theme.h"

#include <QDir>
#include <QPainter>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QTemporaryFile>
#include <QTest>
#include <algorithm>

using namespace eyepiece;

class TestTheme : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void text_is_readable_on_every_ground() {
        const Tokens tokens = Tokens::load();
        for (bool dark : {false, true}) {
            for (Token text :
                 {Token::Text, Token::Muted, Token::Accent, Token::Good, Token::Look, Token::Bad})
                for (Token ground : {Token::Ground, Token::Surface, Token::Raised}) {
                    const double ratio = contrast_ratio(tokens.color(text, dark), tokens.color(ground, dark));
                    QVERIFY2(ratio >= 4.5, qPrintable(QStringLiteral("%1 on %2, %3: %4")
                                                          .arg(token_name(text), token_name(ground),
                                                               dark ? "dark" : "light")
                                                          .arg(ratio)));
                }
            for (Token text : {Token::Text, Token::Muted, Token::Accent})
                QVERIFY(contrast_ratio(tokens.color(text, dark), tokens.color(Token::AccentGround, dark)) >=
                        4.5);
            QVERIFY(contrast_ratio(tokens.color(Token::OnAccent, dark), tokens.color(Token::Accent, dark)) >=
                    4.5);
        }
    }

    void contrast_is_what_wcag_says() {
        QCOMPARE(contrast_ratio(Qt::black, Qt::white), 21.0);
        QCOMPARE(contrast_ratio(Qt::white, Qt::white), 1.0);
        QVERIFY(std::abs(contrast_ratio(QColor(0x77, 0x77, 0x77), Qt::white) - 4.48) <
                0.01); // the known border case
    }

    void class_colours_are_the_projects() {
        const Theme theme;
        for (int i = 0; i < 10; ++i) {
            const Rgb expected = default_class_color(static_cast<std::size_t>(i));
            QCOMPARE(theme.class_color(i), QColor(expected[0], expected[1], expected[2]));
        }
    }

    void damaged_token_files_are_refused() {
        QTemporaryFile file;
        QVERIFY(file.open());
        file.write("{\"dark\": {\"ground\": \"#000000\"}}");
        file.close();
        QVERIFY_EXCEPTION_THROWN(Tokens::load(file.fileName()), Error);
        QVERIFY_EXCEPTION_THROWN(Tokens::load(QStringLiteral("/nowhere.json")), Error);
    }

    void style_sheet_leaves_no_token_open() {
        const Tokens tokens = Tokens::load();
        QFile file(QStringLiteral(":/themes/style.qss"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QString sheet = QString::fromUtf8(file.readAll());
        sheet = sheet.mid(sheet.indexOf("QWidget {")); // the comment before explains the @names
        QVERIFY(!tokens.filled_in(sheet, true).contains('@'));
        QCOMPARE(tokens.filled_in(QStringLiteral("@accent-ground @accent"), true),
                 QStringLiteral("#1f3a52 #5aa9e6"));
    }

    void switching_is_told_and_changes_colours() {
        Theme theme;
        theme.set_mode(ThemeMode::Light);
        QSignalSpy changed(&theme, &Theme::changed);
        const QColor light = theme.color(Token::Ground);
        theme.toggle();
        QCOMPARE(changed.size(), 1);
        QVERIFY(theme.dark());
        QVERIFY(theme.color(Token::Ground).lightness() < light.lightness());
        theme.toggle();
        QCOMPARE(theme.color(Token::Ground), light);
    }

    void every_icon_draws_in_the_current_colour() {
        Theme theme;
        theme.set_mode(ThemeMode::Light);
        const QStringList files = QDir(QStringLiteral(":/icons")).entryList({QStringLiteral("*.svg")});
        QVERIFY(files.size() > 50);
        for (const QString& file : files) {
            QVERIFY2(QSvgRenderer(":/icons/" + file).isValid(), qPrintable(file));
            if (file == u"eyepiece.svg")
                continue; // the program's own, in its own colours
            const QString name = file.chopped(4);
            const QImage image = theme.pixmap(name, Qt::red, 20, 1).toImage();
            int red = 0, other = 0;
            for (int y = 0; y < image.height(); ++y)
                for (int x = 0; x < image.width(); ++x)
                    if (const QColor c = image.pixelColor(x, y); c.alpha() > 200)
                        (c.red() > 200 && c.green() < 60 ? red : other)++;
            QVERIFY2(red > 0 && other == 0,
                     qPrintable(QStringLiteral("%1: %2 red, %3 other").arg(name).arg(red).arg(other)));
        }
    }

    void icons_are_sharp_at_twice_the_size_and_follow_the_theme() {
        Theme theme;
        theme.set_mode(ThemeMode::Light);
        const QIcon icon = theme.icon(QStringLiteral("brush"), Token::Text);
        const QPixmap twice = icon.pixmap(QSize(20, 20), 2.0);
        QCOMPARE(twice.size(), QSize(40, 40));
        const auto darkest = [](const QPixmap& pixmap) {
            int best = 255;
            const QImage image = pixmap.toImage();
            for (int y = 0; y < image.height(); ++y)
                for (int x = 0; x < image.width(); ++x)
                    if (image.pixelColor(x, y).alpha() == 255)
                        best = std::min(best, image.pixelColor(x, y).lightness());
            return best;
        };
        QVERIFY(darkest(twice) < 60);
        theme.set_mode(ThemeMode::Dark);
        QVERIFY(darkest(icon.pixmap(QSize(20, 20), 2.0)) > 150); // the same QIcon
        QVERIFY(theme.icon(QStringLiteral("no-such-icon")).isNull());
    }
};

QTEST_MAIN(TestTheme)
#include "test_theme.moc"
