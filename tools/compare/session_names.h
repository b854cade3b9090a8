// SPDX-License-Identifier: MIT
// Which sessions of different variants are one: what was accepted together was measured together, also where every
// variant had a run of its own.
#pragma once

#include <string>
#include <vector>

#include "tools/compare/baseline_format.h"

namespace assay::compare {

// One name per session of the file, in their order; equal in the files of two variants when both belong to one
// acceptance. That is the time of acceptance, numbered where several acceptances bear one: sessions that have a case in
// common are never one.
std::vector<std::string> SessionNames(const LatencyBaseline& baseline);

}  // namespace assay::compare
