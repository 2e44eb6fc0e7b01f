// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/hdf5_file.h"

#include "core/formats/delimited_text.h"

#include <algorithm>
#include <cstring>
#include <hdf5.h>

namespace eyepiece {
namespace {

std::recursive_mutex& library() {
    static std::recursive_mutex mutex;
    return mutex;
}
using Lock = std::lock_guard<std::recursive_mutex>;

class Handle {
public:
    using Close = herr_t (*)(hid_t);
    Handle() = default;
    Handle(hid_t id, Close close) : id_(id), close_(close) {}
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        std::swap(close_, other.close_);
        return *this;
    }
    ~Handle() {
        if (id_ >= 0)
            close_(id_);
    }
    hid_t get() const { return id_; }
    explicit operator bool() const { return id_ >= 0; }

private:
    hid_t id_ = -1;
    Close close_ = nullptr;
};

std::vector<std::size_t> shape_of(hid_t space) {
    const int rank = H5Sget_simple_extent_ndims(space);
    std::vector<hsize_t> extents(static_cast<std::size_t>(std::max(rank, 0)));
    if (rank > 0)
        H5Sget_simple_extent_dims(space, extents.data(), nullptr);
    return {extents.begin(), extents.end()};
}

// h5py writes booleans as an enumeration of FALSE and TRUE.
bool is_boolean(hid_t type) {
    if (H5Tget_class(type) != H5T_ENUM || H5Tget_nmembers(type) != 2)
        return false;
    bool both = true;
    for (unsigned i = 0; i < 2; ++i) {
        char* name = H5Tget_member_name(type, i);
        both = both && name && (!std::strcmp(name, "FALSE") || !std::strcmp(name, "TRUE"));
        H5free_memory(name);
    }
    return both;
}

Hdf5Info info_of(hid_t type, std::vector<std::size_t> shape) {
    Hdf5Info info;
    info.shape = std::move(shape);
    const std::size_t size = H5Tget_size(type);
    const bool usual = size == 1 || size == 2 || size == 4 || size == 8;
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        if (usual) {
            info.kind = Hdf5Info::Kind::Number;
            info.type = {H5Tget_sign(type) == H5T_SGN_NONE ? ElementType::Kind::Unsigned
                                                           : ElementType::Kind::Signed,
                         size, false};
        }
        break;
    case H5T_FLOAT:
        info.kind = Hdf5Info::Kind::Number;
        info.type = {ElementType::Kind::Float, size <= 4 ? std::size_t{4} : std::size_t{8}, false};
        break;
    case H5T_ENUM:
        info.kind = Hdf5Info::Kind::Number;
        info.type = is_boolean(type) ? ElementType{ElementType::Kind::Boolean, 1, false}
                                     : ElementType{ElementType::Kind::Signed, 8, false};
        break;
    case H5T_STRING:
        info.kind = Hdf5Info::Kind::Text;
        break;
    case H5T_COMPOUND:
        info.kind = Hdf5Info::Kind::Record;
        break;
    default:
        break;
    }
    return info;
}

hid_t native_type(ElementType type) {
    using Kind = ElementType::Kind;
    if (type.kind == Kind::Float)
        return type.size == 4 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE;
    if (type.kind == Kind::Boolean)
        return H5T_NATIVE_UINT8;
    const bool sign = type.kind == Kind::Signed;
    switch (type.size) {
    case 1:
        return sign ? H5T_NATIVE_INT8 : H5T_NATIVE_UINT8;
    case 2:
        return sign ? H5T_NATIVE_INT16 : H5T_NATIVE_UINT16;
    case 4:
        return sign ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT32;
    default:
        return sign ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64;
    }
}

template<class Number>
hid_t native() {
    if constexpr (std::is_same_v<Number, double>)
        return H5T_NATIVE_DOUBLE;
    else if constexpr (std::is_same_v<Number, float>)
        return H5T_NATIVE_FLOAT;
    else
        return H5T_NATIVE_INT64;
}

