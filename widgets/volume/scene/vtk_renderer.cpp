// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/volume/scene/vtk_renderer.h"

#include <QOffscreenSurface>
#include <QOpenGLContext>
#include <QOpenGLFunctions>
#include <QSurfaceFormat>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vtkCamera.h>
#include <vtkColorTransferFunction.h>
#include <vtkDiscreteFlyingEdges3D.h>
#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkImageData.h>
#include <vtkLookupTable.h>
#include <vtkMatrix4x4.h>
#include <vtkNew.h>
#include <vtkObject.h>
#include <vtkOpenGLFramebufferObject.h>
#include <vtkPiecewiseFunction.h>
#include <vtkPlane.h>
#include <vtkPointData.h>
#include <vtkPolyDataMapper.h>
#include <vtkProperty.h>
#include <vtkRenderer.h>
#include <vtkSmartVolumeMapper.h>
#include <vtkUnsignedCharArray.h>
#include <vtkUnsignedShortArray.h>
#include <vtkVolume.h>
#include <vtkVolumeProperty.h>
#include <vtkWindowedSincPolyDataFilter.h>

namespace eyepiece {

namespace {

constexpr double full = 255;

template<class Array, class T>
void take(vtkImageData& image, const std::vector<T>& values) {
    vtkNew<Array> array;
    array->SetNumberOfTuples(static_cast<vtkIdType>(values.size()));
    std::memcpy(array->GetVoidPointer(0), values.data(), values.size() * sizeof(T));
    image.GetPointData()->SetScalars(array);
}

} // namespace

struct VtkRenderer::Parts {
    QOpenGLContext context;
    vtkNew<vtkGenericOpenGLRenderWindow> window;
    vtkNew<vtkRenderer> renderer;
    vtkNew<vtkImageData> image, labels;
    vtkNew<vtkSmartVolumeMapper> volume_mapper;
    vtkNew<vtkVolume> volume;
    vtkNew<vtkPiecewiseFunction> opacity;
    vtkNew<vtkColorTransferFunction> color;
    vtkNew<vtkDiscreteFlyingEdges3D> surfaces;
    vtkNew<vtkWindowedSincPolyDataFilter> smooth;
    vtkNew<vtkPolyDataMapper> surface_mapper;
    vtkNew<vtkActor> surface;
    vtkNew<vtkLookupTable> label_colors;
    vtkNew<vtkPlane> plane;
    bool has_labels = false;

