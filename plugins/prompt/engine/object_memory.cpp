// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/prompt/engine/object_memory.h"

#include "core/formats/image_reader.h"

#include <system_error>

namespace eyepiece::prompt {
namespace {

namespace fs = std::filesystem;

// Which file, and of when: another file or a changed one reads differently.
std::string state_of(const fs::path& file) {
    std::error_code error;
    const auto written = fs::last_write_time(file, error);
    const auto size = fs::file_size(file, error);
    return file.string() + "|" + std::to_string(written.time_since_epoch().count()) + "|" +
           std::to_string(size);
}

} // namespace

fs::path learnt_weights(const fs::path& project) {
    return project / "classifiers" / "objects.weights";
}

ObjectMemory::Opened ObjectMemory::open(const WantedImage& wanted, const fs::path& project,
                                        const ComputeDevice& device) {
    std::error_code error;
    const bool learnt = !project.empty() && fs::exists(learnt_weights(project), error);
    const fs::path file = learnt ? learnt_weights(project) : built_in_;
    const std::string weights = state_of(file) + "|" + device.name + "|" + std::to_string(device.threads);
    if (!network_ || weights != weights_) {
        finder_.reset();
        network_.reset();
        auto network = std::make_unique<ObjectNetwork>(ObjectNetwork::load(file));
        network->prepare(device);
        network_ = std::move(network);
        finder_ = std::make_unique<ObjectFinder>(*network_);
        weights_ = weights;
        learnt_ = learnt;
    }
    const std::string picture =
        state_of(wanted.file) + "|" + std::to_string(wanted.z) + "|" + std::to_string(wanted.t);
    if (!image_ || picture != picture_) {
        image_.reset();
        finder_->forget();
        image_ = std::make_unique<CropImage>(open_image(wanted.file), wanted.z, wanted.t);
        picture_ = picture;
    }
    return {*finder_, *network_, *image_, learnt_};
}

} // namespace eyepiece::prompt
