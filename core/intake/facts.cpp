// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/intake/facts.h"

#include "core/formats/image_reader.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <unordered_set>

namespace eyepiece {
namespace {

struct Finding {
    std::optional<ItemFacts> facts;
    std::string problem;
};

Finding look_at(const std::filesystem::path& path) {
    Finding finding;
    try {
        finding.facts = facts_of(path);
    } catch (const Error& error) {
        finding.problem = error.what();
    } catch (const std::bad_alloc&) {
        finding.problem = "There is not enough memory to read it.";
    } catch (const std::exception& error) {
        // A library that stumbles over a hostile file must not end the import of the others.
        finding.problem = std::string("It cannot be read: ") + error.what();
    }
    return finding;
}

} // namespace

ItemFacts facts_of(const std::filesystem::path& path) {
    // The header first: a foreign file of many gigabytes is refused before it is hashed.
    const ImageInfo info = probe_image(path);
    return {content_hash(path), info.width, info.height, info.channels};
}

FactsReport read_facts(Project& project, const std::vector<ItemId>& ids, JobContext& job) {
    const std::unordered_set<ItemId> wanted(ids.begin(), ids.end());
    auto items = project.items().all();
    std::erase_if(items, [&](const Item& item) {
        return wanted.empty() ? item.state != ItemState::Unread : !wanted.contains(item.id);
    });
    FactsReport report;
    constexpr std::size_t batch = 128; // per transaction
    const std::size_t workers = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
    for (std::size_t start = 0; start < items.size(); start += batch) {
        job.throw_if_cancelled();
        job.progress(static_cast<double>(start) / static_cast<double>(items.size()), "reading images");
        const std::size_t count = std::min(batch, items.size() - start);
        std::vector<Finding> findings(count);
        std::atomic<std::size_t> next{0};
        {
            std::vector<std::jthread> threads;
            for (std::size_t worker = 0; worker < std::min(workers, count); ++worker)
                threads.emplace_back([&] {
                    for (std::size_t i = next++; i < count && !job.cancelled(); i = next++)
                        findings[i] = look_at(items[start + i].path);
                });
        }
        job.throw_if_cancelled();
        project.history().together("read images", [&] {
            for (std::size_t i = 0; i < count; ++i) {
                const Item& item = items[start + i];
                try {
                    if (findings[i].facts) {
                        project.items().set_facts(item.id, *findings[i].facts);
                        ++report.read;
                    } else {
                        project.items().set_problem(item.id, findings[i].problem);
                        report.broken.push_back({item.name, findings[i].problem});
                    }
                } catch (const Error& error) {
                    if (error.code() != ErrorCode::NotFound) // removed meanwhile
                        throw;
                }
            }
        });
    }
    return report;
}

} // namespace eyepiece
