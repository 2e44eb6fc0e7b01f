// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/prediction_store.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QObject>
#include <QSaveFile>
#include <cstring>

namespace eyepiece {

namespace {
constexpr int quick_compression = 1; // zlib's: ids compress a hundredfold at any level
constexpr qint64 longest_head = qint64{64} << 20;
} // namespace

PredictionStore::PredictionStore(const QString& project_folder, const QString& run, const QString& objects)
    : folder_(QStringLiteral("%1/cache/predictions/%2/%3").arg(project_folder, run, objects)), run_(run) {
    // A run that went on has other weights.
    const QFileInfo weights(QStringLiteral("%1/runs/%2/checkpoints/best.pt").arg(project_folder, run));
    run_state_ = QStringLiteral("%1 %2").arg(weights.size()).arg(weights.lastModified().toMSecsSinceEpoch());
}

QString PredictionStore::file(const Item& item) const {
    return QStringLiteral("%1/%2.objects").arg(folder_).arg(item.id);
}

Json PredictionStore::stamp(const Item& item) const {
    return {{"version", 1}, {"image", item.hash}, {"run", run_state_.toStdString()}};
}

// Two lines of JSON, the stamp and what the engine said, then the compressed ids.
void PredictionStore::write(const EngineReply& reply, const Item& item) const {
    const auto count = static_cast<std::size_t>(reply.json().value("width", std::int64_t{0}) *
                                                reply.json().value("height", std::int64_t{0})) *
                       sizeof(ObjectId);
    if (count == 0 || reply.bytes->size() < count)
        throw Error(ErrorCode::BadInput, "The engine's prediction is not of the size it says.");
    QByteArray content = QByteArray::fromStdString(stamp(item).dump()) + '\n' +
                         QByteArray::fromStdString(reply.json().dump()) + '\n';
    content += qCompress(reinterpret_cast<const uchar*>(reply.bytes->data()), static_cast<qsizetype>(count),
                         quick_compression);
    QDir().mkpath(folder_);
    QSaveFile out(file(item));
    if (!out.open(QIODevice::WriteOnly) || out.write(content) != content.size() || !out.commit())
        throw Error(ErrorCode::Storage,
                    QObject::tr("The prediction of %1 could not be kept: %2. Make room on "
                                "the project's disk.")
                        .arg(QString::fromStdString(item.name), out.errorString())
                        .toStdString());
}

bool PredictionStore::has(const Item& item) const {
    QFile in(file(item));
    if (!in.open(QIODevice::ReadOnly))
        return false;
    const QByteArray line = in.readLine(4096);
    return Json::parse(line.begin(), line.end(), nullptr, false) == stamp(item);
}

std::optional<PredictedObjects> PredictionStore::read(const Item& item) const {
    QFile in(file(item));
    if (!in.open(QIODevice::ReadOnly))
        return std::nullopt;
    const QByteArray line = in.readLine(4096);
    if (Json::parse(line.begin(), line.end(), nullptr, false) != stamp(item))
        return std::nullopt;
    const QByteArray head = in.readLine(longest_head);
    const QByteArray ids = qUncompress(in.readAll());
    auto bytes = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(ids.size()));
    std::memcpy(bytes->data(), ids.constData(), bytes->size());
    const EngineReply reply(Json::parse(head.begin(), head.end(), nullptr, false), std::move(bytes));
    return predicted_objects(reply, item.id, run_.toStdString());
}

} // namespace eyepiece
