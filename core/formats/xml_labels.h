// SPDX-License-Identifier: GPL-3.0-or-later
// What the readers and writers of labels in XML share. Internal to core/formats.
#pragma once
#include "core/data/shapes.h"

#include <filesystem>
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace eyepiece {

// The name of an XML file's outermost element, from the file's first bytes; empty when it is none.
std::string xml_root(const std::filesystem::path& path);

// Throws Error that names the file: not there, empty, damaged, or of another root.
void load_xml(pugi::xml_document& document, const std::filesystem::path& path, std::string_view root);

// A finite number, not beyond any image. Throws Error(BadInput) without the file's name otherwise: "has no
// number "xmin"".
double number_of(std::string_view text, const char* name);

std::string xml_text(const pugi::xml_document& document); // indented, with a declaration

} // namespace eyepiece
