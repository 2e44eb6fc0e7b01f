// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/h5ad_file.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace eyepiece {
namespace {

// obs or var: an index and columns.
struct Frame {
    std::vector<std::string> index;
    std::vector<Column> columns;
    std::vector<std::string> problems; // columns that were left out, and why
};

Column coded(const Hdf5File& file, const std::string& name, const std::vector<std::int64_t>& codes,
             Column::Categories categories) {
    std::vector<std::int32_t> values;
    values.reserve(codes.size());
    for (const std::int64_t code : codes) {
        if (code >= static_cast<std::int64_t>(categories.size()))
            throw file.bad("is damaged: the column \"" + name + "\" has a category without a name.");
        values.push_back(code < 0 ? -1 : static_cast<std::int32_t>(code));
    }
    return Column::categorical(name, std::move(values), std::move(categories));
}

// Names of categories, which may be numbers.
Column::Categories categories_of(const Hdf5File& file, const std::string& path) {
    const Column column = file.column(path, path);
    Column::Categories names;
    for (std::size_t i = 0; i < column.size(); ++i)
        names.push_back(column.shown(i));
    return names;
}

// Values with a mask: nullable integers, booleans and strings of newer pandas.
Column masked(const Hdf5File& file, const std::string& path, const std::string& name) {
    const Column values = file.column(path + "/values", name);
    const auto mask = file.integers(path + "/mask");
    if (mask.size() != values.size())
        throw file.bad("is damaged: the column \"" + name + "\" has a mask of another length.");
    Column::Missing missing(mask.size());
    for (std::size_t i = 0; i < mask.size(); ++i)
        missing[i] = mask[i] != 0;
    if (values.type() == ColumnType::Boolean) {
        std::vector<std::uint8_t> flags(values.size());
        for (std::size_t i = 0; i < flags.size(); ++i)
            flags[i] = values.number(i) == 1;
        return Column::booleans(name, std::move(flags), std::move(missing));
    }
    if (values.type() == ColumnType::Integer) {
        std::vector<std::int64_t> whole(values.size());
        for (std::size_t i = 0; i < whole.size(); ++i)
            whole[i] = static_cast<std::int64_t>(values.number(i));
        return Column::integers(name, std::move(whole), std::move(missing));
    }
    if (values.type() == ColumnType::Text) {
        TextValues texts;
        for (std::size_t i = 0; i < values.size(); ++i)
            texts.push_back(values.shown(i));
        return Column::text(name, std::move(texts), std::move(missing));
    }
    std::vector<double> reals(values.size());
    values.numbers(0, reals);
    for (std::size_t i = 0; i < reals.size(); ++i)
        if (missing[i])
            reals[i] = std::numeric_limits<double>::quiet_NaN();
    return Column::reals(name, std::move(reals));
}

Column group_column(const Hdf5File& file, const std::string& frame, const std::string& name) {
    const std::string path = frame + "/" + name;
    if (file.is_group(path)) {
        if (file.is_dataset(path + "/codes"))
            return coded(file, name, file.integers(path + "/codes"),
                         categories_of(file, path + "/categories"));
        if (file.is_dataset(path + "/values") && file.is_dataset(path + "/mask"))
            return masked(file, path, name);
        throw file_error(ErrorCode::Unsupported, file.path(),
                         "has the column \"" + name + "\" in a form that is not known.");
    }
    // 0.7: codes, with the names in another dataset that an attribute points to.
    if (const std::string names = file.reference_attribute(path, "categories"); !names.empty())
        return coded(file, name, file.integers(path), categories_of(file, names));
    if (const std::string names = frame + "/__categories/" + name; file.is_dataset(names))
        return coded(file, name, file.integers(path), categories_of(file, names));
    return categories_if_repeated(file.column(path, name));
}

Frame read_group_frame(const Hdf5File& file, const std::string& frame) {
    Frame result;
    std::string index = file.text_attribute(frame, "_index").value_or("_index");
    if (!file.exists(frame + "/" + index))
        index = file.exists(frame + "/index") ? "index" : "_index";
    if (file.exists(frame + "/" + index)) {
        const Column names = group_column(file, frame, index);
        for (std::size_t i = 0; i < names.size(); ++i)
            result.index.push_back(names.shown(i));
    }
    auto order = file.texts_attribute(frame, "column-order");
    if (order.empty())
        for (const std::string& name : file.children(frame))
            if (name != index && !name.starts_with("__"))
                order.push_back(name);
    for (const std::string& name : order) {
        try {
            result.columns.push_back(group_column(file, frame, name));
        } catch (const Error& error) {
            if (error.code() != ErrorCode::Unsupported)
                throw;
            result.problems.push_back(std::string("A column of ") + frame + " was left out: " + error.what());
        }
    }
    return result;
}

// To 0.6: one dataset of records; the names of categories are in uns, as "NAME_categories".
Frame read_record_frame(const Hdf5File& file, const std::string& frame) {
    Frame result;
    for (const Hdf5Member& member : file.fields(frame)) {
        if (member.name == "index" || member.name == "_index") {
            result.index = file.texts(frame, member.name);
            continue;
        }
        if (member.info.kind != Hdf5Info::Kind::Number && member.info.kind != Hdf5Info::Kind::Text) {
            result.problems.push_back("The column \"" + member.name + "\" of " + frame +
                                      " was left out: it holds neither numbers nor text.");
            continue;
        }
        const std::string names = "uns/" + member.name + "_categories";
        if (member.info.kind == Hdf5Info::Kind::Number && member.info.type.kind != ElementType::Kind::Float &&
            file.is_dataset(names))
            result.columns.push_back(
                coded(file, member.name, file.integers(frame, member.name), categories_of(file, names)));
        else
            result.columns.push_back(categories_if_repeated(file.column(frame, member.name, member.name)));
    }
    return result;
}

Frame read_frame(const Hdf5File& file, const std::string& frame) {
    if (!file.exists(frame))
        return {};
    return file.is_group(frame) ? read_group_frame(file, frame) : read_record_frame(file, frame);
}

struct MatrixForm {
    std::size_t rows = 0, columns = 0;
    bool sparse = false, by_columns = false;
};

MatrixForm form_of(const Hdf5File& file, const std::string& path) {
    MatrixForm form;
    if (file.is_dataset(path)) {
        const Hdf5Info info = file.info(path);
        if (info.kind != Hdf5Info::Kind::Number || info.shape.empty())
            throw file.bad("holds no numbers in \"" + path + "\".");
        std::tie(form.rows, form.columns) = as_matrix(info.shape, file.path());
        return form;
    }
    form.sparse = true;
    const std::string encoding = file.text_attribute(path, "encoding-type")
                                     .value_or(file.text_attribute(path, "h5sparse_format").value_or(""));
    if (encoding != "csr_matrix" && encoding != "csc_matrix" && encoding != "csr" && encoding != "csc")
        throw file_error(ErrorCode::Unsupported, file.path(),
                         "has \"" + path + "\" in the form \"" + encoding + "\", which is not known.");
    form.by_columns = encoding.starts_with("csc");
    auto shape = file.integers_attribute(path, "shape");
    if (shape.empty())
        shape = file.integers_attribute(path, "h5sparse_shape");
    if (shape.size() != 2 || shape[0] < 0 || shape[1] < 0 || shape[0] > (1ll << 40) ||
        shape[1] > 0xFFFFFFF0ll)
        throw file.bad("is damaged: the sparse matrix \"" + path + "\" has no shape.");
    form.rows = static_cast<std::size_t>(shape[0]);
    form.columns = static_cast<std::size_t>(shape[1]);
    return form;
}

std::vector<std::string> numbered(const std::string& stem, std::size_t count) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i)
        names.push_back(stem + std::to_string(i + 1));
    return names;
}

