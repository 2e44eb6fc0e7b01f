// SPDX-License-Identifier: GPL-3.0-or-later
// NumPy's .npy, and .npz: several of them in a zip, among them SciPy's sparse matrices.
#include "core/formats/npy_array.h"
#include "core/formats/table_formats.h"
#include "core/formats/zip_archive.h"
#include "core/formats/zip_entry.h"

#include <algorithm>
#include <memory>
#include <numeric>

namespace eyepiece {
namespace {

struct Member {
    std::string name; // without ".npy"
    std::uint64_t index = 0;
    NpyHeader header;
    std::string problem; // why it cannot be read

    std::size_t rows() const { return header.shape.empty() ? 1 : header.shape.front(); }
    double count() const {
        double product = 1;
        for (const std::size_t extent : header.shape)
            product *= static_cast<double>(extent);
        return product;
    }
    // One value a row.
    bool is_list() const { return !header.shape.empty() && count() == static_cast<double>(rows()); }
};

class Npz {
public:
    explicit Npz(const std::filesystem::path& path, std::size_t memory_limit)
        : path_(path), limit_(memory_limit), archive_(open_zip(path)) {
        const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
        if (count > 10'000)
            throw file_error(ErrorCode::Unsupported, path, "holds more than 10,000 arrays.");
        for (zip_int64_t i = 0; i < count; ++i) {
            const char* name = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), 0);
            std::string text = name ? name : "";
            if (!text.ends_with(".npy"))
                continue;
            text.resize(text.size() - 4);
            Member member{text, static_cast<std::uint64_t>(i), {}, {}};
            try {
                const auto entry = open_zip_entry(archive_.get(), member.index, path_);
                member.header = read_npy_header(*entry, path_, quoted(text));
            } catch (const Error& error) {
                member.problem = error.what();
            }
            members_.push_back(std::move(member));
        }
        if (members_.empty())
            throw file_error(ErrorCode::BadInput, path, "is a zip archive without NumPy arrays in it.");
    }

    const std::vector<Member>& members() const { return members_; }
    const Member* find(const std::string& name) const {
        for (const Member& member : members_)
            if (member.name == name)
                return &member;
        return nullptr;
    }

    std::vector<Column> columns(const Member& member, std::optional<std::size_t> max_rows) const {
        if (!member.problem.empty())
            throw Error(ErrorCode::BadInput, member.problem);
        // The header is read again: an entry cannot be wound back.
        const auto entry = open_zip_entry(archive_.get(), member.index, path_);
        const NpyHeader header = read_npy_header(*entry, path_, quoted(member.name));
        return read_npy_columns(*entry, header, path_, quoted(member.name), max_rows, limit_);
    }

    static std::string quoted(const std::string& name) { return "the array \"" + name + "\""; }

private:
    std::filesystem::path path_;
    std::size_t limit_;
    ZipArchive archive_;
    std::vector<Member> members_;
};

Json json_of(const std::vector<Member>& members) {
    Json list = Json::array();
    for (const Member& member : members) {
        Json entry{{"name", member.name}};
        if (member.problem.empty()) {
            entry["shape"] = member.header.shape;
            entry["type"] = member.header.type_name();
        } else {
            entry["problem"] = member.problem;
        }
        list.push_back(std::move(entry));
    }
    return list;
}

class NpyReader final : public TableReader {
public:
    std::vector<std::string> extensions() const override { return {".npy"}; }
    bool recognises(const std::filesystem::path&, const std::string& head) const override {
        return head.starts_with("\x93NUMPY");
    }
    OpenedTable read(const std::filesystem::path& path, const Json& set, const TableOptions& options,
                     JobContext&) const override {
        const auto source = open_bytes(path);
        const NpyHeader header = read_npy_header(*source, path, "the array");
        std::optional<std::size_t> max_rows;
        if (!set["max-rows"].is_null())
            max_rows = set["max-rows"].get<std::size_t>();
        OpenedTable opened;
        opened.table =
            Table(read_npy_columns(*source, header, path, "the array", max_rows, options.memory_limit));
        opened.type = header.record ? "table" : header.type_name();
        opened.facts["array_shape"] = header.shape;
        return opened;
    }
};

class NpzReader final : public TableReader {
public:
    std::vector<std::string> extensions() const override { return {".npz"}; }
    bool recognises(const std::filesystem::path& path, const std::string& head) const override {
        if (!head.starts_with("PK\x03\x04"))
            return false;
        return name_ends(path, {".npz"}) || head.substr(0, 256).find(".npy") != std::string::npos;
    }

