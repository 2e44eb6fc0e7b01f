// SPDX-License-Identifier: GPL-3.0-or-later
// One small file of each format: shape, names, types and values.
#include "core/formats/png_file.h"
#include "formats/table_files.h"

#include <algorithm>
#include <cstdio>

using namespace eyepiece;

namespace {

void put32(std::string& bytes, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(value >> shift & 0xFF);
}

std::string idx(unsigned char type, const std::vector<std::uint32_t>& shape, const std::string& numbers) {
    std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(shape.size())};
    for (const std::uint32_t extent : shape)
        put32(bytes, extent);
    return bytes + numbers;
}

// A flow cytometry file of the given keywords (without those that say where things are) and data.
std::string fcs(const std::string& version, const std::string& keywords, const std::string& data,
                char mark = '/', bool places_in_header = true) {
    std::string text;
    std::size_t begin = 0;
    const auto build = [&](std::size_t from) {
        text = std::string(1, mark) + "$BEGINDATA" + mark + std::to_string(from) + mark + "$ENDDATA" + mark +
               std::to_string(from + data.size() - 1) + mark + keywords;
    };
    build(100'000);
    begin = 256 + text.size() + 10;
    build(begin);
    text.resize(begin - 256, mark);
    text = text.substr(0, text.find_last_not_of(mark) + 2);
    char header[160];
    std::snprintf(header, sizeof header, "FCS%s    %8d%8d%8d%8d%8d%8d", version.c_str(), 256,
                  static_cast<int>(256 + text.size() - 1), places_in_header ? static_cast<int>(begin) : 0,
                  places_in_header ? static_cast<int>(begin + data.size() - 1) : 0, 0, 0);
    std::string bytes(header, 58);
    bytes.resize(256, ' ');
    bytes += text;
    bytes.resize(begin, ' ');
    return bytes + data;
}

std::string floats(const std::vector<float>& values, bool big) {
    std::string bytes;
    for (const float value : values) {
        char raw[4];
        std::memcpy(raw, &value, 4);
        if (big)
            std::reverse(raw, raw + 4);
        bytes.append(raw, 4);
    }
    return bytes;
}

} // namespace

class TestTableFiles : public QObject {
    Q_OBJECT

    TableFolder folder_;

private Q_SLOTS:
    void idx_arrays() {
        const auto images =
            folder_.write_gzip("images-idx3-ubyte.gz",
                               idx(0x08, {2, 2, 3}, std::string("\0\1\2\3\4\5\6\7\x08\x09\x0a\xff", 12)));
        const OpenedTable found = opened(images);
        QCOMPARE(found.format, std::string("idx"));
        QCOMPARE(found.type, std::string("uint8"));
        QCOMPARE(found.shape, (std::vector<std::size_t>{2, 6}));
        QCOMPARE(found.facts["array_shape"].dump(), std::string("[2,2,3]"));
        QCOMPARE(names_of(found.table), std::string("[0,0]|[0,1]|[0,2]|[1,0]|[1,1]|[1,2]"));
        QCOMPARE(shown(found.table, "[1,2]"), std::string("5|255"));
        // Big endian, as the format has it, and signed.
        const auto shorts =
            folder_.write("shorts", idx(0x0B, {2, 2}, std::string("\0\1\xff\xfe\1\0\0\0", 8)));
        QCOMPARE(shown(opened(shorts).table, "column 1"), std::string("1|256"));
        QCOMPARE(shown(opened(shorts).table, "column 2"), std::string("-2|0"));
        const auto doubles =
            folder_.write("doubles", idx(0x0E, {1, 1}, std::string("\xbf\xf8\0\0\0\0\0\0", 8)));
        QCOMPARE(shown(opened(doubles).table, "column 1"), std::string("-1.5"));
        const auto labels = folder_.write("labels-idx1-ubyte", idx(0x08, {3}, "\1\2\3"));
        QCOMPARE(names_of(opened(labels).table), std::string("label"));
    }

