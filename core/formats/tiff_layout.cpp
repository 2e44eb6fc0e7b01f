// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/tiff_layout.h"
#include "core/base/parameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <pugixml.hpp>
#include <sstream>
#include <string_view>

namespace eyepiece {
namespace {

constexpr std::int64_t most_planes = 10'000'000;

// Micrometres of one unit; 0: not a length that we know ("pixel", "reference frame").
double micrometres(std::string_view unit) {
    static constexpr std::array<std::pair<std::string_view, double>, 22> units{{
        {"µm", 1},         {"μm", 1},       {"um", 1},           {"micron", 1},       {"microns", 1},
        {"micrometer", 1}, {"\\u00B5m", 1}, {"nm", 1e-3},        {"nanometer", 1e-3}, {"pm", 1e-6},
        {"Å", 1e-4},       {"mm", 1e3},     {"millimeter", 1e3}, {"cm", 1e4},         {"centimeter", 1e4},
        {"dm", 1e5},       {"m", 1e6},      {"meter", 1e6},      {"in", 25400},       {"inch", 25400},
        {"inches", 25400}, {"\xB5m", 1}, // the last: Latin-1, as old ImageJ wrote it
    }};
    for (const auto& [name, factor] : units)
        if (name == unit)
            return factor;
    return 0;
}

// The size of a pixel from the resolution tags. Scanners, cameras and picture editors state what a printer
// should make of the file (72 to 1200 dpi); only finer ones say something of the object.
PixelSize size_from_resolution(const TiffPage& page) {
    const double unit = page.resolution_unit == 2 ? 25400 : page.resolution_unit == 3 ? 10000 : 0;
    if (unit <= 0 || page.x_resolution <= 0 || page.y_resolution <= 0)
        return {};
    const double x = unit / page.x_resolution, y = unit / page.y_resolution;
    constexpr double coarsest = 20; // µm: 1270 dpi
    if (!std::isfinite(x) || !std::isfinite(y) || x > coarsest || y > coarsest)
        return {};
    return {x, y, 0, "µm"};
}

std::string_view local_name(const pugi::xml_node& node) {
    const std::string_view name = node.name();
    const auto colon = name.rfind(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
    for (const auto& candidate : node.children())
        if (local_name(candidate) == name)
            return candidate;
    return {};
}

double length(const pugi::xml_node& pixels, const char* attribute, const char* unit_attribute) {
    const double value = pixels.attribute(attribute).as_double(0);
    const double factor = micrometres(pixels.attribute(unit_attribute).as_string("µm"));
    return std::isfinite(value) && value > 0 ? value * factor : 0;
}

std::optional<TiffLayout> ome_layout(const TiffFile& file, const std::vector<TiffPage>& pages) {
    const std::string& text = file.description();
    if (text.find("<OME") == std::string::npos && text.find(":OME") == std::string::npos)
        return {};
    pugi::xml_document document;
    if (!document.load_buffer(text.data(), text.size()))
        return {};
    // Of several images in one file the first is shown.
    const auto pixels = child(child(document.document_element(), "Image"), "Pixels");
    if (!pixels || pixels.attribute("SizeX").as_llong() != pages[0].width ||
        pixels.attribute("SizeY").as_llong() != pages[0].height)
        return {};

    TiffLayout layout;
    layout.format = "OME-TIFF";
    const std::int64_t channels = pixels.attribute("SizeC").as_llong(1);
    const std::int64_t depth = pixels.attribute("SizeZ").as_llong(1),
                       frames = pixels.attribute("SizeT").as_llong(1);
    const int per_page = pages[0].channels();
    if (channels < 1 || depth < 1 || frames < 1 || channels > most_planes || depth > most_planes / channels ||
        frames > most_planes / channels / depth || channels % per_page != 0)
        return {};
    layout.groups = static_cast<int>(channels / per_page);
    layout.depth = static_cast<int>(depth);
    layout.frames = static_cast<int>(frames);
    const double z = length(pixels, "PhysicalSizeZ", "PhysicalSizeZUnit");
    layout.pixel_size = {length(pixels, "PhysicalSizeX", "PhysicalSizeXUnit"),
                         length(pixels, "PhysicalSizeY", "PhysicalSizeYUnit"), z, "µm"};

    bool all_named = true, all_colored = true;
    for (const auto& node : pixels.children()) {
        if (local_name(node) != "Channel")
            continue;
        const std::string name = node.attribute("Name").as_string();
        const auto color = static_cast<std::uint32_t>(node.attribute("Color").as_llong(-1)); // RGBA
        all_named &= !name.empty();
        all_colored &= static_cast<bool>(node.attribute("Color"));
        layout.channel_names.push_back(name);
        layout.channel_colors.push_back({static_cast<std::uint8_t>(color >> 24),
                                         static_cast<std::uint8_t>(color >> 16),
                                         static_cast<std::uint8_t>(color >> 8)});
    }
    if (!all_named || layout.channel_names.size() != static_cast<std::size_t>(channels))
        layout.channel_names.clear();
    // White for every channel is what writers put who have nothing to say.
    const bool white = std::all_of(layout.channel_colors.begin(), layout.channel_colors.end(),
                                   [](const auto& c) { return c[0] == 255 && c[1] == 255 && c[2] == 255; });
    if (!all_colored || (white && channels > 1) ||
        layout.channel_colors.size() != static_cast<std::size_t>(channels))
        layout.channel_colors.clear();

    // The order in which planes follow one another, fastest first: "XYZCT" means z, then c, then t.
    std::string order = pixels.attribute("DimensionOrder").as_string("XYZCT");
    order = order.size() == 5 && order.starts_with("XY") ? order.substr(2) : "ZCT";
    const std::map<char, std::int64_t> sizes{{'C', layout.groups}, {'Z', depth}, {'T', frames}};
    if (!sizes.count(order[0]) || !sizes.count(order[1]) || !sizes.count(order[2]))
        return {};
    const std::int64_t total = layout.groups * depth * frames;
    layout.planes.assign(static_cast<std::size_t>(total), -1);
    const auto place = [&](std::map<char, std::int64_t> at, std::int64_t page, std::int64_t count) {
        for (; count > 0; --count, ++page) {
            if (at['C'] >= layout.groups || at['Z'] >= depth || at['T'] >= frames ||
                page >= static_cast<std::int64_t>(pages.size()))
                return;
            if (pages[static_cast<std::size_t>(page)].same_kind(pages[0]))
                layout
                    .planes[static_cast<std::size_t>((at['T'] * depth + at['Z']) * layout.groups + at['C'])] =
                    static_cast<std::int32_t>(page);
            for (const char axis : order) {
                if (++at[axis] < sizes.at(axis))
                    break;
                at[axis] = 0;
                if (axis == order[2])
                    return;
            }
        }
    };
    bool listed = false;
    const std::string own_name = file.path().filename().string();
    for (const auto& node : pixels.children()) {
        if (local_name(node) != "TiffData")
            continue;
        listed = true;
        // A part that lies in another file of a set.
        const std::string other = child(node, "UUID").attribute("FileName").as_string();
        if (!other.empty() && other != own_name)
            continue;
        const bool has_page = static_cast<bool>(node.attribute("IFD"));
        const std::int64_t count = node.attribute("PlaneCount").as_llong(has_page ? 1 : total);
        const std::int64_t first_channel = node.attribute("FirstC").as_llong(0);
        if (first_channel < 0 || node.attribute("FirstZ").as_llong(0) < 0 ||
            node.attribute("FirstT").as_llong(0) < 0 || node.attribute("IFD").as_llong(0) < 0)
            continue;
        place({{'C', first_channel / per_page},
               {'Z', node.attribute("FirstZ").as_llong(0)},
               {'T', node.attribute("FirstT").as_llong(0)}},
              node.attribute("IFD").as_llong(0), count);
    }
    // A file that was renamed after writing matches none of its own parts.
    if (!listed ||
        std::all_of(layout.planes.begin(), layout.planes.end(), [](auto page) { return page < 0; }))
        place({{'C', 0}, {'Z', 0}, {'T', 0}}, 0, total);
    return layout;
}

std::vector<std::int32_t> consecutive(std::int64_t count) {
    std::vector<std::int32_t> planes(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < planes.size(); ++i)
        planes[i] = static_cast<std::int32_t>(i);
    return planes;
}

// "key=value" lines. Planes are ordered channel, slice, frame, channel fastest.
std::optional<TiffLayout> imagej_layout(const TiffFile& file, const std::vector<TiffPage>& pages) {
    if (!file.description().starts_with("ImageJ="))
        return {};
    std::map<std::string, std::string> values;
    std::istringstream lines(file.description());
    for (std::string line; std::getline(lines, line);)
        if (const auto equals = line.find('='); equals != std::string::npos) {
            std::string value = line.substr(equals + 1);
            value.erase(
                std::find_if(value.rbegin(), value.rend(), [](unsigned char c) { return c > ' '; }).base(),
                value.end());
            values[line.substr(0, equals)] = value;
        }
    const auto number = [&](const char* key, std::int64_t fallback) {
        std::int64_t value = fallback;
        if (const auto found = values.find(key); found != values.end())
            std::from_chars(found->second.data(), found->second.data() + found->second.size(), value);
        return value;
    };
    const std::int64_t images = number("images", 1);
    const std::int64_t channels = number("channels", 1), frames = number("frames", 1);
    std::int64_t depth = number("slices", 1);
    if (images < 1 || channels < 1 || depth < 1 || frames < 1 || images > most_planes || channels > images ||
        depth > images || frames > images)
        return {};
    if (channels * depth * frames != images)
        depth = channels * frames == 1 ? images : depth;
    if (channels * depth * frames != images)
        return {};

    TiffLayout layout;
    layout.format = "ImageJ TIFF";
    layout.groups = static_cast<int>(channels);
    layout.depth = static_cast<int>(depth);
    layout.frames = static_cast<int>(frames);
    layout.planes = consecutive(images);
    if (static_cast<std::int64_t>(pages.size()) < images) {
        const auto& page = pages[0];
        const double bytes = static_cast<double>(page.width) * static_cast<double>(page.height) *
                             page.samples * page.bits / 8 * static_cast<double>(images);
        if (pages.size() != 1 || page.compressed || page.tiled || page.coding != TiffCoding::Direct ||
            bytes > static_cast<double>(file.size()))
            return {}; // pages are missing: shown as far as they go
        layout.contiguous = true;
    }
    const double factor = values.count("unit") ? micrometres(values["unit"]) : 0;
    const auto& page = pages[0];
    if (factor > 0 && page.x_resolution > 0 && page.y_resolution > 0) {
        double spacing = 0;
        if (values.count("spacing"))
            std::istringstream(values["spacing"]) >> spacing;
        layout.pixel_size = {factor / page.x_resolution, factor / page.y_resolution,
                             std::isfinite(spacing) ? std::abs(spacing) * factor : 0, "µm"};
    } else {
        layout.pixel_size = size_from_resolution(page);
    }
    return layout;
}

// tifffile describes what it wrote as {"shape": [...], "axes": "TZCYX"}.
std::optional<TiffLayout> shaped_layout(const TiffFile& file, const std::vector<TiffPage>& pages) {
    if (!file.description().starts_with("{"))
        return {};
    const Json json = Json::parse(file.description(), nullptr, false);
    if (!json.is_object() || !json.contains("axes") || !json["axes"].is_string() || !json.contains("shape") ||
        !json["shape"].is_array())
        return {};
    const std::string axes = json["axes"];
    if (axes.size() != json["shape"].size())
        return {};
    std::map<char, std::int64_t> size, stride; // of the page index
    std::int64_t planes = 1;
    for (std::size_t i = axes.size(); i-- > 0;) {
        const auto& extent = json["shape"][i];
        if (!extent.is_number_integer() || extent < 1 || extent > most_planes)
            return {};
        const char axis = axes[i];
        if (axis == 'Y' || axis == 'X' || axis == 'S' || extent == 1)
            continue;
        if ((axis != 'C' && axis != 'Z' && axis != 'T') || size.count(axis))
            return {};
        size[axis] = extent;
        stride[axis] = planes;
        planes *= extent.get<std::int64_t>();
        if (planes > most_planes)
            return {};
    }
    if (planes == 1 || planes != static_cast<std::int64_t>(pages.size()))
        return {};
    TiffLayout layout;
    const auto extent = [&](char axis) { return size.count(axis) ? static_cast<int>(size[axis]) : 1; };
    layout.groups = extent('C');
    layout.depth = extent('Z');
    layout.frames = extent('T');
    for (int t = 0; t < layout.frames; ++t)
        for (int z = 0; z < layout.depth; ++z)
            for (int c = 0; c < layout.groups; ++c)
                layout.planes.push_back(
                    static_cast<std::int32_t>(t * stride['T'] + z * stride['Z'] + c * stride['C']));
    layout.pixel_size = size_from_resolution(pages[0]);
    return layout;
}

TiffLayout plain_layout(const TiffFile& file, const std::vector<TiffPage>& pages) {
    TiffLayout layout;
    for (std::size_t i = 0; i < pages.size(); ++i)
        if (i == 0 || (!pages[i].reduced && pages[i].same_kind(pages[0])))
            layout.planes.push_back(static_cast<std::int32_t>(i));
    layout.depth = static_cast<int>(layout.planes.size());
    layout.pixel_size = size_from_resolution(pages[0]);
    // Aperio's slides: "...|MPP = 0.4990|...", micrometres per pixel.
    const std::string& text = file.description();
    if (const auto at = text.find("|MPP = "); text.starts_with("Aperio") && at != std::string::npos) {
        double size = 0;
        std::istringstream(text.substr(at + 7, 32)) >> size;
        if (std::isfinite(size) && size > 0)
            layout.pixel_size = {size, size, 0, "µm"};
    }
    return layout;
}

} // namespace

TiffLayout tiff_layout(const TiffFile& file, const std::vector<TiffPage>& pages) {
    std::optional<TiffLayout> layout = ome_layout(file, pages);
    if (!layout)
        layout = imagej_layout(file, pages);
    if (!layout)
        layout = shaped_layout(file, pages);
    if (!layout)
        layout = plain_layout(file, pages);
    const bool mixed = std::any_of(layout->planes.begin(), layout->planes.end(), [&](std::int32_t page) {
        return page >= 0 && !layout->contiguous && !pages[static_cast<std::size_t>(page)].same_kind(pages[0]);
    });
    if (mixed)
        layout = plain_layout(file, pages);
    if (layout->format.empty())
        layout->format = file.big() ? "BigTIFF" : "TIFF";
    return *layout;
}

} // namespace eyepiece
