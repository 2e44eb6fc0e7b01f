// SPDX-License-Identifier: GPL-3.0-or-later
// review: how far a project's labels are; and what `info --statistics` says of them.
#include "app/cli/verb.h"
#include "core/data/statistics.h"
#include "core/project/annotators.h"
#include "core/project/label_statistics.h"
#include "core/project/project.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <set>

namespace eyepiece::cli {
namespace {

namespace fs = std::filesystem;

struct ReviewArguments {
    std::string project, status, with_class, set, word, author, annotator, against;
    bool with_labels = false;
    std::vector<std::string> images;
};

// The image that a person means by a name, a name without its ending, or a path.
const Item& named_image(const std::vector<Item>& items, const std::string& text) {
    std::error_code none;
    const fs::path path = fs::weakly_canonical(fs::absolute(text), none);
    std::vector<const Item*> found;
    for (const Item& item : items) {
        if (item.name == text || item.path == path)
            return item;
        if (item.path.filename() == text || item.path.stem() == text)
            found.push_back(&item);
    }
    if (found.empty())
        throw Error(ErrorCode::NotFound, "There is no image \"" + text +
                                             "\" in the project. See its images "
                                             "with `eyepiece-cli review PROJECT --status new` and the like.");
    if (found.size() > 1)
        throw Error(ErrorCode::BadInput, "There are several images called \"" + text +
                                             "\": " + found[0]->name + ", " + found[1]->name +
                                             ", for instance. Give one of these names, or the path.");
    return *found.front();
}

std::vector<Item> chosen_images(Project& project, const ReviewArguments& arguments) {
    const std::vector<Item> all = project.items().all();
    std::vector<Item> chosen;
    if (arguments.images.empty())
        chosen = all;
    else
        for (const std::string& image : arguments.images)
            chosen.push_back(named_image(all, image));
    if (!arguments.status.empty())
        std::erase_if(chosen, [wanted = review_status(arguments.status)](const Item& item) {
            return item.status != wanted;
        });
    if (!arguments.with_class.empty()) {
        const auto of_class = project.classes().find(arguments.with_class);
        if (!of_class)
            throw Error(ErrorCode::NotFound, "The project has no class \"" + arguments.with_class + "\".");
        const auto with = project.labels().items_with(of_class->id);
        std::erase_if(
            chosen, [&](const Item& item) { return !std::binary_search(with.begin(), with.end(), item.id); });
    }
    return chosen;
}

void set_status(Terminal& terminal, const ReviewArguments& arguments) {
    const ReviewStatus status = review_status(arguments.set);
    const auto project = Project::open(arguments.project);
    const std::vector<Item> images = chosen_images(*project, arguments);
    std::vector<ItemId> ids;
    for (const Item& image : images)
        ids.push_back(image.id);
    const ReviewReport report = project->reviews().set(ids, status, arguments.word, arguments.author);
    const std::set<ItemId> changed(report.changed.begin(), report.changed.end());
    Json names = Json::array();
    for (const Item& image : images)
        if (changed.contains(image.id))
            names.push_back(image.name);
    if (report.unlabelled > 0)
        terminal.warn(std::to_string(report.unlabelled) +
                      " without labels left as they are: label them, or mark them as complete.");
    terminal.say(std::to_string(report.changed.size()) + " of " + std::to_string(images.size()) +
                 (images.size() == 1 ? " image is now " : " images are now ") + arguments.set +
                 (report.already > 0 ? ", " + std::to_string(report.already) + " were so already." : "."));
    terminal.answer({{"status", arguments.set},
                     {"changed", std::move(names)},
                     {"already", report.already},
                     {"unlabelled", report.unlabelled}});
}

Json steps_of(Project& project, ItemId item) {
    Json steps = Json::array();
    for (const ReviewStep& step : project.reviews().steps(item))
        steps.push_back({{"status", to_string(step.status)},
                         {"author", step.author},
                         {"word", step.word},
                         {"made", step.made}});
    return steps;
}

void report(Terminal& terminal, const ReviewArguments& arguments) {
    const auto project = Project::open(arguments.project, Project::Access::ReadOnly);
    Json counts = Json::object(), listed = Json::array();
    const auto by_status = project->reviews().counts();
    for (const ReviewStatus status : all_review_statuses()) {
        counts[std::string(to_string(status))] = by_status.at(status);
        terminal.say(std::to_string(by_status.at(status)) + " " + std::string(to_string(status)));
    }
    // Without a choice: what waits to be mended.
    ReviewArguments asked = arguments;
    if (asked.images.empty() && asked.status.empty() && asked.with_class.empty())
        asked.status = to_string(ReviewStatus::SentBack);
    for (const Item& image : chosen_images(*project, asked)) {
        terminal.throw_if_cancelled();
        Json steps = steps_of(*project, image.id);
        terminal.say("  " + image.name + ": " + std::string(to_string(image.status)) +
                     (image.review_word.empty() ? "" : ": " + image.review_word) + ", " +
                     std::to_string(image.objects) + (image.objects == 1 ? " object" : " objects"));
        if (!arguments.images.empty())
            for (const Json& step : steps) {
                const auto said = [&](const char* what) { return step.at(what).get<std::string>(); };
                terminal.say("    " + said("made") + " " + said("status") +
                             (said("author").empty() ? "" : " by " + said("author")) +
                             (said("word").empty() ? "" : ": " + said("word")));
            }
        listed.push_back({{"image", image.name},
                          {"id", image.id},
                          {"status", to_string(image.status)},
                          {"word", image.review_word},
                          {"objects", image.objects},
                          {"complete", image.complete},
                          {"steps", std::move(steps)}});
    }
    terminal.answer({{"counts", std::move(counts)}, {"images", std::move(listed)}});
}

void add_annotator(Terminal& terminal, const ReviewArguments& arguments) {
    const auto project = Project::open(arguments.project);
    const Annotator annotator =
        prepare_annotator(*project, arguments.annotator, arguments.with_labels, terminal);
    terminal.say("The labels of " + annotator.name + " are in the project " + annotator.folder.string() +
                 ". Open it to label as " + annotator.name + ".");
    terminal.answer({{"annotator", annotator.name}, {"project", annotator.folder.string()}});
}

// A project's folder, or an annotator's name.
fs::path other_project(const ReviewArguments& arguments) {
    std::string names;
    for (const Annotator& annotator : annotators(arguments.project)) {
        if (annotator.name == arguments.against)
            return annotator.folder;
        names += (names.empty() ? "" : ", ") + annotator.name;
    }
    if (Project::is_project(arguments.against))
        return arguments.against;
    throw Error(ErrorCode::NotFound,
                "\"" + arguments.against + "\" is neither a project nor an annotator of this one" +
                    (names.empty() ? ". Add one with --annotator." : ", who are: " + names + "."));
}

std::string rounded(double value) {
    if (std::isnan(value))
        return "-";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3f", value);
    return text.data();
}

Json figures(const LabelAgreement& agreement, const std::vector<std::string>& names) {
    Json dice = Json::object();
    for (const ClassId id : agreement.classes())
        dice[names.at(static_cast<std::size_t>(id))] = agreement.dice(id);
    const double kappa = agreement.kappa();
    return {{"pixels", agreement.pixels()},
            {"agreeing", agreement.agreeing()},
            {"kappa", std::isnan(kappa) ? Json(nullptr) : Json(kappa)},
            {"dice", std::move(dice)},
            {"matched", agreement.matched()},
            {"only-first", agreement.only_first()},
            {"only-second", agreement.only_second()},
            {"f1", agreement.f1()}};
}

std::string in_words(const LabelAgreement& agreement, const std::vector<std::string>& names) {
    std::string text = "kappa " + rounded(agreement.kappa()) + ", Dice";
    for (const ClassId id : agreement.classes())
        text += " " + names.at(static_cast<std::size_t>(id)) + " " + rounded(agreement.dice(id));
    return text + ", objects: " + std::to_string(agreement.matched()) + " the same, " +
           std::to_string(agreement.only_first()) + " only here, " + std::to_string(agreement.only_second()) +
           " only there";
}

void compare(Terminal& terminal, const ReviewArguments& arguments) {
    const auto here = Project::open(arguments.project, Project::Access::ReadOnly);
    const auto there = Project::open(other_project(arguments), Project::Access::ReadOnly);
    const ProjectAgreement found = compare_labels(*here, *there, terminal);
    for (const std::string& sentence : found.left_out)
        terminal.warn(sentence);
    Json images = Json::array();
    terminal.say(std::to_string(found.items.size()) + (found.items.size() == 1 ? " image" : " images") +
                 " labelled in both, " + std::to_string(found.unlabelled) + " in one only or in none, " +
                 std::to_string(found.apart) + " not in both projects");
    if (!found.items.empty())
        terminal.say("All: " + in_words(found.all, found.class_names));
    for (const ItemAgreement& item : found.items) {
        terminal.say("  " + item.first.name + ": " + in_words(item.agreement, found.class_names));
        Json one = figures(item.agreement, found.class_names);
        one["image"] = item.first.name;
        images.push_back(std::move(one));
    }
    terminal.answer({{"all", figures(found.all, found.class_names)},
                     {"images", std::move(images)},
                     {"unlabelled", found.unlabelled},
                     {"apart", found.apart},
                     {"left-out", found.left_out}});
}

void review(Terminal& terminal, const ReviewArguments& arguments) {
    if (arguments.with_labels && arguments.annotator.empty())
        throw UsageError("--with-labels goes with --annotator.");
    if (!arguments.annotator.empty() || !arguments.against.empty()) {
        if (!arguments.set.empty() || !arguments.images.empty() || !arguments.status.empty() ||
            !arguments.with_class.empty() || (!arguments.annotator.empty() && !arguments.against.empty()))
            throw UsageError("--annotator and --against stand alone: they are about all images.");
        return arguments.against.empty() ? add_annotator(terminal, arguments) : compare(terminal, arguments);
    }
    if (arguments.set.empty()) {
        if (!arguments.word.empty() || !arguments.author.empty())
            throw UsageError("--word and --by go with --set: say which status is to be set.");
        return report(terminal, arguments);
    }
    if (arguments.images.empty() && arguments.status.empty() && arguments.with_class.empty())
        throw UsageError("Say which images: by their names, with --status, or with --class.");
    set_status(terminal, arguments);
}

std::string seconds_text(double seconds) {
    const auto whole = std::llround(seconds);
    const auto two = [](long long n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return std::to_string(whole / 3600) + ":" + two(whole / 60 % 60) + ":" + two(whole % 60);
}

std::string whole_number(double value) {
    return std::to_string(std::llround(value));
}

} // namespace

void statistics_of_labels(Terminal& terminal, const std::string& folder) {
    const auto project = Project::open(folder, Project::Access::ReadOnly);
    const LabelStatistics statistics = project->labels().statistics();
    Json classes = Json::array(), images = Json::object(), annotators = Json::array();
    terminal.say(std::to_string(statistics.objects()) + " objects");
    for (const auto& of : statistics.classes) {
        Json area = nullptr;
        if (!of.areas.empty()) {
            area = {{"smallest", of.areas.front()},
                    {"quarter", quantile(of.areas, 0.25)},
                    {"median", quantile(of.areas, 0.5)},
                    {"three-quarters", quantile(of.areas, 0.75)},
                    {"largest", of.areas.back()},
                    {"mean", std::accumulate(of.areas.begin(), of.areas.end(), 0.0) /
                                 static_cast<double>(of.areas.size())}};
            terminal.say("  " + of.name + ": " + std::to_string(of.areas.size()) + " on " +
                         std::to_string(of.images) + (of.images == 1 ? " image" : " images") +
                         ", area in px: median " + whole_number(quantile(of.areas, 0.5)) + ", half within " +
                         whole_number(quantile(of.areas, 0.25)) + " to " +
                         whole_number(quantile(of.areas, 0.75)) + ", all within " +
                         whole_number(of.areas.front()) + " to " + whole_number(of.areas.back()));
        }
        classes.push_back({{"id", of.id},
                           {"name", of.name},
                           {"objects", of.areas.size()},
                           {"images", of.images},
                           {"area", std::move(area)}});
    }
    terminal.say("Images");
    for (const ReviewStatus status : all_review_statuses()) {
        images[std::string(to_string(status))] = statistics.images.at(status);
        terminal.say("  " + std::string(to_string(status)) + ": " +
                     std::to_string(statistics.images.at(status)));
    }
    terminal.say("Annotators");
    for (const auto& annotator : statistics.annotators) {
        terminal.say("  " + (annotator.name.empty() ? std::string("not known") : annotator.name) + ": " +
                     std::to_string(annotator.objects) + " objects on " + std::to_string(annotator.images) +
                     (annotator.images == 1 ? " image" : " images") + " in " +
                     seconds_text(annotator.seconds) + "; submitted " + std::to_string(annotator.submitted) +
                     ", accepted " + std::to_string(annotator.accepted) + ", sent back " +
                     std::to_string(annotator.sent_back));
        annotators.push_back({{"name", annotator.name},
                              {"objects", annotator.objects},
                              {"images", annotator.images},
                              {"seconds", annotator.seconds},
                              {"submitted", annotator.submitted},
                              {"accepted", annotator.accepted},
                              {"sent-back", annotator.sent_back}});
    }
    terminal.say("Made with");
    for (const auto& [tool, objects] : statistics.tools)
        terminal.say("  " + (tool.empty() ? std::string("not known") : tool) + ": " +
                     std::to_string(objects));
    terminal.answer({{"objects", statistics.objects()},
                     {"seconds", statistics.seconds()},
                     {"classes", std::move(classes)},
                     {"images", std::move(images)},
                     {"annotators", std::move(annotators)},
                     {"tools", statistics.tools}});
}

void add_review_verbs(CommandLine& command_line) {
    auto arguments = std::make_shared<ReviewArguments>();
    CLI::App& command = command_line.add(
        "review", "Say, or set, how far a project's labels are, and compare annotators",
        "eyepiece-cli review nuclei\n"
        "eyepiece-cli review nuclei --status submitted --class mitosis\n"
        "eyepiece-cli review nuclei field_01.tif field_02.tif --set submitted\n"
        "eyepiece-cli review nuclei field_02.tif --set sent-back --word \"two nuclei are one\"\n"
        "eyepiece-cli review nuclei --status submitted --set accepted --by Ada\n"
        "eyepiece-cli review nuclei --annotator Bea\n"
        "eyepiece-cli review nuclei --against Bea",
        [arguments](Terminal& terminal) { review(terminal, *arguments); });
    std::vector<std::string> names, said;
    for (const ReviewStatus status : all_review_statuses()) {
        names.emplace_back(to_string(status));
        if (status != ReviewStatus::New)
            said.emplace_back(to_string(status));
    }
    command.add_option("project", arguments->project, "Folder of the project")->required();
    command.add_option("images", arguments->images, "Names or paths of images; else all that fit");
    command.add_option("--status", arguments->status, "Only images of this status")
        ->check(CLI::IsMember(names));
    command.add_option("--class", arguments->with_class, "Only images with an object of this class");
    command.add_option("--set", arguments->set, "The status they get; labelled takes a review back")
        ->check(CLI::IsMember(said));
    command.add_option("--word", arguments->word, "What is said with it; needed to send images back");
    command.add_option(
        "--annotator", arguments->annotator,
        "Make, or bring up to date, a project within this one for this annotator's own labels");
    command.add_flag("--with-labels", arguments->with_labels,
                     "New images start there with the labels they have here; else the annotator is blind");
    command.add_option("--against", arguments->against,
                       "Compare the labels with those of an annotator, or of another project");
    command.add_option("--by", arguments->author, "Who says so; else the user");
}

} // namespace eyepiece::cli
