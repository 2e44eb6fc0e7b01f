// SPDX-License-Identifier: GPL-3.0-or-later
// IDX, the form of MNIST: two zeros, a type, the number of dimensions, their extents, then the numbers.
#include "core/formats/array_columns.h"
#include "core/formats/byte_source.h"
#include "core/formats/table_formats.h"

#include <algorithm>
#include <array>

namespace eyepiece {
namespace {

std::optional<ElementType> element_type(unsigned char code) {
    using Kind = ElementType::Kind;
    switch (code) {
    case 0x08:
        return ElementType{Kind::Unsigned, 1, true};
    case 0x09:
        return ElementType{Kind::Signed, 1, true};
    case 0x0B:
        return ElementType{Kind::Signed, 2, true};
    case 0x0C:
        return ElementType{Kind::Signed, 4, true};
    case 0x0D:
        return ElementType{Kind::Float, 4, true};
    case 0x0E:
        return ElementType{Kind::Float, 8, true};
    default:
        return std::nullopt;
    }
}

class IdxReader final : public TableReader {
public:
    std::vector<std::string> extensions() const override { return {".idx", "-ubyte"}; }

    bool recognises(const std::filesystem::path&, const std::string& head) const override {
        return head.size() > 7 && head[0] == '\0' && head[1] == '\0' &&
               element_type(static_cast<unsigned char>(head[2])) && head[3] > 0 && head[3] <= 8;
    }

    OpenedTable read(const std::filesystem::path& path, const Json& set, const TableOptions& options,
                     JobContext& context) const override {
        const auto source = open_bytes(path);
        std::array<char, 4> magic{};
        source->read_all(magic, "its header");
        const auto type = element_type(static_cast<unsigned char>(magic[2]));
        if (magic[0] != 0 || magic[1] != 0 || !type || magic[3] < 1 || magic[3] > 8)
            throw file_error(ErrorCode::BadInput, path, "is no IDX file: its header is not one.");
        std::vector<std::size_t> shape;
        std::size_t header = 4;
        for (int axis = 0; axis < magic[3]; ++axis, header += 4) {
            std::array<char, 4> bytes{};
            source->read_all(bytes, "its header");
            std::size_t extent = 0;
            for (const char byte : bytes)
                extent = extent << 8 | static_cast<unsigned char>(byte);
            shape.push_back(extent);
        }
        auto [rows, columns] = as_matrix(shape, path);
        if (rows == 0 || columns == 0)
            throw file_error(ErrorCode::BadInput, path, "holds no values: an extent in its header is 0.");
        if (source->at_most() < header + rows * columns * type->size)
            throw file_error(ErrorCode::BadInput, path,
                             "is cut short: it has at most " + std::to_string(source->at_most() - header) +
                                 " of " + std::to_string(rows * columns * type->size) +
                                 " bytes of numbers. Copy or download it again.");
        if (!set["max-rows"].is_null())
            rows = std::min(rows, set["max-rows"].get<std::size_t>());
        require_memory(path,
                       ArrayColumns::memory(static_cast<double>(rows), static_cast<double>(columns), *type),
                       options.memory_limit, "read only the first rows (max-rows)");
        if (columns > 5'000'000)
            throw file_error(ErrorCode::Unsupported, path, "has more than 5 million values in a row.");
        ArrayColumns numbers(rows, columns, *type);
        const std::size_t row_bytes = columns * type->size;
        const std::size_t piece = std::max<std::size_t>(1, (8u << 20) / row_bytes);
        std::vector<char> bytes(std::min(piece, rows) * row_bytes);
        for (std::size_t row = 0; row < rows; row += piece) {
            context.throw_if_cancelled();
            const auto part = std::span(bytes).first(std::min(piece, rows - row) * row_bytes);
            source->read_all(part, "its numbers");
            numbers.add_rows(std::as_bytes(part));
            context.progress(source->fraction(), "Reading the array");
        }
        OpenedTable opened;
        const bool labels = shape.size() == 1;
        auto names = element_names({shape.begin() + 1, shape.end()});
        if (labels && name_ends(path, {"labels-idx1-ubyte"}))
            names = {"label"};
        opened.table = Table(numbers.finish(names));
        opened.type = type->name();
        opened.facts["array_shape"] = shape;
        return opened;
    }
};

} // namespace

void register_idx_reader(TableReaderRegistry& readers) {
    readers.add({.name = "idx",
                 .title = "IDX",
                 .help = "Arrays as MNIST has them, packed with gzip or not; each image is a row of pixels.",
                 .parameters = {max_rows_parameter()},
                 .make = [] { return std::make_unique<IdxReader>(); }});
}

} // namespace eyepiece