    Parts() {
        renderer->SetBackground(0x08 / full, 0x09 / full, 0x0b / full);
        window->AddRenderer(renderer);
        window->SetMultiSamples(0);
        // Pictures are taken from VTK's own buffers: the surface that the context needs has a single pixel.
        window->SetFrameBlitModeToNoBlit();
        color->AddRGBPoint(0, 0, 0, 0);
        color->AddRGBPoint(full, 1, 1, 1);
        volume_mapper->SetInputData(image);
        volume_mapper->SetBlendModeToComposite();
        volume->SetMapper(volume_mapper);
        vtkVolumeProperty* property = volume->GetProperty();
        property->SetColor(color);
        property->SetScalarOpacity(opacity);
        property->SetInterpolationTypeToLinear();
        property->ShadeOn();
        property->SetAmbient(0.35);
        property->SetDiffuse(0.75);
        property->SetSpecular(0.1);
        surfaces->SetInputData(labels);
        // A label's steps from voxel to voxel are smoothed away (Taubin et al. 1996); its place stays.
        smooth->SetInputConnection(surfaces->GetOutputPort());
        smooth->SetNumberOfIterations(12);
        smooth->SetPassBand(0.05);
        smooth->BoundarySmoothingOff();
        smooth->FeatureEdgeSmoothingOff();
        smooth->NonManifoldSmoothingOn();
        smooth->NormalizeCoordinatesOn();
        surface_mapper->SetInputConnection(smooth->GetOutputPort());
        surface_mapper->SetLookupTable(label_colors);
        surface_mapper->SetScalarModeToUsePointData();
        surface->SetMapper(surface_mapper);
        surface->GetProperty()->SetInterpolationToGouraud();
        renderer->AddVolume(volume);
        renderer->AddActor(surface);
        volume->VisibilityOff();
        surface->VisibilityOff();
    }
};

VtkRenderer::VtkRenderer() {
    vtkObject::GlobalWarningDisplayOff();
}

VtkRenderer::~VtkRenderer() {
    if (parts_ && !broken_ && parts_->context.makeCurrent(surface_.get()))
        parts_->window->Finalize();
}

void VtkRenderer::make_surface() {
    QSurfaceFormat format;
    format.setRenderableType(QSurfaceFormat::OpenGL);
    format.setVersion(3, 2);
    format.setProfile(QSurfaceFormat::CoreProfile);
    format.setDepthBufferSize(24);
    surface_ = std::make_unique<QOffscreenSurface>();
    surface_->setFormat(format);
    surface_->create();
}

bool VtkRenderer::ready() {
    if (broken_)
        return false;
    if (!parts_) {
        parts_ = std::make_unique<Parts>();
        parts_->context.setFormat(surface_->format());
        if (!surface_->isValid() || !parts_->context.create() ||
            !parts_->context.makeCurrent(surface_.get())) {
            broken_ = true;
            Q_EMIT failed(tr("This computer's graphics offer no OpenGL 3.2, which the 3D view draws with. "
                             "Install its graphics driver, or Mesa's software one."));
            return false;
        }
        // VTK asks whoever owns the context: it is made current before anything is asked of VTK here.
        parts_->window->SetIsCurrent(true);
        parts_->window->SetSupportsOpenGL(true);
        parts_->window->SetReadyForRendering(true);
        parts_->window->InitializeFromCurrentContext();
    }
    return parts_->context.makeCurrent(surface_.get());
}

void VtkRenderer::set_voxels(const SceneVoxels& voxels) {
    if (!ready())
        return;
    geometry_ = voxels.geometry;
    const bool first = size_ == std::array<int, 3>{};
    const std::array<int, 3> size{voxels.width, voxels.height, voxels.depth};
    for (vtkImageData* data : {parts_->image.Get(), parts_->labels.Get()}) {
        data->SetDimensions(voxels.width, voxels.height, voxels.depth);
        data->SetSpacing(geometry_.spacing.data());
    }
    take<vtkUnsignedCharArray>(*parts_->image, voxels.brightness);
    parts_->image->Modified();
    parts_->has_labels = !voxels.labels.empty() && !voxels.label_colors.empty();
    if (parts_->has_labels) {
        take<vtkUnsignedShortArray>(*parts_->labels, voxels.labels);
        parts_->labels->Modified();
        const auto count = static_cast<int>(voxels.label_colors.size());
        parts_->surfaces->SetNumberOfContours(0);
        parts_->label_colors->SetNumberOfTableValues(count);
        parts_->label_colors->SetTableRange(1, std::max(count, 2));
        for (int i = 0; i < count; ++i) {
            const QRgb color = voxels.label_colors[static_cast<std::size_t>(i)];
            parts_->surfaces->SetValue(i, i + 1);
            parts_->label_colors->SetTableValue(i, qRed(color) / full, qGreen(color) / full,
                                                qBlue(color) / full, 1);
        }
        parts_->surface_mapper->SetScalarRange(1, std::max(count, 2));
    }
    // Where the axes of the voxels run in space, so that left stays left.
    vtkNew<vtkMatrix4x4> place;
    for (int axis = 0; axis < 3; ++axis)
        for (int i = 0; i < 3; ++i)
            place->SetElement(
                i, axis, geometry_.direction[static_cast<std::size_t>(axis)][static_cast<std::size_t>(i)]);
    parts_->volume->SetUserMatrix(place);
    parts_->surface->SetUserMatrix(place);
    parts_->volume->GetProperty()->SetScalarOpacityUnitDistance(
        2 * *std::min_element(geometry_.spacing.begin(), geometry_.spacing.end()));
    size_ = size;
    set_look(look_);
    if (first)
        reset_view();
}

void VtkRenderer::set_look(const SceneLook& look) {
    look_ = look;
    if (!ready() || size_ == std::array<int, 3>{})
        return;
    const double threshold = std::clamp(look.threshold, 0.0, 0.98) * full;
    parts_->opacity->RemoveAllPoints();
    parts_->opacity->AddPoint(0, 0);
    parts_->opacity->AddPoint(threshold, 0);
    parts_->opacity->AddPoint(full, std::pow(std::clamp(look.density, 0.0, 1.0), 2));
    parts_->volume->SetVisibility(look.show_image);
    parts_->surface->SetVisibility(look.show_labels && parts_->has_labels);
    clip();
}

void VtkRenderer::clip() {
    parts_->volume_mapper->RemoveAllClippingPlanes();
    parts_->surface_mapper->RemoveAllClippingPlanes();
    if (look_.clip_axis < 0 || look_.clip_axis > 2)
        return;
    const auto axis = static_cast<std::size_t>(look_.clip_axis);
    const Vector3& along = geometry_.direction[axis];
    const double at = look_.clip_at * (size_[axis] - 1) * geometry_.spacing[axis];
    parts_->plane->SetNormal(-along[0], -along[1], -along[2]);
    parts_->plane->SetOrigin(along[0] * at, along[1] * at, along[2] * at);
    parts_->volume_mapper->AddClippingPlane(parts_->plane);
    if (look_.clip_labels)
        parts_->surface_mapper->AddClippingPlane(parts_->plane);
}

// The patient from the front, the head up (y runs to the back); of other volumes the first plane in front.
void VtkRenderer::reset_view() {
    if (!ready())
        return;
    vtkCamera* camera = parts_->renderer->GetActiveCamera();
    camera->SetFocalPoint(0, 0, 0);
    if (geometry_.oriented) {
        camera->SetPosition(0.35, -1, 0.25);
        camera->SetViewUp(0, 0, 1);
    } else {
        camera->SetPosition(0.35, -0.45, -1);
        camera->SetViewUp(0, -1, 0);
    }
    parts_->renderer->ResetCamera();
    camera->Dolly(1.4); // it leaves room for a ball around all of it
}

void VtkRenderer::turn(QPointF degrees) {
    if (!ready())
        return;
    vtkCamera* camera = parts_->renderer->GetActiveCamera();
    camera->Azimuth(-degrees.x());
    camera->Elevation(degrees.y());
    camera->OrthogonalizeViewUp();
}

void VtkRenderer::shift(QPointF pixels) {
    if (!ready())
        return;
    vtkCamera* camera = parts_->renderer->GetActiveCamera();
    const double height = std::max(parts_->window->GetSize()[1], 1);
    const double step =
        2 * camera->GetDistance() * std::tan(camera->GetViewAngle() * 3.14159265358979 / 360) / height;
    double up[3], ahead[3], focus[3], position[3];
    camera->GetViewUp(up);
    camera->GetDirectionOfProjection(ahead);
    camera->GetFocalPoint(focus);
    camera->GetPosition(position);
    const double right[3] = {ahead[1] * up[2] - ahead[2] * up[1], ahead[2] * up[0] - ahead[0] * up[2],
                             ahead[0] * up[1] - ahead[1] * up[0]};
    for (int i = 0; i < 3; ++i) {
        const double by = step * (up[i] * pixels.y() - right[i] * pixels.x());
        focus[i] += by;
        position[i] += by;
    }
    camera->SetFocalPoint(focus);
    camera->SetPosition(position);
}

void VtkRenderer::zoom(double factor) {
    if (ready())
        parts_->renderer->GetActiveCamera()->Dolly(factor);
}

void VtkRenderer::draw(QSize size, bool in_haste) {
    if (size.isEmpty() || !ready())
        return;
    // Coarser steps through the volume while it turns.
    parts_->volume_mapper->SetAutoAdjustSampleDistances(0);
    const double step = *std::min_element(geometry_.spacing.begin(), geometry_.spacing.end());
    parts_->volume_mapper->SetSampleDistance(static_cast<float>(step * (in_haste ? 3 : 1)));
    const QSize frame =
        in_haste ? QSize(std::max(size.width() / 2, 1), std::max(size.height() / 2, 1)) : size;
    parts_->window->SetSize(frame.width(), frame.height());
    parts_->renderer->ResetCameraClippingRange();
    parts_->window->Render();
    // From the buffer that VTK drew into, whose rows run upwards.
    QImage picture(frame, QImage::Format_RGBX8888);
    vtkOpenGLFramebufferObject* drawn_into = parts_->window->GetDisplayFramebuffer();
    drawn_into->Bind(GL_READ_FRAMEBUFFER);
    drawn_into->ActivateReadBuffer(0);
    QOpenGLFunctions* gl = parts_->context.functions();
    gl->glPixelStorei(GL_PACK_ALIGNMENT, 4);
    gl->glReadPixels(0, 0, frame.width(), frame.height(), GL_RGBA, GL_UNSIGNED_BYTE, picture.bits());
    drawn_into->UnBind(GL_READ_FRAMEBUFFER);
    picture = picture.mirrored().convertToFormat(QImage::Format_RGB32);
    Q_EMIT drawn(picture, in_haste);
}

} // namespace eyepiece
