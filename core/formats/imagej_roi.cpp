// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/imagej_roi.h"
#include "core/base/error.h"
#include "core/formats/outline_labels.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <string_view>

namespace eyepiece {
namespace {

constexpr std::size_t header_size = 64, second_header_size = 64;
constexpr int version = 228;                            // that of ImageJ 1.53
constexpr int subpixel_option = 128, spline_option = 1; // bits
constexpr std::int64_t largest_coordinate = 32767;      // of whole numbers

enum RoiType { Polygonal, Rectangle, Oval, Line, FreeLine, Polyline, None, Freehand, Traced, Angle, Points };
enum RoiSubtype { Text = 1, Arrow = 2, Ellipse = 3, Picture = 4, RotatedRectangle = 5 };
enum Segment { MoveTo, LineTo, QuadTo, CubicTo, Close };

class Bytes {
public:
    explicit Bytes(std::span<const unsigned char> bytes) : bytes_(bytes) {}
    std::size_t size() const { return bytes_.size(); }
    int byte(std::size_t at) const {
        require(at, 1);
        return bytes_[at];
    }
    int whole16(std::size_t at) const { return static_cast<std::int16_t>(unsigned16(at)); }
    unsigned unsigned16(std::size_t at) const {
        require(at, 2);
        return static_cast<unsigned>(bytes_[at] << 8 | bytes_[at + 1]);
    }
    std::int32_t whole32(std::size_t at) const {
        return static_cast<std::int32_t>(unsigned16(at) << 16 | unsigned16(at + 2));
    }
    double real(std::size_t at) const {
        const float value = std::bit_cast<float>(whole32(at));
        if (!(std::abs(value) <= farthest_point))
            throw Error(ErrorCode::BadInput, "has a point that lies beyond any image");
        return value;
    }
    // `count` characters of UTF-16 as UTF-8.
    std::string text(std::size_t at, std::size_t count) const {
        require(at, count * 2);
        std::string utf8;
        for (std::size_t i = 0; i < count; ++i) {
            std::uint32_t code = unsigned16(at + 2 * i);
            if (code >= 0xd800 && code < 0xdc00 && i + 1 < count) // the first of a pair
                code = 0x10000 + ((code - 0xd800) << 10) + ((unsigned16(at + 2 * ++i) - 0xdc00) & 0x3ff);
            append(utf8, code);
        }
        return utf8;
    }

private:
    void require(std::size_t at, std::size_t count) const {
        if (at > bytes_.size() || count > bytes_.size() - at)
            throw Error(ErrorCode::BadInput, "is cut short");
    }
    static void append(std::string& utf8, std::uint32_t code) {
        const auto put = [&](std::uint32_t byte) { utf8 += static_cast<char>(byte); };
        if (code < 0x80) {
            put(code);
        } else if (code < 0x800) {
            put(0xc0 | code >> 6);
            put(0x80 | (code & 0x3f));
        } else if (code < 0x10000) {
            put(0xe0 | code >> 12);
            put(0x80 | (code >> 6 & 0x3f));
            put(0x80 | (code & 0x3f));
        } else {
            put(0xf0 | code >> 18);
            put(0x80 | (code >> 12 & 0x3f));
            put(0x80 | (code >> 6 & 0x3f));
            put(0x80 | (code & 0x3f));
        }
    }

