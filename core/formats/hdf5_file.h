// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/formats/array_columns.h"
#include "core/formats/byte_source.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace eyepiece {

// What a dataset in an HDF5 file is.
struct Hdf5Info {
    enum class Kind { Number, Text, Record, Other } kind = Kind::Other;
    std::vector<std::size_t> shape; // empty: a single value
    ElementType type;               // of Number
    double count() const;
    std::string type_name() const; // "float32", "text", "record", "other"
};

// A field of a record (compound type), or an entry of a group.
struct Hdf5Member {
    std::string name;
    Hdf5Info info;
};

// An HDF5 file, opened for reading. The library is not safe for threads, so every call holds one lock of the
// process. Paths are such as "obs/n_genes". Every method throws Error that names the file.
class Hdf5File {
public:
    explicit Hdf5File(const std::filesystem::path& path, std::size_t memory_limit = 0);
    ~Hdf5File();
    Hdf5File(const Hdf5File&) = delete;
    Hdf5File& operator=(const Hdf5File&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::size_t memory_limit() const { return memory_limit_; }

    bool exists(const std::string& path) const;
    bool is_group(const std::string& path) const;
    bool is_dataset(const std::string& path) const;
    std::vector<std::string> children(const std::string& group) const; // names, in alphabetic order
    // All datasets at or below the group, at most `limit`; links are not followed.
    std::vector<std::string> datasets(const std::string& group = "/", std::size_t limit = 10'000) const;

    Hdf5Info info(const std::string& dataset) const;
    std::vector<Hdf5Member> fields(const std::string& dataset) const; // of records

    // The numbers of a dataset, or of one field of its records, converted.
    std::vector<double> reals(const std::string& dataset, const std::string& field = {}) const;
    std::vector<std::int64_t> integers(const std::string& dataset, const std::string& field = {}) const;
    std::vector<float> floats(const std::string& dataset) const;
    std::vector<std::string> texts(const std::string& dataset, const std::string& field = {}) const;
    // One column of one-dimensional data, of its own type: numbers, booleans or text.
    Column column(const std::string& dataset, const std::string& name, const std::string& field = {}) const;
    // A dataset of numbers of any dimensions, a column each element of a row; `transposed`: two dimensions,
    // the other way about.
    std::vector<Column> columns(const std::string& dataset, const std::vector<std::string>& names,
                                bool transposed, const std::function<void(double)>& progress) const;

    // Attributes of a group or dataset.
    std::optional<std::string> text_attribute(const std::string& object, const std::string& name) const;
    std::vector<std::string> texts_attribute(const std::string& object, const std::string& name) const;
    std::vector<std::int64_t> integers_attribute(const std::string& object, const std::string& name) const;
    bool has_attribute(const std::string& object, const std::string& name) const;
    // The path of the object that an attribute refers to; "" when it is no reference.
    std::string reference_attribute(const std::string& object, const std::string& name) const;

    Error bad(const std::string& why) const;

private:
    bool is_link(const std::string& path) const;
    template<class Number>
    std::vector<Number> numbers(const std::string& dataset, const std::string& field) const;

    std::filesystem::path path_;
    std::size_t memory_limit_;
    std::int64_t file_ = -1;
};

// Text as a short list of categories where it repeats, else as it is.
Column categories_if_repeated(const Column& text);

} // namespace eyepiece