// A type that reads one field of a record as `inner`.
Handle field_type(const std::string& field, hid_t inner) {
    Handle type(H5Tcreate(H5T_COMPOUND, H5Tget_size(inner)), H5Tclose);
    if (type)
        H5Tinsert(type.get(), field.c_str(), 0, inner);
    return type;
}

std::string cleaned(std::string_view bytes) {
    return valid_utf8(bytes) ? std::string(bytes) : to_utf8(bytes, TextEncoding::Latin1);
}

// Text of variable or of fixed length; `read` fills a buffer of the memory type.
std::vector<std::string> read_texts(hid_t type, std::size_t count, hid_t space, const std::string& field,
                                    const std::function<bool(hid_t memory, void* to)>& read, bool& good) {
    std::vector<std::string> texts;
    texts.reserve(count);
    if (H5Tis_variable_str(type) > 0) {
        Handle memory(H5Tcopy(H5T_C_S1), H5Tclose);
        H5Tset_size(memory.get(), H5T_VARIABLE);
        H5Tset_cset(memory.get(), H5Tget_cset(type));
        Handle wrapped = field.empty() ? Handle() : field_type(field, memory.get());
        const hid_t used = wrapped ? wrapped.get() : memory.get();
        std::vector<char*> pointers(count, nullptr);
        good = read(used, pointers.data());
        if (good)
            for (const char* pointer : pointers)
                texts.push_back(pointer ? cleaned(pointer) : std::string());
        if (space >= 0)
            H5Dvlen_reclaim(used, space, H5P_DEFAULT, pointers.data());
        return texts;
    }
    const std::size_t size = H5Tget_size(type);
    Handle memory(H5Tcopy(type), H5Tclose);
    Handle wrapped = field.empty() ? Handle() : field_type(field, memory.get());
    std::string bytes(count * size, '\0');
    good = read(wrapped ? wrapped.get() : memory.get(), bytes.data());
    for (std::size_t i = 0; good && i < count; ++i) {
        std::string_view one = std::string_view(bytes).substr(i * size, size);
        one = one.substr(0, std::min(one.find('\0'), one.size()));
        if (H5Tget_strpad(type) == H5T_STR_SPACEPAD)
            while (one.ends_with(' '))
                one.remove_suffix(1);
        texts.push_back(cleaned(one));
    }
    return texts;
}

Handle open_dataset(hid_t file, const std::string& path) {
    return {H5Dopen2(file, path.c_str(), H5P_DEFAULT), H5Dclose};
}

// Datasets may lie in other files, of any path on this machine: those are not followed.
bool stored_elsewhere(hid_t dataset) {
    const Handle plist(H5Dget_create_plist(dataset), H5Pclose);
    return plist && (H5Pget_external_count(plist.get()) > 0 || H5Pget_layout(plist.get()) == H5D_VIRTUAL);
}

} // namespace

double Hdf5Info::count() const {
    double product = 1;
    for (const std::size_t extent : shape)
        product *= static_cast<double>(extent);
    return product;
}

std::string Hdf5Info::type_name() const {
    switch (kind) {
    case Kind::Number:
        return type.name();
    case Kind::Text:
        return "text";
    case Kind::Record:
        return "record";
    case Kind::Other:
        break;
    }
    return "other";
}

Error Hdf5File::bad(const std::string& why) const {
    return file_error(ErrorCode::BadInput, path_, why);
}

Hdf5File::Hdf5File(const std::filesystem::path& path, std::size_t memory_limit)
    : path_(path), memory_limit_(memory_limit) {
    readable_size(path);
    const Lock lock(library());
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); // the library would print its own errors
    file_ = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file_ < 0)
        throw bad("is cut short or no HDF5 file. Copy or download it again.");
}

Hdf5File::~Hdf5File() {
    const Lock lock(library());
    H5Fclose(file_);
}