// Embeddings that others made, to look at or compare with.
void add_embeddings(const Hdf5File& file, std::size_t rows, const std::string& chosen,
                    std::vector<Column>& columns) {
    if (!file.is_group("obsm"))
        return;
    for (const std::string& name : file.children("obsm")) {
        const std::string path = "obsm/" + name;
        if (path == chosen || !file.is_dataset(path))
            continue;
        const Hdf5Info info = file.info(path);
        if (info.kind != Hdf5Info::Kind::Number || info.shape.size() != 2 || info.shape[0] != rows ||
            info.shape[1] > 3 || info.shape[1] == 0)
            continue;
        for (Column& column : file.columns(path, numbered(name + " ", info.shape[1]), false, {}))
            columns.push_back(column.with_role(ColumnRole::Annotation));
    }
}

} // namespace

bool is_anndata(const Hdf5File& file) {
    if (file.text_attribute("", "encoding-type").value_or("") == "anndata")
        return true;
    return file.exists("X") && file.exists("obs") && file.exists("var");
}

SparseMatrix read_sparse_group(const Hdf5File& file, const std::string& group, std::size_t rows,
                               std::size_t columns, bool by_columns) {
    for (const char* part : {"data", "indices", "indptr"})
        if (!file.is_dataset(group + "/" + part))
            throw file.bad("is damaged: the sparse matrix \"" + group + "\" has no \"" + part + "\".");
    const double stored = file.info(group + "/data").count();
    require_memory(file.path(), stored * (by_columns ? 24 : 20), file.memory_limit(),
                   "take fewer cells when writing it");
    const auto pointers = file.integers(group + "/indptr");
    std::vector<std::uint64_t> starts(pointers.begin(), pointers.end());
    std::vector<std::uint32_t> indices;
    {
        const auto wide = file.integers(group + "/indices");
        indices.reserve(wide.size());
        for (const std::int64_t index : wide)
            indices.push_back(index < 0 || index > 0xFFFFFFFF ? 0xFFFFFFFFu
                                                              : static_cast<std::uint32_t>(index));
    }
    try {
        if (!by_columns)
            return SparseMatrix::checked(rows, columns, std::move(starts), std::move(indices),
                                         file.floats(group + "/data"));
        return SparseMatrix::checked(columns, rows, std::move(starts), std::move(indices),
                                     file.floats(group + "/data"))
            .transposed();
    } catch (const Error& error) {
        if (error.code() != ErrorCode::BadInput || error.details() != "")
            throw;
        throw file.bad("is damaged. " + std::string(error.what()));
    }
}

