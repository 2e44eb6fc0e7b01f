// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/base/export.h"
#include "core/data/label_map.h"
#include "core/project/changes.h"

#include <QObject>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <thread>

namespace eyepiece {

// The labels of all planes of one time point of a stack, thinned to a level of its pyramid. Read from the
// project on a thread of its own, with a connection of its own. Lives on the window's thread.
class EYEPIECE_EXPORT VolumeLabels : public QObject {
    Q_OBJECT
public:
    struct Stack {
        std::filesystem::path project; // its folder
        ItemId item = 0;               // 0: none
        std::int64_t width = 0, height = 0;
        int depth = 0, t = 0, level = 0;
        bool operator==(const Stack&) const = default;
    };

    explicit VolumeLabels(QObject* parent = nullptr);
    ~VolumeLabels() override;

    void set_stack(const Stack& stack); // reads when it is another one
    void reload();                      // labels changed
    // A plane as it is while it is being drawn on; holds until the next reload.
    void set_plane(int z, LabelMap labels); // of the level
    // Null: the plane bears no label.
    const LabelMap* plane(int z) const;
    std::set<ObjectId> objects() const;
    const Stack& stack() const { return stack_; }

    // Every 2^level-th pixel.
    static LabelMap thinned(const LabelMap& labels, int level);

Q_SIGNALS:
    void changed();
    void failed(const QString& message);

private:
    using Planes = std::map<int, LabelMap>;
    Stack stack_;
    Planes planes_;
    std::uint64_t serial_ = 0;
    std::jthread thread_;
};

} // namespace eyepiece
