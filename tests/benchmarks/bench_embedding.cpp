// SPDX-License-Identifier: GPL-3.0-or-later
// Seconds and quality of embeddings and clusterings beside scikit-learn's and umap-learn's on the same
// made-up data (peer_embedding.py), on two threads:
//   bench_embedding [WORK...]     tsne-digits tsne-10k tsne-70k umap-70k pca nmf kmeans gmm; without: all
// Only when named, PCA and UMAP of 1,300,000 x 50 made rows, or of so many, within 30 minutes and 8 GiB:
//   bench_embedding million[=ROWS]
// Pictures of both sides are judged by the same code: neighbours kept and trustworthiness of 15 neighbours,
// and t-SNE's divergence from exact affinities of perplexity 30.
#include "core/formats/table_reader.h"
#include "core/learning/embedding_scores.h"
#include "plugins/explore/engine/affinities.h"
#include "plugins/explore/engine/gaussian_mixture.h"
#include "plugins/explore/engine/kmeans.h"
#include "plugins/explore/engine/nmf.h"
#include "plugins/explore/engine/pca.h"
#include "plugins/explore/engine/pca_embedding.h"
#include "plugins/explore/engine/repulsion.h"
#include "plugins/explore/engine/tsne.h"
#include "plugins/explore/engine/umap.h"
#include "tests/benchmarks/python_peer.h"
#include "tests/explore_engine/made_data.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <set>
#include <sys/resource.h>

namespace {

using namespace eyepiece;
using namespace eyepiece::explore;
namespace fs = std::filesystem;
using testing::Made;

constexpr int threads = 2;

fs::path folder;

double seconds(const std::chrono::steady_clock::time_point& since) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

std::vector<float> read_floats(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<float> values(fs::exists(path) ? fs::file_size(path) / sizeof(float) : 0);
    file.read(reinterpret_cast<char*>(values.data()),
              static_cast<std::streamsize>(values.size() * sizeof(float)));
    return values;
}

// Runs the peer on the data; what it made lies in `made` afterwards. 0 seconds: it could not be run.
double run_peer(const std::string& work, const Made& data, std::vector<float>& made) {
    const fs::path in = folder / "data.f32", out = folder / "out.f32";
    {
        std::ofstream file(in, std::ios::binary);
        file.write(reinterpret_cast<const char*>(data.values.data()),
                   static_cast<std::streamsize>(data.values.size() * sizeof(float)));
    }
    fs::remove(out);
    const double took = python_peer("peer_embedding.py " + work + " " + std::to_string(data.rows) + " " +
                                    std::to_string(data.columns) + " " + in.string() + " " + out.string() +
                                    " " + std::to_string(threads));
    made = read_floats(out);
    return took;
}

struct Quality {
    double kept = 0, trustworthiness = 0, divergence = 0;
};

Quality judge(const Made& data, const std::vector<float>& points, const SparseRows* affinities) {
    Quality quality;
    QuietJob job;
    if (points.size() != static_cast<std::size_t>(2 * data.rows))
        return quality;
    const auto scores = score_embedding(data.view(), {points, data.rows, 2}, {15}, 2000, 1, threads, job);
    quality.kept = scores[0].kept;
    quality.trustworthiness = scores[0].trustworthiness;
    if (!affinities)
        return quality;
    TreeRepulsion tree(2, 0.2);
    std::vector<float> force(points.size());
    const double z = tree.compute(points, force, threads);
    double sum = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(data.rows); ++i)
        for (auto at = static_cast<std::size_t>(affinities->start[i]);
             at < static_cast<std::size_t>(affinities->start[i + 1]); ++at) {
            const auto j = static_cast<std::size_t>(affinities->index[at]);
            const double dx = points[2 * i] - points[2 * j], dy = points[2 * i + 1] - points[2 * j + 1];
            const double p = affinities->value[at];
            if (p > 0)
                sum += p * std::log(p * (1 + dx * dx + dy * dy) * z);
        }
    quality.divergence = sum;
    return quality;
}

template<class Method>
void picture(const char* name, const Made& data, const std::string& peer, bool with_divergence) {
    EmbeddingRequest request;
    request.data = data.view();
    request.parameters = Method::parameters().complete(Json::object());
    request.threads = threads;
    QuietJob job;
    const auto since = std::chrono::steady_clock::now();
    const auto fitted = Method().fit(request, job);
    const double ours = seconds(since);
    std::optional<SparseRows> affinities;
    if (with_divergence) {
        const auto neighbours =
            nearest_neighbours(data.view(), 90, Metric::Euclidean, Search::Exact, 1, threads, job);
        affinities = joint_affinities(neighbours, conditional_affinities(neighbours, 30, threads));
    }
    const auto print = [&](const char* who, double took, const Quality& quality) {
        std::printf("%-12s %-13s %7.2f s  kept %.3f  trustworthiness %.4f", name, who, took, quality.kept,
                    quality.trustworthiness);
        if (with_divergence)
            std::printf("  divergence %.3f", quality.divergence);
        std::printf("\n");
        std::fflush(stdout);
    };
    print("eyepiece", ours, judge(data, fitted->points(), affinities ? &*affinities : nullptr));
    if (peer.empty())
        return;
    std::vector<float> points;
    const double took = run_peer(peer, data, points);
    print(peer == "umap" ? "umap-learn" : "scikit-learn", took,
          judge(data, points, affinities ? &*affinities : nullptr));
}

