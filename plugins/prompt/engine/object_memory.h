// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/prompt/engine/object_finder.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

namespace eyepiece::prompt {

// The network that a project has learnt on from its own objects; it takes the built-in one's place.
std::filesystem::path learnt_weights(const std::filesystem::path& project);

// One plane of an image file.
struct WantedImage {
    std::filesystem::path file;
    int z = 0, t = 0;
    bool operator==(const WantedImage&) const = default;
};

// What is kept from one click to the next: the network, the image that is open and what was answered of it.
// A file that changed on disk is read anew. Whoever uses it holds the lock.
class ObjectMemory {
public:
    explicit ObjectMemory(std::filesystem::path built_in) : built_in_(std::move(built_in)) {}

    std::mutex& mutex() { return mutex_; }
    const std::filesystem::path& built_in() const { return built_in_; }

    struct Opened {
        ObjectFinder& finder;
        ObjectNetwork& network;
        const CropImage& image;
        bool learnt = false; // by the project's own network
    };
    // `project` may be empty. Throws as ObjectNetwork::load and open_image do. Valid until the next call.
    Opened open(const WantedImage& wanted, const std::filesystem::path& project, const ComputeDevice& device);

private:
    std::mutex mutex_;
    const std::filesystem::path built_in_;
    std::string weights_, picture_; // which, and of when
    bool learnt_ = false;
    std::unique_ptr<ObjectNetwork> network_;
    std::unique_ptr<ObjectFinder> finder_;
    std::unique_ptr<CropImage> image_;
};

} // namespace eyepiece::prompt
