// SPDX-License-Identifier: GPL-3.0-or-later
// Reads every include of the tree and keeps the layers: who may see whom is written once, below.
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace fs = std::filesystem;

namespace {

const std::set<std::string> no_torch_core{"base", "data", "formats", "project", "protocol", "intake"};

// room -> rooms of core/ that its files may include (itself is always allowed)
const std::map<std::string, std::set<std::string>> allowed{
    {"base", {}},
    {"data", {"base"}},
    {"formats", {"base", "data"}},
    {"project", {"base", "data"}},
    {"protocol", {"base"}},
    {"intake", {"base", "data", "formats", "project"}},
    {"learning", {"base", "data", "formats", "project", "intake"}},
    {"models", {"base", "data", "formats", "project", "intake", "learning"}},
    {"methods", {"base", "data", "formats", "project", "intake", "learning"}},
    {"exchange", {"base", "data", "formats", "project", "intake", "learning"}},
    {"operations",
     {"base", "data", "formats", "project", "intake", "protocol", "learning", "models", "methods",
      "exchange"}},
};

struct Include {
    fs::path file;    // relative to the tree
    std::string what; // between the quotes or brackets
};

std::vector<Include> includes_of(const fs::path& tree, const std::string& below) {
    // moc does not read raw strings with quotes in them, so this one is escaped.
    static const std::regex line_pattern("^\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"]");
    std::vector<Include> found;
    for (const auto& entry : fs::recursive_directory_iterator(tree / below)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".h" && extension != ".cpp" && extension != ".in")
            continue;
        std::ifstream file(entry.path());
        std::smatch match;
        for (std::string line; std::getline(file, line);)
            if (std::regex_search(line, match, line_pattern))
                found.push_back({fs::relative(entry.path(), tree), match[1]});
    }
    return found;
}

std::string part(const fs::path& path, int index) {
    auto it = path.begin();
    for (; index > 0 && it != path.end(); --index)
        ++it;
    return it == path.end() ? std::string() : it->string();
}

bool is_qt(const std::string& include) {
    const bool class_header = include.size() > 1 && include[0] == 'Q' &&
                              include.find('.') == std::string::npos &&
                              std::isupper(static_cast<unsigned char>(include[1]));
    return class_header || include.starts_with("Qt") || include.starts_with("qt") ||
           include == "qcustomplot.h";
}

bool is_torch(const std::string& include) {
    return include.starts_with("torch/") || include.starts_with("ATen/") || include.starts_with("c10/") ||
           include.starts_with("caffe2/");
}

} // namespace

class TestLayers : public QObject {
    Q_OBJECT

    const fs::path tree_ = EYEPIECE_SOURCE;

    void complain(const Include& include, const std::string& why) {
        QFAIL(qPrintable(
            QString::fromStdString(include.file.string() + " includes " + include.what + ": " + why)));
    }

private Q_SLOTS:
    void core_rooms_look_only_down() {
        std::size_t seen = 0;
        for (const Include& include : includes_of(tree_, "core")) {
            const std::string room = part(include.file, 1);
            QVERIFY2(allowed.count(room),
                     qPrintable("core/" + QString::fromStdString(room) + " is not in the plan"));
            if (is_qt(include.what))
                complain(include, "no Qt in core/");
            if (is_torch(include.what) && no_torch_core.count(room))
                complain(include, "LibTorch begins at core/learning");
            const fs::path target(include.what);
            const std::string top = part(target, 0);
            if (top == "widgets" || top == "plugins" || top == "app" || top == "tests")
                complain(include, "core/ knows nothing above it");
            if (top == "core") {
                ++seen;
                const std::string other = part(target, 1);
                if (other != room && !allowed.at(room).count(other))
                    complain(include, "core/" + room + " may not see core/" + other);
            }
        }
        QVERIFY2(seen > 20, "the reader of includes found too little to mean anything");
    }

    void widgets_and_window_see_no_engine() {
        for (const char* below : {"widgets", "app/window"})
            for (const Include& include : includes_of(tree_, below)) {
                if (is_torch(include.what))
                    complain(include, "the window never sees LibTorch");
                const fs::path target(include.what);
                if (part(target, 0) == "core" && !no_torch_core.count(part(target, 1)))
                    complain(include, "this room belongs to the engine");
                if (part(target, 0) == "plugins")
                    complain(include, "plugins are loaded, not included");
                if (std::string(below) == "widgets" && part(target, 0) == "app")
                    complain(include, "widgets/ knows nothing of app/");
            }
    }

    void plugins_keep_their_halves_and_themselves_apart() {
        for (const Include& include : includes_of(tree_, "plugins")) {
            const std::string plugin = part(include.file, 1), half = part(include.file, 2);
            const fs::path target(include.what);
            if (half == "engine" && (is_qt(include.what) || part(target, 0) == "widgets"))
                complain(include, "an engine has no Qt");
            if (half == "panels") {
                if (is_torch(include.what))
                    complain(include, "panels have no LibTorch");
                if (part(target, 0) == "core" && !no_torch_core.count(part(target, 1)))
                    complain(include, "this room belongs to the engine");
            }
            if (part(target, 0) == "plugins" && (part(target, 1) != plugin || part(target, 2) != half))
                complain(include, "two plugins, or a plugin's two halves, never include each other");
            if (part(target, 0) == "app")
                complain(include, "plugins know nothing of app/");
        }
    }

    void command_line_has_no_qt() {
        for (const Include& include : includes_of(tree_, "app/cli"))
            if (is_qt(include.what) || is_torch(include.what) || include.what.starts_with("widgets/"))
                complain(include, "eyepiece-cli has no Qt, and loads LibTorch only through the engine");
    }

    void every_source_says_its_licence() {
        for (const char* below : {"core", "widgets", "plugins", "app", "tests"})
            for (const auto& entry : fs::recursive_directory_iterator(tree_ / below)) {
                const std::string extension = entry.path().extension().string();
                if (extension != ".h" && extension != ".cpp")
                    continue;
                std::ifstream file(entry.path());
                std::string first;
                std::getline(file, first);
                QVERIFY2(first == "// SPDX-License-Identifier: GPL-3.0-or-later",
                         qPrintable(QString::fromStdString(entry.path().string()) + " has no SPDX line"));
            }
    }
};

QTEST_APPLESS_MAIN(TestLayers)
#include "test_layers.moc"
