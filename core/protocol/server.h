// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/protocol/engine.h"
#include "core/protocol/message.h"

#include <memory>

namespace eyepiece {

// The engine's end of the pipe: reads requests from one file descriptor and writes events to another, as
// core/protocol/message.h says. Requests are worked off one after the other, in order; checks go beside them
// on a thread of their own, so that a form's answer does not wait for a prediction. Controls take effect on
// the running request at once.
//
// At the end of the input, what was asked is finished and answered. When nobody reads the output any more, or
// when `stop` becomes readable, all work is cancelled. SIGPIPE must be ignored by the process.
class EYEPIECE_EXPORT Server {
public:
    // Owns none of the descriptors; all stay open until run() returns. A `stop` of -1 never comes.
    Server(Engine& engine, int input, int output, int stop = -1);
    ~Server();

    // Blocks until the input ends or it is stopped. Returns the exit status: 0, or 1 after garbage or a
    // broken output.
    int run();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace eyepiece
