// SPDX-License-Identifier: GPL-3.0-or-later
// One library that is every kind of bad plugin, by the name of the folder it was copied to; and, in a folder
// named "toy", a good one with operations that try the engine's patience.
#include "core/learning/engine_plugin.h"

#include <csignal>
#include <cstdio>
#include <dlfcn.h>
#include <filesystem>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace eyepiece;

std::string own_folder() {
    Dl_info info{};
    dladdr(reinterpret_cast<const void*>(&own_folder), &info);
    return std::filesystem::path(info.dli_fname).parent_path().filename().string();
}

class ToyOperation final : public Operation {
public:
    explicit ToyOperation(std::string name) : name_(std::move(name)) {}
    OperationCheck check(const Json&, JobContext&) override { return {}; }
    OperationResult run(const Json& spec, JobContext& context) override {
        const Json& set = spec.at("set");
        if (name_ == "toy-allocate") {
            const torch::Tensor block =
                torch::ones({set.at("mib").get<std::int64_t>(), 1 << 20}, torch::kUInt8);
            return {{{"bytes", block.numel()}}};
        }
        if (name_ == "toy-hang") // deaf to all controls
            for (;;)
                std::this_thread::sleep_for(std::chrono::seconds(1));
        if (name_ == "toy-stuck") // not even the answer to a check comes through: all threads stand still
            for (;;) // the signal may take another thread first: this one must not answer meanwhile
                kill(getpid(), SIGSTOP);
        if (name_ == "toy-garbage") { // onto the pipe itself, whichever descriptor it is
            for (int descriptor = 3; descriptor < 32; ++descriptor) {
                struct stat about {};
                if (fstat(descriptor, &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode)))
                    [[maybe_unused]]
                    const ssize_t written = write(descriptor, "Segmentation fault\n\n", 20);
            }
        }
        if (name_ == "toy-crash")
            std::abort();
        if (name_ == "toy-print") {
            std::puts("a library prints what it should not");
            std::printf("{\"id\": 1, \"result\": \"forged\"}\n");
            std::fflush(stdout);
        }
        if (name_ == "toy-shape")
            torch::ones({2, 3}).matmul(torch::ones({2, 3}));
        if (name_ == "toy-wait")
            for (int i = 0; !context.finish_early_requested(); ++i) {
                context.throw_if_cancelled();
                context.progress(-1, "waiting");
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            }
        return {{{"threads", at::get_num_threads()}, {"set", set}}};
    }

private:
    std::string name_;
};

class MisbehavingPlugin final : public EnginePlugin {
public:
    MisbehavingPlugin() {
        if (own_folder() == "throws-when-made")
            throw std::runtime_error("cannot be made");
    }
    void register_into(EngineRegistries& registries) override {
        const std::string folder = own_folder();
        if (folder == "takes-a-name" || folder == "throws" || folder == "throws-a-number")
            add(registries, "toy-left-behind");
        if (folder == "takes-a-name")
            add(registries, "list");
        if (folder == "throws")
            throw std::runtime_error("no licence server\nbacktrace");
        if (folder == "throws-a-number")
            throw 42;
        if (folder == "toy")
            for (const char* name : {"toy-allocate", "toy-hang", "toy-stuck", "toy-garbage", "toy-crash",
                                     "toy-print", "toy-shape", "toy-wait"})
                add(registries, name);
    }

private:
    static void add(EngineRegistries& registries, const std::string& name) {
        registries.operations.add(
            {.name = name,
             .title = name,
             .help = "Tries the engine's patience.",
             .parameters =
                 {integer_parameter("mib", 1, "Size", "How much memory to take.").range(0, 1 << 20)},
             .make = [name] { return std::make_unique<ToyOperation>(name); }});
    }
};

} // namespace

extern "C" EYEPIECE_EXPORT int eyepiece_plugin_api_major() {
    return own_folder() == "lies" ? EYEPIECE_PLUGIN_API_MAJOR + 1 : EYEPIECE_PLUGIN_API_MAJOR;
}
extern "C" EYEPIECE_EXPORT int eyepiece_plugin_api_minor() {
    return EYEPIECE_PLUGIN_API_MINOR;
}
extern "C" EYEPIECE_EXPORT EnginePlugin* eyepiece_make_engine_plugin() {
    return own_folder() == "makes-nothing" ? nullptr : new MisbehavingPlugin;
}
