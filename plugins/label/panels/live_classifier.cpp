// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugins/label/panels/live_classifier.h"

#include "core/data/color_map.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/engine/engine_client.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"

#include <algorithm>
#include <utility>

namespace eyepiece {

namespace {

constexpr const char* topic = "label.live";
// What comes from elsewhere, an import for instance, comes in many pieces; the view moves in many steps.
constexpr int after_others_ms = 250, after_settings_ms = 300, after_moving_ms = 150;
constexpr QRgb background_color = qRgba(130, 136, 148, 50); // a breath: the image stays what it was

// Clear where the classifier is sure.
IndexColors uncertainty_colors() {
    const ColorMap map = color_map("inferno");
    IndexColors colors{};
    for (std::size_t certainty = 0; certainty < colors.size(); ++certainty) {
        const std::size_t uncertainty = colors.size() - 1 - certainty;
        const auto& [red, green, blue] = map.colors[uncertainty];
        colors[certainty] = qRgba(red, green, blue, static_cast<int>(uncertainty));
    }
    return colors;
}

QRect to_rect(const Region& region) {
    return {static_cast<int>(region.x), static_cast<int>(region.y), static_cast<int>(region.width),
            static_cast<int>(region.height)};
}

} // namespace

LiveClassifier::LiveClassifier(WorkbenchContext& context, QObject* parent)
    : QObject(parent), context_(context), layers_(&context.canvas.layers()) {
    soon_.setSingleShot(true);
    connect(&soon_, &QTimer::timeout, this, &LiveClassifier::ask);
    ProjectSession& session = context.session;
    // Told once it is on disk, where the engine reads it: strokes, undo and redo, accepted predictions.
    connect(&session, &ProjectSession::labels_changed, this, [this] { ask_in(0); });
    connect(&session, &ProjectSession::items_changed, this, [this] { ask_in(after_others_ms); });
    connect(&session, &ProjectSession::items_removed, this, [this] { ask_in(after_others_ms); });
    connect(&session, &ProjectSession::external_change, this, [this] { ask_in(after_others_ms); });
    connect(&session, &ProjectSession::closing, this, [this] { set_on(false); });
    connect(&context.labels, &LabelEditor::classes_changed, this, [this] {
        std::set<ClassId> classes;
        for (const LabelClass& each : context_.labels.classes())
            classes.insert(each.id);
        color();
        if (std::exchange(known_classes_, classes) != classes)
            ask_in(0);
    });
    // Comes at once when the labels are of another image, or of none.
    connect(&context.labels, &LabelEditor::objects_changed, this, &LiveClassifier::follow_item);
    connect(&context.canvas, &ImageCanvas::plane_changed, this, [this] {
        clear(); // what was known is of another picture
        ask_in(0);
    });
    connect(&context.canvas, &ImageCanvas::view_changed, this, [this] {
        if (report_ && !report_->whole)
            ask_in(after_moving_ms);
    });
    connect(&context.engine, &EngineClient::hello_changed, this, [this] {
        retrying_ = std::exchange(lost_, false);
        if (retrying_)
            ask_in(0);
    });
    connect(layers_, &QAbstractItemModel::dataChanged, this, &LiveClassifier::follow_looks);
    connect(&unpacking_, &LatestWork::idle, this, &LiveClassifier::unpack);
    connect(&unpacking_, &LatestWork::failed, this,
            [this](const QString& message) { set_state(State::Failed, message); });
    follow_item();
}

LiveClassifier::~LiveClassifier() = default;

void LiveClassifier::set_on(bool on) {
    if (on == on_)
        return;
    on_ = on;
    lost_ = false;
    // Strokes are seen as what they teach.
    if (on_)
        coloring_before_ = context_.labels.coloring();
    context_.labels.set_coloring(on_ ? LabelColoring::ByClass : coloring_before_);
    if (on_) {
        set_state(item_ == 0 ? State::NoImage : State::Working);
        ask_in(0);
        return;
    }
    soon_.stop();
    context_.engine.cancel_topic(QLatin1String(topic), this);
    clear();
    set_state(State::Off);
}

void LiveClassifier::set_in_sight(bool in_sight) {
    if (in_sight == in_sight_)
        return;
    in_sight_ = in_sight;
    if (in_sight_) {
        put_layers();
        ask_in(0);
    } else {
        soon_.stop();
        context_.engine.cancel_topic(QLatin1String(topic), this);
        take_layers_away();
    }
}

void LiveClassifier::set_settings(const Json& settings) {
    if (settings == settings_)
        return;
    settings_ = settings;
    ask_in(after_settings_ms);
}

// ---- asking

void LiveClassifier::follow_item() {
    if (context_.labels.item() == item_)
        return;
    clear();
    item_ = context_.labels.item();
    if (!on_)
        return;
    if (item_ == 0) {
        context_.engine.cancel_topic(QLatin1String(topic), this);
        set_state(State::NoImage);
        return;
    }
    set_state(State::Working);
    ask_in(0);
}

// The sooner of what is asked for: several changes told in one go make one question.
void LiveClassifier::ask_in(int ms) {
    if (on_ && in_sight_)
        soon_.start(soon_.isActive() ? std::min(ms, soon_.remainingTime()) : ms);
}

Json LiveClassifier::spec() const {
    Json spec = {{"project", context_.session.folder().toStdString()}, {"item", item_}, {"set", settings_}};
    const ImageInfo& info = context_.canvas.image()->info();
    if (info.depth > 1 || info.frames > 1)
        spec["plane"] = {{"z", context_.canvas.plane_z()}, {"t", context_.canvas.plane_t()}};
    const QRect seen = context_.canvas.view().visible_image().toAlignedRect();
    const Region view = Region{seen.x(), seen.y(), seen.width(), seen.height()}.intersected(
        context_.labels.document().tiles()->extent());
    if (!view.empty())
        spec["view"] = {view.x, view.y, view.width, view.height};
    return spec;
}

void LiveClassifier::ask() {
    if (!on_ || !in_sight_ || item_ == 0 || !context_.canvas.has_image() || !context_.session.is_open())
        return;
    EngineRequest request;
    request.operation = QStringLiteral("live-forest");
    request.topic = QLatin1String(topic);
    request.spec = spec();
    EngineHandlers handlers;
    handlers.progress = [this](double fraction, const QString& stage) {
        fraction_ = fraction;
        stage_ = stage;
        Q_EMIT progressed();
    };
    handlers.partial = [this](const EngineReply& reply) {
        try {
            take(reply, false);
        } catch (const Error& error) {
            fail(error);
        }
    };
    handlers.done = [this](const EngineReply& reply) { take(reply, true); };
    handlers.failed = [this](const Error& error) { fail(error); };
    fraction_ = -1;
    stage_.clear();
    set_state(State::Working);
    context_.engine.send(request, this, std::move(handlers));
}

void LiveClassifier::fail(const Error& error) {
    const QString message = QString::fromUtf8(error.what());
    if (error.code() == ErrorCode::BadInput) {
        clear();
        set_state(State::Refused, message);
        return;
    }
    // An engine that comes back is asked once more; one that dies of the question again and again is not.
    const bool restarting = context_.engine.state() == EngineClient::State::Restarting ||
                            context_.engine.state() == EngineClient::State::Starting;
    lost_ = restarting && !std::exchange(retrying_, false);
    set_state(State::Failed, message);
}

// ---- what comes

void LiveClassifier::take(const EngineReply& reply, bool last) {
    const Region extent = context_.labels.document().tiles()->extent();
    if (classification_.extent() != extent)
        classification_ = Classification(extent.height, extent.width);
    Arrived one;
    one.answer = pixel_classes_from(reply, extent);
    one.places = classification_.places(one.answer.classes);
    if (one.places.empty())
        throw Error(ErrorCode::BadInput,
                    tr("There are more than 255 classes, and no more can be told apart here. Delete some.")
                        .toStdString());
    if (last)
        one.report = classifier_report_from(reply.json(), extent);
    arrived_.push_back(std::move(one));
    unpack();
}

// In the order of their arrival; what comes meanwhile goes together.
void LiveClassifier::unpack() {
    if (arrived_.empty() || unpacking_.busy())
        return;
    unpacking_.start([this, arrived = std::exchange(arrived_, {}),
                      known = classification_.snapshot()](LatestWork::Stop) mutable {
        std::vector<Classification::Piece> pieces;
        for (const Arrived& one : arrived)
            pieces.push_back(Classification::unpack(one.answer, one.places, known));
        std::vector<std::optional<ClassifierReport>> reports;
        for (const Arrived& one : arrived)
            reports.push_back(one.report);
        return LatestWork::Finish([this, pieces = std::move(pieces), reports = std::move(reports)] {
            for (std::size_t i = 0; i < pieces.size(); ++i)
                put(pieces[i], reports[i]);
        });
    });
}

void LiveClassifier::put(const Classification::Piece& piece, std::optional<ClassifierReport> report) {
    if (piece.classes.extent() != classification_.extent())
        return; // of an image that was left
    const bool first = classification_.empty();
    classification_.put(piece);
    if (first)
        put_layers();
    else
        color(); // a class may have come
    for (const char* layer : {classes_layer, uncertainty_layer})
        layers_->touch(QLatin1String(layer), to_rect(piece.region));
    if (!report) {
        if (first)
            Q_EMIT changed();
        return;
    }
    retrying_ = false;
    report_ = std::move(report);
    sure_ = piece.sure;
    set_state(State::Ready);
    Q_EMIT reported(item_);
}

void LiveClassifier::clear() {
    arrived_.clear();
    unpacking_.drop();
    report_.reset();
    take_layers_away();
    classification_ = {};
    Q_EMIT changed();
}

void LiveClassifier::set_state(State state, const QString& problem) {
    state_ = state;
    problem_ = problem;
    Q_EMIT changed();
}

// ---- the layers

IndexColors LiveClassifier::class_colors() const {
    IndexColors colors{};
    for (std::size_t place = 0; place < classification_.class_ids().size(); ++place) {
        const ClassId id = classification_.class_ids()[place];
        const LabelClass* known = context_.labels.find_class(id);
        colors[place] =
            id == 0 || !known ? background_color : qRgb(known->color[0], known->color[1], known->color[2]);
    }
    return colors;
}

void LiveClassifier::color() {
    if (!classification_.empty())
        layers_->set_index_colors(QLatin1String(classes_layer), class_colors());
}

void LiveClassifier::put_layers() {
    if (classification_.empty() || !in_sight_)
        return;
    moving_layers_ = true;
    layers_->show_indexed(QLatin1String(classes_layer), tr("Classes"), classification_.classes(),
                          class_colors());
    layers_->show_indexed(QLatin1String(uncertainty_layer), tr("Uncertainty"), classification_.certainty(),
                          uncertainty_colors());
    for (const auto& [id, look] :
         {std::pair{classes_layer, classes_shown_}, std::pair{uncertainty_layer, uncertainty_shown_}}) {
        layers_->set_visible(QLatin1String(id), look.visible);
        layers_->set_opacity(QLatin1String(id), look.opacity);
    }
    moving_layers_ = false;
}

void LiveClassifier::take_layers_away() {
    if (!layers_)
        return; // the window is being taken down
    for (const char* id : {classes_layer, uncertainty_layer})
        layers_->remove(QLatin1String(id));
}

// The list of layers has an eye and a slider for each, too.
void LiveClassifier::follow_looks() {
    if (moving_layers_)
        return;
    const auto look_of = [this](const char* id, const Look& before) {
        const Layer* layer = layers_->find(QLatin1String(id));
        return layer ? Look{layer->visible(), layer->opacity()} : before;
    };
    classes_shown_ = look_of(classes_layer, classes_shown_);
    uncertainty_shown_ = look_of(uncertainty_layer, uncertainty_shown_);
    Q_EMIT looks_changed();
}

void LiveClassifier::set_opacity(double opacity) {
    classes_shown_.opacity = std::clamp(opacity, 0.0, 1.0);
    layers_->set_opacity(QLatin1String(classes_layer), classes_shown_.opacity);
}

void LiveClassifier::show_uncertainty(bool shown) {
    uncertainty_shown_.visible = shown;
    layers_->set_visible(QLatin1String(uncertainty_layer), shown);
}

} // namespace eyepiece