bool Hdf5File::exists(const std::string& path) const {
    const Lock lock(library());
    // Each part in turn: the library fails for a path whose parent is missing.
    std::string so_far;
    std::size_t at = 0;
    while (at < path.size()) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        if (end > at) {
            so_far += (so_far.empty() ? "" : "/") + path.substr(at, end - at);
            if (H5Lexists(file_, so_far.c_str(), H5P_DEFAULT) <= 0)
                return false;
        }
        at = end + 1;
    }
    if (so_far.empty())
        return true;
    const Handle object(H5Oopen(file_, so_far.c_str(), H5P_DEFAULT), H5Oclose);
    return static_cast<bool>(object); // a soft link may lead nowhere
}

bool Hdf5File::is_group(const std::string& path) const {
    if (!exists(path))
        return false;
    const Lock lock(library());
    const Handle object(H5Oopen(file_, path.empty() ? "/" : path.c_str(), H5P_DEFAULT), H5Oclose);
    return object && H5Iget_type(object.get()) == H5I_GROUP;
}

bool Hdf5File::is_dataset(const std::string& path) const {
    if (!exists(path))
        return false;
    const Lock lock(library());
    const Handle object(H5Oopen(file_, path.c_str(), H5P_DEFAULT), H5Oclose);
    return object && H5Iget_type(object.get()) == H5I_DATASET;
}

