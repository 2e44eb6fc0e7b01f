// SPDX-License-Identifier: GPL-3.0-or-later
// Tables in HDF5: AnnData (.h5ad), 10x Genomics' counts (.h5), pandas' frames (format "fixed"), records, and
// plain arrays, of which the largest is taken unless one is named.
#include "core/formats/h5ad_file.h"
#include "core/formats/table_formats.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

namespace eyepiece {
namespace {

// ---- pandas: axis0 are the columns, axis1 the rows, block0, block1, ... the values of some columns each.

std::vector<std::string> as_texts(const Column& column) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < column.size(); ++i)
        texts.push_back(column.shown(i));
    return texts;
}

// The labels of an axis; of several levels, joined: "snout x".
std::vector<std::string> axis_labels(const Hdf5File& file, const std::string& axis) {
    if (file.is_dataset(axis)) {
        if (file.text_attribute(axis, "kind").value_or("").starts_with("datetime")) {
            auto nanoseconds = file.integers(axis);
            for (std::int64_t& value : nanoseconds)
                value /= 1000;
            return as_texts(Column::dates(axis, std::move(nanoseconds)));
        }
        return as_texts(file.column(axis, axis));
    }
    std::vector<std::string> labels;
    for (int level = 0; file.is_dataset(axis + "_level" + std::to_string(level)); ++level) {
        const std::string number = std::to_string(level);
        const auto names = as_texts(file.column(axis + "_level" + number, axis));
        const auto codes = file.integers(axis + "_label" + number);
        // A level that is the same for all says nothing.
        const bool constant =
            std::all_of(codes.begin(), codes.end(), [&](auto code) { return code == codes.front(); });
        labels.resize(codes.size());
        for (std::size_t i = 0; i < codes.size(); ++i) {
            if (codes[i] < 0 || codes[i] >= static_cast<std::int64_t>(names.size()) || constant)
                continue;
            labels[i] += (labels[i].empty() ? "" : " ") + names[static_cast<std::size_t>(codes[i])];
        }
    }
    if (labels.empty())
        throw file.bad("is damaged: the frame has no labels \"" + axis + "\".");
    return labels;
}

bool is_pandas_frame(const Hdf5File& file, const std::string& group) {
    const auto has_axis = [&](const char* axis) {
        return file.is_dataset(group + "/" + axis) || file.is_dataset(group + "/" + axis + "_level0");
    };
    return has_axis("axis0") && has_axis("axis1") && file.is_dataset(group + "/block0_values");
}

// Nanoseconds since 1970, as pandas has them; its "not a time" is the lowest number.
Column as_dates(const Column& column) {
    std::vector<std::int64_t> values(column.size());
    Column::Missing missing(column.size());
    const auto* whole = std::get_if<std::vector<std::int64_t>>(&column.values());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::int64_t value = whole ? (*whole)[i] : static_cast<std::int64_t>(column.number(i));
        missing[i] = value == std::numeric_limits<std::int64_t>::min();
        values[i] = missing[i] ? 0 : value / 1000;
    }
    return Column::dates(column.name(), std::move(values), std::move(missing));
}

// Rows become columns: of numbers only.
Table transposed(const Table& table) {
    const std::size_t rows = table.rows(), columns = table.columns();
    std::vector<std::vector<float>> values(rows, std::vector<float>(columns));
    std::vector<float> strip(rows);
    TextValues names;
    for (std::size_t column = 0; column < columns; ++column) {
        table.dense()[column].numbers(0, strip);
        for (std::size_t row = 0; row < rows; ++row)
            values[row][column] = strip[row];
        names.push_back(table.name(column));
    }
    std::vector<Column> result;
    for (std::size_t row = 0; row < rows; ++row)
        result.push_back(Column::reals(table.row_names()->shown(row), std::move(values[row])));
    Table turned(std::move(result));
    turned.set_row_names(Column::text("row", std::move(names)));
    return turned;
}

