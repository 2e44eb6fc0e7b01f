// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/trainer.h"

#include "core/data/image.h"
#include "core/formats/png_file.h"
#include "core/learning/checkpoint.h"
#include "core/learning/precision.h"
#include "core/learning/random.h"
#include "core/learning/run_folder.h"
#include "core/learning/weight_average.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <future>
#include <thread>

namespace eyepiece {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string percent(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", value);
    return text;
}

// One run of the loop. A class only to keep the loop's state in one place; lives within Trainer::run().
class Loop {
public:
    Loop(const Training& training, RunFolder& folder)
        : t_(training)
        , folder_(folder)
        , epochs_(training.plan.at("epochs").get<int>())
        , batch_(training.plan.at("batch-size").get<std::int64_t>())
        , rate_(training.plan.at("learning-rate").get<double>())
        , clip_(training.plan.at("gradient-clip").get<double>())
        , patience_(training.plan.at("patience").get<int>())
        , steps_(std::max<std::int64_t>(
              1, (static_cast<std::int64_t>(training.examples.size()) + batch_ - 1) / batch_))
        , optimizer_(training.model.parameters(), torch::optim::AdamWOptions(rate_).weight_decay(
                                                      training.plan.at("weight-decay").get<double>())) {}

    TrainingResult run() {
        if (t_.resume)
            restore();
        move_to_device(t_.model, t_.device);
        for (auto& [key, state] : optimizer_.state()) { // a restored one lies in main memory
            auto& moments = static_cast<torch::optim::AdamWParamState&>(*state);
            moments.exp_avg(moments.exp_avg().to(t_.device.device));
            moments.exp_avg_sq(moments.exp_avg_sq().to(t_.device.device));
        }
        average_.begin(t_.model);
        start_ = Clock::now();
        bool stopped = false;
        while (epoch_ < epochs_ && reason_.empty()) {
            if (!train_epoch()) { // told to finish: a later resume goes on from this very step
                checkpoint(epoch_, step_);
                validate();
                stopped = true;
                break;
            }
            validate();
            if (reason_.empty() && patience_ > 0 && epoch_ + 1 - best_epoch_ >= patience_)
                reason_ = "No better score for " + std::to_string(patience_) +
                          " epochs; the best is of epoch " + std::to_string(best_epoch_) + ".";
            ++epoch_;
            step_ = 0;
            checkpoint(epoch_, step_);
        }
        if (reason_.empty())
            reason_ = "All " + std::to_string(epochs_) + " epochs are done; the best is of epoch " +
                      std::to_string(best_epoch_) + ".";
        return {best_metrics_, best_epoch_, epoch_, stopped, reason_};
    }

private:
    std::int64_t global_step() const { return static_cast<std::int64_t>(epoch_) * steps_ + step_; }

    // Linear warm-up over a tenth of all steps, then half a cosine.
    double learning_rate() const {
        const double total = static_cast<double>(epochs_) * static_cast<double>(steps_);
        const double warm = std::max(1.0, std::min(0.1 * total, 200.0));
        const auto at = static_cast<double>(global_step());
        if (at < warm)
            return rate_ * (at + 1) / (warm + 1);
        return rate_ * 0.5 * (1 + std::cos(M_PI * (at - warm) / std::max(1.0, total - warm)));
    }

    // A pure function of seed, epoch and step.
    std::vector<Example> batch(int epoch, std::int64_t step) const {
        const std::uint64_t key = mix_seed(t_.seed, static_cast<std::uint64_t>(epoch) + 0x65706f6368ULL);
        const auto order = Random(key).permutation(t_.examples.size());
        std::vector<Example> examples;
        for (std::int64_t i = step * batch_; i < (step + 1) * batch_; ++i) {
            // The last batch is filled up from the start of the order: all batches have one size.
            const std::size_t index = order[static_cast<std::size_t>(i) % order.size()];
            examples.push_back(t_.examples.draw(index, mix_seed(key, static_cast<std::uint64_t>(i) + 1)));
        }
        return examples;
    }

    // False when it was cut short.
    bool train_epoch() {
        t_.model.train();
        double sum = 0;
        std::int64_t count = 0;
        auto next = std::async(std::launch::async, [this, e = epoch_, s = step_] { return batch(e, s); });
        for (; step_ < steps_; ++step_) {
            obey();
            if (!reason_.empty())
                break;
            Example current = stack(next.get());
            if (step_ + 1 < steps_)
                next =
                    std::async(std::launch::async, [this, e = epoch_, s = step_ + 1] { return batch(e, s); });
            const double loss = train_step(current);
            if (!std::isfinite(loss))
                throw Error(ErrorCode::BadInput,
                            "The loss became infinite in epoch " + std::to_string(epoch_ + 1) +
                                ". Choose a smaller learning rate than " + Json(rate_).dump() + ".");
            sum += loss;
            ++count;
            folder_.metric("train/loss", global_step() + 1, loss);
            tell();
            if (seconds_since(saved_) > 30 && step_ + 1 < steps_)
                checkpoint(epoch_, step_ + 1);
        }
        if (next.valid())
            next.wait();
        if (count > 0)
            folder_.metric("train/epoch-loss", global_step(), sum / static_cast<double>(count));
        return reason_.empty();
    }