std::vector<std::string> Hdf5File::children(const std::string& group) const {
    const Lock lock(library());
    const Handle object(H5Gopen2(file_, group.empty() ? "/" : group.c_str(), H5P_DEFAULT), H5Gclose);
    H5G_info_t info;
    if (!object || H5Gget_info(object.get(), &info) < 0)
        throw bad("is damaged: the group \"" + group + "\" cannot be read. Copy or download it again.");
    std::vector<std::string> names;
    for (hsize_t i = 0; i < std::min<hsize_t>(info.nlinks, 100'000); ++i) {
        const ssize_t length =
            H5Lget_name_by_idx(object.get(), ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
        if (length < 0)
            throw bad("is damaged: the group \"" + group + "\" cannot be read. Copy or download it again.");
        std::string name(static_cast<std::size_t>(length) + 1, '\0');
        H5Lget_name_by_idx(object.get(), ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(),
                           H5P_DEFAULT);
        name.resize(static_cast<std::size_t>(length));
        names.push_back(std::move(name));
    }
    return names;
}

// Soft and external links may form circles, and what they lead to is found at its own place.
bool Hdf5File::is_link(const std::string& path) const {
    const Lock lock(library());
    H5L_info_t info;
    return H5Lget_info(file_, path.c_str(), &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD;
}

std::vector<std::string> Hdf5File::datasets(const std::string& group, std::size_t limit) const {
    std::vector<std::string> found;
    // Hard links can form circles as well: not deeper than anyone nests.
    std::size_t groups = 0;
    const std::function<void(const std::string&, int)> visit = [&](const std::string& place, int depth) {
        if (depth > 16 || ++groups > 20'000)
            return;
        for (const std::string& name : children(place)) {
            const std::string path = place.empty() || place == "/" ? name : place + "/" + name;
            if (found.size() >= limit)
                return;
            if (is_link(path))
                continue;
            if (is_dataset(path))
                found.push_back(path);
            else if (is_group(path))
                visit(path, depth + 1);
        }
    };
    visit(group, 0);
    return found;
}

Hdf5Info Hdf5File::info(const std::string& path) const {
    const Lock lock(library());
    const Handle dataset = open_dataset(file_, path);
    if (!dataset)
        throw bad("has no dataset \"" + path + "\".");
    const Handle type(H5Dget_type(dataset.get()), H5Tclose), space(H5Dget_space(dataset.get()), H5Sclose);
    if (!type || !space)
        throw bad("is damaged: the dataset \"" + path + "\" cannot be read. Copy or download it again.");
    Hdf5Info info = info_of(type.get(), shape_of(space.get()));
    if (H5Sget_simple_extent_type(space.get()) == H5S_NULL)
        info.shape = {0};
    if (stored_elsewhere(dataset.get()))
        info.kind = Hdf5Info::Kind::Other;
    return info;
}

std::vector<Hdf5Member> Hdf5File::fields(const std::string& path) const {
    const Lock lock(library());
    const Handle dataset = open_dataset(file_, path);
    const Handle type(dataset ? H5Dget_type(dataset.get()) : -1, H5Tclose);
    std::vector<Hdf5Member> members;
    const int count = type && H5Tget_class(type.get()) == H5T_COMPOUND ? H5Tget_nmembers(type.get()) : 0;
    const auto shape = count > 0 ? info(path).shape : std::vector<std::size_t>();
    for (int i = 0; i < count; ++i) {
        const auto index = static_cast<unsigned>(i);
        char* name = H5Tget_member_name(type.get(), index);
        const Handle member(H5Tget_member_type(type.get(), index), H5Tclose);
        members.push_back({name ? cleaned(name) : std::string(), info_of(member.get(), shape)});
        H5free_memory(name);
    }
    return members;
}

template<class Number>
std::vector<Number> Hdf5File::numbers(const std::string& path, const std::string& field) const {
    const Hdf5Info shape = info(path);
    require_memory(path_, shape.count() * sizeof(Number), memory_limit_, "read a smaller dataset of it");
    const Lock lock(library());
    const Handle dataset = open_dataset(file_, path);
    std::vector<Number> values(static_cast<std::size_t>(shape.count()));
    const Handle wrapped = field.empty() ? Handle() : field_type(field, native<Number>());
    // An enumeration is not converted to numbers by itself: its base type is read.
    const hid_t memory = wrapped ? wrapped.get() : native<Number>();
    const Handle type(H5Dget_type(dataset.get()), H5Tclose);
    if (field.empty() && H5Tget_class(type.get()) == H5T_ENUM) {
        const Handle native_enum(H5Tget_native_type(type.get(), H5T_DIR_ASCEND), H5Tclose);
        const std::size_t size = H5Tget_size(native_enum.get());
        std::vector<char> raw(values.size() * size);
        if (H5Dread(dataset.get(), native_enum.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()) < 0)
            throw bad("is damaged: the numbers of \"" + path +
                      "\" cannot be read. Copy or download it again.");
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::int64_t value = 0;
            std::memcpy(&value, raw.data() + i * size, std::min<std::size_t>(size, 8));
            values[i] = static_cast<Number>(size == 1 ? static_cast<std::int8_t>(value) : value);
        }
        return values;
    }
    if (!values.empty() && H5Dread(dataset.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
        throw bad("is damaged: the numbers of \"" + path + "\" cannot be read. Copy or download it again.");
    return values;
}

std::vector<double> Hdf5File::reals(const std::string& path, const std::string& field) const {
    return numbers<double>(path, field);
}
std::vector<std::int64_t> Hdf5File::integers(const std::string& path, const std::string& field) const {
    return numbers<std::int64_t>(path, field);
}
std::vector<float> Hdf5File::floats(const std::string& path) const {
    return numbers<float>(path, {});
}

std::vector<std::string> Hdf5File::texts(const std::string& path, const std::string& field) const {
    const Hdf5Info shape = info(path);
    require_memory(path_, shape.count() * 64, memory_limit_, "read a smaller dataset of it");
    const Lock lock(library());
    const Handle dataset = open_dataset(file_, path);
    const Handle space(H5Dget_space(dataset.get()), H5Sclose);
    Handle type(H5Dget_type(dataset.get()), H5Tclose);
    if (!field.empty()) {
        const int index = H5Tget_member_index(type.get(), field.c_str());
        if (index < 0)
            throw bad("has no field \"" + field + "\" in \"" + path + "\".");
        type = Handle(H5Tget_member_type(type.get(), static_cast<unsigned>(index)), H5Tclose);
    }
    if (H5Tget_class(type.get()) != H5T_STRING)
        throw bad("has no text in \"" + path + "\", where names should be.");
    if (shape.count() == 0)
        return {};
    bool good = true;
    auto texts = read_texts(
        type.get(), static_cast<std::size_t>(shape.count()), space.get(), field,
        [&](hid_t memory, void* to) {
            return H5Dread(dataset.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, to) >= 0;
        },
        good);
    if (!good)
        throw bad("is damaged: the texts of \"" + path + "\" cannot be read. Copy or download it again.");
    return texts;
}

Column categories_if_repeated(const Column& text) {
    if (text.type() != ColumnType::Text)
        return text;
    Column list = text.as_categorical();
    return list.categories().size() * 2 <= text.size() && list.categories().size() <= 1000 ? list : text;
}

Column Hdf5File::column(const std::string& path, const std::string& name, const std::string& field) const {
    Hdf5Info shape = info(path);
    if (!field.empty())
        for (const Hdf5Member& member : fields(path))
            if (member.name == field)
                shape = member.info;
    const auto count = static_cast<std::size_t>(shape.count());
    if (shape.kind == Hdf5Info::Kind::Text) {
        TextValues values;
        for (const std::string& text : texts(path, field))
            values.push_back(text);
        return Column::text(name, std::move(values));
    }
    if (shape.kind != Hdf5Info::Kind::Number)
        throw file_error(ErrorCode::Unsupported, path_,
                         "holds values in \"" + path + "\" that are neither numbers nor text.");
    if (shape.type.kind == ElementType::Kind::Float)
        return Column::reals(name, reals(path, field));
    const auto whole = integers(path, field);
    if (shape.type.kind == ElementType::Kind::Boolean) {
        std::vector<std::uint8_t> flags(count);
        std::transform(whole.begin(), whole.end(), flags.begin(),
                       [](std::int64_t v) { return v != 0 ? 1 : 0; });
        return Column::booleans(name, std::move(flags));
    }
    ArrayColumns narrow(count, 1, {ElementType::Kind::Signed, 8, false});
    narrow.add_run(0, 0, std::as_bytes(std::span(whole)));
    return std::move(narrow.finish({name}).front());
}

std::vector<Column> Hdf5File::columns(const std::string& path, const std::vector<std::string>& names,
                                      bool transposed, const std::function<void(double)>& progress) const {
    const Hdf5Info shape = info(path);
    if (shape.kind != Hdf5Info::Kind::Number)
        throw file_error(ErrorCode::Unsupported, path_, "holds no numbers in \"" + path + "\".");
    const auto [rows, width] = as_matrix(shape.shape, path_);
    require_memory(path_,
                   ArrayColumns::memory(static_cast<double>(rows), static_cast<double>(width), shape.type),
                   memory_limit_, "read a smaller dataset of it");
    if (rows == 0 || width == 0)
        throw bad("has no values in \"" + path + "\".");
    const std::size_t out_rows = transposed ? width : rows, out_columns = transposed ? rows : width;
    ArrayColumns result(out_rows, out_columns, shape.type);
    const std::size_t row_bytes = width * shape.type.size;
    const std::size_t piece =
        std::clamp<std::size_t>((16u << 20) / std::max<std::size_t>(row_bytes, 1), 1, rows);
    std::vector<std::byte> bytes(piece * row_bytes);
    const Lock lock(library());
    const Handle dataset = open_dataset(file_, path), space(H5Dget_space(dataset.get()), H5Sclose);
    for (std::size_t row = 0; row < rows; row += piece) {
        const std::size_t here = std::min(piece, rows - row);
        std::vector<hsize_t> start(shape.shape.size(), 0), count(shape.shape.begin(), shape.shape.end());
        Handle memory(H5Screate(H5S_SCALAR), H5Sclose);
        if (!count.empty()) {
            start[0] = row;
            count[0] = here;
            H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
            memory =
                Handle(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
        }
        if (H5Dread(dataset.get(), native_type(shape.type), memory.get(),
                    count.empty() ? H5S_ALL : space.get(), H5P_DEFAULT, bytes.data()) < 0)
            throw bad("is damaged: the numbers of \"" + path +
                      "\" cannot be read. Copy or download it again.");
        const auto read = std::span(bytes).first(here * row_bytes);
        if (!transposed)
            result.add_rows(read);
        else
            for (std::size_t i = 0; i < here; ++i)
                result.add_run(row + i, 0, read.subspan(i * row_bytes, row_bytes));
        if (progress)
            progress(static_cast<double>(row + here) / static_cast<double>(rows));
    }
    return result.finish(names);
}

namespace {

Handle open_attribute(hid_t file, const std::string& object, const std::string& name) {
    const char* path = object.empty() ? "/" : object.c_str();
    if (H5Aexists_by_name(file, path, name.c_str(), H5P_DEFAULT) <= 0)
        return {};
    return {H5Aopen_by_name(file, path, name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose};
}

} // namespace

bool Hdf5File::has_attribute(const std::string& object, const std::string& name) const {
    const Lock lock(library());
    return static_cast<bool>(open_attribute(file_, object, name));
}

std::vector<std::string> Hdf5File::texts_attribute(const std::string& object, const std::string& name) const {
    const Lock lock(library());
    const Handle attribute = open_attribute(file_, object, name);
    if (!attribute)
        return {};
    const Handle type(H5Aget_type(attribute.get()), H5Tclose), space(H5Aget_space(attribute.get()), H5Sclose);
    const hssize_t count = H5Sget_simple_extent_npoints(space.get());
    if (H5Tget_class(type.get()) != H5T_STRING || count <= 0 || count > 1'000'000)
        return {};
    bool good = true;
    auto texts = read_texts(
        type.get(), static_cast<std::size_t>(count), space.get(), {},
        [&](hid_t memory, void* to) { return H5Aread(attribute.get(), memory, to) >= 0; }, good);
    return good ? texts : std::vector<std::string>{};
}

std::optional<std::string> Hdf5File::text_attribute(const std::string& object,
                                                    const std::string& name) const {
    auto texts = texts_attribute(object, name);
    if (texts.size() != 1)
        return std::nullopt;
    return texts.front();
}

std::vector<std::int64_t> Hdf5File::integers_attribute(const std::string& object,
                                                       const std::string& name) const {
    const Lock lock(library());
    const Handle attribute = open_attribute(file_, object, name);
    if (!attribute)
        return {};
    const Handle type(H5Aget_type(attribute.get()), H5Tclose), space(H5Aget_space(attribute.get()), H5Sclose);
    const hssize_t count = H5Sget_simple_extent_npoints(space.get());
    if (H5Tget_class(type.get()) != H5T_INTEGER || count <= 0 || count > 1'000'000)
        return {};
    std::vector<std::int64_t> values(static_cast<std::size_t>(count));
    if (H5Aread(attribute.get(), H5T_NATIVE_INT64, values.data()) < 0)
        return {};
    return values;
}

std::string Hdf5File::reference_attribute(const std::string& object, const std::string& name) const {
    const Lock lock(library());
    const Handle attribute = open_attribute(file_, object, name);
    if (!attribute)
        return {};
    const Handle type(H5Aget_type(attribute.get()), H5Tclose), space(H5Aget_space(attribute.get()), H5Sclose);
    if (H5Tequal(type.get(), H5T_STD_REF_OBJ) <= 0 || H5Sget_simple_extent_npoints(space.get()) != 1)
        return {};
    hobj_ref_t reference{};
    if (H5Aread(attribute.get(), H5T_STD_REF_OBJ, &reference) < 0)
        return {};
    const Handle target(H5Rdereference2(file_, H5P_DEFAULT, H5R_OBJECT, &reference), H5Oclose);
    if (!target)
        return {};
    const ssize_t length = H5Iget_name(target.get(), nullptr, 0);
    if (length <= 0)
        return {};
    std::string path(static_cast<std::size_t>(length) + 1, '\0');
    H5Iget_name(target.get(), path.data(), path.size());
    path.resize(static_cast<std::size_t>(length));
    return path;
}

} // namespace eyepiece