OpenedTable read_pandas(const Hdf5File& file, const std::string& group, bool transpose, JobContext& context) {
    const std::string place = group + "/";
    const auto names = axis_labels(file, place + "axis0");
    const auto rows = axis_labels(file, place + "axis1");
    std::map<std::string, std::vector<std::size_t>> positions; // the names need not differ
    for (std::size_t i = names.size(); i-- > 0;)
        positions[names[i]].push_back(i);
    OpenedTable opened;
    std::vector<std::optional<Column>> found(names.size());
    std::string type;
    for (int block = 0; file.is_dataset(place + "block" + std::to_string(block) + "_values"); ++block) {
        const std::string stem = place + "block" + std::to_string(block);
        const std::string values = stem + "_values";
        const auto items = axis_labels(file, stem + "_items");
        const Hdf5Info info = file.info(values);
        if (info.kind != Hdf5Info::Kind::Number) {
            std::string list;
            for (std::size_t i = 0; i < std::min<std::size_t>(items.size(), 5); ++i)
                list += (i ? ", \"" : "\"") + items[i] + "\"";
            opened.warnings.push_back(std::to_string(items.size()) +
                                      (items.size() == 1 ? " column of Python objects was left out ("
                                                         : " columns of Python objects were left out (") +
                                      list + (items.size() > 5 ? ", ..." : "") +
                                      "): save them as numbers or categories, or the frame as CSV.");
            continue;
        }
        const auto [height, width] = as_matrix(info.shape, file.path());
        // "transposed" says that the block was turned to lie as rows x columns.
        const auto turned = file.integers_attribute(values, "transposed");
        const bool as_rows =
            width == items.size() && (height != items.size() || turned.empty() || turned.front());
        if ((as_rows ? height : width) != rows.size() || (as_rows ? width : height) != items.size())
            throw file.bad("is damaged: a block of the frame \"" + group + "\" does not fit its labels.");
        type = type.empty() || type == info.type_name() ? info.type_name() : "table";
        auto columns = file.columns(values, items, !as_rows, [&](double fraction) {
            context.throw_if_cancelled();
            context.progress(fraction, "Reading the frame");
        });
        const bool dates = file.text_attribute(values, "value_type").value_or("").starts_with("datetime");
        for (std::size_t i = 0; i < items.size(); ++i) {
            auto& places = positions[items[i]];
            if (places.empty())
                throw file.bad("is damaged: the frame \"" + group + "\" has a block with an unknown column.");
            Column column = std::move(columns[i]);
            if (dates)
                column = as_dates(column);
            found[places.back()] = std::move(column);
            places.pop_back();
        }
    }
    std::vector<Column> columns;
    for (auto& column : found)
        if (column)
            columns.push_back(std::move(*column));
    if (columns.empty())
        throw file.bad("has no columns of numbers in the frame \"" + group + "\".");
    opened.type = type;
    Table table(std::move(columns));
    TextValues labels;
    for (const std::string& label : rows)
        labels.push_back(label);
    table.set_row_names(Column::text("row", std::move(labels)));
    opened.table = transpose ? transposed(table) : std::move(table);
    opened.facts["dataset"] = group;
    opened.facts["kind_of_dataset"] = "pandas frame";
    return opened;
}

// ---- 10x Genomics: a group "matrix" (or the genome's name) of compressed columns, features x cells.

std::string tenx_group(const Hdf5File& file) {
    for (const std::string& name : file.children(""))
        if (file.is_group(name) && file.is_dataset(name + "/barcodes") && file.is_dataset(name + "/indptr") &&
            file.is_dataset(name + "/indices") && file.is_dataset(name + "/data") &&
            file.is_dataset(name + "/shape"))
            return name;
    return {};
}

OpenedTable read_tenx(const Hdf5File& file, const std::string& group, JobContext& context) {
    const auto shape = file.integers(group + "/shape");
    if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1 || shape[0] > 0xFFFFFFF0ll)
        throw file.bad("is damaged: its shape is impossible.");
    const auto genes = static_cast<std::size_t>(shape[0]), cells = static_cast<std::size_t>(shape[1]);
    context.progress(0.1, "Reading the cells");
    OpenedTable opened;
    // Compressed columns of features x cells are compressed rows of cells x features.
    SparseMatrix matrix = read_sparse_group(file, group, cells, genes, false);
    const std::string names_path = file.is_dataset(group + "/features/name") ? group + "/features/name"
                                   : file.is_dataset(group + "/gene_names")  ? group + "/gene_names"
                                                                             : group + "/genes";
    auto names = file.texts(names_path);
    TextValues barcodes;
    for (const std::string& barcode : file.texts(group + "/barcodes"))
        barcodes.push_back(barcode);
    if (names.size() != genes || barcodes.size() != cells)
        throw file.bad("does not fit together: " + std::to_string(names.size()) + " names for " +
                       std::to_string(genes) + " genes, " + std::to_string(barcodes.size()) +
                       " barcodes for " + std::to_string(cells) + " cells.");
    opened.shape = {cells, genes};
    opened.type = file.info(group + "/data").type_name();
    opened.facts["dataset"] = group;
    opened.facts["kind_of_dataset"] = "10x counts";
    opened.table.set_row_names(Column::text("barcode", std::move(barcodes)));
    opened.table.set_sparse(std::make_shared<const SparseMatrix>(std::move(matrix)), std::move(names));
    return opened;
}

