// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/project/items.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>
#include <xxhash.h>

namespace eyepiece {

std::string content_hash(const std::filesystem::path& path) {
    const auto fail = [&](int code) {
        throw Error(code == ENOENT ? ErrorCode::NotFound : ErrorCode::Storage,
                    "The file \"" + path.string() + "\" cannot be read: " + std::strerror(code) + ".");
    };
    // Not blocking: a pipe or a device among the images must not hang the reader.
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        fail(errno);
    struct Close {
        int file;
        ~Close() { ::close(file); }
    } close{file};
    struct stat info {};
    if (::fstat(file, &info) != 0)
        fail(errno);
    if (!S_ISREG(info.st_mode))
        throw Error(ErrorCode::BadInput, "\"" + path.string() + "\" is not a file.");
    const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), XXH3_freeState);
    if (!state)
        throw Error(ErrorCode::Memory, "There is not enough memory to read \"" + path.string() + "\".");
    XXH3_128bits_reset(state.get());
    std::vector<char> block(std::size_t{1} << 20);
    for (;;) {
        const ssize_t count = ::read(file, block.data(), block.size());
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            fail(errno);
        if (count == 0)
            break;
        XXH3_128bits_update(state.get(), block.data(), static_cast<std::size_t>(count));
    }
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state.get()));
    std::string hex;
    constexpr const char* digits = "0123456789abcdef";
    for (const unsigned char byte : canonical.digest) {
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

} // namespace eyepiece
