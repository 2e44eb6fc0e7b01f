// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/project/annotators.h"

#include "core/base/error.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t block = 2048; // px: labels are read in squares of this size
constexpr const char* folder_name = "annotators";

std::string folder_of(const std::string& name) {
    std::string folder;
    for (const char c : name) {
        const auto letter = static_cast<unsigned char>(c);
        if (std::isalnum(letter) || letter >= 0x80)
            folder += static_cast<char>(letter < 0x80 ? std::tolower(letter) : letter);
        else if (!folder.empty() && folder.back() != '-')
            folder += '-';
    }
    while (!folder.empty() && folder.back() == '-')
        folder.pop_back();
    if (folder.empty())
        throw Error(ErrorCode::BadInput, "\"" + name +
                                             "\" is no name for an annotator: it needs a letter or "
                                             "a digit.");
    return folder;
}

template<class Visit>
void for_each_block(const Region& whole, JobContext& context, Visit visit) {
    for (std::int64_t y = whole.y; y < whole.bottom(); y += block)
        for (std::int64_t x = whole.x; x < whole.right(); x += block) {
            context.throw_if_cancelled();
            visit(Region{x, y, block, block}.intersected(whole));
        }
}

// The classes of `to` by those of `from`; missing ones are added with their looks.
std::unordered_map<ClassId, ClassId> carry_classes(Project& from, Project& to) {
    std::unordered_map<ClassId, ClassId> ids;
    for (const LabelClass& each : from.classes().all()) {
        if (const auto known = to.classes().find(each.name)) {
            ids[each.id] = known->id;
            continue;
        }
        LabelClass added = each;
        added.id = to.classes().add(each.name);
        to.classes().update(added);
        ids[each.id] = added.id;
    }
    return ids;
}

void carry_labels(Project& from, ItemId source, Project& to, ItemId target,
                  const std::unordered_map<ClassId, ClassId>& classes, JobContext& context) {
    std::vector<LabelEdit> edits;
    std::map<ObjectId, LabelObject> waiting;
    for (LabelObject& object : from.labels().objects(source)) {
        object.class_id = classes.at(object.class_id);
        waiting.emplace(object.id, std::move(object));
    }
    for_each_block(from.labels().labelled_bounds(source), context, [&](const Region& region) {
        LabelEdit edit;
        edit.item = target;
        edit.region = region;
        edit.pixels = from.labels().read(source, region);
        for (const ObjectId id : edit.pixels.ids())
            if (const auto object = waiting.find(id); object != waiting.end()) {
                edit.objects.push_back(std::move(object->second));
                waiting.erase(object);
            }
        edits.push_back(std::move(edit));
    });
    if (!edits.empty())
        to.labels().commit(edits, "labels to begin with");
}

// Where the images of one project are found in another.
class Counterparts {
public:
    explicit Counterparts(Project& project) : items_(project.items().all()) {
        for (const Item& item : items_) {
            if (!item.hash.empty())
                by_hash_.emplace(item.hash, &item);
            by_path_.emplace(item.path.string(), &item);
        }
    }
    const Item* of(const Item& item) const {
        if (!item.hash.empty())
            if (const auto same = by_hash_.find(item.hash); same != by_hash_.end())
                return same->second;
        const auto there = by_path_.find(item.path.string());
        if (there == by_path_.end())
            return nullptr;
        // At the same place, but known to be another picture there.
        const bool differs =
            !item.hash.empty() && !there->second->hash.empty() && item.hash != there->second->hash;
        return differs ? nullptr : there->second;
    }

private:
    std::vector<Item> items_;
    std::unordered_map<std::string, const Item*> by_hash_, by_path_;
};

LabelledObjects objects_of(Project& project, ItemId item,
                           const std::unordered_map<ClassId, ClassId>& common) {
    LabelledObjects objects;
    for (const LabelObject& object : project.labels().objects(item))
        objects[object.id] = {common.at(object.class_id), object.area};
    return objects;
}

bool least_alike(const ItemAgreement& a, const ItemAgreement& b) {
    const double one = a.agreement.kappa(), other = b.agreement.kappa();
    if (std::isnan(one) || std::isnan(other))
        return !std::isnan(one) && std::isnan(other); // of which nothing can be told, last
    return one < other;
}

} // namespace

std::vector<Annotator> annotators(const fs::path& project_folder) {
    std::vector<Annotator> found;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(project_folder / folder_name, none))
        if (Project::is_project(entry.path()))
            found.push_back({Project::open(entry.path(), Project::Access::ReadOnly)->name(), entry.path()});
    std::sort(found.begin(), found.end(),
              [](const Annotator& a, const Annotator& b) { return a.name < b.name; });
    return found;
}

