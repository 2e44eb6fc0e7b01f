// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/exchange/torchscript.h"

#include "core/formats/zip_archive.h"
#include "core/project/runs.h" // write_file_atomically

#include <algorithm>
#include <sstream>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/serialization/pickle.h>
#include <torch/script.h>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;
namespace jit = torch::jit;

constexpr const char* card_name = "card.json";
constexpr const char* inputs_name = "inputs.pt";
constexpr const char* outputs_name = "outputs.pt";

// A scripted module with the same children, parameters and buffers, sharing their tensors. Names of children
// may be numbers, as Python's nn.Sequential has them; names of types may not.
jit::Module mirror(const torch::nn::Module& module, const std::string& type_name,
                   const std::shared_ptr<jit::CompilationUnit>& unit) {
    jit::Module mirrored(c10::QualifiedName("__torch__.eyepiece." + type_name), unit, /*shouldMangle=*/true);
    for (const auto& parameter : module.named_parameters(/*recurse=*/false))
        mirrored.register_parameter(parameter.key(), parameter.value(), /*is_buffer=*/false);
    for (const auto& buffer : module.named_buffers(/*recurse=*/false))
        mirrored.register_parameter(buffer.key(), buffer.value(), /*is_buffer=*/true);
    for (const auto& child : module.named_children())
        mirrored.register_module(child.key(), mirror(*child.value(), type_name + "_" + child.key(), unit));
    return mirrored;
}

jit::Module trace(Model& model, const torch::Tensor& example) {
    auto unit = std::make_shared<jit::CompilationUnit>();
    jit::Module module = mirror(model, "Network", unit);
    const auto forward = [&](jit::Stack inputs) -> jit::Stack {
        return {model.forward(inputs.at(0).toTensor())};
    };
    const auto no_names = [](const torch::autograd::Variable&) { return std::string(); };
    const auto traced = jit::tracer::trace({example}, forward, no_names, /*strict=*/true,
                                           /*force_outplace=*/false, &module, {"input"});
    const auto name = c10::QualifiedName(*module.type()->name(), "forward");
    module.type()->addMethod(unit->create_function(name, traced.first->graph));
    module.eval();
    return module;
}

// The interpreter as it is: the profiling executor would recompile at each new size of tile.
torch::Tensor run(jit::Module& module, const torch::Tensor& input) {
    const jit::GraphOptimizerEnabledGuard plain(false);
    return module.forward({input}).toTensor();
}

double largest_difference(const torch::Tensor& one, const torch::Tensor& other) {
    if (one.sizes() != other.sizes())
        return std::numeric_limits<double>::infinity();
    const double difference = (one - other).abs().max().item<double>();
    return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

std::string pickled(const std::vector<torch::Tensor>& tensors) {
    // A plain tuple: torch.load of any version reads it, with weights_only too.
    std::vector<c10::IValue> elements(tensors.begin(), tensors.end());
    const std::vector<char> bytes = jit::pickle_save(c10::ivalue::Tuple::create(std::move(elements)));
    return {bytes.begin(), bytes.end()};
}

std::vector<torch::Tensor> unpickled(const std::string& text) {
    std::vector<torch::Tensor> tensors;
    const c10::IValue tuple = jit::pickle_load({text.begin(), text.end()});
    for (const c10::IValue& value : tuple.toTupleRef().elements())
        tensors.push_back(value.toTensor());
    return tensors;
}

// The module and what is stored with it.
jit::Module read(const fs::path& file, const torch::Device& device, jit::ExtraFilesMap& stored) {
    std::error_code error;
    if (!fs::is_regular_file(file, error))
        throw Error(ErrorCode::NotFound, "There is no model file " + file.string() + ".");
    stored = {{card_name, ""}, {inputs_name, ""}, {outputs_name, ""}};
    try {
        jit::Module module = jit::load(file.string(), device, stored);
        check_zip(file);
        return module;
    } catch (const Error&) {
        throw;
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& exception) {
        throw Error(ErrorCode::BadInput,
                    "The file " + file.string() +
                        " is not a TorchScript model, or is damaged. Choose one that was "
                        "exported by Eyepiece, or a run as PROJECT:RUN.",
                    exception.what());
    }
}

Json card_of(const fs::path& file, const jit::ExtraFilesMap& stored) {
    const Json card = Json::parse(stored.at(card_name), nullptr, false);
    if (!card.is_object() || card.value("format", "") != "eyepiece-model")
        throw Error(ErrorCode::BadInput,
                    "The file " + file.string() +
                        " is a TorchScript model, but was not exported by Eyepiece: it does not say "
                        "how its input is normalised and what its classes are.");
    if (card.value("version", 0) != 1)
        throw Error(ErrorCode::Unsupported,
                    "The file " + file.string() + " was exported by a newer Eyepiece; update this one.");
    return card;
}

class ScriptedModel final : public Model {
public:
    ScriptedModel(jit::Module module, int size_multiple, int margin)
        : module_(std::move(module)), size_multiple_(size_multiple), margin_(margin) {}
    torch::Tensor forward(torch::Tensor input, const LayerTap&) override { return run(module_, input); }
    std::vector<std::string> layers() const override { return {}; }
    int size_multiple() const override { return size_multiple_; }
    int margin() const override { return margin_; }

private:
    jit::Module module_;
    int size_multiple_, margin_;
};

class ScriptedNetwork final : public TrainedNetwork {
public:
    ScriptedNetwork(Json card, const ComputeDevice& device, jit::Module module)
        : TrainedNetwork(std::move(card), device)
        , model_(std::make_shared<ScriptedModel>(std::move(module), size_multiple(), margin())) {}
    std::shared_ptr<Model> model() const override { return model_; }

protected:
    torch::Tensor forward(const torch::Tensor& input) override { return model_->forward(input, {}); }

private:
    std::shared_ptr<ScriptedModel> model_;
};

// Removes the file unless it was kept.
struct Temporary {
    fs::path file;
    ~Temporary() {
        std::error_code ignored;
        fs::remove(file, ignored);
    }
};

} // namespace

