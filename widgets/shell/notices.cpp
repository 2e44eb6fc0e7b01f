// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/notices.h"

#include "core/base/error.h"

namespace eyepiece {

void Notices::show_error(const std::exception& error, const QString& topic) {
    const auto* known = dynamic_cast<const Error*>(&error);
    if (known && known->code() == ErrorCode::Cancelled)
        return;
    Notice notice{Notice::Kind::Bad, QString::fromUtf8(error.what())};
    notice.topic = topic;
    show(notice);
}

} // namespace eyepiece
