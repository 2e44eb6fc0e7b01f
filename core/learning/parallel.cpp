// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/parallel.h"

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace eyepiece {
namespace {

constexpr int spins = 4000; // some tens of microseconds: the next loop usually begins by then

class Pool {
public:
    ~Pool() { stop(); }

    void run(std::int64_t blocks, int threads, const std::function<void(std::int64_t)>& work) {
        if (static_cast<int>(workers_.size()) != threads - 1) {
            stop();
            stopping_ = false;
            for (int i = 1; i < threads; ++i)
                workers_.emplace_back([this, seen = round_.load()] { serve(seen); });
        }
        blocks_ = blocks;
        work_ = &work;
        next_ = 0;
        failed_ = false;
        thrown_ = nullptr;
        busy_ = static_cast<int>(workers_.size());
        round_.fetch_add(1, std::memory_order_release);
        round_.notify_all();
        take();
        for (int i = 0;; ++i) {
            const int busy = busy_.load(std::memory_order_acquire);
            if (busy == 0)
                break;
            if (i > spins)
                busy_.wait(busy, std::memory_order_acquire);
        }
        if (thrown_)
            std::rethrow_exception(thrown_);
    }

private:
    void take();

    void serve(std::uint32_t seen) {
        for (;;) {
            for (int i = 0; round_.load(std::memory_order_acquire) == seen; ++i)
                if (i > spins)
                    round_.wait(seen, std::memory_order_acquire);
            seen = round_.load(std::memory_order_acquire);
            if (stopping_)
                return;
            take();
            if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1)
                busy_.notify_all();
        }
    }

    void stop() {
        stopping_ = true;
        round_.fetch_add(1, std::memory_order_release);
        round_.notify_all();
        for (std::thread& worker : workers_)
            worker.join();
        workers_.clear();
    }

    std::vector<std::thread> workers_;
    std::atomic<std::uint32_t> round_{0};
    std::atomic<int> busy_{0};
    std::atomic<std::int64_t> next_{0};
    std::atomic<bool> failed_{false}, stopping_{false};
    std::int64_t blocks_ = 0;
    const std::function<void(std::int64_t)>* work_ = nullptr;
    std::mutex mutex_;
    std::exception_ptr thrown_;
};

thread_local bool within_block = false;

void Pool::take() {
    within_block = true;
    for (;;) {
        const std::int64_t block = next_.fetch_add(1, std::memory_order_relaxed);
        if (block >= blocks_ || failed_.load(std::memory_order_relaxed))
            break;
        try {
            (*work_)(block);
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (!failed_.exchange(true))
                thrown_ = std::current_exception();
        }
    }
    within_block = false;
}

thread_local std::unique_ptr<Pool> pool;

} // namespace

void for_blocks(std::int64_t blocks, int threads, const std::function<void(std::int64_t)>& work) {
    if (threads <= 1 || blocks <= 1 || within_block) {
        for (std::int64_t block = 0; block < blocks; ++block)
            work(block);
        return;
    }
    if (!pool)
        pool = std::make_unique<Pool>();
    pool->run(blocks, threads, work);
}

} // namespace eyepiece