    double train_step(Example& batch) {
        torch::manual_seed(
            static_cast<std::int64_t>(mix_seed(t_.seed, static_cast<std::uint64_t>(global_step())) >> 1));
        batch.input = for_device(batch.input, t_.device);
        batch.target = batch.target.to(t_.device.device);
        batch.weight = batch.weight.to(t_.device.device);
        for (auto& group : optimizer_.param_groups())
            static_cast<torch::optim::AdamWOptions&>(group.options()).lr(learning_rate());
        optimizer_.zero_grad();
        torch::Tensor loss;
        {
            const Autocast autocast(t_.device);
            loss = t_.method.step(t_.model, t_.task, batch);
        }
        const double value = loss.item<double>();
        if (!std::isfinite(value))
            return value;
        loss.backward();
        if (clip_ > 0)
            torch::nn::utils::clip_grad_norm_(t_.model.parameters(), clip_);
        optimizer_.step();
        average_.follow(t_.model, global_step());
        return value;
    }

    // Cancel throws; finish sets the reason; a pause waits here.
    void obey() {
        folder_.throw_if_cancelled();
        if (folder_.finish_early_requested()) {
            reason_ = "You asked to stop; the best so far is kept.";
            return;
        }
        if (!folder_.pause_requested())
            return;
        checkpoint(epoch_, step_);
        folder_.status({{"state", "paused"}});
        const auto paused = Clock::now();
        while (folder_.pause_requested() && !folder_.cancelled() && !folder_.finish_early_requested())
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        start_ += Clock::now() - paused;
        folder_.status({{"state", "running"}});
        obey();
    }

    // Of the averaged weights, which are the ones that are kept.
    void validate() {
        const WeightAverage::InPlace averaged(average_, t_.model);
        t_.model.eval();
        const auto scorer = t_.task.make_scorer();
        double loss = 0;
        const auto count = t_.validation.size();
        for (std::size_t i = 0; i < count; ++i) {
            folder_.throw_if_cancelled();
            Example example = stack({t_.validation.draw(i, 0)});
            torch::Tensor output;
            {
                const torch::NoGradGuard no_grad;
                const Autocast autocast(t_.device);
                output = t_.model.forward(for_device(example.input, t_.device));
            }
            output = output.to(torch::kCPU, torch::kFloat32);
            loss += t_.task.loss(output, example).item<double>();
            scorer->add(output, example);
            if (i < t_.watched_names.size()) {
                char epoch[16];
                std::snprintf(epoch, sizeof epoch, "%04d", epoch_ + 1);
                const auto name = std::string(epoch) + "_" + t_.watched_names[i] + ".png";
                write_png(folder_.path() / "watched" / name, t_.task.picture(output, example));
                folder_.partial({{"watched", name}, {"epoch", epoch_ + 1}, {"item", t_.watched_names[i]}},
                                {});
            }
        }
        // At the step that the epoch ended with; an epoch cut short ends where it is.
        const std::int64_t at = std::max<std::int64_t>(1, global_step());
        folder_.metric("val/loss", at, loss / static_cast<double>(std::max<std::size_t>(1, count)));
        Json metrics = Json::object();
        for (const auto& [name, value] : scorer->result()) {
            folder_.metric("val/" + name, at, value);
            metrics[name] = value;
        }
        score_ = metrics.at(t_.task.main_metric()).get<double>();
        metrics_ = metrics;
        if (best_epoch_ == 0 || score_ > best_score_) {
            best_score_ = score_;
            best_epoch_ = epoch_ + 1;
            best_metrics_ = metrics;
            save_checkpoint(folder_.path() / "checkpoints" / "best.pt", t_.model, nullptr,
                            state(epoch_ + 1, 0));
        }
        folder_.log("epoch " + std::to_string(epoch_ + 1) + ": " + t_.task.main_metric() + " " +
                    percent(score_));
        tell(true);
    }

    Json state(int epoch, std::int64_t step) const {
        return {{"epoch", epoch},
                {"step", step},
                {"metrics", metrics_},
                {"best-score", best_score_},
                {"best-epoch", best_epoch_},
                {"best-metrics", best_metrics_},
                {"seed", t_.seed},
                {"seconds", spent_ + seconds_since(start_)}};
    }

