// SPDX-License-Identifier: GPL-3.0-or-later
#include <QObject>

class OtherPlugin : public QObject {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID "org.example.Other/7.3")
};

#include "wrong_interface.moc"
