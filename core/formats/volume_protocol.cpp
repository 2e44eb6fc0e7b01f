// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/volume_protocol.h"

#include "core/base/error.h"

namespace eyepiece {

std::string path_to_hex(const std::filesystem::path& path) {
    constexpr const char* digits = "0123456789abcdef";
    std::string hex;
    for (const char c : path.native()) {
        hex += digits[static_cast<unsigned char>(c) >> 4];
        hex += digits[static_cast<unsigned char>(c) & 15];
    }
    return hex;
}

std::filesystem::path path_from_hex(const std::string& hex) {
    const auto digit = [](char c) {
        if (c >= '0' && c <= '9')
            return c - '0';
        if (c >= 'a' && c <= 'f')
            return c - 'a' + 10;
        throw Error(ErrorCode::BadInput, "A path that was sent to the reader of volumes is none.");
    };
    std::string path;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        path += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
    return path;
}

Json volume_to_json(const ImageInfo& info, const VolumeGeometry& geometry) {
    return {{"info",
             {{"width", info.width},
              {"height", info.height},
              {"channels", info.channels},
              {"depth", info.depth},
              {"frames", info.frames},
              {"type", to_string(info.type)},
              {"rgb", info.rgb},
              {"pixel_size", {info.pixel_size.x, info.pixel_size.y, info.pixel_size.z}},
              {"unit", info.pixel_size.unit},
              {"format", info.format}}},
            {"geometry",
             {{"spacing", geometry.spacing},
              {"origin", geometry.origin},
              {"direction", geometry.direction},
              {"unit", geometry.unit},
              {"oriented", geometry.oriented}}}};
}

ImageInfo info_from_json(const Json& json) {
    ImageInfo info;
    info.width = json.at("width").get<std::int64_t>();
    info.height = json.at("height").get<std::int64_t>();
    info.channels = json.at("channels").get<int>();
    info.depth = json.at("depth").get<int>();
    info.frames = json.at("frames").get<int>();
    info.type = pixel_type_from_string(json.at("type").get<std::string>());
    info.rgb = json.at("rgb").get<bool>();
    const auto size = json.at("pixel_size").get<Vector3>();
    info.pixel_size = {size[0], size[1], size[2], json.at("unit").get<std::string>()};
    info.format = json.at("format").get<std::string>();
    return info;
}

VolumeGeometry geometry_from_json(const Json& json) {
    VolumeGeometry geometry;
    geometry.spacing = json.at("spacing").get<Vector3>();
    geometry.origin = json.at("origin").get<Vector3>();
    geometry.direction = json.at("direction").get<std::array<Vector3, 3>>();
    geometry.unit = json.at("unit").get<std::string>();
    geometry.oriented = json.at("oriented").get<bool>();
    return geometry;
}

} // namespace eyepiece
