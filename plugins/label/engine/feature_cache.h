// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "plugins/label/engine/pixel_features.h"
#include "plugins/label/engine/random_forest.h"

#include <compare>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace eyepiece::label {

// Which block of which image, and what of it. An image is known by its content, so that a file that changed
// is another one.
struct BlockKey {
    std::string image;   // content hash
    std::string options; // of the features, as text
    int z = 0, t = 0;
    std::int64_t row = 0, column = 0;
    std::uint64_t labels = 0; // of examples: a hash of the labels they were taken from
    auto operator<=>(const BlockKey&) const = default;
};

// What was computed last, up to so many bytes: the oldest use goes first. Thread-safe.
template<class Value>
class BlockCache {
public:
    explicit BlockCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}

    std::shared_ptr<const Value> find(const BlockKey& key) {
        const std::scoped_lock lock(mutex_);
        const auto found = places_.find(key);
        if (found == places_.end())
            return nullptr;
        used_.splice(used_.begin(), used_, found->second);
        return found->second->value;
    }
    void keep(const BlockKey& key, std::shared_ptr<const Value> value, std::size_t bytes) {
        const std::scoped_lock lock(mutex_);
        if (places_.contains(key))
            return;
        used_.push_front({key, std::move(value), bytes});
        places_[key] = used_.begin();
        bytes_ += bytes;
        while (bytes_ > most_bytes_ && used_.size() > 1) {
            bytes_ -= used_.back().bytes;
            places_.erase(used_.back().key);
            used_.pop_back();
        }
    }

private:
    struct Entry {
        BlockKey key;
        std::shared_ptr<const Value> value;
        std::size_t bytes = 0;
    };
    const std::size_t most_bytes_;
    std::mutex mutex_;
    std::list<Entry> used_; // the last used first
    std::map<BlockKey, typename std::list<Entry>::iterator> places_;
    std::size_t bytes_ = 0;
};

// What live classification keeps from one stroke to the next, for as long as the engine lives.
struct LiveMemory {
    BlockCache<FeatureBlock> features{std::size_t{1536} << 20};  // of the image in sight: 100 MB a megapixel
    BlockCache<ForestExamples> examples{std::size_t{256} << 20}; // of all labelled images
};

} // namespace eyepiece::label