    void numpy_arrays() {
        QCOMPARE(shown(opened(fixture("plain.npy")).table, "column 2"), std::string("0.25|0.75|1.25"));
        QCOMPARE(opened(fixture("plain.npy")).type, std::string("float64"));
        // Column-major, three dimensions: element [1,2,3] of arange(24).reshape(2, 3, 4) is 23.
        const OpenedTable fortran = opened(fixture("fortran.npy"));
        QCOMPARE(fortran.shape, (std::vector<std::size_t>{2, 12}));
        for (std::size_t i = 0; i < 12; ++i)
            QCOMPARE(fortran.table.column(i).number(1), 12.0 + static_cast<double>(i));
        QCOMPARE(shown(fortran.table, "[2,3]"), std::string("11|23"));
        QCOMPARE(shown(opened(fixture("big_endian.npy")).table, "column 2"), std::string("-2|70000"));
        const Table half = opened(fixture("half.npy")).table;
        QCOMPARE(shown(half, "column 1"), std::string("0.5|"));
        QCOMPARE(shown(half, "column 2"), std::string("-2|65504"));
        QCOMPARE(shown(opened(fixture("text.npy")).table, "value"), std::string("a|ä|𝄞x|a"));
        QCOMPARE(shown(opened(fixture("dates.npy")).table, "value"), std::string("2024-02-29||1969-12-31"));
        const Table records = opened(fixture("records.npy")).table;
        QCOMPARE(types_of(records), std::string("integer,real,text,boolean"));
        QCOMPARE(shown(records, "id"), std::string("1|-3"));
        QCOMPARE(shown(records, "value"), std::string("2.5|"));
        QCOMPARE(shown(records, "name"), std::string("x|yz"));
        QVERIFY(refusal(fixture("objects.npy")).contains("Python objects"));
        QCOMPARE(opened(fixture("plain.npy"), {{"max-rows", 2}}, "npy").table.rows(), std::size_t(2));
    }

    void numpy_archives() {
        const OpenedTable found = opened(fixture("arrays.npz"));
        QCOMPARE(found.facts["array"].get<std::string>(), std::string("images"));
        QCOMPARE(found.facts["arrays"].size(), std::size_t(5));
        QCOMPARE(found.shape, (std::vector<std::size_t>{3, 8}));
        QCOMPARE(shown(found.table, "[3,1]"), std::string("7|15|23"));
        QCOMPARE(shown(found.table, "labels"), std::string("owl|cat|dog"));
        QCOMPARE(found.table.role(found.table.at("labels")), ColumnRole::Target);
        QCOMPARE(found.table.role(found.table.at("names")), ColumnRole::Annotation);
        QCOMPARE(opened(fixture("arrays.npz"), {{"lists", "leave"}}, "npz").table.columns(), std::size_t(8));
        QCOMPARE(names_of(opened(fixture("arrays.npz"), {{"array", "other"}}, "npz").table),
                 std::string("other"));
        TableOptions wrong;
        wrong.format = "npz";
        wrong.set = {{"array", "nothing"}};
        QVERIFY(refusal(fixture("arrays.npz"), wrong).contains("images, labels"));
        for (const char* name : {"scipy_csr.npz", "scipy_csc.npz"}) {
            const Table sparse = opened(fixture(name)).table;
            QVERIFY(sparse.sparse());
            QCOMPARE(sparse.sparse()->stored(), std::size_t(5));
            QCOMPARE(shown(sparse, "column 1"), std::string("0|2|0|0"));
            QCOMPARE(shown(sparse, "column 2"), std::string("1.5|0|0|4"));
            QCOMPARE(shown(sparse, "column 3"), std::string("0|0|3|5"));
            QCOMPARE(shown(opened(fixture(name), {{"max-rows", 2}}, "npz").table, "column 1"),
                     std::string("0|2"));
        }
    }

