// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/model_cache.h"

#include "core/base/error.h"

#include <algorithm>

namespace eyepiece {

namespace fs = std::filesystem;

std::shared_ptr<void> ModelCache::get_any(const fs::path& file, const std::string& variant,
                                          std::type_index type,
                                          const std::function<std::shared_ptr<void>()>& load) {
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(file, error);
    const fs::file_time_type time = error ? fs::file_time_type{} : fs::last_write_time(file, error);
    if (error)
        throw Error(ErrorCode::NotFound,
                    "The model file " + file.string() + " cannot be read: " + error.message() + ".");

    const std::lock_guard lock(mutex_);
    const auto same = [&](const Entry& entry) {
        return entry.file == file && entry.variant == variant && entry.type == type;
    };
    const auto found = std::find_if(entries_.begin(), entries_.end(), same);
    if (found != entries_.end()) {
        if (found->bytes == bytes && found->time == time) {
            entries_.splice(entries_.begin(), entries_, found);
            return found->value;
        }
        entries_.erase(found);
    }
    // Room first: two large models need not fit beside the one that goes.
    while (entries_.size() >= std::max<std::size_t>(capacity_, 1))
        entries_.pop_back();
    entries_.push_front({file, variant, type, bytes, time, load()});
    return entries_.front().value;
}

std::size_t ModelCache::size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

void ModelCache::clear() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
}

} // namespace eyepiece
