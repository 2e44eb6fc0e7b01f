// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <typeindex>

namespace eyepiece {

// Trained networks (or anything else that is made from a file) kept between requests, so that the second
// prediction with a model does not read it again. An entry belongs to a file as it is now: its path, size and
// time of change; once the file is written anew the next get() loads it anew. Holds the few used last.
// Thread-safe; loading happens once, while others who want the cache wait.
class EYEPIECE_EXPORT ModelCache {
public:
    explicit ModelCache(std::size_t capacity = 4) : capacity_(capacity) {}

    // `variant` tells apart what the same file can be made into ("cpu", "cuda", ...). Whatever `load` throws
    // passes through, and nothing is kept. Throws Error(NotFound) when there is no such file.
    template<class T>
    std::shared_ptr<T> get(const std::filesystem::path& file, const std::string& variant,
                           const std::function<std::shared_ptr<T>()>& load) {
        return std::static_pointer_cast<T>(
            get_any(file, variant, typeid(T), [&]() -> std::shared_ptr<void> { return load(); }));
    }

    std::size_t size() const;
    void clear(); // for instance to make room after running out of memory

private:
    struct Entry {
        std::filesystem::path file;
        std::string variant;
        std::type_index type;
        std::uintmax_t bytes;
        std::filesystem::file_time_type time;
        std::shared_ptr<void> value;
    };
    std::shared_ptr<void> get_any(const std::filesystem::path& file, const std::string& variant,
                                  std::type_index type, const std::function<std::shared_ptr<void>()>& load);

    const std::size_t capacity_;
    mutable std::mutex mutex_;
    std::list<Entry> entries_; // used last comes first
};

} // namespace eyepiece
