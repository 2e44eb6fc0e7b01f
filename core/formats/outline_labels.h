// SPDX-License-Identifier: GPL-3.0-or-later
// What the readers and writers of outlines (labelme, GeoJSON, ...) share.
#pragma once
#include "core/base/parameters.h"
#include "core/formats/label_painting.h"
#include "core/formats/label_writers.h"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace eyepiece {

inline constexpr double farthest_point = 1e7; // px; beyond it lies no image

// A JSON document from a file. Throws Error that names the file: not there, empty, damaged, or no object.
Json read_json_object(const std::filesystem::path& path);

// [[x, y], ...], finite and not beyond any image. A last point that repeats the first is left out. Throws
// Error(BadInput) without the file's name: what is wrong with the object.
std::vector<Point2> points_of_json(const Json& list);
Json json_points(const Polygon& ring, bool closed);

// As many points as make a polygon of the ellipse that is off by less than a hundredth of a pixel. `along`
// and `across`: from its centre to the ends of two axes that are at right angles.
Polygon ellipse_ring(const Point2& centre, const Point2& along, const Point2& across);

// A polygon with holes: rings that are even-odd together.
using RingSet = std::vector<Polygon>;
// The pixels whose centres lie in any of the shapes, within an image of this size.
PaintedPart painted_shapes(std::span<const RingSet> shapes, std::int64_t height, std::int64_t width);

// Each object that has pixels, with its mask within its bounds.
using TakeObject = std::function<void(const ExportedObject&, const Region& bounds, const Mask& mask)>;
void for_each_object(const LabelMap& labels, std::span<const ExportedObject> objects, const TakeObject& take);
// Its parts with their holes along pixel edges, in the image's coordinates.
std::vector<OutlinePart> parts_in_image(const Mask& mask, const Region& bounds);
// All parts and holes as one ring for formats that know no more: they are joined by cuts that go out and
// back the same way, so that the ring, even-odd, encloses the same pixels.
Polygon joined_ring(const std::vector<OutlinePart>& parts);

// The parts of a file that were left out: one sentence a reason, with the first of them and how many there
// are.
class LeftOut {
public:
    void add(const std::string& name, const std::string& reason); // "Shape 3", "has no points"
    void tell(std::vector<std::string>& problems) const;

private:
    std::map<std::string, std::pair<int, std::string>> reasons_;
};

// The size that the image of an entry has. Throws Error when the image is not beside its label file.
struct ImageSize {
    std::int64_t height = 0, width = 0;
};
ImageSize size_of_image(const LabelEntry& entry);

} // namespace eyepiece