    std::span<const unsigned char> bytes_;
};

// The value of a line "class: NAME" among the properties.
std::string class_of_properties(const std::string& properties) {
    constexpr std::string_view key = "class: ";
    for (std::size_t at = 0; at < properties.size();) {
        const std::size_t end = std::min(properties.find('\n', at), properties.size());
        const std::string_view line = std::string_view(properties).substr(at, end - at);
        if (line.starts_with(key))
            return std::string(line.substr(key.size()));
        at = end + 1;
    }
    return {};
}

// The points of a curve behind its first, in short straight pieces (Bernstein's form).
void add_curve(Polygon& ring, std::span<const Point2> controls) {
    constexpr int pieces = 16;
    for (int piece = 1; piece <= pieces; ++piece) {
        const double t = static_cast<double>(piece) / pieces;
        std::vector<Point2> points(controls.begin(), controls.end()); // de Casteljau 1959
        while (points.size() > 1) {
            for (std::size_t i = 0; i + 1 < points.size(); ++i)
                points[i] = {points[i].x + t * (points[i + 1].x - points[i].x),
                             points[i].y + t * (points[i + 1].y - points[i].y)};
            points.pop_back();
        }
        ring.push_back(points[0]);
    }
}

std::vector<Polygon> rings_of_path(const Bytes& bytes, std::size_t count) {
    if (count > (bytes.size() - header_size) / 4)
        throw Error(ErrorCode::BadInput, "is cut short");
    std::vector<Polygon> rings;
    std::size_t at = header_size;
    const std::size_t end = header_size + 4 * count;
    const auto number = [&] {
        at += 4;
        if (at > end)
            throw Error(ErrorCode::BadInput, "has a path that ends in the middle of a segment");
        return bytes.real(at - 4);
    };
    const auto point = [&] {
        const double x = number(), y = number();
        return Point2{x, y};
    };
    while (at < end) {
        const double code = number();
        const int segment = code == std::floor(code) ? static_cast<int>(code) : -1;
        if (segment == MoveTo) {
            rings.push_back({point()});
        } else if (segment == Close) {
            continue;
        } else if (segment == LineTo || segment == QuadTo || segment == CubicTo) {
            if (rings.empty())
                throw Error(ErrorCode::BadInput, "has a path that begins nowhere");
            std::vector<Point2> controls{rings.back().back()};
            for (int i = 0; i < segment; ++i)
                controls.push_back(point());
            if (segment == LineTo)
                rings.back().push_back(controls.back());
            else
                add_curve(rings.back(), controls);
        } else {
            throw Error(ErrorCode::BadInput, "has a path with a segment of an unknown kind");
        }
    }
    return rings;
}

Polygon ring_of_points(const Bytes& bytes, bool subpixel) {
    std::size_t count = bytes.unsigned16(16);
    if (count == 0)
        count = static_cast<std::size_t>(std::max(0, bytes.whole32(18)));
    if (count > bytes.size() / 4)
        throw Error(ErrorCode::BadInput, "is cut short");
    Polygon ring(count);
    const int left = bytes.whole16(10), top = bytes.whole16(8);
    for (std::size_t i = 0; i < count; ++i)
        ring[i] = subpixel
                      ? Point2{bytes.real(header_size + 4 * count + 4 * i),
                               bytes.real(header_size + 8 * count + 4 * i)}
                      : Point2{static_cast<double>(left + std::max(0, bytes.whole16(header_size + 2 * i))),
                               static_cast<double>(
                                   top + std::max(0, bytes.whole16(header_size + 2 * count + 2 * i)))};
    if (ring.size() < 3)
        throw Error(ErrorCode::BadInput, "has fewer than three points");
    return ring;
}

Polygon arc(const Point2& centre, double x_radius, double y_radius, double from, double to, int corners) {
    Polygon points;
    for (int i = 0; i <= corners; ++i) {
        const double angle = from + (to - from) * i / corners;
        points.push_back({centre.x + x_radius * std::cos(angle), centre.y + y_radius * std::sin(angle)});
    }
    return points;
}

Polygon rounded(const Box& box, double diameter) {
    if (diameter <= 0)
        return outline_of(box);
    const double x = std::min(diameter, box.width()) / 2, y = std::min(diameter, box.height()) / 2;
    const double right_angle = std::numbers::pi / 2;
    Polygon ring;
    const std::array<Point2, 4> centres{
        Point2{box.right - x, box.bottom - y}, Point2{box.left + x, box.bottom - y},
        Point2{box.left + x, box.top + y}, Point2{box.right - x, box.top + y}};
    for (std::size_t i = 0; i < centres.size(); ++i) {
        const double from = right_angle * static_cast<double>(i);
        const Polygon corner = arc(centres[i], x, y, from, from + right_angle, 24);
        ring.insert(ring.end(), corner.begin(), corner.end());
    }
    return ring;
}

// Both are stored by their long axis: from one end to the other.
Polygon along_axis(const Bytes& bytes, int subtype) {
    const Point2 a{bytes.real(18), bytes.real(22)}, b{bytes.real(26), bytes.real(30)};
    const double length = std::hypot(b.x - a.x, b.y - a.y), parameter = bytes.real(52);
    if (length <= 0)
        throw Error(ErrorCode::BadInput, "has no extent");
    const Point2 along{(b.x - a.x) / length, (b.y - a.y) / length};
    if (subtype == RotatedRectangle) {
        const double x = -along.y * parameter / 2, y = along.x * parameter / 2;
        return {{a.x - x, a.y - y}, {b.x - x, b.y - y}, {b.x + x, b.y + y}, {a.x + x, a.y + y}};
    }
    const double across = length / 2 * parameter;
    return ellipse_ring({(a.x + b.x) / 2, (a.y + b.y) / 2}, {(b.x - a.x) / 2, (b.y - a.y) / 2},
                        {-along.y * across, along.x * across});
}

Box box_of(const Bytes& bytes, bool subpixel) {
    if (subpixel) {
        const double x = bytes.real(18), y = bytes.real(22);
        return {x, y, x + bytes.real(26), y + bytes.real(30)};
    }
    return {static_cast<double>(bytes.whole16(10)), static_cast<double>(bytes.whole16(8)),
            static_cast<double>(bytes.whole16(14)), static_cast<double>(bytes.whole16(12))};
}

void read_second_header(const Bytes& bytes, ImageJRoi& roi) {
    const std::int32_t at = bytes.whole32(60);
    if (at < static_cast<std::int32_t>(header_size) ||
        static_cast<std::size_t>(at) + 24 > bytes.size()) // older files have none
        return;
    const auto header = static_cast<std::size_t>(at);
    roi.slice = std::max({roi.slice, bytes.whole32(header + 8), bytes.whole32(header + 12)});
    const auto text = [&](std::size_t where) -> std::string {
        if (header + where + 8 > bytes.size())
            return {};
        const std::int32_t from = bytes.whole32(header + where), count = bytes.whole32(header + where + 4);
        return from > 0 && count > 0
                   ? bytes.text(static_cast<std::size_t>(from), static_cast<std::size_t>(count))
                   : std::string();
    };
    roi.name = text(16);
    roi.class_name = class_of_properties(text(40));
}

class Writer {
public:
    explicit Writer(std::size_t size) : bytes_(size, '\0') {}
    void put8(std::size_t at, int value) { bytes_[at] = static_cast<char>(value); }
    void put16(std::size_t at, std::int64_t value) {
        bytes_[at] = static_cast<char>(value >> 8);
        bytes_[at + 1] = static_cast<char>(value);
    }
    void put32(std::size_t at, std::uint32_t value) {
        put16(at, value >> 16);
        put16(at + 2, value & 0xffff);
    }
    void put_real(std::size_t at, double value) {
        put32(at, std::bit_cast<std::uint32_t>(static_cast<float>(value)));
    }
    std::string take() && { return std::move(bytes_); }

private:
    std::string bytes_;
};

std::u16string utf16(const std::string& utf8) {
    std::u16string text;
    for (std::size_t i = 0; i < utf8.size();) {
        const auto lead = static_cast<unsigned char>(utf8[i]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        std::uint32_t code = length == 1 ? lead : lead & (0xffu >> (length + 1));
        for (std::size_t k = 1; k < length && i + k < utf8.size(); ++k)
            code = code << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3f);
        if (code >= 0x10000) {
            text += static_cast<char16_t>(0xd800 + ((code - 0x10000) >> 10));
            text += static_cast<char16_t>(0xdc00 + ((code - 0x10000) & 0x3ff));
        } else {
            text += static_cast<char16_t>(code);
        }
        i += length;
    }
    return text;
}

std::vector<float> path_of(const std::vector<OutlinePart>& parts) {
    std::vector<float> path;
    const auto add = [&](const Polygon& ring) {
        for (std::size_t i = 0; i < ring.size(); ++i)
            for (const double value : {static_cast<double>(i == 0 ? MoveTo : LineTo), ring[i].x, ring[i].y})
                path.push_back(static_cast<float>(value));
        path.push_back(static_cast<float>(Close));
    };
    for (const OutlinePart& part : parts) {
        add(part.outer);
        std::for_each(part.holes.begin(), part.holes.end(), add);
    }
    return path;
}

} // namespace

ImageJRoi decode_imagej_roi(std::span<const unsigned char> data) {
    const Bytes bytes(data);
    if (data.size() < 4 || std::string_view(reinterpret_cast<const char*>(data.data()), 4) != "Iout")
        throw Error(ErrorCode::BadInput, "is no ImageJ region");
    if (data.size() < header_size)
        throw Error(ErrorCode::BadInput, "is cut short");
    ImageJRoi roi;
    const int file_version = bytes.whole16(4), type = bytes.byte(6), subtype = bytes.whole16(48),
              options = bytes.whole16(50), path_size = bytes.whole32(36);
    roi.slice = bytes.whole32(56);
    read_second_header(bytes, roi);
    const bool subpixel = (options & subpixel_option) && file_version >= 222;
    if (path_size > 0 && type == Rectangle) {
        roi.rings = rings_of_path(bytes, static_cast<std::size_t>(path_size));
        return roi;
    }
    if (subtype == Text || subtype == Picture)
        throw Error(ErrorCode::Unsupported, "is a text or a picture, which encloses no pixels to read");
    switch (type) {
    case Rectangle:
        roi.rings = {rounded(box_of(bytes, subpixel), bytes.unsigned16(54))};
        break;
    case Oval:
        roi.oval = box_of(bytes, subpixel);
        break;
    case Polygonal:
    case Freehand:
    case Traced:
        if (type == Freehand && (subtype == Ellipse || subtype == RotatedRectangle)) {
            roi.rings = {along_axis(bytes, subtype)};
        } else {
            roi.rings = {ring_of_points(bytes, subpixel)};
            roi.spline = options & spline_option;
        }
        break;
    default:
        throw Error(ErrorCode::Unsupported, "is a line or points, which enclose no pixels to read");
    }
    return roi;
}

std::string encode_imagej_roi(const std::string& name, const std::string& class_name,
                              const std::vector<OutlinePart>& parts, const Region& bounds,
                              const std::array<std::uint8_t, 3>& color) {
    const std::u16string title = utf16(name), properties = utf16("class: " + class_name + "\n");
    const bool traced = parts.size() == 1 && parts[0].holes.empty() && bounds.right() <= largest_coordinate &&
                        bounds.bottom() <= largest_coordinate && parts[0].outer.size() <= 0xffff;
    const std::vector<float> path = traced ? std::vector<float>() : path_of(parts);
    const std::size_t points = traced ? parts[0].outer.size() : 0;
    const std::size_t second = header_size + 4 * (traced ? points : path.size());
    const std::size_t texts = second + second_header_size;
    Writer out(texts + 2 * (title.size() + properties.size()));
    for (std::size_t i = 0; i < 4; ++i)
        out.put8(i, "Iout"[i]);
    out.put16(4, version);
    out.put8(6, traced ? Traced : Rectangle);
    const auto put_bound = [&](std::size_t at, std::int64_t value) {
        out.put16(at, std::min(value, largest_coordinate));
    };
    put_bound(8, bounds.y);
    put_bound(10, bounds.x);
    put_bound(12, bounds.bottom());
    put_bound(14, bounds.right());
    out.put16(16, static_cast<std::int64_t>(points));
    out.put32(36, static_cast<std::uint32_t>(path.size()));
    out.put32(40, 0xff000000u | std::uint32_t{color[0]} << 16 | std::uint32_t{color[1]} << 8 | color[2]);
    out.put32(60, static_cast<std::uint32_t>(second));
    for (std::size_t i = 0; i < points; ++i) {
        out.put16(header_size + 2 * i, std::llround(parts[0].outer[i].x) - bounds.x);
        out.put16(header_size + 2 * (points + i), std::llround(parts[0].outer[i].y) - bounds.y);
    }
    for (std::size_t i = 0; i < path.size(); ++i)
        out.put_real(header_size + 4 * i, path[i]);
    const auto put_text = [&](std::size_t where, std::size_t at, const std::u16string& text) {
        out.put32(second + where, static_cast<std::uint32_t>(at));
        out.put32(second + where + 4, static_cast<std::uint32_t>(text.size()));
        for (std::size_t i = 0; i < text.size(); ++i)
            out.put16(at + 2 * i, text[i]);
    };
    put_text(16, texts, title);
    put_text(40, texts + 2 * title.size(), properties);
    return std::move(out).take();
}

} // namespace eyepiece
