// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/operations/tabulate.h"

#include "core/formats/orange_tab.h"
#include "core/operations/part_of_job.h"
#include "core/operations/table_source.h"

namespace eyepiece {
namespace {

namespace fs = std::filesystem;

class Tabulate final : public Operation {
public:
    explicit Tabulate(const ProjectTableRegistry& tables) : tables_(tables) {}

    OperationCheck check(const Json& spec, JobContext&) override {
        OperationCheck result;
        result.summary =
            "Makes a table of " + title(spec) + " of " + path_in(spec, "input").filename().string() + ".";
        if (text_member(spec, "out").empty())
            result.errors.emplace_back("The spec does not say where to write the table: \"out\".");
        return result;
    }

    OperationResult run(const Json& spec, JobContext& context) override {
        title(spec); // refuses a table of another kind
        const fs::path out = text_member(spec, "out");
        if (out.empty())
            throw Error(ErrorCode::BadInput, "The spec does not say where to write the table: \"out\".");
        PartOfJob making(context, 0, 0.9), writing(context, 0.9, 1);
        const Table table = open_table_in(spec, "input", tables_, making).table;
        std::error_code problem;
        if (out.has_parent_path())
            fs::create_directories(out.parent_path(), problem);
        write_orange_tab(out, table, writing);
        context.progress(1, "Done");
        return {{{"from", spec.at("input").at("from")},
                 {"rows", table.rows()},
                 {"columns", table.columns()},
                 {"out", out.string()}}};
    }

private:
    // "the labelled objects"
    std::string title(const Json& spec) const {
        const auto input = spec.find("input");
        std::string name =
            tables_.at(input == spec.end() ? std::string() : text_member(*input, "from")).title;
        name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
        return name;
    }

    const ProjectTableRegistry& tables_;
};

} // namespace

void register_tabulate_operation(EngineServices& services) {
    services.registries.operations.add(
        {.name = "tabulate",
         .title = "Tabulate",
         .help = "Writes a table of what a project holds: a row for each image "
                 "or object.",
         .parameters = {},
         .make = [&services] { return std::make_unique<Tabulate>(services.registries.tables); }});
}

} // namespace eyepiece