TorchScriptExporter::~TorchScriptExporter() = default;

ExportReport TorchScriptExporter::write(const ExportRequest& request, JobContext& context) {
    if (request.inputs.empty())
        throw Error(ErrorCode::Internal, "An export needs an input to trace and check the network with.");
    const torch::NoGradGuard no_gradient;
    Model& model = request.model;
    const bool was_training = model.is_training();
    model.eval();

    context.progress(0.1, "Tracing the network");
    jit::Module module = trace(model, request.inputs.front());
    std::vector<torch::Tensor> outputs;
    for (const torch::Tensor& input : request.inputs) {
        context.throw_if_cancelled();
        outputs.push_back(model.forward(input));
    }

    context.progress(0.5, "Writing the file");
    const Temporary temporary{fs::path(request.file.string() + ".part")};
    const std::string card = request.card.dump(2);
    // To memory first: LibTorch's own writer ends the process when the disk is full.
    std::ostringstream bytes;
    module.save(
        bytes, {{card_name, card}, {inputs_name, pickled(request.inputs)}, {outputs_name, pickled(outputs)}});
    try {
        write_file_atomically(temporary.file, bytes.str());
    } catch (const Error& error) {
        throw Error(
            ErrorCode::Storage,
            "The model cannot be written to " + request.file.string() +
                ": the folder does not exist, is read-only, or the disk is full. Choose another place.",
            error.what());
    }

    context.progress(0.7, "Checking the file against the network");
    ExportReport report;
    report.file = request.file;
    report.card = request.file.string() + ".json";
    jit::ExtraFilesMap stored;
    jit::Module again = read(temporary.file, torch::kCPU, stored);
    const std::vector<torch::Tensor> stored_inputs = unpickled(stored.at(inputs_name));
    for (std::size_t i = 0; i < stored_inputs.size(); ++i) {
        context.throw_if_cancelled();
        report.largest_difference =
            std::max(report.largest_difference, largest_difference(run(again, stored_inputs[i]), outputs[i]));
        ++report.checked_inputs;
    }
    // Tracing writes down what happened to one input; another size shows whether it wrote down the size too.
    const torch::Tensor& first = request.inputs.front();
    const int step = model.size_multiple();
    const torch::Tensor other = torch::constant_pad_nd(first, {0, step, 0, 2 * step});
    try {
        report.largest_difference =
            std::max(report.largest_difference, largest_difference(run(again, other), model.forward(other)));
    } catch (const std::exception& error) {
        throw Error(ErrorCode::Internal,
                    "The exported network would only take images of " + std::to_string(first.size(3)) +
                        " x " + std::to_string(first.size(2)) +
                        " px: its forward() uses sizes as numbers. Nothing was written.",
                    error.what());
    }
    ++report.checked_inputs;
    model.train(was_training);
    if (!(report.largest_difference <= tolerance))
        throw Error(ErrorCode::Internal,
                    "The exported file does not compute the same as the network (largest difference " +
                        std::to_string(report.largest_difference) + "). Nothing was written.");
    write_file_atomically(report.card, card + "\n");
    std::error_code error;
    fs::rename(temporary.file, request.file, error);
    if (error)
        throw Error(ErrorCode::Storage,
                    "The model cannot be written to " + request.file.string() + ": " + error.message() + ".");
    return report;
}

std::shared_ptr<TrainedNetwork> load_torchscript(const fs::path& file, const ComputeDevice& device) {
    jit::ExtraFilesMap stored;
    jit::Module module = read(file, device.device, stored);
    module.eval();
    return std::make_shared<ScriptedNetwork>(card_of(file, stored), device, std::move(module));
}

double check_torchscript(const fs::path& file) {
    const torch::NoGradGuard no_gradient;
    jit::ExtraFilesMap stored;
    jit::Module module = read(file, torch::kCPU, stored);
    card_of(file, stored);
    const std::vector<torch::Tensor> inputs = unpickled(stored.at(inputs_name));
    const std::vector<torch::Tensor> outputs = unpickled(stored.at(outputs_name));
    if (inputs.empty() || inputs.size() != outputs.size())
        throw Error(ErrorCode::BadInput,
                    "The file " + file.string() + " has no stored inputs and outputs to check.");
    double difference = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i)
        difference = std::max(difference, largest_difference(run(module, inputs[i]), outputs[i]));
    return difference;
}

void register_exporters(Registry<Exporter>& exporters) {
    exporters.add({.name = "torchscript",
                   .title = "TorchScript",
                   .help = "For C++ and Python (torch.jit.load), with a card inside and beside it.",
                   .parameters = card_parameters(),
                   .make = [] { return std::make_unique<TorchScriptExporter>(); }});
}

} // namespace eyepiece
