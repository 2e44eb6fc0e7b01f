// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/vision/panels/evaluation.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace eyepiece {

namespace {
double number(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_number() ? found->get<double>()
                                                     : std::numeric_limits<double>::quiet_NaN();
}
QString text(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? QString::fromStdString(found->get<std::string>())
                                                     : QString();
}
} // namespace

Evaluation Evaluation::from_json(const Json& json, const QString& run) {
    Evaluation result;
    result.run = run;
    try {
        result.split = text(json, "split");
        result.pixel_accuracy = number(json, "pixel_accuracy");
        result.mean_iou = number(json, "mean_iou");
        for (const Json& image : json.at("images"))
            result.images.push_back({image.at("item").get<ItemId>(), text(image, "name"),
                                     number(image, "iou"), number(image, "dice"),
                                     number(image, "pixel_accuracy")});
        for (const Json& one : json.value("classes", Json::array())) {
            result.classes.push_back(
                {text(one, "name"), number(one, "iou"), number(one, "dice"), number(one, "accuracy")});
            result.confusion_classes << text(one, "name");
        }
        // Named: items() of a temporary would outlive it.
        const Json precision = json.value("ap", Json::object()),
                   others = json.value("baselines", Json::object());
        for (const auto& [method, values] : precision.items())
            for (const auto& [threshold, value] : values.items())
                if (value.is_number())
                    result.precision[QString::fromStdString(method)][QString::fromStdString(threshold)] =
                        value.get<double>();
        for (const Json& row : json.value("confusion", Json::array())) {
            QVector<double> counts;
            for (const Json& count : row)
                counts << count.get<double>();
            result.confusion << counts;
        }
        if (result.confusion.size() != result.confusion_classes.size())
            result.confusion.clear();
        for (const auto& [name, values] : others.items()) {
            const Json& from = values.contains("metrics") ? values.at("metrics") : values;
            double score = number(from, "mean_iou");
            if (std::isnan(score))
                score = number(from, "iou");
            const QString title = text(values, "title");
            result.baselines.push_back({title.isEmpty() ? QString::fromStdString(name) : title, score});
        }
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput, "The engine's evaluation cannot be read.", error.what());
    }
    std::stable_sort(result.images.begin(), result.images.end(),
                     [](const Image& a, const Image& b) { return a.iou < b.iou; });
    return result;
}

QByteArray Evaluation::csv() const {
    const auto figure = [](double value) {
        return std::isfinite(value) ? QString::number(value, 'f', 6) : QString();
    };
    QString text = QStringLiteral("item,name,split,run,iou,dice,pixel_accuracy\n");
    for (const Image& image : images) {
        QString name = image.name;
        if (name.contains(',') || name.contains('"'))
            name = '"' + name.replace('"', QLatin1String("\"\"")) + '"';
        text +=
            QStringList{QString::number(image.item), name, split, run, figure(image.iou), figure(image.dice),
                        figure(image.accuracy)}
                .join(',') +
            '\n';
    }
    return text.toUtf8();
}

} // namespace eyepiece
