// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/embed.h"

#include "core/formats/csv_file.h"
#include "core/formats/row_stream.h"
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

std::vector<std::string> axis_names(int dimensions) {
    std::vector<std::string> names;
    for (int c = 1; c <= dimensions; ++c)
        names.emplace_back("x").append(std::to_string(c));
    return names;
}

void append_numbers(std::vector<std::string>& out, std::span<const float> numbers) {
    for (const float number : numbers) {
        char text[32]; // the shortest that reads back as the same number, with a point in every locale
        const auto end = std::to_chars(text, text + sizeof text, number);
        out.emplace_back(text, end.ptr);
    }
}

void write_points(const fs::path& path, const std::vector<std::string>& items, std::span<const float> points,
                  int dimensions) {
    const auto width = static_cast<std::size_t>(dimensions);
    write_item_table(path, items, axis_names(dimensions),
                     [&](std::size_t row, std::vector<std::string>& out) {
                         append_numbers(out, points.subspan(row * width, width));
                     });
}

// Rows without names, of which there may be more than fit into the memory as text.
void write_points(const fs::path& path, std::span<const float> points, int dimensions, JobContext& context) {
    constexpr std::size_t often = 1 << 16;
    std::vector<std::string> row = axis_names(dimensions);
    row.insert(row.begin(), "item");
    CsvWriter writer(path, row);
    const auto width = static_cast<std::size_t>(dimensions);
    for (std::size_t at = 0; at < points.size() / width; ++at) {
        if (at % often == 0)
            context.throw_if_cancelled();
        row = {std::to_string(at + 1)};
        append_numbers(row, points.subspan(at * width, width));
        writer.write(row);
    }
    writer.finish();
}

// Rows that stand for all, evenly from first to last, of rows that are too many to be compared with each
// other; and their points.
struct Sample {
    std::vector<float> values, points;
    std::int64_t rows = 0;
};

Sample sample_of(RowStream& stream, std::span<const float> points, int dimensions, JobContext& context) {
    constexpr std::size_t most_rows = 5000, most_values = 1 << 24; // 64 MB
    const std::size_t all = stream.rows(), columns = stream.columns();
    const std::size_t rows = std::min({all, most_rows, std::max<std::size_t>(500, most_values / columns)});
    const auto width = static_cast<std::size_t>(dimensions);
    Sample sample;
    sample.rows = static_cast<std::int64_t>(rows);
    std::vector<float> some;
    stream.restart();
    std::size_t at = 0; // the next row
    for (std::size_t chosen = 0; chosen < rows; ++chosen) {
        const std::size_t row = chosen * all / rows;
        for (const std::size_t most = std::max<std::size_t>(1, (1 << 20) / columns); at <= row;) {
            context.throw_if_cancelled();
            some.resize(std::min(most, row + 1 - at) * columns);
            stream.next(some);
            at += some.size() / columns;
        }
        sample.values.insert(sample.values.end(), some.end() - static_cast<std::ptrdiff_t>(columns),
                             some.end());
        const auto own = points.subspan(row * width, width);
        sample.points.insert(sample.points.end(), own.begin(), own.end());
    }
    return sample;
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
        if (const auto stream = stream_of(spec, *embedding))
            return run_batches(spec, *embedding, *stream, context);
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
        const std::int64_t most_rows = input.sparse ? 300 : input.rows > 50000 ? 1000 : 2000;
        Json scores = scores_json(score_embedding(input.view(), {points, input.view().rows, dimensions},
                                                  scales(input.rows), most_rows, seed, threads, context));
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

    // Null: all rows are to be read at once.
    static std::unique_ptr<RowStream> stream_of(const Json& spec, const Embedding& embedding) {
        const fs::path path = path_in(spec, "input"); // which refuses a spec without
        const Json& input = spec.at("input");
        const auto says = [](const Json& json, const char* member) {
            return json.contains(member) && !json[member].is_null() && !json[member].empty();
        };
        const std::string format = input.value("format", std::string("auto"));
        if (!embedding.fits_batches(spec.at("set")) || says(spec, "steps") || says(spec, "new") ||
            has_target(spec) || says(input, "from") || says(input, "columns") || says(input, "relabel") ||
            says(input, "set") || (format != "auto" && format != "npy"))
            return nullptr;
        return stream_rows(path);
    }

    OperationResult run_batches(const Json& spec, Embedding& embedding, RowStream& stream,
                                JobContext& context) const {
        PartOfJob fitting(context, 0, 0.8);
        EmbeddingRequest request;
        request.parameters = spec.at("set");
        request.seed = spec.value("seed", std::uint64_t{1});
        request.threads = select_device(spec).threads;
        const auto fitted = embedding.fit_batches(stream, request, fitting);
        const int dimensions = fitted->dimensions();
        const std::vector<float>& points = fitted->points();
        context.progress(0.8, "Scoring");
        const Sample sample = sample_of(stream, points, dimensions, context);
        const auto columns = static_cast<std::int64_t>(stream.columns());
        OperationResult result;
        result.json = {
            {"method", spec.at("method")},
            {"rows", stream.rows()},
            {"dimensions", dimensions},
            {"columns", stream.columns()},
            {"notes", fitted->notes()},
            {"steps", Json::array()},
            {"step_notes", Json::array()},
            {"scores", scores_json(score_embedding({sample.values, sample.rows, columns},
                                                   {sample.points, sample.rows, dimensions},
                                                   scales(static_cast<std::size_t>(sample.rows)), 2000,
                                                   request.seed, request.threads, context))}};
        if (static_cast<std::size_t>(sample.rows) < stream.rows())
            result.json["step_notes"].push_back("Read batch by batch; scored among " +
                                                std::to_string(sample.rows) + " of the rows.");
        if (const std::string out = text_member(spec, "out"); !out.empty()) {
            context.progress(0.9, "Writing");
            write_points(out, points, dimensions, context);
            result.json["out"] = out;
        }
        const auto bytes = std::as_bytes(std::span(points));
        result.bytes.assign(bytes.begin(), bytes.end());
        context.progress(1, "Done");
        return result;
    }

    static Json scores_json(const std::vector<EmbeddingScores>& scores) {
        Json json = Json::array();
        for (const EmbeddingScores& score : scores)
            json.push_back({{"neighbours", score.neighbours},
                            {"trustworthiness", score.trustworthiness},
                            {"continuity", score.continuity},
                            {"kept", score.kept},
                            {"rows", score.rows}});
        return json;
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
