// SPDX-License-Identifier: GPL-3.0-or-later
// Damaged, lying and huge files are refused in one sentence that names the file, or read in bounded memory.
#include "formats/table_files.h"

#include <chrono>
#include <sys/resource.h>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

std::string npy_header(const std::string& descr, const std::string& shape) {
    std::string text = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
    text.resize(117, ' ');
    text += '\n';
    return std::string("\x93NUMPY\x01\x00", 8) + std::string("\x76\x00", 2) + text;
}

// A file that claims a size that it does not have on disk.
fs::path grown(const fs::path& path, std::uintmax_t size) {
    fs::resize_file(path, size);
    return path;
}

long peak_megabytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

} // namespace

class TestHostileTables : public QObject {
    Q_OBJECT

    TableFolder folder_;

private Q_SLOTS:
    void refuses_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("says");
        const auto row = [](const char* name, const std::string& bytes, const char* says) {
            QTest::newRow(name) << name << QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size()))
                                << says;
        };
        row("empty.csv", "", "is empty");
        row("blank.csv", "\n\n", "it has no rows");
        row("names.csv", "a,b\n", "only a line of column names");
        row("zeros.csv", std::string("a,b\n1,\0\n", 8), "line 2 holds binary data");
        row("long.csv", "a,b\n1,2\n1,2,3\n", "line 3 has 3 fields where the first line has 2");
        row("short.csv", "a,b\n1,2\n1\n", "short-rows=fill");
        row("quote.csv", "a,b\n1,\"2\n3,4\n",
            "line 2 opens a quote that is never closed: close it, or set quote=none");
        row("cut.csv.gz", std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b\xd4", 12),
            "the packed data end in the middle");
        row("bad.csv.gz", std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\xff\xff\xff\xff\xff\xff", 16),
            "cannot be unpacked");
        row("huge-idx3", std::string("\0\0\x08\x03\xff\0\0\0\0\0\1\0\0\0\1\0", 16), "bytes of numbers");
        row("none-idx1", std::string("\0\0\x08\x01\0\0\0\0", 8), "an extent in its header is 0");
        row("liar.npy", npy_header("<f8", "(99999999999, 9)"), "more than the file can hold");
        row("over.npy", npy_header("<f8", "(99999999999999, 99999999999999)"), "impossible size");
        row("odd.npy", npy_header("<f8", "(3, x)"), "a shape that is none");
        row("type.npy", npy_header("<c16", "(3,)"), "complex numbers");
        row("head.npy", "\x93NUMPY\x01", "bytes of the numbers of the array");
        row("no.npz", "PK\x03\x04 nothing", "no zip archive");
        row("claim.mtx", "%%MatrixMarket matrix coordinate real general\n3 3 999999999999\n1 1 1\n",
            "more than the file can hold");
        row("few.mtx", "%%MatrixMarket matrix coordinate real general\n3 3 3\n1 1 1\n2 2 2\n",
            "holds 2 of the 3 values");
        row("many.mtx", "%%MatrixMarket matrix coordinate real general\n3 3 1\n1 1 1\n2 2 2\n",
            "more values than the 1");
        row("out.mtx", "%%MatrixMarket matrix coordinate real general\n3 3 1\n4 1 1\n",
            "lies outside of its 3 x 3");
        row("word.mtx", "%%MatrixMarket matrix coordinate real general\n3 3 1\n1 1 x\n",
            "line 3 has no number");
        row("size.mtx", "%%MatrixMarket matrix coordinate real general\n", "ends before its size");
        row("value.arff", "@relation x\n@attribute b {x,y}\n@data\nz\n", "line 4 has the value \"z\"");
        row("text.arff", "@relation x\n@attribute a numeric\n@data\nfoo\n",
            "has \"foo\" in line 4 of column \"a\", which is not a number");
        row("few.arff", "@relation x\n@attribute a numeric\n@attribute b numeric\n@data\n1\n",
            "1 values for 2 attributes");
        row("nodata.arff", "@relation x\n@attribute a numeric\n", "it has no @data");
        row("sparse.arff", "@relation x\n@attribute a numeric\n@data\n{7 1}\n", "has an index that is none");
        row("garbage.fcs", "FCS3.0" + std::string(200, '\xe5'), "has no number where");
        row("short.fcs", "FCS3.0    " + std::string(48, ' ') + std::string(10, 'x'),
            "does not say where its text is");
        row("no.h5", std::string("\x89HDF\r\n\x1a\n", 8) + std::string(200, 'x'), "no HDF5 file");
        row("no.h5ad", std::string("\x89HDF\r\n\x1a\n", 8) + std::string(200, 'x'), "no HDF5 file");
        row("poem.xyz", "Roses are red\n", "name its format");
    }
    void refuses() {
        QFETCH(QString, name);
        QFETCH(QByteArray, bytes);
        QFETCH(QString, says);
        const auto path = folder_.write(name.toStdString(), bytes.toStdString());
        const QString sentence = refusal(path);
        QVERIFY2(sentence.contains(says), qPrintable(sentence));
        QVERIFY2(sentence.contains("\"" + name + "\""), qPrintable(sentence));
        QVERIFY2(sentence.endsWith('.') && !sentence.contains('\n'), qPrintable(sentence));
    }

    void refuses_what_the_settings_rule_out() {
        TableOptions options;
        options.format = "csv";
        const auto path = folder_.write("t.csv", "a,b\n1,2\noops,3\n");
        options.set = {{"types", "a:real"}};
        const QString sentence = refusal(path, options);
        QVERIFY2(sentence.contains("\"oops\" in line 3 of column \"a\", which is not a number"),
                 qPrintable(sentence));
        options.set = {{"types", "c:real"}};
        QVERIFY(refusal(path, options).contains("no column \"c\""));
        options.set = {{"types", "a:number"}};
        QVERIFY(refusal(path, options).contains("real, integer, text"));
        options.set = {{"encoding", "utf-8"}};
        QVERIFY(refusal(folder_.write("l.csv", "gr\xF6\xDF"
                                               "e,b\n1,2\n"),
                        options)
                    .contains("not UTF-8"));
        options.set = {{"separater", "comma"}};
        QVERIFY(refusal(path, options).contains("nearest is \"separator\""));
        options.format = "paper";
        QVERIFY(refusal(path, options).contains("no importer named"));
        QVERIFY(refusal(folder_.place() / "gone.csv").contains("does not exist"));
    }

    // Files cut at many places, and with bytes changed: a sentence or a table, never a crash or a hang.
    void cut_and_changed_files_data() {
        QTest::addColumn<QString>("name");
        for (const char* name :
             {"plain.npy", "records.npy", "arrays.npz", "scipy_csc.npz", "anndata_csr.h5ad",
              "anndata_06.h5ad", "tenx.h5", "pandas_fixed.h5", "arrays.h5"})
            QTest::newRow(name) << name;
    }
    void cut_and_changed_files() {
        QFETCH(QString, name);
        const std::string whole = bytes_of(fixture(name.toStdString()));
        QVERIFY(whole.size() > 100);
        TableOptions options;
        options.memory_limit = 1u << 28;
        int refused = 0;
        for (int part = 1; part < 10; ++part) {
            const auto path =
                folder_.write("cut_" + name.toStdString(),
                              whole.substr(0, whole.size() * static_cast<std::size_t>(part) / 10));
            const QString sentence = refusal(path, options);
            refused += !sentence.isEmpty();
            if (!sentence.isEmpty())
                QVERIFY2(sentence.contains("cut_" + name), qPrintable(sentence));
        }
        QCOMPARE(refused, 9);
        // HDF5's own library (1.10) reads past its heap when a byte of one is changed, whoever calls it: only
        // formats of which every byte is read here are changed.
        if (!name.endsWith(".npy") && !name.endsWith(".npz"))
            return;
        std::uint32_t random = 12345;
        for (int trial = 0; trial < 150; ++trial) {
            std::string bytes = whole;
            for (int change = 0; change < 4; ++change) {
                random = random * 1664525u + 1013904223u;
                bytes[(random >> 8) % bytes.size()] = static_cast<char>(random);
            }
            refusal(folder_.write("changed_" + name.toStdString(), bytes), options); // must come back
        }
    }

    void huge_files_are_refused_or_read_in_bounded_memory_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("head");
        QTest::addColumn<QString>("says");
        QTest::newRow("csv") << "huge.csv" << QByteArray("a,b\n1,2\n") << "holds binary data";
        QTest::newRow("arff") << "huge.arff" << QByteArray("@relation x\n@attribute a numeric\n@data\n1\n")
                              << "huge.arff";
        QTest::newRow("mtx") << "huge.mtx"
                             << QByteArray("%%MatrixMarket matrix coordinate real general\n3 3 9\n1 1 1\n")
                             << "huge.mtx";
        const std::string head = npy_header("<f8", "(13421770, 100)");
        QTest::newRow("npy") << "huge.npy" << QByteArray(head.data(), static_cast<qsizetype>(head.size()))
                             << "max-rows";
    }
    void huge_files_are_refused_or_read_in_bounded_memory() {
        QFETCH(QString, name);
        QFETCH(QByteArray, head);
        QFETCH(QString, says);
        const auto path =
            grown(folder_.write(name.toStdString(), head.toStdString()), std::uintmax_t{10} << 30);
        TableOptions options;
        options.memory_limit = std::size_t{1} << 30;
        const QString sentence = refusal(path, options);
        QVERIFY2(sentence.contains(says), qPrintable(sentence));
        QVERIFY2(peak_megabytes() < 2500, qPrintable(QString::number(peak_megabytes()) + " MB"));
        fs::remove(path);
    }

    void rows_of_a_huge_array_can_be_had() {
        const auto path =
            grown(folder_.write("rows.npy", npy_header("<f8", "(13421770, 100)")), std::uintmax_t{10} << 30);
        const Table table = opened(path, {{"max-rows", 1000}}, "npy").table;
        QCOMPARE(table.rows(), std::size_t(1000));
        fs::remove(path);
    }

    // 300 MB of the same digit in 300 kB: one endless row.
    void bombs_do_not_fill_the_memory() {
        const auto path = folder_.write_gzip("bomb.csv.gz", std::string(300u << 20, '1'));
        QVERIFY(fs::file_size(path) < (1u << 20));
        const QString sentence = refusal(path);
        QVERIFY2(sentence.contains("does not end within"), qPrintable(sentence));
        // A table that unpacks to more than may be used is stopped on the way.
        std::string rows = "a,b\n";
        while (rows.size() < (60u << 20))
            rows += "123456.5,1234567\n";
        TableOptions options;
        options.memory_limit = 8u << 20;
        const QString stopped = refusal(folder_.write_gzip("rows.csv.gz", rows), options);
        QVERIFY2(stopped.contains("max-rows"), qPrintable(stopped));
    }

    void a_cancel_is_obeyed() {
        std::string text = "a,b\n";
        while (text.size() < (9u << 20))
            text += "1,2\n";
        const auto path = folder_.write("long.csv", text);
        TableReaderRegistry readers("importer");
        register_table_readers(readers);
        QuietJob job;
        job.cancel = true;
        try {
            open_table(readers, path, {}, job);
            QFAIL("not cancelled");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Cancelled);
        }
    }
};

QTEST_APPLESS_MAIN(TestHostileTables)
#include "test_hostile_tables.moc"