    void matrix_market() {
        const std::string text = "%%MatrixMarket matrix coordinate real general\n% a remark\n3 2 4\n"
                                 "3 1 2.5\n1 1 1\n1 2 -4e1\n2 2 7\n";
        const Table plain = opened(folder_.write("m.mtx", text)).table;
        QCOMPARE(plain.rows(), std::size_t(3));
        QCOMPARE(shown(plain, "column 1"), std::string("1|0|2.5"));
        QCOMPARE(shown(plain, "column 2"), std::string("-40|7|0"));
        const Table turned =
            opened(folder_.write_gzip("m.mtx.gz", text), {{"orientation", "columns"}}, "10x").table;
        QCOMPARE(turned.rows(), std::size_t(2));
        QCOMPARE(shown(turned, "column 3"), std::string("2.5|0"));
        const Table symmetric =
            opened(folder_.write("s.mtx",
                                 "%%MatrixMarket matrix coordinate integer symmetric\n2 2 2\n1 1 3\n2 1 5\n"))
                .table;
        QCOMPARE(shown(symmetric, "column 2"), std::string("5|0"));
        const Table pattern =
            opened(folder_.write("p.mtx",
                                 "%%MatrixMarket matrix coordinate pattern general\r\n2 2 1\r\n2 1\r\n"))
                .table;
        QCOMPARE(shown(pattern, "column 1"), std::string("0|1"));
        const Table dense =
            opened(folder_.write("d.mtx", "%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n"))
                .table;
        QCOMPARE(shown(dense, "column 1"), std::string("1|2"));
        QCOMPARE(shown(dense, "column 2"), std::string("3|4"));
    }

    void folders_of_10x() {
        folder_.write_gzip("tenx/matrix.mtx.gz",
                           "%%MatrixMarket matrix coordinate integer general\n3 2 3\n1 1 5\n3 1 1\n2 2 4\n");
        folder_.write_gzip(
            "tenx/features.tsv.gz",
            "ENSG1\tPPBP\tGene Expression\nENSG2\tNA\tGene Expression\nENSG3\t\"CD\"3D\tGene Expression\n");
        folder_.write_gzip("tenx/barcodes.tsv.gz", "AAAC-1\nAAAG-1\n");
        folder_.write("tenx/cells.csv", "barcode,type\nAAAG-1,T\nAAAC-1,B\n");
        for (const char* what : {"tenx", "tenx/matrix.mtx.gz"}) {
            const OpenedTable found = opened(folder_.place() / what);
            QCOMPARE(found.shape, (std::vector<std::size_t>{2, 3}));
            QCOMPARE(names_of(found.table), std::string("type|PPBP|NA|\"CD\"3D"));
            QCOMPARE(shown(found.table, "type"), std::string("B|T"));
            QCOMPARE(found.table.role(0), ColumnRole::Annotation);
            QCOMPARE(shown(found.table, "NA"), std::string("0|4"));
            QCOMPARE(found.table.row_names()->shown(1), std::string("AAAG-1"));
        }
        QCOMPARE(
            names_of(
                opened(folder_.place() / "tenx", {{"feature-names", "id"}, {"cells", "leave"}}, "10x").table),
            std::string("ENSG1|ENSG2|ENSG3"));
        folder_.write_gzip("tenx/barcodes.tsv.gz", "AAAC-1\n");
        QVERIFY(refusal(folder_.place() / "tenx").contains("does not fit together"));
    }

    void arff() {
        const auto path = folder_.write(
            "w.arff", "% remark\n@RELATION 'my data'\n\n@attribute 'a b' NUMERIC\n@attribute n integer\n"
                      "@attribute s string\n@attribute d date \"yyyy-MM-dd\"\n"
                      "@attribute class {yes, 'not at all', 'it\\'s'}\n@data\n"
                      "1.5, 2, 'x, y', 2024-01-02, yes\n?,?,?,?,?\n-1e2,4,\"z\",\"2024-01-03\",'not at all'\n"
                      "0,1,w,2024-01-04,'it\\'s', {5}\n");
        const OpenedTable found = opened(path);
        QCOMPARE(found.facts["relation"].get<std::string>(), std::string("my data"));
        QCOMPARE(names_of(found.table), std::string("a b|n|s|d|class"));
        QCOMPARE(types_of(found.table), std::string("real,integer,text,date,categorical*"));
        QCOMPARE(shown(found.table, "a b"), std::string("1.5||-100|0"));
        QCOMPARE(shown(found.table, "s"), std::string("x, y||z|w"));
        QCOMPARE(shown(found.table, "class"), std::string("yes||not at all|it's"));
        QCOMPARE(found.table.column(4).categories().size(), std::size_t(3));
        const Table sparse =
            opened(
                folder_.write("s.arff",
                              "@relation x\n@attribute a numeric\n@attribute b {x,y}\n@attribute s string\n"
                              "@data\n{0 5, 2 \"q r\"}\n{1 y}\n{}\n"))
                .table;
        QCOMPARE(shown(sparse, "a"), std::string("5|0|0"));
        QCOMPARE(shown(sparse, "b"), std::string("x|y|x"));
        QCOMPARE(shown(sparse, "s"), std::string("q r||"));
    }

