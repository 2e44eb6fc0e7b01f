// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/protocol/message.h"

#include <QtTest>

using namespace eyepiece;

namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
    const auto* data = reinterpret_cast<const std::byte*>(text.data());
    return {data, data + text.size()};
}

std::string stream_of(const Json& head, std::string_view payload = {}) {
    return encode(head, payload.size()) + std::string(payload);
}

ErrorCode code_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode::Internal;
}

} // namespace

class TestMessage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // Two messages, one with a payload that itself looks like messages, cut into two pieces at every byte.
    void fragments() {
        const std::string payload = "{\"id\":9}\n\0binary\xff\n";
        const std::string stream = stream_of({{"id", 1}, {"partial", {{"width", 2}}}}, payload) +
                                   stream_of({{"id", 2}, {"result", "tail"}});
        for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
            MessageReader reader;
            std::vector<Message> messages;
            for (const std::string_view piece :
                 {std::string_view(stream).substr(0, cut), std::string_view(stream).substr(cut)}) {
                reader.feed(piece);
                while (auto message = reader.next())
                    messages.push_back(*message);
            }
            QCOMPARE(messages.size(), std::size_t{2});
            QVERIFY(messages[0].bytes == bytes_of(payload));
            QCOMPARE(messages[0].head["partial"]["width"].get<int>(), 2);
            QCOMPARE(messages[1].head["id"].get<int>(), 2);
            QVERIFY(messages[1].bytes.empty());
            QVERIFY(reader.idle());
        }
    }

    void one_byte_at_a_time() {
        MessageReader reader;
        int found = 0;
        std::string stream;
        for (int i = 0; i < 50; ++i)
            stream += stream_of({{"id", i}}, std::string(static_cast<std::size_t>(i), 'x'));
        for (const char c : stream) {
            reader.feed({&c, 1});
            while (auto message = reader.next()) {
                QCOMPARE(message->head["id"].get<int>(), found);
                QCOMPARE(message->bytes.size(), static_cast<std::size_t>(found));
                ++found;
            }
        }
        QCOMPARE(found, 50);
    }

    // A window's worth of payload must not be copied over and over.
    void large_payload_in_linear_time() {
        const std::string payload(std::size_t{64} << 20, 'p');
        const std::string head = encode({{"id", 1}}, payload.size());
        QElapsedTimer timer;
        timer.start();
        MessageReader reader;
        reader.feed(head);
        std::optional<Message> message;
        for (std::size_t at = 0; at < payload.size(); at += 4096) {
            QVERIFY(!message);
            reader.feed(std::string_view(payload).substr(at, 4096));
            message = reader.next();
        }
        QVERIFY(message);
        QCOMPARE(message->bytes.size(), payload.size());
        QVERIFY2(timer.elapsed() < 5000, qPrintable(QString::number(timer.elapsed())));
    }

    void garbage_data() {
        QTest::addColumn<QByteArray>("line");
        QTest::newRow("text") << QByteArray("Segmentation fault\n");
        QTest::newRow("empty line") << QByteArray("\n");
        QTest::newRow("half of an object") << QByteArray("{\"id\": 1\n");
        QTest::newRow("an array") << QByteArray("[1,2]\n");
        QTest::newRow("a number") << QByteArray("7\n");
        QTest::newRow("two objects") << QByteArray("{}{}\n");
        QTest::newRow("invalid UTF-8") << QByteArray("{\"id\": \"\xff\xfe\"}\n");
        QTest::newRow("cut UTF-8") << QByteArray("{\"id\": \"\xc3\"}\n");
        QTest::newRow("negative bytes") << QByteArray("{\"bytes\": -1}\n");
        QTest::newRow("fractional bytes") << QByteArray("{\"bytes\": 1.5}\n");
        QTest::newRow("bytes as text") << QByteArray("{\"bytes\": \"12\"}\n");
        QTest::newRow("too many bytes") << QByteArray("{\"bytes\": 8589934593}\n");
        QTest::newRow("bytes beyond 64 bits") << QByteArray("{\"bytes\": 99999999999999999999}\n");
    }
    void garbage() {
        QFETCH(QByteArray, line);
        MessageReader reader;
        reader.feed({line.constData(), static_cast<std::size_t>(line.size())});
        QCOMPARE(code_of([&] { reader.next(); }), ErrorCode::BadInput);
        // Nothing after it is believed.
        reader.feed("{\"id\": 2}\n");
        QCOMPARE(code_of([&] { reader.next(); }), ErrorCode::BadInput);
    }

    void a_head_without_end_is_refused() {
        MessageReader reader;
        const std::string block(std::size_t{1} << 20, 'a');
        bool refused = false;
        for (int i = 0; i < 66 && !refused; ++i) {
            reader.feed(block);
            try {
                QVERIFY(!reader.next());
            } catch (const Error& error) {
                QCOMPARE(error.code(), ErrorCode::BadInput);
                refused = true;
                QVERIFY(i >= 64);
            }
        }
        QVERIFY(refused);
    }

    void a_truncated_payload_is_waited_for() {
        MessageReader reader;
        reader.feed(encode({{"id", 1}}, 10) + "12345");
        QVERIFY(!reader.next());
        QVERIFY(!reader.idle());
        reader.feed("67890");
        QCOMPARE(reader.next()->bytes.size(), std::size_t{10});
    }

    // Announcing gigabytes costs nothing until they arrive.
    void an_announcement_takes_no_memory() {
        MessageReader reader;
        reader.feed(encode({{"id", 1}}, max_payload_bytes));
        QVERIFY(!reader.next());
    }

    void what_is_not_utf8_is_sent_all_the_same() {
        MessageReader reader;
        reader.feed(encode({{"warn", "bad \xff name"}}, 0));
        QCOMPARE(reader.next()->head["warn"].get<std::string>(), std::string("bad \xef\xbf\xbd name"));
    }

    void errors_travel() {
        const Error sent(ErrorCode::Memory, "Too large.", "12 GiB");
        const Error received = error_from_json(error_to_json(sent));
        QCOMPARE(received.code(), ErrorCode::Memory);
        QCOMPARE(std::string(received.what()), std::string("Too large."));
        QCOMPARE(received.details(), std::string("12 GiB"));
        for (const Json& odd : {Json(), Json(7), Json::array(), Json{{"code", 3}, {"message", 4}}}) {
            const Error error = error_from_json(odd);
            QCOMPARE(error.code(), ErrorCode::Internal);
            QVERIFY(!std::string(error.what()).empty());
        }
    }
};

QTEST_GUILESS_MAIN(TestMessage)
#include "test_message.moc"