OpenedTable read_anndata(const Hdf5File& file, const std::string& matrix, JobContext& context) {
    std::string path = matrix, var = "var";
    if (matrix == "raw") {
        path = file.exists("raw/X") ? "raw/X" : "raw.X"; // with a point before 0.7
        var = file.exists("raw/var") ? "raw/var" : "raw.var";
    }
    OpenedTable opened;
    Json matrices = Json::array();
    for (const char* one : {"X", "raw/X", "raw.X"})
        if (file.exists(one))
            matrices.push_back(std::string(one) == "X" ? "X" : "raw");
    for (const char* group : {"layers", "obsm"})
        if (file.is_group(group))
            for (const std::string& name : file.children(group))
                matrices.push_back(std::string(group) + "/" + name);
    opened.facts["matrices"] = matrices;
    if (!file.exists(path))
        throw file_error(ErrorCode::NotFound, file.path(),
                         "has no matrix \"" + matrix + "\". It has: " + matrices.dump() + ".");
    const MatrixForm form = form_of(file, path);
    context.progress(0.1, "Reading the cells");
    Frame obs = read_frame(file, "obs");
    Frame genes = matrix.starts_with("obsm/") ? Frame{} : read_frame(file, var);
    for (auto* problems : {&obs.problems, &genes.problems})
        opened.warnings.insert(opened.warnings.end(), problems->begin(), problems->end());
    if (genes.index.empty())
        genes.index =
            numbered(matrix.starts_with("obsm/") ? matrix.substr(5) + " " : "column ", form.columns);
    if (genes.index.size() != form.columns)
        throw file.bad("does not fit together: " + std::to_string(genes.index.size()) + " names for " +
                       std::to_string(form.columns) + " columns.");
    if (!obs.index.empty() && obs.index.size() != form.rows)
        throw file.bad("does not fit together: " + std::to_string(obs.index.size()) + " cells for " +
                       std::to_string(form.rows) + " rows.");
    opened.shape = {form.rows, form.columns};
    std::vector<Column> annotations;
    for (const Column& column : obs.columns) {
        if (column.size() != form.rows)
            throw file.bad("is damaged: the column \"" + column.name() + "\" has not a value for each cell.");
        annotations.push_back(column.with_role(ColumnRole::Annotation));
    }
    add_embeddings(file, form.rows, path, annotations);
    opened.facts["sparse_matrix"] = form.sparse;
    Json var_columns = Json::array();
    for (const Column& column : genes.columns)
        var_columns.push_back(column.name());
    opened.facts["var_columns"] = std::move(var_columns);
    if (form.sparse) {
        opened.type = file.info(path + "/data").type_name();
        opened.table = Table(std::move(annotations));
        opened.table.set_sparse(std::make_shared<const SparseMatrix>(
                                    read_sparse_group(file, path, form.rows, form.columns, form.by_columns)),
                                std::move(genes.index));
    } else {
        opened.type = file.info(path).type_name();
        std::vector<Column> columns = file.columns(path, genes.index, false, [&](double fraction) {
            context.throw_if_cancelled();
            context.progress(0.1 + 0.9 * fraction, "Reading the matrix");
        });
        columns.insert(columns.end(), annotations.begin(), annotations.end());
        opened.table = Table(std::move(columns));
    }
    if (!obs.index.empty()) {
        TextValues names;
        for (const std::string& name : obs.index)
            names.push_back(name);
        opened.table.set_row_names(Column::text("cell", std::move(names)));
    }
    return opened;
}

} // namespace eyepiece