    void orange() {
        const Table table =
            opened(folder_.write("o.tab", "name\tage\tsex\tbmi\tskip\tcolour\n"
                                          "string\tcontinuous\tm f\tc\tc\td\nmeta\t\tclass\t\ti\t\n"
                                          "ann\t30\tf\t?\t1\tdark\\ red\nbob\t\tm\t2.5\t2\tblue\n"))
                .table;
        QCOMPARE(names_of(table), std::string("name|age|sex|bmi|colour"));
        QCOMPARE(types_of(table), std::string("text!,real,categorical*,real,categorical"));
        QCOMPARE(shown(table, "age"), std::string("30|"));
        QCOMPARE(shown(table, "bmi"), std::string("|2.5"));
        QCOMPARE(table.column(2).categories(), (Column::Categories{"m", "f"}));
        const Table one =
            opened(folder_.write("p.tab", "mS#name\tC#x\tcD#y\ti#z\na\t1\tu\t0\nb\t2\tv\t0\n")).table;
        QCOMPARE(names_of(one), std::string("name|x|y"));
        QCOMPARE(types_of(one), std::string("text!,real,categorical*"));
        // A .tab of others is a plain table.
        QCOMPARE(opened(folder_.write("q.tab", "a\tb\n1\t2\n3\t4\n")).format, std::string("tsv"));
    }

    void scikit_learn() {
        const OpenedTable found =
            opened(folder_.write("flowers.csv", "3,2,round,long\n1.5,2,0\n2.5,4,1\n3.5,6,1\n"));
        QCOMPARE(found.format, std::string("scikit-learn"));
        QCOMPARE(names_of(found.table), std::string("column 1|column 2|class"));
        QCOMPARE(types_of(found.table), std::string("real,integer,categorical*"));
        QCOMPARE(shown(found.table, "class"), std::string("round|long|long"));
        QVERIFY(refusal(folder_.write("f.csv", "4,2,round,long\n1.5,2,0\n2.5,4,1\n")).contains("has 2"));
        QVERIFY(refusal(folder_.write("g.csv", "2,2,round,long\n1.5,2,0\n2.5,4,7\n")).contains("class 7"));
        // Numbers above numbers are plain data.
        QCOMPARE(opened(folder_.write("h.csv", "3,2,1\n1,2,0\n")).format, std::string("csv"));
    }