void numbers(const char* name, const char* what, const Made& data, const std::string& peer,
             const std::function<double()>& ours) {
    const auto since = std::chrono::steady_clock::now();
    const double value = ours();
    std::printf("%-12s %-13s %7.2f s  %s %.6g\n", name, "eyepiece", seconds(since), what, value);
    std::fflush(stdout);
    std::vector<float> made;
    const double took = run_peer(peer, data, made);
    std::printf("%-12s %-13s %7.2f s  %s %.6g\n", name, "scikit-learn", took, what,
                made.empty() ? 0.0 : static_cast<double>(made[0]));
    std::fflush(stdout);
}

double peak_gigabytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / (1 << 20);
}

template<class Method>
void large(const char* name, const Made& data, const Json& set) {
    EmbeddingRequest request;
    request.data = data.view();
    request.parameters = Method::parameters().complete(set);
    request.threads = threads;
    QuietJob job;
    const auto since = std::chrono::steady_clock::now();
    const auto fitted = Method().fit(request, job);
    const double took = seconds(since);
    std::vector<float> first;
    for (std::size_t i = 0; i < static_cast<std::size_t>(data.rows); ++i)
        for (std::size_t c = 0; c < 2; ++c)
            first.push_back(fitted->points()[i * static_cast<std::size_t>(fitted->dimensions()) + c]);
    const double peak = peak_gigabytes(); // before the judging
    const Quality quality = judge(data, first, nullptr);
    std::printf("%-12s %8lld rows  %8.1f s  at most %.2f GiB  kept %.3f  trustworthiness %.4f\n", name,
                static_cast<long long>(data.rows), took, peak, quality.kept, quality.trustworthiness);
    std::fflush(stdout);
}

void million(std::int64_t rows) {
    const Made data = testing::made_clusters(rows, 50, 20, 6, 3);
    std::printf("%-12s %8lld rows  the data alone: %.2f GiB\n", "million", static_cast<long long>(rows),
                peak_gigabytes());
    large<Pca>("pca", data, {{"dimensions", 10}});
    large<Umap>("umap", data, Json::object());
}

Made digits() {
    Made made;
    const char* shared = std::getenv("EYEPIECE_SHARED_DATA");
    const fs::path file = fs::path(shared ? shared : "") / "tabular/digits.csv.gz";
    if (!fs::exists(file))
        return made;
    const NumericMatrix matrix = numeric_matrix(open_table(file).table);
    made.rows = static_cast<std::int64_t>(matrix.rows);
    made.columns = 64;
    for (std::size_t i = 0; i < matrix.rows; ++i)
        made.values.insert(made.values.end(), matrix.row(i).begin(), matrix.row(i).begin() + 64);
    return made;
}

void run(const std::set<std::string>& chosen) {
    for (const std::string& work : chosen) // named only: it takes half an hour
        if (work == "million" || work.starts_with("million="))
            million(work == "million" ? 1'300'000 : std::stoll(work.substr(8)));
    const auto wanted = [&](const char* work) { return chosen.empty() || chosen.contains(work); };
    if (wanted("tsne-digits")) {
        const Made data = digits();
        if (data.rows == 0)
            std::printf("tsne-digits  left out: tabular/digits.csv.gz of EYEPIECE_SHARED_DATA is not here\n");
        else
            picture<Tsne>("tsne-digits", data, "tsne", true);
    }
    if (wanted("tsne-10k"))
        picture<Tsne>("tsne-10k", testing::made_clusters(10000, 50, 20, 6, 3), "tsne", true);
    if (wanted("tsne-70k") || wanted("umap-70k") || wanted("gmm")) {
        const Made data = testing::made_clusters(70000, 50, 20, 6, 3);
        if (wanted("tsne-70k")) // scikit-learn's takes a quarter of an hour
            picture<Tsne>("tsne-70k", data, "", true);
        if (wanted("umap-70k"))
            picture<Umap>("umap-70k", data, "umap", false);
        if (wanted("gmm"))
            numbers("gmm", "log-likelihood", data, "gmm", [&] {
                MixtureOptions options;
                options.components = 10;
                QuietJob job;
                return gaussian_mixture(data.view(), options, 1, threads, job).log_likelihood;
            });
    }
    if (wanted("pca") || wanted("nmf") || wanted("kmeans")) {
        Made data = testing::made_clusters(70000, 784, 20, 12, 3);
        if (wanted("pca"))
            numbers("pca", "variance explained", data, "pca", [&] {
                QuietJob job;
                const auto found =
                    principal_components(data.view(), 50, PcaSolver::Automatic, 1, threads, job);
                double sum = 0;
                for (const double value : found.variance)
                    sum += value;
                return sum;
            });
        if (wanted("kmeans"))
            numbers("kmeans", "inertia", data, "kmeans", [&] {
                KMeansOptions options;
                options.clusters = 10;
                QuietJob job;
                return k_means(data.view(), options, 1, threads, job).inertia;
            });
        if (wanted("nmf")) {
            for (float& value : data.values)
                value = std::abs(value);
            numbers("nmf", "error", data, "nmf", [&] {
                NmfOptions options;
                options.parts = 20;
                QuietJob job;
                return non_negative_factors(data.view(), options, 1, threads, job).error;
            });
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    std::string made = (fs::temp_directory_path() / "bench-embedding-XXXXXX").string();
    if (!mkdtemp(made.data()))
        return 1;
    folder = made;
    int status = 0;
    try {
        run(std::set<std::string>(argv + 1, argv + argc));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        status = 1;
    }
    fs::remove_all(folder);
    return status;
}
