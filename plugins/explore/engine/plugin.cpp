// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/learning/engine_plugin.h"
#include "plugins/explore/engine/autoencoder.h"
#include "plugins/explore/engine/density.h"
#include "plugins/explore/engine/gaussian_mixture.h"
#include "plugins/explore/engine/hierarchical.h"
#include "plugins/explore/engine/isomap.h"
#include "plugins/explore/engine/kernel_pca.h"
#include "plugins/explore/engine/kmeans.h"
#include "plugins/explore/engine/leiden.h"
#include "plugins/explore/engine/mds.h"
#include "plugins/explore/engine/nmf.h"
#include "plugins/explore/engine/pca_embedding.h"
#include "plugins/explore/engine/spectral.h"
#include "plugins/explore/engine/tsne.h"
#include "plugins/explore/engine/umap.h"

namespace {

class ExplorePlugin final : public eyepiece::EnginePlugin {
public:
    void register_into(eyepiece::EngineRegistries& registries) override {
        using namespace eyepiece::explore;
        registries.embeddings.add({.name = "pca",
                                   .title = "PCA",
                                   .help = "The directions of most variance; linear, exact and quick.",
                                   .parameters = Pca::parameters(),
                                   .make = [] { return std::make_unique<Pca>(); }});
        registries.embeddings.add(
            {.name = "nmf",
             .title = "NMF",
             .help = "Amounts as sums of parts with nothing below zero (Lee 1999); parts read as groups of "
                     "columns.",
             .parameters = Nmf::parameters(),
             .make = [] { return std::make_unique<Nmf>(); }});
        registries.embeddings.add(
            {.name = "tsne",
             .title = "t-SNE",
             .help =
                 "Keeps near neighbours near (van der Maaten 2008); distances between clusters mean little.",
             .parameters = Tsne::parameters(),
             .make = [] { return std::make_unique<Tsne>(); }});
        registries.embeddings.add(
            {.name = "umap",
             .title = "UMAP",
             .help =
                 "Keeps near neighbours near and is quick (McInnes 2018); can heed classes, places new rows.",
             .parameters = Umap::parameters(),
             .make = [] { return std::make_unique<Umap>(); }});
        registries.embeddings.add(
            {.name = "autoencoder",
             .title = "Autoencoder",
             .help = "A network that narrows to few numbers and widens again (Hinton 2006); places new rows.",
             .parameters = Autoencoder::parameters(),
             .make = [] { return std::make_unique<Autoencoder>(); }});
        registries.embeddings.add(
            {.name = "kernel-pca",
             .title = "Kernel PCA",
             .help = "Principal components of a kernel (Schoelkopf 1998): bends what PCA leaves straight.",
             .parameters = KernelPca::parameters(),
             .make = [] { return std::make_unique<KernelPca>(); }});
        registries.embeddings.add(
            {.name = "mds",
             .title = "Classical MDS",
             .help = "Keeps distances of any metric as well as straight axes can (Torgerson 1952).",
             .parameters = ClassicalMds::parameters(),
             .make = [] { return std::make_unique<ClassicalMds>(); }});
        registries.embeddings.add(
            {.name = "isomap",
             .title = "Isomap",
             .help = "Keeps distances along the data (Tenenbaum 2000): unrolls a curved surface.",
             .parameters = Isomap::parameters(),
             .make = [] { return std::make_unique<Isomap>(); }});
        registries.clusterings.add({.name = "kmeans",
                                    .title = "K-means",
                                    .help = "Round clusters of a given number, each about its mean.",
                                    .parameters = KMeans::parameters(),
                                    .make = [] { return std::make_unique<KMeans>(); }});
        registries.clusterings.add({.name = "gaussian-mixture",
                                    .title = "Gaussian mixture",
                                    .help = "Ellipsoids of any shape and size; BIC chooses their number.",
                                    .parameters = GaussianMixture::parameters(),
                                    .make = [] { return std::make_unique<GaussianMixture>(); }});
        registries.clusterings.add({.name = "hierarchical",
                                    .title = "Hierarchical",
                                    .help = "A tree of merges (seven linkages), cut into clusters.",
                                    .parameters = Hierarchical::parameters(),
                                    .make = [] { return std::make_unique<Hierarchical>(); }});
        registries.clusterings.add({.name = "dbscan",
                                    .title = "DBSCAN",
                                    .help = "Dense regions of any shape; what lies apart is noise.",
                                    .parameters = Dbscan::parameters(),
                                    .make = [] { return std::make_unique<Dbscan>(); }});
        registries.clusterings.add(
            {.name = "hdbscan",
             .title = "HDBSCAN",
             .help = "Dense regions of different density, and how many; what lies apart is noise.",
             .parameters = Hdbscan::parameters(),
             .make = [] { return std::make_unique<Hdbscan>(); }});
        registries.clusterings.add(
            {.name = "leiden",
             .title = "Leiden",
             .help = "Communities of the graph of neighbours, as used for single cells.",
             .parameters = Leiden::parameters(),
             .make = [] { return std::make_unique<Leiden>(); }});
        registries.clusterings.add(
            {.name = "spectral",
             .title = "Spectral",
             .help =
                 "Parts of any shape that hang together (Shi 2000); a gap in the eigenvalues says how many.",
             .parameters = Spectral::parameters(),
             .make = [] { return std::make_unique<Spectral>(); }});
    }
};

} // namespace

EYEPIECE_ENGINE_PLUGIN(ExplorePlugin)