    OpenedTable read(const std::filesystem::path& path, const Json& set, const TableOptions& options,
                     JobContext& context) const override {
        const Npz file(path, options.memory_limit);
        OpenedTable opened;
        opened.facts["arrays"] = json_of(file.members());
        const std::string wanted = set["array"].is_null() ? std::string() : set["array"].get<std::string>();
        const auto sparse = sparse_matrices(file);
        const Sparse* chosen_sparse = nullptr;
        const Member* chosen = nullptr;
        choose(file, sparse, wanted, path, chosen_sparse, chosen);
        std::optional<std::size_t> max_rows;
        if (!set["max-rows"].is_null())
            max_rows = set["max-rows"].get<std::size_t>();
        Json names = Json::array();
        for (const Sparse& one : sparse)
            names.push_back({{"name", one.name}, {"shape", one.shape}});
        if (!names.empty())
            opened.facts["sparse_matrices"] = std::move(names);
        context.progress(0.1, "Reading the array");
        std::size_t rows = 0;
        std::vector<Column> columns;
        SparseMatrix matrix;
        if (chosen_sparse) {
            matrix = read_sparse(file, *chosen_sparse, path, options);
            rows = max_rows ? std::min(matrix.rows, *max_rows) : matrix.rows;
            opened.facts["array"] = chosen_sparse->name;
            opened.type = file.find(chosen_sparse->prefix + "data")->header.type_name();
            opened.shape = {matrix.rows, matrix.columns};
        } else {
            columns = file.columns(*chosen, max_rows);
            rows = columns.front().size();
            opened.facts["array"] = chosen->name;
            opened.facts["array_shape"] = chosen->header.shape;
            opened.type = chosen->header.record ? "table" : chosen->header.type_name();
            opened.shape = {rows, columns.size()};
        }
        const std::size_t all_rows = chosen ? chosen->rows() : matrix.rows;
        if (chosen && chosen->is_list() && columns.size() == 1)
            columns.front() = columns.front().renamed(chosen->name);
        else if (set["lists"] == "add")
            add_lists(file, chosen, sparse, all_rows, rows, columns);
        opened.table = Table(std::move(columns));
        if (chosen_sparse) {
            if (max_rows && *max_rows < matrix.rows) {
                std::vector<std::size_t> first(*max_rows);
                std::iota(first.begin(), first.end(), std::size_t{0});
                matrix = matrix.take_rows(first);
                opened.shape.front() = matrix.rows;
            }
            std::vector<std::string> sparse_names = element_names({matrix.columns});
            opened.table.set_sparse(std::make_shared<const SparseMatrix>(std::move(matrix)),
                                    std::move(sparse_names));
        }
        return opened;
    }

private:
    struct Sparse {
        std::string name, prefix;
        bool by_columns = false;
        std::vector<std::size_t> shape;
        double stored = 0;
    };

    static std::vector<std::int64_t> whole_numbers(const Npz& file, const std::string& name) {
        const Column column = file.columns(*file.find(name), std::nullopt).front();
        std::vector<std::int64_t> values(column.size());
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] =
                column.number(i) >= 0 ? static_cast<std::int64_t>(std::min(column.number(i), 9e18)) : -1;
        return values;
    }

    // "P_data", "P_indices", "P_indptr" and "P_shape" together are a matrix; SciPy's save_npz has no prefix.
    static std::vector<Sparse> sparse_matrices(const Npz& file) {
        std::vector<Sparse> found;
        for (const Member& member : file.members()) {
            if (!member.name.ends_with("indptr") || !member.header.is_number())
                continue;
            const std::string prefix = member.name.substr(0, member.name.size() - 6);
            const Member* data = file.find(prefix + "data");
            const Member* shape = file.find(prefix + "shape");
            const Member* indices = file.find(prefix + "indices");
            const bool numbers = data && shape && indices && data->header.is_number() &&
                                 data->problem.empty() && shape->problem.empty() &&
                                 indices->problem.empty() && shape->header.is_number() &&
                                 indices->header.is_number();
            if (!numbers || shape->header.shape != std::vector<std::size_t>{2})
                continue;
            Sparse sparse;
            sparse.prefix = prefix;
            sparse.name = prefix.empty() ? "matrix" : prefix;
            while (sparse.name.size() > 1 && (sparse.name.ends_with('_') || sparse.name.ends_with('.')))
                sparse.name.pop_back();
            if (const Member* format = file.find(prefix + "format"); format && format->problem.empty())
                sparse.by_columns = file.columns(*format, std::nullopt).front().shown(0) == "csc";
            for (const std::int64_t extent : whole_numbers(file, prefix + "shape"))
                sparse.shape.push_back(static_cast<std::size_t>(std::max<std::int64_t>(extent, 0)));
            sparse.stored = data->count();
            found.push_back(std::move(sparse));
        }
        return found;
    }

    static bool part_of_sparse(const std::vector<Sparse>& sparse, const std::string& name) {
        return std::any_of(sparse.begin(), sparse.end(), [&](const Sparse& one) {
            if (!name.starts_with(one.prefix))
                return false;
            const std::string rest = name.substr(one.prefix.size());
            return rest == "data" || rest == "indices" || rest == "indptr" || rest == "shape" ||
                   rest == "format";
        });
    }

