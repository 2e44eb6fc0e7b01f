// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/row_stream.h"

#include "core/formats/npy_array.h"

#include <algorithm>
#include <cmath>

namespace eyepiece {
namespace {

class NpyRows final : public RowStream {
public:
    NpyRows(std::filesystem::path path, std::unique_ptr<ByteSource> source, NpyHeader header,
            std::size_t rows, std::vector<std::string> names)
        : path_(std::move(path))
        , source_(std::move(source))
        , header_(std::move(header))
        , rows_(rows)
        , names_(std::move(names)) {}

    std::size_t rows() const override { return rows_; }
    const std::vector<std::string>& names() const override { return names_; }

    void restart() override {
        source_ = open_bytes(path_);
        read_npy_header(*source_, path_, "the array");
        at_ = 0;
    }

    void next(std::span<float> out) override {
        const std::size_t count = out.size() / names_.size(), size = header_.element_size;
        bytes_.resize(std::min(count, piece_rows()) * names_.size() * size);
        for (std::size_t row = 0; row < count;) {
            const std::size_t some = std::min(piece_rows(), count - row);
            const auto part = std::span(bytes_).first(some * names_.size() * size);
            source_->read_all(part, "the numbers of the array");
            ArrayColumns columns(some, names_.size(), header_.single().type);
            columns.add_rows(std::as_bytes(part));
            const NumericMatrix numbers = numeric_matrix(Table(columns.finish(names_)));
            check(numbers.values);
            std::copy(numbers.values.begin(), numbers.values.end(),
                      out.begin() + static_cast<std::ptrdiff_t>(row * names_.size()));
            row += some;
            at_ += some;
        }
    }

private:
    std::size_t piece_rows() const {
        constexpr std::size_t piece_values = 1u << 20;
        return std::max<std::size_t>(1, piece_values / names_.size());
    }

    void check(const std::vector<float>& values) const {
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!std::isfinite(values[i]))
                throw file_error(ErrorCode::BadInput, path_,
                                 "cannot be worked on: \"" + names_[i % names_.size()] + "\" in row " +
                                     std::to_string(at_ + i / names_.size() + 1) +
                                     (std::isnan(values[i])
                                          ? " has no value. Fill missing values in with the step impute, or "
                                            "leave those rows out with drop-missing."
                                          : " is infinite, or too large for a float. Correct the value."));
    }

    std::filesystem::path path_;
    std::unique_ptr<ByteSource> source_;
    NpyHeader header_;
    std::size_t rows_;
    std::vector<std::string> names_;
    std::size_t at_ = 0; // the next row
    std::vector<char> bytes_;
};

} // namespace

RowStream::~RowStream() = default;

std::unique_ptr<RowStream> stream_rows(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored) || !read_head(path, 6).starts_with("\x93NUMPY"))
        return nullptr;
    auto source = open_bytes(path);
    NpyHeader header = read_npy_header(*source, path, "the array");
    if (!header.is_number() || header.shape.size() < 2 || header.fortran_order)
        return nullptr;
    const auto [rows, columns] = as_matrix(header.shape, path);
    // What is wrong with it, whoever reads it whole says.
    if (rows == 0 || columns == 0 || columns > 5'000'000 ||
        rows * columns > source->at_most() / header.element_size)
        return nullptr;
    auto names = element_names({header.shape.begin() + 1, header.shape.end()});
    return std::make_unique<NpyRows>(path, std::move(source), std::move(header), rows, std::move(names));
}

} // namespace eyepiece
