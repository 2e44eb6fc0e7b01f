// SPDX-License-Identifier: GPL-3.0-or-later
// Every table of the shared data opens with the right shape, names and types. Skipped where they are not.
#include "formats/table_files.h"

#include <map>

using namespace eyepiece;
namespace fs = std::filesystem;

namespace {

struct Expected {
    std::size_t rows, columns; // of the shape as the format counts
    std::size_t all_columns;   // with annotations
    const char* first_name;
    const char* last_name;
    // How many of each type: "real 4, categorical 1".
    const char* types;
    std::size_t missing;
};

const std::map<std::string, Expected> expected{
    {"tabular/iris.csv", {150, 5, 5, "column 1", "class", "real 4, categorical 1", 0}},
    {"tabular/wine_data.csv", {178, 14, 14, "column 1", "class", "real 11, integer 2, categorical 1", 0}},
    {"tabular/diabetes_data_raw.csv.gz", {442, 10, 10, "column 1", "column 10", "real 6, integer 4", 0}},
    {"tabular/diabetes_target.csv.gz", {442, 1, 1, "column 1", "column 1", "real 1", 0}},
    {"tabular/digits.csv.gz", {1797, 65, 65, "column 1", "column 65", "integer 65", 0}},
    {"tabular/brown-selected.tab", {186, 81, 81, "alpha 0", "gene", "real 79, text 1, categorical 1", 214}},
    {"tabular/housing.tab", {506, 14, 14, "CRIM", "MEDV", "real 14", 0}},
    {"tabular/zoo.tab", {101, 18, 18, "name", "type", "text 1, categorical 17", 0}},
    {"tabular/glass.arff", {214, 10, 10, "RI", "Type", "real 9, categorical 1", 0}},
    {"tabular/segment-challenge.arff",
     {1500, 20, 20, "region-centroid-col", "class", "real 19, categorical 1", 0}},
    {"single_cell_highdim/flow_cytometry/CFP_Well_A4.fcs", {10000, 16, 16, "HDR-T", "B1-W", "real 16", 0}},
    {"single_cell_highdim/flow_cytometry/RFP_Well_A3.fcs", {10000, 16, 16, "HDR-T", "B1-W", "real 16", 0}},
    {"single_cell_highdim/pbmc3k",
     {2638, 2000, 2007, "nCount_RNA", "HEMGN", "real 2003, integer 3, categorical 1", 0}},
    {"single_cell_highdim/pbmc3k/matrix.mtx.gz",
     {2638, 2000, 2007, "nCount_RNA", "HEMGN", "real 2003, integer 3, categorical 1", 0}},
    {"single_cell_highdim/pbmc3k/genes.tsv", {2000, 1, 1, "column 1", "column 1", "text 1", 0}},
    {"single_cell_highdim/pbmc3k/barcodes.tsv", {2638, 1, 1, "column 1", "column 1", "text 1", 0}},
    {"single_cell_highdim/pbmc3k/cells.csv",
     {2638, 8, 8, "barcode", "UMAP_2", "real 3, integer 3, text 1, categorical 1", 0}},
    {"single_cell_highdim/tabula_muris_sample/train_sample.h5",
     {2000, 4000, 4000, "tma_facs_14301", "tma_facs_12420", "integer 4000", 0}},
    {"single_cell_highdim/tabula_muris_sample/train_label_sample.txt",
     {4000, 2, 2, "column 1", "column 2", "text 1, categorical 1", 0}},
    {"classification/mnist/t10k-images-idx3-ubyte.gz",
     {7000, 784, 784, "[0,0]", "[27,27]", "integer 784", 0}},
    {"classification/mnist/t10k-labels-idx1-ubyte.gz", {7000, 1, 1, "label", "label", "integer 1", 0}},
    {"classification/usps/usps-train-images-idx3-ubyte.gz",
     {7291, 256, 256, "[0,0]", "[15,15]", "integer 256", 0}},
    {"classification/usps/usps-train-labels-idx1-ubyte.gz", {7291, 1, 1, "label", "label", "integer 1", 0}},
    {"classification/usps/usps_train_first2000.h5",
     {2000, 256, 257, "column 1", "target", "real 256, integer 1", 0}},
    {"classification/pneumoniamnist/pneumoniamnist.npz",
     {3882, 784, 785, "[0,0]", "train_labels", "integer 785", 0}},
    {"molecules/delaney-processed.csv",
     {1128, 10, 10, "Compound ID", "smiles", "real 4, integer 4, text 2", 0}},
    {"molecules/Lipophilicity.csv", {4200, 3, 3, "CMPD_CHEMBLID", "smiles", "real 1, text 2", 0}},
    {"molecules/BBBP.csv", {2050, 2, 2, "BBBP", "smiles", "integer 1, text 1", 0}},
    {"molecules/tox21.csv.gz", {8014, 14, 14, "NR-AR", "smiles", "integer 12, text 2", 16595}},
    {"graphs/cora/cora.npz",
     {2708, 1433, 1435, "labels", "column 1433", "real 1433, text 1, categorical 1", 0}},
};

// Only these kinds of file in folders that hold others too.
bool counts(const fs::path& path, const std::string& folder) {
    const std::string name = path.filename().string();
    if (folder == "classification")
        return name.ends_with(".gz") || name.ends_with(".npz") || name.ends_with(".h5");
    if (folder == "molecules")
        return name.find(".csv") != std::string::npos;
    if (folder == "graphs")
        return name.ends_with(".npz");
    return true;
}

} // namespace

