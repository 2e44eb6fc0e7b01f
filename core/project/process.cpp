// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/process.h"

#include "core/base/stamp.h"

#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace eyepiece {
namespace {

// State and start time from /proc/<pid>/stat; a start time of 0 when there is no such process.
struct ProcessStat {
    char state = 0;
    std::int64_t started = 0; // clock ticks since boot
};

ProcessStat stat_of(std::int64_t pid) {
    std::ifstream stream("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    if (!std::getline(stream, line))
        return {};
    // The program's name stands in parentheses and may hold anything: read on after the last one.
    const auto end = line.rfind(')');
    if (end == std::string::npos)
        return {};
    std::istringstream fields(line.substr(end + 1));
    ProcessStat stat;
    fields >> stat.state;
    std::string skipped;
    for (int field = 4; field < 22; ++field)
        fields >> skipped;
    fields >> stat.started;
    return stat;
}

} // namespace

Json process_identity() {
    return {{"pid", ::getpid()}, {"host", host_name()}, {"pid_started", stat_of(::getpid()).started}};
}

bool is_alive(const Json& status) {
    const auto pid = status.find("pid");
    if (pid == status.end() || !pid->is_number_integer())
        return false;
    if (const auto host = status.find("host"); host != status.end() && *host != host_name())
        return false;
    const ProcessStat stat = stat_of(pid->get<std::int64_t>());
    if (stat.started == 0 || stat.state == 'Z' || stat.state == 'X')
        return false;
    const auto started = status.find("pid_started");
    return started == status.end() || *started == stat.started;
}

} // namespace eyepiece
