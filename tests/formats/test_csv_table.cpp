// SPDX-License-Identifier: GPL-3.0-or-later
// What is recognised of a text table, and that each part can be overruled.
#include "formats/table_files.h"

using namespace eyepiece;

class TestCsvTable : public QObject {
    Q_OBJECT

    TableFolder folder_;
    int count_ = 0;

    std::filesystem::path csv(const std::string& text) {
        return folder_.write(std::to_string(++count_) + ".csv", text);
    }

private Q_SLOTS:
    void recognises_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("names");
        QTest::addColumn<QString>("types");
        QTest::addColumn<QString>("column"); // of the first column, as it is shown
        const auto row = [](const char* what, const QByteArray& text, const char* names, const char* types,
                            const char* column) { QTest::newRow(what) << text << names << types << column; };
        row("commas", "a,b\n1,x y\n-2,z\n", "a|b", "integer,text", "1|-2");
        row("CRLF, no end of line", "a,b\r\n1,2\r\n3,4", "a|b", "integer,integer", "1|3");
        row("old Macintosh", "a,b\r1,2\r3,4\r", "a|b", "integer,integer", "1|3");
        row("semicolons and decimal commas", "x;y\n1,5;2\n-2,25;3\n", "x|y", "real,integer", "1.5|-2.25");
        row("decimal commas without names", "1,5;2\n-2,25;3\n", "column 1|column 2", "real,integer",
            "1.5|-2.25");
        row("tabs", "a\tb\n1\t2,5\n3\t4,5\n", "a|b", "integer,real", "1|3");
        row("bars", "a|b\n1|2\n3|4\n", "a|b", "integer,integer", "1|3");
        row("spaces, no names", "  1.5  2\n 3.5   4\n", "column 1|column 2", "real,integer", "1.5|3.5");
        row("row names of R", "a b\nr1 1 2\nr2 3 4\n", "row|a|b", "text,integer,integer", "r1|r2");
        row("index of pandas", ",x\n0,5\n1,6\n", "row|x", "integer,integer", "0|1");
        row("quotes", "a,b\n\"x, \"\"y\"\"\nz\",1\nw,2\n", "a|b", "text,integer", "x, \"y\"\nz|w");
        row("single quotes", "'a','b'\n'x,y','1'\n'z','2'\n", "a|b", "text,integer", "x,y|z");
        row("remarks at the top", "# made by a\n# program\na,b\n1,2\n", "a|b", "integer,integer", "1");
        row("a separator at the end", "a,b,\n1,2,\n3,4,\n", "a|b", "integer,integer", "1|3");
        row("a separator at the end of rows only", "a,b\n1,2,\n3,4,\n", "a|b", "integer,integer", "1|3");
        row("names used twice", "a,a\n1,2\n", "a|a (2)", "integer,integer", "1");
        row("missing", "a,b,c\nNA,1,x\n3,?,\n-,5,NA\n", "a|b|c", "integer,integer,text", "|3|");
        row("booleans", "a,b\ntrue,1\nFALSE,2\n,3\n", "a|b", "boolean,integer", "true|false|");
        row("ISO dates", "d,x\n2024-02-29,1\n2024-03-01 12:30:05.25,2\n", "d|x", "date,integer",
            "2024-02-29|2024-03-01 12:30:05.25");
        row("day first", "d,x\n01/02/2024,1\n13/02/2024,2\n", "d|x", "date,integer", "2024-02-01|2024-02-13");
        row("month first", "d,x\n01/02/2024,1\n02/13/2024,2\n", "d|x", "date,integer",
            "2024-01-02|2024-02-13");
        row("German dates", "d,x\n1.3.2024,1\n2.3.2024,2\n", "d|x", "date,integer", "2024-03-01|2024-03-02");
        row("no such day", "d,x\n2024-02-30,1\n2024-02-28,2\n", "d|x", "text,integer",
            "2024-02-30|2024-02-28");
        row("identifiers keep their zeros", "id,v\n00123,1\n00456,2\n", "id|v", "text,integer",
            "00123|00456");
        row("numbers too long to keep", "id,v\n12345678901234567890,1\n2,2\n", "id|v", "text,integer",
            "12345678901234567890|2");
        row("a fraction comes late", "a,b\n1,1\n2,1\n2.5,1\n", "a|b", "real,integer", "1|2|2.5");
        row("exponents and infinity", "a,b\n1e3,1\ninf,2\n-1.5E-2,3\n", "a|b", "real,integer",
            "1000|inf|-0.015");
        row("repeated texts are categories", "a,b\nx,1\ny,1\nx,1\ny,1\n", "a|b", "categorical,integer",
            "x|y|x|y");
        row("all missing", "a,b\n,1\n,2\n", "a|b", "real,integer", "|");
        row("UTF-8 mark",
            "\xEF\xBB\xBFgr\xC3\xB6\xC3\x9F"
            "e,b\n1,2\n",
            "gr\xC3\xB6\xC3\x9F"
            "e|b",
            "integer,integer", "1");
        row("Latin-1",
            "gr\xF6\xDF"
            "e,b\n1,2\n",
            "gr\xC3\xB6\xC3\x9F"
            "e|b",
            "integer,integer", "1");
        row("Windows-1252", "a,b\n5 \x80,2\n", "a|b", "text,integer", "5 \xE2\x82\xAC");
    }
    void recognises() {
        QFETCH(QByteArray, text);
        QFETCH(QString, names);
        QFETCH(QString, types);
        QFETCH(QString, column);
        const Table table = opened(csv(text.toStdString())).table;
        QCOMPARE(QString::fromStdString(names_of(table)), names);
        QCOMPARE(QString::fromStdString(types_of(table)), types);
        QCOMPARE(QString::fromStdString(shown(table, table.name(0))), column);
    }

    void reads_utf16_with_and_without_mark_data() {
        QTest::addColumn<bool>("big");
        QTest::addColumn<bool>("mark");
        QTest::newRow("little, mark") << false << true;
        QTest::newRow("big, mark") << true << true;
        QTest::newRow("little") << false << false;
        QTest::newRow("big") << true << false;
    }
    void reads_utf16_with_and_without_mark() {
        QFETCH(bool, big);
        QFETCH(bool, mark);
        const std::u16string text = std::u16string(mark ? u"\uFEFF" : u"") + u"größe;𝄞\n1,5;2\n2,5;x\n";
        std::string bytes;
        for (const char16_t unit : text) {
            const char low = static_cast<char>(unit & 0xFF), high = static_cast<char>(unit >> 8);
            bytes += big ? high : low;
            bytes += big ? low : high;
        }
        const OpenedTable found = opened(csv(bytes));
        QCOMPARE(names_of(found.table), std::string("größe|𝄞"));
        QCOMPARE(shown(found.table, "größe"), std::string("1.5|2.5"));
        QCOMPARE(found.facts["encoding"].get<std::string>(), std::string(big ? "utf-16-be" : "utf-16-le"));
        QCOMPARE(found.facts["byte_order_mark"].get<bool>(), mark);
    }

    void says_what_it_took_and_lets_it_be_overruled() {
        const auto path = csv("a;b\n1,5;x\n2,5;y\n");
        const Json facts = opened(path).facts;
        QCOMPARE(facts["separator"].get<std::string>(), std::string("semicolon"));
        QCOMPARE(facts["decimal"].get<std::string>(), std::string("comma"));
        QCOMPARE(facts["header"].get<bool>(), true);
        QCOMPARE(types_of(opened(path, {{"separator", "comma"}}, "csv").table), std::string("integer,text"));
        QCOMPARE(opened(path, {{"header", "no"}}, "csv").table.rows(), std::size_t(3));
        QCOMPARE(types_of(opened(path, {{"types", "a:text,b:categorical"}}, "csv").table),
                 std::string("text,categorical"));
        QCOMPARE(types_of(opened(path, {{"decimal", "point"}}, "csv").table), std::string("text,text"));
        QCOMPARE(opened(path, {{"missing", "x,2"}}, "csv").table.column(1).missing_count(), std::size_t(1));
        QCOMPARE(opened(path, {{"max-rows", 1}}, "csv").table.rows(), std::size_t(1));
        QCOMPARE(shown(opened(csv("w,t\n\",O\nb,O\n"), {{"quote", "none"}}, "csv").table, "w"),
                 std::string("\"|b"));
        QCOMPARE(opened(path, {{"skip-lines", 1}}, "csv").table.rows(), std::size_t(2));
        QCOMPARE(names_of(opened(csv("gr\xF6\xDF"
                                     "e,b\n1,2\n"),
                                 {{"encoding", "latin-1"}}, "csv")
                              .table),
                 std::string("größe|b"));
        const auto dates = csv("d,x\n01/02/2024,1\n03/02/2024,2\n");
        QCOMPARE(types_of(opened(dates).table), std::string("text,integer"));
        QVERIFY(opened(dates).warnings.at(0).find("day or the month") != std::string::npos);
        QCOMPARE(types_of(opened(csv("d,e\n01/02/2024,2024-01-02\n"), {{"dates", "day-first"}}, "csv").table),
                 std::string("date,date"));
        QCOMPARE(shown(opened(dates, {{"dates", "month-first"}}, "csv").table, "d"),
                 std::string("2024-01-02|2024-03-02"));
    }

    // The beginning of the file lets on less than the whole: every later surprise has to give the same table.
    void types_widen_far_behind_the_beginning_data() {
        QTest::addColumn<QString>("usual");
        QTest::addColumn<QString>("late");
        QTest::addColumn<QString>("type");
        QTest::addColumn<bool>("warns");
        QTest::newRow("text among numbers") << "1.5"
                                            << "oops"
                                            << "categorical" << true;
        QTest::newRow("text among whole numbers") << "7"
                                                  << "oops"
                                                  << "categorical" << true;
        QTest::newRow("a zero in front") << "7"
                                         << "007"
                                         << "categorical" << false;
        QTest::newRow("a fraction") << "7"
                                    << "7.25"
                                    << "real" << false;
        QTest::newRow("a large number") << "7"
                                        << "70000000000"
                                        << "integer" << false;
        QTest::newRow("another word") << "true"
                                      << "maybe"
                                      << "categorical" << false;
        QTest::newRow("no date") << "2024-01-01"
                                 << "soon"
                                 << "categorical" << false;
        QTest::newRow("a dash is missing among numbers") << "1"
                                                         << "-"
                                                         << "integer" << false;
        QTest::newRow("not UTF-8") << "abc" << QString::fromUtf8("größe") << "categorical" << true;
    }
    void types_widen_far_behind_the_beginning() {
        QFETCH(QString, usual);
        QFETCH(QString, late);
        QFETCH(QString, type);
        QFETCH(bool, warns);
        constexpr std::size_t rows = 900'000; // several pieces
        std::string text = "v,n\n";
        for (std::size_t i = 0; i < rows; ++i)
            text += (i + 10 == rows ? late.toLatin1().toStdString() : usual.toStdString()) + ",1\n";
        const OpenedTable found = opened(csv(text));
        QCOMPARE(found.table.rows(), rows);
        QCOMPARE(QString::fromUtf8(to_string(found.table.type(0)).data()), type);
        const Column column = found.table.column(0);
        QCOMPARE(QString::fromStdString(column.shown(0)), usual);
        QCOMPARE(QString::fromStdString(column.shown(rows - 10)), late == "-" ? QString() : late);
        QCOMPARE(QString::fromStdString(column.shown(rows - 1)), usual);
        QCOMPARE(!found.warnings.empty(), warns);
    }

    // Rows, quotes and line ends that fall on the edge between two pieces.
    void pieces_join_without_a_seam() {
        std::string text = "id,text,x\r\n";
        std::size_t rows = 0;
        while (text.size() < (9u << 20)) {
            text += std::to_string(rows) + ",\"a\"\"b, ";
            text.append(rows % 97, rows % 2 ? 'x' : '\n');
            text += "é\"," + std::to_string(static_cast<double>(rows) / 4) + "\r\n";
            ++rows;
        }
        const Table table = opened(csv(text)).table;
        QCOMPARE(table.rows(), rows);
        QCOMPARE(types_of(table), std::string("integer,categorical,real"));
        for (std::size_t row = 0; row < rows; ++row) {
            if (table.column(0).number(row) != static_cast<double>(row) ||
                table.column(2).number(row) != static_cast<double>(row) / 4 ||
                table.column(1).shown(row) != "a\"b, " + std::string(row % 97, row % 2 ? 'x' : '\n') + "é")
                QFAIL(qPrintable("row " + QString::number(row)));
        }
    }

    void wide_rows_and_packed_files() {
        std::string text;
        for (int i = 0; i < 20'000; ++i)
            text += (i ? ",g" : "g") + std::to_string(i);
        for (int row = 0; row < 30; ++row) {
            text += "\n";
            for (int i = 0; i < 20'000; ++i)
                text += (i ? "," : "") + std::to_string((i * 7 + row) % 250);
        }
        const Table table = opened(folder_.write_gzip("wide.csv.gz", text)).table;
        QCOMPARE(table.columns(), std::size_t(20'000));
        QCOMPARE(table.rows(), std::size_t(30));
        QCOMPARE(table.column(19'999).number(29), double((19'999 * 7 + 29) % 250));
        QCOMPARE(table.memory(), std::size_t(30 * 20'000)); // bytes stay bytes
    }

    void lists_of_10x_have_no_names_above() {
        const Table genes = opened(folder_.write("genes.tsv", "PPBP\nLYZ\nNA\n")).table;
        QCOMPARE(genes.rows(), std::size_t(3));
    }
};

QTEST_APPLESS_MAIN(TestCsvTable)
#include "test_csv_table.moc"
