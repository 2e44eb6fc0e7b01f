// SPDX-License-Identifier: GPL-3.0-or-later
// Opening projects: two at once, read-only, of another version, damaged.
#include "core/project/schema.h"
#include "tests/project/fixture.h"

#include <QProcess>
#include <SQLiteCpp/SQLiteCpp.h>
#include <algorithm>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace eyepiece;
using namespace eyepiece::test;

namespace {

// Every file below a folder with its content.
std::map<std::string, std::string> contents(const std::filesystem::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file())
            files[entry.path().string()] = read_text(entry.path());
    return files;
}

ItemId labelled_project(const std::filesystem::path& folder) {
    auto project = Project::create(folder, "Cells");
    const ClassId nucleus = project->classes().add("nucleus");
    const ItemId item = project->items().add({folder / "a.tif"}).added.front();
    project->labels().commit(rectangle(item, {10, 10, 20, 20}, 1, nucleus));
    return item;
}

} // namespace

class TestAccess : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void create_and_open() {
        Folder folder;
        {
            auto project = Project::create(folder / "Cells");
            QCOMPARE(project->name(), std::string("Cells"));
            QCOMPARE(project->classes().all().size(), std::size_t{1});
            QCOMPARE(project->classes().all().front().name, std::string("background"));
            project->set_setting("brush", {{"size", 12}});
            QCOMPARE(error_of([&] { Project::create(folder / "Cells"); }).code(), ErrorCode::Conflict);
        }
        auto project = Project::open(folder / "Cells" / std::string("project.eyepiece"));
        QCOMPARE(project->folder(), folder / "Cells");
        QCOMPARE(project->setting("brush").at("size").get<int>(), 12);
        QCOMPARE(project->setting("nothing", 7).get<int>(), 7);
        QVERIFY(Project::is_project(folder / "Cells"));
        QVERIFY(!Project::is_project(folder.path()));
        QCOMPARE(error_of([&] { Project::open(folder.path()); }).code(), ErrorCode::NotFound);
    }

    void one_editor() {
        Folder folder;
        labelled_project(folder / "p");
        QProcess other;
        other.start(EYEPIECE_PROJECT_EDITOR, {"hold", QString::fromStdString((folder / "p").string())});
        QVERIFY(other.waitForReadyRead(10'000));
        const Error error = error_of([&] { Project::open(folder / "p", Project::Access::Editor); });
        QCOMPARE(error.code(), ErrorCode::Conflict);
        QVERIFY2(QString(error.what()).contains(QString::number(other.processId())), error.what());
        // Others read and write beside it.
        Project::open(folder / "p", Project::Access::Shared)->classes().add("from the command line");
        QCOMPARE(Project::open(folder / "p", Project::Access::ReadOnly)->classes().all().size(),
                 std::size_t{3});
        // A dead editor holds nothing, even when it had no time to say so.
        other.kill();
        QVERIFY(other.waitForFinished());
        QVERIFY(std::filesystem::exists(folder / "p" / std::string("project.lock")));
        Project::open(folder / "p", Project::Access::Editor);
    }

    void hears_of_others() {
        Folder folder;
        const ItemId item = labelled_project(folder / "p");
        auto mine = Project::open(folder / "p", Project::Access::Editor);
        auto theirs = Project::open(folder / "p", Project::Access::Shared);
        QVERIFY(!mine->notice_external_changes());
        mine->items().set_complete(item, true);
        QVERIFY(!mine->notice_external_changes());
        int told = 0;
        const auto listening = mine->changes().listen(
            [&](const ProjectChange& change) { told += std::holds_alternative<ExternalChange>(change); });
        theirs->classes().add("other");
        QVERIFY(mine->notice_external_changes());
        QVERIFY(!mine->notice_external_changes());
        QCOMPARE(told, 1);
        QVERIFY(mine->classes().find("other"));
    }

    void read_only_access() {
        Folder folder;
        const ItemId item = labelled_project(folder / "p");
        auto project = Project::open(folder / "p", Project::Access::ReadOnly);
        QCOMPARE(project->labels().objects(item).size(), std::size_t{1});
        QCOMPARE(error_of([&] { project->classes().add("x"); }).code(), ErrorCode::Storage);
        QCOMPARE(error_of([&] { project->history().undo(); }).code(), ErrorCode::Storage);
    }

    void read_only_disk() {
        Folder folder;
        const ItemId item = labelled_project(folder / "p");
        const std::string path = (folder / "p").string();
        const bool mounted =
            ::mount(path.c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
            ::mount(path.c_str(), path.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
        struct Undo {
            std::string path;
            bool mounted;
            ~Undo() {
                ::umount2(path.c_str(), MNT_DETACH);
                if (!mounted)
                    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
            }
        } undo{path, mounted};
        if (!mounted) {
            if (::geteuid() == 0)
                QSKIP("As root, and not allowed to mount: no way to make a read-only disk here.");
            std::filesystem::permissions(path + "/project.eyepiece", std::filesystem::perms::owner_read);
            std::filesystem::permissions(path, std::filesystem::perms::owner_read |
                                                   std::filesystem::perms::owner_exec);
        }
        {
            auto project = Project::open(path, Project::Access::ReadOnly);
            QCOMPARE(project->labels().objects(item).size(), std::size_t{1});
            QCOMPARE(project->labels().read(item, {0, 0, 40, 40}).at(15, 15), ObjectId{1});
            QCOMPARE(project->summary().at("annotations").get<int>(), 1);
        }
        for (const auto access : {Project::Access::Shared, Project::Access::Editor}) {
            const Error error = error_of([&] { Project::open(path, access); });
            QCOMPARE(error.code(), ErrorCode::Storage);
            QVERIFY2(QString(error.what()).contains("read-only"), error.what());
        }
    }

    void newer_version() {
        Folder folder;
        labelled_project(folder / "p");
        const auto file = folder / "p" / std::string("project.eyepiece");
        {
            SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
            database.exec("PRAGMA user_version = " + std::to_string(schema_version + 1));
            database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        const auto before = contents(folder / "p");
        for (const auto access : {Project::Access::ReadOnly, Project::Access::Shared}) {
            const Error error = error_of([&] { Project::open(folder / "p", access); });
            QCOMPARE(error.code(), ErrorCode::Unsupported);
            QVERIFY2(QString(error.what()).contains("newer Eyepiece"), error.what());
        }
        QVERIFY(contents(folder / "p") == before);
    }

    void garbage_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("short") << QByteArray("SQLite format 3");
        QTest::newRow("text") << QByteArray("this is a shopping list\n").repeated(100);
        QTest::newRow("binary") << QByteArray(8192, '\xa5');
        QByteArray header("SQLite format 3", 16);
        header += QByteArray(84, '\0');
        QTest::newRow("database of another") << header + QByteArray(4000, 'x');
        QByteArray ours = header;
        ours[63] = 1;
        for (int i = 0; i < 4; ++i)
            ours[68 + i] = static_cast<char>(application_id >> (24 - 8 * i));
        QTest::newRow("our header, then garbage") << ours + QByteArray(4000, 'x');
    }

    void garbage() {
        QFETCH(QByteArray, content);
        Folder folder;
        const auto file = folder / "p" / std::string("project.eyepiece");
        write_text(file, content.toStdString());
        for (const auto access : {Project::Access::ReadOnly, Project::Access::Shared}) {
            const Error error = error_of([&] { Project::open(folder / "p", access); });
            QCOMPARE(error.code(), ErrorCode::Storage);
            QVERIFY2(QString(error.what()).contains(QString::fromStdString((folder / "p").string())),
                     error.what());
        }
        QCOMPARE(read_text(file), content.toStdString());
    }

    // A second connection of this process comes and goes, as every job of the window has one. If that took
    // away the lock by which others know of us, another process would believe that it is the last one, and
    // remove the log in which our edits are.
    void a_connection_that_closes_leaves_the_locks_of_the_others() {
        Folder folder;
        labelled_project(folder / "p");
        const auto project = Project::open(folder / "p", Project::Access::Editor);
        project->classes().add("ours");
        const std::string file = (folder / "p" / std::string("project.eyepiece")).string();
        // Asked from a process of its own: one's own locks are never in one's way.
        const auto others_see_us = [&] {
            const pid_t child = fork();
            if (child == 0) {
                const int opened = ::open(file.c_str(), O_RDWR);
                struct flock lock {};
                lock.l_type = F_WRLCK;
                lock.l_whence = SEEK_SET;
                const bool asked = opened >= 0 && fcntl(opened, F_GETLK, &lock) == 0;
                _exit(asked && lock.l_type != F_UNLCK ? 0 : 1);
            }
            int status = -1;
            waitpid(child, &status, 0);
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        };
        QVERIFY(others_see_us());
        for (const auto access : {Project::Access::Shared, Project::Access::ReadOnly}) {
            Project::open(folder / "p", access)->items().all();
            QVERIFY(others_see_us());
        }
    }

    // Pages in the middle of a real project overwritten: an Error, no crash, whatever is asked.
    void damaged() {
        Folder folder;
        const ItemId item = labelled_project(folder / "p");
        const auto file = folder / "p" / std::string("project.eyepiece");
        const auto size = std::filesystem::file_size(file);
        const std::string whole = read_text(file);
        int refused = 0;
        for (std::size_t page = 1; page < size / 4096; ++page) {
            std::string broken = whole;
            std::fill_n(broken.begin() + static_cast<std::ptrdiff_t>(page * 4096), 4096,
                        static_cast<char>(0x5a));
            write_text(file, broken);
            try {
                auto project = Project::open(folder / "p", Project::Access::ReadOnly);
                project->items().all();
                project->labels().read(item, {0, 0, 300, 300});
                project->labels().objects(item);
                project->classes().all();
                project->history().next_undo();
            } catch (const Error& error) {
                QVERIFY2(error.code() == ErrorCode::Storage, error.what());
                ++refused;
            }
        }
        QVERIFY(refused > 3);
    }

    void migration() {
        Folder folder;
        labelled_project(folder / "p");
        const auto file = folder / "p" / std::string("project.eyepiece");
        const std::vector<Migration> steps(static_cast<std::size_t>(schema_version - 1));
        auto next = steps;
        next.push_back([](SQLite::Database& db) {
            db.exec("ALTER TABLE items ADD COLUMN taken TEXT NOT NULL DEFAULT 'unknown'");
        });
        next.push_back([](SQLite::Database& db) { db.exec("UPDATE items SET taken = 'today'"); });
        auto failing = next;
        failing.push_back([](SQLite::Database& db) { db.exec("UPDATE items SET taken = 'never'; not SQL"); });
        {
            SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
            QVERIFY_THROWS_EXCEPTION(SQLite::Exception, migrate(database, file, failing));
            QCOMPARE(database.execAndGet("PRAGMA user_version").getInt(), schema_version); // all or nothing
            migrate(database, file, next);
            QCOMPARE(database.execAndGet("PRAGMA user_version").getInt(), schema_version + 2);
            QCOMPARE(database.execAndGet("SELECT taken FROM items").getString(), std::string("today"));
            QCOMPARE(database.execAndGet("SELECT COUNT(*) FROM objects").getInt(), 1);
            migrate(database, file, next); // nothing left to do
        }
        // The old file is kept.
        SQLite::Database kept(file.string() + ".version-" + std::to_string(schema_version),
                              SQLite::OPEN_READONLY);
        QCOMPARE(kept.execAndGet("PRAGMA user_version").getInt(), schema_version);
        QCOMPARE(kept.execAndGet("PRAGMA application_id").getInt(), application_id);
        QCOMPARE(kept.execAndGet("SELECT COUNT(*) FROM objects").getInt(), 1);
    }
};

QTEST_GUILESS_MAIN(TestAccess)
#include "test_access.moc"
