// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/volume/volume_scene.h"

#include "core/base/plugin_manifest.h"

#include <QObject>
#include <QPluginLoader>

namespace eyepiece {

VolumeScene* make_volume_scene(QWidget* parent, QString& problem) {
    const std::filesystem::path library = library_folder() / "eyepiece" / "volume-scene.so";
    QPluginLoader loader(QString::fromStdString(library.string()));
    auto* plugin = qobject_cast<VolumeScenePlugin*>(loader.instance());
    if (!plugin) {
        problem = QObject::tr("The 3D view cannot be loaded: %1. Install Eyepiece with its 3D view.")
                      .arg(loader.errorString());
        return nullptr;
    }
    return plugin->make(parent);
}

} // namespace eyepiece