// ---- Records and plain arrays.

OpenedTable read_records(const Hdf5File& file, const std::string& path) {
    OpenedTable opened;
    std::vector<Column> columns;
    if (file.info(path).shape.size() != 1)
        throw file_error(ErrorCode::Unsupported, file.path(),
                         "holds records in several dimensions in \"" + path + "\".");
    for (const Hdf5Member& member : file.fields(path))
        if (member.info.kind == Hdf5Info::Kind::Number || member.info.kind == Hdf5Info::Kind::Text)
            columns.push_back(categories_if_repeated(file.column(path, member.name, member.name)));
        else
            opened.warnings.push_back("The field \"" + member.name +
                                      "\" was left out: it holds neither single numbers nor text.");
    if (columns.empty())
        throw file.bad("has no numbers or texts in the records of \"" + path + "\".");
    opened.type = "table";
    opened.table = Table(std::move(columns));
    return opened;
}

OpenedTable read_array(const Hdf5File& file, const std::string& path, const std::vector<std::string>& all,
                       bool transpose, bool add_lists, JobContext& context) {
    const Hdf5Info info = file.info(path);
    OpenedTable opened;
    std::vector<Column> columns;
    std::size_t rows = 0;
    const std::string name = path.substr(path.rfind('/') + 1);
    opened.type = info.type_name();
    opened.facts["array_shape"] = info.shape;
    if (info.kind == Hdf5Info::Kind::Text || info.shape.size() < 2) {
        columns.push_back(categories_if_repeated(file.column(path, name)));
        rows = columns.front().size();
    } else {
        auto [height, width] = as_matrix(info.shape, file.path());
        if (transpose && info.shape.size() != 2)
            throw file.bad("cannot be transposed: \"" + path + "\" has more than two dimensions.");
        if (transpose)
            std::swap(height, width);
        if (width > 5'000'000)
            throw file_error(ErrorCode::Unsupported, file.path(), "has more than 5 million values in a row.");
        auto names =
            transpose ? element_names({width}) : element_names({info.shape.begin() + 1, info.shape.end()});
        columns = file.columns(path, names, transpose, [&](double fraction) {
            context.throw_if_cancelled();
            context.progress(fraction, "Reading the array");
        });
        rows = height;
    }
    opened.shape = {rows, columns.size()};
    // Lists with a value for each row, in the same group, become columns beside it.
    const std::string group = path.substr(0, path.size() - name.size());
    for (const std::string& other : all) {
        if (!add_lists || other == path || other.substr(0, other.rfind('/') + 1) != group)
            continue;
        const Hdf5Info beside = file.info(other);
        const bool usable = beside.kind == Hdf5Info::Kind::Number || beside.kind == Hdf5Info::Kind::Text;
        if (!usable || beside.shape.empty() || beside.shape.front() != rows ||
            beside.count() != static_cast<double>(rows) || columns.size() == 1)
            continue;
        const std::string title = other.substr(other.rfind('/') + 1);
        columns.push_back(categories_if_repeated(file.column(other, title)).with_role(role_by_name(title)));
    }
    opened.table = Table(std::move(columns));
    return opened;
}

Json datasets_json(const Hdf5File& file, const std::vector<std::string>& all) {
    Json list = Json::array();
    for (const std::string& path : all) {
        const Hdf5Info info = file.info(path);
        list.push_back({{"name", path}, {"shape", info.shape}, {"type", info.type_name()}});
    }
    return list;
}

// What was asked for, else the largest; "" when there is none.
std::string choose(const Hdf5File& file, const std::vector<std::string>& all, const std::string& wanted) {
    if (!wanted.empty()) {
        const std::string plain = wanted.starts_with('/') ? wanted.substr(1) : wanted;
        if (file.is_dataset(plain))
            return plain;
        std::string known;
        for (std::size_t i = 0; i < std::min<std::size_t>(all.size(), 20); ++i)
            known += (i ? ", " : "") + all[i];
        throw file_error(ErrorCode::NotFound, file.path(),
                         "has no dataset \"" + wanted + "\". It has: " + known + ".");
    }
    std::string best;
    double most = 0;
    for (const std::string& path : all) {
        const Hdf5Info info = file.info(path);
        const bool usable = info.kind == Hdf5Info::Kind::Number || info.kind == Hdf5Info::Kind::Record;
        if (usable && !info.shape.empty() && info.count() > most) {
            most = info.count();
            best = path;
        }
    }
    if (best.empty())
        for (const std::string& path : all)
            if (const Hdf5Info info = file.info(path);
                info.kind == Hdf5Info::Kind::Text && info.shape.size() == 1)
                best = path;
    return best;
}

