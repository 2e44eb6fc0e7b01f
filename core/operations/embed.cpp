// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/embed.h"

#include "core/learning/device.h"
#include "core/learning/embedding_scores.h"
#include "core/operations/part_of_job.h"
#include "core/operations/table_input.h"
#include "core/operations/table_source.h"

#include <algorithm>
#include <charconv>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

void write_points(const fs::path& path, const std::vector<std::string>& items, std::span<const float> points,
                  int dimensions) {
    std::vector<std::string> columns;
    for (int c = 1; c <= dimensions; ++c)
        columns.emplace_back("x").append(std::to_string(c));
    const auto width = static_cast<std::size_t>(dimensions);
    write_item_table(path, items, columns, [&](std::size_t row, std::vector<std::string>& out) {
        for (std::size_t c = 0; c < width; ++c) {
            char text[32]; // the shortest that reads back as the same number, with a point in every locale
            const auto end = std::to_chars(text, text + sizeof text, points[row * width + c]);
            out.emplace_back(text, end.ptr);
        }
    });
}

// One neighbourhood as small as the methods' own, and one that sees the large structure; smaller where there
// are few rows.
std::vector<int> scales(std::size_t rows) {
    const int fine = static_cast<int>(std::clamp<std::size_t>(rows / 6, 1, 15));
    const int coarse = static_cast<int>(std::clamp<std::size_t>(rows / 4, 1, 150));
    return coarse > fine ? std::vector<int>{fine, coarse} : std::vector<int>{fine};
}

class Embed final : public Operation {
public:
    explicit Embed(EngineServices& services) : services_(services) {}

    std::optional<ParameterSchema> parameters(const Json& spec) const override {
        if (!spec.contains("method"))
            return std::nullopt; // each method has its own
        return entry(spec).parameters;
    }

    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        const auto& method = entry(spec);
        const auto embedding = method.make();
        const fs::path path = path_in(spec, "input");
        if (spec.contains("new") && !spec["new"].is_null() && !embedding->places_new_rows())
            result.errors.push_back(method.title + " cannot place new rows.");
        if (has_target(spec) && !embedding->uses_target())
            result.warnings.push_back(method.title + " makes no use of a target.");
        result.summary = "Embeds the rows of " + path.filename().string() + " with " + method.title + ".";
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        const auto& method = entry(spec);
        const auto embedding = method.make();
        const int threads = select_device(spec).threads;
        const std::uint64_t seed = spec.value("seed", std::uint64_t{1});
        const bool adds = spec.contains("new") && !spec["new"].is_null();
        if (adds && !embedding->places_new_rows())
            throw Error(ErrorCode::Unsupported, method.title +
                                                    " cannot place new rows in what it made. Choose "
                                                    "a method that can: " +
                                                    placing_methods() + ".");
        PartOfJob reading(context, 0, 0.1), fitting(context, 0.1, 0.9);
        const TableInput input =
            read_table_input(spec, embedding->takes_sparse(), services_.registries.tables, reading);
        TableInput added; // before the work, not after it
        if (adds)
            added = read_more_rows(spec["new"], input, services_.registries.tables, reading);
        context.throw_if_cancelled();
        EmbeddingRequest request;
        request.data = input.view();
        request.parameters = spec.at("set");
        request.seed = seed;
        request.threads = threads;
        request.target = input.target;
        request.names = input.names;
        const auto fitted = embedding->fit(request, fitting);
        context.throw_if_cancelled();

        const int dimensions = fitted->dimensions();
        const std::vector<float>& points = fitted->points();
        context.progress(0.9, "Scoring");
        Json scores = Json::array();
        const std::int64_t most_rows = input.sparse ? 300 : input.rows > 50000 ? 1000 : 2000;
        for (const EmbeddingScores& score :
             score_embedding(input.view(), {points, input.view().rows, dimensions}, scales(input.rows),
                             most_rows, seed, threads, context))
            scores.push_back({{"neighbours", score.neighbours},
                              {"trustworthiness", score.trustworthiness},
                              {"continuity", score.continuity},
                              {"kept", score.kept},
                              {"rows", score.rows}});
        OperationResult result;
        result.json = {{"method", method.name},     {"rows", input.rows},
                       {"dimensions", dimensions},  {"columns", input.columns},
                       {"notes", fitted->notes()},  {"steps", to_json(input.steps)},
                       {"step_notes", input.notes}, {"scores", std::move(scores)}};
        if (!input.all_rows())
            result.json["kept_rows"] = input.kept;
        const auto append = [&](const std::vector<float>& more) {
            const auto bytes = std::as_bytes(std::span(more));
            result.bytes.insert(result.bytes.end(), bytes.begin(), bytes.end());
        };
        append(points);
        if (adds) {
            context.progress(0.95, "Placing new rows");
            const std::vector<float> placed = fitted->place(added.view(), threads, context);
            append(placed);
            result.json["new_rows"] = added.rows;
            if (spec.contains("new_out") && spec["new_out"].is_string()) {
                write_points(spec["new_out"].get<std::string>(), added.items, placed, dimensions);
                result.json["new_out"] = spec["new_out"];
            }
        }
        if (spec.contains("out") && spec["out"].is_string()) {
            write_points(spec["out"].get<std::string>(), input.items, points, dimensions);
            result.json["out"] = spec["out"];
        }
        context.progress(1, "Done");
        return result;
    }

private:
    static bool has_target(const Json& spec) { return spec.contains("target") && !spec["target"].is_null(); }

    const Registry<Embedding>::Entry& entry(const Json& spec) const {
        return services_.registries.embeddings.at(spec.value("method", std::string()));
    }

    std::string placing_methods() const {
        std::string titles;
        for (const auto& one : services_.registries.embeddings.entries())
            if (one.make()->places_new_rows())
                titles += (titles.empty() ? "" : ", ") + one.title;
        return titles;
    }

    EngineServices& services_;
};

} // namespace

void register_embed_operation(EngineServices& services) {
    services.registries.operations.add(
        {.name = "embed",
         .title = "Embed",
         .help = "Lays the rows of a table out as points, near rows near each other.",
         .parameters = {},
         .make = [&services] { return std::make_unique<Embed>(services); }});
}

} // namespace eyepiece
