// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/engine_loader.h"

#include "core/base/plugin_manifest.h"
#include "core/base/version.h"

#include <dlfcn.h>
#include <sys/mman.h>

namespace eyepiece::cli {
namespace {

template<class Function>
Function* symbol(void* library, const char* name) {
    if (void* address = dlsym(library, name))
        return reinterpret_cast<Function*>(address);
    throw Error(ErrorCode::Unsupported,
                std::string("The engine's library has no \"") + name +
                    "\". It belongs to another version of Eyepiece; install both anew.");
}

// What LibTorch and the libraries below it take (measured: 0.6 GiB on Debian 12). Where a process may have
// less (ulimit -v), their initialisers end it or go round for ever instead of saying so.
constexpr std::size_t least_address_space = std::size_t{768} << 20;

void require_address_space() {
    void* room =
        mmap(nullptr, least_address_space, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        throw Error(ErrorCode::Memory,
                    "The engine needs " + std::to_string(least_address_space >> 20) +
                        " MiB of address space for LibTorch alone, more than this process may "
                        "take. Raise its limit (ulimit -v), or close other programs.");
    munmap(room, least_address_space);
}

} // namespace

std::unique_ptr<Engine> load_engine(const CommonOptions& options) {
    const auto file = library_folder() / "libeyepiece-engine.so";
    require_address_space();
    // Never closed: LibTorch's threads and the registered makers live as long as the process.
    void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char* why = dlerror();
        throw Error(ErrorCode::Unsupported,
                    "The engine cannot be loaded. Install it, or build with -DEYEPIECE_ENGINE=ON. (" +
                        std::string(why ? why : "unknown error") + ")");
    }
    const std::string version = symbol<EngineVersionFunction>(library, engine_version_symbol)();
    if (version != EYEPIECE_VERSION)
        throw Error(ErrorCode::Unsupported, "The engine's library is of version " + version +
                                                " and this program of " EYEPIECE_VERSION
                                                "; install both anew.");
    EngineOptions engine_options;
    engine_options.device = options.device;
    engine_options.threads = options.threads;
    engine_options.plugin_search_path = plugin_search_path();
    return std::unique_ptr<Engine>(symbol<MakeEngineFunction>(library, make_engine_symbol)(engine_options));
}

} // namespace eyepiece::cli