bool has_signature(const std::string& head) {
    // The signature may lie behind a block of the user's, of 512 bytes or a power of two more.
    const std::string signature = "\x89HDF\r\n\x1a\n";
    for (std::size_t at = 0; at + 8 <= head.size(); at = at == 0 ? 512 : at * 2)
        if (head.compare(at, 8, signature) == 0)
            return true;
    return false;
}

class AnnDataReader final : public TableReader {
public:
    std::vector<std::string> extensions() const override { return {".h5ad"}; }
    bool recognises(const std::filesystem::path& path, const std::string& head) const override {
        if (!has_signature(head))
            return false;
        if (name_ends(path, {".h5ad"}))
            return true;
        try {
            return is_anndata(Hdf5File(path));
        } catch (const Error&) {
            return false; // the next reader says what is wrong
        }
    }
    OpenedTable read(const std::filesystem::path& path, const Json& set, const TableOptions& options,
                     JobContext& context) const override {
        const Hdf5File file(path, options.memory_limit);
        if (!is_anndata(file))
            throw file.bad("is no AnnData file: it has not X, obs and var; open it as hdf5.");
        return read_anndata(file, set["matrix"].get<std::string>(), context);
    }
};

class Hdf5Reader final : public TableReader {
public:
    std::vector<std::string> extensions() const override { return {".h5", ".hdf5", ".hdf", ".he5"}; }
    bool recognises(const std::filesystem::path&, const std::string& head) const override {
        return has_signature(head);
    }

    OpenedTable read(const std::filesystem::path& path, const Json& set, const TableOptions& options,
                     JobContext& context) const override {
        const Hdf5File file(path, options.memory_limit);
        std::string wanted = set["dataset"].is_null() ? std::string() : set["dataset"].get<std::string>();
        while (wanted.starts_with('/'))
            wanted.erase(0, 1);
        const bool transpose = set["transpose"].get<bool>();
        const auto all = file.datasets();
        OpenedTable opened = read_chosen(file, wanted, all, transpose, set["lists"] == "add", context);
        opened.facts["datasets"] = datasets_json(file, all);
        return opened;
    }

private:
    static OpenedTable read_chosen(const Hdf5File& file, const std::string& wanted,
                                   const std::vector<std::string>& all, bool transpose, bool add_lists,
                                   JobContext& context) {
        if (wanted.empty())
            if (const std::string group = tenx_group(file); !group.empty())
                return read_tenx(file, group, context);
        if (!wanted.empty() && is_pandas_frame(file, wanted))
            return read_pandas(file, wanted, transpose, context);
        if (wanted.empty())
            for (const std::string& dataset : all)
                if (dataset.ends_with("/block0_values"))
                    if (const std::string group = dataset.substr(0, dataset.rfind('/'));
                        is_pandas_frame(file, group))
                        return read_pandas(file, group, transpose, context);
        const std::string chosen = choose(file, all, wanted);
        if (chosen.empty())
            throw file.bad("has no dataset with numbers or text in it.");
        OpenedTable opened = file.info(chosen).kind == Hdf5Info::Kind::Record
                                 ? read_records(file, chosen)
                                 : read_array(file, chosen, all, transpose, add_lists, context);
        opened.facts["dataset"] = chosen;
        opened.facts["kind_of_dataset"] = "array";
        return opened;
    }
};

} // namespace

void register_hdf5_readers(TableReaderRegistry& readers) {
    readers.add(
        {.name = "h5ad",
         .title = "AnnData",
         .help =
             "Cells x genes with their annotations, of any AnnData version; sparse where it is stored so.",
         .parameters = {text_parameter("matrix", "X", "Matrix",
                                       "X, raw, layers/NAME or obsm/NAME: which of the matrices is read.")},
         .make = [] { return std::make_unique<AnnDataReader>(); }});
    readers.add(
        {.name = "hdf5",
         .title = "HDF5",
         .help = "10x counts, pandas frames (format fixed), records, or an array with the lists beside it.",
         .parameters = {text_parameter("dataset", nullptr, "Dataset",
                                       "Path of the array or frame; automatic: the largest array."),
                        boolean_parameter(
                            "transpose", false, "Transpose",
                            "Takes the columns as the items, as frames of genes x cells ask for."),
                        choice_parameter("lists", "add", {"add", "leave"}, "Lists beside it",
                                         "Arrays of the same group with one value a row become columns.")},
         .make = [] { return std::make_unique<Hdf5Reader>(); }});
}

} // namespace eyepiece
