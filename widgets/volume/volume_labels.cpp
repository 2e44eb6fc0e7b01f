// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/volume/volume_labels.h"

#include "core/project/project.h"

#include <utility>

namespace eyepiece {

VolumeLabels::VolumeLabels(QObject* parent) : QObject(parent) {}
VolumeLabels::~VolumeLabels() = default;

LabelMap VolumeLabels::thinned(const LabelMap& labels, int level) {
    if (level == 0)
        return labels;
    const LevelSize size = level_size(labels.width(), labels.height(), level);
    LabelMap thin(size.height, size.width);
    for (std::int64_t y = 0; y < size.height; ++y)
        for (std::int64_t x = 0; x < size.width; ++x)
            thin.set(x, y, labels.at(x << level, y << level));
    return thin;
}

void VolumeLabels::set_stack(const Stack& stack) {
    if (stack == stack_)
        return;
    stack_ = stack;
    planes_.clear();
    Q_EMIT changed();
    reload();
}

void VolumeLabels::reload() {
    const std::uint64_t serial = ++serial_;
    thread_ = {};
    if (stack_.item == 0)
        return;
    thread_ = std::jthread([this, serial, stack = stack_](const std::stop_token& stop) {
        auto planes = std::make_shared<Planes>();
        QString problem;
        try {
            const auto project = Project::open(stack.project, Project::Access::ReadOnly);
            for (const int plane : project->labels().labelled_planes(stack.item)) {
                const int z = plane - stack.t * stack.depth;
                if (stop.stop_requested())
                    return;
                if (z >= 0 && z < stack.depth)
                    (*planes)[z] =
                        thinned(project->labels().read(stack.item, {0, 0, stack.width, stack.height}, plane),
                                stack.level);
            }
        } catch (const std::exception& error) {
            problem = QString::fromUtf8(error.what());
        }
        QMetaObject::invokeMethod(
            this,
            [this, serial, planes, problem] {
                if (serial != serial_)
                    return;
                if (!problem.isEmpty()) {
                    Q_EMIT failed(problem);
                    return;
                }
                planes_ = std::move(*planes);
                Q_EMIT changed();
            },
            Qt::QueuedConnection);
    });
}

void VolumeLabels::set_plane(int z, LabelMap labels) {
    planes_[z] = std::move(labels);
    Q_EMIT changed();
}

const LabelMap* VolumeLabels::plane(int z) const {
    const auto found = planes_.find(z);
    return found == planes_.end() || found->second.empty() ? nullptr : &found->second;
}

std::set<ObjectId> VolumeLabels::objects() const {
    std::set<ObjectId> ids;
    for (const auto& [z, labels] : planes_) {
        ObjectId last = 0;
        for (const ObjectId id : labels.ids())
            if (id != last) {
                last = id;
                ids.insert(id);
            }
    }
    ids.erase(0);
    return ids;
}

} // namespace eyepiece