Annotator prepare_annotator(Project& project, const std::string& name, bool with_labels,
                            JobContext& context) {
    if (project.folder().parent_path().filename() == folder_name &&
        Project::is_project(project.folder().parent_path().parent_path()))
        throw Error(ErrorCode::Conflict, "\"" + project.folder().string() +
                                             "\" holds the labels of one annotator. Add others to the "
                                             "project above it.");
    const Annotator annotator{name, project.folder() / folder_name / folder_of(name)};
    const bool fresh = !Project::is_project(annotator.folder);
    const auto own = fresh ? Project::create(annotator.folder, name) : Project::open(annotator.folder);
    if (own->name() != name)
        throw Error(ErrorCode::Conflict, "The folder \"" + annotator.folder.string() + "\" is that of " +
                                             own->name() +
                                             ". Choose a name that differs by more than signs.");
    own->set_setting(annotator_setting, name);
    const auto classes = carry_classes(project, *own);
    const Counterparts known(*own);
    std::vector<Item> missing;
    for (Item& item : project.items().all())
        if (!known.of(item))
            missing.push_back(std::move(item));
    std::vector<fs::path> paths;
    std::vector<std::string> groups;
    for (const Item& item : missing) {
        paths.push_back(item.path);
        groups.push_back(item.group);
    }
    own->items().add(paths, groups);
    for (std::size_t i = 0; i < missing.size(); ++i) {
        const Item& item = missing[i];
        context.progress(static_cast<double>(i) / static_cast<double>(missing.size()),
                         "giving images to " + name);
        context.throw_if_cancelled();
        const auto added = own->items().find_path(item.path);
        if (!added)
            continue;
        ItemId id = added->id;
        if (!item.hash.empty())
            id = own->items().set_facts(id, {item.hash, item.width, item.height, item.channels});
        if (with_labels && item.objects > 0)
            carry_labels(project, item.id, *own, id, classes, context);
        if (with_labels && item.complete)
            own->items().set_complete(id, true);
    }
    if (fresh)
        own->history().forget(); // no one's undo takes the images away
    return annotator;
}

ProjectAgreement compare_labels(Project& first, Project& second, JobContext& context) {
    ProjectAgreement result;
    std::unordered_map<ClassId, ClassId> common_first, common_second; // to places in class_names
    const auto place = [&](const std::string& name) {
        const auto at = std::find(result.class_names.begin(), result.class_names.end(), name);
        if (at == result.class_names.end())
            result.class_names.push_back(name);
        return static_cast<ClassId>(std::find(result.class_names.begin(), result.class_names.end(), name) -
                                    result.class_names.begin());
    };
    for (const LabelClass& each : first.classes().all())
        common_first[each.id] = place(each.name);
    for (const LabelClass& each : second.classes().all())
        common_second[each.id] = each.id == 0 ? 0 : place(each.name);
    const Counterparts there(second);
    const std::vector<Item> items = first.items().all();
    for (std::size_t i = 0; i < items.size(); ++i) {
        context.throw_if_cancelled();
        context.progress(static_cast<double>(i) / static_cast<double>(items.size()), "comparing labels");
        const Item& item = items[i];
        const Item* other = there.of(item);
        if (!other) {
            ++result.apart;
            continue;
        }
        if (item.status == ReviewStatus::New || other->status == ReviewStatus::New) {
            ++result.unlabelled;
            continue;
        }
        if (item.width <= 0 || item.width != other->width || item.height != other->height) {
            result.left_out.push_back("\"" + item.name +
                                      "\" was left out: its size is not known, or not the same in both. Open "
                                      "both projects once with the images in reach.");
            continue;
        }
        ItemAgreement compared{item, *other, {}, {}};
        const LabelledObjects a = objects_of(first, item.id, common_first);
        const LabelledObjects b = objects_of(second, other->id, common_second);
        for_each_block({0, 0, item.width, item.height}, context, [&](const Region& region) {
            compared.agreement.add(first.labels().read(item.id, region),
                                   second.labels().read(other->id, region), a, b);
        });
        compared.pairs = compared.agreement.finish_image(a, b);
        result.all += compared.agreement;
        result.items.push_back(std::move(compared));
    }
    std::stable_sort(result.items.begin(), result.items.end(), least_alike);
    return result;
}

} // namespace eyepiece
