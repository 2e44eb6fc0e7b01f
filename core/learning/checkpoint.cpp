// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/checkpoint.h"

#include "core/base/error.h"
#include "core/formats/zip_archive.h"
#include "core/project/runs.h"

#include <sstream>

namespace eyepiece {

void save_checkpoint(const std::filesystem::path& file, const torch::nn::Module& model,
                     const torch::optim::Optimizer* optimizer, const Json& state,
                     const std::vector<torch::Tensor>& averages) {
    torch::serialize::OutputArchive archive;
    {
        torch::serialize::OutputArchive weights(archive.compilation_unit());
        model.save(weights);
        archive.write("model", weights);
    }
    if (optimizer) {
        torch::serialize::OutputArchive moments(archive.compilation_unit());
        optimizer->save(moments);
        archive.write("optimizer", moments);
    }
    if (!averages.empty())
        archive.write("averages", c10::IValue(averages));
    archive.write("state", c10::IValue(state.dump()));
    std::ostringstream bytes;
    archive.save_to(bytes);
    std::filesystem::create_directories(file.parent_path());
    write_file_atomically(file, bytes.str());
}

Json load_checkpoint(const std::filesystem::path& file, torch::nn::Module& model,
                     torch::optim::Optimizer* optimizer, std::vector<torch::Tensor>* averages) {
    if (!std::filesystem::exists(file))
        throw Error(ErrorCode::NotFound, "There is no checkpoint " + file.string() +
                                             ". The run may not have come far enough to write one.");
    try {
        torch::serialize::InputArchive archive, weights;
        archive.load_from(file.string(), torch::kCPU);
        check_zip(file);
        archive.read("model", weights);
        model.load(weights);
        if (optimizer) {
            torch::serialize::InputArchive moments;
            archive.read("optimizer", moments);
            optimizer->load(moments);
        }
        c10::IValue state, more;
        if (averages && archive.try_read("averages", more))
            *averages = more.toTensorVector();
        archive.read("state", state);
        return Json::parse(state.toStringRef());
    } catch (const c10::Error& error) {
        throw Error(ErrorCode::BadInput,
                    "The checkpoint " + file.string() + " is damaged or belongs to another model.",
                    error.what());
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput, "The checkpoint " + file.string() + " is damaged.", error.what());
    }
}

} // namespace eyepiece