    // What was asked for; else what holds most.
    static void choose(const Npz& file, const std::vector<Sparse>& sparse, const std::string& wanted,
                       const std::filesystem::path& path, const Sparse*& chosen_sparse,
                       const Member*& chosen) {
        double most = -1;
        for (const Sparse& one : sparse)
            if (wanted == one.name || (wanted.empty() && one.stored > most)) {
                most = one.stored;
                chosen_sparse = &one;
            }
        for (const Member& member : file.members()) {
            const bool fits = wanted.empty()
                                  ? member.problem.empty() && !part_of_sparse(sparse, member.name) &&
                                        (member.header.is_number() || member.header.record) &&
                                        member.count() > most
                                  : member.name == wanted;
            if (fits) {
                most = member.count();
                chosen = &member;
                chosen_sparse = nullptr;
            }
        }
        if (chosen || chosen_sparse)
            return;
        std::string known;
        for (const Member& member : file.members()) {
            if (wanted.empty() && !member.problem.empty())
                throw Error(ErrorCode::Unsupported, member.problem);
            known += (known.empty() ? "" : ", ") + member.name;
        }
        if (wanted.empty()) // only lists of text
            chosen = &file.members().front();
        else
            throw file_error(ErrorCode::NotFound, path,
                             "has no array \"" + wanted + "\". It has: " + known + ".");
    }

    static SparseMatrix read_sparse(const Npz& file, const Sparse& sparse, const std::filesystem::path& path,
                                    const TableOptions& options) {
        require_memory(path, sparse.stored * 24, options.memory_limit,
                       "take fewer rows when writing the file");
        const auto starts = whole_numbers(file, sparse.prefix + "indptr");
        const auto indices = whole_numbers(file, sparse.prefix + "indices");
        const Column data = file.columns(*file.find(sparse.prefix + "data"), std::nullopt).front();
        std::vector<float> values(data.size());
        data.numbers(0, values);
        std::vector<std::uint64_t> row_starts(starts.begin(), starts.end());
        std::vector<std::uint32_t> columns;
        columns.reserve(indices.size());
        for (const std::int64_t index : indices)
            columns.push_back(index < 0 || index > 0xFFFFFFFF ? 0xFFFFFFFFu
                                                              : static_cast<std::uint32_t>(index));
        const std::size_t rows = sparse.shape[0], width = sparse.shape[1];
        try {
            if (!sparse.by_columns)
                return SparseMatrix::checked(rows, width, std::move(row_starts), std::move(columns),
                                             std::move(values));
            return SparseMatrix::checked(width, rows, std::move(row_starts), std::move(columns),
                                         std::move(values))
                .transposed();
        } catch (const Error& error) {
            throw file_error(ErrorCode::BadInput, path, "is damaged. " + std::string(error.what()));
        }
    }

    // Lists with a value for each row (labels, names) become columns beside the matrix.
    static void add_lists(const Npz& file, const Member* chosen, const std::vector<Sparse>& sparse,
                          std::size_t all_rows, std::size_t rows, std::vector<Column>& columns) {
        for (const Member& member : file.members()) {
            if (&member == chosen || !member.problem.empty() || !member.is_list() ||
                member.rows() != all_rows || part_of_sparse(sparse, member.name) || member.header.record)
                continue;
            Column column = file.columns(member, rows).front().renamed(member.name);
            const Member* names = file.find("class_names");
            if (role_by_name(member.name) == ColumnRole::Target && names && names->is_list() &&
                names->problem.empty() && names != &member && column.type() == ColumnType::Integer)
                column = named(column, file.columns(*names, std::nullopt).front());
            columns.push_back(column.with_role(role_by_name(member.name)));
        }
    }

    static Column named(const Column& codes, const Column& names) {
        std::vector<std::int32_t> values(codes.size());
        for (std::size_t row = 0; row < codes.size(); ++row) {
            const double code = codes.number(row);
            if (!(code >= 0) || code >= static_cast<double>(names.size()))
                return codes; // they do not fit: left as numbers
            values[row] = static_cast<std::int32_t>(code);
        }
        Column::Categories categories;
        for (std::size_t i = 0; i < names.size(); ++i)
            categories.push_back(names.shown(i));
        return Column::categorical(codes.name(), std::move(values), std::move(categories));
    }
};

} // namespace

void register_npy_readers(TableReaderRegistry& readers) {
    readers.add({.name = "npy",
                 .title = "NumPy array",
                 .help = "One array of numbers, text or records; the first dimension is the rows.",
                 .parameters = {max_rows_parameter()},
                 .make = [] { return std::make_unique<NpyReader>(); }});
    readers.add(
        {.name = "npz",
         .title = "NumPy archive",
         .help =
             "Several arrays in a zip: one of them, or a sparse matrix, with the lists that belong to its "
             "rows.",
         .parameters = {text_parameter(
                            "array", nullptr, "Array",
                            "Name of the array or sparse matrix; automatic: the one that holds most."),
                        choice_parameter("lists", "add", {"add", "leave"}, "Lists beside it",
                                         "Arrays with one value a row become columns beside the array."),
                        max_rows_parameter()},
         .make = [] { return std::make_unique<NpzReader>(); }});
}

} // namespace eyepiece