    void flow_cytometry_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("first");
        QTest::addColumn<QString>("second");
        const auto row = [](const char* what, const std::string& bytes, const char* first,
                            const char* second) {
            QTest::newRow(what) << QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size())) << first
                                << second;
        };
        const std::string two = "$PAR/2/$TOT/2/$MODE/L/$NEXTDATA/0/$P1N/FSC-A/$P2N/FL1/$P2S/CD3/";
        const std::string real = "$P1B/32/$P2B/32/$P1R/1024/$P2R/1024/$P1E/0,0/$P2E/0,0/$DATATYPE/F/";
        row("floats, little endian",
            fcs("3.1", two + real + "$BYTEORD/1,2,3,4/", floats({1.5f, 2, -3, 4}, false)), "1.5|-3", "2|4");
        row("floats, big endian",
            fcs("3.0", two + real + "$BYTEORD/4,3,2,1/", floats({1.5f, 2, -3, 4}, true)), "1.5|-3", "2|4");
        row("places in the keywords",
            fcs("3.0", two + real + "$BYTEORD/4,3,2,1/", floats({1.5f, 2, -3, 4}, true), '/', false),
            "1.5|-3", "2|4");
        row("a value with the mark in it",
            fcs("3.0", two + real + "$BYTEORD/4,3,2,1/$CYT/a//b/", floats({1, 2, 3, 4}, true)), "1|3", "2|4");
        row("an empty value", fcs("3.0", two + real + "$OP//$BYTEORD/4,3,2,1/", floats({1, 2, 3, 4}, true)),
            "1|3", "2|4");
        const std::string whole = "$DATATYPE/I/$P1E/0,0/$P2E/0,0/";
        row("16 bits, masked by the range",
            fcs("2.0", two + whole + "$P1B/16/$P2B/16/$P1R/1024/$P2R/65536/$BYTEORD/2,1/",
                std::string("\xf4\1\1\0\0\5\0\7", 8)),
            "1|5", "256|7");
        row("8 and 24 bits",
            fcs("3.0", two + whole + "$P1B/8/$P2B/24/$P1R/256/$P2R/16777216/$BYTEORD/1,2,3,4/",
                std::string("\1\2\0\1\xff\1\0\0", 8)),
            "1|255", "65538|1");
        row("packed 10 bits",
            fcs("2.0", two + whole + "$P1B/10/$P2B/10/$P1R/1024/$P2R/1024/$BYTEORD/4,3,2,1/",
                std::string("\x00\x40\x20\x0c\x04", 5)),
            "1|3", "2|4");
        row("logarithmic channels",
            fcs("2.0", two + "$DATATYPE/I/$P1E/4,1/$P2E/4,0/$P1B/16/$P2B/16/$P1R/4/$P2R/4/$BYTEORD/2,1/",
                std::string("\0\0\0\1\0\2\0\3", 8)),
            "1|100", "10|1000");
        row("text numbers",
            fcs("2.0", two + "$DATATYPE/A/$P1E/0,0/$P2E/0,0/$P1B/4/$P2B/3/$P1R/1024/$P2R/1024/$BYTEORD/1,2/",
                "   1  2  30  4"),
            "1|30", "2|4");
        row("without the number of events",
            fcs("2.0",
                "$PAR/2/$MODE/L/$P1N/FSC-A/$P2N/FL1/$P2S/CD3/" + whole +
                    "$P1B/8/$P2B/8/$P1R/256/$P2R/256/$BYTEORD/1,2/",
                "\1\2\3\4"),
            "1|3", "2|4");
    }
    void flow_cytometry() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, first);
        QFETCH(QString, second);
        const auto path = folder_.write("f.fcs", bytes.toStdString());
        const OpenedTable found = opened(path);
        QCOMPARE(found.format, std::string("fcs"));
        QCOMPARE(names_of(found.table), std::string("FSC-A|FL1"));
        QCOMPARE(QString::fromStdString(shown(found.table, "FSC-A")), first);
        QCOMPARE(QString::fromStdString(shown(found.table, "FL1")), second);
        QCOMPARE(names_of(opened(path, {{"names", "marker"}}, "fcs").table), std::string("FSC-A|CD3"));
    }

    void flow_cytometry_is_compensated() {
        // What was mixed with the spillover matrix comes back: (10, 0) and (0, 20) through [1 0.1; 0.2 1].
        const auto path =
            folder_.write("c.fcs", fcs("3.1",
                                       "$PAR/2/$TOT/2/$MODE/L/$NEXTDATA/0/$P1N/A/$P2N/B/$P1B/32/$P2B/32/$P1R/"
                                       "9/$P2R/9/$P1E/0,0/$P2E/0,0/"
                                       "$DATATYPE/F/$BYTEORD/1,2,3,4/$SPILLOVER/2,A,B,1,0.1,0.2,1/",
                                       floats({10, 1, 4, 20}, false)));
        QVERIFY(opened(path).facts["spillover"].get<bool>());
        const Table table = opened(path, {{"compensate", true}}, "fcs").table;
        QVERIFY(std::abs(table.column(0).number(0) - 10) < 1e-5 &&
                std::abs(table.column(1).number(0)) < 1e-5);
        QVERIFY(std::abs(table.column(0).number(1)) < 1e-5 &&
                std::abs(table.column(1).number(1) - 20) < 1e-5);
    }

    void anndata_of_all_layouts_data() {
        QTest::addColumn<bool>("sparse");
        QTest::addColumn<QString>("annotations");
        const QString now = "type|count|share|note|good|maybe|X_umap 1|X_umap 2";
        QTest::newRow("anndata_csr.h5ad") << true << now;
        QTest::newRow("anndata_csc.h5ad") << true << now;
        QTest::newRow("anndata_dense.h5ad") << false << now;
        QTest::newRow("anndata_07.h5ad") << true << "type|count";
        QTest::newRow("anndata_06.h5ad") << true << "type|count";
    }
    void anndata_of_all_layouts() {
        QFETCH(bool, sparse);
        QFETCH(QString, annotations);
        const OpenedTable found = opened(fixture(QTest::currentDataTag()));
        const Table& table = found.table;
        QCOMPARE(found.format, std::string("h5ad"));
        QCOMPARE(found.shape, (std::vector<std::size_t>{4, 3}));
        QCOMPARE(table.sparse() != nullptr, sparse);
        QCOMPARE(shown(table, "g1"), std::string("0|2|0|0"));
        QCOMPARE(shown(table, "g2"), std::string("1.5|0|0|4"));
        QCOMPARE(shown(table, "g3"), std::string("0|0|3|5"));
        QCOMPARE(shown(table, "type"), std::string("B|T||B"));
        QCOMPARE(table.column(table.at("type")).categories(), (Column::Categories{"B", "NK", "T"}));
        QCOMPARE(shown(table, "count"), std::string("10|20|30|40"));
        QCOMPARE(table.row_names()->shown(3), std::string("c4"));
        for (const QString& name : annotations.split('|'))
            QCOMPARE(table.role(table.at(name.toStdString())), ColumnRole::Annotation);
        QCOMPARE(table.columns(), std::size_t(3 + annotations.split('|').size()));
        if (annotations.contains("maybe")) {
            QCOMPARE(shown(table, "share"), std::string("0.5||0.25|1"));
            QCOMPARE(shown(table, "note"), std::string("a|b|c|d"));
            QCOMPARE(shown(table, "good"), std::string("true|false|true|true"));
            QCOMPARE(shown(table, "maybe"), std::string("1||3|4"));
            QCOMPARE(shown(table, "X_umap 2"), std::string("1|3|5|7"));
            const auto path = fixture(QTest::currentDataTag());
            QCOMPARE(shown(opened(path, {{"matrix", "layers/counts"}}, "h5ad").table, "g2"),
                     std::string("3|0|0|8"));
            QCOMPARE(names_of(opened(path, {{"matrix", "obsm/X_umap"}}, "h5ad").table).substr(0, 17),
                     std::string("X_umap 1|X_umap 2"));
        }
        const NumericMatrix matrix = numeric_matrix(table);
        QCOMPARE(matrix.names, (std::vector<std::string>{"g1", "g2", "g3"}));
        QCOMPARE(matrix.values, (std::vector<float>{0, 1.5f, 0, 2, 0, 0, 0, 0, 3, 0, 4, 5}));
    }

    void hdf5_tables() {
        const OpenedTable tenx = opened(fixture("tenx.h5"));
        QCOMPARE(tenx.shape, (std::vector<std::size_t>{4, 3}));
        QCOMPARE(names_of(tenx.table), std::string("PPBP|LYZ|CD3D"));
        QCOMPARE(shown(tenx.table, "LYZ"), std::string("1|0|0|4"));
        QCOMPARE(tenx.table.row_names()->shown(0), std::string("AAAC-1"));
        const OpenedTable fixed = opened(fixture("pandas_fixed.h5"));
        QCOMPARE(names_of(fixed.table), std::string("b|a|c|when"));
        QCOMPARE(types_of(fixed.table), std::string("real,integer,real,date"));
        QCOMPARE(shown(fixed.table, "b"), std::string("1.5|2.5|"));
        QCOMPARE(shown(fixed.table, "when"), std::string("2024-01-01||2024-03-01 12:00:00"));
        QCOMPARE(fixed.table.row_names()->shown(2), std::string("r3"));
        QVERIFY(fixed.warnings.at(0).find("\"note\"") != std::string::npos);
        const OpenedTable levels = opened(fixture("pandas_levels.h5"));
        QCOMPARE(names_of(levels.table), std::string("nose x|nose y|tail x|tail y"));
        QCOMPARE(shown(levels.table, "tail x"), std::string("2|6"));
        const Table turned = opened(fixture("pandas_levels.h5"), {{"transpose", true}}, "hdf5").table;
        QCOMPARE(turned.rows(), std::size_t(4));
        QCOMPARE(turned.column(1).number(3), 7.0);
        const OpenedTable arrays = opened(fixture("arrays.h5"));
        QCOMPARE(arrays.facts["dataset"].get<std::string>(), std::string("train/data"));
        QCOMPARE(arrays.facts["datasets"].size(), std::size_t(5));
        QCOMPARE(arrays.shape, (std::vector<std::size_t>{4, 3}));
        QCOMPARE(shown(arrays.table, "column 3"), std::string("2|5|8|11"));
        QCOMPARE(shown(arrays.table, "target"), std::string("0|1|0|1"));
        QCOMPARE(shown(arrays.table, "names"), std::string("a|b|c|d"));
        QCOMPARE(shown(arrays.table, "flags"), std::string("true|false|true|true"));
        QCOMPARE(opened(fixture("arrays.h5"), {{"dataset", "/test/data"}}, "hdf5").table.rows(),
                 std::size_t(2));
        QCOMPARE(opened(fixture("arrays.h5"), {{"transpose", true}, {"lists", "leave"}}, "hdf5").table.rows(),
                 std::size_t(3));
        const Table records = opened(fixture("records.h5")).table;
        QCOMPARE(types_of(records), std::string("integer,real,text"));
        QCOMPARE(shown(records, "name"), std::string("u|v"));
    }

    void objects_of_a_label_image() {
        Image labels = Image::create(PixelType::UInt16, 1, 6, 10),
              image = Image::create(PixelType::UInt8, 1, 6, 10);
        auto ids = labels.writable_plane_as<std::uint16_t>(0);
        auto gray = image.writable_plane_as<std::uint8_t>(0);
        std::fill(ids.begin(), ids.end(), std::uint16_t{0});
        for (std::size_t i = 0; i < 60; ++i) {
            gray[i] = static_cast<std::uint8_t>(i);
            const std::size_t x = i % 10, y = i / 10;
            if (x >= 1 && x < 4 && y >= 1 && y < 3)
                ids[i] = 1;
            if (x == 8)
                ids[i] = 2;
        }
        write_png(folder_.place() / "labels.png", labels);
        write_png(folder_.place() / "gray.png", image);
        const auto path = folder_.place() / "labels.png";
        const Table shapes = opened(path, Json::object(), "measurements").table;
        QCOMPARE(shapes.rows(), std::size_t(2));
        QCOMPARE(shown(shapes, "area [px²]"), std::string("6|6"));
        QCOMPARE(shown(shapes, "x [px]"), std::string("2.5|8.5"));
        QCOMPARE(shown(shapes, "height [px]"), std::string("2|6"));
        QCOMPARE(shapes.role(shapes.at("x [px]")), ColumnRole::Annotation);
        QVERIFY(shapes.column(shapes.at("eccentricity")).number(1) > 0.98);
        const Table full =
            opened(path, {{"image", (folder_.place() / "gray.png").string()}}, "measurements").table;
        QCOMPARE(shown(full, "mean 1"), std::string("17|33")); // of 11 12 13 21 22 23; 8 18 ... 58
        QCOMPARE(shown(full, "minimum 1"), std::string("11|8"));
        QCOMPARE(shown(full, "maximum 1"), std::string("23|58"));
        QVERIFY(std::abs(full.column(full.at("sd 1")).number(0) - 5.549775) < 1e-5);
        QVERIFY(!is_table(path)); // an image unless asked
    }

    void every_reader_has_its_declaration() {
        TableReaderRegistry readers("importer");
        register_table_readers(readers);
        const Json list = table_readers_json(readers);
        QVERIFY(list.size() >= 12);
        for (const Json& entry : list) {
            QVERIFY(!entry["help"].get<std::string>().empty());
            QVERIFY(!entry["extensions"].empty());
        }
        QVERIFY(!is_table(folder_.write("picture.png", "\x89PNG\r\n\x1a\n")));
        QVERIFY(!is_table(folder_.write("notes.md", "# a, b\n")));
        QVERIFY(!is_table(folder_.place()));
        QVERIFY(!is_table(folder_.place() / "nothing.csv"));
        QVERIFY(is_table(fixture("tenx.h5")));
    }
};

QTEST_APPLESS_MAIN(TestTableFiles)
#include "test_table_files.moc"