class TestSharedTables : public QObject {
    Q_OBJECT

    fs::path data_ = qEnvironmentVariable("EYEPIECE_SHARED_DATA").toStdString();

private Q_SLOTS:
    void opens_data() {
        QTest::addColumn<bool>("there");
        for (const auto& [name, what] : expected)
            QTest::newRow(name.c_str()) << fs::exists(data_ / name);
    }
    void opens() {
        QFETCH(bool, there);
        if (!there)
            QSKIP("The shared data are not there.");
        const std::string name = QTest::currentDataTag();
        const Expected& what = expected.at(name);
        const OpenedTable found = opened(data_ / name);
        const Table& table = found.table;
        QCOMPARE(found.shape, (std::vector<std::size_t>{what.rows, what.columns}));
        QCOMPARE(table.rows(), what.rows);
        QCOMPARE(table.columns(), what.all_columns);
        QCOMPARE(table.name(0), std::string(what.first_name));
        QCOMPARE(table.name(table.columns() - 1), std::string(what.last_name));
        std::map<ColumnType, std::size_t> count;
        std::size_t missing = 0;
        for (std::size_t i = 0; i < table.columns(); ++i)
            ++count[table.type(i)];
        for (const Column& column : table.dense())
            missing += column.missing_count();
        std::string types;
        for (const auto& [type, number] : count)
            types +=
                (types.empty() ? "" : ", ") + std::string(to_string(type)) + " " + std::to_string(number);
        QCOMPARE(types, std::string(what.types));
        QCOMPARE(missing, what.missing);
        // What the command line prints says the same.
        const Json json = describe(found);
        QCOMPARE(json["kind"].get<std::string>(), std::string("table"));
        QCOMPARE(json["columns"].size(), what.all_columns);
        QCOMPARE(json["shape"][0].get<std::size_t>(), what.rows);
    }

    // No file of these folders is left out of the list above.
    void none_is_forgotten() {
        if (!fs::exists(data_ / "tabular"))
            QSKIP("The shared data are not there.");
        for (const char* folder : {"tabular", "single_cell_highdim", "classification", "molecules", "graphs"})
            for (const auto& entry : fs::recursive_directory_iterator(data_ / folder)) {
                if (!entry.is_regular_file() || !counts(entry.path(), folder))
                    continue;
                const std::string name = fs::relative(entry.path(), data_).string();
                QVERIFY2(expected.contains(name),
                         qPrintable(QString::fromStdString(name) + " has no expected shape"));
            }
    }

    // The numbers themselves, where their sources say what they are.
    void values_are_right() {
        if (!fs::exists(data_ / "tabular"))
            QSKIP("The shared data are not there.");
        const auto mean = [](const Column& column) {
            double sum = 0;
            for (std::size_t row = 0; row < column.size(); ++row)
                sum += column.number(row);
            return sum / static_cast<double>(column.size());
        };
        const Table iris = opened(data_ / "tabular/iris.csv").table;
        QVERIFY(std::abs(mean(iris.column(0)) - 5.843333) < 1e-5); // as R's iris says
        QVERIFY(std::abs(mean(iris.column(2)) - 3.758) < 1e-5);
        QCOMPARE(iris.column(4).shown(149), std::string("virginica"));
        const OpenedTable cells = opened(data_ / "single_cell_highdim/pbmc3k");
        QVERIFY(cells.table.sparse());
        QCOMPARE(cells.table.sparse()->stored(), std::size_t(514442));
        QCOMPARE(cells.table.row_names()->shown(0), std::string("AAACATACAACCAC"));
        QCOMPARE(cells.table.sparse()->at(0, 1), 1.6359f); // "2 1 1.6359" in the file
        const Table mnist = opened(data_ / "classification/mnist/t10k-images-idx3-ubyte.gz").table;
        double total = 0;
        for (const Column& column : mnist.dense())
            total += mean(column);
        QVERIFY(total / 784 > 25 && total / 784 < 40); // MNIST's mean gray is 33
    }
};

QTEST_APPLESS_MAIN(TestSharedTables)
#include "test_shared_tables.moc"
