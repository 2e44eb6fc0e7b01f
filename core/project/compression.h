// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

namespace eyepiece {

// Zstandard frames that carry their own size. Internal to core/project.
std::vector<std::byte> compress(std::span<const std::byte> raw);
// Throws Error(Storage) when the frame is damaged or says it holds more than `limit` bytes.
std::vector<std::byte> decompress(std::span<const std::byte> frame, std::size_t limit);

} // namespace eyepiece
