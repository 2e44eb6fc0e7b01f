// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
#include "core/learning/model.h"

namespace eyepiece {

// U-Net (Ronneberger, Fischer, Brox: U-Net: Convolutional Networks for Biomedical Image Segmentation, MICCAI
// 2015) with padded convolutions, so that output and input have one size. Parameters: "depth" (number of
// poolings), "base-width" (channels at full size, doubled at each level), "norm" (batch | group | none),
// "dropout" (at the bottleneck). Where the paper has a transposed convolution, this one convolves 1 x 1 and
// then repeats pixels: a quarter of the work, it works at the lower size, and no checkerboard. Layers:
// encoder.1 ... encoder.<depth>, bottleneck, decoder.<depth> ... decoder.1, head.
class EYEPIECE_EXPORT UNetFactory : public ModelFactory {
public:
    ~UNetFactory() override;
    static ParameterSchema parameters();
    std::shared_ptr<Model> make(const ModelShape& shape, const Json& parameters) const override;
};

} // namespace eyepiece
