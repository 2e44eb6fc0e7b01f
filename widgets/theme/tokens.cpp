// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/theme/tokens.h"

#include "core/base/error.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStringList>
#include <algorithm>
#include <cmath>

namespace eyepiece {

QString token_name(Token token) {
    switch (token) {
    case Token::Ground:
        return QStringLiteral("ground");
    case Token::Surface:
        return QStringLiteral("surface");
    case Token::Raised:
        return QStringLiteral("raised");
    case Token::Line:
        return QStringLiteral("line");
    case Token::Text:
        return QStringLiteral("text");
    case Token::Muted:
        return QStringLiteral("muted");
    case Token::Accent:
        return QStringLiteral("accent");
    case Token::AccentGround:
        return QStringLiteral("accent-ground");
    case Token::OnAccent:
        return QStringLiteral("on-accent");
    case Token::Good:
        return QStringLiteral("good");
    case Token::Look:
        return QStringLiteral("look");
    case Token::Bad:
        return QStringLiteral("bad");
    case Token::ImageGround:
        return QStringLiteral("image-ground");
    }
    return {};
}

const QList<Token>& all_tokens() {
    static const QList<Token> tokens{Token::Ground,     Token::Surface, Token::Raised, Token::Line,
                                     Token::Text,       Token::Muted,   Token::Accent, Token::AccentGround,
                                     Token::OnAccent,   Token::Good,    Token::Look,   Token::Bad,
                                     Token::ImageGround};
    return tokens;
}

Tokens Tokens::load(const QString& file_name) {
    const auto broken = [&](const QString& what) {
        return Error(
            ErrorCode::Internal,
            ("The theme file " + file_name + " " + what + ". Install Eyepiece again.").toStdString());
    };
    QFile file(file_name);
    if (!file.open(QIODevice::ReadOnly))
        throw broken(QStringLiteral("is missing"));
    const QJsonObject root = QJsonDocument::fromJson(file.readAll()).object();
    const auto colors = [&](const QString& theme) {
        QHash<int, QColor> result;
        const QJsonObject values = root.value(theme).toObject();
        for (Token token : all_tokens()) {
            const QColor color(values.value(token_name(token)).toString());
            if (!color.isValid())
                throw broken("has no colour \"" + token_name(token) + "\" for the " + theme + " theme");
            result.insert(static_cast<int>(token), color);
        }
        return result;
    };
    Tokens tokens;
    tokens.dark_ = colors(QStringLiteral("dark"));
    tokens.light_ = colors(QStringLiteral("light"));
    for (const QJsonValue& value : root.value(QStringLiteral("classes")).toArray())
        tokens.classes_.append(QColor(value.toString()));
    const QJsonObject metrics = root.value(QStringLiteral("metrics")).toObject();
    for (auto entry = metrics.begin(); entry != metrics.end(); ++entry)
        tokens.metrics_.insert(entry.key(), entry.value().toInt());
    tokens.motion_ms_ = root.value(QStringLiteral("motion-ms")).toInt();
    if (tokens.classes_.isEmpty() || tokens.metrics_.isEmpty())
        throw broken(QStringLiteral("lacks class colours or metrics"));
    return tokens;
}

int Tokens::metric(const QString& name) const {
    const auto found = metrics_.constFind(name);
    if (found == metrics_.constEnd())
        throw Error(ErrorCode::Internal, ("There is no theme metric \"" + name + "\".").toStdString());
    return *found;
}

QString Tokens::filled_in(QString style_sheet, bool dark) const {
    // Longer names first: "accent-ground" must not be read as "accent" and "-ground".
    QList<QPair<QString, QString>> values;
    for (Token token : all_tokens())
        values.append({token_name(token), color(token, dark).name()});
    for (auto entry = metrics_.begin(); entry != metrics_.end(); ++entry)
        values.append({entry.key(), QString::number(entry.value()) + "px"});
    std::sort(values.begin(), values.end(),
              [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    for (const auto& [name, value] : values)
        style_sheet.replace("@" + name, value);
    return style_sheet;
}

double contrast_ratio(const QColor& a, const QColor& b) {
    const auto luminance = [](const QColor& color) {
        const auto linear = [](double v) {
            return v <= 0.03928 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
        };
        return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
               0.0722 * linear(color.blueF());
    };
    const double la = luminance(a), lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

} // namespace eyepiece