    void checkpoint(int epoch, std::int64_t step) {
        save_checkpoint(folder_.path() / "checkpoints" / "last.pt", t_.model, &optimizer_, state(epoch, step),
                        average_.tensors());
        saved_ = Clock::now();
    }

    void restore() {
        const Json state = load_checkpoint(folder_.path() / "checkpoints" / "last.pt", t_.model, &optimizer_,
                                           &average_.tensors());
        if (state.at("seed").get<std::uint64_t>() != t_.seed)
            throw Error(ErrorCode::BadInput,
                        "The run was begun with another seed. Resume it with its own spec.");
        epoch_ = state.at("epoch");
        step_ = state.at("step");
        best_score_ = state.at("best-score");
        best_epoch_ = state.at("best-epoch");
        best_metrics_ = state.at("best-metrics");
        metrics_ = state.at("metrics");
        spent_ = state.at("seconds");
        folder_.forget_metrics_after(global_step());
        folder_.log("resumed at epoch " + std::to_string(epoch_ + 1) + ", step " + std::to_string(step_));
    }

    void tell(bool now = false) {
        if (!now && seconds_since(told_) < 0.5) // each is synced to the disk
            return;
        told_ = Clock::now();
        const double total = static_cast<double>(epochs_) * static_cast<double>(steps_);
        const double done = std::min(total, static_cast<double>(global_step() + (now ? 0 : 1)));
        if (first_ < 0)
            first_ = done - 1;
        const double speed = (done - first_) / std::max(1e-3, seconds_since(start_)); // validation included
        const double left = (total - done) / std::max(1e-9, speed);
        Json status = {{"state", "running"},
                       {"epoch", epoch_ + 1},
                       {"epochs", epochs_},
                       {"step", global_step()},
                       {"fraction", done / total},
                       {"seconds_left", left},
                       {"images_per_second", speed * static_cast<double>(batch_)}};
        if (best_epoch_ > 0)
            status["metric"] = {{"name", t_.task.main_metric()},
                                {"value", score_},
                                {"best", best_score_},
                                {"best_epoch", best_epoch_}};
        folder_.status(status);
        folder_.progress(done / total,
                         "epoch " + std::to_string(epoch_ + 1) + " of " + std::to_string(epochs_));
    }

    const Training& t_;
    RunFolder& folder_;
    const int epochs_;
    const std::int64_t batch_;
    const double rate_, clip_;
    const int patience_;
    const std::int64_t steps_; // of an epoch
    torch::optim::AdamW optimizer_;
    WeightAverage average_;

    int epoch_ = 0;         // finished epochs
    std::int64_t step_ = 0; // finished steps of this one
    double score_ = 0, best_score_ = 0, spent_ = 0, first_ = -1;
    int best_epoch_ = 0;
    Json metrics_ = Json::object(), best_metrics_ = Json::object();
    std::string reason_;
    Clock::time_point start_ = Clock::now(), saved_ = Clock::now(), told_{};
};

} // namespace

Example stack(const std::vector<Example>& examples) {
    std::vector<torch::Tensor> inputs, targets, weights;
    for (const Example& example : examples) {
        inputs.push_back(example.input);
        targets.push_back(example.target);
        weights.push_back(example.weight);
    }
    return {torch::stack(inputs), torch::stack(targets), torch::stack(weights)};
}

ParameterSchema Trainer::parameters() {
    const char* group = "Training";
    return {
        integer_parameter("epochs", nullptr, "Epochs", "How often all training examples are gone through.")
            .range(1, 100000)
            .in(group),
        integer_parameter("batch-size", nullptr, "Batch", "Patches that are learnt from at once.")
            .range(1, 256)
            .in(group),
        real_parameter("learning-rate", 0.002, "Learning rate",
                       "The largest step; it warms up to it and fades to zero.")
            .range(1e-7, 1)
            .in(group),
        real_parameter("weight-decay", 0.01, "Weight decay", "How strongly weights are pulled to zero.")
            .range(0, 1)
            .in(group)
            .rarely(),
        real_parameter("gradient-clip", 5.0, "Gradient clip", "The gradient's norm is cut to this; 0: never.")
            .range(0, 1e6)
            .in(group)
            .rarely(),
        integer_parameter("patience", nullptr, "Patience",
                          "Stops after so many epochs without a better score; 0: never.")
            .range(0, 100000)
            .in(group)
            .rarely(),
    };
}

TrainingResult Trainer::run(const Training& training, RunFolder& folder) {
    if (training.examples.size() == 0)
        throw Error(ErrorCode::BadInput, "There is nothing to learn from. Label some objects first.");
    const KeepMemory keep;
    use_threads(training.device.threads);
    at::globalContext().setFlushDenormal(true);
    return Loop(training, folder).run();
}

} // namespace eyepiece
