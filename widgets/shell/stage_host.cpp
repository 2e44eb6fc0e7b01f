// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/shell/stage_host.h"

#include "core/base/error.h"
#include "widgets/canvas/image_canvas.h"
#include "widgets/shell/action_registry.h"
#include "widgets/shell/canvas_page.h"
#include "widgets/shell/notices.h"
#include "widgets/shell/project_session.h"
#include "widgets/shell/workbench_context.h"
#include "widgets/theme/controls.h"

#include <QScrollArea>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabBar>
#include <QVBoxLayout>
#include <algorithm>

namespace eyepiece {

struct StageHost::Page {
    PanelFactory factory;
    bool made = false;
    QString problem;         // why it could not be made
    QWidget* left = nullptr; // as put into the columns: shared, scrolling, or the panel's own
    QWidget* middle = nullptr;
    QWidget* right = nullptr;
    std::function<bool()> wants_right;
};

namespace {

constexpr int images_at_first = 248, left_at_first = 328, right_at_first = 280; // px

// What the stage is for, for the page that shows when nothing serves it.
QString purpose(Stage stage) {
    switch (stage) {
    case Stage::Data:
        return StageHost::tr("Bring in images, group them and split them for training.");
    case Stage::Explore:
        return StageHost::tr("Look at all the data at once: maps of similar images, clusters, outliers.");
    case Stage::Label:
        return StageHost::tr("Say what is where, by hand and with a model's help.");
    case Stage::Train:
        return StageHost::tr("Let a model learn from the labels.");
    case Stage::Evaluate:
        return StageHost::tr("See how well a model does on images it has not learned from.");
    case Stage::Explain:
        return StageHost::tr("See what a model looks at.");
    case Stage::Export:
        return StageHost::tr("Take a model to where it is used.");
    }
    return {};
}

QWidget* scrolling(QWidget* content) {
    if (qobject_cast<QAbstractScrollArea*>(content))
        return content;
    auto* area = new QScrollArea;
    area->setWidgetResizable(true);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    area->setWidget(content);
    content->setAutoFillBackground(false); // the column's surface shows
    area->viewport()->setAutoFillBackground(false);
    // A column is as wide as its content needs: it scrolls down, not sideways.
    area->setMinimumWidth(std::min(content->minimumSizeHint().width(), 420));
    return area;
}

QWidget* column(QStackedWidget* stack) {
    stack->setProperty("kind", "surface");
    stack->setAttribute(Qt::WA_StyledBackground);
    return stack;
}

} // namespace

StageHost::StageHost(WorkbenchContext& context, QWidget* images, std::vector<PanelFactory> panels,
                     QWidget* parent)
    : QWidget(parent)
    , context_(context)
    , tabs_(new QTabBar(this))
    , splitter_(new QSplitter(Qt::Horizontal, this))
    , left_(new QStackedWidget)
    , middle_(new QStackedWidget)
    , right_(new QStackedWidget)
    , images_(images) {
    setObjectName(QStringLiteral("stage-host"));
    for (PanelFactory& panel : panels) {
        auto page = std::make_unique<Page>();
        page->factory = std::move(panel);
        pages_.push_back(std::move(page));
    }
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    tabs_->setObjectName(QStringLiteral("stage.panels"));
    tabs_->setAccessibleName(tr("Panels of this stage"));
    tabs_->setDrawBase(false);
    tabs_->hide();
    layout->addWidget(tabs_);
    layout->addWidget(splitter_, 1);
    splitter_->setObjectName(QStringLiteral("columns"));
    splitter_->setHandleWidth(1);
    splitter_->setChildrenCollapsible(false);
    splitter_->addWidget(column(left_));
    splitter_->addWidget(middle_);
    splitter_->addWidget(column(right_));
    splitter_->setStretchFactor(0, 0);
    splitter_->setStretchFactor(1, 1);
    splitter_->setStretchFactor(2, 0);
    left_->setObjectName(QStringLiteral("column.left"));
    middle_->setObjectName(QStringLiteral("column.middle"));
    right_->setObjectName(QStringLiteral("column.right"));
    left_->setMinimumWidth(180);
    middle_->setMinimumWidth(240);
    right_->setMinimumWidth(180);
    left_->addWidget(images_);
    middle_->addWidget(canvas_page_ = new CanvasPage(context_.canvas));
    connect(splitter_, &QSplitter::splitterMoved, this, &StageHost::save_widths);
    connect(tabs_, &QTabBar::currentChanged, this, [this](int tab) {
        chosen_tab_[stage_] = tab;
        const auto list = pages(stage_);
        if (tab >= 0 && tab < static_cast<int>(list.size()))
            show_page(list[static_cast<std::size_t>(tab)]);
    });
}

StageHost::~StageHost() = default;

std::vector<StageHost::Page*> StageHost::pages(Stage stage) const {
    std::vector<Page*> result;
    for (const auto& page : pages_)
        if (page->factory.stage == stage)
            result.push_back(page.get());
    return result;
}

bool StageHost::serves(Stage stage) const {
    return !pages(stage).empty();
}

// Without a project, or without images, most panels have nothing to say: one page says what to do instead.
bool StageHost::project_ready(Stage stage, QString& title, QString& text) const {
    if (stage == Stage::Data)
        return true;
    for (const Page* page : pages(stage))
        if (page->factory.needs == PanelNeeds::Nothing)
            return true;
    if (!context_.session.is_open()) {
        title = tr("No project is open");
        text = tr("%1 Begin in Data: open a folder of images or the sample project.").arg(purpose(stage));
        return false;
    }
    if (context_.session.project().items().count() == 0) {
        title = tr("This project has no images yet");
        text = tr("%1 Add images in Data first.").arg(purpose(stage));
        return false;
    }
    return true;
}

void StageHost::refresh() {
    show_stage(stage_);
}

void StageHost::show_stage(Stage stage) {
    stage_ = stage;
    const auto list = pages(stage);
    QString title, text;
    const bool ready = project_ready(stage, title, text);
    {
        const QSignalBlocker quiet(tabs_);
        while (tabs_->count() > 0)
            tabs_->removeTab(0);
        for (const Page* page : list)
            tabs_->addTab(page->factory.title);
        tabs_->setCurrentIndex(std::clamp(chosen_tab_[stage], 0, std::max(0, tabs_->count() - 1)));
    }
    tabs_->setVisible(ready && list.size() > 1);
    if (!ready || list.empty()) {
        show_empty(stage);
        if (!ready) {
            empty_[stage]->set_title(title);
            empty_[stage]->set_text(text);
        } else {
            empty_[stage]->set_title(tr("Nothing serves the %1 stage here").arg(stage_name(stage)));
            empty_[stage]->set_text(
                tr("%1 No installed plugin brings a panel for it; About plugins says which were found.")
                    .arg(purpose(stage)));
        }
        return;
    }
    show_page(list[static_cast<std::size_t>(tabs_->currentIndex())]);
}

void StageHost::show_empty(Stage stage) {
    EmptyState*& page = empty_[stage];
    if (!page) {
        page = new EmptyState(context_.theme, stage_id(stage), stage_name(stage));
        page->setObjectName("empty." + stage_id(stage));
        if (stage != Stage::Data)
            page->add_action(tr("Go to Data"), "empty." + stage_id(stage) + ".data",
                             [this] { context_.actions.trigger(ActionRegistry::stage_action(Stage::Data)); });
        middle_->addWidget(page);
    }
    middle_->setCurrentWidget(page);
    left_wanted_ = right_wanted_ = false;
    set_columns_hidden(columns_hidden_);
}

void StageHost::make(Page& page) {
    page.made = true;
    PanelWidgets widgets;
    try {
        widgets = page.factory.make(context_);
    } catch (const std::exception& error) {
        page.problem = QString::fromUtf8(error.what());
    } catch (...) {
        page.problem = tr("It threw something unknown.");
    }
    if (!page.problem.isEmpty()) {
        auto* sorry =
            new EmptyState(context_.theme, QStringLiteral("error"),
                           tr("The panel “%1” could not be shown").arg(page.factory.title),
                           page.problem + " " + tr("The other stages work; About plugins says more."));
        middle_->addWidget(page.middle = sorry);
        context_.notices.show(
            Notice::Kind::Bad,
            tr("The panel “%1” could not be made: %2").arg(page.factory.title, page.problem));
        return;
    }
    page.left = widgets.left ? scrolling(widgets.left) : images_;
    page.middle = widgets.middle ? widgets.middle : canvas_page_;
    page.right = widgets.right ? scrolling(widgets.right) : nullptr;
    page.wants_right = std::move(widgets.wants_right);
    if (left_->indexOf(page.left) < 0)
        left_->addWidget(page.left);
    if (middle_->indexOf(page.middle) < 0)
        middle_->addWidget(page.middle);
    if (page.right)
        right_->addWidget(page.right);
}

void StageHost::show_page(Page* page) {
    if (!page->made)
        make(*page);
    if (page->left)
        left_->setCurrentWidget(page->left);
    middle_->setCurrentWidget(page->middle);
    if (page->right)
        right_->setCurrentWidget(page->right);
    left_wanted_ = page->left != nullptr;
    right_wanted_ = page->right && (!page->wants_right || page->wants_right());
    set_columns_hidden(columns_hidden_);
}

void StageHost::set_columns_hidden(bool hidden) {
    columns_hidden_ = hidden;
    left_->setVisible(left_wanted_ && !hidden);
    right_->setVisible(right_wanted_ && !hidden);
    restore_widths();
}

void StageHost::restore_widths() {
    const QString key = "columns/" + stage_id(stage_) + "/";
    const int usual_left = left_->currentWidget() == images_ ? images_at_first : left_at_first;
    const int left = context_.settings.value(key + "left", usual_left).toInt();
    const int right = context_.settings.value(key + "right", right_at_first).toInt();
    const int shown_left = left_->isHidden() ? 0 : left, shown_right = right_->isHidden() ? 0 : right;
    splitter_->setSizes({shown_left, std::max(240, width() - shown_left - shown_right), shown_right});
}

void StageHost::save_widths() {
    const QList<int> sizes = splitter_->sizes();
    const QString key = "columns/" + stage_id(stage_) + "/";
    if (!left_->isHidden())
        context_.settings.setValue(key + "left", sizes.at(0));
    if (!right_->isHidden())
        context_.settings.setValue(key + "right", sizes.at(2));
}

} // namespace eyepiece
