// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/stamp.h"

#include <array>
#include <cstdlib>
#include <ctime>
#include <unistd.h>

namespace eyepiece {

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

std::string host_name() {
    std::array<char, 256> host{};
    return ::gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "";
}

std::string user_name() {
    const char* user = std::getenv("USER");
    return user ? user : "";
}

} // namespace eyepiece
